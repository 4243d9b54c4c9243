use crate::checkpoint::Checkpoint;
use crate::disk::{Disk, Lock, StdDisk, make_folder};
use crate::entry::{Actor, Entry, EntryIndex, EntryKind, Leaf};
use crate::key::{Fingerprint, PrivateKey, PublicKey, is_origin};
use crate::payload;
use crate::transcript::{
    CHECKPOINTS, Cut, LEAVES, PAYLOADS, PUBLIC_KEY, ReadTranscriptError, Transcript, leaf_record,
    public_key, whole_notes,
};
use crate::tree::{Frontier, leaf_hash};
use crate::verify::{VerifyError, walk};
use model::{Chance, Clock, Moment};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

/// The append-only record of everything that can alter a verdict or who may see what.
///
/// An entry is on the disk, with a signed head that covers it, before [`Ledger::append`] returns.
pub struct Ledger {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    key: PrivateKey,
    state: Mutex<State>,
    _lock: Option<Lock>,
}

struct State {
    frontier: Frontier,
    head: Checkpoint,
    last_time: Moment,
    /// The lengths of payloads, leaves and checkpoints.
    lengths: [u64; 3],
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

/// A ledger could not be opened. Nothing was changed in its files.
#[derive(Debug, thiserror::Error)]
pub enum OpenLedgerError {
    /// The name cannot stand in a signed note.
    #[error("`{origin}` cannot name a ledger: use up to 200 characters without spaces and `+`")]
    Origin {
        /// The name.
        origin: String,
    },
    /// The machine refused.
    #[error("the ledger in `{folder}` could not be opened; check rights and free space")]
    Io {
        /// The folder.
        folder: String,
        /// The cause.
        source: io::Error,
    },
    /// The machine gave no randomness for the key.
    #[error("no key could be made for the ledger: the machine gives no randomness")]
    Chance(#[source] io::Error),
    /// Another process writes here.
    #[error("another process has the ledger in `{folder}` open; stop it first")]
    Locked {
        /// The folder.
        folder: String,
    },
    /// Entries are there, the private key is not.
    #[error("the ledger in `{folder}` has entries but no `ledger.key`; bring the key back")]
    KeyMissing {
        /// The folder.
        folder: String,
    },
    /// One of the key files is not what was written.
    #[error("`{file}` in `{folder}` was altered; bring the file back from a copy")]
    KeyAltered {
        /// The folder.
        folder: String,
        /// Which of the two.
        file: &'static str,
    },
    /// The ledger was founded under another name.
    #[error("the ledger in `{folder}` is that of `{found}`, not of `{origin}`")]
    OtherOrigin {
        /// The folder.
        folder: String,
        /// The name in the key.
        found: String,
        /// The name that was given.
        origin: String,
    },
    /// The entries are not what was once written. Nothing is appended to them.
    #[error(
        "the ledger in `{folder}` is broken; keep it, run `schoolgate audit verify`, and tell the \
         headteacher"
    )]
    Broken {
        /// The folder.
        folder: String,
        /// What is wrong.
        source: VerifyError,
    },
    /// The founding entry could not be written.
    #[error("the ledger in `{folder}` could not be founded")]
    Found {
        /// The folder.
        folder: String,
        /// The cause.
        source: AppendError,
    },
}

