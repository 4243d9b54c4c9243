use crate::checkpoint::Checkpoint;
use crate::disk::{Disk, Lock, StdDisk, make_folder};
use crate::entry::{Entry, EntryIndex, EntryKind, Leaf};
use crate::key::{Fingerprint, PrivateKey, PublicKey, is_origin};
use crate::key_chain::KeyChain;
use crate::ledger_error::{AppendError, OpenLedgerError};
use crate::payload;
use crate::transcript::{
    CHECKPOINTS, Cut, LEAVES, PAYLOADS, ReadTranscriptError, Transcript, leaf_record,
};
use crate::tree::{Frontier, leaf_hash};
use model::{Chance, Clock, Moment};
use place::Place;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

pub use reserve::{Reserve, ReserveError};
pub use rotation::RotateKeyError;

mod place;
mod reserve;
mod rotation;

/// The append-only record of everything that can alter a verdict or who may see what.
///
/// An entry is on the disk, with a signed head that covers it, before [`Ledger::append`] returns.
pub struct Ledger {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    founding_key: PublicKey,
    state: Mutex<State>,
    _lock: Option<Lock>,
}

struct State {
    key: PrivateKey,
    keys: KeyChain,
    frontier: Frontier,
    head: Checkpoint,
    last_time: Moment,
    /// The lengths of payloads, leaves and checkpoints.
    lengths: [u64; 3],
    reserve: Reserve,
    /// After a write of which nobody knows how far it came, only a fresh look at the files helps.
    broken: bool,
}

/// An opened ledger, and what happened on the way.
#[derive(Debug)]
pub struct Opened {
    /// The ledger.
    pub ledger: Ledger,
    /// Whether it was begun just now; print the fingerprint for the safe.
    pub founded: bool,
    /// The beginning of an entry that was never acknowledged, which was cut off.
    pub cut: Option<Cut>,
}

