use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The file operations of the ledger; a test stands in that loses what was not synced.
///
/// All paths lie in one folder.
pub(crate) trait Disk: Send + Sync {
    /// The whole content; `None` when there is no such file.
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>>;

    /// The length of a file; 0 when there is none.
    fn length(&self, path: &Path) -> io::Result<u64>;

    /// Writes at the end of a file, which is made when there is none.
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Writes over bytes that are there, and returns once they will outlive a power cut.
    fn overwrite(&self, path: &Path, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Makes a file of this length whose place on the disk is taken.
    fn allocate(&self, path: &Path, length: u64) -> io::Result<()>;

    /// Cuts a file to a length.
    fn truncate(&self, path: &Path, length: u64) -> io::Result<()>;

    /// Returns once all that was written to the file will outlive a power cut.
    fn sync(&self, path: &Path) -> io::Result<()>;

    /// Returns once the names of the folder's files will outlive a power cut.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Gives a file another name, at once and whole.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
}

/// The files of the machine. Each is held open from its first use, because only the handle that
/// wrote is sure to be told that a write failed later.
#[derive(Default)]
pub(crate) struct StdDisk {
    open: Mutex<BTreeMap<PathBuf, File>>,
}

impl StdDisk {
    fn with<T>(&self, path: &Path, act: impl FnOnce(&mut File) -> io::Result<T>) -> io::Result<T> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get_mut(path) {
            return act(file);
        }
        // The payloads hold names, and one file the private key: nobody else may read any of them.
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)?;
        let result = act(&mut file);
        open.insert(path.to_owned(), file);
        result
    }
}

impl Disk for StdDisk {
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        match std::fs::metadata(path) {
            Ok(found) => Ok(found.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.with(path, |file| file.write_all(bytes))
    }

    fn overwrite(&self, path: &Path, offset: u64, bytes: &[u8]) -> io::Result<()> {
        // The handle that appends cannot write anywhere else.
        let file = OpenOptions::new().write(true).open(path)?;
        file.write_all_at(bytes, offset)?;
        file.sync_data()
    }

    fn allocate(&self, path: &Path, length: u64) -> io::Result<()> {
        self.with(path, |file| {
            use rustix::fs::{FallocateFlags, fallocate};
            match fallocate(&*file, FallocateFlags::empty(), 0, length) {
                Ok(()) => file.sync_all(),
                // A file system that cannot promise room gets the bytes themselves.
                Err(rustix::io::Errno::OPNOTSUPP) => fill(file, length),
                Err(error) => Err(error.into()),
            }
        })
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        self.with(path, |file| file.set_len(length))
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        self.with(path, |file| file.sync_data())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(from);
        open.remove(to);
        std::fs::rename(from, to)
    }
}

fn fill(file: &mut File, length: u64) -> io::Result<()> {
    let block = vec![0xa5; 1 << 16];
    let mut there = file.metadata()?.len();
    while there < length {
        let part = (length - there).min(block.len() as u64);
        // INVARIANT: the part is no longer than the block.
        file.write_all(&block[..usize::try_from(part).unwrap_or(block.len())])?;
        there += part;
    }
    file.sync_all()
}

/// Makes the folder, for nobody but us to look into, and its entry in the folder above durable.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    match folder.parent() {
        Some(above) if !above.as_os_str().is_empty() => File::open(above)?.sync_all(),
        Some(_) | None => Ok(()),
    }
}

/// Holds a folder for one process, until it is dropped or the process ends.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock; `None` when another process, or this one, holds it.
    pub(crate) fn take(path: &Path) -> io::Result<Option<Self>> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

#[cfg(test)]
pub(crate) mod fault_disk;
