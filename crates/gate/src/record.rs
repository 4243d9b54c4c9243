use crate::State;
use crate::judgement::{Client, Facts, Judgement};
use model::{Host, Moment, Subject, Target, Verdict};
use std::net::IpAddr;
use std::sync::Arc;

/// The journal is behind; the row was not taken.
///
/// A proxy door waits a few milliseconds and tries again; the DNS door counts a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal is behind")]
pub struct Backlog;

/// One decision as a session writes it down: fixed size, its texts in the batch's arena.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) at: Moment,
    pub(crate) source: IpAddr,
    pub(crate) subject: Option<Subject>,
    pub(crate) verdict: Verdict,
    pub(crate) labels: model::Labels,
    pub(crate) facts: Facts,
    pub(crate) host: (u32, u32),
    pub(crate) path: (u32, u32),
}

/// Decisions that one session took under one state.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) state: Arc<State>,
    pub(crate) rows: Vec<Row>,
    pub(crate) text: String,
}

impl Batch {
    pub(crate) fn new(state: Arc<State>) -> Self {
        Self {
            state,
            rows: Vec::with_capacity(ROWS),
            text: String::with_capacity(TEXT),
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows.len() >= ROWS || self.text.len() >= TEXT - LONGEST
    }

    /// Empties the batch for another state, keeping its room.
    pub(crate) fn reuse(&mut self, state: Arc<State>) {
        self.state = state;
        self.rows.clear();
        self.text.clear();
    }

    pub(crate) fn push(
        &mut self,
        at: Moment,
        client: &Client,
        target: &Target<'_>,
        judgement: &Judgement,
        facts: Facts,
    ) {
        let host = match target.host {
            Host::Name(name) => self.keep(name.as_str()),
            Host::Address(address) => self.keep_address(address),
        };
        let path = target
            .url
            .as_ref()
            .map_or((0, 0), |url| self.keep(&url.path));
        self.rows.push(Row {
            at,
            source: client.source,
            subject: client.subject,
            verdict: judgement.verdict,
            labels: judgement.labels,
            facts,
            host,
            path,
        });
    }

    pub(crate) fn text(&self, (start, end): (u32, u32)) -> &str {
        self.text.get(start as usize..end as usize).unwrap_or("")
    }

    fn keep(&mut self, text: &str) -> (u32, u32) {
        let mut end = text.len().min(LONGEST / 2);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let start = self.text.len() as u32;
        self.text.push_str(&text[..end]);
        (start, self.text.len() as u32)
    }

    fn keep_address(&mut self, address: IpAddr) -> (u32, u32) {
        use std::fmt::Write as _;
        let start = self.text.len() as u32;
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{address}");
        (start, self.text.len() as u32)
    }
}

/// Rows of one batch: small enough to be handed over within the second that may be lost.
const ROWS: usize = 2048;

/// Room for the texts of a batch, in bytes.
const TEXT: usize = 128 * 1024;

/// The most that one row adds to the text: a host and a path, both cut.
const LONGEST: usize = 4096;
