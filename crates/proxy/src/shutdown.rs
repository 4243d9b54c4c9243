use std::sync::Arc;
use tokio::sync::watch;

/// A sign that all doors share: once begun, they stop accepting and finish what runs.
///
/// Clones are the same sign. It cannot be taken back.
#[derive(Clone, Debug)]
pub struct Shutdown {
    begun: Arc<watch::Sender<bool>>,
}

impl Shutdown {
    /// Makes a sign that has not been given.
    pub fn new() -> Self {
        Self {
            begun: Arc::new(watch::Sender::new(false)),
        }
    }

    /// Gives the sign; giving it twice is giving it once.
    pub fn begin(&self) {
        self.begun.send_replace(true);
    }

    /// Whether the sign was given.
    pub fn has_begun(&self) -> bool {
        *self.begun.borrow()
    }

    /// Waits until the sign is given.
    pub async fn begun(&self) {
        let mut watched = self.begun.subscribe();
        // INVARIANT: the sender lives in `self`, so waiting ends only with the sign.
        let _ = watched.wait_for(|begun| *begun).await;
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}
