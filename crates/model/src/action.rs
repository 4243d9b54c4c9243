use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a verdict tells a listener to do.
///
/// The order is by strictness, the strictest last, so that of two actions the greater wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// The query passes.
    Allow,
    /// The query passes after a page that the person confirms. Closed where no page can be shown.
    Warn,
    /// Closed until a member of staff unlocks it for a lesson.
    Permission,
    /// Closed.
    Block,
}

impl Action {
    /// The word of the command line and the journal.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Permission => "permission",
            Self::Block => "block",
        }
    }

    /// Whether a door that can show no page lets the query through.
    pub const fn opens(self) -> bool {
        match self {
            Self::Allow => true,
            Self::Warn | Self::Permission | Self::Block => false,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The five access words of a policy file.
///
/// `monitor` is an allowance that is looked at; as an [`Action`] it is `allow` with an obligation.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Open.
    Allow,
    /// Open and looked at.
    Monitor,
    /// Open after a page that the person confirms; logged.
    Warn,
    /// Closed, but a member of staff may unlock it for a lesson.
    Permission,
    /// Closed.
    Block,
}

impl Access {
    /// All five words, the mildest first.
    pub const ALL: [Self; 5] = [
        Self::Allow,
        Self::Monitor,
        Self::Warn,
        Self::Permission,
        Self::Block,
    ];

    /// The word of a policy file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Monitor => "monitor",
            Self::Warn => "warn",
            Self::Permission => "permission",
            Self::Block => "block",
        }
    }

    /// What a listener does on this word.
    pub const fn action(self) -> Action {
        match self {
            Self::Allow | Self::Monitor => Action::Allow,
            Self::Warn => Action::Warn,
            Self::Permission => Action::Permission,
            Self::Block => Action::Block,
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
