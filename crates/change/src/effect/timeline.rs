use gate::State;
use model::{Moment, ScheduleIndex, ScheduleSet};
use policy::{Day, DayKind, Policy, RuleOutline, Says, TimeOfDay, WhenOutline};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The school year to come, cut wherever anything begins or ends on either side.
#[derive(Debug)]
pub(super) struct Timeline {
    slots: Vec<Slot>,
    /// The different states of the two calendars.
    pairs: Vec<Pair>,
    schedules: [BTreeMap<String, ScheduleIndex>; 2],
    /// The schedules that do not run at the same times on both sides.
    shifted: BTreeSet<String>,
}

/// A part of the year in which nothing changes by the clock.
#[derive(Clone, Copy, Debug)]
struct Slot {
    start: Moment,
    end: Moment,
    pair: usize,
}

/// What runs on each side at some moments of the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Pair {
    /// What runs on the side before and on the side after.
    pub(super) running: [u128; 2],
}

/// When a rule of either side holds, compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Times {
    /// The slots in which only the later one holds, and whether that goes on past the year.
    pub(super) gained: Vec<usize>,
    /// The slots in which only the earlier one does.
    pub(super) lost: Vec<usize>,
    /// Whether the later one holds past the year where the earlier may not.
    pub(super) gained_later: bool,
    /// Whether the earlier one holds past the year where the later may not.
    pub(super) lost_later: bool,
}

impl Timeline {
    /// Cuts the year from `now` for two sides.
    pub(super) fn new(states: [&State; 2], rules: [&[RuleOutline]; 2], now: Moment) -> Self {
        let end = now.after(YEAR);
        let schedules = states.map(|state| {
            let names = state.policy().schedule_names();
            names
                .map(|(index, id, _)| (id.to_owned(), index))
                .collect::<BTreeMap<_, _>>()
        });
        let spans = states.map(|state| state.policy().spans(now, end));
        let mut cuts: BTreeSet<Moment> = spans.iter().flatten().map(|span| span.start).collect();
        for rule in rules.into_iter().flatten() {
            let says = &rule.says;
            cuts.extend(says.from.into_iter().chain(says.until));
            for (from, until, _) in &says.switches {
                cuts.extend([*from, *until]);
            }
        }
        cuts.insert(now);
        let cuts: Vec<Moment> = cuts.range(now..end).copied().collect();
        let mut timeline = Self {
            slots: Vec::with_capacity(cuts.len()),
            pairs: Vec::new(),
            schedules,
            shifted: BTreeSet::new(),
        };
        let mut places: BTreeMap<Pair, usize> = BTreeMap::new();
        let mut heads = [0, 0];
        for (place, start) in cuts.iter().enumerate() {
            let mut running = [0, 0];
            for side in 0..2 {
                while spans[side]
                    .get(heads[side])
                    .is_some_and(|span| span.end <= *start)
                {
                    heads[side] += 1;
                }
                let span = spans[side].get(heads[side]);
                running[side] = span.map_or(0, |span| span.running.0);
            }
            let pair = Pair { running };
            let found = *places.entry(pair).or_insert_with(|| {
                timeline.pairs.push(pair);
                timeline.pairs.len() - 1
            });
            timeline.slots.push(Slot {
                start: *start,
                end: cuts.get(place + 1).copied().unwrap_or(end),
                pair: found,
            });
        }
        timeline.find_shifted();
        timeline
    }

    fn find_shifted(&mut self) {
        let ids: BTreeSet<&String> = self.schedules.iter().flat_map(BTreeMap::keys).collect();
        let runs = |side: usize, id: &String, pair: &Pair| {
            let index = self.schedules[side].get(id);
            index.is_some_and(|index| ScheduleSet(pair.running[side]).contains(*index))
        };
        self.shifted = ids
            .into_iter()
            .filter(|id| {
                self.schedules.iter().any(|held| !held.contains_key(*id))
                    || self
                        .pairs
                        .iter()
                        .any(|pair| runs(0, id, pair) != runs(1, id, pair))
            })
            .cloned()
            .collect();
    }

