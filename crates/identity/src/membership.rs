use crate::address::Member;
use crate::{Bindings, Identifier};
use ipnet::IpNet;
use model::{ClassIndex, Moment, Schedules, Subject};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

impl Identifier {
    /// Who may sit in a class now: one subject for each way in which the gate would know a member.
    ///
    /// Between two edges of the networks that the files name nothing changes, so one address
    /// stands for all there; who a feed has signed in is asked by the address. Empty where a
    /// class is known by people or hardware alone and none of them is there.
    pub fn members(
        &self,
        class: ClassIndex,
        schedules: &Schedules,
        bindings: &Bindings,
        now: Moment,
    ) -> Vec<Subject> {
        let Some(known) = self.classes.iter().find(|known| known.class == class) else {
            return Vec::new();
        };
        let rooms = self.networks_of(&known.members, 0);
        let mut places: BTreeSet<IpAddr> = bindings.iter().map(|held| held.address).collect();
        for room in &rooms {
            places.insert(room.network());
            for edge in self.named_networks() {
                let edges = [Some(edge.network()), after(&edge)];
                places.extend(edges.into_iter().flatten().filter(|at| room.contains(at)));
            }
        }
        let mut members: Vec<Subject> = Vec::new();
        let found = places
            .into_iter()
            .filter_map(|address| self.identify(address, schedules, bindings, now))
            .filter(|subject| subject.classes.contains(class));
        for mut subject in found {
            subject.valid_until = None;
            if !members.contains(&subject) {
                members.push(subject);
            }
        }
        members
    }

    /// The networks that members name, those of their devices and sets among them.
    fn networks_of(&self, members: &[Member], depth: usize) -> Vec<IpNet> {
        // A set may name a set; one that names itself ends here.
        if depth > DEEPEST {
            return Vec::new();
        }
        let mut networks = Vec::new();
        for member in members {
            match member {
                Member::Network(network) => networks.push(*network),
                Member::Hardware(_) => {}
                Member::Device(id) => {
                    let index = self.roster().devices.find(id);
                    let device = self.devices.iter().find(|held| Some(held.device) == index);
                    let members = device.map_or(&[][..], |device| &device.members);
                    networks.extend(self.networks_of(members, depth + 1));
                }
                Member::Set(id) => {
                    let index = self.roster().sets.find(id);
                    let set = self.sets.iter().find(|held| Some(held.set) == index);
                    let members = set.map_or(&[][..], |set| &set.members);
                    networks.extend(self.networks_of(members, depth + 1));
                }
            }
        }
        networks
    }

    /// Every network that the files name.
    fn named_networks(&self) -> impl Iterator<Item = IpNet> + '_ {
        let devices = self.devices.iter().flat_map(|device| &device.members);
        let sets = self.sets.iter().flat_map(|set| &set.members);
        let classes = self.classes.iter().flat_map(|class| &class.members);
        let members = devices
            .chain(sets)
            .chain(classes)
            .filter_map(|member| match member {
                Member::Network(network) => Some(*network),
                Member::Hardware(_) | Member::Device(_) | Member::Set(_) => None,
            });
        let zones = self.networks.iter().map(|(network, _)| *network);
        zones.chain(members)
    }
}

/// The first address past a network; none past the last of all.
fn after(network: &IpNet) -> Option<IpAddr> {
    match network.broadcast() {
        IpAddr::V4(last) => last
            .to_bits()
            .checked_add(1)
            .map(|next| Ipv4Addr::from_bits(next).into()),
        IpAddr::V6(last) => last
            .to_bits()
            .checked_add(1)
            .map(|next| Ipv6Addr::from_bits(next).into()),
    }
}

const DEEPEST: usize = 4;

#[cfg(test)]
mod tests;
