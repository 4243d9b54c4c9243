use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How strictly search engines are held to their safe mode.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum SafeSearch {
    /// The person chooses.
    #[default]
    Off,
    /// Moderate where the engine offers it, else strict.
    Moderate,
    /// Strict.
    Strict,
}

/// The restricted mode of YouTube.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum YouTube {
    /// The person chooses.
    #[default]
    Off,
    /// Moderate restricted mode.
    Moderate,
    /// Strict restricted mode.
    Strict,
}

/// How far TLS is opened for a group.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Inspect {
    /// Never: doors see the host alone.
    #[default]
    None,
    /// For refused hosts, to show the page.
    BlockPage,
    /// For all but the exempt hosts: doors see the URL.
    Full,
}

/// What an allowed query must also undergo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Obligations {
    /// The visit is looked at.
    pub monitor: bool,
    /// Somebody is told at once, whether it was blocked or allowed.
    pub alert: bool,
    /// The host alone cannot settle it: the door that sees the URL decides.
    pub needs_url: bool,
    /// Safe mode of search engines.
    pub safe_search: SafeSearch,
    /// Restricted mode of YouTube.
    pub youtube: YouTube,
    /// How far TLS is opened.
    pub inspect: Inspect,
}

impl Obligations {
    /// The words of `explain`, those that ask nothing left out.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        [
            self.monitor.then_some("monitor"),
            self.alert.then_some("alert"),
            self.needs_url.then_some("needs-url"),
            match self.safe_search {
                SafeSearch::Off => None,
                SafeSearch::Moderate => Some("safe-search:moderate"),
                SafeSearch::Strict => Some("safe-search:strict"),
            },
            match self.youtube {
                YouTube::Off => None,
                YouTube::Moderate => Some("youtube:moderate"),
                YouTube::Strict => Some("youtube:strict"),
            },
            match self.inspect {
                Inspect::None => None,
                Inspect::BlockPage => Some("inspect:block-page"),
                Inspect::Full => Some("inspect:full"),
            },
        ]
        .into_iter()
        .flatten()
    }
}
