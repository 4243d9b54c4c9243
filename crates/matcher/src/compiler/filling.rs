//! Hashes on their way into buckets.

use crate::hash::Lanes;
use crate::layout::{MOST_REACH, NAMES_A_BUCKET, SLOTS};
use crate::probing::{probe, put};

/// Buckets with names in them, which are numbered by their hashes.
pub(super) struct Filled {
    /// How many buckets a name may be at home in.
    pub(super) homes: u64,
    /// The set of each slot in use is still 1.
    pub(super) buckets: Vec<[u8; 64]>,
    pub(super) reach: u32,
    /// For each bucket its first name, and one more for the end: names lie in their order.
    firsts: Vec<u32>,
}

impl Filled {
    /// The number of the slot in which a hash stands, and of the name there.
    pub(super) fn find(&self, lanes: Lanes) -> Option<(u32, usize)> {
        let home = lanes.home(self.homes);
        let (slot, _) = probe(&self.buckets, home, lanes.mark(), self.reach)?;
        Some((slot, self.name_of(slot as usize)?))
    }

    /// The name in a slot; `None` for an empty one.
    pub(super) fn name_of(&self, slot: usize) -> Option<usize> {
        let bucket = slot / SLOTS;
        let name = *self.firsts.get(bucket)? as usize + slot % SLOTS;
        (name < *self.firsts.get(bucket + 1)? as usize).then_some(name)
    }

    /// The names of each bucket.
    pub(super) fn by_bucket(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let pairs = self.firsts.windows(2);
        pairs.map(|pair| pair[0] as usize..pair[1] as usize)
    }

    /// The slots in use in their order, which is that of the names.
    pub(super) fn slots(&self) -> impl Iterator<Item = u32> {
        let names = self.by_bucket().zip(0u32..);
        names.flat_map(|(names, bucket)| {
            (0..names.len() as u32).map(move |place| bucket * SLOTS as u32 + place)
        })
    }
}

/// Spreads names, which come by their hashes, over as many buckets as they need.
pub(super) fn spread(lanes: &impl Fn(usize) -> Lanes, names: usize) -> Filled {
    let mut homes = (names.div_ceil(NAMES_A_BUCKET)).max(1);
    loop {
        match fill(lanes, names, homes) {
            Some(filled) => return filled,
            None => homes += homes / 16 + 1,
        }
    }
}

/// Fills buckets from the left; `None` when a name would lie too far from its home.
///
/// The names come by home, so each goes into the first bucket from its home on that has room,
/// and every bucket between is full: look-up may stop at the first that is not.
fn fill(lanes: &impl Fn(usize) -> Lanes, names: usize, homes: usize) -> Option<Filled> {
    let mut buckets = vec![[0u8; 64]; homes];
    let mut firsts = Vec::with_capacity(homes + MOST_REACH as usize + 1);
    firsts.push(0);
    let (mut at, mut used, mut reach) = (0, 0, 0u32);
    for name in 0..names {
        let lanes = lanes(name);
        let home = lanes.home(homes as u64);
        if at < home {
            (at, used) = (home, 0);
        } else if used == SLOTS {
            (at, used) = (at + 1, 0);
        }
        reach = reach.max(u32::try_from(at - home).ok()?);
        if reach > MOST_REACH {
            return None;
        }
        if at >= buckets.len() {
            buckets.push([0; 64]);
        }
        firsts.resize(at + 1, u32::try_from(name).ok()?);
        put(&mut buckets[at], used, lanes.mark(), 1);
        used += 1;
    }
    buckets.resize(homes + reach as usize, [0; 64]);
    firsts.resize(buckets.len() + 1, u32::try_from(names).ok()?);
    Some(Filled {
        homes: homes as u64,
        buckets,
        reach,
        firsts,
    })
}
