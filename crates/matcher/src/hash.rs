//! The keyed hash of a name, taken label by label from the right.
//!
//! SipHash-1-3 with 128 bits of output (Aumasson and Bernstein): a keyed function for which no
//! way is known to make two inputs collide without the key. One 64-bit lane chooses the bucket,
//! 48 bits of the other tell names in it apart.

/// Both lanes of the hash of one suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Lanes {
    pub(crate) bucket: u64,
    pub(crate) tag: u64,
}

impl Lanes {
    /// The bucket at which the name is at home, by the upper 48 bits of its lane.
    #[inline]
    pub(crate) fn home(self, buckets: u64) -> usize {
        // The upper half of the product is below `buckets`, so it fits wherever that does.
        ((u128::from(self.bucket & !0xffff) * u128::from(buckets)) >> 64) as usize
    }

    /// The 48 bits that a slot holds, in their place there.
    pub(crate) const fn mark(self) -> u64 {
        self.tag & !0xffff
    }
}

/// The suffixes of a name from the shortest to the longest, with their hashes.
///
/// A name that is no canonical host gives some hash; it is never wrong to ask.
pub(crate) struct Walk<'a> {
    name: &'a [u8],
    /// Where the label that was taken in last starts, less its dot; `None` past the first.
    end: Option<usize>,
    /// The dots not yet passed in the 64 bytes from `base` on.
    dots: u64,
    base: usize,
    state: Sip,
}

impl<'a> Walk<'a> {
    #[inline]
    pub(crate) fn new(name: &'a [u8], key: [u64; 2]) -> Self {
        let base = name.len().saturating_sub(64);
        Self {
            name,
            end: Some(name.len()),
            dots: dots(&name[base..]),
            base,
            state: Sip::new(key),
        }
    }

    /// Takes in one more label; gives where the suffix starts.
    #[inline]
    pub(crate) fn step(&mut self) -> Option<usize> {
        let end = self.end?;
        while self.dots == 0 && self.base > 0 {
            let before = self.base;
            self.base = before.saturating_sub(64);
            self.dots = dots(&self.name[self.base..before]);
        }
        let start = match self.dots.checked_ilog2() {
            Some(bit) => {
                self.dots ^= 1 << bit;
                self.base + bit as usize + 1
            }
            None => 0,
        };
        self.state.absorb_label(self.name, start, end);
        self.end = start.checked_sub(1);
        Some(start)
    }

    /// The hash of all labels taken in so far.
    #[inline]
    pub(crate) fn lanes(&self) -> Lanes {
        self.state.finish()
    }
}

/// The hash of a whole name.
pub(crate) fn lanes_of(name: &[u8], key: [u64; 2]) -> Lanes {
    let mut walk = Walk::new(name, key);
    while walk.step().is_some() {}
    walk.lanes()
}

/// The hashes of beginnings of one text, asked for from the shortest to the longest.
///
/// The text is ASCII, so the last word, whose upper byte is not, parts texts of all lengths.
pub(crate) struct Beginnings<'a> {
    text: &'a [u8],
    taken: usize,
    state: Sip,
}

impl<'a> Beginnings<'a> {
    pub(crate) fn new(text: &'a [u8], key: [u64; 2]) -> Self {
        let mut state = Sip::new(key);
        // No label begins so: what is hashed here has nothing to do with names.
        state.absorb(u64::MAX);
        Self {
            text,
            taken: 0,
            state,
        }
    }

    /// The hash of the first `length` bytes; of all where there are fewer.
    #[inline]
    pub(crate) fn hash(&mut self, length: usize) -> u64 {
        let length = length.min(self.text.len());
        while length >= self.taken + 8 {
            self.state
                .absorb(word(&self.text[self.taken..self.taken + 8]));
            self.taken += 8;
        }
        let rest = length.saturating_sub(self.taken);
        let mut state = self.state;
        state.absorb(tail(self.text, self.taken, rest) | (0x80 | rest as u64) << 56);
        state.finish().bucket
    }
}

#[derive(Clone, Copy)]
struct Sip {
    v0: u64,
    v1: u64,
    v2: u64,
    v3: u64,
}

impl Sip {
    const fn new([k0, k1]: [u64; 2]) -> Self {
        Self {
            v0: k0 ^ 0x736f_6d65_7073_6575,
            // 0xee tells the 128-bit form from the 64-bit one.
            v1: k1 ^ 0x646f_7261_6e64_6f6d ^ 0xee,
            v2: k0 ^ 0x6c79_6765_6e65_7261,
            v3: k1 ^ 0x7465_6462_7974_6573,
        }
    }

    /// Takes in a label as words of eight bytes; the last, with at most seven, bears its length.
    ///
    /// The length byte has its top bit set and no byte of a host has, so no two sequences of
    /// labels give the same words.
    #[inline]
    fn absorb_label(&mut self, name: &[u8], start: usize, end: usize) {
        let mut at = start;
        while end - at >= 8 {
            self.absorb(word(&name[at..at + 8]));
            at += 8;
        }
        let length = 0x80 | ((end - start) as u64 & 0x7f);
        self.absorb(tail(name, at, end - at) | length << 56);
    }

    #[inline]
    fn absorb(&mut self, word: u64) {
        self.v3 ^= word;
        self.round();
        self.v0 ^= word;
    }

