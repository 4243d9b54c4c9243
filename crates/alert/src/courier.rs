use crate::post::{Post, Shared};
use crate::rounds::Rounds;
use crate::{Directory, Queue, School, Settings};
use model::{Clock, Moment};
use serde::Serialize;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Delivers the notices of a queue on a thread of its own, until it is dropped.
///
/// What cannot be delivered is tried again, and said: [`Courier::delivery`] tells since when and
/// why, and [`Queue::overdue`] what it holds up.
#[derive(Debug)]
pub struct Courier {
    shared: Arc<Shared>,
    rounds: Rounds,
}

/// Whether notices go out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// By mail.
    pub mail: Channel,
    /// By webhook.
    pub webhook: Channel,
    /// Heads of the change log to who keeps them elsewhere.
    pub witness: Channel,
}

/// Whether one way out works.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Channel {
    /// No settings ask for it.
    #[default]
    Off,
    /// Nothing was to be delivered since the start.
    Idle,
    /// The last delivery went well.
    Works {
        /// When that was.
        last: Moment,
    },
    /// The last delivery failed.
    Fails {
        /// The first failure since it last went well.
        since: Moment,
        /// The last failure.
        last: Moment,
        /// What the other side or the system said.
        why: String,
    },
}

impl Courier {
    /// Starts to deliver.
    ///
    /// # Errors
    ///
    /// Fails when the machine gives no thread.
    pub fn start(
        queue: Arc<Queue>,
        settings: Settings,
        school: School,
        directory: Directory,
        clock: Arc<dyn Clock>,
    ) -> io::Result<Self> {
        let bell = queue.bell();
        let shared = Arc::new(Shared::new(&settings, directory));
        let mut post = Post::new(queue, settings, school, clock, Arc::clone(&shared));
        let rounds = Rounds::start("notices", EVERY, bell, move || post.round())?;
        Ok(Self { shared, rounds })
    }

    /// Takes in who holds which role from now on.
    pub fn direct(&self, directory: Directory) {
        self.shared.direct(directory);
        self.rounds.wake();
    }

    /// Takes in the head of the ledger: it goes out with every mail from now on, and within a minute
    /// to who keeps heads elsewhere. The ledger itself is the queue: what could not be sent before a
    /// stop is vouched for by the head that is sent after it.
    pub fn witness(&self, checkpoint: impl Into<String>) {
        self.shared.witness(checkpoint.into());
    }

    /// Whether notices go out.
    pub fn delivery(&self) -> Delivery {
        self.shared.delivery()
    }

    /// Tries again now what rests after a failure of the whole way out.
    pub fn wake(&self) {
        self.shared.forgive();
        self.rounds.wake();
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

/// Escalation and retry are looked at this often; a new notice rings the bell.
const EVERY: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
