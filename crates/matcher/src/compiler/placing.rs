//! Names in the order of their hashes, and in their slots.

use super::filling::{Filled, spread};
use super::names::{Names, Record};
use super::report::CompileError;
use super::watch::{Stage, Watch};
use crate::hash::{Lanes, lanes_of};
use crate::layout::SLOTS;
use crate::prefetch::prefetch;

/// All names in their slots, numbered by their hashes.
pub(super) struct Placed {
    pub(super) key: [u64; 2],
    pub(super) depths: u128,
    pub(super) filled: Filled,
    /// The entries of one name stand together and share its text; names and texts stand by hash,
    /// so that whoever goes through all of them reads straight on.
    pub(super) names: Names,
    /// For each name where its entries start, and one more for the end.
    starts: Vec<u32>,
}

impl Placed {
    /// The number of the name that has this hash.
    pub(super) fn find(&self, lanes: Lanes) -> Option<u32> {
        self.filled.find(lanes).map(|(_, name)| name as u32)
    }

    /// The entries of a name.
    pub(super) fn records(&self, name: u32) -> &[Record] {
        let at = name as usize;
        &self.names.records[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    /// The text of a name.
    pub(super) fn text(&self, name: u32) -> &[u8] {
        self.names.text(self.records(name)[0])
    }

    /// How many names there are.
    pub(super) const fn count(&self) -> usize {
        self.starts.len() - 1
    }
}

/// Places every name, taking all of them, or gives `None` and takes nothing when two names cannot
/// be told apart with this key.
pub(super) fn place(
    names: &mut Names,
    key: [u64; 2],
    watch: &mut Watch<'_>,
) -> Result<Option<Placed>, CompileError> {
    let hashed = hash(names, key, watch)?;
    let Some(Ordered {
        names: ordered,
        starts,
        depths,
    }) = put_in_order(names, &hashed)?
    else {
        return Ok(None);
    };
    let count = starts.len() - 1;
    let lanes = |name: usize| hashed[starts[name] as usize].lanes();
    let filled = spread(&lanes, count);
    if filled.buckets.len() > u32::MAX as usize / SLOTS {
        return Err(CompileError::Many { what: "names" });
    }
    // A name behind another of the same 48 bits would be given the other's labels.
    let found = |name: usize| filled.find(lanes(name)).map(|(_, found)| found);
    if !(0..count).all(|name| found(name) == Some(name)) {
        return Ok(None);
    }
    *names = Names::default();
    Ok(Some(Placed {
        key,
        depths,
        filled,
        names: ordered,
        starts,
    }))
}

/// 48 bits of hash that choose the bucket, 48 that tell names apart, and the number of an entry:
/// all that placing needs in one number to be sorted by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hashed(u128);

impl Hashed {
    fn new(lanes: Lanes, record: u32) -> Self {
        let (bucket, tag) = (u128::from(lanes.bucket >> 16), u128::from(lanes.tag >> 16));
        Self(bucket << 80 | tag << 32 | u128::from(record))
    }

    /// The hash as far as placing and finding need it.
    const fn lanes(self) -> Lanes {
        Lanes {
            bucket: (self.0 >> 80 << 16) as u64,
            tag: (self.0 >> 32 << 16) as u64,
        }
    }

    const fn record(self) -> usize {
        self.0 as u32 as usize
    }
}

fn hash(names: &Names, key: [u64; 2], watch: &mut Watch<'_>) -> Result<Vec<Hashed>, CompileError> {
    let many = |_| CompileError::Many { what: "names" };
    let count = u32::try_from(names.records.len()).map_err(many)?;
    let mut hashed = Vec::with_capacity(names.records.len());
    for (at, &record) in (0..count).zip(&names.records) {
        hashed.push(Hashed::new(lanes_of(names.text(record), key), at));
        watch.at(Stage::Hash, hashed.len())?;
    }
    hashed.sort_unstable();
    Ok(hashed)
}

struct Ordered {
    names: Names,
    starts: Vec<u32>,
    depths: u128,
}

/// Copies names, once each, and their entries in the order of their hashes; `None` when two names
/// have one hash.
fn put_in_order(names: &Names, hashed: &[Hashed]) -> Result<Option<Ordered>, CompileError> {
    let same = |one: &Hashed, two: &Hashed| one.lanes() == two.lanes();
    let count = hashed.chunk_by(same).count();
    let mut ordered = Ordered {
        names: Names {
            text: Vec::with_capacity(names.text.len()),
            records: Vec::with_capacity(names.records.len()),
        },
        starts: Vec::with_capacity(count + 1),
        depths: 0,
    };
    let mut last: Option<(Hashed, Record)> = None;
    for (at, &hash) in hashed.iter().enumerate() {
        ask_ahead(names, hashed, at);
        let record = names.records[hash.record()];
        let text = names.text(record);
        let offset = match last.filter(|(before, _)| same(before, &hash)) {
            Some((_, first)) if ordered.names.text(first) != text => return Ok(None),
            Some((_, first)) => first.offset,
            None => {
                let dots = text.iter().filter(|&&byte| byte == b'.').count();
                ordered.depths |= 1u128 << (dots + 1).min(127);
                // There are no more entries than have a number, and no more text than before.
                ordered.starts.push(at as u32);
                let offset = ordered.names.text.len() as u32;
                ordered.names.text.extend_from_slice(text);
                offset
            }
        };
        let record = Record { offset, ..record };
        ordered.names.records.push(record);
        last = Some((hash, record));
    }
    ordered.starts.push(hashed.len() as u32);
    Ok(Some(ordered))
}

/// Asks for what entries further on will need: entries by hash lie anywhere.
fn ask_ahead(names: &Names, hashed: &[Hashed], at: usize) {
    if let Some(hash) = hashed.get(at + 2 * AHEAD) {
        prefetch(&names.records[hash.record()]);
    }
    if let Some(hash) = hashed.get(at + AHEAD)
        && let Some(text) = names.text.get(names.records[hash.record()].offset as usize)
    {
        prefetch(text);
    }
}

/// How many entries ahead; enough to have as many waits under way as a core can.
const AHEAD: usize = 16;
