use crate::Theme;
use crate::counts::GroupCounts;
use crate::incident::{IncidentKind, IncidentState};
use crate::sheet::Sheet;
use crate::weekly_report::{ChangeCounts, Report};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The report to the governors (REP-07): what a [`Report`] counts, and nobody in it.
///
/// It names no person, device or site. Groups of fewer than [`GovernorReport::FEWEST`] people are
/// laid together until no such group is left; where the whole is smaller, no group is shown at
/// all. Small counts of incidents are given as "fewer than five".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GovernorReport {
    /// The school.
    pub school: String,
    /// The span in words.
    pub span: String,
    /// Each group that may be shown.
    pub groups: BTreeMap<String, GroupCounts>,
    /// The incidents of each kind.
    pub incidents: BTreeMap<String, Few>,
    /// The flagged visits of each theme.
    pub themes: BTreeMap<Theme, Few>,
    /// How many incidents are not closed.
    pub unclosed: Few,
    /// The changes.
    pub changes: ChangeCounts,
}

/// A count that may be too small to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Few {
    /// From one to four.
    FewerThanFive,
    /// None, or five and more.
    Count(u64),
}

impl From<u64> for Few {
    fn from(count: u64) -> Self {
        match count {
            1..=4 => Self::FewerThanFive,
            0 | 5.. => Self::Count(count),
        }
    }
}

impl std::fmt::Display for Few {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::FewerThanFive => f.write_str("fewer than five"),
            Self::Count(count) => write!(f, "{count}"),
        }
    }
}

impl GovernorReport {
    /// The fewest people of a group that is shown by itself.
    pub const FEWEST: u64 = 10;

    /// Makes the report from a full one, which may span a term.
    pub fn of(report: &Report) -> Self {
        let kinds = IncidentKind::ALL.map(|kind| {
            let of_kind = report.incidents.iter();
            let count = of_kind.filter(|it| it.incident.kind == kind).count();
            (kind.title().to_owned(), Few::from(count as u64))
        });
        let unclosed = report.incidents.iter();
        let unclosed = unclosed.filter(|it| it.state != IncidentState::Closed);
        let themes = report.themes.iter();
        Self {
            school: report.school.clone(),
            span: report.span.clone(),
            groups: together(&report.groups),
            incidents: kinds.into_iter().collect(),
            themes: themes
                .map(|(theme, count)| (*theme, Few::from(*count)))
                .collect(),
            unclosed: Few::from(unclosed.count() as u64),
            changes: report.changes,
        }
    }

    /// The tables of the report.
    pub fn sheets(&self) -> Vec<Sheet> {
        let mut groups = Sheet::new("Groups", ["Group", "Requests", "Blocked", "Flagged"]);
        for (id, counts) in &self.groups {
            groups.push([
                id.clone(),
                counts.requests.to_string(),
                counts.blocked.to_string(),
                counts.flagged.to_string(),
            ]);
        }
        let mut incidents = Sheet::new("Incidents", ["What", "How many"]);
        for (kind, count) in &self.incidents {
            incidents.push([kind.clone(), count.to_string()]);
        }
        incidents.push(["not closed yet".to_owned(), self.unclosed.to_string()]);
        let mut themes = Sheet::new("Visits that were flagged", ["About", "How many"]);
        for (theme, count) in &self.themes {
            themes.push([theme.title().to_owned(), count.to_string()]);
        }
        let mut changes = Sheet::new("Changes to the filter", ["What", "How many"]);
        changes.push([
            "opened something".to_owned(),
            self.changes.opened.to_string(),
        ]);
        changes.push([
            "closed something".to_owned(),
            self.changes.closed.to_string(),
        ]);
        changes.push([
            "requests refused".to_owned(),
            self.changes.refused.to_string(),
        ]);
        vec![incidents, themes, groups, changes]
    }

    /// The report as plain text.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n\n", self.school, self.span);
        for sheet in self.sheets() {
            let _ = writeln!(text, "{}", sheet.text());
        }
        let fewest = Self::FEWEST;
        let _ = writeln!(
            text,
            "This report names nobody. Groups of fewer than {fewest} people are shown together."
        );
        text
    }
}

/// Lays small groups together, the smallest first, until none is too small to be shown.
fn together(groups: &BTreeMap<String, GroupCounts>) -> BTreeMap<String, GroupCounts> {
    let fewest = GovernorReport::FEWEST;
    let mut by_size: Vec<(&String, &GroupCounts)> = groups.iter().collect();
    by_size.sort_by_key(|(id, counts)| (counts.people, *id));
    let mut small = GroupCounts::default();
    let mut shown = BTreeMap::new();
    for (id, counts) in by_size {
        // A single small group would follow from the total, so the next larger joins it.
        if counts.people < fewest || (small != GroupCounts::default() && small.people < fewest) {
            small.requests += counts.requests;
            small.blocked += counts.blocked;
            small.flagged += counts.flagged;
            small.people += counts.people;
        } else {
            shown.insert(id.clone(), counts.clone());
        }
    }
    if small.people >= fewest {
        shown.insert("smaller groups together".to_owned(), small);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn group(people: u64) -> GroupCounts {
        GroupCounts {
            requests: people * 100,
            blocked: people * 7,
            flagged: people,
            people,
        }
    }

    fn of(sizes: &[u64]) -> BTreeMap<String, GroupCounts> {
        let named = sizes.iter().enumerate();
        let groups = named.map(|(place, size)| (format!("g{place}"), group(*size)));
        together(&groups.collect())
    }

    // REP-07
    #[test]
    fn a_small_group_is_hidden_among_others() {
        let shown = of(&[3, 30, 12]);
        let names: Vec<_> = shown.keys().map(String::as_str).collect();
        assert_eq!(names, ["g1", "smaller groups together"]);
        assert_eq!(shown["smaller groups together"].people, 15);
        assert!(of(&[3, 4]).is_empty());
        assert_eq!(of(&[10, 30]).len(), 2);
    }

    #[test]
    fn small_counts_are_not_told() {
        let told: Vec<String> = (0..7).map(|it| Few::from(it).to_string()).collect();
        assert_eq!(told[0], "0");
        assert!(told[1..5].iter().all(|it| it == "fewer than five"));
        assert_eq!(told[5..], ["5", "6"]);
    }

    proptest! {
        // REP-07: neither shown nor by taking shown groups from the total.
        #[test]
        fn no_group_of_fewer_than_ten_can_be_told(sizes in prop::collection::vec(1u64..40, 0..8)) {
            let shown = of(&sizes);
            prop_assert!(shown.values().all(|counts| counts.people >= GovernorReport::FEWEST));
            let total: u64 = sizes.iter().sum();
            let told: u64 = shown.values().map(|counts| counts.people).sum();
            prop_assert!(told == total || told == 0 || shown.is_empty(), "{sizes:?} {shown:?}");
        }
    }
}
