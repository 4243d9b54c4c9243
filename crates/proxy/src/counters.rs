use std::sync::atomic::{AtomicU64, Ordering};

/// One number that only grows, read by `/metrics`.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds to the number.
    pub fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// The number now.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What the proxy doors have done since the start, over all workers.
#[derive(Debug, Default)]
pub struct Counters {
    /// Connections that were accepted.
    pub connections: Counter,
    /// Connections that ended; `connections` less this is how many are open.
    pub connections_closed: Counter,
    /// Connections turned away because all places, or all of one client, were taken.
    pub turned_away: Counter,
    /// Plain HTTP requests that were judged.
    pub requests: Counter,
    /// Plain HTTP requests that were refused by the policy.
    pub requests_refused: Counter,
    /// CONNECT requests that were judged.
    pub tunnels: Counter,
    /// CONNECT requests that were refused, before or after the ClientHello.
    pub tunnels_refused: Counter,
    /// Tunnels and answers cut because the policy changed or a window closed.
    pub cut: Counter,
    /// Connections closed because nothing moved for too long.
    pub idle: Counter,
    /// Heads and bodies refused because they are malformed or ambiguous.
    pub malformed: Counter,
    /// ClientHellos that carried an encrypted one; browsers send an empty shell of it always.
    pub encrypted_hellos: Counter,
    /// CONNECT target and ClientHello named different hosts.
    pub mismatches: Counter,
    /// Destinations refused because they are private, or our own door.
    pub private_refused: Counter,
    /// Names that gave no address, and origins that did not answer.
    pub origin_failures: Counter,
    /// Times that a request waited for the journal.
    pub journal_waits: Counter,
    /// Bytes carried from origins to clients.
    pub bytes_down: Counter,
    /// Bytes carried from clients to origins, through tunnels.
    pub bytes_up: Counter,
}
