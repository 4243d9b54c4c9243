use crate::{ClassIndex, DeviceIndex, DeviceSetIndex, GroupIndex, Moment, UserIndex, ZoneIndex};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What stands behind the addresses of a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ZoneKind {
    /// One client to an address.
    Clients,
    /// Many people behind an address (NAT, terminal server): never yields a person.
    Shared,
    /// Another resolver that asks for many.
    Forwarder,
    /// Door entry, telephones, payment terminals.
    Things,
}

/// How surely we know who a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// By its network alone.
    Zone,
    /// By a static or assigned device.
    Device,
    /// By a binding from a feed.
    Binding,
    /// By a sign-in.
    SignIn,
}

/// The classes that a subject sits in; past eight the further ones are not held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Classes {
    places: [u16; 8],
    count: u8,
}

impl Classes {
    /// Adds a class; gives back whether there was room.
    pub fn insert(&mut self, class: ClassIndex) -> bool {
        if self.contains(class) {
            return true;
        }
        let Some(place) = self.places.get_mut(usize::from(self.count)) else {
            return false;
        };
        *place = class.0;
        self.count += 1;
        true
    }

    /// Whether the subject sits in the class.
    pub fn contains(&self, class: ClassIndex) -> bool {
        self.iter().any(|held| held == class)
    }

    /// The classes in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = ClassIndex> {
        self.places
            .iter()
            .take(usize::from(self.count))
            .map(|&place| ClassIndex(place))
    }
}

/// The device sets that a subject's device belongs to, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeviceSets(pub u64);

impl DeviceSets {
    /// Adds a device set.
    pub const fn insert(&mut self, set: DeviceSetIndex) {
        self.0 |= 1 << (set.0 & 63);
    }

    /// Whether the device belongs to the set.
    pub const fn contains(self, set: DeviceSetIndex) -> bool {
        self.0 & (1 << (set.0 & 63)) != 0
    }
}

/// Who asks: user and device as far as known, a group always.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The zone of the source address.
    pub zone: ZoneIndex,
    /// The group whose policy decides.
    pub group: GroupIndex,
    /// The device, where it is one that the school named.
    pub device: Option<DeviceIndex>,
    /// The device sets it belongs to.
    pub sets: DeviceSets,
    /// The user, where a feed or a sign-in named one.
    pub user: Option<UserIndex>,
    /// The classes it sits in.
    pub classes: Classes,
    /// How surely all this is known.
    pub certainty: Certainty,
    /// When it may change by the clock: an assignment's edge or a binding's expiry.
    pub valid_until: Option<Moment>,
}