    /// The different states of the two calendars.
    pub(super) fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// Whether a rule with this condition may hold at other times, though its words are the same.
    pub(super) fn shifts(&self, when: &WhenOutline) -> bool {
        match when {
            WhenOutline::During(id) | WhenOutline::Outside(id) => self.shifted.contains(id),
            WhenOutline::Always | WhenOutline::Switched => false,
        }
    }

    /// Compares when two rules hold; a side without a rule never holds.
    pub(super) fn times(&self, rules: [Option<&Says>; 2]) -> Times {
        let mut times = Times::default();
        for (place, slot) in self.slots.iter().enumerate() {
            let [before, after] =
                [0, 1].map(|side| rules[side].is_some_and(|says| self.holds(side, says, slot)));
            match (before, after) {
                (false, true) => times.gained.push(place),
                (true, false) => times.lost.push(place),
                (true, true) | (false, false) => {}
            }
        }
        // The year speaks for all years, save for rules that begin or end after it.
        let end = self.slots.last().map(|slot| slot.end);
        let later = |says: &Says| {
            let until = says.until.unwrap_or(Moment::from_millis(i64::MAX));
            (end < Some(until)).then_some((says.from.max(end), until))
        };
        let covers = |one: Option<&Says>, other: Option<&Says>| match (
            one.and_then(later),
            other.and_then(later),
        ) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some((from, until)), Some((inner, last))) => from <= inner && last <= until,
        };
        times.gained_later = !covers(rules[0], rules[1]);
        times.lost_later = !covers(rules[1], rules[0]);
        times
    }

    fn holds(&self, side: usize, says: &Says, slot: &Slot) -> bool {
        let begun = says.from.is_none_or(|from| from <= slot.start);
        let over = says.until.is_some_and(|until| until <= slot.start);
        begun && !over && self.runs(side, &says.when, slot.pair)
    }

    /// Whether a condition holds in a state of the calendar. A mode that waits for its switch
    /// counts as always on: its switches are compared by themselves.
    fn runs(&self, side: usize, when: &WhenOutline, pair: usize) -> bool {
        let running = |id: &String| {
            let index = self.schedules[side].get(id);
            let pair = self.pairs.get(pair);
            match (index, pair) {
                (Some(index), Some(pair)) => ScheduleSet(pair.running[side]).contains(*index),
                (None, _) | (_, None) => false,
            }
        };
        match when {
            WhenOutline::Always | WhenOutline::Switched => true,
            WhenOutline::During(id) => running(id),
            WhenOutline::Outside(id) => !running(id),
        }
    }

    /// All slots of some states of the calendars.
    pub(super) fn slots_of(&self, pairs: &BTreeSet<usize>) -> Vec<usize> {
        let slots = self.slots.iter().enumerate();
        slots
            .filter(|(_, slot)| pairs.contains(&slot.pair))
            .map(|(place, _)| place)
            .collect()
    }

    /// When some slots are, in plain words with a space in front; nothing where they are all.
    pub(super) fn words(&self, slots: &[usize], clock: &Policy) -> String {
        if slots.is_empty() || slots.len() == self.slots.len() {
            return String::new();
        }
        if let Some(words) = self.whole(slots, clock) {
            return words;
        }
        let mut days: BTreeMap<Day, Vec<(TimeOfDay, TimeOfDay)>> = BTreeMap::new();
        for slot in slots.iter().filter_map(|place| self.slots.get(*place)) {
            let (day, from) = clock.clock(slot.start);
            let (last, to) = clock.clock(slot.end);
            let to = if last == day { to } else { MIDNIGHT };
            let held = days.entry(day).or_default();
            match held.last_mut() {
                Some(window) if window.1 == from => window.1 = to,
                Some(_) | None => held.push((from, to)),
            }
        }
        let mut patterns: BTreeMap<Vec<(TimeOfDay, TimeOfDay)>, Vec<Day>> = BTreeMap::new();
        for (day, windows) in days {
            patterns.entry(windows).or_default().push(day);
        }
        let others = patterns.len() > 1;
        let Some((windows, days)) = patterns.into_iter().max_by_key(|(_, days)| days.len()) else {
            return String::new();
        };
        let all: BTreeSet<Day> = self
            .slots
            .iter()
            .map(|slot| clock.clock(slot.start).0)
            .collect();
        let on = on_days(&days, &all, clock);
        let at: Vec<String> = windows
            .iter()
            .filter(|(from, to)| (*from, *to) != (MIDNIGHT, MIDNIGHT))
            .map(|(from, to)| format!("{} to {}", time(*from), time(*to)))
            .collect();
        let at = match at.as_slice() {
            [] => String::new(),
            [one] => format!(", {one}"),
            [first, .., last] if at.len() > 3 => format!(", between {first} and {last}"),
            several => format!(", {}", several.join(" and ")),
        };
        let others = if others { ", and at other times" } else { "" };
        format!(" {on}{at}{others}")
    }

    /// One stretch of time without a gap, over more than one day.
    fn whole(&self, slots: &[usize], clock: &Policy) -> Option<String> {
        let (first, last) = (*slots.first()?, *slots.last()?);
        let (start, end) = (self.slots.get(first)?.start, self.slots.get(last)?.end);
        let [(from, at), (to, until)] = [start, end].map(|moment| clock.clock(moment));
        (last - first + 1 == slots.len() && from != to).then(|| {
            let (from, to) = (date(from), date(to));
            format!(" from {from}, {}, until {to}, {}", time(at), time(until))
        })
    }

    /// The beginning of a year's first slot.
    pub(super) fn start(&self) -> Moment {
        let first = self.slots.first();
        first.map_or(Moment::from_millis(0), |slot| slot.start)
    }
}

