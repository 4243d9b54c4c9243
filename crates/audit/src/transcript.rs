use crate::checkpoint::Checkpoint;
use crate::disk::{Disk, StdDisk};
use crate::entry::{Entry, EntryIndex, EntryKind, Leaf, take};
use crate::erasure::Blank;
use crate::key::PublicKey;
use crate::key_chain::KeyChain;
use crate::payload::{self, Content};
use crate::proof::{ConsistencyProof, InclusionProof, ProveError};
use crate::tree::{self, Frontier};
use model::Digest;
use serde::ser::{Serialize, SerializeStruct as _, Serializer};
use std::io::{self, Write};
use std::path::Path;

/// A copy of a ledger, read from its folder or from an exported file.
///
/// It needs neither the lock nor the private key. It is what the files say; [`verify`] says
/// whether they can be believed.
///
/// [`verify`]: crate::verify()
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    pub(crate) key: PublicKey,
    pub(crate) leaves: Vec<u8>,
    pub(crate) payloads: Vec<u8>,
    pub(crate) checkpoints: Vec<u8>,
    pub(crate) cut: Option<Cut>,
}

/// What stood behind the last checkpoint of a folder: the beginning of an entry that was never
/// acknowledged, left by a crash or still being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The place that the entry would have had.
    pub entry: EntryIndex,
    /// How many bytes of it there were, in all files.
    pub bytes: u64,
}

/// The files of a ledger could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadTranscriptError {
    /// The machine refused.
    #[error("the ledger in `{folder}` could not be read; check that this user may read it")]
    Io {
        /// The folder of the ledger.
        folder: String,
        /// The cause.
        source: io::Error,
    },
    /// There is no public key, so there is no ledger.
    #[error("there is no ledger in `{folder}`: `ledger.pub` is missing or is not a public key")]
    NoLedger {
        /// The folder.
        folder: String,
    },
}

/// A file is not the export of a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The first line is another one.
    #[error("not an exported ledger: the first line is not `schoolgate ledger export 1`")]
    FirstLine,
    /// A section is not where it belongs, or is shorter than it says.
    #[error("section `{section}` of the exported ledger is missing or cut short; export it again")]
    Section {
        /// The name of the section.
        section: &'static str,
    },
    /// Something follows the last section.
    #[error("{bytes} bytes follow the last section of the exported ledger; export it again")]
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// The section of the public key holds something else.
    #[error("the public key in the exported ledger was altered")]
    PublicKey,
}

/// One entry as it was read back.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The part that is never erased.
    pub leaf: Leaf,
    /// The rest; `None` once it is erased, or when it cannot be read.
    pub payload: Option<serde_json::Value>,
}

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let leaf = &self.leaf;
        let kind = leaf
            .kind()
            .map_or_else(|| leaf.kind_number.to_string(), |kind| kind.to_string());
        let mut object = serializer.serialize_struct("Written", 8)?;
        object.serialize_field("index", &leaf.index)?;
        object.serialize_field("time", &leaf.time)?;
        object.serialize_field("kind", &kind)?;
        object.serialize_field("actor", &leaf.actor.to_string())?;
        object.serialize_field("policy_version", &leaf.policy_version)?;
        object.serialize_field("clock_behind", &leaf.clock_behind)?;
        object.serialize_field("commitment", &Digest(leaf.commitment))?;
        object.serialize_field("payload", &self.payload)?;
        object.end()
    }
}

impl Transcript {
    /// Reads the folder of a ledger, beside a running gateway if need be.
    ///
    /// # Errors
    ///
    /// Fails when there is no ledger, or when it cannot be read.
    pub fn read(folder: &Path) -> Result<Self, ReadTranscriptError> {
        Self::read_on(&StdDisk::default(), folder)
    }

    pub(crate) fn read_on(disk: &dyn Disk, folder: &Path) -> Result<Self, ReadTranscriptError> {
        Self::read_with_unfinished(disk, folder).map(|(found, _)| found)
    }

    /// Reads the folder, and gives the records that an erasure did not come to before a crash; in
    /// what is read they are erased.
    pub(crate) fn read_with_unfinished(
        disk: &dyn Disk,
        folder: &Path,
    ) -> Result<(Self, Vec<Blank>), ReadTranscriptError> {
        let mut attempt = 0;
        loop {
            let (mut found, grew) = Self::read_once(disk, folder)?;
            attempt += 1;
            // Something may have been erased since the heads were read that speak of it.
            if !grew || attempt >= READ_ATTEMPTS {
                let unfinished = found.finish_erasure();
                return Ok((found, unfinished));
            }
        }
    }

