use super::reserve::{RESERVE, Reserve};
use super::rotation::NEXT_KEY;
use super::{FILES, KEY, Ledger, Opened, State};
use crate::checkpoint::Checkpoint;
use crate::disk::Disk;
use crate::entry::{Actor, Entry, EntryIndex, EntryKind};
use crate::erasure::Blank;
use crate::key::{PrivateKey, PublicKey};
use crate::key_chain::KeyChain;
use crate::ledger_error::OpenLedgerError;
use crate::transcript::{
    CHECKPOINTS, Cut, LEAF_RECORD, LEAVES, PAYLOADS, PUBLIC_KEY, ReadTranscriptError, Transcript,
    public_key, whole_notes,
};
use crate::tree::Frontier;
use crate::verify::{VerifyError, walk};
use model::{Chance, Clock};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// All that a ledger needs before it has a key.
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) chance: Arc<dyn Chance>,
}

impl Place {
    fn folder(&self) -> String {
        self.folder.display().to_string()
    }

    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, OpenLedgerError> {
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

    fn ledger(self, state: State) -> Ledger {
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
            founding_key: state.keys.founding().clone(),
            state: Mutex::new(state),
            _lock: None,
        }
    }

    pub(super) fn reopen(self, origin: &str, file: &[u8]) -> Result<Opened, OpenLedgerError> {
        let altered = |file| OpenLedgerError::KeyAltered {
            folder: self.folder(),
            file,
        };
        let key = PrivateKey::parse(file).ok_or_else(|| altered(KEY))?;
        let public = self
            .read(PUBLIC_KEY)?
            .and_then(|bytes| public_key(&bytes))
            .ok_or_else(|| altered(PUBLIC_KEY))?;
        if public.origin() != origin {
            let (found, origin) = (public.origin().to_owned(), origin.to_owned());
            return Err(OpenLedgerError::OtherOrigin {
                folder: self.folder(),
                found,
                origin,
            });
        }
        let (transcript, unfinished) = Transcript::read_with_unfinished(&*self.disk, &self.folder)
            .map_err(|error| match error {
                ReadTranscriptError::Io { source, .. } => self.io(source),
                ReadTranscriptError::NoLedger { .. } => altered(PUBLIC_KEY),
            })?;
        // Without a replaced key the two files must agree, whatever the entries say.
        if transcript.keys().present() == &public && key.public() != public {
            return Err(altered(PUBLIC_KEY));
        }
        let broken = |source| OpenLedgerError::Broken {
            folder: self.folder(),
            source,
        };
        let walk = walk(&transcript, SIGNATURES_AT_OPEN, 0).map_err(broken)?;
        // INVARIANT: the key is written after the founding entry, so there is a head.
        let head = walk.head.ok_or_else(|| broken(VerifyError::Empty))?;
        let last_time = walk.last_time.ok_or_else(|| broken(VerifyError::Empty))?;
        let key = self.present_key(key, walk.keys.present())?;
        let lengths = [
            &transcript.payloads,
            &transcript.leaves,
            &transcript.checkpoints,
        ];
        let lengths = lengths.map(|bytes| bytes.len() as u64);
        self.settle(lengths, transcript.cut.is_some())
            .and_then(|()| self.finish_erasure(&unfinished))
            .map_err(|source| self.io(source))?;
        let state = State {
            key,
            keys: walk.keys,
            frontier: walk.frontier,
            head,
            last_time,
            lengths,
            reserve: self.reserve_left()?,
            broken: false,
        };
        Ok(Opened {
            cut: transcript.cut,
            ledger: self.ledger(state),
            founded: false,
        })
    }

    /// The private key whose turn it is. A crash can leave an entry that replaces the key, and the
    /// new key beside the old one.
    fn present_key(
        &self,
        key: PrivateKey,
        present: &PublicKey,
    ) -> Result<PrivateKey, OpenLedgerError> {
        if key.public() == *present {
            return Ok(key);
        }
        let next = self.read(NEXT_KEY)?;
        let next = next.and_then(|file| PrivateKey::parse(&file));
        let Some(next) = next.filter(|next| next.public() == *present) else {
            return Err(OpenLedgerError::KeyAltered {
                folder: self.folder(),
                file: KEY,
            });
        };
        take_next_key(&*self.disk, &self.folder).map_err(|source| self.io(source))?;
        Ok(next)
    }

    fn finish_erasure(&self, unfinished: &[Blank]) -> io::Result<()> {
        let payloads = self.folder.join(PAYLOADS);
        unfinished
            .iter()
            .try_for_each(|blank| self.disk.overwrite(&payloads, blank.offset, &blank.record))
    }

    fn reserve_left(&self) -> Result<Reserve, OpenLedgerError> {
        let held = self.disk.length(&self.folder.join(RESERVE));
        held.map(|held| Reserve { wanted: held, held })
            .map_err(|source| self.io(source))
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
    pub(super) fn found(self, origin: &str) -> Result<Opened, OpenLedgerError> {
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
            key,
            keys: KeyChain::new(public.clone()),
            frontier: empty,
            head,
            last_time,
            lengths: [0; 3],
            reserve: Reserve::default(),
            broken: false,
        };
        let ledger = self.ledger(state);
        let said = Entry {
            kind: EntryKind::Founding,
            actor: Actor::Gateway,
            policy_version: None,
            payload: serde_json::json!({ "public_key": public.to_string() }),
        };
        let shown = folder.display().to_string();
        let founded = ledger.write(&mut ledger.lock(), &said, false);
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
            || leaves > LEAF_RECORD
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
pub(super) fn write_new(
    disk: &dyn Disk,
    folder: &Path,
    name: &str,
    bytes: &[u8],
) -> io::Result<()> {
    let (beside, path) = (folder.join(format!("{name}.new")), folder.join(name));
    disk.truncate(&beside, 0)?;
    disk.append(&beside, bytes)?;
    disk.sync(&beside)?;
    disk.rename(&beside, &path)?;
    disk.sync_folder(folder)
}

/// Gives the new key the name of the old one.
pub(super) fn take_next_key(disk: &dyn Disk, folder: &Path) -> io::Result<()> {
    disk.rename(&folder.join(NEXT_KEY), &folder.join(KEY))?;
    disk.sync_folder(folder)
}

/// How many signatures are verified at every start, at 45 µs each; `audit verify` does them all.
const SIGNATURES_AT_OPEN: u64 = 256;
