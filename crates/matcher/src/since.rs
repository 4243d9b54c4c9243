//! What lists gained and lost from one artefact to the next.

use crate::Artefact;
use crate::layout::{SLOTS, Section};
use crate::list::is_floor;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// How many names a list gained and lost.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListChange {
    /// The id of the list.
    pub list: String,
    /// Names that it did not hold before. For a list of the floor, whose names are not kept, by
    /// how many entries it grew.
    pub new: usize,
    /// Names that it holds no more; for a list of the floor, by how many entries it shrank.
    pub lost: usize,
}

impl Artefact {
    /// What each list gained and lost since another artefact, lists without a change left out.
    ///
    /// For people: it reads the names that look-up does not. Names are compared by 48 bits of
    /// hash, so that one in some millions of changes may be missed.
    pub fn changes_since(&self, before: &Self) -> Vec<ListChange> {
        let ids: BTreeMap<&str, u64> = self
            .lists
            .iter()
            .chain(before.lists.iter())
            .map(|list| (list.id.as_str(), 0))
            .collect();
        let ids: BTreeMap<&str, u64> = ids.into_keys().zip(0u64..).collect();
        let (now, then) = (self.marks(&ids), before.marks(&ids));
        let mut changes: Vec<ListChange> = ids
            .keys()
            .map(|&list| ListChange {
                list: list.to_owned(),
                new: 0,
                lost: 0,
            })
            .collect();
        let (mut one, mut two) = (now.iter().peekable(), then.iter().peekable());
        loop {
            let (mark, is_new) = match (one.peek(), two.peek()) {
                (Some(now), Some(then)) if now == then => {
                    one.next();
                    two.next();
                    continue;
                }
                (Some(&&now), then) if then.is_none_or(|&&then| now < then) => {
                    one.next();
                    (now, true)
                }
                (_, Some(&&then)) => {
                    two.next();
                    (then, false)
                }
                (_, None) => break,
            };
            if let Some(change) = changes.get_mut((mark >> 48) as usize) {
                *if is_new {
                    &mut change.new
                } else {
                    &mut change.lost
                } += 1;
            }
        }
        for change in &mut changes {
            let (now, then) = (self.withheld(&change.list), before.withheld(&change.list));
            change.new += now.saturating_sub(then);
            change.lost += then.saturating_sub(now);
        }
        changes.retain(|change| change.new + change.lost > 0);
        changes
    }

    /// Each name of each list that is no list of the floor: the list in the upper 16 bits, then
    /// the hash of the name; sorted.
    fn marks(&self, ids: &BTreeMap<&str, u64>) -> Vec<u64> {
        let places: Vec<Option<u64>> = self
            .lists
            .iter()
            .map(|list| {
                let floor = list.categories.iter().any(is_floor);
                ids.get(list.id.as_str()).copied().filter(|_| !floor)
            })
            .collect();
        let slots = self.section(Section::Buckets).len() / 64 * SLOTS;
        let mut marks = Vec::with_capacity(self.names);
        for slot in 0..slots {
            // A slot number fits, as the file was checked to have no more.
            let Some((name, row)) = self.named_slot(slot as u32) else {
                continue;
            };
            let mut hasher = DefaultHasher::new();
            name.hash(&mut hasher);
            let hash = hasher.finish() >> 16;
            let mut last = None;
            for member in self.members(row) {
                let place = places.get(usize::from(member.list)).copied().flatten();
                if let Some(place) = place.filter(|place| last != Some(*place)) {
                    marks.push(place << 48 | hash);
                    last = Some(place);
                }
            }
        }
        marks.sort_unstable();
        marks.dedup();
        marks
    }

    /// How many entries a list of the floor has; none for any other.
    fn withheld(&self, id: &str) -> usize {
        let list = self.lists.iter().find(|list| list.id == id);
        let floor = list.filter(|list| list.categories.iter().any(is_floor));
        floor.map_or(0, |list| {
            usize::try_from(list.entries).unwrap_or(usize::MAX)
        })
    }
}
