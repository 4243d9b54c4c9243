use super::{Ledger, State};
use crate::ledger_error::AppendError;
use std::io;

/// The space that is kept back for entries which must not wait for space.
///
/// A file as long as the reserve takes its place on the disk. When the disk is full, changes are
/// refused; what finishes or closes something gets a piece of that file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reserve {
    /// How many bytes are to be kept back.
    pub wanted: u64,
    /// How many are.
    pub held: u64,
}

/// The space could not be kept back; the ledger works without it.
#[derive(Debug, thiserror::Error)]
#[error("{wanted} bytes could not be kept back for the change log; free some space on its disk")]
pub struct ReserveError {
    /// How many were wanted.
    pub wanted: u64,
    source: io::Error,
}

impl Ledger {
    /// Keeps this much space back, or less than before; 0 keeps none.
    ///
    /// What was used up on a full disk is kept back again by a later append that finds room.
    ///
    /// # Errors
    ///
    /// Fails when the disk has no such room. The ledger works on without.
    pub fn reserve(&self, bytes: u64) -> Result<Reserve, ReserveError> {
        let mut state = self.lock();
        state.reserve.wanted = bytes;
        let path = self.folder.join(RESERVE);
        let done = if bytes < state.reserve.held {
            self.disk.truncate(&path, bytes)
        } else if bytes > state.reserve.held {
            self.disk.allocate(&path, bytes)
        } else {
            Ok(())
        };
        done.map_err(|source| ReserveError {
            wanted: bytes,
            source,
        })?;
        state.reserve.held = bytes;
        Ok(state.reserve)
    }

    /// How much space is kept back just now.
    pub fn reserve_held(&self) -> Reserve {
        self.lock().reserve
    }

    /// Writes an entry, giving up the reserve piece by piece if the entry may draw on it.
    pub(super) fn put_drawing(
        &self,
        state: &mut State,
        bytes: &[Vec<u8>; 3],
        draws: bool,
    ) -> Result<(), AppendError> {
        let mut result = self.put(state, bytes);
        let mut drawn = false;
        while draws && state.reserve.held > 0 && matches!(result, Err(AppendError::DiskFull(_))) {
            drawn = true;
            let length: usize = bytes.iter().map(Vec::len).sum();
            let piece = PIECE.max(length as u64);
            self.give_up(state, piece)?;
            result = self.put(state, bytes);
        }
        if result.is_ok() && !drawn && state.reserve.held < state.reserve.wanted {
            let path = self.folder.join(RESERVE);
            if self.disk.allocate(&path, state.reserve.wanted).is_ok() {
                state.reserve.held = state.reserve.wanted;
            }
        }
        result
    }

    fn give_up(&self, state: &mut State, piece: u64) -> Result<(), AppendError> {
        let path = self.folder.join(RESERVE);
        let left = state.reserve.held.saturating_sub(piece);
        // Synced, or the file system may not count the space as free yet.
        self.disk
            .truncate(&path, left)
            .and_then(|()| self.disk.sync(&path))
            .map_err(AppendError::Write)?;
        state.reserve.held = left;
        Ok(())
    }
}

pub(super) const RESERVE: &str = "ledger.reserve";

/// How much is given up at once, so that nobody else takes much of it.
const PIECE: u64 = 256 << 10;

#[cfg(test)]
mod tests;
