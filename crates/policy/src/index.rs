use crate::settings::Fallback;
use crate::site::{NameSite, Reach, suffix_length};
use model::{Access, Host, Rung};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Every site that any rule names, found by the suffixes of a host.
///
/// One index serves all views; a view knows which rules hold for it. The names are the school's
/// own, so the hash need not withstand a stranger: a query can only meet what was built.
#[derive(Debug, Default)]
pub(crate) struct SiteIndex {
    slots: Box<[u32]>,
    names: Vec<(Box<str>, u64, Box<[Entry]>)>,
    addresses: BTreeMap<IpAddr, Box<[Entry]>>,
    tails: Tails,
}

/// The last eight bytes of all names, one bit each: most hosts are no rule's, and one look at
/// their end says so.
#[derive(Debug, Default)]
struct Tails {
    bits: Box<[u64]>,
    /// The lengths of names below eight bytes, one bit each.
    short: u8,
}

/// One rule's word for one site.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) rule: u16,
    pub(crate) rung: Rung,
    pub(crate) access: Access,
    pub(crate) reach: Reach,
    pub(crate) path: Option<Box<str>>,
    pub(crate) fallback: Option<Fallback>,
}

/// Gathers sites for an index.
#[derive(Debug, Default)]
pub(crate) struct SiteIndexBuilder {
    names: BTreeMap<String, Vec<Entry>>,
    addresses: BTreeMap<IpAddr, Vec<Entry>>,
}

impl SiteIndexBuilder {
    pub(crate) fn add_name(&mut self, site: &NameSite, entry: Entry) {
        let entry = Entry {
            reach: site.reach,
            path: site.path.as_deref().map(Into::into),
            ..entry
        };
        self.names.entry(site.name.clone()).or_default().push(entry);
    }

    pub(crate) fn add_address(&mut self, address: IpAddr, entry: Entry) {
        self.addresses.entry(address).or_default().push(entry);
    }

    pub(crate) fn build(self) -> SiteIndex {
        let names: Vec<_> = self
            .names
            .into_iter()
            .map(|(name, entries)| {
                let hash = hash(name.as_bytes());
                (name.into_boxed_str(), hash, entries.into_boxed_slice())
            })
            .collect();
        // At most a quarter full, so that a miss mostly ends at its first slot.
        let size = (names.len() * 4).next_power_of_two().max(4);
        let mut slots = vec![EMPTY; size].into_boxed_slice();
        for (place, (_, hash, _)) in (0u32..).zip(&names) {
            let mut slot = *hash as usize & (size - 1);
            while slots[slot] != EMPTY {
                slot = (slot + 1) & (size - 1);
            }
            slots[slot] = place;
        }
        let addresses = self
            .addresses
            .into_iter()
            .map(|(address, entries)| (address, entries.into_boxed_slice()))
            .collect();
        let tails = Tails::of(names.iter().map(|(name, _, _)| name.as_bytes()));
        SiteIndex {
            slots,
            names,
            addresses,
            tails,
        }
    }
}

impl SiteIndex {
    /// Calls `visit` with each entry that covers the host, and with the length of its name.
    #[inline]
    pub(crate) fn visit(&self, host: Host<'_>, mut visit: impl FnMut(&Entry, usize)) {
        let name = match host {
            Host::Name(name) => name,
            Host::Address(address) => {
                for entry in self.addresses.get(&address).into_iter().flatten() {
                    visit(entry, 0);
                }
                return;
            }
        };
        if !self.tails.may_hold(name.as_str().as_bytes()) {
            return;
        }
        // Asked for only when a name above the host is found, which is seldom.
        let mut own = None;
        for suffix in suffixes(name.as_str()) {
            let Some(entries) = self.find(suffix) else {
                continue;
            };
            let whole = suffix.len() == name.as_str().len();
            for entry in entries {
                let covers = match entry.reach {
                    Reach::Exact => whole,
                    Reach::Wild => !whole,
                    Reach::Below if whole => true,
                    Reach::Below => {
                        let own = *own.get_or_insert_with(|| suffix_length(name.as_str()));
                        suffix.len() > own
                    }
                };
                if covers {
                    visit(entry, suffix.len());
                }
            }
        }
    }

