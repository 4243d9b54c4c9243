use crate::bell::Bell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A thread that does its round, waits, and does it again until it is stopped.
#[derive(Debug)]
pub(crate) struct Rounds {
    bell: Arc<Bell>,
    stops: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Rounds {
    /// Starts the rounds: one at once, then one at each ring of the bell and at least so often.
    pub(crate) fn start(
        name: &str,
        every: Duration,
        bell: Arc<Bell>,
        mut round: impl FnMut() + Send + 'static,
    ) -> io::Result<Self> {
        let stops = Arc::new(AtomicBool::new(false));
        let (heard, stopped) = (Arc::clone(&bell), Arc::clone(&stops));
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                while !stopped.load(Ordering::SeqCst) {
                    // One bad round must not end all that follow.
                    if catch_unwind(AssertUnwindSafe(&mut round)).is_err() {
                        tracing::error!("a round of the notices ended by a panic");
                    }
                    heard.wait(every);
                }
            })?;
        Ok(Self {
            bell,
            stops,
            thread: Some(thread),
        })
    }

    /// Whether the thread runs.
    #[cfg(test)]
    pub(crate) fn runs(&self) -> bool {
        self.thread
            .as_ref()
            .is_some_and(|thread| !thread.is_finished())
    }

    /// Has the next round done now.
    pub(crate) fn wake(&self) {
        self.bell.ring();
    }
}

impl Drop for Rounds {
    /// Waits for the round that runs, which is bounded by the patience of its connections.
    fn drop(&mut self) {
        self.stops.store(true, Ordering::SeqCst);
        self.bell.ring();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a thread of the notices ended by a panic");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn a_round_that_panics_is_followed_by_another() {
        let (sender, done) = channel();
        let mut first = true;
        let bell = Arc::new(Bell::default());
        let rounds = Rounds::start("test", Duration::from_millis(1), bell, move || {
            assert!(!std::mem::take(&mut first), "the first round fails");
            let _ = sender.send(());
        });
        let rounds = rounds.unwrap();
        done.recv_timeout(Duration::from_secs(8)).unwrap();
        assert!(rounds.runs());
    }
}
