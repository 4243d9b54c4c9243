/// A checksum that sees every flipped byte, at the speed of memory.
///
/// Eight lanes take in one word of each 64-byte block. Each step is a bijection of the lane for
/// a given word and of the word for a given lane, so a change inside one word can never vanish.
/// It guards against accidents; the seal and the digest guard against people.
#[derive(Clone)]
pub(crate) struct Checksum {
    lanes: [u64; 8],
    bytes: u64,
}

impl Checksum {
    pub(crate) const BLOCK: usize = 64;

    pub(crate) const fn new() -> Self {
        Self {
            lanes: [1, 2, 3, 4, 5, 6, 7, 8],
            bytes: 0,
        }
    }

    /// Takes in bytes; all calls but the last must bring whole blocks.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let (blocks, rest) = bytes.as_chunks::<{ Self::BLOCK }>();
        for block in blocks {
            self.block(block);
        }
        if !rest.is_empty() {
            let mut block = [0; Self::BLOCK];
            block[..rest.len()].copy_from_slice(rest);
            self.block(&block);
        }
        self.bytes = self.bytes.wrapping_add(bytes.len() as u64);
    }

    #[inline]
    fn block(&mut self, block: &[u8; Self::BLOCK]) {
        for (lane, word) in self.lanes.iter_mut().zip(block.as_chunks::<8>().0) {
            *lane = (*lane ^ u64::from_le_bytes(*word))
                .wrapping_mul(ODD)
                .rotate_left(29);
        }
    }

    pub(crate) fn finish(&self) -> [u8; 16] {
        let mut halves = [self.bytes; 2];
        for (place, lane) in self.lanes.iter().enumerate() {
            let half = &mut halves[place % 2];
            *half = (*half ^ lane).wrapping_mul(ODD).rotate_left(31);
        }
        let mut out = [0; 16];
        out[..8].copy_from_slice(&halves[0].to_le_bytes());
        out[8..].copy_from_slice(&halves[1].to_le_bytes());
        out
    }
}

const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> [u8; 16] {
        let mut sum = Checksum::new();
        sum.update(bytes);
        sum.finish()
    }

    #[test]
    fn every_flipped_bit_and_lost_byte_shows() {
        let plain: Vec<u8> = (0..200u8).collect();
        let sum = of(&plain);
        for at in 0..plain.len() * 8 {
            let mut flipped = plain.clone();
            flipped[at / 8] ^= 1 << (at % 8);
            assert_ne!(of(&flipped), sum);
        }
        assert_ne!(of(&plain[..199]), sum);
        assert_ne!(of(&[plain.clone(), vec![0]].concat()), sum);
    }

    #[test]
    fn it_does_not_matter_how_blocks_arrive() {
        let plain: Vec<u8> = (0..255u8).collect();
        let mut sum = Checksum::new();
        sum.update(&plain[..64]);
        sum.update(&plain[64..192]);
        sum.update(&plain[192..]);
        assert_eq!(sum.finish(), of(&plain));
    }
}
