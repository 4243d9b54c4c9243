//! The buckets in which hashes of names are found.

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
        let (slots, _) = bucket.as_chunks::<8>();
        let mut found = 0u32;
        for (place, slot) in slots.iter().enumerate() {
            found |= u32::from((u64::from_le_bytes(*slot) ^ mark) >> 16 == 0) << place;
        }
        if found != 0 {
            let place = found.trailing_zeros();
            let set = u16::from_le_bytes(array(bucket, 8 * place as usize));
            // Slots fill from the front, so an empty one that looks like the mark stands behind
            // every real one.
            return (set != 0).then_some(((home + step) as u32 * SLOTS as u32 + place, set));
        }
        if bucket[56..58] == [0, 0] {
            return None;
        }
    }
    None
}
