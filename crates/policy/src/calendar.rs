use crate::settings::{Day, DayKind, TimeOfDay, Weekday};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};
use model::{Moment, ScheduleIndex, ScheduleSet, Schedules};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

mod parse;

pub(crate) use parse::parse;

/// The school year, compiled: which schedules run at a moment, and when that changes.
///
/// A day is cut into segments in which nothing changes; days are worked out once and kept.
#[derive(Debug)]
pub(crate) struct Calendar {
    zone: TimeZone,
    terms: Vec<(Date, Date)>,
    inset: BTreeSet<Date>,
    bank_holidays: BTreeSet<Date>,
    half_days: BTreeMap<Date, Time>,
    schedules: Vec<Schedule>,
    /// Places of `schedules`, those that others include or except first.
    order: Vec<usize>,
    memo: Mutex<Memo>,
    samples: OnceLock<Vec<Moment>>,
}

#[derive(Debug)]
pub(crate) struct Schedule {
    pub(crate) id: String,
    pub(crate) title: String,
    on: DayKind,
    /// The days of the week, Monday the lowest bit.
    days: u8,
    windows: Vec<(Time, Time)>,
    includes: u128,
    except: u128,
}

#[derive(Debug, Default)]
struct Memo {
    days: BTreeMap<Date, Arc<[Segment]>>,
    /// States by the moment from which they hold.
    states: BTreeMap<Moment, (Option<Moment>, Schedules)>,
}

/// From a moment on, these run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Segment {
    start: Moment,
    running: u128,
}

/// A part of a day in which the same schedules run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first moment.
    pub start: Moment,
    /// The moment at which it is over.
    pub end: Moment,
    /// What runs.
    pub running: ScheduleSet,
}

impl Calendar {
    /// What runs between two moments, cut at midnight and where something begins or ends.
    pub(crate) fn spans(&self, from: Moment, until: Moment) -> Vec<Span> {
        let mut memo = self.memo.lock().unwrap_or_else(PoisonError::into_inner);
        let mut spans: Vec<Span> = Vec::new();
        let mut date = self.date(from);
        let last = self.date(until);
        while date <= last {
            for segment in self.day(date, &mut memo).iter() {
                if let Some(before) = spans.last_mut() {
                    before.end = segment.start;
                }
                spans.push(Span {
                    start: segment.start,
                    end: until,
                    running: ScheduleSet(segment.running),
                });
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        spans.retain(|span| span.start < until && from < span.end);
        if let Some(first) = spans.first_mut() {
            first.start = first.start.max(from);
        }
        if let Some(last) = spans.last_mut() {
            last.end = until;
        }
        spans
    }

    /// What the clock of the school shows.
    pub(crate) fn clock(&self, at: Moment) -> (Day, TimeOfDay) {
        let shown = Timestamp::from_millisecond(at.millis())
            .map_or(DateTime::MIN, |stamp| self.zone.to_datetime(stamp));
        (Day(shown.date()), TimeOfDay(shown.time()))
    }

    /// The name of the time zone.
    pub(crate) fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// Whether a day is of a kind.
    pub(crate) fn is_day(&self, kind: DayKind, day: Day) -> bool {
        self.is(kind, day.0)
    }

    /// Finds a schedule by its id.
    pub(crate) fn find(&self, id: &str) -> Option<ScheduleIndex> {
        let place = self.schedules.iter().position(|held| held.id == id)?;
        u8::try_from(place).ok().map(ScheduleIndex)
    }

    /// The schedules by place.
    pub(crate) fn schedules(&self) -> &[Schedule] {
        &self.schedules
    }

    /// What runs at a moment, and the next edge of each schedule within 400 days.
    pub(crate) fn state(&self, at: Moment) -> Schedules {
        let mut memo = self.memo.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, (end, state))) = memo.states.range(..=at).next_back()
            && end.is_none_or(|end| at < end)
        {
            return Schedules {
                at,
                ..state.clone()
            };
        }
        let (start, state) = self.find_state(at, &mut memo);
        if memo.states.len() >= MOST_STATES {
            memo.states.clear();
        }
        // A state without an edge in sight is kept for its own moment only.
        let end = state.valid_until().unwrap_or(at);
        memo.states.insert(start, (Some(end), state.clone()));
        state
    }

