use crate::checkpoint::{Checkpoint, ParseCheckpointError};
use crate::key_chain::KeyChain;
use crate::ledger::Ledger;
use crate::transcript::{ReadTranscriptError, Transcript};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Heads of a ledger that somebody keeps elsewhere: a file on another machine's share, on a stick,
/// or the text of mails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witness {
    heads: Vec<Checkpoint>,
}

/// What heads kept elsewhere say about a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WitnessState {
    /// There are none: whoever holds the private key could have rewritten everything.
    Unwitnessed,
    /// The ledger grew out of the newest of them.
    Agrees {
        /// How many entries it vouches for.
        witnessed: u64,
        /// How many entries came after it.
        since: u64,
    },
    /// They speak of entries that are not here: an older state of the folder was brought back, or
    /// the end was cut off.
    Ahead {
        /// How many entries the newest speaks of.
        witnessed: u64,
        /// How many there are.
        entries: u64,
    },
    /// They speak of another history: something that they vouch for was replaced.
    Rewritten {
        /// The size of the first head that does not agree.
        witnessed: u64,
    },
    /// One was signed with a key that this ledger does not know: it is the head of another one, or
    /// this one was brought back from before its key was replaced.
    Foreign {
        /// The size that it bears.
        witnessed: u64,
    },
}

/// Heads that are kept elsewhere could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadWitnessError {
    /// The machine refused.
    #[error("the heads kept in `{path}` could not be read; check that it is there and readable")]
    Io {
        /// The file.
        path: String,
        /// The cause.
        source: io::Error,
    },
    /// It holds something else.
    #[error("`{path}` holds something that is no signed head; bring the file back")]
    Parse {
        /// The file.
        path: String,
        /// The cause.
        source: ParseCheckpointError,
    },
}

/// The newest head could not be kept elsewhere.
#[derive(Debug, thiserror::Error)]
pub enum KeepHeadError {
    /// What is kept there already cannot be read, so it is not replaced.
    #[error(transparent)]
    Read(#[from] ReadWitnessError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] ReadTranscriptError),
    /// The machine refused.
    #[error("the newest head could not be kept in `{path}`; check rights and free space there")]
    Write {
        /// The file.
        path: String,
        /// The cause.
        source: io::Error,
    },
}

impl Witness {
    /// Reads the heads in a file; none when there is no file.
    ///
    /// # Errors
    ///
    /// Fails when it holds anything but heads, empty lines between them apart.
    pub fn read(path: &Path) -> Result<Self, ReadWitnessError> {
        let shown = || path.display().to_string();
        let text = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => {
                let path = shown();
                return Err(ReadWitnessError::Io { path, source });
            }
        };
        std::str::from_utf8(&text)
            .map_err(|_| ParseCheckpointError)
            .and_then(Self::parse)
            .map_err(|source| ReadWitnessError::Parse {
                path: shown(),
                source,
            })
    }

    /// Reads heads from a text, one after another.
    ///
    /// # Errors
    ///
    /// Fails when it holds anything else.
    pub fn parse(text: &str) -> Result<Self, ParseCheckpointError> {
        let mut heads = Vec::new();
        let mut lines = text.lines().map(str::trim_end).peekable();
        loop {
            while lines.next_if(|line| line.is_empty()).is_some() {}
            let note: Vec<_> = lines.by_ref().take(5).collect();
            if note.is_empty() {
                return Ok(Self { heads });
            }
            heads.push(note.join("\n").parse()?);
        }
    }

    /// The heads, in the order of the file.
    pub fn heads(&self) -> &[Checkpoint] {
        &self.heads
    }

    /// The one that vouches for most.
    pub fn newest(&self) -> Option<&Checkpoint> {
        self.heads.iter().max_by_key(|head| head.size())
    }

    /// Holds a copy of a ledger against the heads. Its keys are those that [`verify`] found, or
    /// that the ledger was opened with.
    ///
    /// [`verify`]: crate::verify()
    pub fn compare(&self, transcript: &Transcript, keys: &KeyChain) -> WitnessState {
        let entries = transcript.size();
        let mut heads: Vec<_> = self.heads.iter().collect();
        heads.sort_by_key(|head| head.size());
        let Some(newest) = heads.last() else {
            return WitnessState::Unwitnessed;
        };
        for head in &heads {
            let witnessed = head.size();
            if !head.verify(keys.at(witnessed)) {
                return WitnessState::Foreign { witnessed };
            }
            if witnessed <= entries && transcript.root_at(witnessed) != Some(head.root()) {
                return WitnessState::Rewritten { witnessed };
            }
        }
        let witnessed = newest.size();
        match entries.checked_sub(witnessed) {
            Some(since) => WitnessState::Agrees { witnessed, since },
            None => WitnessState::Ahead { witnessed, entries },
        }
    }
}

impl Ledger {
    /// Says what heads kept elsewhere tell about this ledger; ask at every start.
    ///
    /// # Errors
    ///
    /// Fails when the ledger cannot be read.
    pub fn compare(&self, witness: &Witness) -> Result<WitnessState, ReadTranscriptError> {
        let (transcript, _) = self.transcript_and_head()?;
        let (_, keys) = self.head_and_keys();
        Ok(witness.compare(&transcript, &keys))
    }

    /// Puts the newest head into a file that is kept elsewhere, in place of the older one there.
    ///
    /// What is there is held against the ledger first. If it does not agree it is evidence, and
    /// stays; the state says so.
    ///
    /// # Errors
    ///
    /// Fails when the file can be neither read nor written.
    pub fn keep_head(&self, path: &Path) -> Result<WitnessState, KeepHeadError> {
        let state = self.compare(&Witness::read(path)?)?;
        match state {
            WitnessState::Unwitnessed | WitnessState::Agrees { .. } => {}
            WitnessState::Ahead { .. }
            | WitnessState::Rewritten { .. }
            | WitnessState::Foreign { .. } => return Ok(state),
        }
        let head = self.head();
        replace(path, head.to_string().as_bytes()).map_err(|source| KeepHeadError::Write {
            path: path.display().to_string(),
            source,
        })?;
        Ok(WitnessState::Agrees {
            witnessed: head.size(),
            since: 0,
        })
    }
}

/// Writes a whole file beside its place, then gives it its name.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o644)
        .open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    match path.parent() {
        Some(above) if !above.as_os_str().is_empty() => File::open(above)?.sync_all(),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
