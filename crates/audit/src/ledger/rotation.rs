use super::Ledger;
use super::place::{take_next_key, write_new};
use crate::entry::{Actor, Entry, EntryIndex, EntryKind};
use crate::key::PrivateKey;
use crate::ledger_error::AppendError;
use std::io;

/// The key was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum RotateKeyError {
    /// The machine gave no randomness for the new key.
    #[error("no new key could be made: the machine gives no randomness")]
    Chance(#[source] io::Error),
    /// The new key could not be kept; the old one stays.
    #[error("the new key could not be written beside the ledger; check the free space of the disk")]
    Keep(#[source] io::Error),
    /// The entry was not written; the old key stays.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The entry is there and the new key is not in its place yet; the next start puts it there.
    #[error("the key was replaced, but its file could not be; check the disk, then start again")]
    Unfinished(#[source] io::Error),
}

impl Ledger {
    /// Replaces the key that signs: the old key signs the entry that names the new one, and
    /// nothing after it. Print the new fingerprint for the safe beside the old one.
    ///
    /// This does not help against somebody who copied the old key before and rewrites what came
    /// before; heads kept elsewhere do.
    ///
    /// # Errors
    ///
    /// After [`RotateKeyError::Unfinished`] nothing is appended until the ledger is opened anew.
    pub fn rotate_key(&self, actor: Actor, reason: &str) -> Result<EntryIndex, RotateKeyError> {
        let mut state = self.lock();
        let next = PrivateKey::make(self.founding_key.origin(), &*self.chance)
            .map_err(RotateKeyError::Chance)?;
        let public = next.public();
        // Beside the old one first: an entry that names a key which nobody has would end the ledger.
        write_new(&*self.disk, &self.folder, NEXT_KEY, next.file().as_bytes())
            .map_err(RotateKeyError::Keep)?;
        let payload = serde_json::json!({
            "key": public.to_string(),
            "fingerprint": public.fingerprint().to_string(),
            "reason": reason,
        });
        let said = payload.to_string();
        let entry = Entry {
            kind: EntryKind::KeyRotated,
            actor,
            policy_version: None,
            payload,
        };
        let index = self.write(&mut state, &entry, true)?;
        state.key = next;
        // INVARIANT: a key that was made just now is none of the earlier ones.
        let followed = state.keys.follow(index.0, said.as_bytes());
        let placed = take_next_key(&*self.disk, &self.folder);
        state.broken |= placed.is_err() || followed.is_none();
        placed.map(|()| index).map_err(RotateKeyError::Unfinished)
    }
}

pub(super) const NEXT_KEY: &str = "ledger.key.next";

#[cfg(test)]
mod tests;