    /// The moment at which the clock of the school first shows this time or a later one.
    ///
    /// A time that the clock skips in spring comes to the moment of the jump, one that it shows
    /// twice in autumn to the first of the two, so windows that touch on the clock touch in truth.
    pub(crate) fn boundary(&self, date: Date, time: Time) -> Option<Moment> {
        let civil = DateTime::from_parts(date, time);
        let stamp = match self.zone.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(civil).ok()?,
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(civil).ok()?,
            AmbiguousOffset::Gap { after, .. } => {
                let early: Timestamp = after.to_timestamp(civil).ok()?;
                self.zone.following(early).next()?.timestamp()
            }
        };
        Some(Moment::from_millis(stamp.as_millisecond()))
    }

    /// The start of a day.
    pub(crate) fn start_of(&self, date: Date) -> Option<Moment> {
        self.boundary(date, Time::midnight())
    }

    /// The end of a day, which is the start of the next.
    pub(crate) fn end_of(&self, date: Date) -> Option<Moment> {
        self.start_of(date.tomorrow().ok()?)
    }

    /// Moments, one in each different state of the calendar in the year that the first term opens.
    pub(crate) fn samples(&self) -> &[Moment] {
        self.samples.get_or_init(|| self.find_samples())
    }

    fn find_samples(&self) -> Vec<Moment> {
        let first = self.terms.iter().map(|(start, _)| *start).min();
        let Some(from) = first.or_else(|| Date::new(2026, 9, 1).ok()) else {
            return Vec::new();
        };
        let mut memo = self.memo.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seen = BTreeMap::new();
        let mut date = from;
        for _ in 0..SIGHT_DAYS {
            for segment in self.day(date, &mut memo).iter() {
                seen.entry(segment.running).or_insert(segment.start);
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        seen.into_values().collect()
    }

    fn find_state(&self, at: Moment, memo: &mut Memo) -> (Moment, Schedules) {
        let mut date = self.date(at);
        let today = self.day(date, memo);
        let place = today.partition_point(|segment| segment.start <= at);
        let (start, running) = match today.get(place.wrapping_sub(1)) {
            Some(segment) => (segment.start, segment.running),
            None => (at, 0),
        };
        let mut edges = vec![None; self.schedules.len()];
        let mut pending = mask(self.schedules.len());
        let mut rest: Vec<Segment> = today[place..].to_vec();
        for _ in 0..SIGHT_DAYS {
            for segment in &rest {
                let mut turned = (segment.running ^ running) & pending;
                pending &= !turned;
                while turned != 0 {
                    edges[turned.trailing_zeros() as usize] = Some(segment.start);
                    turned &= turned - 1;
                }
            }
            if pending == 0 {
                break;
            }
            let Ok(next) = date.tomorrow() else { break };
            date = next;
            rest = self.day(date, memo).to_vec();
        }
        let running = ScheduleSet(running);
        (start, Schedules { at, running, edges })
    }

    fn date(&self, at: Moment) -> Date {
        Timestamp::from_millisecond(at.millis())
            .map_or(Date::MIN, |stamp| self.zone.to_datetime(stamp).date())
    }

    fn day(&self, date: Date, memo: &mut Memo) -> Arc<[Segment]> {
        if let Some(day) = memo.days.get(&date) {
            return Arc::clone(day);
        }
        let day: Arc<[Segment]> = self.cut(date).into();
        if memo.days.len() >= MOST_DAYS {
            memo.days.clear();
        }
        memo.days.insert(date, Arc::clone(&day));
        day
    }

    /// Cuts a day where a window begins or ends, and works out what runs in each part.
    fn cut(&self, date: Date) -> Vec<Segment> {
        let (Some(start), Some(end)) = (self.start_of(date), self.end_of(date)) else {
            return Vec::new();
        };
        let mut windows: Vec<(usize, Moment, Moment)> = Vec::new();
        // A window of the day before may reach over midnight.
        for day in [date.checked_sub(1.day()).ok(), Some(date)]
            .into_iter()
            .flatten()
        {
            for (place, schedule) in self.schedules.iter().enumerate() {
                windows.extend(
                    self.windows(schedule, day)
                        .map(|(from, to)| (place, from, to)),
                );
            }
        }
        let mut cuts: Vec<Moment> = windows
            .iter()
            .flat_map(|(_, from, to)| [*from, *to])
            .filter(|cut| *cut > start && *cut < end)
            .chain([start])
            .collect();
        cuts.sort_unstable();
        cuts.dedup();
        let mut day: Vec<Segment> = Vec::with_capacity(cuts.len());
        for start in cuts {
            let own = windows
                .iter()
                .filter(|(_, from, to)| *from <= start && start < *to)
                .fold(0u128, |own, (place, _, _)| own | 1 << place);
            let running = self.compose(own);
            day.push(Segment { start, running });
        }
        day
    }

    /// The windows of a schedule that begin on a day.
    fn windows<'a>(
        &'a self,
        schedule: &'a Schedule,
        date: Date,
    ) -> impl Iterator<Item = (Moment, Moment)> + 'a {
        let weekday = 1u8 << date.weekday().to_monday_zero_offset();
        let begins = schedule.days & weekday != 0 && self.is(schedule.on, date);
        let early = (schedule.on == DayKind::SchoolDays)
            .then(|| self.half_days.get(&date))
            .flatten()
            .and_then(|ends| self.boundary(date, *ends));
        schedule
            .windows
            .iter()
            .filter(move |_| begins)
            .filter_map(move |(from, to)| {
                let start = self.boundary(date, *from)?;
                let end = if to <= from {
                    self.boundary(date.tomorrow().ok()?, *to)?
                } else {
                    self.boundary(date, *to)?
                };
                let end = early.map_or(end, |early| end.min(early));
                (start < end).then_some((start, end))
            })
    }

    fn is(&self, kind: DayKind, date: Date) -> bool {
        let weekend = date.weekday().to_monday_zero_offset() >= 5;
        let bank = self.bank_holidays.contains(&date);
        let inset = self.inset.contains(&date);
        let term = self
            .terms
            .iter()
            .any(|(start, end)| *start <= date && date <= *end);
        match kind {
            DayKind::SchoolDays => term && !weekend && !bank && !inset,
            DayKind::InsetDays => inset,
            DayKind::Holidays => !weekend && (!term || bank) && !inset,
            DayKind::Weekends => weekend,
            DayKind::EveryDay => true,
        }
    }

    fn compose(&self, own: u128) -> u128 {
        self.order.iter().fold(0u128, |running, &place| {
            let schedule = &self.schedules[place];
            let with = own & (1 << place) != 0 || running & schedule.includes != 0;
            if with && running & schedule.except == 0 {
                running | 1 << place
            } else {
                running
            }
        })
    }
}

const fn weekday_bit(day: Weekday) -> u8 {
    match day {
        Weekday::Mon => 1,
        Weekday::Tue => 2,
        Weekday::Wed => 4,
        Weekday::Thu => 8,
        Weekday::Fri => 16,
        Weekday::Sat => 32,
        Weekday::Sun => 64,
    }
}

const fn mask(count: usize) -> u128 {
    if count >= 128 {
        u128::MAX
    } else {
        (1 << count) - 1
    }
}

/// How far ahead an edge is looked for: a schedule of one day a year is found.
const SIGHT_DAYS: usize = 400;
const MOST_DAYS: usize = 2_000;
const MOST_STATES: usize = 4_096;

#[cfg(test)]
mod tests;
