use crate::failure::chain;
use crate::rounds::Rounds;
use alert::{Courier, Watcher};
use change::Desk;
use gate::Gate;
use std::io;
use std::sync::Arc;

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

/// Looks at the clock each second: what ends is written down, who decides is reminded, and the post
/// learns who holds which role.
pub(crate) fn start(
    desk: &Arc<Desk>,
    gate: &Arc<Gate>,
    courier: &Arc<Courier>,
    watcher: &Arc<Watcher>,
) -> io::Result<Rounds> {
    let mut look = Look {
        desk: Arc::clone(desk),
        gate: Arc::clone(gate),
        courier: Arc::clone(courier),
        watcher: Arc::clone(watcher),
        size: 0,
        removed: 0,
    };
    Rounds::start("clock", move || look.once())
}

impl Look {
    fn once(&mut self) {
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
