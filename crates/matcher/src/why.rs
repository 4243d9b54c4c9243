use crate::Coverage;
use crate::artefact::{Artefact, Way};
use crate::layout::{Member, Row, Section, array};
use crate::list::is_floor;
use crate::pattern::{Finder, Haystack, UrlHaystack};
use crate::probing::set_of;
use crate::suffix::crosses;
use model::{CategoryId, Host, Target};

/// The entry text of a floor list: its names never leave the artefact.
pub const WITHHELD: &str = "withheld";

/// Why a host bears its labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Why {
    /// The labels in force, each with its list and entry; the longest entries first.
    pub labels: Vec<WhyLabel>,
    /// The exceptions that cover the host, the longest first.
    pub exceptions: Vec<WhyException>,
}

/// One label with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WhyLabel {
    /// The category.
    pub category: CategoryId,
    /// The id of the list.
    pub list: String,
    /// The entry: `name` (and below), `=name` (alone), `*.name` (below), an address or network,
    /// `host/path` for a URL (with `*` where a word may go on), `~text` for a pattern, or
    /// [`WITHHELD`].
    pub entry: String,
}

/// One exception that covers the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyException {
    /// Its name.
    pub name: String,
    /// The allow-class category that it gives.
    pub class: Option<CategoryId>,
    /// Why it was made.
    pub reason: String,
    /// The labels that the exceptions of this host take away; told with the longest one.
    pub lifted: Vec<WhyLabel>,
}

impl Artefact {
    /// Why a host bears its labels, with every list, entry and exception.
    ///
    /// For people: it reads the names that look-up does not, and allocates.
    pub fn why(&self, host: &Host<'_>) -> Why {
        let mut why = Why::default();
        let mut lifted = Vec::new();
        match host {
            Host::Name(host_name) => {
                let name = host_name.as_str();
                why.exceptions = self.exceptions_of(name);
                let mut start = Some(0);
                while let Some(at) = start {
                    self.why_at(
                        name,
                        at,
                        !why.exceptions.is_empty(),
                        &mut why.labels,
                        &mut lifted,
                    );
                    start = name[at..].find('.').map(|dot| at + dot + 1);
                }
                let covered = !why.exceptions.is_empty();
                if let Some(finder) = &self.host_finder {
                    let text = Haystack::host(*host_name);
                    self.why_patterns(finder, &text, covered, &mut why.labels, &mut lifted);
                }
            }
            Host::Address(address) => {
                self.why_address(*address, Way::At, &mut |label, _| why.labels.push(label));
            }
        }
        self.salted_names(host, &mut |set| {
            self.why_set(set, WITHHELD, false, &mut why.labels, &mut lifted);
        });
        if let Some(first) = why.exceptions.first_mut() {
            lifted.dedup();
            first.lifted = lifted;
        }
        why.labels.dedup();
        why
    }

    /// As [`Artefact::why`], for a target whose URL was seen.
    pub fn why_target(&self, target: &Target<'_>) -> Why {
        let mut why = self.why(&target.host);
        let Some(url) = &target.url else {
            return why;
        };
        let covered = !why.exceptions.is_empty();
        let mut lifted = Vec::new();
        self.url_rules(&target.host, url, &mut |rule, set| {
            let text = self.url_text(rule).unwrap_or(WITHHELD);
            self.why_set(set, text, covered, &mut why.labels, &mut lifted);
        });
        self.salted_urls(&target.host, url, &mut |set| {
            self.why_set(set, WITHHELD, false, &mut why.labels, &mut lifted);
        });
        if let Some(finder) = &self.url_finder {
            let text = UrlHaystack::of(target, url);
            self.why_patterns(finder, &text.text(), covered, &mut why.labels, &mut lifted);
        }
        if let Some(first) = why.exceptions.first_mut() {
            first.lifted.append(&mut lifted);
        }
        why
    }

