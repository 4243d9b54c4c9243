use super::Desk;
use crate::Settings;
use crate::record::Verified;
use crate::register::Heard;
use alert::{Role, Urgency};
use audit::{Actor, EntryIndex, EntryKind, Witness, WitnessState};
use model::{Digest, Moment};
use serde::Serialize;
use std::sync::PoisonError;

/// The state folder is older than a head kept elsewhere, or has another history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SetBack {
    /// How many entries the head speaks of.
    pub size: u64,
    /// Its root.
    pub root: Digest,
    /// How many entries are here.
    pub entries: u64,
}

/// What verifying the ledger found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// When.
    pub at: Moment,
    /// How many entries there are.
    pub entries: u64,
    /// How many of them a head kept elsewhere vouches for; `None` is unwitnessed.
    pub witnessed: Option<u64>,
    /// What is wrong, in words; `None` when all is as it was written.
    pub fault: Option<String>,
}

impl Desk {
    /// Whether the state folder was found to be older than a head kept elsewhere: then whatever
    /// opens something for a while is left out, and nothing is changed until it is accepted.
    pub fn set_back(&self) -> Option<SetBack> {
        *self.set_back.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn forget_set_back(&self) {
        *self
            .set_back
            .write()
            .unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Holds the ledger against the head that the settings say is kept elsewhere.
    pub(super) fn look_for_witness(&self) {
        let active = self.register().active().map(|active| active.bundle);
        let bundle = active.and_then(|digest| self.bundle(digest).ok());
        let settings = bundle.map(|bundle| Settings::of(bundle.files()));
        let Some(path) = settings.and_then(|settings| settings.witness) else {
            return;
        };
        let witness = match Witness::read(&path) {
            Ok(witness) => witness,
            Err(error) => {
                tracing::error!(%error, "the head kept elsewhere cannot be read");
                return;
            }
        };
        let (Some(newest), Ok(state)) = (witness.newest(), self.ledger.compare(&witness)) else {
            return;
        };
        let entries = self.ledger.head().size();
        match state {
            WitnessState::Unwitnessed | WitnessState::Agrees { .. } => {}
            WitnessState::Ahead { .. }
            | WitnessState::Rewritten { .. }
            | WitnessState::Foreign { .. } => {
                let found = SetBack {
                    size: newest.size(),
                    root: newest.root(),
                    entries,
                };
                let accepted = self.register().accepted.contains(&(found.size, found.root));
                if !accepted {
                    self.note_set_back(found);
                }
            }
        }
    }

    fn note_set_back(&self, found: SetBack) {
        *self
            .set_back
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(found);
        let words = format!(
            "the head kept elsewhere speaks of {} entries, here are {}; unblocks are left out and \
             nothing is changed until the headteacher and the chair accept it",
            found.size, found.entries
        );
        tracing::error!(
            size = found.size,
            entries = found.entries,
            "the state folder is older than the head kept elsewhere"
        );
        let roles = [Role::Headteacher, Role::Chair, Role::Technician];
        let title = "an older state of the machine was brought back";
        self.tell_roles(&roles, Urgency::Immediate, "set-back", title, &words);
    }

    /// Verifies the whole ledger, against the head kept elsewhere where there is one, and writes
    /// down what was found.
    ///
    /// # Errors
    ///
    /// Fails when the ledger cannot be read, or does not take the entry.
    pub fn verify_now(&self) -> Result<Verification, audit::AppendError> {
        let transcript = self.ledger.transcript();
        let key = self.ledger.public_key();
        let settings = self.settings();
        let witness = settings
            .witness
            .as_deref()
            .and_then(|path| Witness::read(path).ok());
        let newest = witness.as_ref().and_then(Witness::newest);
        let (entries, witnessed, fault) = match &transcript {
            Err(error) => (self.ledger.head().size(), None, Some(error.to_string())),
            Ok(transcript) => match audit::verify(transcript, &key, newest) {
                Ok(found) => (found.entries, found.witnessed, None),
                Err(error) => (transcript.size(), None, Some(error.to_string())),
            },
        };
        if let Some(fault) = &fault {
            let roles = [Role::Headteacher, Role::Chair, Role::Technician];
            let title = "the change log is not what was written";
            self.tell_roles(&roles, Urgency::Immediate, "verify", title, fault);
        }
        let payload = Verified {
            entries,
            witnessed,
            fault: fault.clone(),
        };
        self.write(&self.hold(), Actor::Gateway, EntryKind::Verified, &payload)?;
        Ok(Verification {
            at: self.clock.now(),
            entries,
            witnessed,
            fault,
        })
    }

    /// What the last verification found; `None` before the first.
    pub fn last_verification(&self) -> Option<Verification> {
        let register = self.register();
        let (at, found) = register.verified.as_ref()?;
        Some(Verification {
            at: *at,
            entries: found.entries,
            witnessed: found.witnessed,
            fault: found.fault.clone(),
        })
    }

    /// Hears of entries that another part wrote into the ledger: an erasure, another key.
    pub(super) fn catch_up(&self, _writing: &super::Writing<'_>) {
        let next = self
            .register()
            .lines
            .last()
            .map_or(0, |line| line.entry + 1);
        match self.ledger.entries_from(EntryIndex(next)) {
            Ok(entries) => {
                let mut register = self.register_mut();
                for written in &entries {
                    register.hear(&Heard::of(written));
                }
            }
            Err(error) => tracing::error!(%error, "new entries could not be read back"),
        }
    }
}
