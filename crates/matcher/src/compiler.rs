//! From entries to an artefact.

mod closure;
mod established;
mod networks;
mod placing;
mod sets;
mod urls;
mod watch;
mod writing;

use crate::layout::{Member, Row};
use crate::list::is_floor;
use crate::pattern::{Finder, Haystack, Listed};
use crate::suffix::{crosses, public_suffix_start};
use crate::{
    Coverage, DigestKind, DigestSalt, ListId, ListMeta, Pattern, PatternError, Place, SaltedDigest,
    Secret, UrlRule, vocabulary_digest,
};
use model::{CategoryId, CategorySet, Digest, Host, HostBuffer, Name, Vocabulary};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::path::PathBuf;

pub use urls::UrlError;
use watch::Watch;
pub use watch::{Progress, Stage};
pub use writing::Compiled;

/// Takes entries and makes an artefact of them.
///
/// The same lists with the same secret give the same bytes, in whatever order the lists come; the
/// entries of one list in the order of the list.
pub struct Compiler {
    allow: CategorySet,
    words: Vec<String>,
    vocabulary: Digest,
    lists: Vec<ListMeta>,
    /// The text of all records, one after the other.
    text: Vec<u8>,
    records: Vec<Record>,
    networks: Vec<networks::Network>,
    urls: Vec<urls::UrlRecord>,
    salted: BTreeMap<(u16, DigestSalt), Digests>,
    exceptions: BTreeMap<String, Exception>,
    guard: BTreeSet<String>,
    patterns: Vec<Listed>,
    /// What was said of each list so far.
    inputs: Vec<Sha256>,
    failed: Option<CompileError>,
}

/// One entry: where its name stands in the text, whose it is, what it covers.
#[derive(Clone, Copy, Debug)]
struct Record {
    offset: u32,
    list: u16,
    length: u8,
    coverage: u8,
}

/// The digests of one list with one salt.
#[derive(Default)]
struct Digests {
    names: BTreeSet<[u8; 32]>,
    urls: BTreeSet<[u8; 32]>,
}

#[derive(Clone, Debug)]
struct Exception {
    class: Option<CategoryId>,
    reason: String,
}

/// The entries make no artefact.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// Past what the numbers of the format can hold.
    #[error("{what} are too many for one artefact; take lists out of `sources.toml`")]
    Many {
        /// What there is too much of.
        what: &'static str,
    },
    /// An entry names a list that this compiler was not given.
    #[error("an entry belongs to list {list}, which was not added")]
    List {
        /// The number of the list.
        list: u16,
    },
    /// A class of an exception is not one that opens.
    #[error("exception `{name}` bears `{category}`, which is no allow-class category")]
    Class {
        /// The name of the exception.
        name: String,
        /// The category.
        category: String,
    },
    /// The patterns together are too much for one automaton.
    #[error("the patterns of the lists are too many; take patterns out of the lists")]
    Patterns,
    /// Every key brought two names together.
    #[error("no hash key tells all names apart; the lists may hold a name twice in two spellings")]
    Keys,
    /// Whoever watched it stopped it.
    #[error("compiling the lists was stopped; what was in force before stays in force")]
    Stopped,
    /// The file cannot be written.
    #[error("the artefact could not be written to `{path}`; see that the disk has room")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// What a compilation found, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompileReport {
    /// Distinct names, exceptions included.
    pub names: usize,
    /// Addresses and networks.
    pub addresses: usize,
    /// Distinct rules for URLs.
    pub urls: usize,
    /// Patterns.
    pub patterns: usize,
    /// Salted digests.
    pub digests: usize,
    /// Distinct label sets.
    pub sets: usize,
    /// Long-standing sites that bear a label against them all the same.
    pub established_labelled: usize,
    /// The first of them in the order of their hashes, those of the floor left out.
    pub established_first: Vec<String>,
    /// Bytes of the whole file.
    pub bytes: usize,
    /// Bytes of the part that look-up reads.
    pub hot_bytes: usize,
    /// The exceptions that took labels away.
    pub exceptions_fired: Vec<Fired>,
    /// Entries that were refused because they would cover a guarded name.
    pub guarded: Vec<Guarded>,
}

/// Labels that one exception took from the entries of one list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fired {
    /// The name of the exception.
    pub exception: String,
    /// The id of the list.
    pub list: String,
    /// The category.
    pub category: CategoryId,
    /// The first of the entries, in the order of names.
    pub entry: String,
    /// How many entries.
    pub entries: usize,
}

/// An entry that would have covered a guarded name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Guarded {
    /// The guarded name.
    pub name: String,
    /// The id of the list.
    pub list: String,
    /// The entry.
    pub entry: String,
}

