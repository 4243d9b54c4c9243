use model::Moment;
use serde::{Deserialize, Serialize};

/// Whom a notice is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Keeps the gateway running.
    Technician,
    /// Decides requests for sites.
    Coordinator,
    /// Answers for the filter.
    Headteacher,
    /// Looks into what endangers a child.
    SafeguardingLead,
    /// Checks that checks are made.
    Chair,
}

/// How soon a notice must be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Urgency {
    /// With the next digest.
    Digest,
    /// Today.
    Soon,
    /// At once.
    Immediate,
}

/// What a person must be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// When it was made.
    pub at: Moment,
    /// Whom it is for.
    pub to: Role,
    /// How soon it must be read.
    pub urgency: Urgency,
    /// One line.
    pub title: String,
    /// The rest, in plain words.
    pub words: String,
    /// The entry of the ledger that it tells of.
    pub entry: Option<u64>,
}
