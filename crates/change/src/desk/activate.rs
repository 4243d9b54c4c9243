use super::{Desk, Writing, actor};
use crate::measure::{Ending, Measure};
use crate::proposal::{Approved, Consent, Proposal};
use crate::record::{
    Absence, Commissioning, CommissioningState, Done, EvidenceUnsealed, FeedChanged, HoldChanged,
    MeasureBegan, MeasureEnded, SocialChanged, StateAccepted,
};
use crate::state_folder::StateFolder;
use crate::{
    AccountChange, Acting, Bundle, BundleError, Change, Direction, Matter, PolicyChange, ProposalId,
};
use audit::{Actor, EntryKind, Pseudonym};
use model::{Faults, Files};

/// A change could not be brought into force; what was in force stays.
#[derive(Debug, thiserror::Error)]
pub enum ActivateError {
    /// The bundle could not be kept or read.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The compiled lists could not be kept.
    #[error(transparent)]
    Lists(#[from] matcher::CompileError),
    /// The compiled lists could not be opened.
    #[error(transparent)]
    Open(#[from] matcher::OpenError),
    /// The ledger did not take the entry.
    #[error(transparent)]
    Ledger(#[from] audit::AppendError),
    /// The key of the ledger could not be replaced.
    #[error(transparent)]
    Key(#[from] audit::RotateKeyError),
    /// The words of entries could not be erased.
    #[error(transparent)]
    Erase(#[from] audit::EraseError),
    /// The secrets of an account could not be set.
    #[error(transparent)]
    Secrets(#[from] crate::SecretError),
    /// It does not compile.
    #[error("the policy does not compile:\n{faults}")]
    Faults {
        /// What is wrong.
        faults: Faults,
    },
    /// What it is about is no longer there.
    #[error("what {id} is about is no longer there; look at the change log, and propose it anew")]
    Gone {
        /// The matter.
        id: ProposalId,
    },
}

impl Desk {
    /// Brings into force what a matter brings. The matter needs no decision, or has it: the
    /// register refuses the entry otherwise.
    ///
    /// Each way writes one entry that names the matter; until it is on the disk nothing has
    /// happened, and it may be tried again.
    pub(super) fn carry_out(
        &self,
        writing: &Writing<'_>,
        matter: &Matter,
        by: Option<&Acting>,
    ) -> Result<(), ActivateError> {
        let who = match by {
            Some(acting) => actor(acting),
            None => Actor::Account(Pseudonym(matter.proposer.account.bytes())),
        };
        match &matter.change {
            Change::Override(_)
            | Change::Plan(_)
            | Change::Mode(_)
            | Change::Lesson(_)
            | Change::Pause(_)
            | Change::Isolation(_)
            | Change::Block(_) => self.begin_measure(writing, who, matter),
            Change::End { id } => self.end_measure(writing, who, matter.id, id, Ending::Revoked),
            Change::Extend { id, end } => self.extend_measure(writing, who, matter, id, *end),
            Change::Policy(PolicyChange { bundle, .. }) => {
                let bundle = self.bundle(*bundle)?;
                self.bring_files(writing, who, matter, bundle.files().clone(), false)
            }
            Change::Rollback { bundle } => {
                let bundle = self.bundle(*bundle)?;
                self.bring_files(writing, who, matter, bundle.files().clone(), true)
            }
            Change::ListRollback(to) => self.roll_list_back(writing, who, matter, to),
            Change::LiftLabels { names } => {
                let files = self.without_labels(names, &matter.reason);
                let files = files.ok_or(ActivateError::Gone { id: matter.id })?;
                self.bring_files(writing, who, matter, files, false)
            }
            Change::Account(change) => self.change_account(writing, who, matter, change),
            Change::Feed(feed) => {
                let payload = FeedChanged {
                    feed: feed.clone(),
                    matter: matter.id,
                };
                self.write(writing, who, EntryKind::IdentityFeed, &payload)?;
                Ok(())
            }
            Change::Hold(hold) => self.hold_records(writing, who, matter, Some(hold.clone()), None),
            Change::Release { hold } => {
                self.hold_records(writing, who, matter, None, Some(hold.clone()))
            }
            Change::Erase { entries } => self.erase_words(writing, who, matter, entries),
            Change::SocialAccount(social) => {
                let payload = SocialChanged {
                    social: social.clone(),
                    matter: matter.id,
                };
                self.write(writing, who, EntryKind::AccountChanged, &payload)?;
                Ok(())
            }
            Change::RotateKey => self.rotate_key(writing, who, matter),
            Change::AcceptState { size, root } => {
                let payload = StateAccepted {
                    accepted: *size,
                    root: *root,
                    matter: matter.id,
                };
                self.write(writing, who, EntryKind::Witnessed, &payload)?;
                self.forget_set_back();
                self.refresh(writing)
            }
            Change::Unseal { incident } => {
                let payload = EvidenceUnsealed {
                    unsealed: *incident,
                    matter: matter.id,
                };
                self.write(writing, who, EntryKind::Incident, &payload)?;
                Ok(())
            }
            Change::EndCommissioning => self.end_commissioning(writing, who, Some(matter.id)),
        }
    }

    fn begin_measure(
        &self,
        writing: &Writing<'_>,
        who: Actor,
        matter: &Matter,
    ) -> Result<(), ActivateError> {
        let part = Measure::of(&matter.change, matter.id);
        let part = part.ok_or(ActivateError::Gone { id: matter.id })?;
        let payload = MeasureBegan {
            matter: matter.id,
            opens: opens(matter),
            part,
        };
        self.write(writing, who, EntryKind::OverlayActivated, &payload)?;
        self.refresh(writing)
    }

    /// Ends a measure; `by` is the matter that does so.
    fn end_measure(
        &self,
        writing: &Writing<'_>,
        who: Actor,
        by: ProposalId,
        id: &str,
        how: Ending,
    ) -> Result<(), ActivateError> {
        let gone = || ActivateError::Gone { id: by };
        let id: ProposalId = id.parse().map_err(|_| gone())?;
        let stands = self
            .register()
            .held
            .get(&id)
            .is_some_and(|held| held.ended.is_none());
        if !stands {
            return Err(gone());
        }
        let payload = MeasureEnded {
            id,
            how,
            matter: Some(by),
        };
        self.write(writing, who, EntryKind::OverlayEnded, &payload)?;
        self.refresh(writing)
    }

    /// The new measure stands before the old one ends: a crash between leaves no gap.
    fn extend_measure(
        &self,
        writing: &Writing<'_>,
        who: Actor,
        matter: &Matter,
        id: &str,
        end: model::Moment,
    ) -> Result<(), ActivateError> {
        let gone = || ActivateError::Gone { id: matter.id };
        let old: ProposalId = id.parse().map_err(|_| gone())?;
        let held = self.register().held.get(&old).cloned();
        let held = held.filter(|held| held.ended.is_none()).ok_or_else(gone)?;
        let payload = MeasureBegan {
            matter: matter.id,
            opens: held.opens,
            part: held.measure.until(end, matter.id),
        };
        if !matter.stage.in_force() {
            self.write(writing, who, EntryKind::OverlayActivated, &payload)?;
        }
        self.end_measure(writing, who, matter.id, id, Ending::Replaced)
    }

    fn bring_files(
        &self,
        writing: &Writing<'_>,
        who: Actor,
        matter: &Matter,
        files: Files,
        rolls_back: bool,
    ) -> Result<(), ActivateError> {
        let school = self.school_of(&files);
        let checked = self
            .check(Proposal {
                bundle: Bundle::new(files),
                school,
                proposer: who,
                reason: format!("{}: {}", matter.id, matter.reason),
            })
            .map_err(|faults| ActivateError::Faults { faults })?;
        let by = Consent::Matter {
            id: matter.id,
            rolls_back,
        };
        self.activate_under(writing, Approved { what: checked, by })?;
        Ok(())
    }

    fn change_account(
        &self,
        writing: &Writing<'_>,
        who: Actor,
        matter: &Matter,
        change: &AccountChange,
    ) -> Result<(), ActivateError> {
        if let AccountChange::Absence { account, until } = change {
            let payload = Absence {
                account: *account,
                until: *until,
                by: matter.proposer.clone(),
                matter: Some(matter.id),
            };
            self.write(writing, who, EntryKind::Absence, &payload)?;
            return Ok(());
        }
        self.alter_account(writing, who, matter, change)?;
        Ok(())
    }

    fn hold_records(
        &self,
        writing: &Writing<'_>,
        who: Actor,
        matter: &Matter,
        hold: Option<crate::HoldChange>,
        release: Option<String>,
    ) -> Result<(), ActivateError> {
        let payload = HoldChanged {
            hold,
            release,
            matter: matter.id,
        };
        self.write(writing, who, EntryKind::Hold, &payload)?;
        Ok(())
    }

    /// The key is replaced by the ledger itself, which writes its own entry; that the matter is
    /// done stands in the entry after.
    fn rotate_key(
        &self,
        writing: &Writing<'_>,
        who: Actor,
        matter: &Matter,
    ) -> Result<(), ActivateError> {
        self.ledger.rotate_key(who, &matter.reason)?;
        self.catch_up(writing);
        let payload = Done {
            done: matter.id,
            what: "the key of the change log was replaced".to_owned(),
        };
        self.write(writing, who, EntryKind::CredentialChanged, &payload)?;
        Ok(())
    }

    pub(super) fn end_commissioning(
        &self,
        writing: &Writing<'_>,
        who: Actor,
        matter: Option<ProposalId>,
    ) -> Result<(), ActivateError> {
        let ends = self.register().commissioning.map(|held| held.ends);
        let payload = Commissioning {
            state: CommissioningState::Ended,
            ends: ends.unwrap_or_else(|| self.now()),
            matter,
        };
        self.write(writing, who, EntryKind::Commissioning, &payload)?;
        self.tell_commissioning_ended();
        Ok(())
    }

    /// The files of an earlier or proposed bundle.
    pub(super) fn bundle(&self, digest: model::Digest) -> Result<Bundle, BundleError> {
        Bundle::read(&StateFolder::bundles_in(self.folder.path()), digest)
    }
}

/// Whether a matter opens something: what was not compared does.
pub(super) fn opens(matter: &Matter) -> bool {
    match &matter.change {
        Change::Pause(_) | Change::Isolation(_) | Change::Block(_) => false,
        Change::Override(held) | Change::Lesson(held) => crate::change::lets_in(held.action),
        Change::Plan(plan) => crate::change::lets_in(plan.action),
        Change::Policy(_)
        | Change::Mode(_)
        | Change::End { .. }
        | Change::Extend { .. }
        | Change::Account(_)
        | Change::Feed(_)
        | Change::Hold(_)
        | Change::Release { .. }
        | Change::Erase { .. }
        | Change::LiftLabels { .. }
        | Change::Rollback { .. }
        | Change::ListRollback(_)
        | Change::RotateKey
        | Change::AcceptState { .. }
        | Change::SocialAccount(_)
        | Change::Unseal { .. }
        | Change::EndCommissioning => matter
            .effect
            .as_ref()
            .is_none_or(|effect| effect.direction == Direction::Opens),
    }
}
