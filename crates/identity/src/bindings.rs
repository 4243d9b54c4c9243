use crate::Hardware;
use model::{Certainty, Moment};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::net::IpAddr;

/// What a feed says of one address for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// The address.
    pub address: IpAddr,
    /// Its hardware address, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hardware: Option<String>,
    /// The user, as the feed names people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The group; that of the device or the zone unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Further classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// The feed.
    pub source: String,
    /// How surely it knows.
    #[serde(default = "binding")]
    pub certainty: Certainty,
    /// When it ends.
    pub expires: Moment,
}

const fn binding() -> Certainty {
    Certainty::Binding
}

impl Binding {
    /// The hardware address, where it can be read.
    pub fn hardware(&self) -> Option<Hardware> {
        self.hardware.as_deref().and_then(|text| text.parse().ok())
    }
}

/// All bindings that feeds have given, several to an address where feeds differ.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    by_address: HashMap<IpAddr, Vec<Binding>>,
}

impl Bindings {
    /// Takes a binding in, in place of what the same feed said of the address before.
    pub fn bind(&mut self, mut binding: Binding) {
        binding.address = binding.address.to_canonical();
        let held = self.by_address.entry(binding.address).or_default();
        held.retain(|other| other.source != binding.source);
        held.push(binding);
    }

    /// Drops what a feed said of an address.
    pub fn release(&mut self, address: IpAddr, source: &str) {
        let address = address.to_canonical();
        if let Some(held) = self.by_address.get_mut(&address) {
            held.retain(|binding| binding.source != source);
        }
    }

    /// Drops what has expired.
    pub fn expire(&mut self, now: Moment) {
        self.by_address.retain(|_, held| {
            held.retain(|binding| now < binding.expires);
            !held.is_empty()
        });
    }

    /// What is known of an address now; `None` when nothing is, or when feeds disagree on who it is.
    pub fn known(&self, address: IpAddr, now: Moment) -> Option<&Binding> {
        let live = || {
            self.by_address
                .get(&address)
                .into_iter()
                .flatten()
                .filter(|held| now < held.expires)
        };
        let best = live().max_by_key(|held| held.certainty)?;
        // INVARIANT: a staff identity never reaches a pupil's device through a stale feed (IDN-03).
        let differ = |one: &Option<String>, other: &Option<String>| {
            one.is_some() && other.is_some() && one != other
        };
        let disputed = live().any(|held| {
            differ(&held.user, &best.user)
                || differ(&held.group, &best.group)
                || (held.hardware.is_some()
                    && best.hardware.is_some()
                    && held.hardware() != best.hardware())
        });
        if disputed { None } else { Some(best) }
    }

    /// The next expiry of anything said of an address.
    pub fn valid_until(&self, address: IpAddr, now: Moment) -> Option<Moment> {
        let held = self.by_address.get(&address)?;
        held.iter()
            .map(|binding| binding.expires)
            .filter(|expires| now < *expires)
            .min()
    }

    /// All bindings, by address.
    pub fn iter(&self) -> impl Iterator<Item = &Binding> {
        let mut addresses: Vec<_> = self.by_address.keys().collect();
        addresses.sort();
        addresses
            .into_iter()
            .filter_map(|address| self.by_address.get(address))
            .flatten()
    }
}
