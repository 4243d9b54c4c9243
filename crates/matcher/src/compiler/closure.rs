//! What the names bear when parents have handed down and exceptions taken away.

use super::established::Settled;
use super::input::Input;
use super::parents::Parents;
use super::placing::Placed;
use super::report::{CompileError, CompileReport, Fired};
use super::sets::Sets;
use super::steps::{self, Steps};
use super::watch::{Stage, Watch};
use crate::Coverage;
use crate::layout::Member;
use crate::list::is_floor;
use crate::suffix::crosses;
use model::CategoryId;
use std::collections::BTreeMap;

/// The label sets of all names.
pub(super) struct Closed {
    pub(super) sets: Sets,
    /// For each name the set of its own entries, for `why`.
    pub(super) own: Vec<u32>,
    /// For each name the set that look-up gives: its own, and what its listed parents hand down.
    pub(super) whole: Vec<u32>,
    /// The sets of addresses.
    pub(super) addresses: Steps,
}

impl Closed {
    /// For each set whether names that bear it stand in floor lists alone, so that their texts
    /// must not be kept.
    pub(super) fn withheld(&self) -> Vec<bool> {
        let floor = |member: &Member| CategoryId::new(member.category).is_some_and(is_floor);
        let rows = self.sets.rows.iter();
        let withheld = rows.map(|row| {
            let members = &self.sets.members[row.start as usize..][..row.count as usize];
            !members.is_empty() && members.iter().all(floor)
        });
        withheld.collect()
    }
}

/// Finds the sets of all names: own, handed down, lifted by exceptions.
///
/// Handing down once here lets look-up take the longest entry alone and ask no further.
pub(super) fn close(
    input: &Input,
    placed: &Placed,
    report: &mut CompileReport,
    watch: &mut Watch<'_>,
) -> Result<Closed, CompileError> {
    watch.of(placed.count());
    let mut sets = Sets::new(input.allow);
    let own = own_sets(input, placed, &mut sets, watch)?;
    let mut fired = BTreeMap::new();
    let mut settled = Settled::default();
    let mut whole = Vec::with_capacity(placed.count());
    let mut parents = Parents::new(placed);
    let mut found = Vec::new();
    for name in 0..placed.count() as u32 {
        parents.of(name, &mut found);
        let number = whole_set(input, placed, &mut sets, &own, (name, &found), &mut fired)?;
        whole.push(settled.of(input, placed, &mut sets, name, number)?);
        watch.at(Stage::Inherit, whole.len())?;
    }
    tell_urls(input, &mut fired);
    let addresses = steps::close(input, &mut sets)?;
    report.established_labelled = settled.count;
    report.established_first = settled.first;
    report.exceptions_fired = fired.into_values().collect();
    Ok(Closed {
        sets,
        own,
        whole,
        addresses,
    })
}

/// The set of each name's own entries.
fn own_sets(
    input: &Input,
    placed: &Placed,
    sets: &mut Sets,
    watch: &mut Watch<'_>,
) -> Result<Vec<u32>, CompileError> {
    let mut own = Vec::with_capacity(placed.count());
    let mut members = Vec::new();
    // Nearly every name stands in one list, and so bears one of few sets.
    let mut alone = vec![None; input.lists.len() << COVERAGE_BITS];
    for name in 0..placed.count() as u32 {
        let records = placed.records(name);
        let place = match records {
            [one] if !input.is_exceptions(one.list) => {
                Some(usize::from(one.list) << COVERAGE_BITS | usize::from(one.coverage))
            }
            _ => None,
        };
        let known = place.and_then(|place| alone.get_mut(place));
        let set = match known {
            Some(Some(set)) => *set,
            known => {
                members.clear();
                for &record in records {
                    input.members_of(record, placed.text(name), &mut members);
                }
                let set = sets.number(&mut members, false)?;
                if let Some(known) = known {
                    *known = Some(set);
                }
                set
            }
        };
        own.push(set);
        watch.at(Stage::Label, own.len())?;
    }
    Ok(own)
}

