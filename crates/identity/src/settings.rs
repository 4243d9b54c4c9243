use model::{NetworkAccess, ZoneKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `config/network.toml`: zones, devices and who they are.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkFile {
    /// What feeds identities.
    pub identity: IdentitySettings,
    /// Kinds of devices and what they may reach at all.
    pub device_classes: Vec<DeviceClass>,
    /// Networks whose clients share a device class and a group.
    pub zones: Vec<Zone>,
    /// Devices that the school names.
    pub devices: Vec<Device>,
    /// Devices that are handed out together.
    pub device_sets: Vec<DeviceSet>,
    /// Which group a device or a set is at which time.
    pub assignments: Vec<Assignment>,
    /// The school's own servers, which may have private addresses.
    pub local_servers: Vec<LocalServer>,
}

/// What feeds identities.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IdentitySettings {
    /// Whether the local feed (`schoolgate identity bind`) may name users.
    pub feed: bool,
}

/// A kind of device.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceClass {
    /// Id, such as "school-shared".
    pub id: String,
    /// Name for people.
    pub title: String,
    /// What its devices may reach: "full", "internet-only" or "none".
    pub network: NetworkAccess,
    /// Whether its devices trust the school's certificate.
    #[serde(default)]
    pub certificate: bool,
}

/// What happens to a zone's traffic when the gateway cannot decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// Nothing passes.
    #[default]
    Shut,
    /// All passes; for zones of things only.
    Open,
}

/// Networks whose clients share a device class and a group.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// Id, such as "ks2-rooms".
    pub id: String,
    /// Name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Networks in CIDR form, such as "10.20.0.0/16".
    pub networks: Vec<String>,
    /// What stands behind its addresses.
    #[serde(default = "clients")]
    pub kind: ZoneKind,
    /// The id of its device class.
    pub device_class: String,
    /// The group of its named devices, such as "ks2".
    pub group: String,
    /// The group of a client until it is known better, such as "ks2".
    pub unidentified: String,
    /// What happens when the gateway cannot decide.
    #[serde(default)]
    pub on_failure: OnFailure,
}

const fn clients() -> ZoneKind {
    ZoneKind::Clients
}

/// A device that the school names.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// Id, such as "head-laptop".
    pub id: String,
    /// Name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its addresses: IP, or hardware address such as "02:00:5e:00:53:01".
    pub addresses: Vec<String>,
    /// Its group; that of the zone unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// Devices that are handed out together.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceSet {
    /// Id, such as "ipad-trolley-1".
    pub id: String,
    /// Name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Hardware addresses, IP addresses, networks, or "device:ID".
    pub devices: Vec<String>,
}

/// Which group a device or a set is at which time.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// The id of a device set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_set: Option<String>,
    /// The id of a device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The group it is, such as "ks1".
    pub group: String,
    /// The schedule, or "always".
    #[serde(default = "always")]
    pub when: String,
}

fn always() -> String {
    ALWAYS.to_owned()
}

/// The schedule that always runs.
pub(crate) const ALWAYS: &str = "always";

/// A server of the school, which may have a private address.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalServer {
    /// Its name; names below it are meant too.
    pub name: String,
    /// Its addresses; none where another resolver knows them.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub addresses: Vec<std::net::IpAddr>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// `config/classes.toml`: who sits in which class.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClassesFile {
    /// The classes.
    pub classes: Vec<Class>,
}

/// A class is devices, subnets or people.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Id, such as "media".
    pub id: String,
    /// Name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Hardware addresses, IP addresses, networks, "device:ID" or "set:ID".
    #[serde(default)]
    pub devices: Vec<String>,
    /// User names, as the feed gives them.
    #[serde(default)]
    pub users: Vec<String>,
}

/// The JSON Schemas of the network files, by file name.
pub fn schemas() -> Vec<(&'static str, schemars::Schema)> {
    vec![
        ("network.json", schemars::schema_for!(NetworkFile)),
        ("classes.json", schemars::schema_for!(ClassesFile)),
    ]
}
