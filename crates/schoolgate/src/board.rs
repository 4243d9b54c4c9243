use lists::{Outcome, Progress};
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};

/// How far each list of a round of fetching has come, for whoever looks on.
#[derive(Debug, Default)]
pub(crate) struct Board {
    shown: Mutex<Shown>,
}

/// A round as it stands.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Shown {
    /// Whether it goes on.
    pub(crate) busy: bool,
    /// The lists, in the order in which they were asked for.
    pub(crate) rows: Vec<Row>,
    /// What came of the round as a whole, once it is over.
    pub(crate) words: Vec<String>,
    /// Whether something went wrong that is not of one list.
    pub(crate) failed: bool,
}

/// One list of a round.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) bytes: u64,
    pub(crate) total: Option<u64>,
    pub(crate) ended: Option<Ended>,
}

/// What came of one list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ended {
    pub(crate) what: What,
    pub(crate) words: String,
}

/// What came of one list, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum What {
    Taken,
    Unchanged,
    Waits,
    PutAside,
    Failed,
}

impl Board {
    /// Begins a round with these lists.
    pub(crate) fn begin(&self, ids: impl Iterator<Item = String>) {
        let rows = ids.map(|id| Row {
            id,
            ..Row::default()
        });
        *self.lock() = Shown {
            busy: true,
            rows: rows.collect(),
            ..Shown::default()
        };
    }

    /// Takes in what fetching tells.
    pub(crate) fn hear(&self, progress: Progress<'_>) {
        let mut shown = self.lock();
        let (id, change): (&str, &dyn Fn(&mut Row)) = match progress {
            Progress::Begun { id } => (id, &|_: &mut Row| {}),
            Progress::Bytes { id, bytes, total } => (id, &move |row: &mut Row| {
                (row.bytes, row.total) = (bytes, total);
            }),
            Progress::Ended { id, outcome } => (id, &move |row: &mut Row| {
                row.ended = Some(Ended::of(outcome));
            }),
        };
        if let Some(row) = shown.rows.iter_mut().find(|row| row.id == id) {
            change(row);
        }
    }

    /// Ends the round.
    pub(crate) fn end(&self, words: Vec<String>, failed: bool) {
        let mut shown = self.lock();
        shown.busy = false;
        shown.words = words;
        shown.failed = failed;
    }

    /// The round as it stands.
    pub(crate) fn shown(&self) -> Shown {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shown> {
        // A row is written in one go, so a panic elsewhere left none half done.
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown {
    /// Whether every list came, or needed not to.
    pub(crate) fn is_well(&self) -> bool {
        !self.failed
            && self.rows.iter().all(|row| match &row.ended {
                Some(ended) => match ended.what {
                    What::Taken | What::Unchanged | What::Waits => true,
                    What::PutAside | What::Failed => false,
                },
                None => false,
            })
    }
}

impl Ended {
    /// What came of a list, in words.
    pub(crate) fn of(outcome: &Outcome) -> Self {
        let (what, words) = match outcome {
            Outcome::Taken {
                entries,
                difference,
                ..
            } => (
                What::Taken,
                format!(
                    "{entries} entries, {} new, {} gone",
                    difference.added, difference.removed
                ),
            ),
            Outcome::Unchanged => (What::Unchanged, "nothing newer".to_owned()),
            Outcome::Waits { until } => (What::Waits, format!("not to be asked before {until}")),
            Outcome::Quarantined { reasons, kept, .. } => (
                What::PutAside,
                format!("put aside: {}; {}", reasons.join("; "), stays(kept)),
            ),
            Outcome::Failed { reasons, kept } => (
                What::Failed,
                format!("did not come: {}; {}", reasons.join("; "), stays(kept)),
            ),
        };
        Self { what, words }
    }
}

fn stays(kept: &Option<model::Digest>) -> &'static str {
    match kept {
        Some(_) => "the last good version stays",
        None => "there is no earlier version",
    }
}