    /// Reads the folder once, and tells whether it grew meanwhile.
    fn read_once(disk: &dyn Disk, folder: &Path) -> Result<(Self, bool), ReadTranscriptError> {
        let read = |name: &str| {
            disk.read(&folder.join(name))
                .map_err(|source| ReadTranscriptError::Io {
                    folder: folder.display().to_string(),
                    source,
                })
        };
        let key = read(PUBLIC_KEY)?
            .and_then(|bytes| public_key(&bytes))
            .ok_or_else(|| ReadTranscriptError::NoLedger {
                folder: folder.display().to_string(),
            })?;
        // The order in which they are read is the reverse of the one in which they are written, so
        // that every checkpoint finds its entries.
        let checkpoints = read(CHECKPOINTS)?.unwrap_or_default();
        let leaves = read(LEAVES)?.unwrap_or_default();
        let payloads = read(PAYLOADS)?.unwrap_or_default();
        let later = read(CHECKPOINTS)?.unwrap_or_default();
        let written = whole_notes(key.origin(), &later).0;
        let mut found = Self {
            key,
            leaves,
            payloads,
            checkpoints,
            cut: None,
        };
        let grew = written > whole_notes(found.key.origin(), &found.checkpoints).0;
        found.cut = found.leave_out_unfinished(written);
        Ok((found, grew))
    }

    /// Leaves out what stands behind the last checkpoint, as far as one unfinished append, or
    /// appends that were going on while we read, can have put it there. Whatever else is wrong
    /// stays, for [`verify`](crate::verify()) to name.
    fn leave_out_unfinished(&mut self, written: u64) -> Option<Cut> {
        let (entries, end) = whole_notes(self.key.origin(), &self.checkpoints);
        let before = self.leaves.len() + self.payloads.len() + self.checkpoints.len();
        // What is left is shorter than a note, or was never filled in: an altered byte does neither.
        self.checkpoints.truncate(end);
        let reading = usize::try_from(written.saturating_sub(entries) + 1).unwrap_or(usize::MAX);
        let end = usize::try_from(entries).map_or(usize::MAX, |n| n.saturating_mul(LEAF_RECORD));
        if self.leaves.len() <= end.saturating_add(reading.saturating_mul(LEAF_RECORD)) {
            self.leaves.truncate(end);
        }
        let most = reading.saturating_mul(payload::FRAME + Entry::PAYLOAD_LIMIT);
        if let Some(end) = records_end(&self.payloads, entries)
            && self.payloads.len() - end <= most
        {
            self.payloads.truncate(end);
        }
        let after = self.leaves.len() + self.payloads.len() + self.checkpoints.len();
        (after < before).then(|| Cut {
            entry: EntryIndex(entries),
            bytes: (before - after) as u64,
        })
    }

