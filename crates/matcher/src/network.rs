//! What the lists say of addresses.

use crate::artefact::{Artefact, Way};
use crate::layout::{Section, array};
use model::{CategorySet, LabelSet, Labels};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

impl Artefact {
    /// What the lists say of an address: of one that stands in place of a name, or of one that a
    /// name was resolved to.
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
