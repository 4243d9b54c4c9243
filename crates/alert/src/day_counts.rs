use crate::School;
use crate::counts::Counts;
use crate::each_row::each_row;
use crate::incident::Recorded;
use crate::stamp::{Stamp, stamp};
use crate::weekly_report::{ChangeCounts, Report};
use audit::SearchError;
use model::Moment;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The journal counted by the day, for reports: a day that is over is read once, and again only
/// when its files changed, as an erasure changes them.
///
/// What was counted of a day that was closed to a key since is still known.
#[derive(Debug)]
pub struct DayCounts {
    journal: PathBuf,
    held: Mutex<BTreeMap<(Moment, Moment), Held>>,
}

#[derive(Clone, Debug)]
struct Held {
    /// The files of the day when it was counted.
    stamp: Vec<Stamp>,
    at: Moment,
    used: Moment,
    counts: Arc<Counts>,
}

impl DayCounts {
    /// Of the journal in a folder; nothing is read yet.
    pub const fn new(journal: PathBuf) -> Self {
        Self {
            journal,
            held: Mutex::new(BTreeMap::new()),
        }
    }

    /// Makes the report of a span from the decisions in the journal, the incidents and the changes.
    ///
    /// # Errors
    ///
    /// Fails when the journal cannot be read.
    pub fn report(
        &self,
        school: &School,
        span: (Moment, Moment),
        now: Moment,
        incidents: &[Recorded],
        changes: ChangeCounts,
    ) -> Result<Report, SearchError> {
        let counts = self.count(span, now)?;
        Ok(Report::of(school, span, &counts, incidents, changes))
    }

    /// Counts a span before anybody asks for it.
    ///
    /// # Errors
    ///
    /// Fails when the journal cannot be read.
    pub fn count_ahead(&self, span: (Moment, Moment), now: Moment) -> Result<(), SearchError> {
        self.count(span, now).map(drop)
    }

    fn count(&self, (from, until): (Moment, Moment), now: Moment) -> Result<Counts, SearchError> {
        let mut sum = Counts::default();
        let mut start = from;
        while start < until {
            // The journal's days are those of UTC.
            let day = Moment::from_millis(start.millis().div_euclid(DAY_MS) * DAY_MS);
            let end = day.after(Duration::from_millis(DAY_MS.unsigned_abs()));
            let end = end.min(until);
            sum.add(&*self.part(start, end, now)?);
            start = end;
        }
        Ok(sum)
    }

    /// What lies within one day.
    fn part(&self, from: Moment, until: Moment, now: Moment) -> Result<Arc<Counts>, SearchError> {
        let day = from
            .to_string()
            .split('T')
            .next()
            .map(|day| format!("{day}."));
        let day = day.unwrap_or_default();
        let stamp = stamp(&self.journal, |name| name.starts_with(&day));
        if let Some(held) = self.find(from, until, &stamp, now) {
            return Ok(held);
        }
        let mut counts = Counts::default();
        let closed = each_row(&self.journal, from, until, &mut |row| counts.take_in(&row))?;
        // A file of the journal begins with its day.
        let days = closed.iter().filter_map(|file| file.split('.').next());
        counts.closed.extend(days.map(str::to_owned));
        let counts = Arc::new(counts);
        // The journal writes what it holds within seconds.
        if until.after(GRACE) <= now {
            let counts = Arc::clone(&counts);
            let (at, used) = (now, now);
            self.hold(
                (from, until),
                Held {
                    stamp,
                    at,
                    used,
                    counts,
                },
            );
        }
        Ok(counts)
    }

    fn find(
        &self,
        from: Moment,
        until: Moment,
        stamp: &[Stamp],
        now: Moment,
    ) -> Option<Arc<Counts>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let found = held.get_mut(&(from, until))?;
        let is_closed = |stamp: &[Stamp]| stamp.iter().any(Stamp::is_closed);
        if !is_closed(&found.stamp) && is_closed(stamp) {
            // It was closed since, and cannot be read again.
            found.stamp = stamp.to_vec();
        }
        // A part of a day that is still written to changes only by an erasure.
        if found.stamp != stamp && found.at.until(now) >= FRESH {
            return None;
        }
        found.used = now;
        Some(Arc::clone(&found.counts))
    }

    fn hold(&self, span: (Moment, Moment), counted: Held) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(span, counted);
        if held.len() > MOST_DAYS {
            let oldest = held.iter().min_by_key(|(_, held)| held.used);
            let oldest = oldest.map(|(span, _)| *span);
            oldest.and_then(|span| held.remove(&span));
        }
    }
}

const DAY_MS: i64 = 86_400_000;
const GRACE: Duration = Duration::from_secs(300);
const FRESH: Duration = Duration::from_secs(600);

/// Two weeks and their Mondays; a day's sites may be some megabytes.
const MOST_DAYS: usize = 24;

#[cfg(test)]
mod tests;
