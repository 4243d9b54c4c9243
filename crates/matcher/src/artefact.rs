use crate::amend::Amended;
use crate::hash::{Walk, lanes_of};
use crate::layout::{Member, Row, SPILLED, Section, array, find_pair};
use crate::list::FLOOR_BITS;
use crate::mapping::Bytes;
use crate::pattern::{Finder, Haystack, Listed, UrlHaystack};
use crate::prefetch::prefetch;
use crate::probing::probe;
use crate::salted::SaltedList;
use crate::suffix::crosses;
use crate::{Coverage, ListMeta};
use model::{CategoryId, CategorySet, Digest, Host, LabelSet, Labels, Target};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// All lists in compiled form: read-only, shared, swapped whole.
#[derive(Clone)]
pub struct Artefact {
    pub(crate) bytes: Bytes,
    pub(crate) sections: [Range<usize>; Section::ALL.len()],
    pub(crate) key: [u64; 2],
    pub(crate) names: usize,
    pub(crate) buckets: u64,
    pub(crate) reach: u32,
    pub(crate) depths: u128,
    pub(crate) url_buckets: u64,
    pub(crate) url_reach: u32,
    pub(crate) url_depths: u128,
    pub(crate) digest: Digest,
    pub(crate) input: Digest,
    pub(crate) vocabulary: Digest,
    pub(crate) lists: Arc<[ListMeta]>,
    pub(crate) exceptions: Arc<[ExceptionRow]>,
    pub(crate) salted: Arc<[SaltedList]>,
    pub(crate) patterns: Arc<[Listed]>,
    pub(crate) host_finder: Option<Arc<Finder>>,
    pub(crate) url_finder: Option<Arc<Finder>>,
    pub(crate) allow: CategorySet,
    /// The name of the bytes alone.
    pub(crate) compiled_digest: Digest,
    pub(crate) amended: Option<Arc<Amended>>,
}

/// An exception as the artefact holds it.
pub(crate) struct ExceptionRow {
    pub(crate) name: String,
    pub(crate) class: Option<CategoryId>,
    pub(crate) reason: String,
}

impl Artefact {
    /// What the lists say of a host.
    ///
    /// Rules for URLs are never asked here: a door that sees no path does not close a site for
    /// one of its pages.
    pub fn label(&self, host: &Host<'_>) -> Labels {
        self.label_host(host).0
    }

    /// What the lists say of a target: of its host, and of its URL where a door saw one.
    pub fn label_target(&self, target: &Target<'_>) -> Labels {
        self.label_whole(target).0
    }

    /// The labels of a target, and whether an exception covers its host.
    pub(crate) fn label_whole(&self, target: &Target<'_>) -> (Labels, bool) {
        let (mut labels, covered) = self.label_host(&target.host);
        let Some(url) = &target.url else {
            return (labels, covered);
        };
        self.url_rules(&target.host, url, &mut |_, set| {
            self.add_set(set, covered, &mut labels);
        });
        self.salted_urls(&target.host, url, &mut |set| {
            self.add_set(set, false, &mut labels);
        });
        if let Some(finder) = &self.url_finder {
            let text = UrlHaystack::of(target, url);
            self.add_patterns(finder, &text.text(), covered, &mut labels);
        }
        (labels, covered)
    }

    /// The labels of a host, and whether an exception covers it.
    fn label_host(&self, host: &Host<'_>) -> (Labels, bool) {
        let (mut labels, covered) = match host {
            Host::Name(name) => match self.label_amended(name.as_str()) {
                Some(labels) => labels,
                None => self.label_name(name.as_str()),
            },
            Host::Address(address) => (self.label_address(*address), false),
        };
        if let (Some(finder), Host::Name(name)) = (&self.host_finder, host) {
            self.add_patterns(finder, &Haystack::host(*name), covered, &mut labels);
        }
        self.salted_names(host, &mut |set| self.add_set(set, false, &mut labels));
        (labels, covered)
    }

