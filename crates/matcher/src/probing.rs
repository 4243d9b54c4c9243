//! The buckets in which hashes of names are found.
//!
//! A bucket is one line: the upper 32 bits of eight hashes, then 16 more bits of each, then the
//! set of each. So the eight are compared at once, and nearly always that is all.

use crate::layout::{SLOTS, array};

/// Looks for a mark in a bucket, and in those after it as long as they are full.
#[inline]
pub(crate) fn probe(
    buckets: &[[u8; 64]],
    home: usize,
    mark: u64,
    reach: u32,
) -> Option<(u32, u16)> {
    for (step, bucket) in buckets
        .get(home..)?
        .iter()
        .take(reach as usize + 1)
        .enumerate()
    {
        let mut alike = alike(bucket, (mark >> 32) as u32);
        while alike != 0 {
            let place = alike.trailing_zeros() as usize;
            let set = set_of(bucket, place);
            // An empty slot has no set, whatever its hash looks like.
            if low_of(bucket, place) == (mark >> 16) as u16 && set != 0 {
                return Some((((home + step) * SLOTS + place) as u32, set));
            }
            alike &= alike - 1;
        }
        // Slots fill from the front.
        if set_of(bucket, SLOTS - 1) == 0 {
            return None;
        }
    }
    None
}

/// The slots whose upper 32 bits are these, one bit each.
#[inline]
fn alike(bucket: &[u8; 64], high: u32) -> u32 {
    let (tags, _) = bucket[..LOW].as_chunks::<4>();
    let mut alike = 0;
    for (place, tag) in tags.iter().enumerate() {
        alike |= u32::from(u32::from_le_bytes(*tag) == high) << place;
    }
    alike
}

#[inline]
fn low_of(bucket: &[u8; 64], place: usize) -> u16 {
    u16::from_le_bytes(array(bucket, LOW + 2 * place))
}

/// The set of a slot; zero when it is empty.
#[inline]
pub(crate) fn set_of(bucket: &[u8; 64], place: usize) -> u16 {
    u16::from_le_bytes(array(bucket, SETS + 2 * place))
}

/// The sets of all slots of a bucket.
#[inline]
pub(crate) fn sets_of(bucket: &[u8; 64]) -> [u16; SLOTS] {
    std::array::from_fn(|place| set_of(bucket, place))
}

/// Puts a mark and its set into a slot.
pub(crate) fn put(bucket: &mut [u8; 64], place: usize, mark: u64, set: u16) {
    bucket[4 * place..][..4].copy_from_slice(&((mark >> 32) as u32).to_le_bytes());
    bucket[LOW + 2 * place..][..2].copy_from_slice(&((mark >> 16) as u16).to_le_bytes());
    put_set(bucket, place, set);
}

/// Puts a set into a slot.
pub(crate) fn put_set(bucket: &mut [u8; 64], place: usize, set: u16) {
    bucket[SETS + 2 * place..][..2].copy_from_slice(&set.to_le_bytes());
}

/// Where the lower 16 bits of the hashes start.
const LOW: usize = 4 * SLOTS;
/// Where the sets start.
const SETS: usize = LOW + 2 * SLOTS;

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: u64 = 0x1122_3344_5566_0000;

    #[test]
    fn a_mark_is_found_where_it_was_put_with_its_set() {
        let mut buckets = [[0; 64]; 2];
        for place in 0..SLOTS {
            put(&mut buckets[0], place, (place as u64 + 1) << 32, 7);
        }
        put(&mut buckets[1], 0, MARK, 9);
        assert_eq!(probe(&buckets, 0, 3 << 32, 1), Some((2, 7)));
        // The first bucket is full, so the next is looked at, as far as names may lie.
        assert_eq!(probe(&buckets, 0, MARK, 1), Some((8, 9)));
        assert_eq!(probe(&buckets, 0, MARK, 0), None);
        assert_eq!(probe(&buckets, 2, MARK, 1), None);
    }

    #[test]
    fn all_48_bits_are_compared_and_an_empty_slot_is_never_found() {
        let mut buckets = [[0; 64]];
        put(&mut buckets[0], 0, MARK ^ 0x1_0000, 5);
        put(&mut buckets[0], 1, MARK, 6);
        assert_eq!(probe(&buckets, 0, MARK, 0), Some((1, 6)));
        assert_eq!(probe(&buckets, 0, MARK ^ 0x2_0000, 0), None);
        assert_eq!(probe(&buckets, 0, 0, 0), None);
    }
}
