use crate::{Contact, Directory, Letter, Notice, Person, Role, School, Urgency};
use model::Moment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Hours of the week at which a role, or one person of it, answers for children.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DutyHours {
    /// The days, such as ["mon", "tue"].
    pub days: Vec<DutyDay>,
    /// The hours of the school's clock, such as "08:30-15:30"; the end is no longer in them.
    pub hours: String,
    /// The role that answers, such as "safeguarding-lead".
    pub role: Role,
    /// The account of the person of that role who answers first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DutyDay {
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

/// Who answers when a pupil tells an adult.
#[derive(Clone, Debug)]
pub struct OnDuty {
    hours: Vec<DutyHours>,
    school: School,
}

/// Who is on duty at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Duty {
    /// Somebody is, in the order in which they are told.
    Somebody {
        /// The role that answers.
        role: Role,
        /// Who answers first, where the table names a person who is there.
        first: Option<Person>,
        /// All who are told in turn.
        people: Vec<Contact>,
    },
    /// Nobody is. A child must be told so, with the help lines.
    Nobody,
}

/// Somebody whom a child can reach at any hour, without the school.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct HelpLine {
    /// Who answers.
    pub name: &'static str,
    /// How to reach them.
    pub reach: &'static str,
    /// What for and when, in words for a child.
    pub words: &'static str,
}

/// The help lines of the United Kingdom that answer children; all free of charge.
pub const HELP_LINES: &[HelpLine] = &[
    HelpLine {
        name: "Emergency",
        reach: "999",
        words: "If you or somebody else is in danger right now.",
    },
    HelpLine {
        name: "Childline",
        reach: "0800 1111",
        words: "You can talk about anything, at any time of day or night. It does not show on a bill.",
    },
    HelpLine {
        name: "Shout",
        reach: "Text SHOUT to 85258",
        words: "If you would rather write than talk, at any time of day or night.",
    },
    HelpLine {
        name: "Samaritans",
        reach: "116 123",
        words: "If you feel that you cannot go on, at any time of day or night.",
    },
    HelpLine {
        name: "Papyrus HOPELINE247",
        reach: "0800 068 4141",
        words: "If you think about suicide, or worry about a friend, at any time of day or night.",
    },
];

impl DutyDay {
    const fn is(self, day: jiff::civil::Weekday) -> bool {
        use jiff::civil::Weekday;
        matches!(
            (self, day),
            (Self::Mon, Weekday::Monday)
                | (Self::Tue, Weekday::Tuesday)
                | (Self::Wed, Weekday::Wednesday)
                | (Self::Thu, Weekday::Thursday)
                | (Self::Fri, Weekday::Friday)
                | (Self::Sat, Weekday::Saturday)
                | (Self::Sun, Weekday::Sunday)
        )
    }
}

impl DutyHours {
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.window().is_none() {
            let shown: String = self.hours.chars().take(40).collect();
            found.push(format!(
                "`on_duty.hours` must be two times of one day such as \"08:30-15:30\", not `{shown}`"
            ));
        }
        if self.days.is_empty() {
            found.push("`on_duty.days` is empty; name a day such as \"mon\"".to_owned());
        }
        if matches!(self.role, Role::Support | Role::Technician | Role::Auditor) {
            let role = self.role;
            found.push(format!(
                "`on_duty.role` cannot be `{role}`, who does not answer for children; write one \
                 such as \"safeguarding-lead\""
            ));
        }
        found
    }

    /// Minutes of the day, the second no longer in the hours.
    fn window(&self) -> Option<(u16, u16)> {
        let (from, until) = self.hours.split_once('-')?;
        let (from, until) = (minutes(from)?, minutes(until)?);
        (from < until).then_some((from, until))
    }

    fn holds(&self, school: &School, now: Moment) -> bool {
        let clock = school.clock(now);
        let day = self.days.iter().any(|day| day.is(clock.weekday()));
        let minute = i32::from(clock.hour()) * 60 + i32::from(clock.minute());
        let within = self
            .window()
            .is_some_and(|(from, until)| (i32::from(from)..i32::from(until)).contains(&minute));
        day && within
    }
}

