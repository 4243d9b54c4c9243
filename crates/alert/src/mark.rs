use crate::line_file::replace;
use audit::DecisionRow;
use model::Moment;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;

/// How far a watch got in the journal, and what of the last minutes it has seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    since: Moment,
    /// The decisions of the last minutes by their hash, each with its moment.
    seen: BTreeMap<u64, Moment>,
}

impl Mark {
    /// Reads a mark; one that is not there is made at `now`.
    ///
    /// One that cannot be understood is made anew a day back: rather counted twice than left out.
    pub(crate) fn read(path: &Path, now: Moment) -> io::Result<Self> {
        let at = |since| Self {
            since,
            seen: BTreeMap::new(),
        };
        match std::fs::read(path) {
            Ok(content) => {
                let read = serde_json::from_slice(&content);
                Ok(read.unwrap_or_else(|_| at(now.before(std::time::Duration::from_secs(86_400)))))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(at(now)),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        replace(path, &serde_json::to_vec(self)?)
    }

    pub(crate) const fn since(&self) -> Moment {
        self.since
    }

    /// Takes in the decisions of a span and gives those that were not seen before.
    pub(crate) fn unseen(
        &mut self,
        rows: Vec<DecisionRow>,
        from: Moment,
        now: Moment,
    ) -> Vec<DecisionRow> {
        // Two decisions may differ in nothing; then their places among the same tell them apart.
        let mut places: HashMap<u64, u64> = HashMap::new();
        let mut fresh = Vec::new();
        for row in rows {
            let bare = hash(&row, 0);
            let place = places.entry(bare).or_default();
            let hash = hash(&row, *place);
            *place += 1;
            if self.seen.insert(hash, row.first).is_none() {
                fresh.push(row);
            }
        }
        self.seen.retain(|_, at| *at >= from);
        self.since = now;
        fresh
    }
}

fn hash(row: &DecisionRow, place: u64) -> u64 {
    let fixed = DecisionRow {
        last: row.first,
        count: 0,
        bytes: 0,
        duration_ms: 0,
        ..row.clone()
    };
    let mut hash = Sha256::new();
    hash.update(serde_json::to_vec(&fixed).unwrap_or_default());
    hash.update(place.to_be_bytes());
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(hash.finalize());
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}
