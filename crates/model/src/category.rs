use std::fmt;
use std::ops::{BitAnd, BitOr, BitOrAssign, Not};

/// The place of a category in the [`Vocabulary`](crate::Vocabulary): 0 to 127.
///
/// The floor stands first, in the order of [`FLOOR`](crate::FLOOR); other places are given by the
/// vocabulary file and hold for one compiled state only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CategoryId(u8);

impl CategoryId {
    /// The most categories that a vocabulary may hold.
    pub const MOST: usize = 128;

    /// Makes an id from a place below [`CategoryId::MOST`].
    pub const fn new(place: u8) -> Option<Self> {
        if (place as usize) < Self::MOST {
            Some(Self(place))
        } else {
            None
        }
    }

    /// The place as a number.
    pub const fn place(self) -> usize {
        self.0 as usize
    }
}

/// A set of categories, one bit each.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CategorySet(u128);

impl CategorySet {
    /// No category.
    pub const EMPTY: Self = Self(0);

    /// Makes a set from its bits, bit n standing for place n.
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// The bits of the set.
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// The set of one category.
    pub const fn of(id: CategoryId) -> Self {
        Self(1 << id.0)
    }

    /// Adds one category.
    pub const fn insert(&mut self, id: CategoryId) {
        self.0 |= 1 << id.0;
    }

    /// Takes one category away.
    pub const fn remove(&mut self, id: CategoryId) {
        self.0 &= !(1 << id.0);
    }

    /// Whether the category is in the set.
    pub const fn contains(self, id: CategoryId) -> bool {
        self.0 & (1 << id.0) != 0
    }

    /// Whether the sets share a category.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether no category is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many categories are in the set.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The category at the lowest place.
    pub const fn first(self) -> Option<CategoryId> {
        if self.0 == 0 {
            None
        } else {
            Some(CategoryId(self.0.trailing_zeros() as u8))
        }
    }

    /// The categories by place, the lowest first.
    pub fn iter(self) -> impl Iterator<Item = CategoryId> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let id = Self(left).first()?;
            left &= left - 1;
            Some(id)
        })
    }
}

impl BitOr for CategorySet {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for CategorySet {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for CategorySet {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Not for CategorySet {
    type Output = Self;
    fn not(self) -> Self {
        Self(!self.0)
    }
}

impl FromIterator<CategoryId> for CategorySet {
    fn from_iter<I: IntoIterator<Item = CategoryId>>(ids: I) -> Self {
        let mut set = Self::EMPTY;
        for id in ids {
            set.insert(id);
        }
        set
    }
}

impl fmt::Debug for CategorySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(CategoryId::place))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_gives_back_its_members_in_order() {
        let ids: Vec<_> = [127, 0, 64]
            .into_iter()
            .filter_map(CategoryId::new)
            .collect();
        let set: CategorySet = ids.iter().copied().collect();
        assert_eq!(
            set.iter().map(CategoryId::place).collect::<Vec<_>>(),
            [0, 64, 127]
        );
        assert!(!set.contains(CategoryId::new(1).unwrap()));
    }

    #[test]
    fn a_place_past_the_last_is_no_category() {
        assert_eq!(CategoryId::new(128), None);
    }
}
