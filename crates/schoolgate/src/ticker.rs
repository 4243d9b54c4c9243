use crate::failure::chain;
use alert::{ChangeCounts, Courier, Incidents, Report, School, Watcher, last_week};
use change::{Desk, StateFolder};
use gate::Gate;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Looks at the clock each second, on a thread of its own: what ends is written down, who decides
/// is reminded, the post learns who holds which role, and Monday's report is made.
pub(crate) struct Ticker {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

/// What one look needs.
struct Look {
    desk: Arc<Desk>,
    gate: Arc<Gate>,
    courier: Arc<Courier>,
    watcher: Arc<Watcher>,
    incidents: Arc<Incidents>,
    school: School,
    /// The size of the change log at the last look.
    size: u64,
    /// How many removed files of the journal were written down.
    removed: u64,
}

impl Ticker {
    /// Starts to look.
    pub(crate) fn start(
        desk: &Arc<Desk>,
        gate: &Arc<Gate>,
        courier: &Arc<Courier>,
        watcher: &Arc<Watcher>,
        incidents: &Arc<Incidents>,
        school: &School,
    ) -> io::Result<Self> {
        let mut look = Look {
            desk: Arc::clone(desk),
            gate: Arc::clone(gate),
            courier: Arc::clone(courier),
            watcher: Arc::clone(watcher),
            incidents: Arc::clone(incidents),
            school: school.clone(),
            size: 0,
            removed: 0,
        };
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("clock".to_owned())
            .spawn(move || look.go_on(&stopped))?;
        Ok(Self { stop, thread })
    }

    /// Stops, and waits for the look that is under way.
    pub(crate) fn stop(self) {
        drop(self.stop);
        // A panic of the thread was printed when it happened.
        let _ended = self.thread.join();
    }
}

impl Look {
    fn go_on(&mut self, stopped: &Receiver<()>) {
        while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(EVERY) {
            if let Err(error) = self.desk.tick() {
                tracing::error!(error = %chain(&error), "what is due could not be written down");
            }
            self.look_for_removed();
            let head = self.desk.ledger().head();
            if head.size() != self.size {
                self.size = head.size();
                self.courier.direct(self.desk.directory());
                self.watcher.direct(self.desk.directory());
                self.courier.witness(head.to_string());
            }
            self.report();
        }
    }

    /// Has it written down, once for each, that a file of the journal was removed.
    fn look_for_removed(&mut self) {
        let removed = self.gate.journal().removed;
        if removed <= self.removed {
            return;
        }
        match self.desk.note_removed(removed - self.removed) {
            Ok(_) => self.removed = removed,
            Err(error) => {
                tracing::error!(error = %chain(&error), "removed records could not be written down");
            }
        }
    }

    /// Makes Monday's report, once (REP-02).
    fn report(&self) {
        let now = self.desk.now();
        let (from, until) = last_week(&self.school, now);
        let queue = self.desk.notices();
        if queue.knows_topic(&Report::topic(until)) || self.desk.began() >= until {
            return;
        }
        let journal = StateFolder::journal_in(self.desk.folder().path());
        let incidents = self.incidents.all();
        let changes: ChangeCounts = self.desk.change_counts(from, until);
        let made =
            alert::weekly_of_journal(&self.school, (from, until), &journal, &incidents, changes);
        let pushed = match &made {
            Ok(report) => queue
                .push(report.letter(now))
                .map(drop)
                .map_err(|error| chain(&error)),
            Err(error) => Err(chain(error)),
        };
        if let Err(error) = pushed {
            tracing::error!(%error, "the weekly report could not be made");
        }
    }
}

const EVERY: Duration = Duration::from_secs(1);
