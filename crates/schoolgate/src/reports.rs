use crate::failure::chain;
use crate::rounds::{LOOKS_AN_HOUR, Rounds};
use alert::{DayCounts, Incidents, Report, School, last_week};
use change::Desk;
use std::io;
use std::sync::Arc;

/// What the reports are made from.
struct Sources {
    desk: Arc<Desk>,
    incidents: Arc<Incidents>,
    counts: Arc<DayCounts>,
    school: School,
}

/// Makes Monday's report, and counts the days that are over before somebody looks at them: a week
/// of decisions takes seconds to read.
pub(crate) fn start(
    desk: &Arc<Desk>,
    incidents: &Arc<Incidents>,
    counts: &Arc<DayCounts>,
    school: &School,
) -> io::Result<Rounds> {
    let sources = Sources {
        desk: Arc::clone(desk),
        incidents: Arc::clone(incidents),
        counts: Arc::clone(counts),
        school: school.clone(),
    };
    let mut looks = 0;
    Rounds::start("reports", move || {
        looks += 1;
        if let Err(error) = sources.report() {
            tracing::error!(%error, "the weekly report could not be made");
        }
        if looks % LOOKS_AN_HOUR == FIRST {
            sources.count_ahead();
        }
    })
}

impl Sources {
    /// Makes Monday's report, once (REP-02).
    fn report(&self) -> Result<(), String> {
        let now = self.desk.now();
        let span = last_week(&self.school, now);
        let queue = self.desk.notices();
        if queue.knows_topic(&Report::topic(span.1)) || self.desk.began() >= span.1 {
            return Ok(());
        }
        let incidents = self.incidents.all();
        let changes = self.desk.change_counts(span.0, span.1);
        let report = self
            .counts
            .report(&self.school, span, now, &incidents, changes)
            .map_err(|error| chain(&error))?;
        queue
            .push(report.letter(now))
            .map(drop)
            .map_err(|error| chain(&error))
    }

    /// Counts the week that ended last and the days since: a day that is closed to a key later is
    /// known by then.
    fn count_ahead(&self) {
        let now = self.desk.now();
        let (from, until) = last_week(&self.school, now);
        for span in [(from, until), (until, now)] {
            if let Err(error) = self.counts.count_ahead(span, now) {
                tracing::warn!(error = %chain(&error), "the week could not be counted");
            }
        }
    }
}

/// Not while the gateway starts.
const FIRST: u64 = 20;
