//! Who may open which page, where the rights of the desk do not say it; the table of routes names
//! these sets.

use alert::Role;
use change::{REQUEST_READERS, Roles};

/// Who may know of incidents of some kind; of which, the kind says.
pub(crate) const LOOKERS: Roles = Roles::of(&[
    Role::Technician,
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::SafeguardingLead,
    Role::Chair,
]);

/// Who belongs to the school, and may report something.
pub(crate) const STAFF: Roles = Roles::of(&[
    Role::Technician,
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::SafeguardingLead,
    Role::Teacher,
    Role::Chair,
]);

/// Who may search what was asked for on the network.
pub(crate) const SEARCHERS: Roles = Roles::of(&[
    Role::Technician,
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::SafeguardingLead,
    Role::Chair,
]);

/// Who may read the settings; they name people, so no outside company does.
pub(crate) const READERS_OF_SETTINGS: Roles = Roles::of(&[
    Role::Technician,
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::Chair,
    Role::Auditor,
]);

/// Who may propose edited files from the page.
pub(crate) const EDITORS: Roles = Roles::of(&[
    Role::Technician,
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
]);

/// Who may read the register of social media accounts.
pub(crate) const READERS_OF_REGISTER: Roles = Roles::of(&[
    Role::Technician,
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::SafeguardingLead,
    Role::Teacher,
    Role::Governor,
    Role::Chair,
    Role::Auditor,
]);

/// Who may propose an entry of the register.
pub(crate) const REGISTRARS: Roles = Roles::of(&[
    Role::Technician,
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::SafeguardingLead,
    Role::Teacher,
]);

/// Who may read reports; those who do not look into incidents read what names nobody.
pub(crate) const READERS_OF_REPORTS: Roles = Roles::of(&[
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::SafeguardingLead,
    Role::Governor,
    Role::Chair,
    Role::Auditor,
]);

/// Everybody who is signed in.
pub(crate) const ALL: Roles = Roles::of(&Role::ALL);

/// Who may propose anything at all.
pub(crate) const PROPOSERS: Roles = Roles::of(&[
    Role::Technician,
    Role::Support,
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::SafeguardingLead,
    Role::Teacher,
    Role::Chair,
]);

/// Who may ever decide, confirm or review; whose turn it is, the desk says.
pub(crate) const DECIDERS: Roles = Roles::of(&[
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::SafeguardingLead,
    Role::Chair,
]);

/// Who may decline what somebody asked for on the block page.
pub(crate) const DECLINERS: Roles = REQUEST_READERS;

/// Who may see the accounts.
pub(crate) const OVERSEERS: Roles = Roles::of(&[
    Role::Technician,
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::Governor,
    Role::Chair,
    Role::Auditor,
]);

/// Who may see how the gateway does.
pub(crate) const WATCHERS: Roles = Roles::of(&[
    Role::Technician,
    Role::Support,
    Role::Coordinator,
    Role::Headteacher,
    Role::Deputy,
    Role::SafeguardingLead,
    Role::Governor,
    Role::Chair,
    Role::Auditor,
]);

#[cfg(test)]
mod tests {
    use super::*;
    use alert::IncidentKind;
    use change::{ChangeKind, DISCLOSERS, Right};

    // SEC-01: the pages admit whom the desk would hear, and nobody else.
    #[test]
    fn pages_agree_with_the_rights_of_the_desk() {
        let right = |kind| Right::of(kind).propose;
        for role in Role::ALL {
            let of = |kind| right(kind).contains(role);
            assert_eq!(
                change::TEACHERS.contains(role),
                of(ChangeKind::Lesson),
                "{role}"
            );
            assert_eq!(
                change::CARERS.contains(role),
                of(ChangeKind::Block),
                "{role}"
            );
            assert_eq!(
                change::CARERS.contains(role),
                of(ChangeKind::Pause),
                "{role}"
            );
            assert_eq!(
                REGISTRARS.contains(role),
                of(ChangeKind::SocialAccount),
                "{role}"
            );
            assert!(!EDITORS.contains(role) || of(ChangeKind::Policy), "{role}");
            assert!(
                !DISCLOSERS.contains(role) || SEARCHERS.contains(role),
                "{role}"
            );
            let reads = IncidentKind::ALL
                .iter()
                .any(|kind| kind.readers().contains(&role));
            assert_eq!(
                LOOKERS.contains(role),
                reads || role == Role::Chair,
                "{role}"
            );
        }
    }

    // LOG-11: an outside company reads nothing that names a pupil.
    #[test]
    fn an_outside_company_reads_no_record() {
        for roles in [
            LOOKERS,
            STAFF,
            SEARCHERS,
            READERS_OF_SETTINGS,
            READERS_OF_REPORTS,
        ] {
            assert!(!roles.contains(Role::Support));
        }
    }
}
