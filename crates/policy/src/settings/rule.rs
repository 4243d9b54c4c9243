use crate::settings::Day;
use model::Access;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A sentence: what, for whom, when, until, why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSettings {
    /// What people call it; unique in its file.
    pub name: String,
    /// What it is about.
    ///
    /// `name` stands for itself and all below; `=name` for itself alone; `*.name` for all below,
    /// also where each belongs to somebody else (`*.github.io`); `name/path` for a path;
    /// an address for itself; `pack:<id>` and `category:<id>` for what they hold.
    pub sites: Vec<String>,
    /// For whom: `group:`, `class:`, `device:`, `set:`, `zone:`, `user:` or `directory:` and an id.
    ///
    /// Those named, whatever their group; without it the group of the file and its children.
    #[serde(default, rename = "for", skip_serializing_if = "Vec::is_empty")]
    pub whom: Vec<String>,
    /// While which schedule runs: its id, or `not <id>`; always, where it is not written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// The word.
    pub action: Access,
    /// The first day on which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Day>,
    /// The last day on which it holds, to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether no mode, individual plan, unblock or lesson lifts it; for `block` alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lock: bool,
    /// For a rule with a path: what a door does that sees the host alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_fallback: Option<Fallback>,
}

/// Open or closed, where nothing between the two makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fallback {
    /// Open.
    Allow,
    /// Closed.
    Block,
}

impl Fallback {
    /// The access word of the same meaning.
    pub const fn access(self) -> Access {
        match self {
            Self::Allow => Access::Allow,
            Self::Block => Access::Block,
        }
    }
}
