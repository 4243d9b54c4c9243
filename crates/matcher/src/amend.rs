//! What lists gained and lost since an artefact was compiled.

use crate::artefact::{Artefact, Hit, Way};
use crate::layout::Member;
use crate::list::is_floor;
use crate::suffix::crosses;
use crate::{Coverage, ListMeta};
use model::{CategoryId, CategorySet, Digest, LabelSet, Labels, Name};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One change to one list.
#[derive(Clone, Copy)]
pub enum Amendment<'a> {
    /// A name that the list did not hold.
    Add {
        /// The id of the list.
        list: &'a str,
        /// The name.
        name: Name<'a>,
        /// What the entry covers.
        coverage: Coverage,
    },
    /// An entry that the list holds no more.
    Remove {
        /// The id of the list.
        list: &'a str,
        /// The name of the entry.
        name: Name<'a>,
    },
}

/// A change that cannot be made without compiling the lists.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmendError {
    /// No such list went into the artefact.
    #[error("there is no list `{list}` among the compiled ones; compile the lists")]
    List {
        /// The id.
        list: String,
    },
    /// Nothing is taken from a list of the floor.
    #[error("nothing can be taken from `{list}`, a list of illegal content; ask its provider")]
    Floor {
        /// The id.
        list: String,
    },
    /// What opens must be compiled, where exceptions and the guard are held against it.
    #[error("`{list}` opens sites, so it cannot be added to in passing; compile the lists")]
    Opens {
        /// The id.
        list: String,
    },
    /// More than a few changes.
    #[error("more than {most} changes since the lists were compiled; compile the lists", most = MOST_AMENDMENTS)]
    Many,
}

/// All changes since an artefact was compiled, by name.
#[derive(Clone, Default)]
pub(crate) struct Amended {
    names: BTreeMap<Box<str>, Vec<Change>>,
    count: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    list: u16,
    /// What an added entry covers; zero for one that was removed.
    coverage: u8,
}

