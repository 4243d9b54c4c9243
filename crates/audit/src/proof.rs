use crate::checkpoint::Checkpoint;
use crate::entry::{EntryIndex, Leaf};
use crate::key::PublicKey;
use crate::tree;
use model::Digest;

/// Proof that an entry stands in the ledger of a head, for somebody who has only the head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProof {
    /// The entry, without its payload.
    pub leaf: Leaf,
    /// The siblings from the leaf to the root.
    pub path: Vec<Digest>,
    /// The head that the path leads to.
    pub head: Checkpoint,
}

impl InclusionProof {
    /// Whether the proof holds under this key.
    pub fn verify(&self, key: &PublicKey) -> bool {
        let leaf = tree::leaf_hash(&self.leaf.encode());
        let (size, root) = (self.head.size(), self.head.root());
        self.head.verify(key) && tree::includes(leaf, self.leaf.index.0, size, &self.path, root)
    }
}

/// Proof that the ledger of a head begins with that of an older one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// How many entries the older ledger had.
    pub old_size: u64,
    /// The nodes from which both roots are made.
    pub path: Vec<Digest>,
    /// The newer head.
    pub head: Checkpoint,
}

impl ConsistencyProof {
    /// Whether the proof holds under this key, from the older head on.
    pub fn verify(&self, old: &Checkpoint, key: &PublicKey) -> bool {
        let (from, to) = (
            (old.size(), old.root()),
            (self.head.size(), self.head.root()),
        );
        let signed = old.verify(key) && self.head.verify(key);
        signed && old.size() == self.old_size && tree::extends(from, to, &self.path)
    }
}

/// Nothing can be proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError {
    /// The entry lies past the last.
    #[error("there is no entry {entry}; the ledger has {size}, the first of them 0")]
    NoEntry {
        /// The entry that was asked for.
        entry: EntryIndex,
        /// How many there are.
        size: u64,
    },
    /// The older size lies past the present one, or is zero.
    #[error("the ledger never had {size} entries; ask for a size from 1 to {entries}")]
    NoSize {
        /// The size that was asked for.
        size: u64,
        /// How many entries there are.
        entries: u64,
    },
    /// Entries or head cannot be read.
    #[error("the ledger is broken, so nothing is proved; run `schoolgate audit verify`")]
    Unreadable,
}
