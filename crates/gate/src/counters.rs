use model::{Action, Door};
use std::sync::atomic::{AtomicU64, Ordering};

/// What the gate counts, for the metrics page. All counters only rise.
#[derive(Debug, Default)]
pub struct Counters {
    decisions: [[AtomicU64; ACTIONS]; DOORS],
    lost: AtomicU64,
    waited: AtomicU64,
    swaps: AtomicU64,
}

impl Counters {
    /// Decisions taken at a door with an action, handed-over batches only.
    pub fn decisions(&self, door: Door, action: Action) -> u64 {
        self.decisions[door_place(door)][action_place(action)].load(Ordering::Relaxed)
    }

    /// Decisions that no journal holds because it was behind; DNS alone loses any.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// How often a door was told to wait for the journal.
    pub fn waited(&self) -> u64 {
        self.waited.load(Ordering::Relaxed)
    }

    /// How often policy, lists or identities were swapped.
    pub fn swaps(&self) -> u64 {
        self.swaps.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, door: Door, action: Action, count: u64) {
        self.decisions[door_place(door)][action_place(action)].fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn add_lost(&self, count: u64) {
        self.lost.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn add_waited(&self) {
        self.waited.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_swap(&self) {
        self.swaps.fetch_add(1, Ordering::Relaxed);
    }
}

const DOORS: usize = 5;
const ACTIONS: usize = 4;

pub(crate) const fn door_place(door: Door) -> usize {
    match door {
        Door::Dns => 0,
        Door::Connect => 1,
        Door::Http => 2,
        Door::Https => 3,
        Door::Explain => 4,
    }
}

pub(crate) const fn action_place(action: Action) -> usize {
    match action {
        Action::Allow => 0,
        Action::Warn => 1,
        Action::Permission => 2,
        Action::Block => 3,
    }
}
