use super::{Calendar, Memo, Schedule, mask, weekday_bit};
use crate::settings::{CalendarSettings, DayKind, ScheduleSettings};
use jiff::civil::Time;
use jiff::tz::TimeZone;
use model::{Document, Faults, Step, nearest};
use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock};

/// Makes the calendar of its settings; what is faulty is reported and left out.
pub(crate) fn parse(
    settings: &CalendarSettings,
    document: &Document,
    faults: &mut Faults,
) -> Calendar {
    let zone = TimeZone::get(&settings.time_zone).unwrap_or_else(|_| {
        let what = format!("time zone `{}` is not known", settings.time_zone);
        let fault = document.fault(&["time_zone".into()], what);
        faults.push(fault.mend("write a name of the IANA database, such as \"Europe/London\""));
        TimeZone::UTC
    });
    for (place, term) in settings.terms.iter().enumerate() {
        if term.end < term.start {
            let what = format!("term `{}` ends before it starts", term.name);
            let fault = document.fault(&["terms".into(), place.into(), "end".into()], what);
            faults.push(fault.mend("let `end` be the last day of the term"));
        }
    }
    let mut calendar = Calendar {
        zone,
        terms: settings
            .terms
            .iter()
            .map(|term| (term.start.0, term.end.0))
            .collect(),
        inset: settings.inset.iter().map(|day| day.0).collect(),
        bank_holidays: settings.bank_holidays.iter().map(|day| day.0).collect(),
        half_days: settings
            .half_days
            .iter()
            .map(|half| (half.date.0, half.ends.0))
            .collect(),
        schedules: Vec::new(),
        order: Vec::new(),
        memo: Mutex::new(Memo::default()),
        samples: OnceLock::new(),
    };
    if settings.schedules.len() > MOST_SCHEDULES {
        let what = format!("{} schedules are more than 128", settings.schedules.len());
        let fault = document.fault(&["schedules".into(), MOST_SCHEDULES.into()], what);
        faults.push(fault.mend("join schedules that differ in nothing"));
    }
    let held = &settings.schedules[..settings.schedules.len().min(MOST_SCHEDULES)];
    let mut parser = Parser {
        document,
        faults,
        held,
    };
    calendar.schedules = held
        .iter()
        .enumerate()
        .map(|(place, schedule)| parser.schedule(place, schedule))
        .collect();
    calendar.order = parser.order(&mut calendar.schedules);
    parser.idle(&calendar);
    calendar
}

struct Parser<'a> {
    document: &'a Document,
    faults: &'a mut Faults,
    held: &'a [ScheduleSettings],
}

