//! URL rules on their way into an artefact.

use super::placing::{Filled, Placed, spread};
use super::sets::Sets;
use super::{CompileError, Compiler};
use crate::Coverage;
use crate::hash::{Beginnings, Lanes, lanes_of};
use crate::layout::{Member, UrlRow};
use crate::list::is_floor;
use crate::probing::probe;
use crate::url::{UrlEnd, UrlRule, UrlText};
use model::CategoryId;

/// A rule as the compiler keeps it.
pub(super) struct UrlRecord {
    pub(super) list: u16,
    pub(super) coverage: u8,
    end: UrlEnd,
    host: Box<str>,
    /// In canonical form, ASCII.
    path: Box<str>,
}

/// Why a URL rule was not taken; the compiler goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Its path is longer than any published one.
    #[error("the path is longer than 1023 bytes; name a shorter beginning of it")]
    Long,
}

impl UrlRecord {
    pub(super) fn new(list: u16, rule: &UrlRule<'_>) -> Result<Self, UrlError> {
        let text = UrlText::of_rule(rule.path).ok_or(UrlError::Long)?;
        Ok(Self {
            list,
            coverage: rule.coverage.bits() & (Coverage::NAME | Coverage::BELOW),
            end: rule.end,
            host: rule.host.to_string().into(),
            path: String::from_utf8_lossy(text.bytes()).into(),
        })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// What tells it from others, for the digest of the input.
    pub(super) fn parts(&self) -> [&[u8]; 3] {
        let flags: &[u8] = match (self.end, self.coverage) {
            (UrlEnd::Anywhere, 1) => b"a1",
            (UrlEnd::Anywhere, 2) => b"a2",
            (UrlEnd::Anywhere, _) => b"a3",
            (UrlEnd::Segment, 1) => b"s1",
            (UrlEnd::Segment, 2) => b"s2",
            (UrlEnd::Segment, _) => b"s3",
            (UrlEnd::Url, 1) => b"u1",
            (UrlEnd::Url, 2) => b"u2",
            (UrlEnd::Url, _) => b"u3",
        };
        [flags, self.host.as_bytes(), self.path.as_bytes()]
    }

    /// As people read it: `host/path`, `*` where it may go on within a word, `|` where it may not
    /// go on at all.
    fn text(&self) -> String {
        let end = match self.end {
            UrlEnd::Anywhere => "*",
            UrlEnd::Segment => "",
            UrlEnd::Url => "|",
        };
        format!("{}{}{end}", self.host, self.path)
    }
}

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
    compiler: &Compiler,
    key: [u64; 2],
    sets: &mut Sets,
) -> Result<Option<Urls>, CompileError> {
    if compiler.urls.is_empty() {
        return Ok(Some(Urls::default()));
    }
    let mut keyed: Vec<Keyed<'_>> = compiler.urls.iter().map(|one| keyed(one, key)).collect();
    keyed.sort_unstable_by_key(Keyed::order);
    let hosts: Vec<&[Keyed<'_>]> = keyed.chunk_by(|one, two| one.lanes == two.lanes).collect();
    let one_host = |rules: &[Keyed<'_>]| {
        let same = |one: &Keyed<'_>| one.record.host == rules[0].record.host;
        rules.iter().all(same)
    };
    if !hosts.iter().all(|rules| one_host(rules)) {
        return Ok(None);
    }
    let Filled {
        homes,
        buckets,
        slots,
        reach,
    } = spread(&|host| hosts[host][0].lanes, hosts.len());
    let mut urls = Urls {
        homes,
        reach,
        buckets,
        ..Urls::default()
    };
    for &host in &slots {
        urls.starts.push(number(urls.rows.len())?);
        let Some(rules) = hosts.get(host as usize).filter(|_| host != Placed::EMPTY) else {
            continue;
        };
        let dots = rules[0].record.host.bytes().filter(|&byte| byte == b'.');
        urls.depths |= 1u128 << (dots.count() + 1).min(127);
        if !host_rules(compiler, rules, sets, &mut urls)? {
            return Ok(None);
        }
    }
    urls.starts.push(number(urls.rows.len())?);
    let apart = hosts.iter().enumerate().all(|(host, rules)| {
        let lanes = rules[0].lanes;
        probe(&urls.buckets, lanes.home(homes), lanes.mark(), reach)
            .is_some_and(|(slot, _)| slots[slot as usize] as usize == host)
    });
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
    compiler: &Compiler,
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
            compiler.members_of_list(rule.record.list, Coverage::NAME, &mut members);
        }
        members.sort_unstable();
        members.dedup();
        let floor = |member: &Member| CategoryId::new(member.category).is_some_and(is_floor);
        let withheld = members.iter().all(floor);
        urls.rows.push(UrlRow {
            length: first.length,
            hash: first.hash,
            flags: first.flags,
            set: sets.number(compiler, &mut members, false)?,
        });
        urls.texts.push((!withheld).then(|| first.record.text()));
    }
    // Two lists may name one beginning differently bounded, so only the hash must ascend.
    Ok(true)
}

fn number(count: usize) -> Result<u32, CompileError> {
    u32::try_from(count).map_err(|_| CompileError::Many { what: "URL rules" })
}
