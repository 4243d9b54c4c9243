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

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.lock();
        let (written, result) = state.ask(bytes.len());
        if written > 0 || result.is_ok() {
            state.file(path).cached.extend_from_slice(&bytes[..written]);
        }
        result
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
