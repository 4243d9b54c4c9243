//! What the lists say of addresses.

use crate::artefact::{Artefact, Way};
use crate::layout::{Member, Section, array};
use crate::list::Coverage;
use crate::why::{Why, WhyLabel};
use model::{CategoryId, CategorySet, Host, LabelSet, Labels, Target};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

impl Artefact {
    /// Whether some list speaks of the names that lead to its addresses; where none does,
    /// [`Artefact::label_reached`] says what [`Artefact::label_target`] does.
    pub fn labels_answers(&self) -> bool {
        self.lists.iter().any(|list| list.answers)
    }

    /// What the lists say of a target that leads to these addresses.
    ///
    /// What opens is never learnt from an address, and an exception for the name holds against
    /// the labels of its addresses as against its own. An address that stands in place of a name
    /// is asked about as a host.
    pub fn label_reached(&self, target: &Target<'_>, addresses: &[IpAddr]) -> Labels {
        let (mut labels, covered) = self.label_whole(target);
        if matches!(target.host, Host::Name(_)) && self.labels_answers() {
            for &address in addresses {
                self.add_reached(self.address_set(address), covered, &mut labels);
            }
        }
        labels
    }

    /// As [`Artefact::why_target`], for a target that leads to these addresses.
    pub fn why_reached(&self, target: &Target<'_>, addresses: &[IpAddr]) -> Why {
        let mut why = self.why_target(target);
        if matches!(target.host, Host::Address(_)) {
            return why;
        }
        let Why { labels, exceptions } = &mut why;
        let mut lifted = exceptions.first_mut().map(|first| &mut first.lifted);
        for &address in addresses {
            self.why_address(address, Way::Below, &mut |label, liftable| {
                let into = match &mut lifted {
                    Some(lifted) if liftable => &mut **lifted,
                    Some(_) | None => &mut *labels,
                };
                if !into.contains(&label) {
                    into.push(label);
                }
            });
        }
        why
    }

    /// Adds what the set of an address says of the names that lead to it.
    fn add_reached(&self, set: u32, covered: bool, labels: &mut Labels) {
        let Some(row) = self.row(set).filter(|_| set != 0) else {
            return;
        };
        let mut bits = row.below;
        if covered {
            let mut members = self.members(row);
            let liftable =
                |member: &Member| member.has(Coverage::BELOW) && member.has(Member::LIFTABLE);
            labels.excepted |= members.any(|member| liftable(&member));
            bits = self
                .members(row)
                .filter(|member| member.has(Coverage::BELOW) && !member.has(Member::LIFTABLE))
                .fold(0, |bits, member| bits | 1u128 << (member.category & 127));
        }
        let given = CategorySet::from_bits(bits);
        if labels.categories | given != labels.categories {
            labels.categories |= given;
            labels.set = Way::Below.join(set);
        }
    }

    /// What the lists say of an address that stands in place of a name.
    ///
    /// Networks that lie in each other all speak.
    pub fn label_address(&self, address: IpAddr) -> Labels {
        let set = self.address_set(address);
        let Some(row) = self.row(set).filter(|_| set != 0) else {
            return Labels::NONE;
        };
        Labels {
            categories: CategorySet::from_bits(row.name),
            set: if row.name == 0 {
                LabelSet::NONE
            } else {
                Way::At.join(set)
            },
            excepted: false,
        }
    }

    /// The set of the step in which an address lies; zero for none.
    fn address_set(&self, address: IpAddr) -> u32 {
        match address.to_canonical() {
            IpAddr::V4(v4) => {
                let (steps, _) = self.section(Section::V4).as_chunks::<8>();
                let first = |step: &[u8; 8]| u32::from_le_bytes(array(step, 0));
                let after = steps.partition_point(|step| first(step) <= u32::from(v4));
                let step = after.checked_sub(1).and_then(|at| steps.get(at));
                step.map_or(0, |step| u32::from_le_bytes(array(step, 4)))
            }
            IpAddr::V6(v6) => {
                let (steps, _) = self.section(Section::V6).as_chunks::<20>();
                let first = |step: &[u8; 20]| u128::from_le_bytes(array(step, 0));
                let after = steps.partition_point(|step| first(step) <= u128::from(v6));
                let step = after.checked_sub(1).and_then(|at| steps.get(at));
                step.map_or(0, |step| u32::from_le_bytes(array(step, 16)))
            }
        }
    }

    /// Tells the labels of an address, each with its network and whether an exception may lift it.
    pub(crate) fn why_address(
        &self,
        address: IpAddr,
        way: Way,
        told: &mut dyn FnMut(WhyLabel, bool),
    ) {
        let row = self.row(self.address_set(address)).unwrap_or_default();
        for member in self.members(row).filter(|member| way.takes(*member)) {
            let list = self.lists.get(usize::from(member.list));
            let (Some(list), Some(category)) = (list, CategoryId::new(member.category)) else {
                continue;
            };
            let networks = self.networks_of(address.to_canonical(), usize::from(member.list));
            let text = networks
                .first()
                .map_or_else(|| Host::Address(address).to_string(), ToString::to_string);
            let label = WhyLabel {
                category,
                list: list.id.clone(),
                entry: self.entry_text(category, text),
            };
            told(label, member.has(Member::LIFTABLE));
        }
    }

    /// The networks of a list in which an address lies, the widest first.
    pub(crate) fn networks_of(&self, address: IpAddr, list: usize) -> Vec<NetworkText> {
        let address = match address {
            IpAddr::V4(v4) => v4.to_ipv6_mapped(),
            IpAddr::V6(v6) => v6,
        };
        let (rows, _) = self.section(Section::ColdNetworks).as_chunks::<20>();
        let mut found: Vec<NetworkText> = rows
            .iter()
            .filter(|row| usize::from(u16::from_le_bytes(array(*row, 18))) == list)
            .map(|row| NetworkText {
                first: array::<16>(row, 0).into(),
                bits: row[16],
            })
            .filter(|network| network.holds(address))
            .collect();
        found.sort_by_key(|network| network.bits);
        found
    }
}

/// A network as lists write it.
pub(crate) struct NetworkText {
    first: Ipv6Addr,
    bits: u8,
}

impl NetworkText {
    fn holds(&self, address: Ipv6Addr) -> bool {
        let mask = u128::MAX
            .checked_shl(128u32.saturating_sub(self.bits.into()))
            .unwrap_or(0);
        u128::from(address) & mask == u128::from(self.first)
    }
}

impl fmt::Display for NetworkText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.bits == 128;
        match (self.first.to_ipv4_mapped(), self.bits.checked_sub(96)) {
            (Some(v4), Some(_)) if whole => write!(f, "{v4}"),
            (Some(v4), Some(bits)) => write!(f, "{v4}/{bits}"),
            (_, _) if whole => write!(f, "{}", self.first),
            (_, _) => write!(f, "{}/{}", self.first, self.bits),
        }
    }
}
