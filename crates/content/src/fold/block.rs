/// What a block of text comes to when it is folded as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// Letters and single spaces, folded.
    Words([u8; BLOCK]),
    /// Nothing but what separates words.
    Spaces,
    /// Something that must be looked at byte by byte.
    Mixed,
}

impl Block {
    /// Folds a block behind a text that ends with a space or does not.
    ///
    /// There is no branch within, so that a compiler folds all bytes at once.
    #[inline]
    pub(super) fn fold(block: &[u8; BLOCK], spaced: bool) -> Self {
        let mut folded = [0; BLOCK];
        let mut odd = 0;
        for (folded, &byte) in folded.iter_mut().zip(block) {
            let lower = byte | 0x20;
            let letter = lower.wrapping_sub(b'a') < 26;
            *folded = if letter { lower } else { b' ' };
            odd |= u8::from(is_odd(byte));
        }
        if odd > 0 {
            return Self::Mixed;
        }
        if folded == [b' '; BLOCK] {
            return Self::Spaces;
        }
        let spaces = spaces_of(u128::from_le_bytes(folded));
        let twice = spaces & (spaces << 8 | u128::from(spaced) << 7);
        if twice > 0 {
            Self::Mixed
        } else {
            Self::Words(folded)
        }
    }
}

/// Whether a byte is neither a letter nor a mere separator: digits, the signs that stand for
/// letters, NUL, and all beyond ASCII.
#[inline]
const fn is_odd(byte: u8) -> bool {
    (byte >= 0x80)
        | (byte == 0)
        | (byte.wrapping_sub(b'0') < 10)
        | (byte == b'!')
        | (byte == b'$')
        | (byte == b'@')
}

/// The highest bit of each byte that is a space.
#[inline]
const fn spaces_of(word: u128) -> u128 {
    const LOW: u128 = u128::from_le_bytes([0x7f; BLOCK]);
    let other = word ^ u128::from_le_bytes([b' '; BLOCK]);
    // A byte that is nought in `other` is a space; no carry crosses a byte.
    !(((other & LOW) + LOW) | other | LOW)
}

/// How many bytes are folded at once.
pub(super) const BLOCK: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::PLAIN;

    #[test]
    fn a_block_is_folded_as_its_bytes_are() {
        for byte in 0..=255u8 {
            for (place, spaced) in (0..BLOCK).flat_map(|place| [(place, false), (place, true)]) {
                let mut block = *b"Ab c De f gHi jk";
                block[place] = byte;
                let mut wanted = block.map(|byte| PLAIN[usize::from(byte)]);
                let behind = std::iter::once(spaced).chain(wanted.iter().map(|b| *b == b' '));
                let twice = behind.zip(&wanted).any(|(one, next)| one && *next == b' ');
                match Block::fold(&block, spaced) {
                    Block::Words(folded) => {
                        assert!(!twice && !byte.is_ascii_digit());
                        assert_eq!(folded, wanted);
                    }
                    Block::Mixed => {
                        wanted[place] *= u8::from(!byte.is_ascii_digit());
                        assert!(twice || wanted[place] == 0, "{byte} {place}");
                    }
                    Block::Spaces => unreachable!("there are letters"),
                }
            }
        }
        assert_eq!(Block::fold(b"  \n\t . , - ; ()\"", true), Block::Spaces);
    }
}
