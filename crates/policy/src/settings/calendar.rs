use crate::settings::{Day, TimeOfDay};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `config/calendar.toml`: the school year and its named schedules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CalendarSettings {
    /// The time zone of all times; IANA name.
    pub time_zone: String,
    /// The terms, first and last day included.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<Term>,
    /// Days within terms on which staff are in school and pupils are not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inset: Vec<Day>,
    /// Days on which nobody is in school.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bank_holidays: Vec<Day>,
    /// School days that end early.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub half_days: Vec<HalfDay>,
    /// The named schedules; at most 128.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schedules: Vec<ScheduleSettings>,
}

impl Default for CalendarSettings {
    fn default() -> Self {
        Self {
            time_zone: "Europe/London".to_owned(),
            terms: Vec::new(),
            inset: Vec::new(),
            bank_holidays: Vec::new(),
            half_days: Vec::new(),
            schedules: Vec::new(),
        }
    }
}

/// A term, or a half of one: days on which school is held without a break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Name for people.
    pub name: String,
    /// The first day.
    pub start: Day,
    /// The last day.
    pub end: Day,
}

/// A school day that ends early: what runs on school days stops at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HalfDay {
    /// The day.
    pub date: Day,
    /// When it ends.
    pub ends: TimeOfDay,
}

/// A named schedule: its own windows and those it includes, less those it excepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleSettings {
    /// Stable id: lower-case letters, digits and hyphens.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// On which kind of day its windows begin.
    #[serde(default)]
    pub on: DayKind,
    /// On which days of the week its windows begin; all, where it is not written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Weekday>,
    /// The start of its one window; the start of the day, where only `to` is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<TimeOfDay>,
    /// The end of its one window, itself outside; before `from`: on the next day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<TimeOfDay>,
    /// Several windows, in place of `from` and `to`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<WindowSettings>,
    /// Other schedules that it runs with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub includes: Vec<String>,
    /// Other schedules during which it does not run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
}

/// One window of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowSettings {
    /// Its start.
    pub from: TimeOfDay,
    /// Its end, itself outside; before `from`: on the next day.
    pub to: TimeOfDay,
}

/// A kind of day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DayKind {
    /// Monday to Friday within a term, INSET days and bank holidays left out.
    #[default]
    SchoolDays,
    /// INSET days.
    InsetDays,
    /// Monday to Friday outside the terms, and bank holidays.
    Holidays,
    /// Saturday and Sunday.
    Weekends,
    /// Every day of the year.
    EveryDay,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}
