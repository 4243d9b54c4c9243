use super::established::Settled;
use super::networks::{self, Steps};
use super::placing::Placed;
use super::sets::Sets;
use super::watch::{Stage, Watch};
use super::{CompileError, CompileReport, Compiler, Fired};
use crate::Coverage;
use crate::hash::Walk;
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
    /// Whether a name stands in floor lists alone, so that its text must not be kept.
    pub(super) fn is_withheld(&self, name: usize) -> bool {
        let row = self.sets.rows[self.own[name] as usize];
        let members = &self.sets.members[row.start as usize..][..row.count as usize];
        let floor = |member: &Member| CategoryId::new(member.category).is_some_and(is_floor);
        !members.is_empty() && members.iter().all(floor)
    }
}

/// Finds the sets of all names: own, handed down, lifted by exceptions.
///
/// Handing down once here lets look-up take the longest entry alone and ask no further.
pub(super) fn close(
    compiler: &Compiler,
    placed: &Placed,
    report: &mut CompileReport,
    watch: &mut Watch<'_>,
) -> Result<Closed, CompileError> {
    watch.of(placed.names());
    let mut sets = Sets::new();
    let mut own = Vec::with_capacity(placed.names());
    let mut members = Vec::new();
    for name in 0..placed.names() as u32 {
        members.clear();
        for &record in placed.records(name) {
            compiler.members_of(compiler.records[record as usize], &mut members);
        }
        own.push(sets.number(compiler, &mut members, false)?);
        watch.at(Stage::Label, own.len())?;
    }
    let mut fired = BTreeMap::new();
    let mut settled = Settled::default();
    let mut whole = Vec::with_capacity(placed.names());
    for name in 0..placed.names() as u32 {
        let number = whole_set(compiler, placed, &mut sets, &own, name, &mut fired)?;
        whole.push(settled.of(compiler, placed, &mut sets, name, number)?);
        watch.at(Stage::Inherit, whole.len())?;
    }
    tell_urls(compiler, &mut fired);
    let addresses = networks::close(compiler, &mut sets)?;
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

type FiredBy = BTreeMap<(String, u16, u8), Fired>;

fn whole_set(
    compiler: &Compiler,
    placed: &Placed,
    sets: &mut Sets,
    own: &[u32],
    name: u32,
    fired: &mut FiredBy,
) -> Result<u32, CompileError> {
    let record = compiler.records[placed.records(name)[0] as usize];
    let text = compiler.name(record);
    let parents = listed_parents(compiler, placed, text);
    let excepted = is_exception(compiler, placed, name);
    if parents.is_empty() && !excepted {
        return Ok(own[name as usize]);
    }
    // INVARIANT: names come from `model::Name`, which is ASCII.
    let text = std::str::from_utf8(text).unwrap_or_default();
    // The longest exception that covers the name, and where in the name it starts.
    let mut by = excepted.then_some(0);
    let mut gathered = members_of(sets, own, name);
    let own_count = gathered.len();
    let mut from = vec![0; own_count];
    for (start, parent) in parents {
        let crossing = crosses(text, start);
        if by.is_none() && !crossing && is_exception(compiler, placed, parent) {
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
                tell(compiler, fired, &text[at..], &text[start..], *member);
            }
        }
    }
    let mut merged: Vec<Member> = Vec::with_capacity(gathered.len());
    for member in gathered {
        let same =
            |have: &&mut Member| (have.list, have.category) == (member.list, member.category);
        match merged.iter_mut().find(same) {
            Some(have) => have.flags |= member.flags,
            None => merged.push(member),
        }
    }
    sets.number(compiler, &mut merged, by.is_some())
}

/// Tells of the exceptions that take labels from rules for URLs.
fn tell_urls(compiler: &Compiler, fired: &mut FiredBy) {
    let mut members = Vec::new();
    for rule in &compiler.urls {
        let Some(exception) = compiler.exception_over(rule.host()) else {
            continue;
        };
        members.clear();
        compiler.members_of_list(rule.list, Coverage::NAME, &mut members);
        for member in members.iter().filter(|member| member.has(Member::LIFTABLE)) {
            tell(compiler, fired, exception, rule.host(), *member);
        }
    }
}

fn tell(compiler: &Compiler, fired: &mut FiredBy, exception: &str, entry: &str, member: Member) {
    let Some(category) = CategoryId::new(member.category) else {
        return;
    };
    let key = (exception.to_owned(), member.list, member.category);
    let told = fired.entry(key).or_insert_with(|| Fired {
        exception: exception.to_owned(),
        list: compiler.lists[usize::from(member.list)].id.clone(),
        category,
        entry: entry.to_owned(),
        entries: 0,
    });
    told.entries += 1;
    if entry < told.entry.as_str() {
        entry.clone_into(&mut told.entry);
    }
}

/// The names above this one that are listed, the longest first, with where they start in it.
fn listed_parents(compiler: &Compiler, placed: &Placed, text: &[u8]) -> Vec<(usize, u32)> {
    let mut found = Vec::new();
    let mut walk = Walk::new(text, placed.key);
    let mut depth = 0;
    while let Some(start) = walk.step().filter(|&start| start > 0) {
        depth += 1;
        if placed.depths & (1 << depth) == 0 {
            continue;
        }
        if let Some((_, parent)) = placed.find(walk.lanes()) {
            let record = compiler.records[placed.records(parent)[0] as usize];
            if compiler.name(record) == &text[start..] {
                found.push((start, parent));
            }
        }
    }
    found.reverse();
    found
}

fn is_exception(compiler: &Compiler, placed: &Placed, name: u32) -> bool {
    // The list of the exceptions stands last, so its record does too.
    placed
        .records(name)
        .last()
        .is_some_and(|&record| compiler.is_exceptions(compiler.records[record as usize].list))
}

fn members_of(sets: &Sets, own: &[u32], name: u32) -> Vec<Member> {
    let row = sets.rows[own[name as usize] as usize];
    sets.members[row.start as usize..][..row.count as usize].to_vec()
}
