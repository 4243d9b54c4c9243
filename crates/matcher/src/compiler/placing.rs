use super::watch::{Stage, Watch};
use super::{CompileError, Compiler};
use crate::hash::{Lanes, lanes_of};
use crate::layout::{MOST_REACH, NAMES_A_BUCKET, SLOTS};
use crate::probing::probe;

/// All names in their slots.
pub(super) struct Placed {
    pub(super) key: [u64; 2],
    /// How many buckets a name may be at home in.
    pub(super) homes: u64,
    pub(super) reach: u32,
    pub(super) depths: u128,
    /// Eight slots a bucket; the set of a slot in use is still 1.
    pub(super) buckets: Vec<[u8; 64]>,
    /// The records, those of one name together, names by their hashes.
    pub(super) order: Vec<u32>,
    /// For each name where its records start in `order`, and one more for the end.
    pub(super) starts: Vec<u32>,
    /// The name of each slot; [`Placed::EMPTY`] for an empty one.
    pub(super) slots: Vec<u32>,
}

impl Placed {
    pub(super) const EMPTY: u32 = u32::MAX;

    /// The number of the slot in which a hash stands, and of the name there.
    pub(super) fn find(&self, lanes: Lanes) -> Option<(u32, u32)> {
        let home = lanes.home(self.homes);
        let (slot, _) = probe(&self.buckets, home, lanes.mark(), self.reach)?;
        self.slots.get(slot as usize).map(|&name| (slot, name))
    }

    /// The records of a name.
    pub(super) fn records(&self, name: u32) -> &[u32] {
        let at = name as usize;
        &self.order[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    pub(super) fn names(&self) -> usize {
        self.starts.len() - 1
    }
}

/// Places every name, or gives `None` when two names cannot be told apart with this key.
pub(super) fn place(
    compiler: &Compiler,
    key: [u64; 2],
    watch: &mut Watch<'_>,
) -> Result<Option<Placed>, CompileError> {
    let many = |_| CompileError::Many { what: "names" };
    let count = u32::try_from(compiler.records.len()).map_err(many)?;
    let mut hashed: Vec<(Lanes, u32)> = Vec::with_capacity(compiler.records.len());
    for (at, &record) in (0..count).zip(&compiler.records) {
        hashed.push((lanes_of(compiler.name(record), key), at));
        watch.at(Stage::Hash, hashed.len())?;
    }
    hashed.sort_unstable();
    let mut starts = Vec::new();
    let mut depths = 0u128;
    for (at, (lanes, record)) in hashed.iter().enumerate() {
        let name = compiler.name(compiler.records[*record as usize]);
        let before = at.checked_sub(1).map(|before| hashed[before]);
        if let Some((_, other)) = before.filter(|(before, _)| before == lanes) {
            if compiler.name(compiler.records[other as usize]) != name {
                return Ok(None);
            }
            continue;
        }
        let depth = name.iter().filter(|&&byte| byte == b'.').count() + 1;
        depths |= 1u128 << depth.min(127);
        starts.push(u32::try_from(at).map_err(many)?);
    }
    let names = starts.len();
    starts.push(count);
    let lanes = |name: usize| hashed[starts[name] as usize].0;
    let Filled {
        homes,
        buckets,
        slots,
        reach,
    } = spread(&lanes, names);
    if buckets.len() > u32::MAX as usize / SLOTS {
        return Err(CompileError::Many { what: "names" });
    }
    let order = hashed.iter().map(|(_, record)| *record).collect();
    let placed = Placed {
        key,
        homes,
        reach,
        depths,
        buckets,
        order,
        starts,
        slots,
    };
    // A name behind another of the same 48 bits would be given the other's labels.
    let apart = (0u32..).zip(&placed.starts[..names]).all(|(name, &start)| {
        placed
            .find(hashed[start as usize].0)
            .is_some_and(|(_, found)| found == name)
    });
    Ok(apart.then_some(placed))
}

/// Buckets with the names in them.
pub(super) struct Filled {
    pub(super) homes: u64,
    pub(super) buckets: Vec<[u8; 64]>,
    /// The name of each slot; [`Placed::EMPTY`] for an empty one.
    pub(super) slots: Vec<u32>,
    pub(super) reach: u32,
}

/// Spreads names, which come by their hashes, over as many buckets as they need.
pub(super) fn spread(lanes: &dyn Fn(usize) -> Lanes, names: usize) -> Filled {
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
fn fill(lanes: &dyn Fn(usize) -> Lanes, names: usize, homes: usize) -> Option<Filled> {
    let mut buckets = vec![[0u8; 64]; homes];
    let mut slots = vec![Placed::EMPTY; homes * SLOTS];
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
            slots.resize(buckets.len() * SLOTS, Placed::EMPTY);
        }
        let word = lanes.mark() | 1;
        buckets[at][used * 8..][..8].copy_from_slice(&word.to_le_bytes());
        slots[at * SLOTS + used] = name as u32;
        used += 1;
    }
    buckets.resize(homes + reach as usize, [0; 64]);
    slots.resize(buckets.len() * SLOTS, Placed::EMPTY);
    Some(Filled {
        homes: homes as u64,
        buckets,
        slots,
        reach,
    })
}
