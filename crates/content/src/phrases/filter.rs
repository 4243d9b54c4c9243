/// Says of four bytes whether a text may begin so: never wrongly no.
///
/// It fits into the first cache of any processor, so that a place where nothing begins costs one
/// multiplication and one load.
#[derive(Debug)]
pub(crate) struct Filter {
    bits: Box<[u64; WORDS]>,
}

impl Filter {
    /// Makes the filter of texts of two bytes at least.
    pub(crate) fn build(texts: &[Vec<u8>]) -> Self {
        let mut filter = Self {
            bits: Box::new([0; WORDS]),
        };
        for text in texts {
            match text[..] {
                [a, b, c, d, ..] => filter.put([a, b, c, d]),
                [a, b, c] => (1..=255).for_each(|d| filter.put([a, b, c, d])),
                [a, b] => (1..=255).for_each(|c| {
                    (1..=255).for_each(|d| filter.put([a, b, c, d]));
                }),
                // Compilation refuses shorter ones.
                [_] | [] => {}
            }
        }
        filter
    }

    fn put(&mut self, four: [u8; 4]) {
        let place = Self::place(four);
        self.bits[place / 64] |= 1 << (place % 64);
    }

    /// Whether a text may begin with these bytes.
    #[inline]
    pub(crate) fn may_begin(&self, four: [u8; 4]) -> bool {
        let place = Self::place(four);
        self.bits[place / 64] >> (place % 64) & 1 == 1
    }

    #[inline]
    fn place(four: [u8; 4]) -> usize {
        // The golden ratio of 2^32: neighbouring values land far from each other.
        (u32::from_le_bytes(four).wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize
    }
}

/// 2^17 bits are 16 KiB.
const BITS: u32 = 17;
const WORDS: usize = 1 << (BITS - 6);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_pass_whatever_follows() {
        let filter = Filter::build(&[b"abc".to_vec(), b"xy".to_vec(), b"longer".to_vec()]);
        assert!(filter.may_begin(*b"abc "));
        assert!(filter.may_begin(*b"xyzz"));
        assert!(filter.may_begin(*b"long"));
        assert!(!filter.may_begin(*b"none"));
    }
}
