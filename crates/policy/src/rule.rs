use crate::who::{GroupSet, Selector};
use model::{
    Access, CategoryId, CategorySet, GroupIndex, Moment, Rung, ScheduleIndex, Schedules, Subject,
};

/// A rule of any rung: what it says of sites, of categories, and of everything.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) reason: Option<String>,
    pub(crate) rung: Rung,
    /// Its words for categories.
    pub(crate) masks: Masks,
    /// Its word for everything else.
    pub(crate) whole: Option<Whole>,
    pub(crate) whom: Whom,
    pub(crate) when: When,
    pub(crate) from: Option<Moment>,
    pub(crate) until: Option<Moment>,
    pub(crate) kind: RuleKind,
}

/// Where a rule comes from, as far as it changes when it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RuleKind {
    /// A sentence of a file, or a pack.
    Written,
    /// A mode of a file; held by its `when`, or by a switch.
    Mode,
    /// The learning sites of a group; held while access is paused.
    Learning,
    /// Web access paused.
    Pause,
    /// A device cut off.
    Isolation,
    /// A part of the overlay that groups may bar.
    Granted,
    /// An unblock for a lesson: as `Granted`, for what waits for permission alone.
    Lesson,
    /// A block in an emergency.
    Emergency,
}

/// A word for everything, save for sites that bear one of these labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Whole {
    pub(crate) access: Access,
    pub(crate) open: CategorySet,
}

/// For whom a rule is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Whom {
    /// The groups that have it from their files; `None` where `named` says it all.
    pub(crate) groups: Option<GroupSet>,
    /// Those named by `for`; with `groups` both must hold.
    pub(crate) named: Vec<Selector>,
    /// Groups that removed it.
    pub(crate) except: GroupSet,
}

impl Whom {
    pub(crate) fn means(&self, subject: &Subject, lineage: &[GroupIndex]) -> bool {
        if self.except.contains(subject.group) {
            return false;
        }
        self.groups
            .as_ref()
            .is_none_or(|groups| groups.contains(subject.group))
            && (self.named.is_empty()
                || self.named.iter().any(|named| named.means(subject, lineage)))
    }
}

/// While which schedule something holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum When {
    #[default]
    Always,
    During(ScheduleIndex),
    Outside(ScheduleIndex),
    /// Only while a switch holds it.
    Switched,
}

impl When {
    /// Reads `always`, the id of a schedule, or `not <id>`; gives back an id that is not known.
    pub(crate) fn parse(
        text: &str,
        find: impl Fn(&str) -> Option<ScheduleIndex>,
    ) -> Result<Self, &str> {
        if text == "always" {
            return Ok(Self::Always);
        }
        match text.strip_prefix("not ").map(str::trim) {
            Some(id) => find(id).map(Self::Outside).ok_or(id),
            None => find(text).map(Self::During).ok_or(text),
        }
    }

    pub(crate) const fn holds(self, schedules: &Schedules) -> bool {
        match self {
            Self::Always => true,
            Self::During(index) => schedules.running.contains(index),
            Self::Outside(index) => !schedules.running.contains(index),
            Self::Switched => false,
        }
    }

    pub(crate) const fn schedule(self) -> Option<ScheduleIndex> {
        match self {
            Self::Always | Self::Switched => None,
            Self::During(index) | Self::Outside(index) => Some(index),
        }
    }
}

/// A set of categories for each of the five words; no category is in two of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Masks {
    sets: [CategorySet; 5],
    spoken: CategorySet,
}

impl Masks {
    /// Sets the word of categories; one that has a word keeps the stricter.
    pub(crate) fn tighten(&mut self, access: Access, categories: CategorySet) {
        for id in categories.iter() {
            if self.word(id).is_none_or(|held| held < access) {
                self.set(id, access);
            }
        }
    }

    /// Sets the word of a category.
    pub(crate) fn set(&mut self, id: CategoryId, access: Access) {
        for set in &mut self.sets {
            set.remove(id);
        }
        self.sets[access as usize].insert(id);
        self.spoken.insert(id);
    }

    /// The word of a category.
    pub(crate) fn word(&self, id: CategoryId) -> Option<Access> {
        Access::ALL
            .into_iter()
            .find(|access| self.sets[*access as usize].contains(id))
    }

    /// All categories that have a word.
    pub(crate) const fn spoken(&self) -> CategorySet {
        self.spoken
    }

    /// The categories that have this word.
    pub(crate) const fn of(&self, access: Access) -> CategorySet {
        self.sets[access as usize]
    }

    /// The strictest word for some categories, with the first that bears it.
    #[inline]
    pub(crate) fn strictest(&self, categories: CategorySet) -> Option<(Access, CategoryId)> {
        if !self.spoken.meets(categories) {
            return None;
        }
        Access::ALL.into_iter().rev().find_map(|access| {
            let first = (self.sets[access as usize] & categories).first();
            first.map(|id| (access, id))
        })
    }
}
