use serde::Serialize;

/// Whether the gateway does its work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Whether it answers queries by an approved policy and writes its decisions down.
    pub ready: bool,
    /// Whether something is missing that it works without, and somebody should see to.
    pub lacking: bool,
    /// What it is, or what is wrong, one thing a line.
    pub words: Vec<String>,
}

impl Health {
    /// All is well.
    pub fn ready(words: impl Into<String>) -> Self {
        Self {
            ready: true,
            lacking: false,
            words: vec![words.into()],
        }
    }

    /// Something is missing that it works without.
    pub fn lacks(&mut self, what: impl Into<String>) {
        self.lacking = true;
        self.words.push(what.into());
    }

    /// Something is wrong.
    #[must_use]
    pub fn but(mut self, fault: impl Into<String>) -> Self {
        self.ready = false;
        self.words.push(fault.into());
        self
    }
}