    /// Reads an exported file. No bytes make it panic.
    ///
    /// # Errors
    ///
    /// Says which part of the file is not what it should be.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut rest = bytes
            .strip_prefix(FIRST_LINE)
            .ok_or(DecodeError::FirstLine)?;
        let key = section(&mut rest, "PKEY")?;
        let found = Self {
            key: public_key(key).ok_or(DecodeError::PublicKey)?,
            leaves: section(&mut rest, "LEAF")?.to_vec(),
            payloads: section(&mut rest, "PAYL")?.to_vec(),
            checkpoints: section(&mut rest, "HEAD")?.to_vec(),
            cut: None,
        };
        match rest.len() {
            0 => Ok(found),
            bytes => Err(DecodeError::Trailing { bytes }),
        }
    }

    /// Writes the whole ledger as one file, which needs nothing else to be verified but a public
    /// key that was kept elsewhere.
    ///
    /// # Errors
    ///
    /// Fails when `to` does.
    pub fn export(&self, mut to: impl Write) -> io::Result<()> {
        to.write_all(FIRST_LINE)?;
        let key = format!("{}\n", self.key);
        for (name, content) in [
            ("PKEY", key.as_bytes()),
            ("LEAF", &self.leaves),
            ("PAYL", &self.payloads),
            ("HEAD", &self.checkpoints),
        ] {
            to.write_all(name.as_bytes())?;
            to.write_all(&(content.len() as u64).to_be_bytes())?;
            to.write_all(content)?;
        }
        to.flush()
    }

    /// The public key that lies beside the entries. Compare its fingerprint with the one that was
    /// kept in the safe: whoever forges a ledger forges this one too.
    pub const fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// The head of this size, if it can be read.
    pub(crate) fn head_of(&self, size: u64) -> Option<Checkpoint> {
        let origin = self.key.origin();
        let start: usize = (1..size)
            .map(|size| Checkpoint::text_length(origin, size))
            .sum();
        let end = start + Checkpoint::text_length(origin, size);
        note(self.checkpoints.get(start..end)?)
    }

    /// The keys that signed the heads, as far as the entries say so. Reading is not verifying.
    pub fn keys(&self) -> KeyChain {
        let mut chain = KeyChain::new(self.key.clone());
        let rotates = |record: &[u8]| {
            leaf(record).is_some_and(|leaf| leaf.kind() == Some(EntryKind::KeyRotated))
        };
        if !self.leaves.chunks_exact(LEAF_RECORD).any(rotates) {
            return chain;
        }
        let mut payloads = self.payloads.as_slice();
        for (record, place) in self.leaves.chunks_exact(LEAF_RECORD).zip(0..) {
            let Some(found) = payload::decode(payloads) else {
                break;
            };
            payloads = &payloads[found.length..];
            if let Content::Held { payload, .. } = found.content
                && rotates(record)
            {
                let _ = chain.follow(place, payload);
            }
        }
        chain
    }

    /// The key that signs new heads; proofs are verified with it.
    pub fn signing_key(&self) -> PublicKey {
        self.keys().present().clone()
    }

    /// What was left out of a folder's files because it was never acknowledged.
    pub const fn cut(&self) -> Option<Cut> {
        self.cut
    }

    /// How many entries there are.
    pub fn size(&self) -> u64 {
        (self.leaves.len() / LEAF_RECORD) as u64
    }

    /// The last checkpoint; `None` when there is none or it cannot be read.
    pub fn head(&self) -> Option<Checkpoint> {
        let (entries, end) = whole_notes(self.key.origin(), &self.checkpoints);
        let start = end.checked_sub(Checkpoint::text_length(self.key.origin(), entries))?;
        note(&self.checkpoints[start..end])
    }

    /// The entries in order, as far as they can be read. Reading is not verifying.
    pub fn entries(&self) -> impl Iterator<Item = Written> + '_ {
        let mut payloads = self.payloads.as_slice();
        self.leaves
            .chunks_exact(LEAF_RECORD)
            .map_while(move |record| {
                let leaf = leaf(record)?;
                let found = payload::decode(payloads);
                payloads = found.map_or(&[], |found| &payloads[found.length..]);
                let payload = match found.map(|found| found.content) {
                    Some(Content::Held { payload, .. }) => serde_json::from_slice(payload).ok(),
                    Some(Content::Erased) | None => None,
                };
                Some(Written { leaf, payload })
            })
    }

    /// The last entries, the oldest of them first.
    pub fn tail(&self, count: usize) -> Vec<Written> {
        let skip = usize::try_from(self.size())
            .unwrap_or(usize::MAX)
            .saturating_sub(count);
        self.entries().skip(skip).collect()
    }

    /// Proves that an entry stands in the ledger of the last checkpoint.
    ///
    /// # Errors
    ///
    /// Fails when there is no such entry, or no checkpoint.
    pub fn prove_inclusion(&self, index: EntryIndex) -> Result<InclusionProof, ProveError> {
        let leaves = self.hashes()?;
        let missing = ProveError::NoEntry {
            entry: index,
            size: leaves.len() as u64,
        };
        let at = usize::try_from(index.0)
            .ok()
            .filter(|&at| at < leaves.len())
            .ok_or(missing)?;
        let record = &self.leaves[at * LEAF_RECORD..][..LEAF_RECORD];
        Ok(InclusionProof {
            leaf: leaf(record).ok_or(ProveError::Unreadable)?,
            path: tree::inclusion_path(&leaves, at),
            head: self.head().ok_or(ProveError::Unreadable)?,
        })
    }

    /// Proves that the ledger of the last checkpoint begins with that of an older size.
    ///
    /// # Errors
    ///
    /// Fails when the older size is zero or lies ahead, or when there is no checkpoint.
    pub fn prove_consistency(&self, old_size: u64) -> Result<ConsistencyProof, ProveError> {
        let leaves = self.hashes()?;
        let missing = ProveError::NoSize {
            size: old_size,
            entries: leaves.len() as u64,
        };
        let old = usize::try_from(old_size)
            .ok()
            .filter(|old| (1..=leaves.len()).contains(old));
        Ok(ConsistencyProof {
            old_size,
            path: tree::consistency_path(&leaves, old.ok_or(missing)?),
            head: self.head().ok_or(ProveError::Unreadable)?,
        })
    }

    /// The root when the ledger had this many entries, by its leaves.
    pub(crate) fn root_at(&self, size: u64) -> Option<Digest> {
        let count = usize::try_from(size).ok()?;
        let mut frontier = Frontier::default();
        let leaves = self.leaves.chunks_exact(LEAF_RECORD).take(count);
        leaves.for_each(|record| frontier.push(tree::leaf_hash(&record[2..])));
        (frontier.size() == size).then(|| frontier.root())
    }

    fn hashes(&self) -> Result<Vec<Digest>, ProveError> {
        let hashes: Vec<_> = self
            .leaves
            .chunks_exact(LEAF_RECORD)
            .map(|record| tree::leaf_hash(&record[2..]))
            .collect();
        let covered = self
            .head()
            .is_some_and(|head| head.size() == hashes.len() as u64);
        if covered {
            Ok(hashes)
        } else {
            Err(ProveError::Unreadable)
        }
    }

    /// The indices that an erasure entry says were erased, each with the length of its payload:
    /// nothing else vouches for that any more.
    pub(crate) fn erased_by(leaf: &Leaf, payload: &[u8]) -> Vec<(u64, u64)> {
        if leaf.kind() != Some(EntryKind::Erasure) {
            return Vec::new();
        }
        let value: serde_json::Value = serde_json::from_slice(payload).unwrap_or_default();
        let list = |name: &str| value.get(name).and_then(serde_json::Value::as_array);
        let (Some(erased), Some(lengths)) = (list("erased"), list("lengths")) else {
            return Vec::new();
        };
        erased
            .iter()
            .zip(lengths)
            .filter_map(|(index, length)| Some((index.as_u64()?, length.as_u64()?)))
            .filter(|(index, _)| *index < leaf.index.0)
            .collect()
    }
}

