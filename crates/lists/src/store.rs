use crate::Survey;
use model::{Digest, Moment};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The versions of fetched lists, kept by the digest of their bytes.
///
/// The version in use lies at `fetched/<id>`, where compiling reads it.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// What is known of one list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Its versions, the oldest first.
    pub versions: Vec<Version>,
    /// The version in use.
    pub in_use: Option<Digest>,
    /// When it was last asked for, whatever came of it.
    pub asked: Option<Moment>,
}

/// One version of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The digest of its bytes as they were fetched.
    pub digest: Digest,
    /// How many bytes.
    pub bytes: u64,
    /// When it was fetched.
    pub fetched: Moment,
    /// The address that it came from in the end.
    pub from: String,
    /// The licence under which it was published.
    pub licence: String,
    /// What its publisher calls this version.
    pub etag: Option<String>,
    /// When its publisher says that it was made, as the publisher writes it.
    pub modified: Option<String>,
    /// What it holds; nothing where it could not be read.
    pub survey: Option<Survey>,
    /// Why it is not used; empty for a good version.
    pub quarantined: Vec<String>,
}

/// The versions of a list could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system refuses.
    #[error("`{path}` could not be read or written; see its rights and that the disk has room")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The record of a list is damaged.
    #[error("`{path}` is damaged; delete it and fetch the list again")]
    Record {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// There is no such version.
    #[error("list `{id}` has no earlier good version; see `schoolgate lists show {id}`")]
    Version {
        /// The list.
        id: String,
    },
    /// What is kept is not what was fetched.
    #[error("a kept version of list `{id}` is damaged; fetch the list again")]
    Damaged {
        /// The list.
        id: String,
    },
}

impl History {
    /// The version in use.
    pub fn current(&self) -> Option<&Version> {
        let digest = self.in_use?;
        self.versions
            .iter()
            .rfind(|version| version.digest == digest)
    }

    /// The last good version before the one in use.
    fn before(&self) -> Option<&Version> {
        let current = self.in_use?;
        let at = self
            .versions
            .iter()
            .rposition(|version| version.digest == current)?;
        let earlier = self.versions[..at].iter();
        earlier
            .rev()
            .find(|version| version.quarantined.is_empty() && version.digest != current)
    }
}

impl Store {
    /// The store of a folder of block lists.
    pub fn new(blocklists: &Path) -> Self {
        Self {
            folder: blocklists.join("fetched"),
        }
    }

    /// What is known of a list.
    ///
    /// # Errors
    ///
    /// When its record cannot be read.
    pub fn history(&self, id: &str) -> Result<History, StoreError> {
        let path = self.record(id);
        match fs::read(&path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map_err(|source| StoreError::Record { path, source })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(History::default()),
            Err(source) => Err(StoreError::File { path, source }),
        }
    }

    /// The bytes of a version; they are compared with their digest.
    ///
    /// # Errors
    ///
    /// When they cannot be read or are damaged.
    pub fn bytes(&self, id: &str, digest: Digest) -> Result<Vec<u8>, StoreError> {
        let path = self.object(digest);
        let bytes = fs::read(&path).map_err(|source| StoreError::File { path, source })?;
        if Digest::of(&bytes) != digest {
            return Err(StoreError::Damaged { id: id.to_owned() });
        }
        Ok(bytes)
    }

    /// Keeps a version, and uses it where it is good.
    ///
    /// # Errors
    ///
    /// When the file system refuses; the version in use is then still the one before.
    pub fn keep(&self, id: &str, version: Version, bytes: &[u8]) -> Result<(), StoreError> {
        let mut history = self.history(id)?;
        history.asked = Some(version.fetched);
        let good = version.quarantined.is_empty();
        self.write(&self.object(version.digest), bytes)?;
        if good {
            self.write(&self.folder.join(id), bytes)?;
            history.in_use = Some(version.digest);
        }
        history
            .versions
            .retain(|held| held.digest != version.digest);
        history.versions.push(version);
        let gone = drop_old(&mut history);
        self.save(id, &history)?;
        for digest in gone {
            // Another list may have the same bytes and loses nothing but its past.
            let _ = fs::remove_file(self.object(digest));
        }
        Ok(())
    }

    /// Remembers that a list was asked for and nothing came of it.
    ///
    /// # Errors
    ///
    /// When the file system refuses.
    pub fn asked(&self, id: &str, now: Moment) -> Result<(), StoreError> {
        let mut history = self.history(id)?;
        history.asked = Some(now);
        self.save(id, &history)
    }

    /// Goes back to the last good version before the one in use.
    ///
    /// # Errors
    ///
    /// When there is none, or it cannot be read.
    pub fn roll_back(&self, id: &str) -> Result<Version, StoreError> {
        let mut history = self.history(id)?;
        let Some(version) = history.before().cloned() else {
            return Err(StoreError::Version { id: id.to_owned() });
        };
        let bytes = self.bytes(id, version.digest)?;
        self.write(&self.folder.join(id), &bytes)?;
        history.in_use = Some(version.digest);
        self.save(id, &history)?;
        Ok(version)
    }

    /// Where the beginning of a list that is being fetched lies.
    pub(crate) fn partial(&self, id: &str) -> Result<PathBuf, StoreError> {
        let path = self.folder.join(".partial").join(id);
        self.folder_of(&path)?;
        Ok(path)
    }

    fn record(&self, id: &str) -> PathBuf {
        self.folder.join(".versions").join(format!("{id}.json"))
    }

    fn object(&self, digest: Digest) -> PathBuf {
        self.folder.join(".objects").join(digest.to_string())
    }

    fn save(&self, id: &str, history: &History) -> Result<(), StoreError> {
        let path = self.record(id);
        let bytes = serde_json::to_vec_pretty(history).map_err(|source| StoreError::Record {
            path: path.clone(),
            source,
        })?;
        self.write(&path, &bytes)
    }

    /// Writes a file whole or not at all.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        self.folder_of(path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let beside = path.with_file_name(format!(".{name}.new"));
        let written = || -> io::Result<()> {
            let mut file = fs::File::create(&beside)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&beside, path)
        };
        written().map_err(|source| StoreError::File {
            path: path.to_owned(),
            source,
        })
    }

    fn folder_of(&self, path: &Path) -> Result<(), StoreError> {
        let folder = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).map_err(|source| StoreError::File {
            path: folder.to_owned(),
            source,
        })
    }
}

/// Takes the oldest versions out; gives back the digests that nothing names any more.
fn drop_old(history: &mut History) -> Vec<Digest> {
    let mut gone = Vec::new();
    while history.versions.len() > MOST_VERSIONS {
        let in_use = history.in_use;
        let Some(at) = history
            .versions
            .iter()
            .position(|held| Some(held.digest) != in_use)
        else {
            break;
        };
        gone.push(history.versions.remove(at).digest);
    }
    gone
}

/// A week of daily versions, and one to compare with.
const MOST_VERSIONS: usize = 8;