impl OnDuty {
    /// Makes the table from the settings.
    pub const fn new(hours: Vec<DutyHours>, school: School) -> Self {
        Self { hours, school }
    }

    /// Who answers at a moment; nobody who is away, and nobody whom the matter concerns.
    pub fn on_duty(&self, now: Moment, directory: &Directory, concerns: &[Person]) -> Duty {
        for hours in self.hours.iter().filter(|row| row.holds(&self.school, now)) {
            let mut letter = asked_of(hours.role, now).concerning(concerns.iter().cloned());
            letter.first = hours.person.as_deref().map(Person::from);
            let chain = directory.chain(&letter, now).into_iter();
            let there = chain.filter(|contact| !contact.is_absent(now));
            let people: Vec<Contact> = there.cloned().collect();
            // The table promised this role; a child must not wait for another that may be at home.
            if people.first().is_some_and(|first| first.role == hours.role) {
                return Duty::Somebody {
                    role: hours.role,
                    first: letter.first,
                    people,
                };
            }
        }
        Duty::Nobody
    }
}

fn asked_of(to: Role, at: Moment) -> Letter {
    Letter::from(Notice {
        at,
        to,
        urgency: Urgency::Immediate,
        title: String::new(),
        words: String::new(),
        entry: None,
    })
}

/// Reads `08:30`; `24:00` is the end of the day.
fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |text: &str| -> Option<u16> {
        let fit = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        fit.then(|| text.parse().ok())?
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    let found = hour * 60 + minute;
    (minute < 60 && found <= 24 * 60).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::{monday, school, school_people};

    fn hours(text: &str) -> DutyHours {
        DutyHours {
            days: vec![DutyDay::Mon],
            hours: text.to_owned(),
            role: Role::SafeguardingLead,
            person: None,
        }
    }

    fn first(row: DutyHours, directory: &Directory, at: &str) -> Option<String> {
        let table = OnDuty::new(vec![row], school());
        match table.on_duty(at.parse().unwrap(), directory, &[]) {
            Duty::Somebody { people, .. } => Some(people[0].person.to_string()),
            Duty::Nobody => None,
        }
    }

    // REP-10, REP-11
    #[test]
    fn who_is_on_duty_follows_the_schools_clock() {
        let people = school_people();
        let ask = |at| first(hours("08:30-15:30"), &people, at);
        assert_eq!(ask("2026-11-23T08:29:59Z"), None);
        assert_eq!(ask("2026-11-23T08:30:00Z").as_deref(), Some("lead"));
        assert_eq!(ask("2026-11-23T15:30:00Z"), None);
        assert_eq!(ask("2026-11-24T10:00:00Z"), None, "a Tuesday");
        assert_eq!(ask("2026-07-06T07:30:00Z").as_deref(), Some("lead"));
    }

    #[test]
    fn a_deputy_is_on_duty_for_who_is_away_and_nobody_when_all_are() {
        let mut people = school_people();
        let mut away = |person: &str| {
            for contact in &mut people.people {
                if contact.is(&person.into()) {
                    contact.absent_until = Some("2027-01-01T00:00:00Z".parse().unwrap());
                }
            }
            first(hours("00:00-24:00"), &people, "2026-11-23T10:15:00Z")
        };
        assert_eq!(away("lead").as_deref(), Some("second-lead"));
        assert_eq!(away("second-lead"), None);
    }

    #[test]
    fn nobody_answers_a_matter_about_themselves() {
        let table = OnDuty::new(vec![hours("00:00-24:00")], school());
        let duty = table.on_duty(monday(), &school_people(), &["lead".into()]);
        let Duty::Somebody { people, .. } = duty else {
            panic!("the deputy is there");
        };
        assert!(people.iter().all(|contact| !contact.is(&"lead".into())));
    }

    #[test]
    fn hours_that_are_none_are_a_fault() {
        for text in [
            "",
            "8:30-9:00",
            "15:30-08:30",
            "08:30",
            "25:00-26:00",
            "08:30-08:30",
            "08:61-09:00",
        ] {
            assert_eq!(hours(text).faults().len(), 1, "{text}");
        }
        let mut to_technician = hours("08:30-15:30");
        to_technician.role = Role::Technician;
        assert_eq!(to_technician.faults().len(), 1);
    }
}