impl Compiler {
    /// Makes a compiler for labels of this vocabulary.
    pub fn new(vocabulary: &Vocabulary) -> Self {
        let digest = vocabulary_digest(vocabulary);
        Self {
            allow: vocabulary.allow(),
            words: vocabulary
                .iter()
                .map(|(_, category)| category.id.clone())
                .collect(),
            vocabulary: digest,
            lists: Vec::new(),
            text: Vec::new(),
            records: Vec::new(),
            networks: Vec::new(),
            urls: Vec::new(),
            salted: BTreeMap::new(),
            exceptions: BTreeMap::new(),
            guard: BTreeSet::new(),
            patterns: Vec::new(),
            inputs: Vec::new(),
            failed: None,
        }
    }

    /// Adds a list; its entries follow.
    pub fn list(&mut self, meta: ListMeta) -> ListId {
        // One number is kept for the list of the exceptions.
        let Some(id) = u16::try_from(self.lists.len())
            .ok()
            .filter(|&id| id < u16::MAX - 1)
        else {
            self.fail(CompileError::Many { what: "lists" });
            return ListId(0);
        };
        self.inputs.push(Sha256::new());
        self.lists.push(ListMeta { entries: 0, ..meta });
        ListId(id)
    }

    /// Adds an entry for a name.
    pub fn entry(&mut self, list: ListId, name: Name<'_>, coverage: Coverage) {
        let name = name.as_str();
        if !self.feed(list, b'e', &[&[coverage.bits()], name.as_bytes()]) {
            return;
        }
        let crosses = self.lists[usize::from(list.0)].crosses_suffix;
        let mut bits = coverage.bits();
        if crosses && bits & Coverage::BELOW != 0 {
            bits |= Coverage::CROSSES;
        }
        self.record(list.0, name, bits);
    }

    /// Adds an entry for one address.
    pub fn address(&mut self, list: ListId, address: IpAddr) {
        self.network(list, address.to_canonical(), u8::MAX);
    }

    /// Adds an entry for a network, by its first address and its length; more bits than an
    /// address has mean all of them.
    pub fn network(&mut self, list: ListId, address: IpAddr, bits: u8) {
        let network = networks::Network::new(list.0, address, bits);
        let text = network.address.to_string();
        if self.feed(list, b'a', &[text.as_bytes(), &[network.bits]]) {
            self.networks.push(network);
        }
    }

    /// Adds a rule for URLs; only doors that see URLs ask for it.
    ///
    /// # Errors
    ///
    /// When its path is too long; the compiler goes on without it.
    pub fn url(&mut self, list: ListId, rule: &UrlRule<'_>) -> Result<(), UrlError> {
        let record = urls::UrlRecord::new(list.0, rule)?;
        if self.feed(list, b'u', &record.parts()) {
            self.urls.push(record);
        }
        Ok(())
    }

    /// Adds the salted digest of an entry that the list does not tell.
    pub fn digest(&mut self, list: ListId, salt: &DigestSalt, digest: &SaltedDigest) {
        let kind = [match digest.kind {
            DigestKind::Name => 0u8,
            DigestKind::Url => 1,
        }];
        if !self.feed(list, b'd', &[salt.bytes(), &kind, &digest.bytes]) {
            return;
        }
        let digests = self.salted.entry((list.0, salt.clone())).or_default();
        match digest.kind {
            DigestKind::Name => digests.names.insert(digest.bytes),
            DigestKind::Url => digests.urls.insert(digest.bytes),
        };
    }

    /// Adds a name from which, with all below it, third-party labels are taken.
    ///
    /// The class is an allow-class category that the name then bears. A second exception for the
    /// same name replaces the first.
    pub fn exception(&mut self, name: Name<'_>, class: Option<CategoryId>, reason: &str) {
        let name = name.as_str();
        if let Some(class) = class.filter(|&class| !self.allow.contains(class)) {
            let category = self.words.get(class.place()).cloned().unwrap_or_default();
            self.fail(CompileError::Class {
                name: name.to_owned(),
                category,
            });
            return;
        }
        let exception = Exception {
            class,
            reason: reason.to_owned(),
        };
        self.exceptions.insert(name.to_owned(), exception);
    }

    /// Adds a name that no third-party entry may cover.
    pub fn guard(&mut self, name: Name<'_>) {
        self.guard.insert(name.as_str().to_owned());
    }

