use crate::ChangeKind;
use alert::Role;
use std::fmt;

/// Some roles.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Roles(u16);

impl Roles {
    /// No role.
    pub const NONE: Self = Self(0);

    /// These roles.
    pub const fn of(roles: &[Role]) -> Self {
        let (mut bits, mut place) = (0, 0);
        while place < roles.len() {
            bits |= 1 << roles[place] as u16;
            place += 1;
        }
        Self(bits)
    }

    /// Whether the role is among them.
    pub const fn contains(self, role: Role) -> bool {
        self.0 & (1 << role as u16) != 0
    }

    /// The roles.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL
            .into_iter()
            .filter(move |role| self.contains(*role))
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// What roles may do with one kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right {
    /// The kind.
    pub kind: ChangeKind,
    /// Who may propose it.
    pub propose: Roles,
    /// Who may ever decide, confirm or review it; whose turn it is, the matter says.
    pub decide: Roles,
}

/// The right of each kind; the one table that says who may do what.
pub const RIGHTS: [Right; 23] = [
    right(ChangeKind::Policy, HANDS, DECIDERS),
    right(ChangeKind::Override, ASKERS, DECIDERS),
    right(ChangeKind::Plan, CARERS, LEADERS),
    right(ChangeKind::Mode, STAFF, DECIDERS),
    right(ChangeKind::Lesson, TEACHERS, DECIDERS),
    right(ChangeKind::Pause, CARERS, GUARDIANS),
    right(ChangeKind::Isolation, CARERS, GUARDIANS),
    right(ChangeKind::Block, CARERS, GUARDIANS),
    right(ChangeKind::End, ENDERS, GUARDIANS),
    right(ChangeKind::Extend, ENDERS, GUARDIANS),
    right(ChangeKind::Account, OWNERS, LEADERS),
    right(ChangeKind::Feed, OWNERS, LEADERS),
    right(ChangeKind::Hold, KEEPERS, GUARDIANS),
    right(ChangeKind::Release, KEEPERS, GUARDIANS),
    right(ChangeKind::Erase, KEEPERS, LEADERS),
    right(ChangeKind::LiftLabels, CARERS, GUARDIANS),
    right(ChangeKind::Rollback, HANDS, DECIDERS),
    right(ChangeKind::ListRollback, HANDS, DECIDERS),
    right(ChangeKind::RotateKey, OWNERS, LEADERS),
    right(ChangeKind::AcceptState, OWNERS, LEADERS),
    right(ChangeKind::SocialAccount, STAFF, LEADERS),
    right(ChangeKind::Unseal, DISCLOSERS, DISCLOSERS),
    right(ChangeKind::EndCommissioning, OWNERS, LEADERS),
];

impl Right {
    /// The right of a kind.
    pub fn of(kind: ChangeKind) -> Self {
        // INVARIANT: a test holds that the table has each kind; a kind without one has no right.
        RIGHTS
            .into_iter()
            .find(|right| right.kind == kind)
            .unwrap_or(right(kind, Roles::NONE, Roles::NONE))
    }
}

/// Who may read the change log.
pub const READERS: Roles = Roles::of(&[
    Role::Technician,
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::SafeguardingLead,
    Role::Governor,
    Role::Chair,
    Role::Auditor,
]);

/// Who may sign the change log off.
pub const SIGNERS: Roles = Roles::of(&[Role::Headteacher, Role::Governor, Role::Chair]);

/// Who may look at a named person's history, with a reason.
pub const DISCLOSERS: Roles = Roles::of(&[
    Role::Headteacher,
    Role::Deputy,
    Role::SafeguardingLead,
    Role::Chair,
]);

/// Who sees requests for sites, and makes proposals of them.
pub const REQUEST_READERS: Roles = Roles::of(&[
    Role::Technician,
    Role::Support,
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::SafeguardingLead,
]);

const HANDS: Roles = Roles::of(&[
    Role::Technician,
    Role::Support,
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
]);
const STAFF: Roles = Roles::of(&[
    Role::Technician,
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::SafeguardingLead,
    Role::Teacher,
]);
/// Who may ask for an unblock.
pub const ASKERS: Roles = Roles::of(&[
    Role::Technician,
    Role::Support,
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::SafeguardingLead,
    Role::Teacher,
]);
/// Who may unlock for a lesson.
pub const TEACHERS: Roles = Roles::of(&[
    Role::Teacher,
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::SafeguardingLead,
]);
/// Who may close something at once.
pub const CARERS: Roles = Roles::of(&[
    Role::Technician,
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::SafeguardingLead,
]);
const ENDERS: Roles = STAFF;
const KEEPERS: Roles = Roles::of(&[
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::SafeguardingLead,
    Role::Chair,
]);
/// Who may propose something about an account.
pub const OWNERS: Roles = Roles::of(&[
    Role::Technician,
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::Chair,
]);
const DECIDERS: Roles = Roles::of(&[
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::Chair,
]);
const GUARDIANS: Roles = Roles::of(&[
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::SafeguardingLead,
    Role::Chair,
]);
const LEADERS: Roles = Roles::of(&[Role::Headteacher, Role::Deputy, Role::Chair]);

const fn right(kind: ChangeKind, propose: Roles, decide: Roles) -> Right {
    Right {
        kind,
        propose,
        decide,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_one_right() {
        for kind in ChangeKind::ALL {
            let rights = RIGHTS.iter().filter(|right| right.kind == *kind);
            assert_eq!(rights.count(), 1, "{kind}");
        }
    }

    // SEC-01, CHG-30
    #[test]
    fn an_outside_company_decides_nothing_and_governors_propose_nothing() {
        for right in RIGHTS {
            for role in [
                Role::Support,
                Role::Technician,
                Role::Teacher,
                Role::Governor,
            ] {
                assert!(!right.decide.contains(role), "{} {role}", right.kind);
            }
            for role in [Role::Governor, Role::Auditor] {
                assert!(!right.propose.contains(role), "{} {role}", right.kind);
            }
        }
        let support: Vec<_> = RIGHTS
            .iter()
            .filter(|right| right.propose.contains(Role::Support))
            .map(|right| right.kind)
            .collect();
        assert_eq!(
            support,
            [
                ChangeKind::Policy,
                ChangeKind::Override,
                ChangeKind::Rollback,
                ChangeKind::ListRollback
            ]
        );
    }
}
