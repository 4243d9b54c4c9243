use lists::Store;
use matcher::{Artefact, Secret};
use model::{Chance, Digest};
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The folder in which the gateway keeps what it must not lose, locked by one process.
#[derive(Debug)]
pub struct StateFolder {
    path: PathBuf,
    _lock: File,
}

impl StateFolder {
    /// Makes the folder where it is absent, readable by its owner alone, and locks it.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::WouldBlock`] when another process holds it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        for folder in [
            path.to_owned(),
            Self::bundles_in(path),
            Self::lists_in(path),
        ] {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)?;
        }
        let lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path.join(LOCK))?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        clear_parts(&[Self::bundles_in(path), Self::lists_in(path)]);
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of the ledger, in a state folder.
    pub fn ledger_in(state: &Path) -> PathBuf {
        state.join("ledger")
    }

    /// The folder of the journal, in a state folder.
    pub fn journal_in(state: &Path) -> PathBuf {
        state.join("journal")
    }

    /// The folder of what holds keep from deletion, in a state folder.
    pub fn cases_in(state: &Path) -> PathBuf {
        state.join("cases")
    }

    /// The folder of compiled lists, in a state folder.
    pub fn lists_in(state: &Path) -> PathBuf {
        state.join("lists")
    }

    /// The folder of bundles, in a state folder.
    pub fn bundles_in(state: &Path) -> PathBuf {
        state.join("bundles")
    }

    /// Locks a state folder on which no gateway runs, and opens its store of fetched lists. The
    /// folder stays locked until it is dropped.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::WouldBlock`] when a gateway holds it.
    pub fn lock_store(path: &Path, chance: &dyn Chance) -> io::Result<(Self, Store)> {
        let folder = Self::open(path)?;
        let secret = folder.secret(chance)?;
        let store = Self::plain_store(path).with_secret(&secret);
        Ok((folder, store))
    }

    /// The store of fetched lists of a state folder, for reading beside a running gateway. What
    /// is sealed is opened where the secret of the folder can be read.
    pub fn store_in(path: &Path) -> Store {
        let store = Self::plain_store(path);
        let mut secret = Zeroizing::new([0; 32]);
        let read = File::open(path.join(SECRET)).and_then(|mut file| file.read_exact(&mut *secret));
        match read {
            Ok(()) => store.with_secret(&secret),
            // Lists that are not sealed can be read all the same.
            Err(_) => store,
        }
    }

    /// Compiled lists of a state folder by their digest, for reading beside a running gateway;
    /// `None` where they or the secret of the folder cannot be read.
    pub fn artefact_in(path: &Path, digest: Digest) -> Option<Artefact> {
        let secret = Self::secret_in(path).ok()?;
        let file = Self::lists_in(path).join(format!("{digest}.artefact"));
        Artefact::open(&file, &secret).ok()
    }

    /// The secret of a state folder that was made already.
    pub(crate) fn secret_in(path: &Path) -> io::Result<Secret> {
        let mut secret = Zeroizing::new([0; 32]);
        File::open(path.join(SECRET))?.read_exact(&mut *secret)?;
        Ok(Secret::new(*secret))
    }

    pub(crate) fn plain_store(path: &Path) -> Store {
        Store::new(&path.join("fetched"))
    }

    /// The secret of the installation, made at the first start.
    pub(crate) fn secret(&self, chance: &dyn Chance) -> io::Result<Zeroizing<[u8; 32]>> {
        let path = self.path.join(SECRET);
        let mut bytes = Zeroizing::new([0; 32]);
        match File::open(&path) {
            Ok(mut file) => {
                file.read_exact(&mut bytes[..])?;
                if file.read(&mut [0])? != 0 {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "not 32 bytes"));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                chance.fill(&mut bytes[..])?;
                let part = path.with_extension("part");
                let mut file = OpenOptions::new()
                    .write(true)
                    .create(true)
                    .truncate(true)
                    .mode(0o600)
                    .open(&part)?;
                file.write_all(&bytes[..])?;
                file.sync_all()?;
                fs::rename(&part, &path)?;
                File::open(&self.path)?.sync_all()?;
            }
            Err(error) => return Err(error),
        }
        Ok(bytes)
    }
}

/// Removes what was being written when the gateway or its worker ended: nothing refers to it, and
/// compiled lists are large.
fn clear_parts(folders: &[PathBuf]) {
    for folder in folders {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_part = path.extension().is_some_and(|end| end == "part");
            if is_part && let Err(error) = fs::remove_file(&path) {
                tracing::warn!(%error, ?path, "what a crash left could not be removed");
            }
        }
    }
}

const LOCK: &str = "lock";
const SECRET: &str = "secret.key";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_crash_left_half_written_is_removed_and_nothing_else() {
        let state = tempfile::tempdir().unwrap();
        drop(StateFolder::open(state.path()).unwrap());
        let lists = StateFolder::lists_in(state.path());
        let bundles = StateFolder::bundles_in(state.path());
        let (half, other) = (lists.join(".0a.artefact.part"), bundles.join("0b.part"));
        let whole = [lists.join("0a.artefact"), bundles.join("0b.bundle")];
        for path in whole.iter().chain([&half, &other]) {
            fs::write(path, "x").unwrap();
        }
        let held = StateFolder::open(state.path()).unwrap();
        assert!(!half.exists() && !other.exists());
        assert!(whole.iter().all(|path| path.exists()));

        // While somebody holds the folder, what is half written may be being written.
        fs::write(&half, "x").unwrap();
        assert!(StateFolder::open(state.path()).is_err());
        assert!(half.exists());
        drop(held);
    }
}