impl Artefact {
    /// The same artefact with changes to its lists, live as soon as it is swapped in.
    ///
    /// Nothing is compiled: the bytes are shared, the changes lie beside them in memory and are
    /// gone when the lists are compiled anew. Exceptions hold against what is added. Whoever adds
    /// to a list of others holds the guard against it first, as for a new version of the list.
    ///
    /// # Errors
    ///
    /// When a change cannot be made so; none of them was made.
    pub fn amend<'a>(
        &self,
        amendments: impl IntoIterator<Item = Amendment<'a>>,
    ) -> Result<Self, AmendError> {
        let mut amended = self.amended.as_deref().cloned().unwrap_or_default();
        for amendment in amendments {
            let (list, name, coverage) = match amendment {
                Amendment::Add {
                    list,
                    name,
                    coverage,
                } => (list, name, Some(coverage)),
                Amendment::Remove { list, name } => (list, name, None),
            };
            let (place, meta) = self.list_of(list)?;
            let owned = || list.to_owned();
            if coverage.is_none() && meta.categories.iter().any(is_floor) {
                return Err(AmendError::Floor { list: owned() });
            }
            if coverage.is_some() && self.opens(meta) {
                return Err(AmendError::Opens { list: owned() });
            }
            let mut bits = coverage.map_or(0, Coverage::bits);
            if meta.crosses_suffix && bits & Coverage::BELOW != 0 {
                bits |= Coverage::CROSSES;
            }
            amended.put(name, place, bits);
            if amended.count > MOST_AMENDMENTS {
                return Err(AmendError::Many);
            }
        }
        let mut artefact = self.clone();
        artefact.digest = amended.digest(self.compiled_digest);
        artefact.amended = (amended.count > 0).then(|| Arc::new(amended));
        Ok(artefact)
    }

    /// How many changes were made since the artefact was compiled.
    pub fn amendments(&self) -> usize {
        self.amended.as_ref().map_or(0, |amended| amended.count)
    }

    fn list_of(&self, id: &str) -> Result<(u16, &ListMeta), AmendError> {
        (0u16..)
            .zip(self.lists.iter())
            .find(|(_, meta)| meta.id == id)
            .ok_or_else(|| AmendError::List {
                list: id.to_owned(),
            })
    }

    /// Whether a list gives what opens: long-standing sites, or a class of the exceptions.
    fn opens(&self, meta: &ListMeta) -> bool {
        meta.established || meta.categories.meets(self.allow)
    }

    /// The labels of a name with the changes, and whether an exception covers it; `None` where no
    /// change has to do with it.
    pub(crate) fn label_amended(&self, name: &str) -> Option<(Labels, bool)> {
        let amended = self.amended.as_ref()?;
        if !suffixes(name).any(|start| amended.names.contains_key(&name[start..])) {
            return None;
        }
        let covered = !self.exceptions_of(name).is_empty();
        let mut labels = Labels::NONE;
        let mut first = None;
        for start in suffixes(name) {
            let crossing = crosses(name, start);
            let flag = if start == 0 {
                Coverage::NAME
            } else {
                Coverage::BELOW
            };
            self.entries_at(&name[start..], &mut |member| {
                if !member.has(flag) || crossing && !member.has(Coverage::CROSSES) {
                    return;
                }
                let Some(category) = CategoryId::new(member.category) else {
                    return;
                };
                if covered && member.has(Member::LIFTABLE) {
                    labels.excepted = true;
                } else {
                    labels.categories |= CategorySet::of(category);
                    first.get_or_insert(member.list);
                }
            });
        }
        labels.set = first.map_or(LabelSet::NONE, Way::amended);
        Some((labels, covered))
    }

    /// The members of the entries of exactly this name, less what was removed, and what was added.
    pub(crate) fn entries_at(&self, name: &str, each: &mut dyn FnMut(Member)) {
        let changes = self.amended.as_ref().map(|amended| amended.of(name));
        let changes = changes.unwrap_or_default();
        let changed = |list: u16| changes.iter().any(|change| change.list == list);
        let hit = self.find(name.as_bytes());
        if let Some(Hit { start: 0, slot, .. }) = hit
            && let Some(row) = self.own_row(slot, name)
        {
            for member in self.members(row).filter(|member| !changed(member.list)) {
                each(member);
            }
        }
        for change in changes.iter().filter(|change| change.coverage != 0) {
            let Some(meta) = self.lists.get(usize::from(change.list)) else {
                continue;
            };
            for category in meta.categories.iter() {
                let liftable = meta.third_party && !is_floor(category);
                let liftable = if liftable { Member::LIFTABLE } else { 0 };
                each(Member {
                    list: change.list,
                    category: category.place() as u8,
                    flags: change.coverage | liftable,
                });
            }
        }
    }
}

impl Amended {
    /// A later change of a list to a name stands in place of an earlier one.
    fn put(&mut self, name: Name<'_>, list: u16, coverage: u8) {
        let changes = self.names.entry(name.as_str().into()).or_default();
        match changes.iter_mut().find(|change| change.list == list) {
            Some(change) => change.coverage = coverage,
            None => {
                changes.push(Change { list, coverage });
                changes.sort_unstable();
                self.count += 1;
            }
        }
    }

    fn of(&self, name: &str) -> &[Change] {
        self.names.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Names an amended artefact: the same changes to the same bytes are the same.
    fn digest(&self, compiled: Digest) -> Digest {
        if self.count == 0 {
            return compiled;
        }
        let mut bytes = compiled.0.to_vec();
        for (name, changes) in &self.names {
            bytes.extend_from_slice(&(name.len() as u32).to_le_bytes());
            bytes.extend_from_slice(name.as_bytes());
            for change in changes {
                bytes.extend_from_slice(&change.list.to_le_bytes());
                bytes.push(change.coverage);
            }
            bytes.push(u8::MAX);
        }
        Digest::of(&bytes)
    }
}

/// Where a name and its parents start, the longest first.
fn suffixes(name: &str) -> impl Iterator<Item = usize> {
    std::iter::once(0).chain(name.match_indices('.').map(|(at, _)| at + 1))
}

/// More should be compiled: each look-up asks for them.
const MOST_AMENDMENTS: usize = 10_000;
