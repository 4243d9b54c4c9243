use crate::decision_row::DecisionRow;
use crate::folder::Folder;
use crate::journal::Journal;
use model::Clock;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Folds and writes decisions on a thread of its own.
///
/// What was submitted is on the disk after [`JournalWriter::PAUSE`] and the time that a sync takes,
/// which together stay below a second on a disk that works. Dropping it writes what is left.
pub struct JournalWriter {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// The journal has no room for more decisions just now, and these are lost; they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal cannot keep up: {lost} decisions are not recorded; check the disk")]
pub struct Full {
    /// How many were refused.
    pub lost: usize,
}

/// What the writer has done since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JournalCounts {
    /// Decisions that were taken in.
    pub submitted: u64,
    /// Rows that were written, or brought up to date.
    pub written: u64,
    /// Decisions that joined a row that was there.
    pub folded: u64,
    /// Decisions that were refused, or could not be written at the end.
    pub lost: u64,
    /// Rows that were begun because a client asked for too many distinct things in a minute.
    pub floods: u64,
    /// Attempts to write that failed.
    pub failures: u64,
    /// Files that somebody removed while they were written; their rows are gone.
    pub removed: u64,
    /// Decisions that wait to be folded.
    pub waiting: u64,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    filled: Condvar,
    emptied: Condvar,
    submitted: AtomicU64,
    written: AtomicU64,
    folded: AtomicU64,
    lost: AtomicU64,
    floods: AtomicU64,
    failures: AtomicU64,
    removed: AtomicU64,
}

#[derive(Default)]
struct Queue {
    rows: Vec<DecisionRow>,
    closing: bool,
}

impl JournalWriter {
    /// How long a decision waits for others to be written with.
    pub const PAUSE: Duration = Duration::from_millis(250);

    /// With so many waiting, they are written at once.
    pub const BATCH: usize = 5_000;

    /// The most decisions that wait.
    pub const LIMIT: usize = 100_000;

    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// Fails when the machine gives no thread.
    pub fn start(journal: Journal, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let work = Work {
            shared: Arc::clone(&shared),
            journal,
            clock,
            folder: Folder::default(),
            failing: false,
        };
        let thread = std::thread::Builder::new()
            .name("journal".into())
            .spawn(|| work.run())?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Hands over decisions without waiting; for doors that must never stop.
    ///
    /// # Errors
    ///
    /// Refuses the whole batch when there is no room. It is lost, and counted.
    pub fn submit(&self, batch: Vec<DecisionRow>) -> Result<(), Full> {
        self.submit_within(batch, Duration::ZERO)
    }

    /// Hands over decisions, and waits for room as long as `patience`; it blocks the thread.
    ///
    /// # Errors
    ///
    /// Refuses the whole batch when there is still no room. It is lost, and counted.
    pub fn submit_blocking(&self, batch: Vec<DecisionRow>, patience: Duration) -> Result<(), Full> {
        self.submit_within(batch, patience)
    }

    fn submit_within(&self, batch: Vec<DecisionRow>, patience: Duration) -> Result<(), Full> {
        let size = batch.len();
        // A batch larger than the whole queue is taken when nothing else waits.
        let full = |queue: &mut Queue| {
            !queue.closing && !queue.rows.is_empty() && queue.rows.len() + size > Self::LIMIT
        };
        let mut queue = self.shared.lock();
        if full(&mut queue) && !patience.is_zero() {
            let wait = self
                .shared
                .emptied
                .wait_timeout_while(queue, patience, full);
            queue = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
        if full(&mut queue) {
            self.shared.lost.fetch_add(size as u64, Ordering::Relaxed);
            return Err(Full { lost: size });
        }
        let before = queue.rows.len();
        if before == 0 {
            queue.rows = batch;
        } else {
            queue.rows.extend(batch);
        }
        self.shared
            .submitted
            .fetch_add(size as u64, Ordering::Relaxed);
        // The thread sleeps either for the first or for a batch; between them it needs no call.
        if before == 0 || (before < Self::BATCH && queue.rows.len() >= Self::BATCH) {
            self.shared.filled.notify_one();
        }
        Ok(())
    }

    /// Whether a batch would find room now; for doors that slow their clients down instead.
    pub fn has_room(&self) -> bool {
        self.shared.lock().rows.len() < Self::LIMIT
    }

    /// What was done so far.
    pub fn counts(&self) -> JournalCounts {
        let shared = &self.shared;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        JournalCounts {
            submitted: read(&shared.submitted),
            written: read(&shared.written),
            folded: read(&shared.folded),
            lost: read(&shared.lost),
            floods: read(&shared.floods),
            failures: read(&shared.failures),
            removed: read(&shared.removed),
            waiting: shared.lock().rows.len() as u64,
        }
    }

    /// Writes what is left, ends the thread, and gives the last counts.
    pub fn close(mut self) -> JournalCounts {
        self.finish();
        self.counts()
    }

    fn finish(&mut self) {
        self.shared.lock().closing = true;
        self.shared.filled.notify_one();
        self.shared.emptied.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the journal's thread had ended before its time");
        }
    }
}

impl Drop for JournalWriter {
    fn drop(&mut self) {
        self.finish();
    }
}

impl std::fmt::Debug for JournalWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JournalWriter")
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Rows are whole or absent whatever panics, so a poisoned queue is still a good one.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for decisions, then for others to join them; gives back whether it is time to end.
    fn take(&self) -> (Vec<DecisionRow>, bool) {
        let queue = self.lock();
        let empty = |queue: &mut Queue| queue.rows.is_empty() && !queue.closing;
        let queue = self
            .filled
            .wait_while(queue, empty)
            .unwrap_or_else(PoisonError::into_inner);
        let few = |queue: &mut Queue| queue.rows.len() < JournalWriter::BATCH && !queue.closing;
        let wait = self
            .filled
            .wait_timeout_while(queue, JournalWriter::PAUSE, few);
        let mut queue = wait.unwrap_or_else(PoisonError::into_inner).0;
        let rows = std::mem::take(&mut queue.rows);
        self.emptied.notify_all();
        (rows, queue.closing)
    }