/// Reads one record of the leaf file.
pub(crate) fn leaf(record: &[u8]) -> Option<Leaf> {
    let mut rest = record;
    let length = u16::from_be_bytes(take(&mut rest)?);
    let body = take::<{ Leaf::LENGTH }>(&mut rest)?;
    (usize::from(length) == Leaf::LENGTH)
        .then(|| Leaf::decode(&body))
        .flatten()
}

/// Writes one record of the leaf file.
pub(crate) fn leaf_record(leaf: &Leaf) -> [u8; LEAF_RECORD] {
    let mut record = [0; LEAF_RECORD];
    record[..2].copy_from_slice(&(Leaf::LENGTH as u16).to_be_bytes());
    record[2..].copy_from_slice(&leaf.encode());
    record
}

/// Reads one note of the checkpoint file, in its one spelling.
pub(crate) fn note(bytes: &[u8]) -> Option<Checkpoint> {
    let found: Checkpoint = std::str::from_utf8(bytes).ok()?.parse().ok()?;
    (found.to_string().as_bytes() == bytes).then_some(found)
}

/// How many whole notes there is room for, and where they end. The note of place n has a length
/// that is known before it is read, so that no altered byte shifts what follows.
pub(crate) fn whole_notes(origin: &str, bytes: &[u8]) -> (u64, usize) {
    let (mut count, mut end) = (0, 0);
    loop {
        let next = end + Checkpoint::text_length(origin, count + 1);
        match bytes.get(end..next) {
            Some(note) if !(next == bytes.len() && never_filled(note)) => {
                count += 1;
                end = next;
            }
            Some(_) | None => return (count, end),
        }
    }
}

/// Whether a file was made longer before a power cut, but what was written never reached it: some
/// file systems then show zeros to the end. A single altered byte does not look like this.
fn never_filled(note: &[u8]) -> bool {
    note.ends_with(&[0; 2])
}

/// Where the record of this place ends in the payload file; `None` when they cannot be read.
fn records_end(bytes: &[u8], count: u64) -> Option<usize> {
    (0..count).try_fold(0, |end, _| Some(end + payload::frame(&bytes[end..])?.1))
}

/// Reads the content of the public key's file, in its one spelling.
pub(crate) fn public_key(bytes: &[u8]) -> Option<PublicKey> {
    let found: PublicKey = std::str::from_utf8(bytes).ok()?.parse().ok()?;
    (format!("{found}\n").as_bytes() == bytes).then_some(found)
}

fn section<'a>(rest: &mut &'a [u8], section: &'static str) -> Result<&'a [u8], DecodeError> {
    let missing = DecodeError::Section { section };
    let name = take::<4>(rest).ok_or(missing)?;
    let length = take(rest).map(u64::from_be_bytes).ok_or(missing)?;
    let length = usize::try_from(length).map_err(|_| missing)?;
    if name != section.as_bytes() || length > rest.len() {
        return Err(missing);
    }
    let (content, after) = rest.split_at(length);
    *rest = after;
    Ok(content)
}

const FIRST_LINE: &[u8] = b"schoolgate ledger export 1\n";

/// How often a folder that is being written is read again.
const READ_ATTEMPTS: u32 = 8;

/// A leaf with its length in front.
pub(crate) const LEAF_RECORD: usize = Leaf::LENGTH + 2;

pub(crate) const LEAVES: &str = "ledger.leaves";
pub(crate) const PAYLOADS: &str = "ledger.payloads";
pub(crate) const CHECKPOINTS: &str = "ledger.checkpoints";
pub(crate) const PUBLIC_KEY: &str = "ledger.pub";

#[cfg(test)]
mod tests;
