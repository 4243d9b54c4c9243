use crate::rule::{Masks, Whole};
use model::{Access, CategorySet, Moment, Obligations, Rung, ViewId};
use std::sync::Arc;

/// All that decides for some subjects at some moments: complete masks and obligations.
///
/// Made by [`Policy::view`](crate::Policy::view), asked by [`Policy::decide`](crate::Policy::decide).
#[derive(Clone, Debug)]
pub struct View {
    pub(crate) id: ViewId,
    pub(crate) body: Arc<Body>,
    pub(crate) valid_until: Option<Moment>,
}

impl View {
    /// The identity of what it says; views that say the same share it.
    pub const fn id(&self) -> ViewId {
        self.id
    }

    /// What every query of the view must undergo.
    pub fn obligations(&self) -> Obligations {
        self.body.obligations
    }

    /// Whether something beyond the floor is closed.
    pub fn filtered(&self) -> bool {
        self.body.filtered
    }

    /// The next moment at which the clock alone could change what it says; `None` for never.
    pub const fn valid_until(&self) -> Option<Moment> {
        self.valid_until
    }
}

/// What a view says, without its name and its end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Body {
    /// No network access at all.
    pub(crate) shut: bool,
    /// The internet alone, never the school's own networks.
    pub(crate) outward: bool,
    /// The rules that hold, one bit each.
    pub(crate) active: Box<[u64]>,
    pub(crate) paused: Option<Standing>,
    pub(crate) modes: Box<[Standing]>,
    /// Words for categories of the rungs above the category rung.
    pub(crate) layers: Box<[Layer]>,
    /// The rungs of rules on which something of the above may speak, one bit each.
    pub(crate) live: u8,
    /// The words of the category rung.
    pub(crate) words: Masks,
    pub(crate) walled: bool,
    pub(crate) open: CategorySet,
    pub(crate) established: Access,
    pub(crate) unknown: Access,
    pub(crate) literal: Access,
    pub(crate) obligations: Obligations,
    pub(crate) filtered: bool,
}

/// A rule that speaks for everything, or for categories, on a rung of its own kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Standing {
    pub(crate) rule: u16,
    pub(crate) whole: Option<Whole>,
    pub(crate) masks: Masks,
}

/// The words that one rung has for categories.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Layer {
    pub(crate) rung: Rung,
    pub(crate) masks: Masks,
    /// The rule behind a category, by place; rungs whose words are no rules have none.
    pub(crate) rules: Box<[(u8, u16)]>,
}

impl Body {
    /// Whether a rule holds.
    pub(crate) fn holds(&self, rule: u16) -> bool {
        self.active
            .get(usize::from(rule) / 64)
            .is_some_and(|word| word & (1 << (rule % 64)) != 0)
    }
}

/// The body of a client that gets nothing.
pub(crate) fn shut() -> Body {
    Body {
        shut: true,
        outward: true,
        active: Box::default(),
        paused: None,
        modes: Box::default(),
        layers: Box::default(),
        live: 0,
        words: Masks::default(),
        walled: true,
        open: CategorySet::EMPTY,
        established: Access::Block,
        unknown: Access::Block,
        literal: Access::Block,
        obligations: Obligations::default(),
        filtered: true,
    }
}
