use crate::each_row::each_row;
use crate::incident::{IncidentState, Recorded};
use crate::sheet::Sheet;
use crate::{Letter, Notice, NoticeKind, Role, School, Theme, Urgency};
use audit::{DecisionRow, Known, SearchError};
use model::{Action, FLOOR, Moment, Rung};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How many changes of each kind a span saw, as the desk counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ChangeCounts {
    /// Changes that opened something.
    pub opened: u64,
    /// Changes that closed something.
    pub closed: u64,
    /// Requests that were refused.
    pub refused: u64,
    /// Requests that still wait.
    pub waiting: u64,
    /// Emergency changes that nobody ratified yet.
    pub unratified: u64,
}

/// The report of one week (REP-02): what was blocked, for whom, and which incidents there were.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The school.
    pub school: String,
    /// The first moment.
    pub from: Moment,
    /// The moment before which it ends.
    pub until: Moment,
    /// The span in words.
    pub span: String,
    /// Requests in all.
    pub requests: u64,
    /// Requests that were blocked, those of machines left out (REP-28).
    pub blocked: u64,
    /// Requests of machines that were blocked: advertisements and apps.
    pub background: u64,
    /// Each group: requests, blocked, flagged, persons.
    pub groups: BTreeMap<String, GroupCounts>,
    /// Flagged requests of each theme.
    pub themes: BTreeMap<Theme, u64>,
    /// The sites that were blocked most, without illegal content and help lines.
    pub sites: Vec<(String, u64)>,
    /// The incidents that began, the newest first, without those that the reader may not see.
    pub incidents: Vec<Recorded>,
    /// The changes.
    pub changes: ChangeCounts,
}

/// What one group did in a span.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GroupCounts {
    /// Requests in all.
    pub requests: u64,
    /// Requests that were blocked, those of machines left out.
    pub blocked: u64,
    /// Requests that somebody must look at.
    pub flagged: u64,
    /// How many persons, or devices where no person is known.
    pub people: u64,
}

/// The week that ended last: Monday to Monday, at seven o'clock of the school.
pub fn last_week(school: &School, now: Moment) -> (Moment, Moment) {
    let until = school.last_monday(REPORT_HOUR, now);
    let before = until.before(Duration::from_secs(3600));
    (school.last_monday(REPORT_HOUR, before), until)
}

/// Makes the report of a span from the decisions, incidents and changes in it.
pub fn weekly(
    school: &School,
    (from, until): (Moment, Moment),
    rows: impl Iterator<Item = DecisionRow>,
    incidents: &[Recorded],
    changes: ChangeCounts,
) -> Report {
    let mut counts = Counts::default();
    for row in rows.filter(|row| from <= row.first && row.first < until) {
        counts.take_in(&row);
    }
    made(school, (from, until), counts, incidents, changes)
}

/// Makes the report of a span as [`weekly`] does, from a journal of any size.
///
/// # Errors
///
/// Fails when the journal cannot be read.
pub fn weekly_of_journal(
    school: &School,
    (from, until): (Moment, Moment),
    journal: &Path,
    incidents: &[Recorded],
    changes: ChangeCounts,
) -> Result<Report, SearchError> {
    let mut counts = Counts::default();
    each_row(journal, from, until, &mut |row| counts.take_in(&row))?;
    Ok(made(school, (from, until), counts, incidents, changes))
}

fn made(
    school: &School,
    (from, until): (Moment, Moment),
    counts: Counts,
    incidents: &[Recorded],
    changes: ChangeCounts,
) -> Report {
    let within = |it: &&Recorded| from <= it.incident.at && it.incident.at < until;
    let incidents: Vec<Recorded> = incidents.iter().filter(within).cloned().collect();
    let mut themes = BTreeMap::new();
    for recorded in &incidents {
        if let Some(theme) = recorded.incident.theme {
            *themes.entry(theme).or_default() += recorded.incident.count;
        }
    }
    let mut sites: Vec<(String, u64)> = counts.sites.into_iter().collect();
    sites.sort_by(|(a, one), (b, other)| other.cmp(one).then(a.cmp(b)));
    sites.truncate(MOST_SITES);
    let groups = counts.groups.into_iter();
    Report {
        school: school.name().to_owned(),
        from,
        until,
        span: format!("{} to {}", school.words(from), school.words(until)),
        requests: counts.requests,
        blocked: counts.blocked,
        background: counts.background,
        groups: groups
            .map(|(id, (mut counts, people))| {
                counts.people = people.len() as u64;
                (id.to_string(), counts)
            })
            .collect(),
        themes,
        sites,
        incidents,
        changes,
    }
}

impl Report {
    /// The tables of the report, in order; the console shows them, [`Report::csv`] joins them.
    pub fn sheets(&self) -> Vec<Sheet> {
        vec![
            self.incident_sheet(),
            self.theme_sheet(),
            self.group_sheet(),
            self.site_sheet(),
            self.change_sheet(),
        ]
    }

