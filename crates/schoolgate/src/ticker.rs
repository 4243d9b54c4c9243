use crate::failure::chain;
use alert::{Courier, Watcher};
use change::Desk;
use gate::Gate;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Looks at the clock each second, on a thread of its own: what ends is written down, who decides
/// is reminded, and the post learns who holds which role.
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
    ) -> io::Result<Self> {
        let mut look = Look {
            desk: Arc::clone(desk),
            gate: Arc::clone(gate),
            courier: Arc::clone(courier),
            watcher: Arc::clone(watcher),
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
}

const EVERY: Duration = Duration::from_secs(1);
