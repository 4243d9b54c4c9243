//! What a program sends.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use utoipa::ToSchema;

/// Why, and nothing else.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WordsBody {
    /// Why; at most 2,000 characters.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub(crate) words: String,
}

/// A consent, with password and code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApproveBody {
    /// The digest that stood with the matter when it was looked at.
    #[schema(example = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0")]
    pub(crate) seen: String,
    /// Why; at most 2,000 characters.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub(crate) words: String,
    /// The password of who decides.
    #[schema(max_length = 1000)]
    pub(crate) password: String,
    /// A fresh code of their authenticator.
    #[schema(max_length = 40)]
    pub(crate) code: String,
}

/// A consent afterwards, with password and code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RatifyBody {
    /// Why; at most 2,000 characters.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub(crate) words: String,
    /// The password of who consents.
    #[schema(max_length = 1000)]
    pub(crate) password: String,
    /// A fresh code of their authenticator.
    #[schema(max_length = 40)]
    pub(crate) code: String,
}

/// A signature under the change log.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignOffBody {
    /// The last entry that was looked at.
    pub(crate) upto: u64,
    /// What is said to it; at most 2,000 characters.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub(crate) words: String,
}

/// Policy files and lists, whole, as they shall be in force.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FilesBody {
    /// Why; 3 to 2,000 characters.
    #[schema(max_length = 2000)]
    pub(crate) reason: String,
    /// The files that differ from those in force, by path, such as `config/groups/ks2.toml`;
    /// `null` takes one away. Left out, the files of the gateway's own folder are proposed.
    #[serde(default)]
    pub(crate) files: Option<BTreeMap<String, Option<String>>>,
}

/// A note to an incident.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoteBody {
    /// What is noted.
    #[schema(min_length = 1, max_length = 10000)]
    pub(crate) words: String,
}

/// How an incident is closed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloseBody {
    /// By chance, on purpose, or not known.
    pub(crate) intent: IntentWord,
    /// What was done.
    #[schema(min_length = 1, max_length = 10000)]
    pub(crate) action: String,
    /// What came of it.
    #[schema(min_length = 1, max_length = 10000)]
    pub(crate) outcome: String,
}

/// By chance, on purpose, or not known.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum IntentWord {
    /// By chance.
    Accidental,
    /// On purpose.
    Deliberate,
    /// Not known.
    Unknown,
}

/// Why a named person's history is read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiscloseBody {
    /// Why; 10 to 2,000 characters.
    #[schema(min_length = 10, max_length = 2000)]
    pub(crate) reason: String,
    /// The search that will be made, as in the query of `GET /api/v1/activity`; it names a person
    /// or says `names`.
    pub(crate) search: BTreeMap<String, String>,
}

/// A token that is asked for, with password and code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenBody {
    /// What it may do.
    pub(crate) scope: ScopeWord,
    /// The identity feed that it speaks for, with the scope `feed`.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub(crate) feed: Option<String>,
    /// For how many days; 1 to 365.
    #[schema(minimum = 1, maximum = 365)]
    pub(crate) days: u16,
    /// The password of whom it acts for.
    #[schema(max_length = 1000)]
    pub(crate) password: String,
    /// A fresh code of their authenticator.
    #[schema(max_length = 40)]
    pub(crate) code: String,
}

/// What an identity feed says of some addresses.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BindingsBody {
    /// One for each address; 1 to 500.
    #[schema(min_items = 1, max_items = 500)]
    pub(crate) bindings: Vec<BindingBody>,
}

/// Who is at an address, for a while.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BindingBody {
    /// The address, within the school's networks.
    #[schema(value_type = String, example = "192.0.2.20")]
    pub(crate) address: IpAddr,
    /// The user, as the school's files name people.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub(crate) user: Option<String>,
    /// The hardware address.
    #[serde(default)]
    #[schema(example = "02:00:5e:00:53:01")]
    pub(crate) hardware: Option<String>,
    /// The group; that of the device or the room unless given.
    #[serde(default)]
    pub(crate) group: Option<String>,
    /// Further classes.
    #[serde(default)]
    #[schema(max_items = 8)]
    pub(crate) classes: Vec<String>,
    /// For how many minutes; 1 to 1,440.
    #[schema(minimum = 1, maximum = 1440)]
    pub(crate) minutes: u16,
}

/// What a token may do.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ScopeWord {
    /// Look.
    Read,
    /// Look, and propose.
    Propose,
    /// Say who is where, and nothing else.
    Feed,
}

macro_rules! secret {
    ($($body:ident),*) => {
        $(impl fmt::Debug for $body {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($body)).finish_non_exhaustive()
            }
        })*
    };
}

secret!(ApproveBody, RatifyBody, TokenBody);
