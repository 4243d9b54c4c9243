use super::filter::{Filter, word_at};
use super::trie::Trie;
use std::ops::Range;

/// Where texts may begin in folded text, and the parts of phrases that they are.
#[derive(Debug)]
pub(crate) struct Index {
    /// What begins with a word: looked for behind spaces alone.
    words: Side,
    /// What begins anywhere.
    anywhere: Side,
    /// The longest text.
    pub(crate) longest: usize,
}

#[derive(Debug)]
struct Side {
    filter: Filter,
    trie: Trie,
    /// By the number of a text, where its parts begin in `parts`; one more at the end.
    starts: Vec<u32>,
    parts: Vec<u32>,
}

impl Index {
    /// Makes an index of folded texts, each with the part that it is.
    ///
    /// A text that begins with a word begins with the space before it.
    pub(crate) fn build(texts: Vec<(Vec<u8>, u32)>) -> Self {
        let longest = texts.iter().map(|(text, _)| text.len()).max().unwrap_or(0);
        let (words, anywhere) = texts
            .into_iter()
            .partition(|(text, _)| text.first() == Some(&b' '));
        Self {
            words: Side::build(words),
            anywhere: Side::build(anywhere),
            longest,
        }
    }

    /// Whether anything begins anywhere.
    pub(crate) fn looks_anywhere(&self) -> bool {
        !self.anywhere.parts.is_empty()
    }

    /// Calls `call` with each place of a range at which something may begin, and with those at
    /// which single letters with spaces between begin.
    ///
    /// The places do not wait for each other: which of them matter is found for a block at a time,
    /// without a branch for each.
    #[inline]
    pub(crate) fn places(&self, bytes: &[u8], range: Range<usize>, mut call: impl FnMut(usize)) {
        let anywhere = self.looks_anywhere();
        let mut from = range.start;
        while from < range.end {
            let to = range.end.min(from + BLOCK);
            let mut found = [0; BLOCK];
            let count = if anywhere {
                self.all(bytes, from..to, &mut found)
            } else {
                self.behind_spaces(bytes, from..to, &mut found)
            };
            for offset in &found[..count] {
                call(from + usize::from(*offset));
            }
            from = to;
        }
    }

    /// Finds the places of a block at which words that matter begin.
    #[inline]
    fn behind_spaces(&self, bytes: &[u8], range: Range<usize>, found: &mut [u8; BLOCK]) -> usize {
        let mut spaces = 0;
        for (group, at) in range.clone().step_by(8).enumerate() {
            spaces |= spaces_of(word_at(bytes, at)) << (8 * group);
        }
        let length = range.len();
        if length < BLOCK {
            spaces &= (1 << length) - 1;
        }
        let mut count = 0;
        while spaces > 0 {
            let offset = spaces.trailing_zeros() as usize;
            spaces &= spaces - 1;
            let word = word_at(bytes, range.start + offset + 1);
            found[count % BLOCK] = offset as u8;
            count += usize::from(self.words.filter.may_begin(word) | is_single(word));
        }
        count
    }

    /// Finds the places of a block at which anything that matters begins.
    #[inline]
    fn all(&self, bytes: &[u8], range: Range<usize>, found: &mut [u8; BLOCK]) -> usize {
        let mut count = 0;
        for (offset, at) in range.enumerate() {
            let word = word_at(bytes, at);
            let may_begin = if word as u8 == b' ' {
                let behind = word_at(bytes, at + 1);
                self.words.filter.may_begin(behind) | is_single(behind)
            } else {
                self.anywhere.filter.may_begin(word)
            };
            found[count % BLOCK] = offset as u8;
            count += usize::from(may_begin);
        }
        count
    }

    /// Calls `found` with each part that begins at `at`, and its length.
    ///
    /// A space there is the beginning of a word.
    #[inline]
    pub(crate) fn at(&self, at: &[u8], found: impl FnMut(u32, usize)) {
        match at {
            [b' ', behind @ ..] => self.words.at(at, word_at(behind, 0), found),
            _ => self.anywhere.at(at, word_at(at, 0), found),
        }
    }

    /// How many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        self.words.size() + self.anywhere.size()
    }
}

impl Side {
    fn build(mut texts: Vec<(Vec<u8>, u32)>) -> Self {
        texts.sort_unstable();
        texts.dedup();
        let mut distinct: Vec<Vec<u8>> = Vec::new();
        let (mut starts, mut parts) = (Vec::new(), Vec::new());
        for (text, part) in texts {
            if distinct.last() != Some(&text) {
                starts.push(parts.len() as u32);
                distinct.push(text);
            }
            parts.push(part);
        }
        starts.push(parts.len() as u32);
        // The space says nothing, so the filter looks at what is behind it.
        let behind = distinct
            .iter()
            .map(|text| text.strip_prefix(b" ").unwrap_or(text));
        Self {
            filter: Filter::build(behind),
            trie: Trie::build(&distinct),
            starts,
            parts,
        }
    }

    #[inline]
    fn at(&self, at: &[u8], word: u64, mut found: impl FnMut(u32, usize)) {
        if !self.filter.may_begin(word) {
            return;
        }
        self.trie.walk(at, |text, length| {
            let place = text as usize;
            let parts = self.starts[place] as usize..self.starts[place + 1] as usize;
            for part in &self.parts[parts] {
                found(*part, length);
            }
        });
    }

    fn size(&self) -> usize {
        self.filter.size() + self.trie.size() + (self.starts.len() + self.parts.len()) * 4
    }
}

/// Whether a single letter and the space before the next one begin here.
#[inline]
const fn is_single(word: u64) -> bool {
    word & 0xff00_ff00 == 0x2000_2000
}

/// A bit for each of eight bytes that is a space, the first lowest.
#[inline]
const fn spaces_of(word: u64) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let other = word ^ 0x2020_2020_2020_2020;
    // The highest bit of each byte that is nought in `other`; no carry crosses a byte.
    let high = !(((other & LOW) + LOW) | other | LOW);
    // INVARIANT: each of the eight bits comes to its own place, for 8 and 7 share no factor.
    (high >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// How many places are looked at before what was found is walked.
const BLOCK: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn places_leave_out_none_at_which_something_begins(
            texts in vec("[ ]?[abc]{2,9}", 0..30),
            text in "[abc ]{0,300}",
            from in 0usize..300,
        ) {
            let texts = (0..).zip(texts).map(|(part, text)| (text.into_bytes(), part));
            let index = Index::build(texts.collect());
            let range = from.min(text.len())..text.len();
            let mut places = Vec::new();
            index.places(text.as_bytes(), range.clone(), |at| places.push(at));
            prop_assert!(places.is_sorted());
            for at in range {
                index.at(&text.as_bytes()[at..], |_, _| assert!(places.contains(&at)));
            }
        }

        #[test]
        fn spaces_are_counted_where_they_are(bytes in any::<[u8; 8]>(), spaced in any::<u8>()) {
            let mut bytes = bytes;
            for (place, byte) in bytes.iter_mut().enumerate() {
                if spaced >> place & 1 == 1 {
                    *byte = b' ';
                }
            }
            let wanted = (0..8).filter(|place| bytes[*place] == b' ').map(|place| 1u64 << place);
            prop_assert_eq!(spaces_of(u64::from_le_bytes(bytes)), wanted.sum::<u64>());
        }
    }
}
