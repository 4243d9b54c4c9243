use model::{Access, Moment};
use serde::{Deserialize, Serialize};

/// What holds on top of the files for a while: put there by change control, each with its end.
///
/// Whom a part is for is written as in a policy file: `group:`, `class:`, `device:`, `set:`,
/// `zone:`, `user:` and an id. A part that names nobody who is known is left out with a warning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Overlay {
    /// Web access paused.
    pub pauses: Vec<Pause>,
    /// Devices cut off.
    pub isolations: Vec<Isolation>,
    /// Blocks in an emergency.
    pub blocks: Vec<EmergencyBlock>,
    /// Modes switched on.
    pub modes: Vec<ModeSwitch>,
    /// Individual plans.
    pub plans: Vec<Plan>,
    /// Approved, expiring exceptions.
    pub overrides: Vec<Override>,
    /// Unblocks for a lesson: each reaches only what a group leaves to its teacher.
    pub lessons: Vec<Override>,
}

/// Web access paused for somebody until a set end; the group's learning sites stay open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// Stable id.
    pub id: String,
    /// For whom.
    #[serde(rename = "for")]
    pub whom: Vec<String>,
    /// When it begins.
    pub start: Moment,
    /// When it is over.
    pub end: Moment,
    /// Why.
    pub reason: String,
}

/// A device cut off from everything, until somebody ends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Isolation {
    /// Stable id.
    pub id: String,
    /// For whom.
    #[serde(rename = "for")]
    pub whom: Vec<String>,
    /// When it begins.
    pub start: Moment,
    /// When it is over; never, where absent.
    pub end: Option<Moment>,
    /// Why.
    pub reason: String,
}

/// A block in an emergency, for everybody unless it says for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmergencyBlock {
    /// Stable id.
    pub id: String,
    /// What is closed: sites as in a rule, or `category:` and an id.
    pub sites: Vec<String>,
    /// For whom; everybody, where empty.
    #[serde(rename = "for", default)]
    pub whom: Vec<String>,
    /// When it begins.
    pub start: Moment,
    /// When it is over.
    pub end: Moment,
    /// Why.
    pub reason: String,
}

/// A mode of the files switched on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModeSwitch {
    /// The id of the mode, of all groups that have it.
    pub mode: String,
    /// For whom.
    #[serde(rename = "for")]
    pub whom: Vec<String>,
    /// When it begins.
    pub start: Moment,
    /// When it is over.
    pub end: Moment,
}

/// A personal addition to the policy of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Stable id.
    pub id: String,
    /// For whom: a user or a device.
    #[serde(rename = "for")]
    pub whom: Vec<String>,
    /// What it is about: sites as in a rule, or `category:` and an id.
    pub sites: Vec<String>,
    /// The word.
    pub action: Access,
    /// While which schedule runs; always, where absent.
    #[serde(default)]
    pub when: Option<String>,
    /// When it begins.
    pub start: Moment,
    /// When it must be looked at again; it ends then.
    pub end: Moment,
    /// Why.
    pub reason: String,
}

/// An approved exception that ends by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Stable id.
    pub id: String,
    /// For whom.
    #[serde(rename = "for")]
    pub whom: Vec<String>,
    /// What it is about: sites as in a rule, or `category:` and an id.
    pub sites: Vec<String>,
    /// The word.
    pub action: Access,
    /// When it begins.
    pub start: Moment,
    /// When it is over; at that very moment it no longer holds.
    pub end: Moment,
    /// Why.
    pub reason: String,
    /// With whom it is tried first; with nobody, where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<Trial>,
}

/// The first stage of an exception: it holds for these alone, and from its end for all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// With whom it is tried.
    #[serde(rename = "for")]
    pub whom: Vec<String>,
    /// When the trial ends, and the whole begins unless somebody ended it.
    pub until: Moment,
}
