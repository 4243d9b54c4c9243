use super::activate::ActivateError;
use super::check::{Candidate, digest_of};
use super::entrance::SessionError;
use super::force::Force;
use super::validate::InvalidChange;
use super::{Desk, Writing, actor, by_token};
use crate::record::Proposed;
use crate::session::{Means, Scope};
use crate::{Acting, ChangeKind, Draft, Matter, Outcome, PersonId, ProposalId, Right, Route};
use alert::Role;
use audit::EntryKind;
use model::{Faults, Moment};
use std::sync::Arc;

/// A change was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum ProposeError {
    /// The session is over.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Not in this role.
    #[error("as {role} you cannot propose this ({kind}); ask somebody who can")]
    Role {
        /// The role.
        role: Role,
        /// The kind of change.
        kind: ChangeKind,
    },
    /// Nothing is in force yet.
    #[error("no policy is in force yet; start the gateway with one first")]
    NoPolicy,
    /// An older state of the machine was brought back.
    #[error(
        "the state folder is older than the head kept elsewhere; until the headteacher and the \
         chair accept it, nothing is changed"
    )]
    SetBack,
    /// It cannot be proposed as it stands.
    #[error(transparent)]
    Invalid(#[from] InvalidChange),
    /// It does not compile.
    #[error("it does not hold together:\n{faults}")]
    Faults {
        /// What is wrong.
        faults: Faults,
    },
    /// Nobody could ever decide it.
    #[error("nobody has an account who could decide this; an account of the {role} comes first")]
    NobodyDecides {
        /// The role that is missing.
        role: Role,
    },
    /// Too much waits already.
    #[error("you have {waiting} proposals that wait; have them decided, or take some back")]
    Full {
        /// How many.
        waiting: usize,
    },
    /// The ledger did not take it.
    #[error(transparent)]
    Ledger(#[from] audit::AppendError),
    /// It needed no decision, and could not be brought into force.
    #[error(transparent)]
    Activate(#[from] ActivateError),
}

impl Desk {
    /// Takes a change in: checked, with what it opens and closes, and on its way to whoever
    /// decides it. What needs no decision is in force when this returns.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it, or who could propose it.
    pub fn propose(&self, acting: &Acting, draft: Draft) -> Result<Outcome, ProposeError> {
        self.may_propose(acting, &draft)?;
        let force = self.force().ok_or(ProposeError::NoPolicy)?;
        let id = self.register().next_proposal();
        let candidate = self.examine(acting, &draft, &force, id)?;
        let writing = self.hold();
        // Somebody may have changed something meanwhile; then it is looked at again, alone.
        let now = self.force().ok_or(ProposeError::NoPolicy)?;
        let next = self.register().next_proposal();
        let candidate = match Arc::ptr_eq(&force, &now) && id == next {
            true => candidate,
            false => self.examine(acting, &draft, &now, next)?,
        };
        self.take_in(&writing, acting, draft, &now, candidate, next)
    }

    fn may_propose(&self, acting: &Acting, draft: &Draft) -> Result<(), ProposeError> {
        self.still(acting)?;
        let kind = draft.change.kind();
        let scoped = match acting.means {
            Means::Session(_) | Means::Token(Scope::Propose) => true,
            Means::Token(Scope::Read | Scope::Feed) => false,
        };
        if !scoped || !Right::of(kind).propose.contains(acting.role) {
            return Err(ProposeError::Role {
                role: acting.role,
                kind,
            });
        }
        if self.set_back().is_some() && kind != ChangeKind::AcceptState {
            return Err(ProposeError::SetBack);
        }
        let register = self.register();
        let own = |matter: &&Matter| matter.waits() && matter.proposer.person == acting.person;
        let waiting = register.matters.values().filter(own).count();
        match waiting < MOST_WAITING {
            true => Ok(()),
            false => Err(ProposeError::Full { waiting }),
        }
    }

    fn examine(
        &self,
        acting: &Acting,
        draft: &Draft,
        force: &Force,
        id: ProposalId,
    ) -> Result<Option<Candidate>, ProposeError> {
        self.validate(acting, draft, force, self.now())?;
        let candidate = self
            .candidate(force, &draft.change, id)
            .map_err(|faults| ProposeError::Faults { faults })?;
        let unknown = candidate
            .as_ref()
            .and_then(|candidate| candidate.unknown(id, &draft.change));
        match unknown {
            Some(unknown) => Err(unknown.into()),
            None => Ok(candidate),
        }
    }

    fn take_in(
        &self,
        writing: &Writing<'_>,
        acting: &Acting,
        mut draft: Draft,
        force: &Force,
        candidate: Option<Candidate>,
        id: ProposalId,
    ) -> Result<Outcome, ProposeError> {
        let now = self.now();
        let effect = self.effect_of(force, candidate.as_ref(), now);
        self.name_concerned(acting, &mut draft);
        let route = {
            let register = self.register();
            let case = self.case(acting, &draft, effect.as_ref(), force, &register);
            case.route()
        };
        let at_once = matches!(route, Route::AtOnce { .. });
        // A token has nobody at it who could answer for what needs no second person.
        if at_once && by_token(acting) {
            return Err(ProposeError::Role {
                role: acting.role,
                kind: draft.change.kind(),
            });
        }
        self.somebody_decides(acting, &draft, &route, now)?;
        let payload = Proposed {
            matter: id,
            digest: digest_of(&draft.change, effect.as_ref()),
            due: self.due_by(&route, now),
            by: acting.who(),
            effect,
            warnings: candidate
                .map(|candidate| candidate.warnings)
                .unwrap_or_default(),
            draft: draft.into(),
            route,
        };
        let entry = self.write(writing, actor(acting), EntryKind::Proposed, &payload)?;
        let matter = self.register().matters.get(&id).cloned();
        let matter = matter.ok_or(ActivateError::Gone { id })?;
        if !at_once {
            self.tell_waiting(&matter, entry);
            return Ok(Outcome::Waiting(Box::new(self.shown(matter))));
        }
        if let Err(error) = self.carry_out(writing, &matter, Some(acting)) {
            self.give_up(writing, &matter, &error);
            return Err(error.into());
        }
        let matter = self.register().matters.get(&id).cloned().unwrap_or(matter);
        self.tell_at_once(&matter);
        Ok(Outcome::Active(Box::new(self.shown(matter))))
    }

    /// Adds the persons whom the change itself names to those who neither see nor decide it, and
    /// those of the matter that is ended or extended.
    fn name_concerned(&self, acting: &Acting, draft: &mut Draft) {
        let register = self.register();
        let change = &draft.change;
        let account = change.account().and_then(crate::AccountChange::account);
        let named = register
            .accounts
            .values()
            .filter(|held| account == Some(held.id) || held.is_named_in(change.whom()));
        let mut named: Vec<PersonId> = named.map(|account| account.person).collect();
        let before = change.measure().and_then(|id| id.parse().ok());
        let before = before.and_then(|id: ProposalId| register.matters.get(&id));
        named.extend(before.iter().flat_map(|matter| &matter.concerns));
        // Who proposes something about themselves sees it; they do not decide it either way.
        named.retain(|person| *person != acting.person);
        draft.concerns.extend(named);
        draft.concerns.sort_unstable();
        draft.concerns.dedup();
    }

    /// Refuses what nobody could ever decide: it would wait for ever.
    fn somebody_decides(
        &self,
        acting: &Acting,
        draft: &Draft,
        route: &Route,
        now: Moment,
    ) -> Result<(), ProposeError> {
        let Route::Decide { by, .. } = route else {
            return Ok(());
        };
        let register = self.register();
        for role in by {
            let some = super::decide::chain(*role).iter().any(|role| {
                register.usable(*role, now).any(|account| {
                    account.person != acting.person && !draft.concerns.contains(&account.person)
                })
            });
            if !some {
                return Err(ProposeError::NobodyDecides { role: *role });
            }
        }
        Ok(())
    }

    fn due_by(&self, route: &Route, now: Moment) -> Option<Moment> {
        let settings = self.settings();
        match route {
            Route::AtOnce { ratify: true, .. } => Some(settings.ratify_by(now)),
            Route::AtOnce { review: true, .. } => Some(now.after(SCHOOL_DAY)),
            Route::AtOnce { .. } => None,
            Route::Decide { .. } => Some(now.after(SCHOOL_DAY)),
        }
    }

    /// Writes down that what needed no decision could not be brought into force.
    pub(super) fn give_up(&self, writing: &Writing<'_>, matter: &Matter, error: &ActivateError) {
        let payload = crate::record::Withdrawn {
            matter: matter.id,
            by: None,
            words: format!("it could not be brought into force: {error}"),
        };
        let written = self.write(
            writing,
            audit::Actor::Gateway,
            EntryKind::Withdrawn,
            &payload,
        );
        if let Err(error) = written {
            tracing::error!(%error, matter = %matter.id, "a failure could not be written down");
        }
    }
}

/// How many proposals of one person may wait.
const MOST_WAITING: usize = 50;
const SCHOOL_DAY: std::time::Duration = std::time::Duration::from_secs(86_400);