    /// Waits before a failed write is tried again; gives back whether it is time to end.
    fn pause(&self, span: Duration) -> bool {
        let wait = self
            .filled
            .wait_timeout_while(self.lock(), span, |queue| !queue.closing);
        wait.unwrap_or_else(PoisonError::into_inner).0.closing
    }
}

/// The thread's side.
struct Work {
    shared: Arc<Shared>,
    journal: Journal,
    clock: Arc<dyn Clock>,
    folder: Folder,
    failing: bool,
}

impl Work {
    fn run(mut self) {
        loop {
            let (rows, closing) = self.shared.take();
            for row in rows {
                self.add(row);
            }
            self.write_all();
            if closing && self.shared.lock().rows.is_empty() {
                return;
            }
        }
    }

    fn add(&mut self, row: DecisionRow) {
        let count = row.count;
        let Err(full) = self.folder.add(row) else {
            return;
        };
        if !self.write_all() || self.folder.add(*full.0).is_err() {
            self.shared.lost.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Writes everything, however long the disk refuses, unless the gateway is closing; gives back
    /// whether all was written.
    fn write_all(&mut self) -> bool {
        let mut until = None::<Instant>;
        while !self.write() {
            let closing = self.shared.pause(RETRY);
            let until = *until.get_or_insert_with(|| Instant::now() + LAST_TRIES);
            if closing {
                if Instant::now() >= until {
                    let left = self.folder.unwritten().map(|fold| fold.row().count).sum();
                    self.shared.lost.fetch_add(left, Ordering::Relaxed);
                    self.folder = Folder::default();
                    return false;
                }
                std::thread::sleep(CLOSING_RETRY);
            }
        }
        true
    }

    fn write(&mut self) -> bool {
        let result = self.journal.write_folds(self.folder.unwritten());
        let removed = self.journal.removed();
        self.shared.removed.store(removed, Ordering::Relaxed);
        self.folder.settle(self.clock.now());
        self.shared
            .folded
            .store(self.folder.folded(), Ordering::Relaxed);
        self.shared
            .floods
            .store(self.folder.floods(), Ordering::Relaxed);
        match result {
            Ok(written) => {
                self.shared.written.fetch_add(written, Ordering::Relaxed);
                if std::mem::take(&mut self.failing) {
                    tracing::info!("the journal is written again");
                }
                true
            }
            Err(error) => {
                self.shared.failures.fetch_add(1, Ordering::Relaxed);
                // Said once, not once a second while a disk is full.
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the journal is not written"
                    );
                }
                false
            }
        }
    }
}

/// How long after a failed write the next is tried.
const RETRY: Duration = Duration::from_millis(500);

/// How long a closing gateway goes on trying.
const LAST_TRIES: Duration = Duration::from_secs(2);
const CLOSING_RETRY: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests;
