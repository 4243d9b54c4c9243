use crate::folder::FETCHED;
use crate::seal::{SealKey, is_sealed};
use crate::{Subscription, Survey};
use model::{Digest, Moment};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The versions of fetched lists, kept by the digest of their bytes.
///
/// Lists of illegal content lie there sealed, and are opened in memory alone (ILL-08).
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    key: Option<SealKey>,
}

/// The bytes of a list as they are kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept {
    digest: Digest,
    bytes: Vec<u8>,
}

impl Kept {
    /// What names it.
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept")
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
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
    /// When its publisher last gave it, or said that there is nothing newer.
    #[serde(default)]
    pub confirmed: Option<Moment>,
    /// Why nothing came of it when it was last asked for; empty where something did.
    #[serde(default)]
    pub failing: Vec<String>,
}

/// One version of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The digest of its bytes as they are kept.
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
    /// Whether a decision set it aside, so that it is not taken again.
    #[serde(default)]
    pub by_hand: bool,
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
    #[error("list `{id}` has no such good version; see `schoolgate lists show {id}`")]
    Version {
        /// The list.
        id: String,
    },
    /// It is sealed, and the key is not here.
    #[error("list `{id}` was sealed by another installation; have it fetched again")]
    Sealed {
        /// The list.
        id: String,
    },
    /// It must be sealed, and cannot be.
    #[error("list `{id}` could not be sealed; check the state folder and its secret")]
    Unsealed {
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

    /// Whether a decision set this version aside.
    pub(crate) fn set_aside_by_hand(&self, digest: Digest) -> bool {
        let mut versions = self.versions.iter();
        versions.any(|held| held.digest == digest && held.by_hand)
    }

    /// A good version by its digest.
    pub fn good(&self, digest: Digest) -> Option<&Version> {
        self.versions
            .iter()
            .rfind(|version| version.digest == digest && version.quarantined.is_empty())
    }

    /// The last good version before the one in use.
    pub fn before(&self) -> Option<&Version> {
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
    /// The store of a folder; without a key it neither seals nor opens what is sealed.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            key: None,
        }
    }

    /// The same store with the key that is derived from the secret of the installation.
    #[must_use]
    pub fn with_secret(self, secret: &[u8; 32]) -> Self {
        let key = Some(SealKey::of(secret));
        Self { key, ..self }
    }

    /// Makes bytes ready to be kept: those of a list of illegal content are sealed.
    ///
    /// # Errors
    ///
    /// When they cannot be sealed; they must not be kept then.
    pub fn ready(&self, id: &str, bytes: &[u8], withheld: bool) -> Result<Kept, StoreError> {
        let bytes = match (withheld, &self.key) {
            (false, _) => bytes.to_vec(),
            (true, key) => key
                .as_ref()
                .and_then(|key| key.seal(bytes))
                .ok_or_else(|| StoreError::Unsealed { id: id.to_owned() })?,
        };
        let digest = Digest::of(&bytes);
        Ok(Kept { digest, bytes })
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
        if !is_sealed(&bytes) {
            return Ok(bytes);
        }
        let opened = self.key.as_ref().and_then(|key| key.open(&bytes));
        opened.ok_or_else(|| StoreError::Sealed { id: id.to_owned() })
    }

    /// Keeps a version, and uses it where it is good.
    ///
    /// # Errors
    ///
    /// When the file system refuses; the version in use is then still the one before.
    pub fn keep(&self, id: &str, version: Version, kept: &Kept) -> Result<(), StoreError> {
        let mut history = self.history(id)?;
        history.asked = Some(version.fetched);
        history.failing.clear();
        self.write(&self.object(version.digest), &kept.bytes)?;
        if version.quarantined.is_empty() {
            history.in_use = Some(version.digest);
            history.confirmed = Some(version.fetched);
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

    /// Which version of each subscription in use [`Store::supply`] takes, unless it cannot be read.
    pub fn chosen(
        &self,
        lists: &[Subscription],
        wanted: &BTreeMap<String, Digest>,
    ) -> BTreeMap<String, Digest> {
        let enabled = lists.iter().filter(|list| list.source.enabled);
        let chosen = enabled.filter_map(|list| {
            let id = &list.source.id;
            let in_use = || self.history(id).ok()?.in_use;
            let version = wanted.get(id).copied().or_else(in_use)?;
            Some((id.clone(), version))
        });
        chosen.collect()
    }

    /// Adds the texts of subscriptions in use to the files that are compiled; gives back which
    /// version of each it was.
    ///
    /// It is the version that `wanted` names, or the one in use in the store where it names none
    /// or that cannot be read. A list without any is left out; compiling says so.
    pub fn supply(
        &self,
        lists: &[Subscription],
        wanted: &BTreeMap<String, Digest>,
        inputs: &mut BTreeMap<String, Arc<[u8]>>,
    ) -> BTreeMap<String, Digest> {
        let mut versions = BTreeMap::new();
        for source in lists.iter().map(|list| &list.source) {
            if !source.enabled {
                continue;
            }
            let id = &source.id;
            let in_use = || self.history(id).ok()?.in_use;
            let wanted = wanted.get(id).copied();
            let text = |digest: Option<Digest>| {
                let digest = digest?;
                Some((digest, self.bytes(id, digest).ok()?))
            };
            if let Some((digest, bytes)) = text(wanted).or_else(|| text(in_use())) {
                inputs.insert(format!("{FETCHED}{id}"), bytes.into());
                versions.insert(id.clone(), digest);
            }
        }
        versions
    }

    /// Remembers that a list was asked for and nothing new came; `failing` says why not, and is
    /// empty where there is nothing newer.
    ///
    /// # Errors
    ///
    /// When the file system refuses.
    pub fn asked(&self, id: &str, now: Moment, failing: &[String]) -> Result<(), StoreError> {
        let mut history = self.history(id)?;
        history.asked = Some(now);
        if failing.is_empty() {
            history.confirmed = Some(now);
        }
        history.failing = failing.to_vec();
        self.save(id, &history)
    }

    /// Uses another good version than the one in use. Later versions are set aside with `words`,
    /// so that the next fetch does not take them again.
    ///
    /// # Errors
    ///
    /// When there is none, or it cannot be read.
    pub fn return_to(&self, id: &str, digest: Digest, words: &str) -> Result<Version, StoreError> {
        let mut history = self.history(id)?;
        let Some(version) = history.good(digest).cloned() else {
            return Err(StoreError::Version { id: id.to_owned() });
        };
        self.bytes(id, digest)?;
        let later = history
            .versions
            .iter_mut()
            .rev()
            .take_while(|held| held.digest != digest);
        for held in later.filter(|held| held.quarantined.is_empty()) {
            held.quarantined.push(words.to_owned());
            held.by_hand = true;
        }
        history.in_use = Some(digest);
        self.save(id, &history)?;
        Ok(version)
    }

    /// Where the beginning of a list that is being fetched lies.
    pub(crate) fn partial(&self, id: &str) -> Result<PathBuf, StoreError> {
        let path = self.folder.join("partial").join(id);
        self.folder_of(&path)?;
        Ok(path)
    }

    fn record(&self, id: &str) -> PathBuf {
        self.folder.join("versions").join(format!("{id}.json"))
    }

    fn object(&self, digest: Digest) -> PathBuf {
        self.folder.join("objects").join(digest.to_string())
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
