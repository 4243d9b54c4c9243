use crate::checkpoint::Checkpoint;
use crate::entry::{EntryIndex, EntryKind, Leaf};
use crate::key::PublicKey;
use crate::key_chain::KeyChain;
use crate::payload::{self, Content};
use crate::transcript::{Cut, LEAF_RECORD, Transcript, leaf, note, whole_notes};
use crate::tree::{Frontier, leaf_hash};
use model::{Digest, Moment};
use std::collections::BTreeMap;

/// What the verification of a ledger found to be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many entries there are.
    pub entries: u64,
    /// The last head. Somebody who keeps it elsewhere can later prove that nothing was rewritten.
    pub head: Checkpoint,
    /// How many entries the head that was kept elsewhere vouches for; `None` is unwitnessed:
    /// whoever holds the private key could have rewritten them all.
    pub witnessed: Option<u64>,
    /// How many payloads were erased, each with an entry that says so.
    pub erased: u64,
    /// The keys that signed it, each handed over to by the one before.
    pub keys: KeyChain,
    /// The beginning of an entry that was never acknowledged, and is not counted.
    pub cut: Option<Cut>,
}

/// A ledger is not what was once written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The first entry that is not what it was.
    #[error("entry {entry} is bad: {fault}")]
    Entry {
        /// Its place.
        entry: EntryIndex,
        /// What is wrong with it.
        fault: EntryFault,
    },
    /// The public key beside the entries is another one than the one kept elsewhere.
    #[error(
        "the ledger was signed with another key: its fingerprint is `{found}`, not `{expected}`"
    )]
    OtherKey {
        /// The fingerprint of the key beside the entries.
        found: String,
        /// The fingerprint of the key that was kept.
        expected: String,
    },
    /// The head that was kept elsewhere does not bear the signature of this ledger's key.
    #[error(
        "the head kept elsewhere was not signed with a key of this ledger: it is the head of \
         another one, or the ledger was cut off before its key was replaced"
    )]
    WitnessNotSigned,
    /// The head kept elsewhere speaks of more entries than there are.
    #[error(
        "the ledger was cut off: a head kept elsewhere speaks of {witnessed} entries, here are {entries}"
    )]
    ShorterThanWitness {
        /// How many there are.
        entries: u64,
        /// How many there were.
        witnessed: u64,
    },
    /// The head kept elsewhere has another root: something that it vouches for was replaced.
    #[error(
        "the ledger was rewritten: its first {witnessed} entries are not those of the head kept elsewhere"
    )]
    Rewritten {
        /// How many entries the head speaks of.
        witnessed: u64,
    },
    /// There is not even a founding entry.
    #[error("the ledger has no entries at all")]
    Empty,
}

/// What is wrong with one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// A byte of the leaf is not what was signed.
    #[error("its leaf was altered")]
    LeafAltered,
    /// The entry is gone and the next one stands in its place.
    #[error("it was deleted; entry {stands} stands in its place")]
    Deleted {
        /// The entry that stands there.
        stands: EntryIndex,
    },
    /// Another entry stands in its place, and it in another.
    #[error("it was moved; entry {stands} stands in its place")]
    Reordered {
        /// The entry that stands there.
        stands: EntryIndex,
    },
    /// The leaves end here, and a head speaks of more.
    #[error("the ledger is cut off here, and a signed head speaks of this entry")]
    Truncated,
    /// The payload or its key is not what the leaf commits to.
    #[error("its payload, or the key of it, was altered")]
    PayloadAltered,
    /// The payload of another entry stands in its place.
    #[error("its payload is not in its place; that of entry {stands} is")]
    PayloadMisplaced {
        /// The entry whose payload stands there.
        stands: EntryIndex,
    },
    /// The payload file ends here.
    #[error("its payload is missing")]
    PayloadMissing,
    /// The payload was destroyed, and no later entry says so.
    #[error("its payload was destroyed, and no later entry says that it was erased")]
    PayloadDestroyed,
    /// A later entry says that the payload was erased, and it is there.
    #[error("its payload is still there, and a later entry says that it was erased")]
    PayloadKept,
    /// An entry that replaces the key does not name a new key of this ledger.
    #[error("it replaces the key, and does not name another key of this ledger")]
    KeyNotNamed,
    /// The signed head of this size is not what was signed.
    #[error("the head that was signed with it was altered")]
    CheckpointAltered,
    /// The signed head of this size is gone.
    #[error("the head that was signed with it is missing")]
    CheckpointMissing,
    /// The first entry is no founding, or a later one is.
    #[error("a founding is the first entry and no other")]
    Founding,
    /// The mark of a clock set back is missing, or stands where none was.
    #[error("its mark of a clock that was set back does not agree with its time")]
    ClockMark,
    /// Bytes follow that belong to no entry.
    #[error("bytes follow the last entry that belong to none")]
    Surplus,
}

