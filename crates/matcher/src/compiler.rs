//! From entries to an artefact.
//!
//! What was given lies in `input`; what `guarding` leaves of it goes by the hashes of names
//! through `placing`, gets its label sets in `closure`, and is put down by `writing`.

mod closure;
mod cold;
mod compiled;
mod established;
mod filling;
mod guarding;
mod input;
mod members;
mod names;
mod network;
mod out;
mod parents;
mod placing;
mod report;
mod sets;
mod steps;
mod url_record;
mod urls;
mod watch;
mod writing;

use crate::list::is_floor;
use crate::pattern::Listed;
use crate::{
    Coverage, DigestKind, DigestSalt, ListId, ListMeta, Pattern, PatternError, SaltedDigest,
    Secret, UrlRule, vocabulary_digest,
};
use input::{Exception, Input};
use model::{CategoryId, Name, Vocabulary};
use network::Network;
use sha2::{Digest as _, Sha256};
use std::net::IpAddr;
use std::ops::ControlFlow;
use url_record::UrlRecord;
use watch::Watch;

pub use compiled::Compiled;
pub use report::{CompileError, CompileReport, Fired, Guarded};
pub use url_record::UrlError;
pub use watch::{Progress, Stage};

/// Takes entries and makes an artefact of them.
///
/// The same lists with the same secret give the same bytes, in whatever order the lists come; the
/// entries of one list in the order of the list.
pub struct Compiler {
    /// The words of the vocabulary by their places.
    words: Vec<String>,
    input: Input,
    failed: Option<CompileError>,
}

impl Compiler {
    /// Makes a compiler for labels of this vocabulary.
    pub fn new(vocabulary: &Vocabulary) -> Self {
        let words = vocabulary.iter().map(|(_, category)| category.id.clone());
        Self {
            words: words.collect(),
            input: Input::new(vocabulary.allow(), vocabulary_digest(vocabulary)),
            failed: None,
        }
    }

    /// Adds a list; its entries follow.
    pub fn list(&mut self, meta: ListMeta) -> ListId {
        // One number is kept for the list of the exceptions.
        let Some(id) = u16::try_from(self.input.lists.len())
            .ok()
            .filter(|&id| id < u16::MAX - 1)
        else {
            self.fail(CompileError::Many { what: "lists" });
            return ListId(0);
        };
        self.input.sums.push(Sha256::new());
        self.input.lists.push(ListMeta { entries: 0, ..meta });
        ListId(id)
    }

    /// Adds an entry for a name.
    pub fn entry(&mut self, list: ListId, name: Name<'_>, coverage: Coverage) {
        let name = name.as_str();
        if !self.feed(list, b'e', &[&[coverage.bits()], name.as_bytes()]) {
            return;
        }
        let crosses = self.input.lists[usize::from(list.0)].crosses_suffix;
        let mut bits = coverage.bits();
        if crosses && bits & Coverage::BELOW != 0 {
            bits |= Coverage::CROSSES;
        }
        if let Err(error) = self.input.names.push(list.0, name.as_bytes(), bits) {
            self.fail(error);
        }
    }

    /// Adds an entry for one address.
    pub fn address(&mut self, list: ListId, address: IpAddr) {
        self.network(list, address.to_canonical(), u8::MAX);
    }

    /// Adds an entry for a network, by its first address and its length; more bits than an
    /// address has mean all of them.
    pub fn network(&mut self, list: ListId, address: IpAddr, bits: u8) {
        let network = Network::new(list.0, address, bits);
        let text = network.address.to_string();
        if self.feed(list, b'a', &[text.as_bytes(), &[network.bits]]) {
            self.input.networks.push(network);
        }
    }

