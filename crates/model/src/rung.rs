use serde::{Deserialize, Serialize};
use std::fmt;

/// A place on the ladder, the first that is asked first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rung {
    /// The client is outside every zone, or its zone has no network access: refused.
    Outside,
    /// Illegal content; nothing opens it.
    Floor,
    /// Access paused, or a device isolated.
    Paused,
    /// A block in an emergency, before anybody ratified it.
    Emergency,
    /// A rule of the group that no override, lesson or individual plan lifts.
    Lock,
    /// A mode of the whole group: exam, out of hours.
    Mode,
    /// A personal addition to the group's policy.
    Plan,
    /// An approved, expiring exception; lessons included.
    Override,
    /// A rule that names sites, or a pack.
    Site,
    /// What the group gets of a category.
    Category,
    /// No list has anything against the site, and it is long standing.
    Established,
    /// The site is on no list at all.
    Unknown,
}

impl Rung {
    /// All rungs in the order in which they are asked.
    pub const ALL: [Self; 12] = [
        Self::Outside,
        Self::Floor,
        Self::Paused,
        Self::Emergency,
        Self::Lock,
        Self::Mode,
        Self::Plan,
        Self::Override,
        Self::Site,
        Self::Category,
        Self::Established,
        Self::Unknown,
    ];

    /// The word of `explain` and of the journal.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::Floor => "floor",
            Self::Paused => "paused",
            Self::Emergency => "emergency",
            Self::Lock => "lock",
            Self::Mode => "mode",
            Self::Plan => "plan",
            Self::Override => "override",
            Self::Site => "site",
            Self::Category => "category",
            Self::Established => "established",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
