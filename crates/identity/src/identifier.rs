use crate::Bindings;
use crate::address::{Hardware, Member};
use ipnet::IpNet;
use model::{
    Certainty, ClassIndex, Classes, DeviceIndex, DeviceSetIndex, DeviceSets, GroupIndex, Moment,
    NameTable, Roster, ScheduleIndex, Schedules, Subject, UserIndex, ZoneIndex, ZoneKind,
};
use std::net::IpAddr;

/// Says who a client is.
#[derive(Clone, Debug)]
pub struct Identifier {
    roster: Roster,
    groups: NameTable<GroupIndex>,
    /// Networks with the place of their zone, the longest prefix first.
    pub(crate) networks: Vec<(IpNet, usize)>,
    zones: Vec<KnownZone>,
    pub(crate) devices: Vec<KnownDevice>,
    pub(crate) sets: Vec<KnownSet>,
    pub(crate) assignments: Vec<Assigned>,
    pub(crate) classes: Vec<KnownClass>,
}

/// What stands at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneAnswer {
    /// The zone.
    pub zone: ZoneIndex,
    /// What stands behind its addresses.
    pub kind: ZoneKind,
}

#[derive(Clone, Debug)]
pub(crate) struct KnownZone {
    pub(crate) zone: ZoneIndex,
    pub(crate) kind: ZoneKind,
    pub(crate) group: GroupIndex,
    pub(crate) unidentified: GroupIndex,
}

#[derive(Clone, Debug)]
pub(crate) struct KnownDevice {
    pub(crate) device: DeviceIndex,
    pub(crate) group: Option<GroupIndex>,
    pub(crate) members: Vec<Member>,
}

#[derive(Clone, Debug)]
pub(crate) struct KnownSet {
    pub(crate) set: DeviceSetIndex,
    pub(crate) members: Vec<Member>,
}

#[derive(Clone, Debug)]
pub(crate) struct Assigned {
    pub(crate) set: Option<DeviceSetIndex>,
    pub(crate) device: Option<DeviceIndex>,
    pub(crate) group: GroupIndex,
    pub(crate) schedule: Option<ScheduleIndex>,
}

#[derive(Clone, Debug)]
pub(crate) struct KnownClass {
    pub(crate) class: ClassIndex,
    pub(crate) members: Vec<Member>,
    pub(crate) users: Vec<UserIndex>,
}

/// What is known of one client beside its zone.
#[derive(Clone, Copy)]
struct Known {
    address: IpAddr,
    hardware: Option<Hardware>,
    device: Option<DeviceIndex>,
    sets: DeviceSets,
}

impl Identifier {
    pub(crate) fn empty(roster: Roster, groups: NameTable<GroupIndex>) -> Self {
        Self {
            roster,
            groups,
            networks: Vec::new(),
            zones: Vec::new(),
            devices: Vec::new(),
            sets: Vec::new(),
            assignments: Vec::new(),
            classes: Vec::new(),
        }
    }

    pub(crate) fn add_zone(&mut self, networks: Vec<IpNet>, zone: KnownZone) {
        let place = self.zones.len();
        self.networks
            .extend(networks.into_iter().map(|network| (network, place)));
        self.zones.push(zone);
    }

    pub(crate) fn sort(&mut self) {
        self.networks
            .sort_by_key(|(network, _)| std::cmp::Reverse(network.prefix_len()));
    }

    /// Who there is.
    pub const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// A hardware address of a device; `None` where it is known by other addresses alone.
    pub fn hardware(&self, device: &str) -> Option<Hardware> {
        let index = self.roster.devices.find(device)?;
        let held = self.devices.iter().find(|held| held.device == index)?;
        held.members.iter().find_map(|member| match member {
            Member::Hardware(hardware) => Some(*hardware),
            Member::Network(_) | Member::Device(_) | Member::Set(_) => None,
        })
    }

    /// The zone of an address; `None` outside every zone.
    pub fn zone(&self, source: IpAddr) -> Option<ZoneAnswer> {
        self.known_zone(source.to_canonical())
            .map(|zone| ZoneAnswer {
                zone: zone.zone,
                kind: zone.kind,
            })
    }

