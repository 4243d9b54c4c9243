use crate::bell::Bell;
use std::io;
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
                    round();
                    heard.wait(every);
                }
            })?;
        Ok(Self {
            bell,
            stops,
            thread: Some(thread),
        })
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
