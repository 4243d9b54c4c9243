//! The designs that were not taken.

use crate::{Names, memory, tell};
use model::{Host, Name};
use std::collections::HashMap;
use std::time::Instant;

fn text_of<'a>(host: &Host<'a>) -> &'a str {
    host.name().map(Name::as_str).unwrap_or_default()
}

fn told(seconds: f64, bytes: f64) {
    println!("  made in {seconds:.2} s, {bytes:.2} bytes a name:");
}

/// The text and its parents.
fn suffixes(text: &str) -> impl Iterator<Item = &str> {
    let parents = text.match_indices('.').map(|(at, _)| &text[at + 1..]);
    std::iter::once(text).chain(parents)
}

pub(crate) fn strings(names: &Names) {
    let before = memory("VmRSS:");
    let began = Instant::now();
    let mut map: HashMap<Box<str>, u16, foldhash::fast::FixedState> = HashMap::default();
    map.reserve(names.size);
    for place in 0..names.size {
        map.insert(names.at(place).as_ref().into(), 1);
    }
    let seconds = began.elapsed().as_secs_f64();
    let bytes = memory("VmRSS:").saturating_sub(before) as f64 * 1_048_576.0 / names.size as f64;
    told(seconds, bytes);
    tell("hash map of strings", names, &mut |host| {
        suffixes(text_of(host)).any(|suffix| map.contains_key(suffix))
    });
}

fn hash(text: &str) -> u64 {
    use std::hash::BuildHasher as _;
    foldhash::quality::FixedState::with_seed(7).hash_one(text)
}

/// Hashes in the order of a search tree, so that a search reads lines near each other first.
pub(crate) fn sorted(names: &Names) {
    let began = Instant::now();
    let mut hashes: Vec<u64> = (0..names.size)
        .map(|place| hash(&names.at(place)))
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    let mut tree = vec![0u64; hashes.len() + 1];
    let sets = vec![1u16; hashes.len() + 1];
    lay(&hashes, &mut tree, 1, &mut 0);
    let seconds = began.elapsed().as_secs_f64();
    told(seconds, 10.0);
    tell("sorted hashes, tree", names, &mut |host| {
        suffixes(text_of(host)).any(|suffix| {
            let wanted = hash(suffix);
            let mut at = 1;
            while at < tree.len() {
                if tree[at] == wanted {
                    return sets[at] != 0;
                }
                at = 2 * at + usize::from(tree[at] < wanted);
            }
            false
        })
    });
}

fn lay(hashes: &[u64], tree: &mut [u64], at: usize, next: &mut usize) {
    if at < tree.len() {
        lay(hashes, tree, 2 * at, next);
        tree[at] = hashes[*next];
        *next += 1;
        lay(hashes, tree, 2 * at + 1, next);
    }
}

/// A perfect hash by displacement, with 32 bits to tell strangers by.
pub(crate) fn perfect(names: &Names) {
    let began = Instant::now();
    let mut hashes: Vec<u64> = (0..names.size)
        .map(|place| hash(&names.at(place)))
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    let buckets = hashes.len() / 4 + 1;
    let slots = hashes.len() * 100 / 96 + 1;
    let bucket_of = |hash: u64| ((u128::from(hash) * buckets as u128) >> 64) as usize;
    let slot_of = |hash: u64, seed: u16| {
        let mixed = (hash ^ u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .wrapping_mul(0xd6e8_feb8_6659_fd93);
        let mixed = (mixed ^ mixed >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
        ((u128::from(mixed) * slots as u128) >> 64) as usize
    };
    let mut groups: Vec<&[u64]> = hashes
        .chunk_by(|&one, &two| bucket_of(one) == bucket_of(two))
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let mut seeds = vec![0u16; buckets];
    let mut table = vec![(0u32, 0u16); slots];
    for group in groups {
        let fits = |seed: &u16| {
            let places: Vec<usize> = group.iter().map(|&one| slot_of(one, *seed)).collect();
            let own = |at: usize| places[..at].iter().all(|&other| other != places[at]);
            (0..places.len()).all(|at| table[places[at]].1 == 0 && own(at))
        };
        let seed = (0..=u16::MAX).find(fits).unwrap();
        seeds[bucket_of(group[0])] = seed;
        for &one in group {
            table[slot_of(one, seed)] = (one as u32, 1);
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let bytes = (seeds.len() * 2 + slots * 6) as f64 / hashes.len() as f64;
    told(seconds, bytes);
    tell("perfect hash", names, &mut |host| {
        suffixes(text_of(host)).any(|suffix| {
            let hash = hash(suffix);
            let found = table[slot_of(hash, seeds[bucket_of(hash)])];
            found.0 == hash as u32 && found.1 != 0
        })
    });
}