/// Which days some days are.
fn on_days(days: &[Day], all: &BTreeSet<Day>, clock: &Policy) -> String {
    let is = |kind: DayKind| move |day: &Day| clock.is_day(kind, *day);
    let count = |kind: DayKind| all.iter().filter(|day| is(kind)(day)).count();
    // The first and the last day are cut by the moments between which the year lies.
    let nearly = |wanted: usize| days.len() + 2 >= wanted && !days.is_empty() && wanted > 0;
    let kinds = [
        (DayKind::SchoolDays, "on school days"),
        (DayKind::InsetDays, "on INSET days"),
        (DayKind::Holidays, "in the holidays"),
        (DayKind::Weekends, "at weekends"),
    ];
    if nearly(all.len()) {
        return "every day".to_owned();
    }
    for (kind, words) in kinds {
        if days.iter().all(is(kind)) && nearly(count(kind)) {
            return words.to_owned();
        }
    }
    let weekday = |day: &Day| day.0.weekday().to_monday_zero_offset();
    let of: BTreeSet<i8> = days.iter().map(weekday).collect();
    if days.len() > of.len() * 4 {
        let names: Vec<&str> = of
            .iter()
            .filter_map(|day| WEEKDAYS.get(usize::try_from(*day).unwrap_or(7)).copied())
            .collect();
        return match names.as_slice() {
            [_, _, _, _, _, ..] => "on many days".to_owned(),
            [first @ .., last] if !first.is_empty() => {
                format!("on {} and {last}", first.join(", "))
            }
            names => format!("on {}", names.join(", ")),
        };
    }
    match days {
        [day] => format!("on {}", date(*day)),
        [day, .., last] => {
            let count = days.len();
            format!("on {count} days between {} and {}", date(*day), date(*last))
        }
        [] => String::new(),
    }
}

fn date(day: Day) -> String {
    day.0.strftime("%-d %B %Y").to_string()
}

/// To the minute: whoever reads it lives by the clock on the wall.
fn time(time: TimeOfDay) -> String {
    format!("{:02}:{:02}", time.0.hour(), time.0.minute())
}

const MIDNIGHT: TimeOfDay = TimeOfDay::MIDNIGHT;

const WEEKDAYS: [&str; 7] = [
    "Mondays",
    "Tuesdays",
    "Wednesdays",
    "Thursdays",
    "Fridays",
    "Saturdays",
    "Sundays",
];

/// A school year with some days to spare, so that each day of each kind is met.
const YEAR: Duration = Duration::from_secs(400 * 86_400);
