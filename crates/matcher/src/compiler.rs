//! From entries to an artefact.

mod closure;
mod placing;
mod sets;
mod writing;

use crate::layout::{Member, Row};
use crate::list::is_floor;
use crate::pattern::{Listed, MOST_TEXT};
use crate::suffix::public_suffix_start;
use crate::{Coverage, ListId, ListMeta, Pattern, Secret, vocabulary_digest};
use model::{CategoryId, CategorySet, Digest, Name, Vocabulary};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::path::PathBuf;

pub use writing::Compiled;

/// Takes entries and makes an artefact of them.
///
/// The same calls in the same order with the same secret give the same bytes.
pub struct Compiler {
    allow: CategorySet,
    words: Vec<String>,
    vocabulary: Digest,
    lists: Vec<ListMeta>,
    /// The text of all records, one after the other.
    text: Vec<u8>,
    records: Vec<Record>,
    addresses: Vec<(IpAddr, u16)>,
    exceptions: BTreeMap<String, Exception>,
    guard: BTreeSet<String>,
    patterns: Vec<Listed>,
    input: Sha256,
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
    /// A pattern cannot be used.
    #[error("pattern `{text}` must have 3 to 255 bytes and stand in a list against sites")]
    Pattern {
        /// Its text, or nothing for a list of the floor.
        text: String,
    },
    /// Every key brought two names together.
    #[error("no hash key tells all names apart; the lists may hold a name twice in two spellings")]
    Keys,
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
    /// Distinct addresses.
    pub addresses: usize,
    /// Distinct label sets.
    pub sets: usize,
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
        let mut input = Sha256::new();
        input.update(digest.0);
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
            addresses: Vec::new(),
            exceptions: BTreeMap::new(),
            guard: BTreeSet::new(),
            patterns: Vec::new(),
            input,
            failed: None,
        }
    }

    /// Adds a list; its entries follow.
    pub fn list(&mut self, meta: ListMeta) -> ListId {
        self.feed(
            b'l',
            &[meta.id.as_bytes(), &meta.categories.bits().to_le_bytes()],
        );
        let flags = [u8::from(meta.third_party), u8::from(meta.crosses_suffix)];
        self.feed(b'm', &[&flags, &meta.digest.0]);
        // One number is kept for the list of the exceptions.
        let Some(id) = u16::try_from(self.lists.len())
            .ok()
            .filter(|&id| id < u16::MAX - 1)
        else {
            self.fail(CompileError::Many { what: "lists" });
            return ListId(0);
        };
        self.lists.push(ListMeta { entries: 0, ..meta });
        ListId(id)
    }

    /// Adds an entry for a name.
    pub fn entry(&mut self, list: ListId, name: Name<'_>, coverage: Coverage) {
        let name = name.as_str();
        self.feed(
            b'e',
            &[&list.0.to_le_bytes(), &[coverage.bits()], name.as_bytes()],
        );
        if usize::from(list.0) >= self.lists.len() {
            self.fail(CompileError::List { list: list.0 });
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
        let address = address.to_canonical();
        self.feed(
            b'a',
            &[&list.0.to_le_bytes(), address.to_string().as_bytes()],
        );
        if usize::from(list.0) >= self.lists.len() {
            self.fail(CompileError::List { list: list.0 });
            return;
        }
        self.addresses.push((address, list.0));
    }

    /// Adds a name from which, with all below it, third-party labels are taken.
    ///
    /// The class is an allow-class category that the name then bears. A second exception for the
    /// same name replaces the first.
    pub fn exception(&mut self, name: Name<'_>, class: Option<CategoryId>, reason: &str) {
        let name = name.as_str();
        let place = class.map_or(u8::MAX, |class| class.place() as u8);
        self.feed(b'x', &[name.as_bytes(), &[place], reason.as_bytes()]);
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
        self.feed(b'g', &[name.as_str().as_bytes()]);
        self.guard.insert(name.as_str().to_owned());
    }

    /// Adds a pattern that labels hosts or URLs with the categories of a list.
    pub fn pattern(&mut self, list: ListId, pattern: Pattern) {
        let place = [pattern.place.code()];
        self.feed(
            b'p',
            &[&list.0.to_le_bytes(), &place, pattern.text.as_bytes()],
        );
        let Some(meta) = self.lists.get(usize::from(list.0)) else {
            self.fail(CompileError::List { list: list.0 });
            return;
        };
        // Short patterns label half the web; patterns only ever speak against a site.
        let sound = (3..=MOST_TEXT).contains(&pattern.text.len());
        if !sound || meta.categories.meets(self.allow) {
            let floor = meta.categories.iter().any(is_floor);
            let text = if floor { String::new() } else { pattern.text };
            self.fail(CompileError::Pattern { text });
            return;
        }
        self.patterns.push(Listed {
            list: list.0,
            pattern,
        });
    }

    /// Makes the artefact.
    ///
    /// # Errors
    ///
    /// Says what cannot be compiled; nothing was written.
    pub fn compile(mut self, secret: &Secret) -> Result<Compiled, CompileError> {
        let mut report = CompileReport {
            guarded: self.refuse_guarded(),
            ..Default::default()
        };
        self.add_exceptions();
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        for record in &self.records {
            self.lists[usize::from(record.list)].entries += 1;
        }
        for (_, list) in &self.addresses {
            self.lists[usize::from(*list)].entries += 1;
        }
        let input = Digest(self.input.clone().finalize().into());
        for attempt in 0..MOST_ATTEMPTS {
            let key = secret.lane_keys(input, attempt);
            let Some(placed) = placing::place(&self, key)? else {
                continue;
            };
            let sets = closure::close(&self, &placed, &mut report)?;
            let head = writing::Head {
                input,
                attempt,
                vocabulary: self.vocabulary,
            };
            return writing::write(&self, secret, head, &placed, sets, report);
        }
        Err(CompileError::Keys)
    }

    fn feed(&mut self, kind: u8, parts: &[&[u8]]) {
        self.input.update([kind]);
        for part in parts {
            self.input.update((part.len() as u32).to_le_bytes());
            self.input.update(part);
        }
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
