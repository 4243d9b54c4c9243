//! Entries of others that would cover a guarded name are not taken, and told.

use super::input::Input;
use super::report::{CompileError, Guarded};
use crate::list::is_floor;
use crate::pattern::{Finder, Haystack, Pattern, Place};
use crate::suffix::public_suffix_start;
use crate::{Coverage, ListMeta};
use model::{Host, HostBuffer};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Takes out what would cover a guarded name.
///
/// What exceptions take from patterns is taken when a pattern is found.
pub(super) fn refuse_guarded(input: &mut Input) -> Result<Vec<Guarded>, CompileError> {
    let mut refused = refuse_names(input);
    refused.append(&mut refuse_patterns(input)?);
    Ok(refused)
}

/// Takes out the third-party entries that cover a guarded name.
///
/// The floor is asked before anything else and is never guarded against.
fn refuse_names(input: &mut Input) -> Vec<Guarded> {
    let covers = Covers::of(&input.guard);
    let guards = |meta: &ListMeta| meta.third_party && !meta.categories.iter().any(is_floor);
    let guards: Vec<bool> = input.lists.iter().map(guards).collect();
    let mut refused = Vec::new();
    let mut records = std::mem::take(&mut input.names.records);
    records.retain(|&record| {
        if !guards[usize::from(record.list)] {
            return true;
        }
        let name = input.names.text(record);
        let covered = covers.at(name).iter().find(|guard| {
            guard.len() == name.len()
                || record.coverage & Coverage::BELOW != 0
                    && (record.coverage & Coverage::CROSSES != 0
                        || guard.len() - name.len() < public_suffix_start(guard))
        });
        if let Some(guard) = covered {
            refused.push(Guarded {
                name: (*guard).to_owned(),
                list: input.lists[usize::from(record.list)].id.clone(),
                entry: Coverage::write(record.coverage, &String::from_utf8_lossy(name)),
            });
        }
        covered.is_none()
    });
    input.names.records = records;
    refused.sort();
    refused
}

/// The guarded names at and below each of their suffixes.
struct Covers<'a> {
    names: HashMap<&'a [u8], Vec<&'a str>>,
    /// One bit for each mark that a suffix has; nearly all of millions of names have another.
    marks: Vec<u64>,
}

impl<'a> Covers<'a> {
    const MARKS: usize = 1 << 14;

    fn of(guard: &'a BTreeSet<String>) -> Self {
        let mut names: HashMap<&[u8], Vec<&str>> = HashMap::new();
        let mut marks = vec![0; Self::MARKS / 64];
        for guard in guard {
            let mut at = Some(0);
            while let Some(start) = at {
                let suffix = &guard.as_bytes()[start..];
                names.entry(suffix).or_default().push(guard);
                let mark = Self::mark(suffix);
                marks[mark / 64] |= 1u64 << (mark % 64);
                at = guard[start..].find('.').map(|dot| start + dot + 1);
            }
        }
        Self { names, marks }
    }

    fn at(&self, name: &[u8]) -> &[&'a str] {
        let mark = Self::mark(name);
        if self.marks[mark / 64] >> (mark % 64) & 1 == 0 {
            return &[];
        }
        self.names.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// A number from the length and the first eight bytes.
    fn mark(name: &[u8]) -> usize {
        let mut first = [0; 8];
        let part = name.len().min(8);
        first[..part].copy_from_slice(&name[..part]);
        let mixed =
            (u64::from_le_bytes(first) ^ name.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 32) as usize % Self::MARKS
    }
}

/// Takes out the third-party patterns that match a guarded name.
fn refuse_patterns(input: &mut Input) -> Result<Vec<Guarded>, CompileError> {
    let places = [Place::Label, Place::Host];
    if input.guard.is_empty() {
        return Ok(Vec::new());
    }
    let Some(finder) = Finder::build(&input.patterns, &places)? else {
        return Ok(Vec::new());
    };
    let mut refused: BTreeMap<(u16, Pattern), String> = BTreeMap::new();
    for text in &input.guard {
        let mut room = HostBuffer::new();
        let Some(name) = Host::normalise(text, &mut room).ok().and_then(Host::name) else {
            continue;
        };
        finder.find(
            &input.patterns,
            &Haystack::host(name),
            &mut |one| !input.lists[usize::from(one.list)].third_party,
            &mut |one| {
                let of = (one.list, one.pattern.clone());
                refused.entry(of).or_insert_with(|| text.clone());
            },
        );
    }
    let mut told = Vec::new();
    let lists = &input.lists;
    input.patterns.retain(|one| {
        let found = refused.get(&(one.list, one.pattern.clone()));
        told.extend(found.map(|name| Guarded {
            name: name.clone(),
            list: lists[usize::from(one.list)].id.clone(),
            entry: one.text(),
        }));
        found.is_none()
    });
    Ok(told)
}