    /// All entries, each with its site as a file writes it.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (String, &Entry)> {
        let names = self.names.iter().flat_map(|(name, _, entries)| {
            entries.iter().map(move |entry| {
                let mark = match entry.reach {
                    Reach::Exact => "=",
                    Reach::Wild => "*.",
                    Reach::Below => "",
                };
                let path = entry.path.as_deref().unwrap_or("");
                (format!("{mark}{name}{path}"), entry)
            })
        });
        let addresses = self.addresses.iter().flat_map(|(address, entries)| {
            entries
                .iter()
                .map(move |entry| (address.to_string(), entry))
        });
        names.chain(addresses)
    }

    fn find(&self, name: &str) -> Option<&[Entry]> {
        let mask = self.slots.len() - 1;
        let wanted = hash(name.as_bytes());
        let mut slot = wanted as usize & mask;
        loop {
            let place = self.slots[slot];
            if place == EMPTY {
                return None;
            }
            let (held, hash, entries) = &self.names[place as usize];
            if *hash == wanted && **held == *name {
                return Some(entries);
            }
            slot = (slot + 1) & mask;
        }
    }
}

impl Tails {
    fn of<'a>(names: impl ExactSizeIterator<Item = &'a [u8]>) -> Self {
        // About 32 bits a name, so that one host in thirty is looked up in vain.
        let words = (names.len() / 2).next_power_of_two().max(1);
        let mut tails = Self {
            bits: vec![0; words].into_boxed_slice(),
            short: 0,
        };
        for name in names {
            match name.last_chunk() {
                Some(tail) => {
                    let (word, bit) = tails.place(*tail);
                    tails.bits[word] |= 1 << bit;
                }
                None => tails.short |= 1 << name.len(),
            }
        }
        tails
    }

    /// Whether the host may be one of the names, or stand below one.
    #[inline]
    fn may_hold(&self, host: &[u8]) -> bool {
        if let Some(tail) = host.last_chunk() {
            let (word, bit) = self.place(*tail);
            if self
                .bits
                .get(word)
                .is_some_and(|word| word & (1 << bit) != 0)
            {
                return true;
            }
        }
        let mut short = self.short;
        while short != 0 {
            let length = short.trailing_zeros() as usize;
            short &= short - 1;
            match host.len().checked_sub(length) {
                Some(0) => return true,
                Some(start) if host[start - 1] == b'.' => return true,
                Some(_) | None => {}
            }
        }
        false
    }

    #[inline]
    fn place(&self, tail: [u8; 8]) -> (usize, u32) {
        let mixed = mix(u64::from_le_bytes(tail));
        let word = (mixed >> 6) as usize & self.bits.len().wrapping_sub(1);
        (word, (mixed & 63) as u32)
    }
}

/// A name and its parents, the longest first; bytes are compared, for a canonical name is ASCII.
fn suffixes(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| {
        let dot = name.bytes().position(|byte| byte == b'.')?;
        name.get(dot + 1..)
    })
}

/// Folds eight bytes at a time; the last eight overlap those before them, so that no byte is
/// moved one by one.
#[inline]
fn hash(bytes: &[u8]) -> u64 {
    let seed = bytes.len() as u64;
    let Some(last) = bytes.last_chunk() else {
        // Fewer than eight: each byte has its own place in one word.
        let word = bytes
            .iter()
            .fold(0, |word, byte| word << 8 | u64::from(*byte));
        return mix(seed ^ word);
    };
    let (words, _) = bytes.as_chunks();
    let state = words
        .iter()
        .fold(seed, |state, word| mix(state ^ u64::from_le_bytes(*word)));
    mix(state ^ u64::from_le_bytes(*last))
}

#[inline]
const fn mix(word: u64) -> u64 {
    let wide = (word as u128) * (0x9e37_79b9_7f4a_7c15_u64 as u128);
    (wide as u64) ^ ((wide >> 64) as u64)
}

const EMPTY: u32 = u32::MAX;
