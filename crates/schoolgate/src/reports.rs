use crate::failure::chain;
use alert::{DayCounts, Incidents, Report, School, last_week};
use change::Desk;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Makes Monday's report, and counts the days that are over before somebody looks at them, on a
/// thread of its own: a week of decisions takes seconds to read.
pub(crate) struct Reports {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

/// What the reports are made from.
struct Sources {
    desk: Arc<Desk>,
    incidents: Arc<Incidents>,
    counts: Arc<DayCounts>,
    school: School,
}

impl Reports {
    /// Starts to look for what is to be reported.
    pub(crate) fn start(
        desk: &Arc<Desk>,
        incidents: &Arc<Incidents>,
        counts: &Arc<DayCounts>,
        school: &School,
    ) -> io::Result<Self> {
        let sources = Sources {
            desk: Arc::clone(desk),
            incidents: Arc::clone(incidents),
            counts: Arc::clone(counts),
            school: school.clone(),
        };
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("reports".to_owned())
            .spawn(move || sources.go_on(&stopped))?;
        Ok(Self { stop, thread })
    }

    /// Stops, and waits for the report that is being made.
    pub(crate) fn stop(self) {
        drop(self.stop);
        // A panic of the thread was printed when it happened.
        let _ended = self.thread.join();
    }
}

impl Sources {
    fn go_on(&self, stopped: &Receiver<()>) {
        let mut looks = 0u64;
        while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(EVERY) {
            looks += 1;
            if let Err(error) = self.report() {
                tracing::error!(%error, "the weekly report could not be made");
            }
            if looks % LOOKS == FIRST {
                self.count_ahead();
            }
        }
    }

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

const EVERY: Duration = Duration::from_secs(1);

/// An hour of looks, and the first of them: not while the gateway starts.
const LOOKS: u64 = 3_600;
const FIRST: u64 = 20;
