/// A name in lower case, as a number; one that is longer than any that matters is no name.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Word {
    /// The first byte lowest.
    key: u128,
    length: u8,
}

impl Word {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Adds what stands next in a page, which need not be a letter.
    #[inline]
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        for &byte in bytes.iter().take(LONGEST + 1) {
            if usize::from(self.length) < LONGEST {
                // NUL would be as if it were not there.
                let byte = byte.to_ascii_lowercase().max(1);
                self.key |= u128::from(byte) << (8 * self.length);
            }
            self.length = self.length.saturating_add(1);
        }
    }

    /// The number that stands for the name; 0 where it is too long.
    #[inline]
    pub(super) const fn key(&self) -> u128 {
        if self.length as usize > LONGEST {
            0
        } else {
            self.key
        }
    }

    /// The number that stands for a name in lower case.
    pub(super) const fn key_of(name: &str) -> u128 {
        let bytes = name.as_bytes();
        assert!(bytes.len() <= LONGEST);
        let (mut key, mut at) = (0, 0);
        while at < bytes.len() {
            key |= (bytes[at] as u128) << (8 * at);
            at += 1;
        }
        key
    }
}

const LONGEST: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_in_any_pieces_and_case() {
        let read = |pieces: &[&[u8]]| {
            let mut word = Word::default();
            pieces.iter().for_each(|piece| word.extend(piece));
            word.key()
        };
        assert_eq!(read(&[b"Text", b"", b"AREA"]), Word::key_of("textarea"));
        assert_eq!(
            read(&[b"abcdefghijklmno", b"p"]),
            Word::key_of("abcdefghijklmnop")
        );
        assert_eq!(read(&[b"abcdefghijklmnop", b"q"]), 0);
        assert_eq!(read(&[&[b'a'; 700]]), 0);
        assert_ne!(read(&[b"p\0"]), Word::key_of("p"));
    }
}
