//! The clients that a comparison of networks meets: one of every kind that there can be.

use super::network::Network;
use identity::{Binding, Bindings, Hardware, Member};
use model::{Certainty, Moment};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// A client as both sides may meet it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client<'a> {
    pub(super) address: IpAddr,
    pub(super) hardware: Option<Hardware>,
    pub(super) user: Option<&'a str>,
}

impl Client<'_> {
    /// What a feed would say of it.
    pub(super) fn bindings(&self, now: Moment) -> Bindings {
        let mut bindings = Bindings::default();
        if self.hardware.is_some() || self.user.is_some() {
            bindings.bind(Binding {
                address: self.address,
                hardware: self.hardware.map(|hardware| hardware.to_string()),
                user: self.user.map(str::to_owned),
                group: None,
                classes: Vec::new(),
                source: "comparison".to_owned(),
                certainty: Certainty::Binding,
                expires: now.after(Duration::from_secs(60)),
            });
        }
        bindings
    }
}

/// One address of every part that the networks of both sides cut the address space into.
pub(super) fn addresses(networks: &[Network; 2]) -> BTreeSet<IpAddr> {
    let mut found = BTreeSet::from([
        IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    ]);
    for member in members(networks) {
        let Ok(Member::Network(network)) = member.parse() else {
            continue;
        };
        found.insert(network.network());
        // Behind its end begins what lies around it, or the next network.
        match network.broadcast() {
            IpAddr::V4(last) => {
                found.extend(
                    u32::from(last)
                        .checked_add(1)
                        .map(|next| IpAddr::V4(next.into())),
                );
            }
            IpAddr::V6(last) => {
                found.extend(
                    u128::from(last)
                        .checked_add(1)
                        .map(|next| IpAddr::V6(next.into())),
                );
            }
        }
    }
    found
}

/// No hardware address, and each that a file of either side names.
pub(super) fn hardware(networks: &[Network; 2]) -> Vec<Option<Hardware>> {
    let named: BTreeSet<Hardware> = members(networks)
        .filter_map(|member| match member.parse() {
            Ok(Member::Hardware(hardware)) => Some(hardware),
            Ok(Member::Network(_) | Member::Device(_) | Member::Set(_)) | Err(_) => None,
        })
        .collect();
    // One that no file names is a device that a feed saw and nobody knows: as none at all.
    std::iter::once(None)
        .chain(named.into_iter().map(Some))
        .collect()
}

fn members(networks: &[Network; 2]) -> impl Iterator<Item = &str> {
    networks.iter().flat_map(|held| {
        let network = &held.network;
        let zones = network.zones.iter().flat_map(|zone| &zone.networks);
        let devices = network.devices.iter().flat_map(|device| &device.addresses);
        let sets = network.device_sets.iter().flat_map(|set| &set.devices);
        let classes = held.classes.classes.iter().flat_map(|class| &class.devices);
        let all = zones.chain(devices).chain(sets).chain(classes);
        all.map(String::as_str)
    })
}

/// Nobody, somebody for whom nothing changes, and each whose classes change.
pub(super) fn users(networks: &[Network; 2]) -> Vec<Option<&str>> {
    let classes = networks.each_ref().map(|held| {
        let mut classes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for class in &held.classes.classes {
            for user in &class.users {
                classes.entry(user).or_default().insert(&class.id);
            }
        }
        classes
    });
    let all: BTreeSet<&str> = classes.iter().flat_map(BTreeMap::keys).copied().collect();
    let same = |user: &&str| classes[0].get(*user) == classes[1].get(*user);
    let still = all.iter().find(|user| same(user)).copied();
    let changed = all.iter().filter(|user| !same(user)).copied();
    std::iter::once(None)
        .chain(still.map(Some))
        .chain(changed.map(Some))
        .collect()
}
