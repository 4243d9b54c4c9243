use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What one thread of the resolver counts. All counters only rise.
///
/// INVARIANT: one thread alone adds, so a load and a store do where a locked addition would
/// cost more than the rest of the bookkeeping.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Counters {
    counts: [AtomicU64; COUNTS],
}

impl Counters {
    pub(crate) fn add(&self, count: Count) {
        self.add_many(count, 1);
    }

    pub(crate) fn add_many(&self, count: Count, many: u64) {
        let counter = &self.counts[count as usize];
        counter.store(
            counter.load(Ordering::Relaxed).wrapping_add(many),
            Ordering::Relaxed,
        );
    }

    fn read(&self, count: Count) -> u64 {
        self.counts[count as usize].load(Ordering::Relaxed)
    }
}

/// The things that are counted.
#[derive(Clone, Copy)]
pub(crate) enum Count {
    Queries,
    Blocked,
    Cached,
    Misses,
    Refused,
    Malformed,
    Limited,
    Overloaded,
    Failed,
    Stale,
    Upstream,
    Rebinding,
    Unsent,
    Connections,
}

const COUNTS: usize = 14;

/// The sums over all threads of the resolver since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Packets and framed messages that came in.
    pub queries: u64,
    /// Answers that close a name.
    pub blocked: u64,
    /// Answers from a store of shaped answers.
    pub cached: u64,
    /// Questions that no store of shaped answers could settle.
    pub misses: u64,
    /// Questions from outside every zone, or of a kind that is not served.
    pub refused: u64,
    /// Messages that are no proper question.
    pub malformed: u64,
    /// Questions dropped because their client asks too often.
    pub limited: u64,
    /// Questions answered SERVFAIL because too many waited.
    pub overloaded: u64,
    /// Questions answered SERVFAIL because no upstream answered.
    pub failed: u64,
    /// Answers given past their time because no upstream answered.
    pub stale: u64,
    /// Questions sent to upstreams.
    pub upstream: u64,
    /// Private addresses taken out of public answers.
    pub rebinding: u64,
    /// Answers that the machine would not take.
    pub unsent: u64,
    /// TCP connections taken.
    pub connections: u64,
}

impl Totals {
    /// Adds up what the threads counted.
    pub(crate) fn of(threads: &[Arc<Counters>]) -> Self {
        let sum = |count| threads.iter().map(|thread| thread.read(count)).sum();
        Self {
            queries: sum(Count::Queries),
            blocked: sum(Count::Blocked),
            cached: sum(Count::Cached),
            misses: sum(Count::Misses),
            refused: sum(Count::Refused),
            malformed: sum(Count::Malformed),
            limited: sum(Count::Limited),
            overloaded: sum(Count::Overloaded),
            failed: sum(Count::Failed),
            stale: sum(Count::Stale),
            upstream: sum(Count::Upstream),
            rebinding: sum(Count::Rebinding),
            unsent: sum(Count::Unsent),
            connections: sum(Count::Connections),
        }
    }
}
