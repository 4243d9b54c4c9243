use model::Digest;
use sha2::{Digest as _, Sha256};

/// Hashes one leaf (RFC 9162, 2.1.1): the zero byte keeps leaves and nodes apart.
pub(crate) fn leaf_hash(body: &[u8]) -> Digest {
    Digest(
        Sha256::new()
            .chain_update([0])
            .chain_update(body)
            .finalize()
            .into(),
    )
}

fn node_hash(left: &Digest, right: &Digest) -> Digest {
    Digest(
        Sha256::new()
            .chain_update([1])
            .chain_update(left.0)
            .chain_update(right.0)
            .finalize()
            .into(),
    )
}

/// The complete subtrees of a growing tree, the largest first: all that the next root needs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frontier {
    size: u64,
    peaks: Vec<Digest>,
}

impl Frontier {
    /// Adds one leaf by its hash.
    pub(crate) fn push(&mut self, leaf: Digest) {
        let mut node = leaf;
        let mut size = self.size;
        while size & 1 == 1 {
            // INVARIANT: each set bit of the size has its peak.
            let Some(left) = self.peaks.pop() else { break };
            node = node_hash(&left, &node);
            size >>= 1;
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// How many leaves the tree has.
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree; of an empty one the digest of nothing.
    pub(crate) fn root(&self) -> Digest {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            None => Digest::of(&[]),
            Some(last) => peaks.fold(*last, |right, left| node_hash(left, &right)),
        }
    }
}

/// The root over these leaves.
pub(crate) fn root(leaves: &[Digest]) -> Digest {
    let mut frontier = Frontier::default();
    for leaf in leaves {
        frontier.push(*leaf);
    }
    frontier.root()
}

/// The largest power of two below `size`, which is at least 2.
fn split(size: usize) -> usize {
    1 << (size - 1).ilog2()
}

/// The path that proves the leaf at `index` (RFC 9162, 2.1.3.1); the index lies in the tree.
pub(crate) fn inclusion_path(leaves: &[Digest], index: usize) -> Vec<Digest> {
    let (mut leaves, mut index, mut path) = (leaves, index, Vec::new());
    while leaves.len() > 1 {
        let (left, right) = leaves.split_at(split(leaves.len()));
        if index < left.len() {
            path.push(root(right));
            leaves = left;
        } else {
            path.push(root(left));
            index -= left.len();
            leaves = right;
        }
    }
    path.reverse();
    path
}

/// The path that proves the first `old` leaves unaltered (RFC 9162, 2.1.4.1); `old` is from 1 to
/// the number of leaves.
pub(crate) fn consistency_path(leaves: &[Digest], old: usize) -> Vec<Digest> {
    let (mut leaves, mut old, mut whole, mut path) = (leaves, old, true, Vec::new());
    while old < leaves.len() {
        let (left, right) = leaves.split_at(split(leaves.len()));
        if old <= left.len() {
            path.push(root(right));
            leaves = left;
        } else {
            path.push(root(left));
            old -= left.len();
            leaves = right;
            whole = false;
        }
    }
    if !whole {
        path.push(root(leaves));
    }
    path.reverse();
    path
}

/// Whether the path proves that the leaf stands at `index` of the tree (RFC 9162, 2.1.3.2).
pub(crate) fn includes(leaf: Digest, index: u64, size: u64, path: &[Digest], root: Digest) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut node) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            node = node_hash(sibling, &node);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            node = node_hash(&node, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && node == root
}

/// Whether the path proves that the newer tree begins with the older one (RFC 9162, 2.1.4.2).
pub(crate) fn extends(old: (u64, Digest), new: (u64, Digest), path: &[Digest]) -> bool {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size == new_size {
        return path.is_empty() && old_root == new_root;
    }
    if old_size == 0 || old_size > new_size {
        return false;
    }
    let (mut at, mut last) = (old_size - 1, new_size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    // A complete subtree is its own root, so the path leaves it out.
    let mut path = path.iter();
    let first = if old_size.is_power_of_two() {
        Some(&old_root)
    } else {
        path.next()
    };
    let Some(first) = first else { return false };
    let (mut older, mut newer) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            older = node_hash(sibling, &older);
            newer = node_hash(sibling, &newer);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            newer = node_hash(&newer, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && older == old_root && newer == new_root
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // The eight leaves and roots that the Certificate Transparency logs test themselves with.
    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn leaves(count: usize) -> Vec<Digest> {
        (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let leaves: Vec<_> = LEAVES.iter().map(|leaf| leaf_hash(leaf)).collect();
        for (size, root_text) in (1..).zip(ROOTS) {
            assert_eq!(root(&leaves[..size]).to_string(), root_text);
        }
    }

    #[test]
    fn an_empty_tree_has_the_digest_of_nothing() {
        assert_eq!(root(&[]), Digest::of(b""));
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proved_and_no_other() {
        for size in 1..40_usize {
            let leaves = leaves(size);
            let root = root(&leaves);
            for (index, leaf) in leaves.iter().enumerate() {
                let path = inclusion_path(&leaves, index);
                assert!(includes(*leaf, index as u64, size as u64, &path, root));
                assert!(!includes(
                    leaf_hash(b"other"),
                    index as u64,
                    size as u64,
                    &path,
                    root
                ));
                let next = (index + 1) % size;
                assert!(size == 1 || !includes(*leaf, next as u64, size as u64, &path, root));
            }
        }
    }

    #[test]
    fn every_small_tree_extends_its_beginnings() {
        for size in 1..40_usize {
            let leaves = leaves(size);
            let new = (size as u64, root(&leaves));
            for old in 1..=size {
                let path = consistency_path(&leaves, old);
                assert!(extends((old as u64, root(&leaves[..old])), new, &path));
                assert!(!extends((old as u64, leaf_hash(b"other")), new, &path));
            }
        }
    }

    proptest! {
        #[test]
        fn a_rewritten_leaf_never_passes_as_an_extension(
            size in 2..200_usize, old in 1..200_usize, at in 0..200_usize,
        ) {
            let (old, honest) = (old.min(size), leaves(size));
            let at = at % old;
            let mut forged = honest.clone();
            forged[at] = leaf_hash(b"forged");
            let path = consistency_path(&forged, old);
            let old = (old as u64, root(&honest[..old]));
            prop_assert!(!extends(old, (size as u64, root(&forged)), &path));
        }
    }
}
