use model::Access;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A mode of a whole group, such as an exam or the hours after school.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModeSettings {
    /// Stable id: lower-case letters, digits and hyphens; unique in its file.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// What it does.
    pub kind: ModeKind,
    /// While which schedule runs: its id, or `not <id>`. Not written: only when somebody switches it on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// For kind `word`: the word for everything, `block` or `permission`.
    ///
    /// Without it the mode speaks only for the categories of `access`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Access>,
    /// What stays open: sites as in a rule, or `pack:` and an id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<String>,
    /// Allow-class categories that stay open, where no label stands against the site.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<String>,
    /// For kind `word`: words for single categories.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub access: BTreeMap<String, Access>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a mode does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ModeKind {
    /// Only `sites` and `open` are open.
    Allowlist,
    /// One word for everything, or words for single categories.
    Word,
}
