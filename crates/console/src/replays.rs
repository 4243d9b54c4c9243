use change::{Acting, Desk, Direction, Matter, ProposalId, Replay};
use model::Digest;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What waiting matters would have changed last week, worked out once for each.
#[derive(Debug, Default)]
pub(crate) struct Replays {
    held: Mutex<HashMap<(ProposalId, Digest), Arc<Replay>>>,
}

impl Replays {
    /// The replay of a matter that waits; `None` where nothing could differ, or where the journal
    /// cannot tell.
    pub(crate) fn of(&self, desk: &Desk, acting: &Acting, matter: &Matter) -> Option<Arc<Replay>> {
        let effect = matter.effect.as_ref()?;
        if !matter.waits() || effect.direction == Direction::Nothing {
            return None;
        }
        // The digest changes as soon as what would come into force does.
        let key = (matter.id, matter.digest);
        if let Some(replay) = self.lock().get(&key) {
            return Some(Arc::clone(replay));
        }
        match desk.replay(acting, matter.id, DAYS) {
            Ok(replay) => {
                let replay = Arc::new(replay);
                let mut held = self.lock();
                if held.len() >= MOST {
                    held.clear();
                }
                held.insert(key, Arc::clone(&replay));
                Some(replay)
            }
            Err(error) => {
                tracing::info!(%error, matter = %matter.id, "last week could not be replayed");
                None
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(ProposalId, Digest), Arc<Replay>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far back.
const DAYS: u32 = 7;

/// More matters than wait at once in any school.
const MOST: usize = 64;
