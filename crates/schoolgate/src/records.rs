use crate::failure::chain;
use change::Desk;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Deletes and seals old records each hour, and copies what a hold keeps within a second, on a
/// thread of its own: it may take minutes, and what is due at its minute must not wait for it.
pub(crate) struct Records {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Records {
    /// Starts to look after the records.
    pub(crate) fn start(desk: &Arc<Desk>, settings: audit::Settings) -> io::Result<Self> {
        let desk = Arc::clone(desk);
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("records".to_owned())
            .spawn(move || {
                let (mut looks, mut failed) = (0, Vec::new());
                loop {
                    let wanted = desk.holds_to_keep();
                    // What failed is tried again with the rest, not each second.
                    if looks % LOOKS == 0 || wanted != failed {
                        if let Err(error) = desk.keep_records(&settings) {
                            tracing::error!(error = %chain(&error), "records are not kept as they should be");
                        }
                        failed = desk.holds_to_keep();
                    }
                    looks += 1;
                    match stopped.recv_timeout(EVERY) {
                        Err(RecvTimeoutError::Timeout) => {}
                        Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
                    }
                }
            })?;
        Ok(Self { stop, thread })
    }

    /// Stops, and waits for what is under way.
    pub(crate) fn stop(self) {
        drop(self.stop);
        // A panic of the thread was printed when it happened.
        let _ended = self.thread.join();
    }
}

const EVERY: Duration = Duration::from_secs(1);
/// An hour of looks.
const LOOKS: u64 = 3_600;
