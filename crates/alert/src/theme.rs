use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a visit that somebody must look at is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// Illegal content: the floor.
    Illegal,
    /// Suicide.
    Suicide,
    /// Self-harm and eating disorders.
    SelfHarm,
    /// Grooming and sexual exploitation.
    Grooming,
    /// Extremism and terrorism.
    Extremism,
    /// Violence and weapons.
    Violence,
    /// What the school flags besides.
    Other,
}

impl Theme {
    /// All themes, the gravest first.
    pub const ALL: [Self; 7] = [
        Self::Illegal,
        Self::Suicide,
        Self::SelfHarm,
        Self::Grooming,
        Self::Extremism,
        Self::Violence,
        Self::Other,
    ];

    /// The word in files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Illegal => "illegal",
            Self::Suicide => "suicide",
            Self::SelfHarm => "self-harm",
            Self::Grooming => "grooming",
            Self::Extremism => "extremism",
            Self::Violence => "violence",
            Self::Other => "other",
        }
    }

    /// The name that people read.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Illegal => "Illegal content",
            Self::Suicide => "Suicide",
            Self::SelfHarm => "Self-harm and eating disorders",
            Self::Grooming => "Grooming and sexual exploitation",
            Self::Extremism => "Extremism",
            Self::Violence => "Violence",
            Self::Other => "Flagged by the school",
        }
    }
}

impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
