use crate::Role;
use model::Moment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How soon a notice must be read.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Urgency {
    /// With the next digest.
    Digest,
    /// Today.
    Soon,
    /// At once.
    Immediate,
}

impl Urgency {
    /// The word in files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Digest => "digest",
            Self::Soon => "soon",
            Self::Immediate => "immediate",
        }
    }
}

/// What a person must be told.
///
/// How it travels, and who must not see it, stands in the [`Letter`](crate::Letter) around it.
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
