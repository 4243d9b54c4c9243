use crate::Format;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `blocklists/sources.toml`: lists that others publish, or that the school keeps in files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourcesFile {
    /// The sources.
    #[serde(default)]
    pub sources: Vec<Source>,
}

/// One list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Stable id: lower-case letters, digits and hyphens.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// The file, seen from the folder of the block lists. Either this, `url` or `delivered`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The address it is fetched from. Either this, `file` or `delivered`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Other addresses of the same list, asked in turn when the first one fails.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mirrors: Vec<String>,
    /// The address of a file with the digests of the publisher's files, as `sha256sum` or
    /// `md5sum` write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digests: Option<String>,
    /// The address of the publisher's Ed25519 signature of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The publisher's public key, in hexadecimal. A list that it did not sign is not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<String>,
    /// Whether somebody hands it over with `schoolgate lists take`, in place of fetching it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delivered: bool,
    /// Whether the gateway may not start without it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// The hours in which its publisher allows fetching it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<FetchHours>,
    /// Hours from one fetch to the next; at least 6. Unless said, 24, and 8 for illegal content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_hours: Option<u16>,
    /// How its lines are written.
    pub format: Format,
    /// The folder of an archive that is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// The encoding of lines that are no UTF-8; `windows-1252` unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
    /// The category that its entries bear.
    pub category: String,
    /// What an entry covers, where that differs from what the format says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covers: Option<Covers>,
    /// Whether its addresses also close the names that lead to them; unless said, those of `rpz`
    /// and `addresses` do. Many sites share an address, so that of one is rarely its alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<bool>,
    /// The licence under which it is published.
    pub licence: String,
    /// Whom its licence asks to be named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<String>,
    /// Whether it is one of the lists to begin with; see the table in `sources.toml`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recommended: bool,
    /// Whether it is used.
    #[serde(default = "enabled")]
    pub enabled: bool,
    /// Whether others write it, so that exceptions and the guard hold against it.
    #[serde(default = "enabled")]
    pub third_party: bool,
    /// Whether its entries may be public suffixes and cover the sites of users below them.
    #[serde(default)]
    pub crosses_suffix: bool,
}

/// A part of the day, in UTC; it may reach over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FetchHours {
    /// The first hour, 0 to 23.
    pub from: u8,
    /// The hour at whose beginning it ends, 0 to 24.
    pub to: u8,
}

impl FetchHours {
    /// Whether an hour of the day lies in it.
    pub const fn holds(self, hour: u8) -> bool {
        if self.from <= self.to {
            self.from <= hour && hour < self.to
        } else {
            self.from <= hour || hour < self.to
        }
    }
}

impl Source {
    /// Whether its versions are kept in the state folder: it is fetched, or delivered.
    pub const fn is_kept(&self) -> bool {
        self.file.is_none() && (self.url.is_some() || self.delivered)
    }

    /// Whether its addresses also speak of the names that lead to them.
    pub fn speaks_of_answers(&self) -> bool {
        self.answers.unwrap_or(self.format.speaks_of_answers())
    }
}

const fn enabled() -> bool {
    true
}

/// What an entry of a list covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Covers {
    /// The name alone.
    Name,
    /// The name and all names below it.
    NameAndBelow,
    /// The names below it, not the name itself.
    Below,
}

impl From<Covers> for matcher::Coverage {
    fn from(covers: Covers) -> Self {
        match covers {
            Covers::Name => Self::Name,
            Covers::NameAndBelow => Self::NameAndBelow,
            Covers::Below => Self::Below,
        }
    }
}

/// `blocklists/exceptions.toml`: names that published lists wrongly carry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptionsFile {
    /// The exceptions.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

/// One name that no third-party list may label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The name; all names below it are meant too.
    pub name: String,
    /// The allow-class category that it bears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Why, in a sentence that a governor understands.
    pub reason: String,
}
/// The JSON Schemas of the files of the lists, by file name.
pub fn schemas() -> Vec<(&'static str, serde_json::Value)> {
    vec![
        (
            "exceptions.json",
            schemars::schema_for!(ExceptionsFile).to_value(),
        ),
        (
            "sources.json",
            schemars::schema_for!(SourcesFile).to_value(),
        ),
    ]
}
