//! URL rules on their way into an artefact.

use super::filling::spread;
use super::input::Input;
use super::report::CompileError;
use super::sets::Sets;
use super::url_record::UrlRecord;
use crate::Coverage;
use crate::hash::{Beginnings, Lanes, lanes_of};
use crate::layout::{Member, SLOTS, UrlRow};
use crate::list::is_floor;
use model::CategoryId;

/// All URL rules in their places.
#[derive(Default)]
pub(super) struct Urls {
    pub(super) homes: u64,
    pub(super) reach: u32,
    pub(super) depths: u128,
    pub(super) buckets: Vec<[u8; 64]>,
    /// For each slot where its rules start, and one more for the end.
    pub(super) starts: Vec<u32>,
    pub(super) rows: Vec<UrlRow>,
    /// The text of each rule; `None` where it is withheld.
    pub(super) texts: Vec<Option<String>>,
}

/// A rule with its hashes.
struct Keyed<'a> {
    lanes: Lanes,
    length: u16,
    hash: u64,
    flags: u16,
    record: &'a UrlRecord,
}

impl Keyed<'_> {
    const fn order(&self) -> (Lanes, u16, u64, u16, u16) {
        let list = self.record.list;
        (self.lanes, self.length, self.hash, self.flags, list)
    }
}

/// Places every rule, or gives `None` when two cannot be told apart with this key.
pub(super) fn place(
    input: &Input,
    key: [u64; 2],
    sets: &mut Sets,
) -> Result<Option<Urls>, CompileError> {
    if input.urls.is_empty() {
        return Ok(Some(Urls::default()));
    }
    let mut keyed: Vec<Keyed<'_>> = input.urls.iter().map(|one| keyed(one, key)).collect();
    keyed.sort_unstable_by_key(Keyed::order);
    let hosts: Vec<&[Keyed<'_>]> = keyed.chunk_by(|one, two| one.lanes == two.lanes).collect();
    let one_host = |rules: &[Keyed<'_>]| {
        let same = |one: &Keyed<'_>| one.record.host == rules[0].record.host;
        rules.iter().all(same)
    };
    if !hosts.iter().all(|rules| one_host(rules)) {
        return Ok(None);
    }
    let filled = spread(&|host| hosts[host][0].lanes, hosts.len());
    let mut urls = Urls {
        homes: filled.homes,
        reach: filled.reach,
        ..Urls::default()
    };
    for slot in 0..filled.buckets.len() * SLOTS {
        urls.starts.push(number(urls.rows.len())?);
        let Some(&rules) = filled.name_of(slot).and_then(|host| hosts.get(host)) else {
            continue;
        };
        let dots = rules[0].record.host.bytes().filter(|&byte| byte == b'.');
        urls.depths |= 1u128 << (dots.count() + 1).min(127);
        if !host_rules(input, rules, sets, &mut urls)? {
            return Ok(None);
        }
    }
    urls.starts.push(number(urls.rows.len())?);
    let found = |host: usize| filled.find(hosts[host][0].lanes).map(|(_, found)| found);
    let apart = (0..hosts.len()).all(|host| found(host) == Some(host));
    urls.buckets = filled.buckets;
    Ok(apart.then_some(urls))
}

fn keyed(record: &UrlRecord, key: [u64; 2]) -> Keyed<'_> {
    let path = record.path.as_bytes();
    Keyed {
        lanes: lanes_of(record.host.as_bytes(), key),
        // A rule is shorter than `MOST_URL`.
        length: path.len() as u16,
        hash: Beginnings::new(path, key).hash(path.len()),
        flags: u16::from(record.coverage) | record.end.flag(),
        record,
    }
}

/// Takes the rules of one host; whether no two of them look alike.
fn host_rules(
    input: &Input,
    rules: &[Keyed<'_>],
    sets: &mut Sets,
    urls: &mut Urls,
) -> Result<bool, CompileError> {
    let alike = |one: &Keyed<'_>, two: &Keyed<'_>| {
        (one.length, one.hash, one.flags) == (two.length, two.hash, two.flags)
    };
    for same in rules.chunk_by(alike) {
        let first = &same[0];
        if same.iter().any(|one| one.record.path != first.record.path) {
            return Ok(false);
        }
        let mut members: Vec<Member> = Vec::new();
        for rule in same {
            input.members_of_list(rule.record.list, Coverage::NAME, &mut members);
        }
        members.sort_unstable();
        members.dedup();
        let floor = |member: &Member| CategoryId::new(member.category).is_some_and(is_floor);
        let withheld = members.iter().all(floor);
        urls.rows.push(UrlRow {
            length: first.length,
            hash: first.hash,
            flags: first.flags,
            set: sets.number(&mut members, false)?,
        });
        urls.texts.push((!withheld).then(|| first.record.text()));
    }
    // Two lists may name one beginning differently bounded, so only the hash must ascend.
    Ok(true)
}

fn number(count: usize) -> Result<u32, CompileError> {
    u32::try_from(count).map_err(|_| CompileError::Many { what: "URL rules" })
}
