use crate::entry::EntryIndex;
use crate::ledger::Ledger;
use crate::payload::{self, Content};
use crate::transcript::{LEAF_RECORD, ReadTranscriptError, Transcript, Written, leaf};
use crate::tree::{Frontier, leaf_hash};
use crate::verify::{EntryFault, VerifyError, walk};

/// Entries could not be read back, or are not what was once written.
#[derive(Debug, thiserror::Error)]
pub enum ReadEntriesError {
    /// The files could not be read.
    #[error(transparent)]
    Files(#[from] ReadTranscriptError),
    /// They were altered; names the first bad entry.
    #[error(transparent)]
    Altered(#[from] VerifyError),
}

impl Transcript {
    /// The entries from a place on, each held against its commitment, and all leaves against the
    /// last head; for a fold over what the ledger says.
    ///
    /// A payload of `None` was erased. This checks the root once and no signature but the last, so
    /// it costs little more than reading; [`verify`](crate::verify()) checks all.
    ///
    /// # Errors
    ///
    /// Names the first leaf that is not what the heads vouch for; the iterator ends with an error
    /// at a payload that is not what its leaf commits to.
    pub fn checked_from(
        &self,
        from: EntryIndex,
    ) -> Result<impl Iterator<Item = Result<Written, VerifyError>> + '_, VerifyError> {
        self.check_leaves()?;
        let mut payloads = self.payloads.as_slice();
        let mut failed = false;
        let records = self.leaves.chunks_exact(LEAF_RECORD).zip(0..);
        Ok(records
            .map_while(move |(record, place)| {
                if failed {
                    return None;
                }
                let entry = EntryIndex(place);
                let found = checked(record, &mut payloads, entry);
                failed = found.is_err();
                Some(found.map_err(|fault| VerifyError::Entry { entry, fault }))
            })
            // What fails is told wherever it stands: everything after it cannot be found.
            .filter(move |found| {
                found
                    .as_ref()
                    .map_or(true, |written| written.leaf.index >= from)
            }))
    }

    fn check_leaves(&self) -> Result<(), VerifyError> {
        let mut frontier = Frontier::default();
        for record in self.leaves.chunks_exact(LEAF_RECORD) {
            frontier.push(leaf_hash(&record[2..]));
        }
        let vouched = self.head().is_some_and(|head| {
            head.size() == frontier.size()
                && head.root() == frontier.root()
                && head.verify(&self.signing_key())
        });
        if vouched {
            return Ok(());
        }
        // Only now is it worth finding out which.
        let last = EntryIndex(frontier.size().saturating_sub(1));
        Err(walk(self, u64::MAX, 0).err().unwrap_or(VerifyError::Entry {
            entry: last,
            fault: EntryFault::CheckpointAltered,
        }))
    }
}

impl Ledger {
    /// The entries from a place on, payloads included, each held against its commitment and the
    /// head that this process wrote last.
    ///
    /// A payload of `None` was erased.
    ///
    /// # Errors
    ///
    /// Names the first entry that is not what was written.
    pub fn entries_from(&self, from: EntryIndex) -> Result<Vec<Written>, ReadEntriesError> {
        let (transcript, head) = self.transcript_and_head()?;
        let entries = transcript.checked_from(from)?.collect::<Result<_, _>>()?;
        let found = transcript.head();
        if found.as_ref() != Some(&head) {
            return Err(VerifyError::Rewritten {
                witnessed: head.size(),
            }
            .into());
        }
        Ok(entries)
    }

    /// The payload of one entry; `None` when it was erased, or when there is no such entry.
    ///
    /// # Errors
    ///
    /// As [`Ledger::entries_from`].
    pub fn payload_of(
        &self,
        entry: EntryIndex,
    ) -> Result<Option<serde_json::Value>, ReadEntriesError> {
        let (transcript, _) = self.transcript_and_head()?;
        let mut entries = transcript.checked_from(entry)?;
        let written = entries.next().transpose()?;
        Ok(written.and_then(|written| written.payload))
    }
}

/// Reads one entry whose leaf the root vouches for, and moves on in the payloads.
fn checked(record: &[u8], payloads: &mut &[u8], entry: EntryIndex) -> Result<Written, EntryFault> {
    let leaf = leaf(record).ok_or(EntryFault::LeafAltered)?;
    if payloads.is_empty() {
        return Err(EntryFault::PayloadMissing);
    }
    let found = payload::decode(payloads).ok_or(EntryFault::PayloadAltered)?;
    if found.index != entry.0 {
        let stands = EntryIndex(found.index);
        return Err(EntryFault::PayloadMisplaced { stands });
    }
    let payload = match found.content {
        Content::Held { key, payload } => {
            if payload::commitment(key, payload) != leaf.commitment {
                return Err(EntryFault::PayloadAltered);
            }
            // What was committed to was JSON when it was written.
            Some(serde_json::from_slice(payload).map_err(|_| EntryFault::PayloadAltered)?)
        }
        Content::Erased => None,
    };
    *payloads = &payloads[found.length..];
    Ok(Written { leaf, payload })
}

#[cfg(test)]
mod tests;