impl Parser<'_> {
    fn fault(&mut self, place: usize, key: &str, what: String, mend: &str) {
        let steps: [Step<'_>; 3] = ["schedules".into(), place.into(), key.into()];
        self.faults
            .push(self.document.fault(&steps, what).mend(mend));
    }

    fn schedule(&mut self, place: usize, settings: &ScheduleSettings) -> Schedule {
        let id = &settings.id;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if id.is_empty() || !id.bytes().all(plain) || RESERVED.contains(&id.as_str()) {
            let what = format!("`{id}` cannot be the id of a schedule");
            self.fault(
                place,
                "id",
                what,
                "lower-case letters, digits and hyphens; not `always`",
            );
        }
        if self.held[..place].iter().any(|other| other.id == *id) {
            let what = format!("schedule `{id}` stands twice");
            self.fault(place, "id", what, "give one of the two another id");
        }
        let days = settings
            .days
            .iter()
            .fold(0, |days, day| days | weekday_bit(*day));
        Schedule {
            id: id.clone(),
            title: settings.title.clone(),
            on: settings.on,
            days: if days == 0 { ALL_DAYS } else { days },
            windows: self.windows(place, settings),
            includes: self.named(place, "includes", &settings.includes),
            except: self.named(place, "except", &settings.except),
        }
    }

    fn windows(&mut self, place: usize, settings: &ScheduleSettings) -> Vec<(Time, Time)> {
        let one = settings.from.is_some() || settings.to.is_some();
        if one && !settings.windows.is_empty() {
            let what = format!(
                "schedule `{}` has both `windows` and `from` or `to`",
                settings.id
            );
            self.fault(
                place,
                "windows",
                what,
                "move `from` and `to` into `windows`",
            );
        }
        if one && settings.from == settings.to {
            let what = format!("the window of schedule `{}` is empty", settings.id);
            self.fault(
                place,
                "to",
                what,
                "leave `from` and `to` out for the whole day",
            );
        }
        for window in &settings.windows {
            if window.from == window.to {
                let what = format!("a window of schedule `{}` is empty", settings.id);
                self.fault(place, "windows", what, "let `to` be later than `from`");
            }
        }
        let midnight = Time::midnight();
        if !settings.windows.is_empty() {
            return settings
                .windows
                .iter()
                .map(|window| (window.from.0, window.to.0))
                .collect();
        }
        if !one && !settings.includes.is_empty() {
            return Vec::new();
        }
        let or_midnight =
            |time: Option<crate::settings::TimeOfDay>| time.map_or(midnight, |time| time.0);
        vec![(or_midnight(settings.from), or_midnight(settings.to))]
    }

    fn named(&mut self, place: usize, key: &str, ids: &[String]) -> u128 {
        let mut set = 0;
        for (index, id) in ids.iter().enumerate() {
            match self.held.iter().position(|other| other.id == *id) {
                Some(other) => set |= 1 << other,
                None => {
                    let steps = ["schedules".into(), place.into(), key.into(), index.into()];
                    let fault = self.document.fault(&steps, format!("no schedule `{id}`"));
                    let known = self.held.iter().map(|other| other.id.as_str());
                    let mend = nearest(id, known).map_or_else(
                        || "name a schedule of this file".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    );
                    self.faults.push(fault.mend(mend));
                }
            }
        }
        set
    }

    /// Those that others are made of come first; a circle is reported and cut.
    fn order(&mut self, schedules: &mut [Schedule]) -> Vec<usize> {
        let mut order = Vec::with_capacity(schedules.len());
        let mut done: u128 = 0;
        loop {
            let ready = (0..schedules.len()).find(|&place| {
                let needs = schedules[place].includes | schedules[place].except;
                done & (1 << place) == 0 && needs & !done == 0
            });
            if let Some(place) = ready {
                done |= 1 << place;
                order.push(place);
                continue;
            }
            let left = mask(schedules.len()) & !done;
            if left == 0 {
                return order;
            }
            let place = left.trailing_zeros() as usize;
            let what = format!("schedule `{}` is made of itself", schedules[place].id);
            self.fault(
                place,
                "id",
                what,
                "take it out of `includes` and `except` on the way round",
            );
            schedules[place].includes = 0;
            schedules[place].except = 0;
        }
    }

    /// Schedules that never run are most likely a slip.
    fn idle(&mut self, calendar: &Calendar) {
        if calendar.schedules.is_empty() {
            return;
        }
        let seen: BTreeSet<u128> = calendar
            .samples()
            .iter()
            .map(|at| calendar.state(*at).running.0)
            .collect();
        let run = seen.iter().fold(0, |run, running| run | running);
        for (place, schedule) in calendar.schedules.iter().enumerate() {
            if run & (1 << place) != 0 {
                continue;
            }
            let mend = match schedule.on {
                DayKind::SchoolDays if calendar.terms.is_empty() => "write the `terms`",
                DayKind::SchoolDays
                | DayKind::InsetDays
                | DayKind::Holidays
                | DayKind::Weekends
                | DayKind::EveryDay => "look at `on`, `days` and the times",
            };
            let steps: [Step<'_>; 3] = ["schedules".into(), place.into(), "id".into()];
            let what = format!("schedule `{}` never runs", schedule.id);
            self.faults
                .push(self.document.fault(&steps, what).mend(mend).warning());
        }
    }
}

const MOST_SCHEDULES: usize = 128;
const ALL_DAYS: u8 = 0x7f;
const RESERVED: [&str; 2] = ["always", "not"];