/// Verifies a copy of a ledger against a public key that was kept elsewhere, and against a head
/// that was kept elsewhere, where there is one.
///
/// # Errors
///
/// Names the first entry that is not what was once written, and what is wrong with it.
pub fn verify(
    transcript: &Transcript,
    key: &PublicKey,
    witness: Option<&Checkpoint>,
) -> Result<Verified, VerifyError> {
    let other = || VerifyError::OtherKey {
        found: transcript.key.fingerprint().to_string(),
        expected: key.fingerprint().to_string(),
    };
    let walk = walk(transcript, u64::MAX, witness.map_or(0, Checkpoint::size));
    if transcript.key != *key {
        // A later key of the chain is as good, once it has signed a head over everything.
        let known = walk
            .as_ref()
            .is_ok_and(|walk| walk.keys.signed(key, walk.frontier.size()));
        if !known {
            return Err(other());
        }
    }
    let walk = walk?;
    let (entries, head) = (walk.frontier.size(), walk.head.ok_or(VerifyError::Empty)?);
    if let Some(witness) = witness {
        let witnessed = witness.size();
        if !witness.verify(walk.keys.at(witnessed)) {
            return Err(VerifyError::WitnessNotSigned);
        }
        if witnessed > entries {
            return Err(VerifyError::ShorterThanWitness { entries, witnessed });
        }
        if walk.root_then != Some(witness.root()) {
            return Err(VerifyError::Rewritten { witnessed });
        }
    }
    Ok(Verified {
        entries,
        head,
        witnessed: witness.map(Checkpoint::size),
        erased: walk.erased.len() as u64,
        keys: walk.keys,
        cut: transcript.cut,
    })
}

/// What one pass over all entries leaves behind.
pub(crate) struct Walk<'a> {
    transcript: &'a Transcript,
    pub(crate) keys: KeyChain,
    /// From this entry on the signatures are verified.
    signed_from: u64,
    leaves: &'a [u8],
    payloads: &'a [u8],
    checkpoints: &'a [u8],
    pub(crate) frontier: Frontier,
    pub(crate) head: Option<Checkpoint>,
    pub(crate) last_time: Option<Moment>,
    /// The root when the tree had the size that was asked for.
    pub(crate) root_then: Option<Digest>,
    /// The lengths of destroyed payloads, by entry, and those that erasures speak of.
    erased: BTreeMap<u64, u64>,
    said_erased: BTreeMap<u64, u64>,
}

/// Checks every entry; signatures only of the `signatures` newest heads, because each signs
/// everything before it. The others must still have the right text, signature apart.
pub(crate) fn walk(
    transcript: &Transcript,
    signatures: u64,
    witnessed: u64,
) -> Result<Walk<'_>, VerifyError> {
    let mut walk = Walk {
        transcript,
        keys: KeyChain::new(transcript.key.clone()),
        signed_from: whole_notes(transcript.key.origin(), &transcript.checkpoints)
            .0
            .saturating_sub(signatures),
        leaves: &transcript.leaves,
        payloads: &transcript.payloads,
        checkpoints: &transcript.checkpoints,
        frontier: Frontier::default(),
        head: None,
        last_time: None,
        root_then: (witnessed == 0).then(|| Digest::of(&[])),
        erased: BTreeMap::new(),
        said_erased: BTreeMap::new(),
    };
    while !(walk.leaves.is_empty() && walk.payloads.is_empty() && walk.checkpoints.is_empty()) {
        let entry = walk.frontier.size();
        walk.step(entry).map_err(|fault| VerifyError::Entry {
            entry: EntryIndex(entry),
            fault,
        })?;
        if walk.frontier.size() == witnessed {
            walk.root_then = Some(walk.frontier.root());
        }
    }
    walk.erasures()?;
    Ok(walk)
}

