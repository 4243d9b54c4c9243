use model::{Clock as _, Digest, SystemClock};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The digests of large lists, by what the file system says of the files, so that a start reads
/// none of those that are as they were.
///
/// A file is taken to be the same when its number, its length and the moments of its last change
/// are; the change of status among them, which no program can set back.
#[derive(Debug)]
pub(crate) struct KnownFiles {
    path: PathBuf,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    files: BTreeMap<PathBuf, Known>,
    /// Whether the disk knows all of it.
    kept: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    digest: Digest,
    traits: Traits,
    /// When it was read, in nanoseconds since 1970.
    read: i128,
}

/// What the file system says of a file; times in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Traits {
    device: u64,
    number: u64,
    length: u64,
    modified: i128,
    changed: i128,
}

impl Traits {
    fn of(found: &Metadata) -> Self {
        let nanoseconds =
            |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Self {
            device: found.dev(),
            number: found.ino(),
            length: found.len(),
            modified: nanoseconds(found.mtime(), found.mtime_nsec()),
            changed: nanoseconds(found.ctime(), found.ctime_nsec()),
        }
    }
}

impl KnownFiles {
    /// Reads what a state folder remembers; a file that cannot be read remembers nothing.
    pub(crate) fn open(state: &Path) -> Self {
        let path = state.join(FILE);
        let files = fs::read(&path)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self {
            path,
            held: Mutex::new(Held {
                files: files.unwrap_or_default(),
                kept: true,
            }),
        }
    }

    /// The digest of a file that did not change since it was read.
    pub(crate) fn digest(&self, path: &Path, found: &Metadata) -> Option<Digest> {
        let held = self.lock();
        let known = held.files.get(path)?;
        let traits = Traits::of(found);
        // A change at the very moment of reading may bear the same time as the one before.
        let settled = traits.changed.max(traits.modified) + SETTLED < known.read;
        (known.traits == traits && settled).then_some(known.digest)
    }

    /// Learns the digest of a file, as it was before it was read.
    pub(crate) fn learn(&self, path: &Path, before: &Metadata, digest: Digest) {
        // The clock of the machine, whatever time the gateway goes by: files bear it too.
        let now = SystemClock::default().now();
        let known = Known {
            digest,
            traits: Traits::of(before),
            read: i128::from(now.millis()) * 1_000_000,
        };
        let mut held = self.lock();
        held.kept = false;
        held.files.insert(path.to_owned(), known);
    }

    /// Writes down what was learnt, of the files that are still there.
    ///
    /// # Errors
    ///
    /// What the system says; the next start then reads the files.
    pub(crate) fn keep(&self) -> io::Result<()> {
        let mut held = self.lock();
        if held.kept {
            return Ok(());
        }
        held.files.retain(|path, _| path.exists());
        let part = self.path.with_extension("part");
        fs::write(&part, serde_json::to_vec(&held.files)?)?;
        fs::rename(&part, &self.path)?;
        held.kept = true;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const FILE: &str = "files.json";

/// Two seconds: some file systems keep no finer time.
const SETTLED: i128 = 2_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::time::Duration;

    #[test]
    fn a_file_is_known_until_anything_of_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.txt");
        fs::write(&path, "a.test\n").unwrap();
        let digest = Digest::of(b"a.test\n");
        let known = KnownFiles::open(folder.path());
        let before = fs::metadata(&path).unwrap();
        known.learn(&path, &before, digest);
        assert_eq!(known.digest(&path, &before), None, "read as it was written");

        // As if it had been read ten seconds later.
        let later = |known: &KnownFiles| {
            let mut held = known.lock();
            held.files.get_mut(&path).unwrap().read += 10_000_000_000;
        };
        later(&known);
        assert_eq!(known.digest(&path, &before), Some(digest));
        known.keep().unwrap();
        let again = KnownFiles::open(folder.path());
        assert_eq!(again.digest(&path, &before), Some(digest), "over a start");

        // The same bytes and length with the time set back: the status tells.
        fs::write(&path, "b.test\n").unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(before.modified().unwrap()).unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_eq!(after.modified().unwrap(), before.modified().unwrap());
        assert_eq!(again.digest(&path, &after), None);

        file.set_modified(before.modified().unwrap() + Duration::from_secs(60))
            .unwrap();
        let ahead = fs::metadata(&path).unwrap();
        again.learn(&path, &ahead, digest);
        later(&again);
        assert_eq!(
            again.digest(&path, &ahead),
            None,
            "a time that has not come"
        );
    }

    #[test]
    fn what_cannot_be_read_is_not_known() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{\"a\": 1").unwrap();
        let known = KnownFiles::open(folder.path());
        let found = fs::metadata(folder.path()).unwrap();
        assert_eq!(known.digest(folder.path(), &found), None);
        known.keep().unwrap();
    }
}
