use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

/// The word to stop, shared by all threads of the resolver.
///
/// Clones share one state. Once triggered it stays so.
#[derive(Clone, Debug)]
pub struct Shutdown {
    flag: Arc<AtomicBool>,
    sender: Arc<watch::Sender<bool>>,
}

impl Shutdown {
    /// Makes a word that has not been spoken.
    pub fn new() -> Self {
        Self {
            flag: Arc::new(AtomicBool::new(false)),
            sender: Arc::new(watch::Sender::new(false)),
        }
    }

    /// Tells everybody to stop.
    pub fn trigger(&self) {
        self.flag.store(true, Ordering::Release);
        self.sender.send_replace(true);
    }

    /// Whether the word was spoken; cheap enough to ask once a batch.
    pub fn is_triggered(&self) -> bool {
        self.flag.load(Ordering::Acquire)
    }

    /// Waits until the word is spoken.
    pub async fn triggered(&self) {
        let mut receiver = self.sender.subscribe();
        // An error would mean that the sender is gone, but `self` holds it.
        let _ = receiver.wait_for(|&stopped| stopped).await;
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}