impl<'a> Walk<'a> {
    /// What was destroyed and what an entry says was destroyed must be the same.
    fn erasures(&self) -> Result<(), VerifyError> {
        let places = self.erased.keys().chain(self.said_erased.keys());
        let wrong = places
            .filter(|place| self.erased.get(place) != self.said_erased.get(place))
            .min();
        let Some(&entry) = wrong else { return Ok(()) };
        let fault = match (self.erased.get(&entry), self.said_erased.get(&entry)) {
            (Some(_), None) => EntryFault::PayloadDestroyed,
            (None, _) => EntryFault::PayloadKept,
            (Some(_), Some(_)) => EntryFault::PayloadAltered,
        };
        let entry = EntryIndex(entry);
        Err(VerifyError::Entry { entry, fault })
    }

    fn step(&mut self, entry: u64) -> Result<(), EntryFault> {
        let (leaf, hash) = self.leaf(entry)?;
        let head = self.checkpoint(entry)?;
        self.frontier.push(hash);
        if self.frontier.root() != head.root() {
            return Err(EntryFault::LeafAltered);
        }
        self.head = Some(head);
        if (entry == 0) != (leaf.kind() == Some(EntryKind::Founding)) {
            return Err(EntryFault::Founding);
        }
        if leaf.clock_behind != self.last_time.is_some_and(|last| leaf.time < last) {
            return Err(EntryFault::ClockMark);
        }
        self.last_time = Some(leaf.time);
        let before = self.payloads.len();
        let payload = self.payload(entry, &leaf)?;
        if payload.is_none() {
            let length = before - self.payloads.len() - payload::FRAME;
            self.erased.insert(entry, length as u64);
        }
        self.take_in(entry, &leaf, payload)
    }

    /// Follows what an entry says about keys and about erasure.
    fn take_in(
        &mut self,
        entry: u64,
        leaf: &Leaf,
        payload: Option<&[u8]>,
    ) -> Result<(), EntryFault> {
        let Some(payload) = payload else {
            // Without these nobody could follow the others.
            if leaf.kind().is_some_and(EntryKind::is_structural) {
                return Err(EntryFault::PayloadDestroyed);
            }
            return Ok(());
        };
        for (erased, length) in Transcript::erased_by(leaf, payload) {
            self.said_erased.entry(erased).or_insert(length);
        }
        if leaf.kind() == Some(EntryKind::KeyRotated) {
            // The older key must have signed for the newer one, however old both are.
            let signed = self
                .head
                .as_ref()
                .is_some_and(|head| head.verify(self.keys.present()));
            if !signed {
                return Err(EntryFault::CheckpointAltered);
            }
            self.keys
                .follow(entry, payload)
                .ok_or(EntryFault::KeyNotNamed)?;
        }
        Ok(())
    }

    fn leaf(&mut self, entry: u64) -> Result<(Leaf, Digest), EntryFault> {
        let Some((record, rest)) = self.leaves.split_at_checked(LEAF_RECORD) else {
            // Leaves that end before the heads do were cut off; otherwise it is the rest that is
            // too long.
            let length = Checkpoint::text_length(self.origin(), entry + 1);
            let spoken_of = self.checkpoints.len() >= length;
            return Err(if spoken_of {
                EntryFault::Truncated
            } else {
                EntryFault::Surplus
            });
        };
        let found = leaf(record).ok_or(EntryFault::LeafAltered)?;
        if found.index.0 != entry {
            return Err(self.displaced(entry, found));
        }
        self.leaves = rest;
        Ok((found, leaf_hash(&record[2..])))
    }

