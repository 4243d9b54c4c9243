use crate::day_file::Place;
use crate::decision_row::DecisionRow;
use model::Moment;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;

/// Lays decisions that differ in nothing but their moment into one row a minute.
///
/// A row goes to the journal soon after its first decision and is brought up to date there while
/// its minute lasts, so folding never holds anything back.
#[derive(Debug, Default)]
pub struct Folder {
    folds: Vec<Fold>,
    /// Where the fold of a key stands, by the keyed hash of the key. Two keys of one hash are told
    /// apart by comparing the rows; the later one then stands alone.
    places: HashMap<u64, usize>,
    apart: Vec<Fold>,
    /// How many distinct rows a client has had in a minute.
    distinct: HashMap<(IpAddr, i64), u32>,
    minute: i64,
    hasher: RandomState,
    folded: u64,
    floods: u64,
}

/// A row on its way to the journal.
#[derive(Debug)]
pub struct Fold {
    row: DecisionRow,
    /// Where the row stands, once it is in a day file.
    pub(crate) place: Option<Place>,
    pub(crate) unwritten: bool,
}

impl Fold {
    fn new(row: DecisionRow) -> Self {
        Self {
            row,
            place: None,
            unwritten: true,
        }
    }

    /// The row as it stands now.
    pub const fn row(&self) -> &DecisionRow {
        &self.row
    }

    fn take_in(&mut self, row: &DecisionRow) {
        self.row.first = self.row.first.min(row.first);
        self.row.last = self.row.last.max(row.last);
        self.row.count = self.row.count.saturating_add(row.count);
        self.row.bytes = self.row.bytes.saturating_add(row.bytes);
        self.row.duration_ms = self.row.duration_ms.max(row.duration_ms);
        self.unwritten = true;
    }
}

/// As many rows are held as may be held, and none of them is written yet.
#[derive(Debug, thiserror::Error)]
#[error("{limit} decisions wait for the journal; no more are taken in", limit = Folder::LIMIT)]
pub struct FolderFull(pub Box<DecisionRow>);

impl Folder {
    /// The most rows that are held.
    pub const LIMIT: usize = 65_536;

    /// The most distinct rows of one client in one minute; what comes after shares one row for
    /// each action.
    pub const DISTINCT_LIMIT: u32 = 2_000;

    /// Takes in one decision.
    ///
    /// # Errors
    ///
    /// Gives the row back when no more can be held before something is written.
    pub fn add(&mut self, mut row: DecisionRow) -> Result<(), FolderFull> {
        if !row.folds() {
            self.make_room(row)
                .map(|row| self.apart.push(Fold::new(row)))?;
            return Ok(());
        }
        let mut hash = self.hasher.hash_one(key(&row));
        if self.join(hash, &row, |held| key(held) == key(&row)) {
            return Ok(());
        }
        let who = (row.client, minute(row.first));
        if self
            .distinct
            .get(&who)
            .is_some_and(|&rows| rows >= Self::DISTINCT_LIMIT)
        {
            hash = self.hasher.hash_one(flood_key(&row));
            if self.join(hash, &row, |held| {
                held.flood && flood_key(held) == flood_key(&row)
            }) {
                return Ok(());
            }
            row.flood = true;
            self.floods += 1;
        }
        let row = self.make_room(row)?;
        *self.distinct.entry(who).or_default() += 1;
        self.places.insert(hash, self.folds.len());
        self.folds.push(Fold::new(row));
        Ok(())
    }

    fn join(&mut self, hash: u64, row: &DecisionRow, same: impl Fn(&DecisionRow) -> bool) -> bool {
        let held = self
            .places
            .get(&hash)
            .and_then(|&place| self.folds.get_mut(place));
        let Some(fold) = held.filter(|fold| same(&fold.row)) else {
            return false;
        };
        fold.take_in(row);
        self.folded += row.count;
        true
    }

    fn make_room(&mut self, row: DecisionRow) -> Result<DecisionRow, FolderFull> {
        if self.len() >= Self::LIMIT {
            // What is in the journal already may be forgotten; its repetitions get a new row.
            self.keep(|fold| fold.unwritten);
            // Addresses can be made up by the million, so the counts are forgotten with the rows.
            if self.distinct.len() > Self::LIMIT {
                self.distinct.clear();
            }
        }
        if self.len() >= Self::LIMIT {
            Err(FolderFull(Box::new(row)))
        } else {
            Ok(row)
        }
    }

    /// The rows that the journal does not have as they are now.
    pub fn unwritten(&mut self) -> impl Iterator<Item = &mut Fold> {
        self.folds
            .iter_mut()
            .chain(&mut self.apart)
            .filter(|fold| fold.unwritten)
    }

    /// Lets go of what is written and whose minute is over.
    pub fn settle(&mut self, now: Moment) {
        self.apart.retain(|fold| fold.unwritten);
        let present = minute(now);
        if present != self.minute {
            self.minute = present;
            // Batches arrive a moment late, so the minute before stays open as well.
            let open = |then: i64| (present - 1..=present).contains(&then);
            self.keep(|fold| fold.unwritten || open(minute(fold.row.first)));
            self.distinct.retain(|(_, then), _| open(*then));
        }
    }

    fn keep(&mut self, keep: impl Fn(&Fold) -> bool) {
        self.apart.retain(|fold| fold.unwritten);
        self.folds.retain(keep);
        self.places.clear();
        for (place, fold) in self.folds.iter().enumerate() {
            let hash = if fold.row.flood {
                self.hasher.hash_one(flood_key(&fold.row))
            } else {
                self.hasher.hash_one(key(&fold.row))
            };
            self.places.insert(hash, place);
        }
    }

    /// How many rows are held.
    pub fn len(&self) -> usize {
        self.folds.len() + self.apart.len()
    }

    /// Whether no row is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many decisions joined a row that was there.
    pub const fn folded(&self) -> u64 {
        self.folded
    }

    /// How many rows were begun because a client asked for too many distinct things.
    pub const fn floods(&self) -> u64 {
        self.floods
    }
}

fn minute(moment: Moment) -> i64 {
    moment.seconds().div_euclid(60)
}

/// What two decisions must share to share a row.
fn key(row: &DecisionRow) -> impl PartialEq + std::hash::Hash + '_ {
    let who = (row.client, &row.user, &row.device, &row.group, &row.zone);
    let what = (row.door, &row.host, &row.kind, &row.method, row.background);
    let why = (
        row.action,
        row.rung,
        &row.rule,
        &row.list,
        &row.list_version,
        row.policy_version,
    );
    (minute(row.first), row.flood, who, what, why)
}

/// What decisions past the limit share: a row must not name another person than the one who asked.
fn flood_key(row: &DecisionRow) -> impl PartialEq + std::hash::Hash + '_ {
    (
        minute(row.first),
        row.client,
        &row.user,
        &row.group,
        row.action,
    )
}

#[cfg(test)]
mod tests;