/// A coverage has three flags.
const COVERAGE_BITS: usize = 3;

type FiredBy = BTreeMap<(String, u16, u8), Fired>;

fn whole_set(
    input: &Input,
    placed: &Placed,
    sets: &mut Sets,
    own: &[u32],
    (name, parents): (u32, &[(usize, u32)]),
    fired: &mut FiredBy,
) -> Result<u32, CompileError> {
    let excepted = is_exception(input, placed, name);
    if parents.is_empty() && !excepted {
        return Ok(own[name as usize]);
    }
    // INVARIANT: names come from `model::Name`, which is ASCII.
    let text = std::str::from_utf8(placed.text(name)).unwrap_or_default();
    // The longest exception that covers the name, and where in the name it starts.
    let mut by = excepted.then_some(0);
    let mut gathered = members_of(sets, own, name);
    let own_count = gathered.len();
    let mut from = vec![0; own_count];
    for &(start, parent) in parents {
        let crossing = crosses(text, start);
        if by.is_none() && !crossing && is_exception(input, placed, parent) {
            by = Some(start);
        }
        for member in members_of(sets, own, parent) {
            if member.has(Coverage::BELOW) && (!crossing || member.has(Coverage::CROSSES)) {
                let both = Coverage::NAME | Coverage::BELOW;
                gathered.push(Member {
                    flags: member.flags | both,
                    ..member
                });
                from.push(start);
            }
        }
    }
    if let Some(at) = by {
        for (member, &start) in gathered.iter_mut().zip(&from) {
            if !member.has(Member::LIFTABLE) {
                continue;
            }
            member.flags |= Member::LIFTED;
            // Told once: at the entry itself, or at the exception below it.
            if start == 0 || (at == 0 && excepted) {
                tell(input, fired, &text[at..], &text[start..], *member);
            }
        }
    }
    sets.number(&mut merged(&gathered), by.is_some())
}

/// The members with those of one list and category made one.
fn merged(gathered: &[Member]) -> Vec<Member> {
    let mut merged: Vec<Member> = Vec::with_capacity(gathered.len());
    for &member in gathered {
        let same =
            |have: &&mut Member| (have.list, have.category) == (member.list, member.category);
        match merged.iter_mut().find(same) {
            Some(have) => have.flags |= member.flags,
            None => merged.push(member),
        }
    }
    merged
}

/// Tells of the exceptions that take labels from rules for URLs.
fn tell_urls(input: &Input, fired: &mut FiredBy) {
    let mut members = Vec::new();
    for rule in &input.urls {
        let Some(exception) = input.exception_over(&rule.host) else {
            continue;
        };
        members.clear();
        input.members_of_list(rule.list, Coverage::NAME, &mut members);
        for member in members.iter().filter(|member| member.has(Member::LIFTABLE)) {
            tell(input, fired, exception, &rule.host, *member);
        }
    }
}

fn tell(input: &Input, fired: &mut FiredBy, exception: &str, entry: &str, member: Member) {
    let Some(category) = CategoryId::new(member.category) else {
        return;
    };
    let key = (exception.to_owned(), member.list, member.category);
    let told = fired.entry(key).or_insert_with(|| Fired {
        exception: exception.to_owned(),
        list: input.lists[usize::from(member.list)].id.clone(),
        category,
        entry: entry.to_owned(),
        entries: 0,
    });
    told.entries += 1;
    if entry < told.entry.as_str() {
        entry.clone_into(&mut told.entry);
    }
}

fn is_exception(input: &Input, placed: &Placed, name: u32) -> bool {
    // The list of the exceptions stands last, so its record does too.
    let last = placed.records(name).last();
    last.is_some_and(|record| input.is_exceptions(record.list))
}

fn members_of(sets: &Sets, own: &[u32], name: u32) -> Vec<Member> {
    let row = sets.rows[own[name as usize] as usize];
    sets.members[row.start as usize..][..row.count as usize].to_vec()
}
