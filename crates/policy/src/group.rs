use crate::rule::{Masks, When};
use crate::settings::{GroupKind, Reading};
use crate::who::Selector;
use model::{Access, CategoryId, CategorySet, GroupIndex, Obligations, Schedules, Subject};

/// What others must know of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupFacts {
    /// Its id.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// Who is in it.
    pub kind: GroupKind,
    /// The reading level of what it is shown.
    pub reading: Reading,
    /// The age in years of the youngest, where the files say.
    pub age: Option<u8>,
    /// Whether it is a group of pupils.
    pub pupil: bool,
    /// What the text of a page may score in a theme.
    pub phrase_limit: u32,
    /// The groups that it extends, the nearest first.
    pub extends: Vec<GroupIndex>,
}

/// A group, compiled: its own and inherited keys joined.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) facts: GroupFacts,
    /// Itself, and then those it extends.
    pub(crate) lineage: Vec<GroupIndex>,
    /// The words that hold always and for all; every category against a site has one.
    pub(crate) plain: Masks,
    /// The categories whose word hangs on a condition.
    pub(crate) cells: Vec<Cell>,
    /// Categories that are locked always and for all.
    pub(crate) locked: CategorySet,
    pub(crate) established: Access,
    pub(crate) unknown: Access,
    pub(crate) literal: Access,
    pub(crate) open: CategorySet,
    pub(crate) walled: bool,
    pub(crate) overrides: bool,
    pub(crate) obligations: Obligations,
}

/// A category whose word hangs on a condition.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) category: CategoryId,
    /// The group's own words first, then those of the groups it extends.
    pub(crate) levels: Vec<Level>,
    /// The word of the vocabulary, where no level gives one.
    pub(crate) otherwise: Access,
}

/// The words that one file gives one category.
#[derive(Clone, Debug, Default)]
pub(crate) struct Level {
    pub(crate) items: Vec<Item>,
    /// The word that holds when no condition does.
    pub(crate) fallback: Option<Access>,
}

/// A word on conditions.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) access: Access,
    pub(crate) when: When,
    pub(crate) named: Vec<Selector>,
    pub(crate) lock: bool,
}

impl Item {
    fn holds(&self, subject: &Subject, lineage: &[GroupIndex], schedules: &Schedules) -> bool {
        self.when.holds(schedules) && self.means(subject, lineage)
    }

    /// Whether the subject is meant, whatever the time.
    pub(crate) fn means(&self, subject: &Subject, lineage: &[GroupIndex]) -> bool {
        self.named.is_empty() || self.named.iter().any(|named| named.means(subject, lineage))
    }
}

impl Level {
    /// The item that holds: one that names people beats one that does not, then the strictest.
    fn holding(
        &self,
        subject: &Subject,
        lineage: &[GroupIndex],
        schedules: &Schedules,
    ) -> Option<&Item> {
        self.items
            .iter()
            .filter(|item| item.holds(subject, lineage, schedules))
            .max_by_key(|item| (!item.named.is_empty(), item.access))
    }

    /// The mildest word that opens on a condition.
    fn mildest_opening(&self) -> Option<Access> {
        self.items
            .iter()
            .map(|item| item.access)
            .filter(|access| opens(*access))
            .min()
    }
}

impl Cell {
    /// The word for a subject at a moment.
    pub(crate) fn word(
        &self,
        subject: &Subject,
        lineage: &[GroupIndex],
        schedules: &Schedules,
    ) -> Access {
        given(&self.levels, subject, lineage, schedules).unwrap_or(self.otherwise)
    }

    /// Whether an item with a lock holds, of any level: a child never loosens its parent's.
    pub(crate) fn locks(
        &self,
        subject: &Subject,
        lineage: &[GroupIndex],
        schedules: &Schedules,
    ) -> bool {
        self.levels.iter().any(|level| {
            level
                .holding(subject, lineage, schedules)
                .is_some_and(|item| item.lock)
        })
    }

    /// All items of all levels.
    pub(crate) fn items(&self) -> impl Iterator<Item = &Item> {
        self.levels.iter().flat_map(|level| &level.items)
    }
}

/// The word that the levels give, if they give one.
fn given(
    levels: &[Level],
    subject: &Subject,
    lineage: &[GroupIndex],
    schedules: &Schedules,
) -> Option<Access> {
    let (level, above) = levels.split_first()?;
    if let Some(item) = level.holding(subject, lineage, schedules) {
        return Some(item.access);
    }
    if level.fallback.is_some() {
        return level.fallback;
    }
    let inherited = given(above, subject, lineage, schedules);
    match level.mildest_opening() {
        // "Open at break" says that it is closed outside, unless the parent has a word between.
        Some(word) => Some(
            inherited
                .filter(|held| *held > word)
                .unwrap_or(Access::Block),
        ),
        None => inherited,
    }
}

/// Whether a word lets a query pass, at least after a page.
pub(crate) const fn opens(access: Access) -> bool {
    match access {
        Access::Allow | Access::Monitor | Access::Warn => true,
        Access::Permission | Access::Block => false,
    }
}
