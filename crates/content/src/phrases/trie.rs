/// Texts by their bytes, for all that begin at one place.
///
/// A double array: the child of a node by a byte lies at `base ^ byte`, and belongs to it if its
/// `parent` says so. A step is one load of twelve bytes; there are no links back, because a walk
/// begins at each place anew and a [`Filter`](super::filter::Filter) turns most places away.
#[derive(Debug, Default)]
pub(crate) struct Trie {
    nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    base: u32,
    /// The parent's place and one; 0 where the slot is free.
    parent: u32,
    /// What ends here and one; 0 where nothing does.
    end: u32,
}

impl Trie {
    /// Makes the trie of texts in order, each once; a text's number is its place.
    ///
    /// No text may be empty.
    pub(crate) fn build(texts: &[Vec<u8>]) -> Self {
        let mut builder = Builder {
            nodes: vec![Node::default(); 256],
            free_from: 1,
        };
        // The root belongs to nobody, and its slot is taken.
        builder.nodes[0].parent = u32::MAX;
        let mut waiting = vec![(0usize, 0usize, texts.len(), 0usize)];
        while let Some((node, from, to, depth)) = waiting.pop() {
            let mut from = from;
            if from < to && texts[from].len() == depth {
                builder.nodes[node].end = from as u32 + 1;
                from += 1;
            }
            let mut children = Vec::new();
            while from < to {
                let byte = texts[from][depth];
                let more = texts[from..to].partition_point(|text| text[depth] == byte);
                children.push((byte, from, from + more));
                from += more;
            }
            if children.is_empty() {
                continue;
            }
            let bytes: Vec<u8> = children.iter().map(|(byte, ..)| *byte).collect();
            let base = builder.place(&bytes);
            builder.nodes[node].base = base as u32;
            for (byte, from, to) in children {
                let child = base ^ usize::from(byte);
                builder.nodes[child].parent = node as u32 + 1;
                waiting.push((child, from, to, depth + 1));
            }
        }
        Self {
            nodes: builder.nodes,
        }
    }

    /// Calls `found` with the number and length of each text with which `at` begins.
    #[inline]
    pub(crate) fn walk(&self, at: &[u8], mut found: impl FnMut(u32, usize)) {
        let mut node = 0usize;
        let Some(root) = self.nodes.first() else {
            return;
        };
        let mut base = root.base;
        for (byte, length) in at.iter().zip(1..) {
            let child = base as usize ^ usize::from(*byte);
            let Some(next) = self.nodes.get(child) else {
                return;
            };
            if next.parent != node as u32 + 1 {
                return;
            }
            if next.end > 0 {
                found(next.end - 1, length);
            }
            node = child;
            base = next.base;
        }
    }

    /// How many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        self.nodes.len() * size_of::<Node>()
    }
}

struct Builder {
    nodes: Vec<Node>,
    /// No slot before it is free.
    free_from: usize,
}

impl Builder {
    /// A base at which all these bytes have free slots.
    fn place(&mut self, bytes: &[u8]) -> usize {
        while self
            .nodes
            .get(self.free_from)
            .is_some_and(|node| node.parent > 0)
        {
            self.free_from += 1;
        }
        let mut slot = self.free_from;
        for _ in 0..TRIES {
            let base = slot ^ usize::from(bytes[0]);
            let fits = base > 0
                && bytes.iter().all(|byte| {
                    self.nodes
                        .get(base ^ usize::from(*byte))
                        .is_none_or(|node| node.parent == 0)
                });
            if fits {
                return self.with_room(base);
            }
            slot += 1;
            while self.nodes.get(slot).is_some_and(|node| node.parent > 0) {
                slot += 1;
            }
        }
        let end = self.nodes.len();
        self.with_room(end)
    }

    fn with_room(&mut self, base: usize) -> usize {
        let wanted = (base | 0xff) + 1;
        if self.nodes.len() < wanted {
            self.nodes.resize(wanted, Node::default());
        }
        base
    }
}

/// How many places are tried before the array grows.
const TRIES: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_set, vec};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_walk_finds_what_a_comparison_finds(
            texts in btree_set(vec(97u8..102, 1..6), 0..60),
            at in vec(97u8..102, 0..12),
        ) {
            let texts: Vec<Vec<u8>> = texts.into_iter().collect();
            let trie = Trie::build(&texts);
            let mut found = Vec::new();
            trie.walk(&at, |text, length| found.push((text as usize, length)));
            let mut wanted: Vec<(usize, usize)> = (0..)
                .zip(&texts)
                .filter(|(_, text)| at.starts_with(text))
                .map(|(number, text)| (number, text.len()))
                .collect();
            wanted.sort_by_key(|(_, length)| *length);
            prop_assert_eq!(found, wanted);
        }
    }

    #[test]
    fn bytes_of_every_value_are_told_apart() {
        let texts: Vec<Vec<u8>> = (1..=255u8).map(|byte| vec![byte, 255 - byte, 7]).collect();
        let trie = Trie::build(&texts);
        for (number, text) in (0..).zip(&texts) {
            let mut found = Vec::new();
            trie.walk(text, |which, length| found.push((which, length)));
            assert_eq!(found, [(number, 3)]);
        }
    }
}
