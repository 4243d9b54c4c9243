use model::Access;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a group gets of one category: a word, a word on conditions, or several of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum AccessSetting {
    /// One word for everybody always.
    Word(Access),
    /// One word on conditions, such as `{ allow = "breaks" }`.
    Conditional(ConditionalWord),
    /// Several; one that names people beats one that does not, then the strictest wins.
    ///
    /// A plain word in the list is what holds when no condition does.
    List(Vec<AccessItem>),
}

/// One element of a list of words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum AccessItem {
    /// What holds when no condition does.
    Word(Access),
    /// A word on conditions.
    Conditional(ConditionalWord),
}

/// A word that holds while a schedule runs, for some or for all.
///
/// Exactly one of the five words is written, and its value names the schedule: `"always"`, the id
/// of a schedule, or `"not <id>"`. Outside the schedule, and for people who are not named, the
/// inherited word holds; where none is given, an opening word is followed by `block`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConditionalWord {
    /// Open while this schedule runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<String>,
    /// Open and looked at while this schedule runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitor: Option<String>,
    /// Open after a page while this schedule runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warn: Option<String>,
    /// Closed while this schedule runs, save that staff may unlock it for a lesson.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permission: Option<String>,
    /// Closed while this schedule runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<String>,
    /// For whom: `group:`, `class:`, `device:`, `set:`, `zone:`, `user:` or `directory:` and an id.
    #[serde(rename = "for", skip_serializing_if = "Vec::is_empty")]
    pub whom: Vec<String>,
    /// Whether no mode, individual plan, unblock or lesson lifts it; for `block` alone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lock: bool,
}

impl ConditionalWord {
    /// The words that are written, each with its key and the schedule it names.
    pub fn written(&self) -> impl Iterator<Item = (Access, &'static str, &str)> {
        [
            (Access::Allow, "allow", &self.allow),
            (Access::Monitor, "monitor", &self.monitor),
            (Access::Warn, "warn", &self.warn),
            (Access::Permission, "permission", &self.permission),
            (Access::Block, "block", &self.block),
        ]
        .into_iter()
        .filter_map(|(access, key, when)| when.as_deref().map(|when| (access, key, when)))
    }
}
