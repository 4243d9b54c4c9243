use crate::shaped::{Now, Shaped, Wants};
use model::ViewId;
use std::sync::Arc;

/// The shaped answers of one thread.
///
/// Four places a set, one cache line each; what does not fit pushes something out. There is no
/// chain to lengthen, so a client that crafts collisions wins nothing but misses of its own.
#[derive(Debug)]
pub(crate) struct Store {
    sets: Box<[Set]>,
    seed: u64,
    hand: usize,
}

#[derive(Clone, Debug, Default)]
#[repr(align(64))]
struct Set {
    tags: [u32; WAYS],
    places: [Option<Arc<Shaped>>; WAYS],
}

/// What an answer is found by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key<'q> {
    hash: u64,
    /// The name on the wire, in any case.
    name: &'q [u8],
    kind: u16,
    wants: Wants,
    view: ViewId,
}

impl Store {
    /// Makes a store with room for at least this many answers, rounded up to a power of two.
    pub(crate) fn new(entries: usize, seed: u64) -> Self {
        let sets = (entries / WAYS).max(1).next_power_of_two();
        Self {
            sets: vec![Set::default(); sets].into(),
            seed,
            hand: 0,
        }
    }

    /// Makes the key of a question; `lower` is its name in lower case, in any one form.
    pub(crate) fn key<'q>(
        &self,
        lower: &[u8],
        name: &'q [u8],
        kind: u16,
        wants: Wants,
        view: ViewId,
    ) -> Key<'q> {
        let rest = u64::from(kind) | u64::from(wants.bits()) << 16 | u64::from(view.0) << 32;
        Key {
            hash: mix(hash(self.seed, lower) ^ rest),
            name,
            kind,
            wants,
            view,
        }
    }

    /// Finds the answer to a question.
    pub(crate) fn find(&self, key: &Key<'_>) -> Option<&Arc<Shaped>> {
        let set = &self.sets[self.set_of(key.hash)];
        let tag = tag_of(key.hash);
        set.tags
            .iter()
            .zip(&set.places)
            .filter(|&(&held, _)| held == tag)
            .find_map(|(_, place)| place.as_ref().filter(|shaped| key.fits(shaped)))
    }

    /// Keeps an answer under a key, in place of an older one of the same.
    pub(crate) fn insert(&mut self, key: &Key<'_>, shaped: Arc<Shaped>, now: Now) {
        let index = self.set_of(key.hash);
        let set = &mut self.sets[index];
        let same = |place: &Option<Arc<Shaped>>| place.as_ref().is_some_and(|held| key.fits(held));
        let over = |place: &Option<Arc<Shaped>>| {
            place.as_ref().is_none_or(|held| held.expires <= now.millis)
        };
        let way = set
            .places
            .iter()
            .position(same)
            .or_else(|| set.places.iter().position(over))
            .unwrap_or_else(|| {
                self.hand = self.hand.wrapping_add(1);
                self.hand % WAYS
            });
        set.tags[way] = tag_of(key.hash);
        set.places[way] = Some(shaped);
    }

    fn set_of(&self, hash: u64) -> usize {
        // INVARIANT: the number of sets is a power of two, so the mask keeps the place inside.
        hash as usize & (self.sets.len() - 1)
    }
}

impl Key<'_> {
    fn fits(&self, shaped: &Shaped) -> bool {
        shaped.kind == self.kind
            && shaped.wants == self.wants
            && shaped.view == self.view
            // Length bytes are at most 63 and no letters, so names on the wire compare whole.
            && shaped.name().eq_ignore_ascii_case(self.name)
    }
}

const fn tag_of(hash: u64) -> u32 {
    (hash >> 32) as u32
}

fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let mut state = seed ^ (bytes.len() as u64).wrapping_mul(FACTOR);
    let (chunks, rest) = bytes.as_chunks::<8>();
    for &chunk in chunks {
        state = (state.rotate_left(5) ^ u64::from_le_bytes(chunk)).wrapping_mul(FACTOR);
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    (state.rotate_left(5) ^ u64::from_le_bytes(last)).wrapping_mul(FACTOR)
}

const fn mix(mut hash: u64) -> u64 {
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(FACTOR);
    hash ^ hash >> 29
}

const WAYS: usize = 4;
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
