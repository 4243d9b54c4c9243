use audit::EntryKind;
use model::Moment;
use std::time::Duration;

/// Watches whether the machine's clock can be believed where something is deleted by it.
///
/// A running gateway writes an entry at least once a day. Two entries that lie much farther apart
/// tell of a clock that jumped, or of a machine that was off for long: nothing tells which. Records
/// are deleted again once the log shows days of ordinary running, or the clock is set right.
#[derive(Debug, Default)]
pub(crate) struct LeapWatch {
    last: Option<Moment>,
    leap: Option<Leap>,
}

/// A jump of the clock that is not believed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leap {
    /// The last moment before.
    pub(crate) from: Moment,
    /// The first moment after.
    pub(crate) to: Moment,
    /// Whether it was told of.
    pub(crate) told: bool,
    /// Days of ordinary running since.
    days: u32,
}

impl LeapWatch {
    /// Hears of the next entry.
    pub(crate) fn hear(&mut self, at: Moment, kind: Option<EntryKind>) {
        let Some(last) = self.last.replace(at) else {
            return;
        };
        let longest = match kind {
            Some(EntryKind::Started) => OFF,
            Some(_) | None => RUNNING,
        };
        if last.until(at) > longest {
            let from = self.leap.map_or(last, |leap| leap.from);
            self.leap = Some(Leap::new(from, at));
            return;
        }
        let Some(leap) = &mut self.leap else { return };
        if at < leap.to {
            let plausible = RUNNING + DAY * (leap.days + 1);
            self.leap = (leap.from.until(at) > plausible).then(|| Leap::new(leap.from, at));
            return;
        }
        if kind == Some(EntryKind::Verified) && leap.to.until(at) >= NEARLY * (leap.days + 1) {
            leap.days += 1;
        }
        if leap.days >= DAYS {
            self.leap = None;
        }
    }

    /// The present jump was told of.
    pub(crate) const fn told(&mut self) {
        if let Some(leap) = &mut self.leap {
            leap.told = true;
        }
    }

    /// The jump that stands, as the clock shows it now.
    pub(crate) fn standing(&self, now: Moment) -> Option<Leap> {
        let last = self.last?;
        let fresh = (last.until(now) > RUNNING).then(|| Leap::new(last, now));
        self.leap.or(fresh)
    }
}

impl Leap {
    const fn new(from: Moment, to: Moment) -> Self {
        Self {
            from,
            to,
            told: false,
            days: 0,
        }
    }
}

const DAY: Duration = Duration::from_secs(86_400);
/// The daily verification may be late, as when the disk was full.
const RUNNING: Duration = Duration::from_secs(36 * 3_600);
/// A half-term without electricity is no fault of the clock.
const OFF: Duration = Duration::from_secs(10 * 86_400);
/// Verifications drift; five of them are five days all the same.
const NEARLY: Duration = Duration::from_secs(20 * 3_600);
/// Days of ordinary running after which the clock is believed.
const DAYS: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u64) -> Moment {
        let first: Moment = "2026-11-02T10:00:00Z".parse().unwrap();
        first.after(DAY * u32::try_from(number).unwrap())
    }

    fn running(days: std::ops::RangeInclusive<u64>) -> LeapWatch {
        let mut watch = LeapWatch::default();
        days.for_each(|number| watch.hear(day(number), Some(EntryKind::Verified)));
        watch
    }

    // LOG-03
    #[test]
    fn a_clock_that_jumps_is_not_believed_until_days_of_running_have_passed() {
        let mut watch = running(0..=5);
        assert_eq!(watch.standing(day(6)), None);
        assert!(watch.standing(day(400)).is_some(), "before any entry");
        for number in 400..405 {
            watch.hear(day(number), Some(EntryKind::Verified));
            assert!(watch.standing(day(number)).is_some(), "{number}");
        }
        watch.hear(day(405), Some(EntryKind::Verified));
        assert_eq!(watch.standing(day(405)), None);
    }

    #[test]
    fn a_restart_does_not_hide_a_jump_and_a_week_off_is_none() {
        let mut watch = running(0..=5);
        watch.hear(day(14), Some(EntryKind::Started));
        assert_eq!(watch.standing(day(14)), None);
        watch.hear(day(40), Some(EntryKind::Started));
        assert_eq!(watch.standing(day(40)).unwrap().from, day(14));
    }

    #[test]
    fn a_clock_that_is_set_right_is_believed_again_and_a_less_wrong_one_is_not() {
        let mut watch = running(0..=5);
        watch.hear(day(400), Some(EntryKind::Started));
        watch.hear(day(90), Some(EntryKind::ClockBackwards));
        assert_eq!(watch.standing(day(90)).unwrap().to, day(90));
        watch.hear(day(6), Some(EntryKind::ClockBackwards));
        assert_eq!(watch.standing(day(6)), None);
    }
}
