use model::{Clock, Moment, SystemClock};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A clock that the demo moves through its day, and that then goes on as clocks do.
#[derive(Debug)]
pub(crate) struct DemoClock {
    machine: SystemClock,
    /// The moment while it stands; the distance from the machine's monotonic span once it runs.
    millis: AtomicI64,
    runs: std::sync::atomic::AtomicBool,
}

impl DemoClock {
    /// Makes a clock that stands at a moment.
    pub(crate) fn at(text: &str) -> Self {
        // INVARIANT: the moments of the demo are constants, and a test reads them.
        let moment = text.parse().unwrap_or(Moment::from_millis(0));
        Self {
            machine: SystemClock::default(),
            millis: AtomicI64::new(moment.millis()),
            runs: false.into(),
        }
    }

    /// Moves the standing clock forward.
    pub(crate) fn step(&self, span: Duration) {
        self.millis
            .fetch_add(span.as_millis() as i64, Ordering::SeqCst);
    }

    /// Sets the standing clock.
    pub(crate) fn set(&self, text: &str) {
        if let Ok(moment) = text.parse::<Moment>() {
            self.millis.store(moment.millis(), Ordering::SeqCst);
        }
    }

    /// Moves the clock to a moment, from which it goes on; also back, as a bad battery does.
    pub(crate) fn jump(&self, to: Moment) {
        let elapsed = match self.runs.load(Ordering::SeqCst) {
            true => self.machine.monotonic().as_millis() as i64,
            false => 0,
        };
        self.millis.store(to.millis() - elapsed, Ordering::SeqCst);
    }

    /// Lets the clock run from where it stands.
    pub(crate) fn run(&self) {
        let elapsed = self.machine.monotonic().as_millis() as i64;
        self.millis.fetch_sub(elapsed, Ordering::SeqCst);
        self.runs.store(true, Ordering::SeqCst);
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Moment {
        let millis = self.millis.load(Ordering::SeqCst);
        if self.runs.load(Ordering::SeqCst) {
            return Moment::from_millis(millis + self.machine.monotonic().as_millis() as i64);
        }
        Moment::from_millis(millis)
    }

    fn monotonic(&self) -> Duration {
        self.machine.monotonic()
    }
}
