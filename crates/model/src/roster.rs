use crate::{ClassIndex, DeviceIndex, DeviceSetIndex, NameTable, UserIndex, ZoneIndex, ZoneKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a device class may reach at all.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkAccess {
    /// The school's own servers and the internet.
    Full,
    /// The internet, never the school's own networks.
    InternetOnly,
    /// Nothing: refused.
    None,
}

/// What `policy` must know of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneFacts {
    /// The id of its device class.
    pub device_class: String,
    /// What its devices may reach.
    pub network: NetworkAccess,
    /// Whether its devices trust the school's certificate.
    pub certificate: bool,
    /// What stands behind its addresses.
    pub kind: ZoneKind,
    /// The group of a client that is not known better.
    pub unidentified: String,
}

/// Who there is: made by `identity` from the network files, read by `policy`.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    /// Zones by id.
    pub zones: NameTable<ZoneIndex>,
    /// What each zone is, by the place of its id.
    pub zone_facts: Vec<ZoneFacts>,
    /// Named devices by id.
    pub devices: NameTable<DeviceIndex>,
    /// Device sets by id.
    pub sets: NameTable<DeviceSetIndex>,
    /// Classes by id.
    pub classes: NameTable<ClassIndex>,
    /// Users that a file names.
    pub users: NameTable<UserIndex>,
    /// Whether something feeds identities, so that a rule may name a user.
    pub feeds: bool,
    /// The canonical names of the school's own servers; names below them are meant too.
    pub local_names: Vec<String>,
}
