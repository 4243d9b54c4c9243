use crate::bundle::{Bundle, BundleError};
use crate::state_folder::StateFolder;
use audit::{EntryIndex, EntryKind, Transcript};
use model::{Digest, Moment, PolicyVersion};
use std::path::Path;

/// What is in force by the word of the ledger.
#[derive(Clone, Debug)]
pub struct Active {
    /// The bundle.
    pub bundle: Bundle,
    /// The artefact of its lists.
    pub artefact: Digest,
    /// The name of the school.
    pub school: String,
    /// How it was decided.
    pub mode: String,
    /// When it came into force.
    pub since: Moment,
    /// The entry that says so.
    pub entry: EntryIndex,
}

/// What is in force cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum ActiveError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] audit::ReadTranscriptError),
    /// The entry of the last activation cannot be understood.
    #[error("entry {entry} does not say what came into force; run `schoolgate audit verify`")]
    Entry {
        /// The entry.
        entry: EntryIndex,
    },
    /// Its bundle is gone or damaged.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

impl Active {
    /// Reads what is in force from a state folder, beside a running gateway if need be; `None`
    /// before the first activation.
    ///
    /// The ledger is the one truth: an activation that is written down is completed by the next
    /// start, one that is not never happened.
    ///
    /// # Errors
    ///
    /// Fails when the ledger or the bundle cannot be read.
    pub fn read(state: &Path) -> Result<Option<Self>, ActiveError> {
        let transcript = Transcript::read(&StateFolder::ledger_in(state))?;
        let last = transcript
            .entries()
            .filter(|written| {
                matches!(
                    written.leaf.kind(),
                    Some(EntryKind::PolicyActivated | EntryKind::RolledBack)
                )
            })
            .last();
        let Some(written) = last else { return Ok(None) };
        let entry = written.leaf.index;
        let payload = written.payload.as_ref();
        let later = transcript.entries().filter(|later| {
            later.leaf.index > entry && later.leaf.kind() == Some(EntryKind::ListsActivated)
        });
        let refreshed = later.filter_map(|later| {
            let payload = later.payload?;
            payload.get("changes")?;
            payload.get("artefact")?.as_str()?.parse::<Digest>().ok()
        });
        let refreshed = refreshed.last();
        let field = |name: &str| payload.and_then(|payload| payload.get(name)?.as_str());
        let digest = |name: &str| field(name).and_then(|text| text.parse::<Digest>().ok());
        let (Some(bundle), Some(artefact)) = (digest("bundle"), digest("artefact")) else {
            return Err(ActiveError::Entry { entry });
        };
        Ok(Some(Self {
            bundle: Bundle::read(&StateFolder::bundles_in(state), bundle)?,
            artefact: refreshed.unwrap_or(artefact),
            school: field("school").unwrap_or_default().to_owned(),
            mode: field("mode").unwrap_or_default().to_owned(),
            since: written.leaf.time,
            entry,
        }))
    }

    /// The version that decisions name.
    pub fn version(&self) -> PolicyVersion {
        self.bundle.version()
    }
}
