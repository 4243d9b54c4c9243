/// Says of eight bytes whether a text may begin so: never wrongly no.
///
/// It looks at all eight where the text has as many, for many texts begin with the same common
/// words. It fits into the first cache of any processor, so that a place where nothing begins costs
/// two multiplications and two loads.
#[derive(Debug)]
pub(crate) struct Filter {
    /// The first four bytes of texts of four to seven.
    short: Bits<FOUR>,
    /// The first eight bytes of longer ones.
    eight: Bits<EIGHT>,
    /// Texts of two and three bytes; few lists have any.
    tiny: Option<Box<Tiny>>,
}

#[derive(Debug, Default)]
struct Tiny {
    two: Bits<FOUR>,
    three: Bits<FOUR>,
}

impl Filter {
    /// Makes the filter of texts of two bytes at least.
    pub(crate) fn build<'t>(texts: impl IntoIterator<Item = &'t [u8]>) -> Self {
        let mut filter = Self {
            short: Bits::default(),
            eight: Bits::default(),
            tiny: None,
        };
        for text in texts {
            let word = word_at(text, 0);
            match text.len() {
                // Compilation refuses shorter ones.
                0 | 1 => {}
                2 => filter
                    .tiny
                    .get_or_insert_default()
                    .two
                    .put(hash::<FOUR>(word & TWO)),
                3 => filter
                    .tiny
                    .get_or_insert_default()
                    .three
                    .put(hash::<FOUR>(word & THREE)),
                4..8 => filter.short.put(hash_of_four(word)),
                _ => filter.eight.put(hash::<EIGHT>(word)),
            }
        }
        filter
    }

    /// Whether a text may begin with these bytes.
    #[inline]
    pub(crate) fn may_begin(&self, word: u64) -> bool {
        let long = self.eight.holds(hash::<EIGHT>(word)) | self.short.holds(hash_of_four(word));
        // One answer for all places, so that the processor foresees it.
        match &self.tiny {
            None => long,
            Some(tiny) => long | tiny.holds(word),
        }
    }

    /// How many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        let tiny = if self.tiny.is_some() { 2 } else { 0 };
        ((1 + tiny) * FOUR + EIGHT) * 8
    }
}

impl Tiny {
    fn holds(&self, word: u64) -> bool {
        self.two.holds(hash::<FOUR>(word & TWO)) | self.three.holds(hash::<FOUR>(word & THREE))
    }
}

/// Bits in so many words.
#[derive(Debug)]
struct Bits<const WORDS: usize>(Box<[u64; WORDS]>);

impl<const WORDS: usize> Default for Bits<WORDS> {
    fn default() -> Self {
        Self(Box::new([0; WORDS]))
    }
}

impl<const WORDS: usize> Bits<WORDS> {
    fn put(&mut self, place: usize) {
        self.0[place / 64 % WORDS] |= 1 << (place % 64);
    }

    #[inline]
    fn holds(&self, place: usize) -> bool {
        self.0[place / 64 % WORDS] >> (place % 64) & 1 == 1
    }
}

/// The eight bytes from a place on, the first lowest; noughts stand behind the end.
#[inline]
pub(crate) fn word_at(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..).and_then(<[u8]>::first_chunk) {
        Some(eight) => u64::from_le_bytes(*eight),
        None => {
            let rest = bytes.get(at..).unwrap_or_default();
            let mut eight = [0; 8];
            eight[..rest.len()].copy_from_slice(rest);
            u64::from_le_bytes(eight)
        }
    }
}

#[inline]
const fn hash_of_four(word: u64) -> usize {
    // The golden ratio of 2^32: neighbouring values land far from each other.
    ((word as u32).wrapping_mul(0x9e37_79b1) >> 16) as usize
}

#[inline]
const fn hash<const WORDS: usize>(word: u64) -> usize {
    let bits = (WORDS * 64).ilog2();
    (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - bits)) as usize
}

/// 2^16 bits are 8 KiB.
const FOUR: usize = 1 << 10;
/// 2^17 bits are 16 KiB.
const EIGHT: usize = 1 << 11;
const TWO: u64 = 0xffff;
const THREE: u64 = 0xff_ffff;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_passes_whatever_follows_it() {
        let texts: [&[u8]; 5] = [b"abc", b"xy", b"longer", b"longest one", b"of eight"];
        let filter = Filter::build(texts);
        for (text, passes) in [
            ("abc ", true),
            ("xyzz....", true),
            ("longer word", true),
            ("longest one", true),
            ("longest of all", true),
            ("of eight", true),
            ("of seven", false),
            ("abd", false),
            ("none", false),
            ("", false),
        ] {
            let word = word_at(text.as_bytes(), 0);
            assert_eq!(filter.may_begin(word), passes, "{text}");
        }
    }
}
