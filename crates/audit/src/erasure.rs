use crate::entry::{Actor, Entry, EntryIndex, EntryKind};
use crate::ledger::Ledger;
use crate::ledger_error::AppendError;
use crate::payload::{self, Content};
use crate::transcript::{LEAF_RECORD, PAYLOADS, ReadTranscriptError, Transcript, leaf};
use std::collections::BTreeSet;
use std::io;

/// Payloads were not erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// Nothing was named.
    #[error("no entry was named; name at least one whose personal part is to be erased")]
    Nothing,
    /// There is no such entry.
    #[error("there is no entry {entry}; the change log has {size}, the first of them 0")]
    NoEntry {
        /// The entry.
        entry: EntryIndex,
        /// How many there are.
        size: u64,
    },
    /// The others could not be verified without it.
    #[error("entry {entry} cannot be erased: the log could not be verified without it")]
    Structural {
        /// The entry.
        entry: EntryIndex,
    },
    /// It was erased before.
    #[error("entry {entry} is erased already")]
    Already {
        /// The entry.
        entry: EntryIndex,
    },
    /// The entries cannot be read.
    #[error(transparent)]
    Read(#[from] ReadTranscriptError),
    /// The entry that says so was not written; nothing was erased.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The entry is there, and the disk failed while payloads were destroyed; the next start
    /// destroys the rest.
    #[error("the disk failed during the erasure; check the disk, then start again to finish it")]
    Unfinished(#[source] io::Error),
}

/// What is written over a record of the payload file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blank {
    pub(crate) offset: u64,
    pub(crate) record: Vec<u8>,
}

impl Blank {
    /// The length of the payload alone.
    const fn size(&self) -> usize {
        self.record.len() - payload::FRAME
    }
}

impl Ledger {
    /// Destroys the payloads of entries, and the keys without which nobody can confirm a guess of
    /// them (LOG-04). Leaves and tree stay, and an entry says which were erased and why.
    ///
    /// `matter` names what two people decided, where somebody did.
    ///
    /// The entry comes first: a crash between the two is made good at the next opening, so a
    /// payload is never gone without an entry that says so. Copies and exports are not reached.
    ///
    /// # Errors
    ///
    /// After [`EraseError::Unfinished`] nothing is appended until the ledger is opened anew. After
    /// any other error nothing was erased.
    pub fn erase(
        &self,
        entries: &[EntryIndex],
        actor: Actor,
        reason: &str,
        matter: Option<&str>,
    ) -> Result<EntryIndex, EraseError> {
        let wanted: BTreeSet<u64> = entries.iter().map(|entry| entry.0).collect();
        let mut blanks = Vec::new();
        let prepare = |blanks: &mut Vec<Blank>| {
            let transcript = Transcript::read_on(self.disk(), self.folder())?;
            *blanks = transcript.blanks(&wanted)?;
            let mut payload = serde_json::json!({
                "erased": wanted,
                "lengths": blanks.iter().map(Blank::size).collect::<Vec<_>>(),
                "reason": reason,
            });
            if let Some(matter) = matter {
                payload["matter"] = matter.into();
            }
            Ok(Entry {
                kind: EntryKind::Erasure,
                actor,
                policy_version: None,
                payload,
            })
        };
        let payloads = self.folder().join(PAYLOADS);
        let blanks = std::cell::RefCell::new(&mut blanks);
        self.append_and(
            || prepare(&mut blanks.borrow_mut()),
            || {
                blanks
                    .borrow()
                    .iter()
                    .try_for_each(|blank| {
                        self.disk()
                            .overwrite(&payloads, blank.offset, &blank.record)
                    })
                    .map_err(EraseError::Unfinished)
            },
        )
    }
}

impl Transcript {
    /// What has to be written over these records to erase them.
    fn blanks(&self, wanted: &BTreeSet<u64>) -> Result<Vec<Blank>, EraseError> {
        let size = self.size();
        let last = EntryIndex(*wanted.last().ok_or(EraseError::Nothing)?);
        let missing = || EraseError::NoEntry { entry: last, size };
        if last.0 >= size {
            return Err(missing());
        }
        let mut blanks = Vec::with_capacity(wanted.len());
        let (mut offset, leaves) = (0, self.leaves.chunks_exact(LEAF_RECORD));
        for (record, place) in leaves.zip(0..=last.0) {
            let entry = EntryIndex(place);
            let found = payload::decode(&self.payloads[offset..]).ok_or_else(missing)?;
            if wanted.contains(&place) {
                let kind = leaf(record).and_then(|leaf| leaf.kind());
                if kind.is_some_and(EntryKind::is_structural) {
                    return Err(EraseError::Structural { entry });
                }
                if found.content == Content::Erased {
                    return Err(EraseError::Already { entry });
                }
                blanks.push(Blank {
                    offset: offset as u64,
                    record: payload::erased(place, found.length - payload::FRAME),
                });
            }
            offset += found.length;
        }
        Ok(blanks)
    }

    /// Erases what the last entry says was erased, as far as it was not, and gives what has to be
    /// written to the disk. Any other entry that says so had its erasure finished before the next
    /// entry was written.
    pub(crate) fn finish_erasure(&mut self) -> Vec<Blank> {
        let Some((last, wanted)) = self.last_erasure() else {
            return Vec::new();
        };
        let mut blanks = Vec::new();
        let mut offset = 0;
        for place in 0..last {
            let Some((index, length)) = payload::frame(&self.payloads[offset..]) else {
                break;
            };
            let end = offset + length;
            if index == place && wanted.contains(&place) {
                let record = payload::erased(place, length - payload::FRAME);
                if self.payloads[offset..end] != record {
                    self.payloads[offset..end].copy_from_slice(&record);
                    blanks.push(Blank {
                        offset: offset as u64,
                        record,
                    });
                }
            }
            offset = end;
        }
        blanks
    }

    /// The place of the last entry and what it says was erased, if it is an erasure.
    fn last_erasure(&self) -> Option<(u64, BTreeSet<u64>)> {
        let last = self.size().checked_sub(1)?;
        let found = leaf(self.leaves.rchunks_exact(LEAF_RECORD).next()?)?;
        if found.kind() != Some(EntryKind::Erasure) {
            return None;
        }
        let start = (0..last).try_fold(0, |end, _| {
            Some(end + payload::frame(&self.payloads[end..])?.1)
        })?;
        let Content::Held { key, payload } = payload::decode(&self.payloads[start..])?.content
        else {
            return None;
        };
        // Only what was signed may destroy anything.
        (payload::commitment(key, payload) == found.commitment).then(|| {
            let erased = Self::erased_by(&found, payload);
            (last, erased.into_iter().map(|(index, _)| index).collect())
        })
    }
}

#[cfg(test)]
mod tests;
