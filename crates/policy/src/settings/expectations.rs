use model::{Action, Moment, Rung};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// `config/expectations.toml`: tests of the policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExpectationsSettings {
    /// The tests.
    pub expect: Vec<Expectation>,
}

/// One test: a group or a client, a target, a moment, and what is to happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The group that asks; in place of `client`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The address that asks; in place of `group`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub client: Option<IpAddr>,
    /// What is asked for: a host, or a URL.
    pub target: String,
    /// When, in RFC 3339, such as 2026-11-23T10:15:00Z.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Moment,
    /// What is to happen: `allow`, `warn`, `permission` or `block`.
    #[schemars(with = "ActionWord")]
    pub action: Action,
    /// The rung that is to settle it; any, where it is not written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub rung: Option<Rung>,
    /// Why it matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The words of an action, for the schema alone.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[allow(dead_code, reason = "read by the schema generator alone")]
enum ActionWord {
    /// It passes.
    Allow,
    /// It passes after a page.
    Warn,
    /// Closed until staff unlock it.
    Permission,
    /// Closed.
    Block,
}
