use model::NetworkAccess;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `config/conduct.toml`: the tables of the school's own policy, word for word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConductSettings {
    /// The tables in the order in which they are printed.
    pub tables: Vec<ConductTable>,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConductTable {
    /// Stable id.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// What each mark of the table asks of the policy; the marks in the school's own words.
    pub meanings: BTreeMap<String, Meaning>,
    /// For whom the marks are: the columns, or the groups of columns, of the printed table.
    pub subjects: Vec<ConductSubject>,
    /// The rows.
    pub rows: Vec<RowSettings>,
}

/// For whom a column of marks is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConductSubject {
    /// Stable id; the key of its marks in the rows.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// The marks in the order of the printed columns; the column's heading alone, where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The groups whose policy is held against marks on categories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The device classes whose zones are held against marks on network access.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub device_classes: Vec<String>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowSettings {
    /// What the row is about, in the school's own words.
    pub title: String,
    /// What enforces it: `"conduct"` (printed, no network rule), categories, or network access.
    pub enforced: Enforcement,
    /// The mark of each subject, by the subject's id.
    pub marks: BTreeMap<String, MarkSetting>,
}

/// What enforces a row or a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Enforcement {
    /// Printed, but no network rule.
    Written(Written),
    /// By what the groups get of categories.
    Categories {
        /// The categories; the mark holds for each of them.
        categories: Vec<String>,
    },
    /// By what the zones of a device class may reach.
    Network {
        /// The access that the mark is about.
        network: NetworkAccess,
    },
}

/// The word for what no network rule enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Written {
    /// Printed, but no network rule.
    Conduct,
}

/// A mark: the school's own words, with a note where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum MarkSetting {
    /// The words alone.
    Plain(String),
    /// The words with more.
    Noted {
        /// The words.
        mark: String,
        /// What is printed beside it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// What enforces this cell, where it differs from its row.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        enforced: Option<Enforcement>,
        /// The groups of this cell, where they differ from the subject's.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: Vec<String>,
    },
}

/// What a mark asks of the policy, the mildest first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// Nothing: the mark says that the row does not concern the subject.
    Nothing,
    /// Always open.
    Open,
    /// Open at some times and closed at others.
    AtTimes,
    /// Open for named people alone.
    Nominated,
    /// Closed until a member of staff unlocks it.
    Permission,
    /// Closed, always and for all.
    Closed,
    /// Illegal: closed by the floor.
    Floor,
}
