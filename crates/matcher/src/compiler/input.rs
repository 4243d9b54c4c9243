//! All that was given, in an order that does not depend on how it came.

use super::CompileError;
use super::names::Names;
use super::network::Network;
use super::url_record::UrlRecord;
use crate::pattern::Listed;
use crate::suffix::crosses;
use crate::{Coverage, DigestSalt, ListMeta};
use model::{CategoryId, CategorySet, Digest};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The entries of all lists, the exceptions and the guarded names.
pub(super) struct Input {
    pub(super) allow: CategorySet,
    pub(super) vocabulary: Digest,
    pub(super) lists: Vec<ListMeta>,
    /// What was said of each list so far.
    pub(super) sums: Vec<Sha256>,
    pub(super) names: Names,
    pub(super) networks: Vec<Network>,
    pub(super) urls: Vec<UrlRecord>,
    pub(super) salted: BTreeMap<(u16, DigestSalt), Digests>,
    pub(super) exceptions: BTreeMap<String, Exception>,
    pub(super) guard: BTreeSet<String>,
    pub(super) patterns: Vec<Listed>,
}

/// The digests of one list with one salt.
#[derive(Default)]
pub(super) struct Digests {
    pub(super) names: BTreeSet<[u8; 32]>,
    pub(super) urls: BTreeSet<[u8; 32]>,
}

/// What an exception gives besides taking labels away, and why.
#[derive(Clone, Debug)]
pub(super) struct Exception {
    pub(super) class: Option<CategoryId>,
    pub(super) reason: String,
}

impl Input {
    pub(super) fn new(allow: CategorySet, vocabulary: Digest) -> Self {
        Self {
            allow,
            vocabulary,
            lists: Vec::new(),
            sums: Vec::new(),
            names: Names::default(),
            networks: Vec::new(),
            urls: Vec::new(),
            salted: BTreeMap::new(),
            exceptions: BTreeMap::new(),
            guard: BTreeSet::new(),
            patterns: Vec::new(),
        }
    }

    /// Numbers the lists by their ids, so that it does not matter in which order they came.
    pub(super) fn put_in_order(&mut self) {
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
        for record in &mut self.names.records {
            place(&mut record.list);
        }
        for network in &mut self.networks {
            place(&mut network.list);
        }
        self.networks.sort_unstable();
        self.networks.dedup();
        for rule in &mut self.urls {
            place(&mut rule.list);
        }
        for pattern in &mut self.patterns {
            place(&mut pattern.list);
        }
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
        let sums = order.iter().map(|at| self.sums[usize::from(*at)].clone());
        self.sums = sums.collect();
        self.lists = lists;
    }

    /// The digest of all that was given, whatever the order of the lists.
    pub(super) fn digest(&self) -> Digest {
        let mut sum = Sha256::new();
        let mut feed = |parts: &[&[u8]]| {
            for part in parts {
                sum.update((part.len() as u64).to_le_bytes());
                sum.update(part);
            }
        };
        feed(&[&self.vocabulary.0]);
        for (meta, input) in self.lists.iter().zip(&self.sums) {
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
    pub(super) fn count_entries(&mut self) {
        let records = self.names.records.iter().map(|one| one.list);
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

    /// Makes a list of the exceptions; it stands last.
    pub(super) fn add_exceptions(&mut self) -> Result<(), CompileError> {
        if self.exceptions.is_empty() {
            return Ok(());
        }
        let classes: CategorySet = self
            .exceptions
            .values()
            .filter_map(|one| one.class)
            .collect();
        let list = self.lists.len() as u16;
        self.lists.push(ListMeta::new("exceptions", classes.iter()));
        for name in self.exceptions.keys() {
            let coverage = Coverage::NameAndBelow.bits();
            self.names.push(list, name.as_bytes(), coverage)?;
        }
        Ok(())
    }

    /// Whether the list is the one that [`Input::add_exceptions`] made.
    pub(super) fn is_exceptions(&self, list: u16) -> bool {
        !self.exceptions.is_empty() && usize::from(list) + 1 == self.lists.len()
    }

    /// The name of the exception that covers a host.
    pub(super) fn exception_over<'a>(&self, host: &'a str) -> Option<&'a str> {
        let mut start = Some(0);
        while let Some(at) = start {
            if self.exceptions.contains_key(&host[at..]) && !crosses(host, at) {
                return Some(&host[at..]);
            }
            start = host[at..].find('.').map(|dot| at + dot + 1);
        }
        None
    }
}
