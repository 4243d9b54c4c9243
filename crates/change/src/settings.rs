use model::{Files, Moment};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// `[change]`: how changes are decided. It holds as it stands in the policy in force, not as in a
/// file that somebody edited since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The schedule of the calendar in which people can be expected to answer.
    pub school_hours: String,
    /// After how many minutes of silence within school hours the deputy may decide; 10 to 2,880.
    pub decide_within: u32,
    /// Within how many hours an emergency change must be confirmed; 1 to 72.
    pub ratify_within: u32,
    /// How many days after the founding the technician edits freely; 0 to 14.
    pub commissioning_days: u32,
    /// The longest lesson, in minutes; 5 to 240.
    pub lesson: u32,
    /// After how many hours an undelivered notice holds up changes that need consent; 24 to 168,
    /// for some notices go out once a day.
    pub hold_up_after: u32,
    /// A head of the change log that is kept elsewhere, such as on another machine's share.
    ///
    /// With it a state folder that was set back is noticed.
    pub witness: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            school_hours: "school-hours".to_owned(),
            decide_within: 120,
            ratify_within: 24,
            commissioning_days: 14,
            lesson: 60,
            hold_up_after: 24,
            witness: None,
        }
    }
}

impl Settings {
    /// What is wrong with the numbers, a sentence each.
    pub fn faults(&self) -> Vec<String> {
        let bounds = [
            ("decide_within", self.decide_within, 10..=2_880),
            ("ratify_within", self.ratify_within, 1..=72),
            ("commissioning_days", self.commissioning_days, 0..=14),
            ("lesson", self.lesson, 5..=240),
            ("hold_up_after", self.hold_up_after, 24..=168),
        ];
        bounds
            .into_iter()
            .filter(|(_, found, bounds)| !bounds.contains(found))
            .map(|(key, found, bounds)| {
                format!(
                    "`{key}` is {found}, and may be {} to {}",
                    bounds.start(),
                    bounds.end()
                )
            })
            .collect()
    }

    /// Reads `[change]` of the files of a bundle; what cannot be read stands at its default.
    pub(crate) fn of(files: &Files) -> Self {
        let read = || {
            let text = std::str::from_utf8(files.content(PATH)?).ok()?;
            let table: toml::Table = text.parse().ok()?;
            let found: Self = table.get("change")?.clone().try_into().ok()?;
            found.faults().is_empty().then_some(found)
        };
        read().unwrap_or_default()
    }

    pub(crate) fn silence(&self) -> Duration {
        Duration::from_secs(u64::from(self.decide_within) * 60)
    }

    pub(crate) fn ratify_by(&self, made: Moment) -> Moment {
        made.after(Duration::from_secs(u64::from(self.ratify_within) * 3_600))
    }

    pub(crate) fn commissioning(&self) -> Duration {
        // The bound holds even where a file of another version says more.
        Duration::from_secs(u64::from(self.commissioning_days.min(14)) * 86_400)
    }

    pub(crate) fn longest_lesson(&self) -> Duration {
        Duration::from_secs(u64::from(self.lesson) * 60)
    }

    pub(crate) fn hold_up(&self) -> Duration {
        Duration::from_secs(u64::from(self.hold_up_after) * 3_600)
    }
}

const PATH: &str = "config/schoolgate.toml";

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Settings {
        let mut files = Files::default();
        files.insert(PATH, text.as_bytes());
        Settings::of(&files)
    }

    #[test]
    fn settings_are_read_from_the_bundle() {
        assert_eq!(of("[change]\nlesson = 45\n").lesson, 45);
        assert_eq!(of("[dns]\n"), Settings::default());
    }

    #[test]
    fn no_file_stretches_commissioning() {
        assert_eq!(
            of("[change]\ncommissioning_days = 400\n"),
            Settings::default()
        );
        let wild = Settings {
            commissioning_days: 400,
            ..Settings::default()
        };
        assert_eq!(wild.faults().len(), 1);
        assert_eq!(wild.commissioning(), Duration::from_secs(14 * 86_400));
    }
}
