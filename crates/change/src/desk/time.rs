use model::{Clock, Moment};
use std::time::Duration;

/// The moment, guarded against a clock that is set back.
///
/// It goes on from the latest moment that the ledger knows of by the span that never runs
/// backwards. A clock that was wrong by more than [`GuardedTime::FARTHEST`] is believed again when
/// it is set right: else a day in the wrong year would end everything for ever.
#[derive(Debug)]
pub(crate) struct GuardedTime {
    reached: Moment,
    at: Duration,
    /// Whether the clock is behind, and it was told of.
    told: bool,
}

impl GuardedTime {
    /// The farthest that a clock is taken to have been set back.
    pub(crate) const FARTHEST: Duration = Duration::from_secs(31 * 86_400);

    pub(crate) fn new(clock: &dyn Clock, latest: Moment) -> Self {
        let now = clock.now();
        let back = now.until(latest);
        Self {
            reached: if back <= Self::FARTHEST {
                now.max(latest)
            } else {
                now
            },
            at: clock.monotonic(),
            told: false,
        }
    }

    pub(crate) fn now(&mut self, clock: &dyn Clock) -> Moment {
        let (shown, span) = (clock.now(), clock.monotonic());
        let expected = self.reached.after(span.saturating_sub(self.at));
        let back = shown.until(expected);
        self.reached = if back <= Self::FARTHEST {
            shown.max(expected)
        } else {
            shown
        };
        self.at = span;
        self.reached
    }

    /// By how much the clock is behind, once for each time that it was set back.
    pub(crate) fn set_back(&mut self, clock: &dyn Clock) -> Option<Duration> {
        let expected = self
            .reached
            .after(clock.monotonic().saturating_sub(self.at));
        let back = clock.now().until(expected);
        self.now(clock);
        if back < TOLERANCE {
            self.told = false;
            return None;
        }
        (!std::mem::replace(&mut self.told, true)).then_some(back)
    }
}

/// What a time server may correct without anybody being told.
const TOLERANCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use model::ManualClock;

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    // CHG-29
    #[test]
    fn a_clock_set_back_does_not_take_time_back() {
        let clock = ManualClock::new(at("2026-11-23T10:00:00Z"));
        let mut time = GuardedTime::new(&clock, at("2026-11-23T09:00:00Z"));
        clock.set(at("2026-11-23T08:00:00Z"));
        assert_eq!(time.set_back(&clock), Some(Duration::from_secs(7_200)));
        assert_eq!(time.set_back(&clock), None, "told once");
        clock.advance(Duration::from_secs(60));
        assert_eq!(time.now(&clock), at("2026-11-23T10:01:00Z"));
    }

    #[test]
    fn a_start_goes_on_where_the_ledger_ended() {
        let clock = ManualClock::new(at("2026-11-20T10:00:00Z"));
        let mut time = GuardedTime::new(&clock, at("2026-11-23T10:00:00Z"));
        assert_eq!(time.now(&clock), at("2026-11-23T10:00:00Z"));
    }

    #[test]
    fn a_day_in_the_wrong_year_does_not_last_for_ever() {
        let clock = ManualClock::new(at("2099-01-01T00:00:00Z"));
        let mut time = GuardedTime::new(&clock, at("2026-11-23T10:00:00Z"));
        clock.set(at("2026-11-23T11:00:00Z"));
        assert_eq!(time.now(&clock), at("2026-11-23T11:00:00Z"));
    }
}