    /// Adds a pattern that labels hosts or URLs with the categories of a list.
    ///
    /// # Errors
    ///
    /// When it cannot be used; the compiler goes on without it.
    pub fn pattern(&mut self, list: ListId, pattern: Pattern) -> Result<(), PatternError> {
        let code = [pattern.place.code(), pattern.syntax.code()];
        let Some(meta) = self.lists.get(usize::from(list.0)) else {
            self.fail(CompileError::List { list: list.0 });
            return Ok(());
        };
        if meta.categories.meets(self.allow) {
            return Err(PatternError::Opens);
        }
        if meta.categories.iter().any(is_floor) {
            return Err(PatternError::Floor);
        }
        let listed = Listed::new(list.0, pattern)?;
        self.feed(list, b'p', &[&code, listed.pattern.text.as_bytes()]);
        self.patterns.push(listed);
        Ok(())
    }

    /// Makes the artefact.
    ///
    /// # Errors
    ///
    /// Says what cannot be compiled; nothing was written.
    pub fn compile(self, secret: &Secret) -> Result<Compiled, CompileError> {
        self.compile_watched(secret, &mut |_| ControlFlow::Continue(()))
    }

    /// As [`Compiler::compile`], told how far it is; the watcher may stop it.
    ///
    /// # Errors
    ///
    /// Says what cannot be compiled, or that it was stopped; nothing was written.
    pub fn compile_watched(
        mut self,
        secret: &Secret,
        watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Compiled, CompileError> {
        self.put_in_order();
        let mut report = CompileReport {
            guarded: self.refuse_guarded(),
            ..Default::default()
        };
        let mut patterns = self.refuse_guarded_patterns()?;
        report.guarded.append(&mut patterns);
        self.add_exceptions();
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        self.count_entries();
        let input = self.input();
        let mut watch = Watch::new(watch, self.records.len());
        for attempt in 0..MOST_ATTEMPTS {
            let key = secret.lane_keys(input, attempt);
            let Some(placed) = placing::place(&self, key, &mut watch)? else {
                continue;
            };
            let mut closed = closure::close(&self, &placed, &mut report, &mut watch)?;
            let Some(urls) = urls::place(&self, key, &mut closed.sets)? else {
                continue;
            };
            let head = writing::Head {
                input,
                attempt,
                vocabulary: self.vocabulary,
                allow: self.allow,
            };
            return writing::write(&self, secret, head, &placed, closed, &urls, report);
        }
        Err(CompileError::Keys)
    }

    /// Numbers the lists by their ids, so that it does not matter in which order they came.
    fn put_in_order(&mut self) {
        let mut order: Vec<u16> = (0..self.lists.len() as u16).collect();
        order.sort_by(|&one, &two| {
            let id = |at: u16| &self.lists[usize::from(at)].id;
            id(one).cmp(id(two))
        });
        let mut places = vec![0u16; order.len()];
        for (place, &list) in (0u16..).zip(&order) {
            places[usize::from(list)] = place;
        }
        let place = |list: &mut u16| *list = places[usize::from(*list)];
        self.records.iter_mut().for_each(|one| place(&mut one.list));
        self.networks
            .iter_mut()
            .for_each(|one| place(&mut one.list));
        self.networks.sort_unstable();
        self.networks.dedup();
        self.urls.iter_mut().for_each(|one| place(&mut one.list));
        self.patterns
            .iter_mut()
            .for_each(|one| place(&mut one.list));
        let of = |one: &Listed| (one.list, one.pattern.clone());
        self.patterns.sort_by_cached_key(of);
        self.patterns.dedup_by(|one, two| of(one) == of(two));
        let salted = std::mem::take(&mut self.salted);
        let numbered = salted.into_iter().map(|((mut list, salt), digests)| {
            place(&mut list);
            ((list, salt), digests)
        });
        self.salted = numbered.collect();
        let take = |at: &u16| self.lists[usize::from(*at)].clone();
        let lists = order.iter().map(take).collect();
        let inputs = order.iter().map(|at| self.inputs[usize::from(*at)].clone());
        self.inputs = inputs.collect();
        self.lists = lists;
    }

    /// The digest of all that was given, whatever the order of the lists.
    fn input(&self) -> Digest {
        let mut sum = Sha256::new();
        let mut feed = |parts: &[&[u8]]| {
            for part in parts {
                sum.update((part.len() as u64).to_le_bytes());
                sum.update(part);
            }
        };
        feed(&[&self.vocabulary.0]);
        for (meta, input) in self.lists.iter().zip(&self.inputs) {
            let flags = [
                u8::from(meta.third_party),
                u8::from(meta.crosses_suffix),
                u8::from(meta.established),
                u8::from(meta.answers),
            ];
            feed(&[
                meta.id.as_bytes(),
                &meta.categories.bits().to_le_bytes(),
                &flags,
                &meta.digest.0,
                &input.clone().finalize(),
            ]);
        }
        for (name, exception) in &self.exceptions {
            let class = exception.class.map_or(u8::MAX, |class| class.place() as u8);
            feed(&[name.as_bytes(), &[class], exception.reason.as_bytes()]);
        }
        for name in &self.guard {
            feed(&[b"guard", name.as_bytes()]);
        }
        Digest(sum.finalize().into())
    }

    /// Counts the entries in force of each list.
    fn count_entries(&mut self) {
        let records = self.records.iter().map(|one| one.list);
        let networks = self.networks.iter().map(|one| one.list);
        let urls = self.urls.iter().map(|one| one.list);
        let patterns = self.patterns.iter().map(|one| one.list);
        for list in records.chain(networks).chain(urls).chain(patterns) {
            self.lists[usize::from(list)].entries += 1;
        }
        for ((list, _), digests) in &self.salted {
            let count = digests.names.len() + digests.urls.len();
            self.lists[usize::from(*list)].entries += count as u64;
        }
    }

    /// Takes in what is said of a list; whether there is such a list.
    fn feed(&mut self, list: ListId, kind: u8, parts: &[&[u8]]) -> bool {
        let Some(input) = self.inputs.get_mut(usize::from(list.0)) else {
            self.fail(CompileError::List { list: list.0 });
            return false;
        };
        input.update([kind]);
        for part in parts {
            input.update((part.len() as u32).to_le_bytes());
            input.update(part);
        }
        true
    }

    /// Keeps the first failure, to be told when compiling.
    fn fail(&mut self, error: CompileError) {
        self.failed.get_or_insert(error);
    }

    fn record(&mut self, list: u16, name: &str, coverage: u8) {
        let (Ok(offset), Ok(length)) = (u32::try_from(self.text.len()), u8::try_from(name.len()))
        else {
            self.fail(CompileError::Many { what: "names" });
            return;
        };
        self.text.extend_from_slice(name.as_bytes());
        self.records.push(Record {
            offset,
            list,
            length,
            coverage,
        });
    }

    fn name(&self, record: Record) -> &[u8] {
        &self.text[record.offset as usize..][..usize::from(record.length)]
    }

    /// The list of the exceptions stands last.
    fn add_exceptions(&mut self) {
        if self.exceptions.is_empty() {
            return;
        }
        let classes: CategorySet = self
            .exceptions
            .values()
            .filter_map(|one| one.class)
            .collect();
        let list = self.lists.len() as u16;
        self.lists.push(ListMeta::new("exceptions", classes.iter()));
        let names: Vec<String> = self.exceptions.keys().cloned().collect();
        for name in names {
            self.record(list, &name, Coverage::NameAndBelow.bits());
        }
    }

    /// Whether the list is the one that [`Compiler::add_exceptions`] made.
    fn is_exceptions(&self, list: u16) -> bool {
        !self.exceptions.is_empty() && usize::from(list) + 1 == self.lists.len()
    }

    /// Takes out the third-party entries that cover a guarded name.
    ///
    /// The floor is asked before anything else and is never guarded against.
    fn refuse_guarded(&mut self) -> Vec<Guarded> {
        let mut covers: HashMap<&[u8], Vec<&str>> = HashMap::new();
        for guard in &self.guard {
            let mut at = Some(0);
            while let Some(start) = at {
                covers
                    .entry(&guard.as_bytes()[start..])
                    .or_default()
                    .push(guard);
                at = guard[start..].find('.').map(|dot| start + dot + 1);
            }
        }
        let mut refused = Vec::new();
        let mut records = std::mem::take(&mut self.records);
        records.retain(|&record| {
            let meta = &self.lists[usize::from(record.list)];
            if !meta.third_party || meta.categories.iter().any(is_floor) {
                return true;
            }
            let name = self.name(record);
            let Some(guards) = covers.get(name) else {
                return true;
            };
            let covered = guards.iter().find(|guard| {
                guard.len() == name.len()
                    || record.coverage & Coverage::BELOW != 0
                        && (record.coverage & Coverage::CROSSES != 0
                            || guard.len() - name.len() < public_suffix_start(guard))
            });
            if let Some(guard) = covered {
                let name = String::from_utf8_lossy(name);
                refused.push(Guarded {
                    name: (*guard).to_owned(),
                    list: meta.id.clone(),
                    entry: Coverage::write(record.coverage, &name),
                });
            }
            covered.is_none()
        });
        self.records = records;
        refused.sort();
        refused
    }

    /// Takes out the third-party patterns that match a guarded name.
    ///
    /// What exceptions take from patterns is taken when a pattern is found.
    fn refuse_guarded_patterns(&mut self) -> Result<Vec<Guarded>, CompileError> {
        let places = [Place::Label, Place::Host];
        let finder = Finder::build(&self.patterns, &places)?;
        let Some(finder) = finder else {
            return Ok(Vec::new());
        };
        let mut refused: BTreeMap<(u16, Pattern), String> = BTreeMap::new();
        for text in &self.guard {
            let mut room = HostBuffer::new();
            let Some(name) = Host::normalise(text, &mut room).ok().and_then(Host::name) else {
                continue;
            };
            finder.find(
                &self.patterns,
                &Haystack::host(name),
                &mut |one| !self.lists[usize::from(one.list)].third_party,
                &mut |one| {
                    let of = (one.list, one.pattern.clone());
                    refused.entry(of).or_insert_with(|| text.clone());
                },
            );
        }
        let mut told = Vec::new();
        self.patterns.retain(|one| {
            let found = refused.get(&(one.list, one.pattern.clone()));
            told.extend(found.map(|name| Guarded {
                name: name.clone(),
                list: self.lists[usize::from(one.list)].id.clone(),
                entry: one.text(),
            }));
            found.is_none()
        });
        Ok(told)
    }

    /// The name of the exception that covers a host.
    fn exception_over<'a>(&self, host: &'a str) -> Option<&'a str> {
        let mut start = Some(0);
        while let Some(at) = start {
            if self.exceptions.contains_key(&host[at..]) && !crosses(host, at) {
                return Some(&host[at..]);
            }
            start = host[at..].find('.').map(|dot| at + dot + 1);
        }
        None
    }

    /// What a list puts into a label set.
    fn members_of_list(&self, list: u16, coverage: u8, out: &mut Vec<Member>) {
        let meta = &self.lists[usize::from(list)];
        for category in meta.categories.iter() {
            let against = !is_floor(category) && !self.allow.contains(category);
            let liftable = if meta.third_party && against {
                Member::LIFTABLE
            } else {
                0
            };
            out.push(Member {
                list,
                category: category.place() as u8,
                flags: coverage | liftable,
            });
        }
    }

    /// What a record puts into the label set of its name.
    fn members_of(&self, record: Record, out: &mut Vec<Member>) {
        let meta = &self.lists[usize::from(record.list)];
        let mut push = |category: CategoryId, liftable: bool| {
            let flags = record.coverage | if liftable { Member::LIFTABLE } else { 0 };
            let category = category.place() as u8;
            match out
                .iter_mut()
                .find(|have| have.list == record.list && have.category == category)
            {
                Some(have) => have.flags |= flags,
                None => out.push(Member {
                    list: record.list,
                    category,
                    flags,
                }),
            }
        };
        if self.is_exceptions(record.list) {
            let name = String::from_utf8_lossy(self.name(record));
            if let Some(class) = self.exceptions.get(&*name).and_then(|found| found.class) {
                push(class, false);
            }
            return;
        }
        for category in meta.categories.iter() {
            let against = !is_floor(category) && !self.allow.contains(category);
            push(category, meta.third_party && against);
        }
    }

    /// The masks of a set of members.
    fn row_of(&self, members: &[Member], covered: bool) -> Row {
        let mut row = Row {
            flags: Row::FREE,
            ..Row::default()
        };
        for member in members {
            let bit = 1u128 << member.category;
            let (name, below) = (member.has(Coverage::NAME), member.has(Coverage::BELOW));
            let lifted = member.has(Member::LIFTED);
            let crosses = member.has(Coverage::CROSSES);
            if name && !lifted {
                row.name |= bit;
            }
            if below && !lifted {
                row.below |= bit;
            }
            if below && crosses {
                row.crossing |= bit;
            }
            if name && lifted {
                row.flags |= Row::LIFTED_NAME;
            }
            if below && lifted {
                row.flags |= Row::LIFTED_BELOW;
            }
            if below && (!crosses || lifted) {
                row.flags &= !Row::FREE;
            }
            if self.allow.bits() & bit != 0 {
                row.flags |= Row::EXACT;
            }
        }
        if covered {
            row.flags |= Row::COVERED | Row::EXACT;
            row.flags &= !Row::FREE;
        }
        row
    }
}

impl std::fmt::Debug for Compiler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiler")
            .field("lists", &self.lists.len())
            .field("entries", &self.records.len())
            .finish_non_exhaustive()
    }
}

/// Two of five million names meet by chance once in millions of keys; this many attempts never
/// fail but for a fault of ours.
const MOST_ATTEMPTS: u32 = 16;
