use crate::counts::{Counts, GroupCounts};
use crate::incident::{IncidentState, Recorded};
use crate::sheet::Sheet;
use crate::{Letter, Notice, NoticeKind, Role, School, Theme, Urgency};
use audit::DecisionRow;
use model::Moment;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
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
    /// The days of the journal that were closed to a key, and so not counted: `2026-11-20`.
    pub closed: Vec<String>,
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
    Report::of(school, (from, until), &counts, incidents, changes)
}

impl Report {
    /// Lays together what was counted of a span, the incidents that began in it, and the changes.
    pub(crate) fn of(
        school: &School,
        (from, until): (Moment, Moment),
        counts: &Counts,
        incidents: &[Recorded],
        changes: ChangeCounts,
    ) -> Self {
        let within = |it: &&Recorded| from <= it.incident.at && it.incident.at < until;
        let incidents: Vec<Recorded> = incidents.iter().filter(within).cloned().collect();
        let mut themes = BTreeMap::new();
        for recorded in &incidents {
            if let Some(theme) = recorded.incident.theme {
                *themes.entry(theme).or_default() += recorded.incident.count;
            }
        }
        Self {
            school: school.name().to_owned(),
            from,
            until,
            span: format!("{} to {}", school.words(from), school.words(until)),
            requests: counts.requests,
            blocked: counts.blocked,
            background: counts.background,
            groups: counts.groups(),
            themes,
            sites: counts.most_blocked(MOST_SITES),
            incidents,
            changes,
            closed: counts.closed.iter().cloned().collect(),
        }
    }

    /// Says which records are missing from the counts, where any are.
    pub fn not_counted(&self) -> Option<String> {
        let (first, more) = self.closed.split_first()?;
        let more = match more.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Some(format!(
            "Not counted: {first}{more}; the records of these days are closed to a key that is not kept here."
        ))
    }

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
        if let Some(words) = self.not_counted() {
            let _ = writeln!(text, "{words}\n");
        }
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

const REPORT_HOUR: u8 = 7;
const MOST_SITES: usize = 20;

#[cfg(test)]
mod tests;