    /// The names that the artefact holds, in the order of their hashes, floor names left out.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        let (buckets, _) = self.section(Section::Buckets).as_chunks::<64>();
        (0..buckets.len() * crate::layout::SLOTS).filter_map(|slot| {
            let name = self.cold(u32::try_from(slot).ok()?)?.name?;
            std::str::from_utf8(name).ok()
        })
    }

    fn why_at(
        &self,
        name: &str,
        start: usize,
        covered: bool,
        labels: &mut Vec<WhyLabel>,
        lifted: &mut Vec<WhyLabel>,
    ) {
        let suffix = &name[start..];
        let crossing = crosses(name, start);
        let flag = if start == 0 {
            Coverage::NAME
        } else {
            Coverage::BELOW
        };
        self.entries_at(suffix, &mut |member| {
            let Some(list) = self.lists.get(usize::from(member.list)) else {
                return;
            };
            let Some(category) = CategoryId::new(member.category) else {
                return;
            };
            if !member.has(flag) || crossing && !member.has(Coverage::CROSSES) {
                return;
            }
            let entry = self.entry_text(category, Coverage::write(member.flags, suffix));
            let label = WhyLabel {
                category,
                list: list.id.clone(),
                entry,
            };
            let lift = covered && member.has(Member::LIFTABLE);
            let into = if lift { &mut *lifted } else { &mut *labels };
            into.push(label);
        });
    }

    /// The row of the entries of a slot alone, where the slot is that of this name.
    pub(crate) fn own_row(&self, slot: u32, name: &str) -> Option<Row> {
        let cold = self.cold(slot)?;
        if cold.name.is_some_and(|found| found != name.as_bytes()) {
            return None;
        }
        self.row(cold.own)
    }

    /// What the members of a set say, each by the text of the entry that bears the set.
    fn why_set(
        &self,
        set: u32,
        text: &str,
        covered: bool,
        labels: &mut Vec<WhyLabel>,
        lifted: &mut Vec<WhyLabel>,
    ) {
        for member in self.members(self.row(set).unwrap_or_default()) {
            let Some(list) = self.lists.get(usize::from(member.list)) else {
                continue;
            };
            let Some(category) = CategoryId::new(member.category) else {
                continue;
            };
            let lift = covered && member.has(Member::LIFTABLE);
            let into = if lift { &mut *lifted } else { &mut *labels };
            into.push(WhyLabel {
                category,
                list: list.id.clone(),
                entry: self.entry_text(category, text.to_owned()),
            });
        }
    }

    /// The text of a URL rule; `None` where it is withheld.
    fn url_text(&self, rule: usize) -> Option<&str> {
        let offsets = self.section(Section::ColdUrls);
        let texts = self.section(Section::ColdUrlTexts);
        let at = u32::from_le_bytes(array(offsets, rule * 4)) as usize;
        let length = usize::from(u16::from_le_bytes(array(texts, at)));
        let text = texts.get(at + 2..)?.get(..length)?;
        std::str::from_utf8(text)
            .ok()
            .filter(|text| !text.is_empty())
    }

    fn why_patterns(
        &self,
        finder: &Finder,
        text: &Haystack<'_>,
        covered: bool,
        labels: &mut Vec<WhyLabel>,
        lifted: &mut Vec<WhyLabel>,
    ) {
        finder.find(&self.patterns, text, &mut |_| false, &mut |found| {
            let Some(list) = self.lists.get(usize::from(found.list)) else {
                return;
            };
            for category in list.categories.iter() {
                let entry = self.entry_text(category, found.text());
                let label = WhyLabel {
                    category,
                    list: list.id.clone(),
                    entry,
                };
                let lift = covered && list.third_party && !is_floor(category);
                let into = if lift { &mut *lifted } else { &mut *labels };
                if !into.contains(&label) {
                    into.push(label);
                }
            }
        });
    }

    pub(crate) fn entry_text(&self, category: CategoryId, text: String) -> String {
        if is_floor(category) {
            WITHHELD.to_owned()
        } else {
            text
        }
    }

    pub(crate) fn exceptions_of(&self, name: &str) -> Vec<WhyException> {
        let mut found = Vec::new();
        let mut start = Some(0);
        while let Some(at) = start {
            let row = self
                .exceptions
                .binary_search_by(|row| row.name.as_str().cmp(&name[at..]));
            if let Some(row) = row.ok().and_then(|row| self.exceptions.get(row))
                && !crosses(name, at)
            {
                found.push(WhyException {
                    name: row.name.clone(),
                    class: row.class,
                    reason: row.reason.clone(),
                    lifted: Vec::new(),
                });
            }
            start = name[at..].find('.').map(|dot| at + dot + 1);
        }
        found
    }

    /// The name of a slot and the row of its own entries; `None` where it is withheld or empty.
    pub(crate) fn named_slot(&self, slot: u32) -> Option<(&[u8], Row)> {
        let cold = self.cold(slot)?;
        Some((cold.name?, self.row(cold.own)?))
    }

    /// What the cold section holds of a slot; `None` for an empty slot.
    fn cold(&self, slot: u32) -> Option<Cold<'_>> {
        let (bucket, place) = (slot as usize / 8, slot as usize % 8);
        let (buckets, _) = self.section(Section::Buckets).as_chunks::<64>();
        let line = buckets.get(bucket)?;
        let offsets = self.section(Section::Cold);
        let mut at = u32::from_le_bytes(array(offsets, bucket * 4)) as usize;
        let names = self.section(Section::ColdNames);
        for before in 0..=place {
            if set_of(line, before) == 0 {
                return None;
            }
            let length = usize::from(*names.get(at)?);
            if before == place {
                let own = u32::from_le_bytes(array(names, at + 1));
                let name = names.get(at + 5..)?.get(..length)?;
                return Some(Cold {
                    own,
                    name: (length > 0).then_some(name),
                });
            }
            at += 5 + length;
        }
        None
    }
}

struct Cold<'a> {
    own: u32,
    /// Absent when it is withheld.
    name: Option<&'a [u8]>,
}