    /// Says who asks; `None` outside every zone, and such a client is refused.
    pub fn identify(
        &self,
        source: IpAddr,
        schedules: &Schedules,
        bindings: &Bindings,
        now: Moment,
    ) -> Option<Subject> {
        let source = source.to_canonical();
        let zone = self.known_zone(source)?;
        let personal = matches!(zone.kind, ZoneKind::Clients | ZoneKind::Things);
        let binding = if personal {
            bindings.known(source, now)
        } else {
            None
        };
        let mut known = Known {
            address: source,
            hardware: binding.and_then(crate::Binding::hardware),
            device: None,
            sets: DeviceSets::default(),
        };
        let device = self
            .devices
            .iter()
            .find(|device| known.is_one_of(&device.members, self));
        known.device = device.map(|device| device.device);
        for set in &self.sets {
            if known.is_one_of(&set.members, self) {
                known.sets.insert(set.set);
            }
        }
        let user = if zone.kind == ZoneKind::Clients {
            binding.and_then(|binding| self.roster.users.find(binding.user.as_deref()?))
        } else {
            None
        };
        let assigned = self.assigned(&known, schedules);
        let bound = binding.and_then(|binding| self.groups.find(binding.group.as_deref()?));
        // A feed that saw some address is no sign that the school knows the device.
        let identified = device.is_some() || user.is_some() || known.sets.0 != 0;
        let group = bound
            .or(assigned)
            .or(device.and_then(|device| device.group))
            .unwrap_or(if identified {
                zone.group
            } else {
                zone.unidentified
            });
        Some(Subject {
            zone: zone.zone,
            group,
            device: known.device,
            sets: known.sets,
            user,
            classes: self.sits_in(&known, user, binding),
            certainty: match binding {
                Some(binding) => binding.certainty,
                None if known.device.is_some() || known.sets.0 != 0 => Certainty::Device,
                None => Certainty::Zone,
            },
            valid_until: self.valid_until(&known, schedules, bindings, now),
        })
    }

    fn known_zone(&self, source: IpAddr) -> Option<&KnownZone> {
        self.networks
            .iter()
            .find(|(network, _)| network.contains(&source))
            .and_then(|(_, place)| self.zones.get(*place))
    }

    /// The group of the first assignment that runs; a device's own goes before that of a set.
    fn assigned(&self, known: &Known, schedules: &Schedules) -> Option<GroupIndex> {
        let runs = |assignment: &&Assigned| {
            assignment
                .schedule
                .is_none_or(|schedule| schedules.running.contains(schedule))
        };
        let concerns = || {
            self.assignments
                .iter()
                .filter(|assignment| known.is_in(assignment))
        };
        let own = concerns()
            .filter(|assignment| assignment.device.is_some())
            .find(runs);
        own.or_else(|| concerns().find(runs))
            .map(|assignment| assignment.group)
    }

    fn sits_in(
        &self,
        known: &Known,
        user: Option<UserIndex>,
        binding: Option<&crate::Binding>,
    ) -> Classes {
        let mut classes = Classes::default();
        for class in &self.classes {
            let sits = known.is_one_of(&class.members, self)
                || user.is_some_and(|user| class.users.contains(&user));
            if sits {
                classes.insert(class.class);
            }
        }
        for id in binding.into_iter().flat_map(|binding| &binding.classes) {
            if let Some(class) = self.roster.classes.find(id) {
                classes.insert(class);
            }
        }
        classes
    }

    fn valid_until(
        &self,
        known: &Known,
        schedules: &Schedules,
        bindings: &Bindings,
        now: Moment,
    ) -> Option<Moment> {
        let edges = self
            .assignments
            .iter()
            .filter(|assignment| known.is_in(assignment))
            .filter_map(|assignment| assignment.schedule)
            .filter_map(|schedule| {
                schedules
                    .edges
                    .get(usize::from(schedule.0))
                    .copied()
                    .flatten()
            });
        edges.chain(bindings.valid_until(known.address, now)).min()
    }
}

impl Known {
    fn is_one_of(&self, members: &[Member], identifier: &Identifier) -> bool {
        members.iter().any(|member| match member {
            Member::Hardware(hardware) => self.hardware == Some(*hardware),
            Member::Network(network) => network.contains(&self.address),
            Member::Device(id) => {
                self.device.is_some() && identifier.roster.devices.find(id) == self.device
            }
            Member::Set(id) => identifier
                .roster
                .sets
                .find(id)
                .is_some_and(|set| self.sets.contains(set)),
        })
    }

    fn is_in(&self, assignment: &Assigned) -> bool {
        assignment.set.is_some_and(|set| self.sets.contains(set))
            || (assignment.device.is_some() && assignment.device == self.device)
    }
}

#[cfg(test)]
mod tests;
