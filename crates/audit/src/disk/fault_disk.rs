use super::Disk;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

/// A disk in memory that fails at a chosen operation, and at a power cut keeps of what was not
/// synced only as much as it likes.
#[derive(Default)]
pub(crate) struct FaultDisk {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Files by number, so that a name can change without its content.
    files: Vec<Content>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    fault: Option<Fault>,
    operations: usize,
    /// The most bytes that all files may have; `None` for no end.
    room: Option<usize>,
}

#[derive(Clone, Default)]
struct Content {
    cached: Vec<u8>,
    durable: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Fault {
    /// The operation that fails, counted from now.
    at: usize,
    /// Whether all operations after it fail too.
    dead: bool,
    /// How much of what it should write it still writes, of 256.
    share: u8,
}

impl FaultDisk {
    /// Lets the machine die in the operation of this number, counted from now.
    pub(crate) fn die_at(&self, at: usize, share: u8) {
        self.plan(Fault {
            at,
            dead: true,
            share,
        });
    }

    /// Lets the operation of this number fail, as a full disk does.
    pub(crate) fn fail_at(&self, at: usize, share: u8) {
        self.plan(Fault {
            at,
            dead: false,
            share,
        });
    }

    /// Leaves room for so many bytes more; `None` for a disk without end.
    pub(crate) fn leave_room(&self, more: Option<usize>) {
        let mut state = self.lock();
        state.room = more.map(|more| state.taken() + more);
    }

    fn plan(&self, fault: Fault) {
        let mut state = self.lock();
        (state.fault, state.operations) = (Some(fault), 0);
    }

    /// Cuts the power and starts again; `dice` says what becomes of what was not synced.
    pub(crate) fn cut_power(&self, mut dice: impl FnMut() -> u8) {
        let mut state = self.lock();
        state.fault = None;
        if dice() & 1 == 0 {
            state.names = state.durable_names.clone();
        }
        for file in &mut state.files {
            if file.cached.len() == file.durable.len() && dice() & 1 == 0 {
                // Written over in place: of each block the old or the new got there.
                for (old, new) in file.durable.chunks_mut(16).zip(file.cached.chunks(16)) {
                    if dice() & 1 == 0 {
                        old.copy_from_slice(new);
                    }
                }
            }
            let appended = file.cached.strip_prefix(&*file.durable).map(<[u8]>::to_vec);
            file.cached = match (appended, dice() % 4) {
                (_, 0) => file.durable.clone(),
                (_, 1) => file.cached.clone(),
                (Some(tail), kind) => {
                    let kept = tail.len() * usize::from(dice()) / 256;
                    let mut content = [&file.durable, &tail[..kept]].concat();
                    // The length reached the disk, the end of the content did not.
                    if kind == 3 && tail.len() - kept >= 2 {
                        content.resize(file.durable.len() + tail.len(), 0);
                    }
                    content
                }
                (None, _) => file.durable.clone(),
            };
            file.durable = file.cached.clone();
        }
        state.durable_names = state.names.clone();
    }

    /// Replaces the content of a file, as somebody with an editor does.
    pub(crate) fn alter(&self, path: &Path, alter: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.lock();
        let file = state.names[path];
        alter(&mut state.files[file].cached);
    }

    pub(crate) fn content(&self, path: &Path) -> Vec<u8> {
        let state = self.lock();
        state.files[state.names[path]].cached.clone()
    }

    pub(crate) fn remove(&self, path: &Path) {
        self.lock().names.remove(path);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    /// Gives back how much of `length` bytes may be written, and whether the operation succeeds.
    fn ask(&mut self, length: usize) -> (usize, io::Result<()>) {
        let operation = self.operations;
        self.operations += 1;
        match self.fault {
            Some(fault) if operation == fault.at => {
                let written = length * usize::from(fault.share) / 256;
                (written, Err(io::Error::other("a fault was planned here")))
            }
            Some(fault) if operation > fault.at && fault.dead => {
                (0, Err(io::Error::other("the machine is dead")))
            }
            Some(_) | None => (length, Ok(())),
        }
    }

    fn taken(&self) -> usize {
        self.names
            .values()
            .map(|&file| self.files[file].cached.len())
            .sum()
    }

    fn file(&mut self, path: &Path) -> &mut Content {
        let next = self.files.len();
        let number = *self.names.entry(path.to_owned()).or_insert(next);
        if number == next {
            self.files.push(Content::default());
        }
        &mut self.files[number]
    }
}

impl Disk for FaultDisk {
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        let mut state = self.lock();
        state.ask(0).1?;
        Ok(state
            .names
            .get(path)
            .map(|&file| state.files[file].cached.clone()))
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        Ok(self.read(path)?.map_or(0, |bytes| bytes.len() as u64))
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.lock();
        let (mut written, mut result) = state.ask(bytes.len());
        let free = state.room.map(|room| room.saturating_sub(state.taken()));
        if let Some(free) = free.filter(|&free| free < written) {
            (written, result) = (free, Err(io::ErrorKind::StorageFull.into()));
        }
        if written > 0 || result.is_ok() {
            state.file(path).cached.extend_from_slice(&bytes[..written]);
        }
        result
    }

    fn overwrite(&self, path: &Path, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.lock();
        let (written, result) = state.ask(bytes.len());
        let file = state.file(path);
        let at = usize::try_from(offset).unwrap();
        file.cached[at..at + written].copy_from_slice(&bytes[..written]);
        if result.is_ok() {
            file.durable = file.cached.clone();
        }
        result
    }

    fn allocate(&self, path: &Path, length: u64) -> io::Result<()> {
        let mut state = self.lock();
        state.ask(0).1?;
        let length = usize::try_from(length).unwrap();
        let there = state.file(path).cached.len();
        let more = length.saturating_sub(there);
        if state.room.is_some_and(|room| room < state.taken() + more) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let file = state.file(path);
        file.cached.resize(there.max(length), 0);
        file.durable = file.cached.clone();
        Ok(())
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        let mut state = self.lock();
        state.ask(0).1?;
        state
            .file(path)
            .cached
            .truncate(usize::try_from(length).unwrap());
        Ok(())
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.ask(0).1?;
        let file = state.file(path);
        file.durable = file.cached.clone();
        Ok(())
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.ask(0).1?;
        state.durable_names = state.names.clone();
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.ask(0).1?;
        let file = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), file);
        Ok(())
    }
}
