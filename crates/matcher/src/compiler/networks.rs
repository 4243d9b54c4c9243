//! Addresses and networks on their way into an artefact.

use super::sets::Sets;
use super::{CompileError, Compiler};
use crate::Coverage;
use crate::layout::Member;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

/// A network of a list; a single address is one of all bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Network {
    pub(super) address: IpAddr,
    pub(super) bits: u8,
    pub(super) list: u16,
}

impl Network {
    /// A network with the bits past its length taken out; an IPv4 network that is written as an
    /// IPv6 one is what it stands for.
    pub(super) fn new(list: u16, address: IpAddr, bits: u8) -> Self {
        let (address, bits) = match address {
            IpAddr::V6(v6) if bits >= 96 && v6.to_ipv4_mapped().is_some() => {
                (address.to_canonical(), bits - 96)
            }
            IpAddr::V4(_) | IpAddr::V6(_) => (address, bits),
        };
        match address {
            IpAddr::V4(v4) => {
                let bits = bits.min(32);
                let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
                Self {
                    address: IpAddr::V4((u32::from(v4) & mask).into()),
                    bits,
                    list,
                }
            }
            IpAddr::V6(v6) => {
                let bits = bits.min(128);
                let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
                Self {
                    address: IpAddr::V6((u128::from(v6) & mask).into()),
                    bits,
                    list,
                }
            }
        }
    }

    /// Its first and last address as numbers.
    fn range(self) -> (u128, u128) {
        match self.address {
            IpAddr::V4(v4) => {
                let rest = u32::MAX.checked_shr(u32::from(self.bits)).unwrap_or(0);
                let first = u32::from(v4);
                (first.into(), (first | rest).into())
            }
            IpAddr::V6(v6) => {
                let rest = u128::MAX.checked_shr(u32::from(self.bits)).unwrap_or(0);
                let first = u128::from(v6);
                (first, first | rest)
            }
        }
    }

    /// The 20 bytes of the section that is read for people.
    pub(super) fn cold(self) -> [u8; 20] {
        let (address, bits): (Ipv6Addr, u8) = match self.address {
            IpAddr::V4(v4) => (v4.to_ipv6_mapped(), self.bits + 96),
            IpAddr::V6(v6) => (v6, self.bits),
        };
        let mut row = [0; 20];
        row[..16].copy_from_slice(&address.octets());
        row[16] = bits;
        row[18..].copy_from_slice(&self.list.to_le_bytes());
        row
    }
}

/// Where the set of addresses changes: the first address and its set; zero for none.
pub(super) struct Steps {
    pub(super) v4: Vec<(u32, u32)>,
    pub(super) v6: Vec<(u128, u32)>,
}

/// Cuts networks, which may lie in each other, into steps that do not.
pub(super) fn close(compiler: &Compiler, sets: &mut Sets) -> Result<Steps, CompileError> {
    let of = |v4: bool| {
        let networks = compiler.networks.iter().copied();
        networks.filter(move |network| network.address.is_ipv4() == v4)
    };
    let v4 = steps(compiler, of(true), u32::MAX.into(), sets)?;
    let narrow = |(first, set)| u32::try_from(first).ok().map(|first| (first, set));
    Ok(Steps {
        v4: v4.into_iter().filter_map(narrow).collect(),
        v6: steps(compiler, of(false), u128::MAX, sets)?,
    })
}

/// [`Coverage::BELOW`] where a label also speaks of the names that lead to the address.
///
/// What opens never does: whoever keeps a name could lead it to an address that is open.
fn of_answers(compiler: &Compiler, member: Member) -> u8 {
    let meta = &compiler.lists[usize::from(member.list)];
    let opens = compiler.allow.bits() & (1u128 << member.category) != 0 || meta.established;
    match meta.answers && !opens {
        true => Coverage::BELOW,
        false => 0,
    }
}

fn steps(
    compiler: &Compiler,
    networks: impl Iterator<Item = Network>,
    most: u128,
    sets: &mut Sets,
) -> Result<Vec<(u128, u32)>, CompileError> {
    // At each address where something begins or ends: the list, and by how much it counts.
    let mut changes: Vec<(u128, u16, i32)> = Vec::new();
    for network in networks {
        let (first, last) = network.range();
        changes.push((first, network.list, 1));
        if last < most {
            changes.push((last + 1, network.list, -1));
        }
    }
    changes.sort_unstable();
    let mut open: BTreeMap<u16, i32> = BTreeMap::new();
    let mut steps: Vec<(u128, u32)> = Vec::new();
    let mut members = Vec::new();
    for at in changes.chunk_by(|one, two| one.0 == two.0) {
        for &(_, list, by) in at {
            *open.entry(list).or_default() += by;
        }
        open.retain(|_, count| *count > 0);
        members.clear();
        for &list in open.keys() {
            compiler.members_of_list(list, Coverage::NAME, &mut members);
        }
        for member in &mut members {
            member.flags |= of_answers(compiler, *member);
        }
        let set = match members.is_empty() {
            true => 0,
            false => sets.number(compiler, &mut members, false)?,
        };
        if steps.last().map_or(0, |last| last.1) != set {
            steps.push((at[0].0, set));
        }
    }
    Ok(steps)
}