/// An entry was not written, or nobody knows whether it was; nothing may take effect by it.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Only the first start founds a ledger.
    #[error("a ledger is founded only once")]
    SecondFounding,
    /// The payload is too long.
    #[error("the entry has {length} bytes, and at most {limit} are kept; shorten it", limit = Entry::PAYLOAD_LIMIT)]
    PayloadTooLong {
        /// Its length as JSON text.
        length: usize,
    },
    /// The payload has no JSON text.
    #[error("the entry has no text form")]
    Payload(#[from] serde_json::Error),
    /// The machine gave no randomness for the key of the entry.
    #[error("the entry has no key: the machine gives no randomness")]
    Chance(#[source] io::Error),
    /// The write failed and was taken back; it may be tried again.
    #[error("the entry was not written; check the free space of the disk")]
    Write(#[source] io::Error),
    /// Nobody knows how far a write came. Every later append fails until the ledger is opened anew.
    #[error("the disk failed while an entry was written; check the disk, then start again")]
    Broken(#[source] Option<io::Error>),
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
        self.write(&mut self.lock(), &entry)
    }

    /// The newest signed head.
    pub fn head(&self) -> Checkpoint {
        self.lock().head.clone()
    }

    /// The public key, to be kept elsewhere.
    pub fn public_key(&self) -> PublicKey {
        self.key.public()
    }

    /// What is printed at the first start, for the headteacher's safe.
    pub fn fingerprint(&self) -> Fingerprint {
        self.key.public().fingerprint()
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

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic between two writes is no different from a crash there, but for `broken`.
        self.state.lock().unwrap_or_else(|poisoned| {
            let mut state = poisoned.into_inner();
            state.broken = true;
            state
        })
    }

    fn write(&self, state: &mut State, entry: &Entry) -> Result<EntryIndex, AppendError> {
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
        let head = Checkpoint::sign(&self.key, frontier.size(), frontier.root());
        let bytes = [
            payload::encode(index.0, &key, &payload),
            leaf_record(&leaf).to_vec(),
            head.to_string().into_bytes(),
        ];
        self.put(state, &bytes)?;
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

/// All that a ledger needs before it has a key.
struct Place {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
}

impl Place {
    fn folder(&self) -> String {
        self.folder.display().to_string()
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, OpenLedgerError> {
        self.disk
            .read(&self.folder.join(name))
            .map_err(|source| self.io(source))
    }

    fn io(&self, source: io::Error) -> OpenLedgerError {
        OpenLedgerError::Io {
            folder: self.folder(),
            source,
        }
    }

    fn ledger(self, key: PrivateKey, state: State) -> Ledger {
        let Self {
            folder,
            disk,
            clock,
            chance,
        } = self;
        Ledger {
            folder,
            disk,
            clock,
            chance,
            key,
            state: Mutex::new(state),
            _lock: None,
        }
    }

    fn reopen(self, origin: &str, file: &[u8]) -> Result<Opened, OpenLedgerError> {
        let altered = |file| OpenLedgerError::KeyAltered {
            folder: self.folder(),
            file,
        };
        let key = PrivateKey::parse(file).ok_or_else(|| altered(KEY))?;
        let public = key.public();
        if self.read(PUBLIC_KEY)?.and_then(|bytes| public_key(&bytes)) != Some(public.clone()) {
            return Err(altered(PUBLIC_KEY));
        }
        if public.origin() != origin {
            let (found, origin) = (public.origin().to_owned(), origin.to_owned());
            return Err(OpenLedgerError::OtherOrigin {
                folder: self.folder(),
                found,
                origin,
            });
        }
        let transcript =
            Transcript::read_on(&*self.disk, &self.folder).map_err(|error| match error {
                ReadTranscriptError::Io { source, .. } => self.io(source),
                ReadTranscriptError::NoLedger { .. } => altered(PUBLIC_KEY),
            })?;
        let broken = |source| OpenLedgerError::Broken {
            folder: self.folder(),
            source,
        };
        let walk = walk(&transcript, &public, SIGNATURES_AT_OPEN, 0).map_err(broken)?;
        // INVARIANT: the key is written after the founding entry, so there is a head.
        let head = walk.head.ok_or_else(|| broken(VerifyError::Empty))?;
        let last_time = walk.last_time.ok_or_else(|| broken(VerifyError::Empty))?;
        let lengths = [
            &transcript.payloads,
            &transcript.leaves,
            &transcript.checkpoints,
        ];
        let lengths = lengths.map(|bytes| bytes.len() as u64);
        self.settle(lengths, transcript.cut.is_some())
            .map_err(|source| self.io(source))?;
        let state = State {
            frontier: walk.frontier,
            head,
            last_time,
            lengths,
            broken: false,
        };
        Ok(Opened {
            cut: transcript.cut,
            ledger: self.ledger(key, state),
            founded: false,
        })
    }

    /// Cuts off what was never acknowledged, and makes durable what a killed process only wrote:
    /// from here on its head may be shown to others.
    fn settle(&self, lengths: [u64; 3], cut: bool) -> io::Result<()> {
        for (name, length) in FILES.iter().zip(lengths).rev() {
            let path = self.folder.join(name);
            if cut {
                self.disk.truncate(&path, length)?;
            }
            self.disk.sync(&path)?;
        }
        self.disk.sync_folder(&self.folder)
    }

    /// Begins a ledger. The key is given its name last, so a crash before leaves no key, and then
    /// nothing was acknowledged.
    fn found(self, origin: &str) -> Result<Opened, OpenLedgerError> {
        let cut = self.clear_unfounded(origin)?;
        let key = PrivateKey::make(origin, &*self.chance).map_err(OpenLedgerError::Chance)?;
        let (folder, disk, public, file) = (
            self.folder.clone(),
            Arc::clone(&self.disk),
            key.public(),
            key.file(),
        );
        let empty = Frontier::default();
        let head = Checkpoint::sign(&key, 0, empty.root());
        let last_time = self.clock.now();
        let state = State {
            frontier: empty,
            head,
            last_time,
            lengths: [0; 3],
            broken: false,
        };
        let ledger = self.ledger(key, state);
        let said = Entry {
            kind: EntryKind::Founding,
            actor: Actor::Gateway,
            policy_version: None,
            payload: serde_json::json!({ "public_key": public.to_string() }),
        };
        let shown = folder.display().to_string();
        let founded = ledger.write(&mut ledger.lock(), &said);
        founded.map_err(|source| OpenLedgerError::Found {
            folder: shown.clone(),
            source,
        })?;
        let named = write_new(
            &*disk,
            &folder,
            PUBLIC_KEY,
            format!("{public}\n").as_bytes(),
        )
        .and_then(|()| write_new(&*disk, &folder, KEY, file.as_bytes()));
        named.map_err(|source| OpenLedgerError::Io {
            folder: shown,
            source,
        })?;
        Ok(Opened {
            ledger,
            founded: true,
            cut,
        })
    }

    /// Takes away the remains of a founding that was never acknowledged.
    fn clear_unfounded(&self, origin: &str) -> Result<Option<Cut>, OpenLedgerError> {
        let mut bytes = 0;
        for name in FILES {
            bytes += self.read(name)?.map_or(0, |content| content.len() as u64);
        }
        let heads = self.read(CHECKPOINTS)?.unwrap_or_default();
        let leaves = self.read(LEAVES)?.unwrap_or_default().len();
        if whole_notes(origin, &heads).0 > 1
            || heads.len() > Checkpoint::text_length(origin, 1)
            || leaves > crate::transcript::LEAF_RECORD
        {
            return Err(OpenLedgerError::KeyMissing {
                folder: self.folder(),
            });
        }
        if bytes == 0 {
            return Ok(None);
        }
        for name in FILES {
            let path = self.folder.join(name);
            self.disk
                .truncate(&path, 0)
                .map_err(|source| self.io(source))?;
        }
        Ok(Some(Cut {
            entry: EntryIndex(0),
            bytes,
        }))
    }
}

/// Writes a whole file beside its place, then gives it its name.
fn write_new(disk: &dyn Disk, folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let (beside, path) = (folder.join(format!("{name}.new")), folder.join(name));
    disk.truncate(&beside, 0)?;
    disk.append(&beside, bytes)?;
    disk.sync(&beside)?;
    disk.rename(&beside, &path)?;
    disk.sync_folder(folder)
}

/// In the order in which an append writes them.
const FILES: [&str; 3] = [PAYLOADS, LEAVES, CHECKPOINTS];

const KEY: &str = "ledger.key";
const LOCK: &str = "ledger.lock";

/// How many signatures are verified at every start, at 45 µs each; `audit verify` does them all.
const SIGNATURES_AT_OPEN: u64 = 256;

#[cfg(test)]
mod tests;