impl Ledger {
    /// Opens the ledger of a folder, or founds one where there is none.
    ///
    /// `origin` names the ledger in its signed heads, for instance `schoolgate.example/ledger`.
    /// The lock is held until the ledger is dropped.
    ///
    /// # Errors
    ///
    /// Fails when another process has it open, and on anything in the files that was not written
    /// by [`Ledger::append`], save an unacknowledged end.
    pub fn open(
        folder: &Path,
        origin: &str,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Result<Opened, OpenLedgerError> {
        let io = |source| OpenLedgerError::Io {
            folder: folder.display().to_string(),
            source,
        };
        make_folder(folder).map_err(io)?;
        let lock = Lock::take(&folder.join(LOCK)).map_err(io)?;
        let lock = lock.ok_or_else(|| OpenLedgerError::Locked {
            folder: folder.display().to_string(),
        })?;
        let mut opened =
            Self::open_on(Arc::new(StdDisk::default()), folder, origin, clock, chance)?;
        opened.ledger._lock = Some(lock);
        Ok(opened)
    }

    pub(crate) fn open_on(
        disk: Arc<dyn Disk>,
        folder: &Path,
        origin: &str,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Result<Opened, OpenLedgerError> {
        if !is_origin(origin) {
            return Err(OpenLedgerError::Origin {
                origin: origin.to_owned(),
            });
        }
        let place = Place {
            folder: folder.to_owned(),
            disk,
            clock,
            chance,
        };
        match place.read(KEY)? {
            Some(file) => place.reopen(origin, &file),
            None => place.found(origin),
        }
    }

    /// Writes one entry; when this returns, it and a signed head over it are on the disk.
    ///
    /// # Errors
    ///
    /// After any error nothing may take effect. [`AppendError::Broken`] stays until the ledger is
    /// opened anew; the entry may then turn out to be there.
    pub fn append(&self, entry: Entry) -> Result<EntryIndex, AppendError> {
        if entry.kind == EntryKind::Founding {
            return Err(AppendError::SecondFounding);
        }
        let draws = entry.kind.draws_on_reserve();
        self.write(&mut self.lock(), &entry, draws)
    }

    /// As [`Ledger::append`], for an entry that must not wait for space: one that closes something
    /// or finishes what was acknowledged. On a full disk it uses up what [`Ledger::reserve`] holds.
    ///
    /// # Errors
    ///
    /// As [`Ledger::append`].
    pub fn append_from_reserve(&self, entry: Entry) -> Result<EntryIndex, AppendError> {
        if entry.kind == EntryKind::Founding {
            return Err(AppendError::SecondFounding);
        }
        self.write(&mut self.lock(), &entry, true)
    }

    /// The newest signed head.
    pub fn head(&self) -> Checkpoint {
        self.lock().head.clone()
    }

    /// The public key that the ledger was founded with, to be kept elsewhere. Whoever has it can
    /// verify all, because each key vouches for the next.
    pub fn public_key(&self) -> PublicKey {
        self.founding_key.clone()
    }

    /// The key that signs new heads: another than the founding one once it was replaced.
    pub fn signing_key(&self) -> PublicKey {
        self.lock().key.public()
    }

    /// What is printed at the first start, for the headteacher's safe.
    pub fn fingerprint(&self) -> Fingerprint {
        self.founding_key.fingerprint()
    }

    /// Reads all entries back, for listing, proving and exporting.
    ///
    /// # Errors
    ///
    /// Fails when the files cannot be read.
    pub fn transcript(&self) -> Result<Transcript, ReadTranscriptError> {
        let _writing = self.lock();
        Transcript::read_on(&*self.disk, &self.folder)
    }

    /// What the files say, and the head that was written last, of one instant.
    pub(crate) fn transcript_and_head(
        &self,
    ) -> Result<(Transcript, Checkpoint), ReadTranscriptError> {
        let state = self.lock();
        let transcript = Transcript::read_on(&*self.disk, &self.folder)?;
        Ok((transcript, state.head.clone()))
    }

    pub(crate) fn disk(&self) -> &dyn Disk {
        &*self.disk
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Signs a text that no head can be taken for.
    pub(crate) fn sign_note(&self, body: &str) -> String {
        self.lock().key.sign_note(body)
    }

    /// The head that was written last, and the keys so far.
    pub(crate) fn head_and_keys(&self) -> (Checkpoint, KeyChain) {
        let state = self.lock();
        (state.head.clone(), state.keys.clone())
    }

    /// Writes an entry, then does what it says to the files. Should the second fail, nothing is
    /// appended until the next opening has finished it.
    pub(crate) fn append_and<E: From<AppendError>>(
        &self,
        prepare: impl FnOnce() -> Result<Entry, E>,
        finish: impl FnOnce() -> Result<(), E>,
    ) -> Result<EntryIndex, E> {
        let mut state = self.lock();
        let entry = prepare()?;
        let index = self.write(&mut state, &entry, true)?;
        let finished = finish();
        state.broken |= finished.is_err();
        finished.map(|()| index)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic between two writes is no different from a crash there, but for `broken`.
        self.state.lock().unwrap_or_else(|poisoned| {
            let mut state = poisoned.into_inner();
            state.broken = true;
            state
        })
    }

    fn write(
        &self,
        state: &mut State,
        entry: &Entry,
        draws: bool,
    ) -> Result<EntryIndex, AppendError> {
        if state.broken {
            return Err(AppendError::Broken(None));
        }
        let payload = serde_json::to_vec(&entry.payload)?;
        if payload.len() > Entry::PAYLOAD_LIMIT {
            return Err(AppendError::PayloadTooLong {
                length: payload.len(),
            });
        }
        let mut key = [0; 32];
        self.chance.fill(&mut key).map_err(AppendError::Chance)?;
        let (index, time) = (EntryIndex(state.frontier.size()), self.clock.now());
        let leaf = Leaf {
            index,
            time,
            kind_number: entry.kind.number(),
            actor: entry.actor,
            policy_version: entry.policy_version,
            clock_behind: index.0 > 0 && time < state.last_time,
            commitment: payload::commitment(&key, &payload),
        };
        let mut frontier = state.frontier.clone();
        frontier.push(leaf_hash(&leaf.encode()));
        let head = Checkpoint::sign(&state.key, frontier.size(), frontier.root());
        let bytes = [
            payload::encode(index.0, &key, &payload),
            leaf_record(&leaf).to_vec(),
            head.to_string().into_bytes(),
        ];
        self.put_drawing(state, &bytes, draws)?;
        for (length, bytes) in state.lengths.iter_mut().zip(&bytes) {
            *length += bytes.len() as u64;
        }
        (state.frontier, state.head, state.last_time) = (frontier, head, time);
        Ok(index)
    }

    /// Payload and leaf are on the disk before the head is written that covers them: a head that
    /// outlived its entry would look like a ledger cut off.
    fn put(&self, state: &mut State, bytes: &[Vec<u8>; 3]) -> Result<(), AppendError> {
        let [payloads, leaves, checkpoints] = FILES.map(|name| self.folder.join(name));
        let [payload, leaf, head] = bytes;
        let written = self
            .disk
            .append(&payloads, payload)
            .and_then(|()| self.disk.append(&leaves, leaf));
        written.map_err(|error| self.take_back(state, error))?;
        let synced = self
            .disk
            .sync(&payloads)
            .and_then(|()| self.disk.sync(&leaves));
        synced.map_err(|error| give_up(state, error))?;
        self.disk
            .append(&checkpoints, head)
            .map_err(|error| self.take_back(state, error))?;
        // A sync that failed once may succeed the next time without having written anything.
        self.disk
            .sync(&checkpoints)
            .map_err(|error| give_up(state, error))
    }

    fn take_back(&self, state: &mut State, error: io::Error) -> AppendError {
        // The head first: without it the rest is an unacknowledged end.
        let mut files = FILES.iter().zip(state.lengths).rev();
        let back = files
            .try_for_each(|(name, length)| self.disk.truncate(&self.folder.join(name), length));
        match back {
            Ok(()) if is_full(&error) => AppendError::DiskFull(error),
            Ok(()) => AppendError::Write(error),
            Err(_) => give_up(state, error),
        }
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

fn give_up(state: &mut State, error: io::Error) -> AppendError {
    state.broken = true;
    AppendError::Broken(Some(error))
}

/// In the order in which an append writes them.
const FILES: [&str; 3] = [PAYLOADS, LEAVES, CHECKPOINTS];

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

const KEY: &str = "ledger.key";
const LOCK: &str = "ledger.lock";

#[cfg(test)]
mod tests;
