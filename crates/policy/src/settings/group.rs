use crate::settings::{AccessSetting, Fallback, ModeSettings, RuleSettings};
use model::{Access, Inspect, SafeSearch, YouTube};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One file of `config/groups`: the policy of a group. The id is the name of the file.
///
/// A key that is not written is inherited from the group that `extends` names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupSettings {
    /// Name for people.
    pub title: String,
    /// The group whose policy this one adds to; one, never itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<String>,
    /// Who is in it; settles what the vocabulary's defaults mean. Unset anywhere: pupils.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<GroupKind>,
    /// The age in years of the youngest, for categories with an age minimum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<u8>,
    /// The reading level of the block page. Unset anywhere: plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// The word for a long-standing site with no label against it. Unset anywhere: allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub established: Option<Access>,
    /// The word for a site that is on no list at all. Unset anywhere: block, for staff allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<Access>,
    /// The allow-class categories that open a site with no label against it, whatever `unknown` says.
    ///
    /// Unset anywhere: all of them, and none in a walled garden. `help` is always among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Vec<String>>,
    /// Whether only packs, rules and the categories of `open` open anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walled_garden: Option<bool>,
    /// How strictly search engines are held to their safe mode. Unset anywhere: strict, for staff off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safe_search: Option<SafeSearch>,
    /// The restricted mode of YouTube. Unset anywhere: strict, for staff off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub youtube: Option<YouTube>,
    /// How far TLS is opened; only on devices whose class has the school's certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspect: Option<Inspect>,
    /// Whether an address in place of a name is open. Unset anywhere: block, for staff allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub literal_addresses: Option<Fallback>,
    /// Whether unblocks, lessons and individual plans reach this group. Unset anywhere: true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overrides: Option<bool>,
    /// The packs that are open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packs: Option<Vec<String>>,
    /// What stays open while access is paused: sites, or `pack:` and an id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learning: Option<Vec<String>>,
    /// How pages are judged by their text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phrases: Option<PhraseSettings>,
    /// What the group gets of each category.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub access: BTreeMap<String, AccessSetting>,
    /// Sentences: what, for whom, when, until, why. Added to the inherited ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rule: Vec<RuleSettings>,
    /// Modes of the whole group. Added to the inherited ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mode: Vec<ModeSettings>,
    /// Inherited rules by name and inherited modes by id that this group does not take over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
}

/// How pages are judged by their text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhraseSettings {
    /// What the text of a page may score in a theme: about 50 for young children, 100 for older
    /// ones, 160 for young adults. Unset anywhere: 100, for staff 160.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Who is in a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GroupKind {
    /// Pupils.
    #[default]
    Pupils,
    /// Staff and other adults with a role in the school.
    Staff,
    /// Visitors; as strict as pupils unless a policy says otherwise.
    Guests,
    /// Printers, door entry, telephones; as strict as pupils unless a policy says otherwise.
    Things,
}

/// The reading level of what a group is shown.
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
pub enum Reading {
    /// Pictures and very few words.
    Pictures,
    /// Short words and sentences.
    Simple,
    /// Plain sentences.
    #[default]
    Plain,
    /// For older pupils.
    Older,
    /// For adults at work.
    Professional,
}