    /// Adds a rule for URLs; only doors that see URLs ask for it.
    ///
    /// # Errors
    ///
    /// When its path is too long; the compiler goes on without it.
    pub fn url(&mut self, list: ListId, rule: &UrlRule<'_>) -> Result<(), UrlError> {
        let record = UrlRecord::new(list.0, rule)?;
        if self.feed(list, b'u', &record.parts()) {
            self.input.urls.push(record);
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
        let digests = self.input.salted.entry((list.0, salt.clone())).or_default();
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
        if let Some(class) = class.filter(|&class| !self.input.allow.contains(class)) {
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
        self.input.exceptions.insert(name.to_owned(), exception);
    }

    /// Adds a name that no third-party entry may cover.
    pub fn guard(&mut self, name: Name<'_>) {
        self.input.guard.insert(name.as_str().to_owned());
    }

    /// Adds a pattern that labels hosts or URLs with the categories of a list.
    ///
    /// # Errors
    ///
    /// When it cannot be used; the compiler goes on without it.
    pub fn pattern(&mut self, list: ListId, pattern: Pattern) -> Result<(), PatternError> {
        let code = [pattern.place.code(), pattern.syntax.code()];
        let Some(meta) = self.input.lists.get(usize::from(list.0)) else {
            self.fail(CompileError::List { list: list.0 });
            return Ok(());
        };
        if meta.categories.meets(self.input.allow) {
            return Err(PatternError::Opens);
        }
        if meta.categories.iter().any(is_floor) {
            return Err(PatternError::Floor);
        }
        let listed = Listed::new(list.0, pattern)?;
        self.feed(list, b'p', &[&code, listed.pattern.text.as_bytes()]);
        self.input.patterns.push(listed);
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
        self,
        secret: &Secret,
        watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Compiled, CompileError> {
        let mut input = self.input;
        input.put_in_order();
        let mut report = CompileReport {
            guarded: guarding::refuse_guarded(&mut input)?,
            ..Default::default()
        };
        input.add_exceptions()?;
        if let Some(error) = self.failed {
            return Err(error);
        }
        input.count_entries();
        let digest = input.digest();
        let mut watch = Watch::new(watch, input.names.records.len());
        for attempt in 0..MOST_ATTEMPTS {
            let key = secret.lane_keys(digest, attempt);
            let Some(placed) = placing::place(&mut input.names, key, &mut watch)? else {
                continue;
            };
            let mut closed = closure::close(&input, &placed, &mut report, &mut watch)?;
            let Some(urls) = urls::place(&input, key, &mut closed.sets)? else {
                input.names = placed.names;
                continue;
            };
            let head = writing::Head {
                input: digest,
                attempt,
            };
            return writing::write(&input, secret, &head, placed, closed, &urls, report);
        }
        Err(CompileError::Keys)
    }

    /// Takes in what is said of a list; whether there is such a list.
    fn feed(&mut self, list: ListId, kind: u8, parts: &[&[u8]]) -> bool {
        let Some(sum) = self.input.sums.get_mut(usize::from(list.0)) else {
            self.fail(CompileError::List { list: list.0 });
            return false;
        };
        // One call for most of millions of entries: each call has a price of its own.
        let mut room = [0; 288];
        let mut used = 1;
        room[0] = kind;
        for part in parts {
            let length = (part.len() as u32).to_le_bytes();
            match room.get_mut(used..used + 4 + part.len()) {
                Some(room) => {
                    room[..4].copy_from_slice(&length);
                    room[4..].copy_from_slice(part);
                    used += room.len();
                }
                None => {
                    sum.update(&room[..used]);
                    sum.update(length);
                    sum.update(part);
                    used = 0;
                }
            }
        }
        sum.update(&room[..used]);
        true
    }

    /// Keeps the first failure, to be told when compiling.
    fn fail(&mut self, error: CompileError) {
        self.failed.get_or_insert(error);
    }
}

impl std::fmt::Debug for Compiler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiler")
            .field("lists", &self.input.lists.len())
            .field("entries", &self.input.names.records.len())
            .finish_non_exhaustive()
    }
}

/// Two of five million names meet by chance once in millions of keys; this many attempts never
/// fail but for a fault of ours.
const MOST_ATTEMPTS: u32 = 16;
