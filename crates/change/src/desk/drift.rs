use super::Desk;
use super::propose::ProposeError;
use crate::proposal::Proposal;
use crate::record::DriftFound;
use crate::state_folder::StateFolder;
use crate::unified::unified;
use crate::{
    Acting, Bundle, BundleError, Change, Draft, Effect, Outcome, PolicyChange, Side, compare,
};
use alert::{NoticeKind, Role, Urgency};
use audit::{Actor, EntryIndex, EntryKind};
use model::{Digest, Faults, Files};
use serde::Serialize;
use serde_json::json;

/// The working files are not what is in force.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drift {
    /// The digest of the working files.
    pub digest: Digest,
    /// The files that differ.
    pub changed: Vec<String>,
    /// The difference, as a patch shows it; large or binary files are named alone.
    pub diff: String,
    /// What it would open and close; `None` where the files do not hold together.
    pub effect: Option<Effect>,
    /// What is wrong with the files.
    pub faults: Vec<String>,
}

/// Files could not be proposed.
#[derive(Debug, thiserror::Error)]
pub enum DriftError {
    /// They could not be kept.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// They were not taken in.
    #[error(transparent)]
    Propose(#[from] ProposeError),
    /// Nothing is in force yet.
    #[error("no policy is in force yet; start the gateway with one first")]
    NoPolicy,
}

impl Desk {
    /// Holds the working files against what is in force; `None` when they are the same.
    ///
    /// A difference is an entry and a notice, once for each state of the files. It is never
    /// enforced.
    ///
    /// # Errors
    ///
    /// Fails when the entry could not be written.
    pub fn drift(&self, files: &Files) -> Result<Option<Drift>, audit::AppendError> {
        let Some(force) = self.force() else {
            return Ok(None);
        };
        let bundle = Bundle::new(files.clone());
        if bundle.digest() == force.bundle.digest() {
            return Ok(None);
        }
        let changed = bundle.differs(&force.bundle);
        self.note_drift(bundle.digest(), &changed)?;
        let checked = self.check(Proposal {
            school: self.school_of(files),
            bundle: bundle.clone(),
            proposer: Actor::Gateway,
            reason: String::new(),
        });
        let (effect, faults) = match checked {
            Ok(checked) => {
                let side = |state, files, overlay| Side {
                    state,
                    files,
                    overlay,
                };
                let before = side(&force.state, force.bundle.files(), &force.overlay);
                let after = side(&checked.state, files, &checked.overlay);
                (Some(compare(&before, &after, self.now())), Vec::new())
            }
            Err(faults) => (
                None,
                faults
                    .iter()
                    .map(|fault| fault.to_string().trim().to_owned())
                    .collect(),
            ),
        };
        Ok(Some(Drift {
            digest: bundle.digest(),
            diff: unified(force.bundle.files(), files, &changed),
            changed,
            effect,
            faults,
        }))
    }

    fn note_drift(&self, digest: Digest, changed: &[String]) -> Result<(), audit::AppendError> {
        let writing = self.hold();
        if self.register().drifts.contains(&digest) {
            return Ok(());
        }
        let payload = DriftFound {
            digest,
            changed: changed.to_vec(),
        };
        let entry = self.write(&writing, Actor::Gateway, EntryKind::Drift, &payload)?;
        let title = "policy files were edited, and have no effect";
        let words = format!("propose them, or put them back: {}", changed.join(", "));
        let letter = self
            .letter(Role::Technician, Urgency::Soon, title, words, Some(entry))
            .kind(NoticeKind::Change)
            .topic("drift")
            .link("/settings");
        self.send(letter);
        Ok(())
    }

    /// Proposes files: keeps them, and takes the change in under this person's name.
    ///
    /// # Errors
    ///
    /// Says what is wrong with them.
    pub fn propose_files(
        &self,
        acting: &Acting,
        files: Files,
        reason: &str,
    ) -> Result<Outcome, DriftError> {
        let force = self.force().ok_or(DriftError::NoPolicy)?;
        self.still(acting).map_err(ProposeError::from)?;
        let bundle = Bundle::new(files);
        bundle.keep(&StateFolder::bundles_in(self.folder.path()))?;
        let change = Change::Policy(PolicyChange {
            bundle: bundle.digest(),
            base: force.bundle.digest(),
        });
        Ok(self.propose(acting, Draft::new(change, reason))?)
    }

    /// Writes down that edited files do not hold together, and tells the technician.
    ///
    /// # Errors
    ///
    /// Fails when the ledger does not take the entry.
    pub fn refuse_files(&self, faults: &Faults) -> Result<EntryIndex, audit::AppendError> {
        let words: String = faults.to_string().chars().take(MOST_WORDS).collect();
        let payload = json!({
            "what": "the edited files do not hold together; the policy in force stays",
            "errors": faults.errors(),
            "words": words,
        });
        let entry = self.write(&self.hold(), Actor::Gateway, EntryKind::Fault, &payload)?;
        let title = "the edited policy was refused";
        let letter = self
            .letter(Role::Technician, Urgency::Soon, title, words, Some(entry))
            .kind(NoticeKind::Technical);
        self.send(letter);
        Ok(entry)
    }
}

/// A ledger entry is no place for a novel.
const MOST_WORDS: usize = 20_000;
