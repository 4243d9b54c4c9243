//! Addresses and networks on their way into an artefact.

use super::input::Input;
use super::network::Network;
use super::report::CompileError;
use super::sets::Sets;
use crate::Coverage;
use crate::layout::Member;
use std::collections::BTreeMap;

/// Where the set of addresses changes: the first address and its set; zero for none.
pub(super) struct Steps {
    pub(super) v4: Vec<(u32, u32)>,
    pub(super) v6: Vec<(u128, u32)>,
}

/// Cuts networks, which may lie in each other, into steps that do not.
pub(super) fn close(input: &Input, sets: &mut Sets) -> Result<Steps, CompileError> {
    let of = |v4: bool| {
        let networks = input.networks.iter().copied();
        networks.filter(move |network| network.address.is_ipv4() == v4)
    };
    let v4 = steps(input, of(true), u32::MAX.into(), sets)?;
    let narrow = |(first, set)| u32::try_from(first).ok().map(|first| (first, set));
    Ok(Steps {
        v4: v4.into_iter().filter_map(narrow).collect(),
        v6: steps(input, of(false), u128::MAX, sets)?,
    })
}

/// [`Coverage::BELOW`] where a label also speaks of the names that lead to the address.
///
/// What opens never does: whoever keeps a name could lead it to an address that is open.
fn of_answers(input: &Input, member: Member) -> u8 {
    let meta = &input.lists[usize::from(member.list)];
    let opens = input.allow.bits() & (1u128 << member.category) != 0 || meta.established;
    match meta.answers && !opens {
        true => Coverage::BELOW,
        false => 0,
    }
}

fn steps(
    input: &Input,
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
            input.members_of_list(list, Coverage::NAME, &mut members);
        }
        for member in &mut members {
            member.flags |= of_answers(input, *member);
        }
        let set = match members.is_empty() {
            true => 0,
            false => sets.number(&mut members, false)?,
        };
        if steps.last().map_or(0, |last| last.1) != set {
            steps.push((at[0].0, set));
        }
    }
    Ok(steps)
}
