use model::{CategoryClass, CategoryId, CategorySet, Digest, Vocabulary};
use sha2::{Digest as _, Sha256};

/// What an entry covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coverage {
    /// The name alone.
    Name,
    /// The name and all names below it.
    NameAndBelow,
    /// The names below it, not the name itself.
    Below,
    /// The name and all names below it, beyond public suffixes too.
    NameAndBeyond,
}

impl Coverage {
    pub(crate) const NAME: u8 = 1;
    pub(crate) const BELOW: u8 = 2;
    pub(crate) const CROSSES: u8 = 4;

    pub(crate) const fn bits(self) -> u8 {
        match self {
            Self::Name => Self::NAME,
            Self::NameAndBelow => Self::NAME | Self::BELOW,
            Self::Below => Self::BELOW,
            Self::NameAndBeyond => Self::NAME | Self::BELOW | Self::CROSSES,
        }
    }

    /// An entry as the starter lists write it: `name`, `=name` or `*.name`.
    pub(crate) fn write(bits: u8, name: &str) -> String {
        match (bits & Self::NAME != 0, bits & Self::BELOW != 0) {
            (true, false) => format!("={name}"),
            (false, true) => format!("*.{name}"),
            (true, true) | (false, false) => name.to_owned(),
        }
    }
}

/// A list in the hands of one compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListId(pub(crate) u16);

/// What an artefact knows of a list that went into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListMeta {
    /// Stable id, as sources and verdicts name it.
    pub id: String,
    /// The categories that its entries bear.
    pub categories: CategorySet,
    /// Whether others wrote it: exceptions lift its labels, and the guard refuses its entries.
    pub third_party: bool,
    /// Whether its entries also cover names beyond a public suffix below them.
    pub crosses_suffix: bool,
    /// Whether its names are long-standing sites: its label falls where one against the site
    /// stands.
    pub established: bool,
    /// Whether its addresses also speak of the names that lead to them.
    ///
    /// Not where an address stands for itself alone: many sites share one.
    pub answers: bool,
    /// The digest of its text.
    pub digest: Digest,
    /// How many of its entries are in force; counted by the compiler.
    pub entries: u64,
}

impl ListMeta {
    /// A list of our own that stops at public suffixes.
    pub fn new(id: impl Into<String>, categories: impl IntoIterator<Item = CategoryId>) -> Self {
        Self {
            id: id.into(),
            categories: categories.into_iter().collect(),
            third_party: false,
            crosses_suffix: false,
            established: false,
            answers: false,
            digest: Digest::of(&[]),
            entries: 0,
        }
    }

    /// The same list as one that others wrote.
    #[must_use]
    pub fn third_party(mut self) -> Self {
        self.third_party = true;
        self
    }

    /// The same list, covering names beyond public suffixes too.
    #[must_use]
    pub fn crossing_suffixes(mut self) -> Self {
        self.crosses_suffix = true;
        self
    }

    /// The same list as one of long-standing sites.
    #[must_use]
    pub fn of_established(mut self) -> Self {
        self.established = true;
        self
    }

    /// The same list, its addresses speaking of the names that lead to them too.
    #[must_use]
    pub fn of_answers(mut self) -> Self {
        self.answers = true;
        self
    }

    /// The same list with the digest of its text.
    #[must_use]
    pub fn with_digest(mut self, digest: Digest) -> Self {
        self.digest = digest;
        self
    }
}

/// The digest of what an artefact takes from a vocabulary: ids and classes by place.
///
/// Labels hold places; they may be read with a vocabulary of this digest alone.
pub fn vocabulary_digest(vocabulary: &Vocabulary) -> Digest {
    let mut sum = Sha256::new();
    for (_, category) in vocabulary.iter() {
        sum.update([match category.class {
            CategoryClass::Floor => 0u8,
            CategoryClass::Against => 1,
            CategoryClass::Allow => 2,
        }]);
        sum.update((category.id.len() as u64).to_le_bytes());
        sum.update(category.id.as_bytes());
    }
    Digest(sum.finalize().into())
}

/// The floor stands first in every vocabulary.
pub(crate) const FLOOR_BITS: u128 = (1 << model::FLOOR.len()) - 1;

pub(crate) const fn is_floor(category: CategoryId) -> bool {
    category.place() < model::FLOOR.len()
}
