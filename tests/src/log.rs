use std::io::{BufRead, BufReader};
use std::process::ChildStderr;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The lines that the gateway has said so far.
#[derive(Debug, Default)]
pub(crate) struct Log {
    lines: Mutex<(Vec<String>, bool)>,
    grown: Condvar,
}

impl Log {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// Reads on a thread of its own until the gateway ends.
    pub(crate) fn follow(self: &Arc<Self>, from: ChildStderr) {
        let into = Arc::clone(self);
        std::thread::spawn(move || {
            for line in BufReader::new(from).lines().map_while(Result::ok) {
                into.lock().0.push(line);
                into.grown.notify_all();
            }
            into.lock().1 = true;
            into.grown.notify_all();
        });
    }

    /// How many lines there are.
    pub(crate) fn len(&self) -> usize {
        self.lock().0.len()
    }

    /// Waits for a line that contains the text; `None` when the gateway ended without one, or
    /// said none for two minutes.
    pub(crate) fn find(&self, from: usize, text: &str) -> Option<(usize, String)> {
        let mut lines = self.lock();
        let mut next = from;
        loop {
            while let Some(line) = lines.0.get(next) {
                if line.contains(text) {
                    return Some((next, line.clone()));
                }
                next += 1;
            }
            if lines.1 {
                return None;
            }
            let waited = self.grown.wait_timeout(lines, PATIENCE);
            let (held, timed) = waited.unwrap_or_else(PoisonError::into_inner);
            if timed.timed_out() {
                return None;
            }
            lines = held;
        }
    }

    pub(crate) fn text(&self) -> String {
        self.lock().0.join("\n")
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (Vec<String>, bool)> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A debug build on a loaded machine may be slow; a gateway that says nothing for so long is dead.
const PATIENCE: Duration = Duration::from_secs(120);
