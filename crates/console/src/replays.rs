use change::{Acting, Desk, Direction, Matter, ProposalId, Replay};
use model::Digest;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What waiting matters would have changed last week, worked out once for each, beside the page
/// that shows it: a week of a large school takes seconds.
#[derive(Debug, Default)]
pub(crate) struct Replays {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    held: Mutex<HashMap<Key, Held>>,
    made: Condvar,
}

/// The digest changes as soon as what would come into force does.
type Key = (ProposalId, Digest);

#[derive(Clone, Debug)]
enum Held {
    UnderWay,
    Made(Arc<Replay>),
    /// The journal could not tell.
    Failed,
}

/// What can be said of a matter's last week.
#[derive(Clone, Debug)]
pub(crate) enum Replayed {
    /// What it would have changed.
    Made(Arc<Replay>),
    /// It is being worked out.
    UnderWay,
    /// Nothing could differ, or the journal cannot tell.
    Nothing,
}

impl Replays {
    /// The replay of a matter that waits. One that is not known yet is begun, and waited for as
    /// long as a page may take.
    pub(crate) fn of(&self, desk: &Arc<Desk>, acting: &Acting, matter: &Matter) -> Replayed {
        let nothing = matter
            .effect
            .as_ref()
            .is_none_or(|effect| effect.direction == Direction::Nothing);
        if nothing || !matter.waits() {
            return Replayed::Nothing;
        }
        let key = (matter.id, matter.digest);
        let mut held = self.shared.lock();
        if !held.contains_key(&key) {
            if held.len() >= MOST {
                held.retain(|_, held| matches!(held, Held::UnderWay));
            }
            if held.len() >= MOST {
                return Replayed::UnderWay;
            }
            held.insert(key, Held::UnderWay);
            drop(held);
            self.begin(key, Arc::clone(desk), acting.clone());
            held = self.shared.lock();
        }
        self.shared.wait(held, key, PATIENCE)
    }

    fn begin(&self, key: Key, desk: Arc<Desk>, acting: Acting) {
        let shared = Arc::clone(&self.shared);
        let begun = std::thread::Builder::new()
            .name("replay".to_owned())
            .spawn(move || {
                let made = match desk.replay(&acting, key.0, DAYS) {
                    Ok(replay) => Held::Made(Arc::new(replay)),
                    Err(error) => {
                        tracing::info!(%error, matter = %key.0, "last week could not be replayed");
                        Held::Failed
                    }
                };
                shared.put(key, made);
            });
        if let Err(error) = begun {
            tracing::warn!(%error, matter = %key.0, "last week could not be replayed");
            self.shared.put(key, Held::Failed);
        }
    }
}

impl Shared {
    fn put(&self, key: Key, made: Held) {
        self.lock().insert(key, made);
        self.made.notify_all();
    }

    fn wait(
        &self,
        mut held: MutexGuard<'_, HashMap<Key, Held>>,
        key: Key,
        patience: Duration,
    ) -> Replayed {
        let begun = Instant::now();
        loop {
            let left = patience.saturating_sub(begun.elapsed());
            match held.get(&key) {
                Some(Held::Made(replay)) => return Replayed::Made(Arc::clone(replay)),
                Some(Held::Failed) => {
                    // The next look tries again.
                    held.remove(&key);
                    return Replayed::Nothing;
                }
                Some(Held::UnderWay) if left.is_zero() => return Replayed::UnderWay,
                Some(Held::UnderWay) => {}
                None => return Replayed::Nothing,
            }
            let waited = self.made.wait_timeout(held, left);
            held = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far back.
const DAYS: u32 = 7;

/// More matters than wait at once in any school.
const MOST: usize = 64;

/// How long a page waits for a replay.
const PATIENCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use change::Span;
    use model::Moment;

    fn replay() -> Arc<Replay> {
        let at = Moment::from_millis(0);
        Arc::new(Replay {
            span: Span {
                from: at,
                until: at,
            },
            rows: 7,
            requests: 7,
            requests_opened: 0,
            requests_closed: 0,
            sites_opened: Vec::new(),
            sites_closed: Vec::new(),
            opened: 0,
            closed: 0,
            floor: 0,
            groups: Vec::new(),
            people: 0,
            unseen: 0,
            truncated: false,
            seconds: 0.0,
        })
    }

    #[test]
    fn a_page_waits_for_a_replay_only_so_long_and_a_failed_one_is_tried_again() {
        let key = ("C-7".parse().unwrap(), Digest([0; 32]));
        let shared = Shared::default();
        let look = |patience| shared.wait(shared.lock(), key, patience);
        shared.put(key, Held::UnderWay);
        assert!(matches!(look(Duration::ZERO), Replayed::UnderWay));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| look(Duration::from_secs(600)));
            shared.put(key, Held::Made(replay()));
            let found = waiting.join().unwrap();
            assert!(matches!(found, Replayed::Made(replay) if replay.rows == 7));
        });
        shared.put(key, Held::Failed);
        assert!(matches!(look(Duration::ZERO), Replayed::Nothing));
        assert!(shared.lock().is_empty());
    }
}
