use audit::{DecisionRow, Search, SearchError, search};
use model::{Action, Moment};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Counts of what was refused, by the hour, from the journal; past hours are counted once.
#[derive(Debug)]
pub(crate) struct Tally {
    journal: PathBuf,
    hours: Mutex<BTreeMap<i64, Arc<HourTally>>>,
}

/// What was refused in one hour, or in several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HourTally {
    /// By group.
    pub(crate) groups: BTreeMap<Arc<str>, Refused>,
    /// By category, requests of people alone.
    pub(crate) categories: BTreeMap<Arc<str>, u64>,
}

/// Refused requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Refused {
    /// That a person made, as far as can be told.
    pub(crate) people: u64,
    /// That a machine made by itself: adverts, apps in the background (REP-28).
    pub(crate) background: u64,
}

/// What was counted of a span.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counted {
    /// The sum.
    pub(crate) sum: HourTally,
    /// Whether hours are missing that were not counted yet.
    pub(crate) unfinished: bool,
}

impl Tally {
    /// A tally of the journal in a folder.
    pub(crate) const fn new(journal: PathBuf) -> Self {
        Self {
            journal,
            hours: Mutex::new(BTreeMap::new()),
        }
    }

    /// Counts from one moment to another, both on the hour or the latter the present.
    ///
    /// `go_on` says whether there is time for one more hour; what is left out is said.
    ///
    /// # Errors
    ///
    /// Fails when the journal cannot be read.
    pub(crate) fn count(
        &self,
        from: Moment,
        until: Moment,
        now: Moment,
        go_on: impl Fn() -> bool,
    ) -> Result<Counted, SearchError> {
        let mut counted = Counted::default();
        let mut at = from;
        while at < until {
            let end = at.after(HOUR).min(until);
            match self.held(at) {
                Some(hour) => counted.sum.add(&hour),
                None if go_on() => {
                    let hour = Arc::new(hour(&self.journal, at, end)?);
                    counted.sum.add(&hour);
                    // The journal writes what it holds within seconds; an hour that is just over
                    // is counted again.
                    if end.after(GRACE) <= now {
                        self.hold(at, hour, now);
                    }
                }
                None => counted.unfinished = true,
            }
            at = end;
        }
        Ok(counted)
    }

    fn held(&self, at: Moment) -> Option<Arc<HourTally>> {
        let hours = self.hours.lock().unwrap_or_else(PoisonError::into_inner);
        hours.get(&at.millis()).cloned()
    }

    fn hold(&self, at: Moment, hour: Arc<HourTally>, now: Moment) {
        let mut hours = self.hours.lock().unwrap_or_else(PoisonError::into_inner);
        hours.insert(at.millis(), hour);
        let oldest = now.before(KEPT).millis();
        *hours = hours.split_off(&oldest);
    }
}

impl HourTally {
    /// All groups together.
    pub(crate) fn total(&self) -> Refused {
        let mut total = Refused::default();
        for refused in self.groups.values() {
            total.people += refused.people;
            total.background += refused.background;
        }
        total
    }

    fn add(&mut self, other: &Self) {
        for (group, refused) in &other.groups {
            let held = self.groups.entry(Arc::clone(group)).or_default();
            held.people += refused.people;
            held.background += refused.background;
        }
        for (category, count) in &other.categories {
            *self.categories.entry(Arc::clone(category)).or_default() += count;
        }
    }

    fn take(&mut self, row: &DecisionRow) {
        let held = self.groups.entry(Arc::clone(&row.group)).or_default();
        if row.background {
            held.background += row.count;
            return;
        }
        held.people += row.count;
        for category in row.categories.iter() {
            *self.categories.entry(Arc::clone(category)).or_default() += row.count;
        }
    }
}

fn hour(journal: &Path, from: Moment, until: Moment) -> Result<HourTally, SearchError> {
    let mut tally = HourTally::default();
    for action in [Action::Block, Action::Permission] {
        span(journal, action, from, until, &mut tally)?;
    }
    Ok(tally)
}

/// Counts a span; one with more rows than a search gives is halved.
fn span(
    journal: &Path,
    action: Action,
    from: Moment,
    until: Moment,
    tally: &mut HourTally,
) -> Result<(), SearchError> {
    let rows = search(
        journal,
        &Search {
            action: Some(action),
            since: Some(from),
            until: Some(until),
            ..Search::default()
        },
    )?;
    let wide = from.until(until);
    if rows.len() >= Search::LIMIT && wide > SMALLEST {
        let middle = from.after(wide / 2);
        span(journal, action, from, middle, tally)?;
        return span(journal, action, middle, until, tally);
    }
    // A search also gives what began before the span and reached into it; that was counted there.
    for row in rows.iter().filter(|row| from <= row.first) {
        tally.take(row);
    }
    Ok(())
}

const HOUR: Duration = Duration::from_secs(3_600);
const GRACE: Duration = Duration::from_secs(300);
const KEPT: Duration = Duration::from_secs(9 * 86_400);
const SMALLEST: Duration = Duration::from_secs(1);