    /// Where the labels of a set come from.
    ///
    /// For a set of another artefact the answer is meaningless. Labels that a pattern gave are
    /// in no set; [`Artefact::why`] names them.
    pub fn sources(&self, set: LabelSet) -> impl Iterator<Item = (CategoryId, &ListMeta)> {
        let (id, way) = Way::split(set);
        let (row, list) = match way {
            Way::Amended => (Row::default(), self.lists.get(id as usize)),
            Way::At | Way::Below | Way::Crossing => (self.row(id).unwrap_or_default(), None),
        };
        let own = self.members(row).filter(move |member| way.takes(*member));
        let own = own.filter_map(move |member| {
            let list = self.lists.get(usize::from(member.list))?;
            Some((CategoryId::new(member.category)?, list))
        });
        let amended = list.into_iter();
        own.chain(amended.flat_map(|list| list.categories.iter().map(move |one| (one, list))))
    }

    /// The digest of the artefact, which is also its name; an amended one has another.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The digest of all that it was compiled from.
    pub const fn input_digest(&self) -> Digest {
        self.input
    }

    /// The digest of the vocabulary whose places its labels hold; see
    /// [`vocabulary_digest`](crate::vocabulary_digest).
    pub const fn vocabulary_digest(&self) -> Digest {
        self.vocabulary
    }

    /// How many names it holds.
    pub const fn names(&self) -> usize {
        self.names
    }

    /// How many bytes it has.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The lists that went into it.
    pub fn lists(&self) -> &[ListMeta] {
        &self.lists
    }

    #[inline]
    pub(crate) fn section(&self, section: Section) -> &[u8] {
        &self.bytes[self.sections[section as usize].clone()]
    }

    fn label_name(&self, name: &str) -> (Labels, bool) {
        let Some(hit) = self.find(name.as_bytes()) else {
            return (Labels::NONE, false);
        };
        let row = hit.row;
        let way = if hit.start == 0 {
            Way::At
        } else if row.flags & Row::FREE != 0 || !crosses(name, hit.start) {
            Way::Below
        } else {
            Way::Crossing
        };
        let (bits, lifted, covered) = match way {
            Way::At => (row.name, Row::LIFTED_NAME, Row::COVERED),
            Way::Below => (row.below, Row::LIFTED_BELOW, Row::COVERED),
            Way::Crossing | Way::Amended => (row.crossing, 0, 0),
        };
        let excepted = row.flags & lifted != 0;
        let set = if bits == 0 {
            LabelSet::NONE
        } else {
            way.join(hit.set)
        };
        let labels = Labels {
            categories: CategorySet::from_bits(bits),
            set,
            excepted,
        };
        (labels, row.flags & covered != 0)
    }

    /// Adds what a set gives that has nothing to do with the name index.
    ///
    /// Of the sets that speak, the one is kept that first gave what no other did.
    fn add_set(&self, set: u32, covered: bool, labels: &mut Labels) {
        let Some(row) = self.row(set) else { return };
        let mut bits = row.name;
        if covered {
            bits = 0;
            for member in self.members(row) {
                if member.has(Member::LIFTABLE) {
                    labels.excepted = true;
                } else {
                    bits |= 1u128 << (member.category & 127);
                }
            }
        }
        let given = CategorySet::from_bits(bits);
        if labels.categories | given != labels.categories {
            labels.categories |= given;
            labels.set = Way::At.join(set);
        }
    }

    fn add_patterns(
        &self,
        finder: &Finder,
        text: &Haystack<'_>,
        covered: bool,
        labels: &mut Labels,
    ) {
        let of = |one: &Listed| self.lists.get(usize::from(one.list));
        let mut given = CategorySet::EMPTY;
        let mut excepted = false;
        let known = labels.categories;
        finder.find(
            &self.patterns,
            text,
            // What says nothing new need not be asked.
            &mut |one| {
                of(one)
                    .is_none_or(|list| !covered && list.categories & !known == CategorySet::EMPTY)
            },
            &mut |one| {
                let Some(list) = of(one) else { return };
                if covered && list.third_party {
                    excepted = true;
                    given |= list.categories & CategorySet::from_bits(FLOOR_BITS);
                } else {
                    given |= list.categories;
                }
            },
        );
        labels.categories |= given;
        labels.excepted |= excepted;
    }

