use crate::CategorySet;

/// What the lists say of one query.
///
/// Labels against a site and allow-class labels are held in one set; the vocabulary knows which
/// is which, and a policy's masks never let an allow-class label lift a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels {
    /// The categories that the query bears.
    pub categories: CategorySet,
    /// Where they come from, to be asked of the artefact that gave them.
    pub set: LabelSet,
    /// Whether an exception took at least one third-party label away.
    pub excepted: bool,
}

impl Labels {
    /// No label at all: the query is on no list.
    pub const NONE: Self = Self {
        categories: CategorySet::EMPTY,
        set: LabelSet::NONE,
        excepted: false,
    };
}

/// The number of a label set in the artefact that gave it; zero is the empty set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelSet(pub u32);

impl LabelSet {
    /// The empty set.
    pub const NONE: Self = Self(0);
}
