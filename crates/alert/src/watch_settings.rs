use crate::{Theme, Urgency};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is looked for in the record of visits: the table `[alert.watch]`.
///
/// Which categories are looked at says the vocabulary: those with `alert = true`. Here stands what
/// they mean, and from when on somebody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WatchSettings {
    /// The categories of each theme, by id. A category that is in none is "other".
    pub themes: BTreeMap<Theme, Vec<String>>,
    /// Groups of staff: what they do is told to the headteacher alone.
    pub staff_groups: Vec<String>,
    /// From when on somebody is told; the first that fits holds. Without one: at the first visit,
    /// at once.
    pub thresholds: Vec<Threshold>,
}

/// From when on somebody is told of a theme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// The groups that it is for, by id; all where empty.
    #[serde(default)]
    pub groups: Vec<String>,
    /// The theme.
    pub theme: Theme,
    /// How many visits of one person within an hour it takes, 1 or more.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub visits: u64,
    /// How soon it must be read then.
    #[serde(default = "immediate")]
    pub urgency: Urgency,
}

const fn one() -> u64 {
    1
}

const fn immediate() -> Urgency {
    Urgency::Immediate
}

impl Default for WatchSettings {
    fn default() -> Self {
        let themes = [
            (Theme::Suicide, &["suicide"][..]),
            (Theme::SelfHarm, &["self-harm", "eating-disorders"]),
            (Theme::Grooming, &["grooming", "adult-chat"]),
            (Theme::Extremism, &["extremism"]),
            (Theme::Violence, &["violence", "gore", "weapons"]),
        ];
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            themes: themes
                .into_iter()
                .map(|(theme, ids)| (theme, words(ids)))
                .collect(),
            staff_groups: words(&["staff", "office", "supply", "technician"]),
            thresholds: Vec::new(),
        }
    }
}

impl WatchSettings {
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut found = Vec::new();
        for threshold in &self.thresholds {
            let theme = threshold.theme;
            if theme == Theme::Illegal {
                found.push(
                    "`watch.thresholds` cannot speak of `illegal`, which is always told at once; \
                     remove it"
                        .to_owned(),
                );
            }
            if threshold.visits == 0 {
                found.push(format!(
                    "`watch.thresholds` of `{theme}` needs `visits` of 1 or more"
                ));
            }
        }
        if self.themes.contains_key(&Theme::Illegal) {
            found.push(
                "`watch.themes` cannot speak of `illegal`, which is compiled in; remove it"
                    .to_owned(),
            );
        }
        found
    }

    /// The gravest theme of some categories.
    pub(crate) fn theme_of(&self, categories: &[std::sync::Arc<str>]) -> Theme {
        let has = |theme: &Theme| {
            let ids = self.themes.get(theme).into_iter().flatten();
            let mut ids = ids.map(String::as_str);
            ids.any(|id| categories.iter().any(|held| **held == *id))
        };
        let found = Theme::ALL.iter().copied().find(has);
        found.unwrap_or(Theme::Other)
    }

    pub(crate) fn is_staff(&self, group: &str) -> bool {
        self.staff_groups.iter().any(|staff| staff == group)
    }

    /// How many visits it takes, and how soon they must be read then.
    pub(crate) fn threshold(&self, group: &str, theme: Theme) -> (u64, Urgency) {
        let fits = |row: &&Threshold| {
            let of_group = row.groups.is_empty() || row.groups.iter().any(|id| id == group);
            row.theme == theme && of_group
        };
        match self.thresholds.iter().find(fits) {
            Some(row) if theme != Theme::Illegal => (row.visits.max(1), row.urgency),
            Some(_) | None => (1, Urgency::Immediate),
        }
    }
}