    /// The longest suffix of a name that is an entry.
    ///
    /// Its set holds all that its listed parents give too, so the longest answers for all.
    pub(crate) fn find(&self, name: &[u8]) -> Option<Hit> {
        let (buckets, _) = self.section(Section::Buckets).as_chunks::<64>();
        let deepest = 127 - self.depths.leading_zeros().min(127);
        let mut walk = Walk::new(name, self.key);
        let mut depth = 0;
        let mut best = None;
        while depth < deepest {
            // Hash and ask for the lines of several suffixes first, look at them afterwards: the
            // waits overlap.
            let mut asked = [(0usize, 0usize, 0u64); WINDOW];
            let mut count = 0;
            while count < WINDOW && depth < deepest {
                let Some(start) = walk.step() else {
                    depth = deepest;
                    break;
                };
                depth += 1;
                if self.depths & (1 << depth) == 0 {
                    continue;
                }
                let lanes = walk.lanes();
                let home = lanes.home(self.buckets);
                if let Some(line) = buckets.get(home) {
                    prefetch(line);
                }
                asked[count] = (start, home, lanes.mark());
                count += 1;
            }
            for &(start, home, mark) in asked[..count].iter().rev() {
                let hit = probe(buckets, home, mark, self.reach)
                    .and_then(|(slot, set)| self.verify(&name[start..], start, slot, set));
                if hit.is_some() {
                    best = hit;
                    break;
                }
            }
        }
        best
    }

    /// Reads the set of a slot, and compares the text where the set could open anything.
    fn verify(&self, name: &[u8], start: usize, slot: u32, set: u16) -> Option<Hit> {
        let set = match set {
            SPILLED => find_pair(self.section(Section::Spill), slot)?,
            set => u32::from(set),
        };
        let row = self.row(set)?;
        if row.flags & Row::EXACT != 0 {
            let at = find_pair(self.section(Section::Exact), slot)? as usize;
            let (&length, rest) = self.section(Section::ExactNames).get(at..)?.split_first()?;
            let same = match usize::from(length) {
                0 => {
                    let lanes = lanes_of(name, self.key);
                    array(rest, 0) == lanes.bucket.to_le_bytes()
                        && array(rest, 8) == lanes.tag.to_le_bytes()
                }
                length => rest.get(..length)? == name,
            };
            if !same {
                return None;
            }
        }
        Some(Hit {
            start,
            slot,
            set,
            row,
        })
    }

    pub(crate) fn row(&self, set: u32) -> Option<Row> {
        let (rows, _) = self.section(Section::Rows).as_chunks::<{ Row::BYTES }>();
        rows.get(set as usize).map(Row::read)
    }

    pub(crate) fn members(&self, row: Row) -> impl Iterator<Item = Member> {
        let (members, _) = self.section(Section::Members).as_chunks::<4>();
        let start = row.start as usize;
        let members = members.get(start..start.saturating_add(row.count as usize));
        members
            .unwrap_or_default()
            .iter()
            .map(|&member| Member::read(member))
    }
}

impl fmt::Debug for Artefact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Artefact")
            .field("digest", &self.digest)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

/// An entry that covers a name, or is it.
#[derive(Clone, Copy)]
pub(crate) struct Hit {
    /// Where in the name the entry starts; zero when the entry is the name itself.
    pub(crate) start: usize,
    pub(crate) slot: u32,
    pub(crate) set: u32,
    pub(crate) row: Row,
}

/// How a name stands to the entry that labels it; the upper two bits of a `LabelSet`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    At,
    Below,
    Crossing,
    /// The number is that of a list, of which an entry was added.
    Amended,
}

impl Way {
    const SHIFT: u32 = 30;

    pub(crate) const fn join(self, set: u32) -> LabelSet {
        LabelSet(set | (self as u32) << Self::SHIFT)
    }

    /// The number of a list in the place of a set.
    pub(crate) const fn amended(list: u16) -> LabelSet {
        Self::Amended.join(list as u32)
    }

    const fn split(set: LabelSet) -> (u32, Self) {
        let way = match set.0 >> Self::SHIFT {
            0 => Self::At,
            1 => Self::Below,
            2 => Self::Crossing,
            _ => Self::Amended,
        };
        (set.0 & ((1 << Self::SHIFT) - 1), way)
    }

    /// Whether a member labels a name that stands this way.
    pub(crate) const fn takes(self, member: Member) -> bool {
        match self {
            Self::At => member.has(Coverage::NAME) && !member.has(Member::LIFTED),
            Self::Below => member.has(Coverage::BELOW) && !member.has(Member::LIFTED),
            Self::Crossing => member.has(Coverage::CROSSES),
            Self::Amended => false,
        }
    }
}

/// Suffixes that are asked for before the first is looked at; few names have more labels.
const WINDOW: usize = 8;