    #[inline]
    fn finish(mut self) -> Lanes {
        self.v2 ^= 0xee;
        self.rounds();
        let bucket = self.v0 ^ self.v1 ^ self.v2 ^ self.v3;
        self.v1 ^= 0xdd;
        self.rounds();
        Lanes {
            bucket,
            tag: self.v0 ^ self.v1 ^ self.v2 ^ self.v3,
        }
    }

    #[inline]
    fn rounds(&mut self) {
        self.round();
        self.round();
        self.round();
    }

    #[inline]
    fn round(&mut self) {
        self.v0 = self.v0.wrapping_add(self.v1);
        self.v2 = self.v2.wrapping_add(self.v3);
        self.v1 = self.v1.rotate_left(13) ^ self.v0;
        self.v3 = self.v3.rotate_left(16) ^ self.v2;
        self.v0 = self.v0.rotate_left(32);
        self.v2 = self.v2.wrapping_add(self.v1);
        self.v0 = self.v0.wrapping_add(self.v3);
        self.v1 = self.v1.rotate_left(17) ^ self.v2;
        self.v3 = self.v3.rotate_left(21) ^ self.v0;
        self.v2 = self.v2.rotate_left(32);
    }
}

/// The places of the dots in at most 64 bytes, one bit each.
#[inline]
fn dots(bytes: &[u8]) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let mut found = 0;
    let (words, rest) = bytes.as_chunks::<8>();
    let eight = |word: u64| {
        let differs = word ^ 0x2e2e_2e2e_2e2e_2e2e;
        // The top bit of each byte that is zero, exactly, gathered into one byte.
        let zeros = !(((differs & LOW) + LOW) | differs | LOW);
        (zeros >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
    };
    for (place, chunk) in words.iter().enumerate() {
        found |= eight(u64::from_le_bytes(*chunk)) << (8 * place);
    }
    if !rest.is_empty() {
        let at = bytes.len() - rest.len();
        found |= eight(tail(bytes, at, rest.len())) << at;
    }
    found
}

#[inline]
fn word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

/// The `rest` bytes (at most seven) from `at` on, as the low bytes of a word.
#[inline]
fn tail(name: &[u8], at: usize, rest: usize) -> u64 {
    if rest == 0 {
        return 0;
    }
    if let Some(bytes) = name.get(at..at + 8) {
        return word(bytes) & (u64::MAX >> (64 - 8 * rest));
    }
    let end = at + rest;
    if end >= 8 {
        return word(&name[end - 8..end]) >> (64 - 8 * rest);
    }
    name[at..end]
        .iter()
        .rev()
        .fold(0, |word, &byte| word << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: [u64; 2] = [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908];

    #[test]
    fn the_rounds_are_those_of_siphash() {
        // The reference vector of SipHash-2-4 for the empty input and the key 00..0f: the same
        // rounds with two a word and four at the end, in the 64-bit form.
        let mut sip = Sip::new(KEY);
        sip.v1 ^= 0xee;
        sip.v3 ^= 0;
        sip.round();
        sip.round();
        sip.v2 ^= 0xff;
        sip.rounds();
        sip.round();
        assert_eq!(sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3, 0x726f_db47_dd0e_0e31);
    }

    #[test]
    fn a_suffix_hashes_alike_wherever_it_stands() {
        let mut walk = Walk::new(b"a-rather-long-label.example.test", KEY);
        assert_eq!(walk.step(), Some(28));
        assert_eq!(walk.lanes(), lanes_of(b"test", KEY));
        assert_eq!(walk.step(), Some(20));
        assert_eq!(walk.lanes(), lanes_of(b"example.test", KEY));
        assert_eq!(walk.step(), Some(0));
        assert_eq!(walk.step(), None);
    }

    #[test]
    fn where_labels_end_changes_the_hash() {
        assert_ne!(lanes_of(b"a.bc", KEY), lanes_of(b"ab.c", KEY));
        assert_ne!(lanes_of(b"a.bc", KEY), lanes_of(b"abc", KEY));
    }

    #[test]
    fn a_beginning_hashes_alike_whatever_follows() {
        let (one, two) = (
            b"/a/rather/long/path?and=query",
            b"/a/rather/long/path/and/more",
        );
        let (mut one, mut two) = (Beginnings::new(one, KEY), Beginnings::new(two, KEY));
        for length in 0..=19 {
            assert_eq!(one.hash(length), two.hash(length), "{length}");
        }
        assert_ne!(one.hash(20), two.hash(20));
        assert_ne!(
            Beginnings::new(b"/a", KEY).hash(2),
            lanes_of(b"/a", KEY).bucket
        );
    }

    proptest! {
        #[test]
        fn every_label_is_taken_in_wherever_it_stands(name in "[a-c.]{0,200}") {
            let mut walk = Walk::new(name.as_bytes(), KEY);
            let mut starts = Vec::new();
            while let Some(start) = walk.step() {
                starts.push(start);
            }
            let mut plain: Vec<usize> = name.match_indices('.').map(|(at, _)| at + 1).collect();
            plain.insert(0, 0);
            plain.reverse();
            prop_assert_eq!(starts, plain);
        }

        #[test]
        fn a_tail_is_its_bytes(name in proptest::collection::vec(any::<u8>(), 0..40), at in 0usize..40, rest in 0usize..8) {
            prop_assume!(at + rest <= name.len());
            let mut plain = [0; 8];
            plain[..rest].copy_from_slice(&name[at..at + rest]);
            prop_assert_eq!(tail(&name, at, rest), u64::from_le_bytes(plain));
        }
    }
}