    /// The report as plain text, for a mail.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n\n", self.school, self.span);
        let open = self.incidents.iter();
        let open = open.filter(|it| it.state != IncidentState::Closed).count();
        let _ = writeln!(
            text,
            "Incidents: {}, not closed yet: {open}.\nRequests: {}, blocked: {}.\n\
             Blocked besides: {} requests of machines (advertisements, apps); nobody opened those.\n",
            self.incidents.len(),
            self.requests,
            self.blocked,
            self.background
        );
        let sheets = self.sheets();
        let sheets: Vec<String> = sheets.iter().map(Sheet::text).collect();
        text.push_str(&sheets.join("\n"));
        text
    }

    /// The same tables as CSV, each under its title.
    pub fn csv(&self) -> String {
        let sheets = self.sheets();
        let part = |sheet: &Sheet| format!("{}\r\n{}", sheet.title, sheet.csv());
        let parts: Vec<String> = sheets.iter().map(part).collect();
        parts.join("\r\n")
    }

    /// The notice that brings the report to the safeguarding lead, once for each week: see
    /// [`Queue::knows_topic`](crate::Queue::knows_topic) with [`Report::topic`].
    pub fn letter(&self, now: Moment) -> Letter {
        Letter::from(Notice {
            at: now,
            to: Role::SafeguardingLead,
            urgency: Urgency::Soon,
            title: format!("The week of {}", self.span),
            words: self.text(),
            entry: None,
        })
        .kind(NoticeKind::Report)
        .topic(Self::topic(self.until))
        .link("/reports")
    }

    /// The topic of the report of the week that ended at this moment.
    pub fn topic(until: Moment) -> String {
        format!("weekly/{until}")
    }

    fn incident_sheet(&self) -> Sheet {
        let head = ["No.", "What", "About", "Times", "State", "With"];
        let mut sheet = Sheet::new("Incidents", head);
        for recorded in &self.incidents {
            let incident = &recorded.incident;
            let owner = recorded.owner.as_ref().map(|(owner, _)| owner.to_string());
            sheet.push([
                recorded.id.to_string(),
                incident.kind.title().to_owned(),
                incident.theme.map_or("", Theme::title).to_owned(),
                incident.count.to_string(),
                recorded.state.word().to_owned(),
                owner.unwrap_or_else(|| "nobody yet".to_owned()),
            ]);
        }
        sheet
    }

    fn theme_sheet(&self) -> Sheet {
        let mut sheet = Sheet::new("Visits that were flagged", ["About", "Requests"]);
        for (theme, count) in &self.themes {
            sheet.push([theme.title().to_owned(), count.to_string()]);
        }
        sheet
    }

    fn group_sheet(&self) -> Sheet {
        let head = ["Group", "People", "Requests", "Blocked", "Flagged"];
        let mut sheet = Sheet::new("Groups", head);
        for (id, counts) in &self.groups {
            sheet.push([
                id.clone(),
                counts.people.to_string(),
                counts.requests.to_string(),
                counts.blocked.to_string(),
                counts.flagged.to_string(),
            ]);
        }
        sheet
    }

    fn site_sheet(&self) -> Sheet {
        let mut sheet = Sheet::new("Sites that were blocked most", ["Site", "Requests"]);
        for (site, count) in &self.sites {
            sheet.push([site.clone(), count.to_string()]);
        }
        sheet
    }

    fn change_sheet(&self) -> Sheet {
        let mut sheet = Sheet::new("Changes to the filter", ["What", "How many"]);
        let changes = self.changes;
        for (what, count) in [
            ("opened something", changes.opened),
            ("closed something", changes.closed),
            ("requests refused", changes.refused),
            ("requests that wait", changes.waiting),
            ("in an emergency, not confirmed yet", changes.unratified),
        ] {
            sheet.push([what.to_owned(), count.to_string()]);
        }
        sheet
    }
}

type Persons = BTreeSet<Arc<str>>;

#[derive(Default)]
struct Counts {
    requests: u64,
    blocked: u64,
    background: u64,
    groups: BTreeMap<Arc<str>, (GroupCounts, Persons)>,
    sites: BTreeMap<String, u64>,
}

impl Counts {
    fn take_in(&mut self, row: &DecisionRow) {
        let blocked = row.action != Action::Allow;
        self.requests += row.count;
        let (group, people) = self.groups.entry(Arc::clone(&row.group)).or_default();
        group.requests += row.count;
        if people.len() < MOST_PEOPLE {
            people.insert(person(row));
        }
        if row.alert {
            group.flagged += row.count;
        }
        match (blocked, row.background) {
            (false, _) => return,
            (true, true) => {
                self.background += row.count;
                return;
            }
            (true, false) => {}
        }
        self.blocked += row.count;
        group.blocked += row.count;
        let hidden = row.rung == Rung::Floor
            || row.categories.iter().any(|category| {
                &**category == "help" || FLOOR.iter().any(|floor| floor.id == &**category)
            });
        let known = self.sites.contains_key(&*row.host);
        if !hidden && !row.flood && (known || self.sites.len() < MOST_COUNTED) {
            *self.sites.entry(row.host.to_string()).or_default() += row.count;
        }
    }
}

/// A person, or the device or address where none is known.
fn person(row: &DecisionRow) -> Arc<str> {
    match (&row.user, &row.device) {
        (Known::Named(user), _) => Arc::clone(user),
        (Known::Unknown(_), Known::Named(device)) => Arc::from(format!("device {device}")),
        (Known::Unknown(_), Known::Unknown(_)) => Arc::from(format!("address {}", row.client)),
    }
}

const REPORT_HOUR: u8 = 7;
const MOST_SITES: usize = 20;

/// Sites that are counted at once; a scan of made-up names must not fill the memory.
const MOST_COUNTED: usize = 100_000;
const MOST_PEOPLE: usize = 100_000;

#[cfg(test)]
mod tests;
