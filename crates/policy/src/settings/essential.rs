use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `config/essential.toml`: hosts that the school agreed beforehand a bad list may never close.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EssentialSettings {
    /// The hosts.
    pub essential: Vec<EssentialHost>,
}

/// A host that a bad list may never close.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EssentialHost {
    /// The host name; it and all below.
    pub name: String,
    /// What the school needs it for.
    pub reason: String,
}