    /// Says why another entry stands where `entry` should.
    fn displaced(&self, entry: u64, found: Leaf) -> EntryFault {
        let stands = found.index;
        let right = Leaf {
            index: EntryIndex(entry),
            ..found
        };
        let mut frontier = self.frontier.clone();
        frontier.push(leaf_hash(&right.encode()));
        // Only its number was altered if with the right number it is what was signed.
        if self
            .next_head(entry + 1)
            .is_some_and(|head| head.root() == frontier.root())
        {
            return EntryFault::LeafAltered;
        }
        let after = || {
            self.leaves
                .chunks_exact(LEAF_RECORD)
                .skip(1)
                .filter_map(leaf)
        };
        if stands.0 < entry || after().any(|leaf| leaf.index.0 == entry) {
            return EntryFault::Reordered { stands };
        }
        // Whoever deletes with care deletes the head as well.
        if self.next_head(stands.0.saturating_add(1)).is_some() {
            return EntryFault::Deleted { stands };
        }
        let heads = whole_notes(self.origin(), &self.transcript.checkpoints).0;
        let altered = match after().next() {
            Some(next) => next.index.0 == entry + 1,
            None => heads == entry + 1,
        };
        if altered {
            EntryFault::LeafAltered
        } else {
            EntryFault::Deleted { stands }
        }
    }

    /// The next head in the file, if it is one of this size and its signature holds.
    fn next_head(&self, size: u64) -> Option<Checkpoint> {
        let length = Checkpoint::text_length(self.origin(), size);
        let head = note(self.checkpoints.get(..length)?)?;
        (head.size() == size && head.verify(self.keys.at(size))).then_some(head)
    }

    fn origin(&self) -> &str {
        self.transcript.key.origin()
    }

    fn checkpoint(&mut self, entry: u64) -> Result<Checkpoint, EntryFault> {
        let length = Checkpoint::text_length(self.origin(), entry + 1);
        let Some((text, rest)) = self.checkpoints.split_at_checked(length) else {
            return Err(EntryFault::CheckpointMissing);
        };
        let right = |head: &Checkpoint| {
            head.size() == entry + 1
                && head.origin() == self.origin()
                && (entry < self.signed_from || head.verify(self.keys.at(entry + 1)))
        };
        match note(text).filter(right) {
            Some(head) => {
                self.checkpoints = rest;
                Ok(head)
            }
            // With a head gone, the one of the next size stands here.
            None if self.next_head(entry + 2).is_some() => Err(EntryFault::CheckpointMissing),
            None => Err(EntryFault::CheckpointAltered),
        }
    }

    /// Checks the payload of an entry; `None` when it was destroyed.
    fn payload(&mut self, entry: u64, leaf: &Leaf) -> Result<Option<&'a [u8]>, EntryFault> {
        if self.payloads.is_empty() {
            return Err(EntryFault::PayloadMissing);
        }
        let found = payload::decode(self.payloads).ok_or(EntryFault::PayloadAltered)?;
        if found.index != entry {
            // Only a record that is whole under its own number was moved; else its number was
            // altered, which we know by the commitment.
            let own = match found.content {
                Content::Held { key, payload } => {
                    payload::commitment(key, payload) == leaf.commitment
                }
                Content::Erased => false,
            };
            let stands = EntryIndex(found.index);
            return Err(if own {
                EntryFault::PayloadAltered
            } else {
                EntryFault::PayloadMisplaced { stands }
            });
        }
        self.payloads = &self.payloads[found.length..];
        match found.content {
            Content::Held { key, payload }
                if payload::commitment(key, payload) == leaf.commitment =>
            {
                Ok(Some(payload))
            }
            Content::Held { .. } => Err(EntryFault::PayloadAltered),
            Content::Erased => Ok(None),
        }
    }
}

#[cfg(test)]
mod tampering;
#[cfg(test)]
mod tests;
