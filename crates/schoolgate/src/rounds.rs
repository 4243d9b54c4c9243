use std::io;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Looks after something each second, on a thread of its own, so that no look waits for another's
/// work.
pub(crate) struct Rounds {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Rounds {
    /// Starts to look, a second from now for the first time.
    pub(crate) fn start(name: &str, mut look: impl FnMut() + Send + 'static) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(EVERY) {
                    look();
                }
            })?;
        Ok(Self { stop, thread })
    }

    /// Stops, and waits for the look that is under way.
    pub(crate) fn stop(self) {
        drop(self.stop);
        // A panic of the thread was printed when it happened.
        let _ended = self.thread.join();
    }
}

const EVERY: Duration = Duration::from_secs(1);

/// An hour of looks.
pub(crate) const LOOKS_AN_HOUR: u64 = 3_600;
