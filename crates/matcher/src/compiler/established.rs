//! Long-standing sites, which are no longer that where something stands against them.

use super::input::Input;
use super::placing::Placed;
use super::report::CompileError;
use super::sets::Sets;
use crate::Coverage;
use crate::layout::Member;
use crate::list::is_floor;
use model::CategoryId;

/// Takes the label of long-standing sites from label sets that speak against a site.
#[derive(Default)]
pub(super) struct Settled {
    /// For each set what becomes of it; the same number where nothing is taken.
    sets: Vec<Option<u32>>,
    /// How many names lost the label.
    pub(super) count: usize,
    /// The first of them.
    pub(super) first: Vec<String>,
}

impl Settled {
    /// What becomes of the set of a name.
    pub(super) fn of(
        &mut self,
        input: &Input,
        placed: &Placed,
        sets: &mut Sets,
        name: u32,
        set: u32,
    ) -> Result<u32, CompileError> {
        let place = set as usize;
        if self.sets.len() <= place {
            self.sets.resize(place + 1, None);
        }
        let settled = match self.sets[place] {
            Some(settled) => settled,
            None => {
                let settled = settle(input, sets, set)?;
                self.sets[place] = Some(settled);
                settled
            }
        };
        if settled != set {
            self.count += 1;
            if self.first.len() < SHOWN && !bears_floor(sets, set) {
                let text = String::from_utf8_lossy(placed.text(name));
                self.first.push(text.into_owned());
            }
        }
        Ok(settled)
    }
}

fn settle(input: &Input, sets: &mut Sets, set: u32) -> Result<u32, CompileError> {
    let is_established = |member: &Member| input.lists[usize::from(member.list)].established;
    let row = sets.rows[set as usize];
    let members = &sets.members[row.start as usize..][..row.count as usize];
    let against = |member: &&Member| {
        let category = CategoryId::new(member.category);
        let opens = category.is_some_and(|category| input.allow.contains(category));
        !opens && !member.has(Member::LIFTED)
    };
    let spoken = members.iter().filter(against);
    let spoken = spoken.fold(0, |flags, member| flags | member.flags);
    let taken = spoken & (Coverage::NAME | Coverage::BELOW);
    if taken == 0 || !members.iter().any(is_established) {
        return Ok(set);
    }
    let mut kept: Vec<Member> = Vec::with_capacity(members.len());
    for member in members {
        let mut member = *member;
        if is_established(&member) {
            member.flags &= !taken;
        }
        if member.flags & (Coverage::NAME | Coverage::BELOW) != 0 {
            kept.push(member);
        }
    }
    let covered = row.flags & crate::layout::Row::COVERED != 0;
    sets.number(&mut kept, covered)
}

fn bears_floor(sets: &Sets, set: u32) -> bool {
    let row = sets.rows[set as usize];
    let members = &sets.members[row.start as usize..][..row.count as usize];
    members
        .iter()
        .any(|member| CategoryId::new(member.category).is_some_and(is_floor))
}

/// How many names are kept for people.
const SHOWN: usize = 20;
