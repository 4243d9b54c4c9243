use crate::settings::Day;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One file of `blocklists/packs`: a reviewed set of all the hosts that a service or a subject needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackSettings {
    /// The id: the name of the file.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// What it is for.
    pub reason: String,
    /// When it was last looked through.
    pub reviewed: Day,
    /// The sites: `name` and all below, `=name` alone, `name/path`.
    pub sites: Vec<String>,
}
