//! How the bytes of an artefact lie. All numbers are little-endian.
//!
//! ```text
//!   0  magic            8   "SGLABELS"
//!   8  version          4
//!  12  header length    4   1024
//!  16  checksum        16   of all from byte 128 on
//!  32  digest          32   SHA-256 of all from byte 128 on: the artefact's name
//!  64  seal            32   HMAC of bytes 0 to 63 under the installation's secret
//!  96  zeros           32
//! 128  file length      8
//! 136  names            8
//! 144  buckets          8   buckets a name may be at home in
//! 152  reach            4   buckets past its home that a name may lie in
//! 156  attempt          4   of the hash key
//! 160  depths          16   bit n: some name has n labels
//! 176  input           32   digest of all that was compiled
//! 208  vocabulary      32
//! 240  URL buckets      8   buckets a host of URL rules may be at home in
//! 248  URL reach        4
//! 252  zeros            4
//! 256  URL depths      16
//! 272  allow            16   categories that open
//! 288  sections        16 each: offset, length
//! ```

use std::ops::Range;

pub(crate) const MAGIC: [u8; 8] = *b"SGLABELS";
pub(crate) const VERSION: u32 = 3;
pub(crate) const HEADER: usize = 1024;
pub(crate) const SUMMED_FROM: usize = 128;
pub(crate) const CHECKSUM: Range<usize> = 16..32;
pub(crate) const DIGEST: Range<usize> = 32..64;
pub(crate) const SEAL: Range<usize> = 64..96;
pub(crate) const ZEROS: Range<usize> = 96..128;
pub(crate) const LENGTH: usize = 128;
pub(crate) const NAMES: usize = 136;
pub(crate) const BUCKETS: usize = 144;
pub(crate) const REACH: usize = 152;
pub(crate) const ATTEMPT: usize = 156;
pub(crate) const DEPTHS: usize = 160;
pub(crate) const INPUT: usize = 176;
pub(crate) const VOCABULARY: usize = 208;
pub(crate) const URL_BUCKETS: usize = 240;
pub(crate) const URL_REACH: usize = 248;
pub(crate) const URL_DEPTHS: usize = 256;
pub(crate) const ALLOW: usize = 272;
pub(crate) const SECTIONS: usize = 288;

/// The sections in the order in which they lie; each starts on a cache line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// 64 bytes a bucket: for eight slots the upper 32 bits of the hash (4 bytes each), 16 more
    /// (2 bytes each), and the label set (2 bytes each).
    Buckets,
    /// 64 bytes a label set; see [`Row`].
    Rows,
    /// 4 bytes a member: list (16 bits), category (8), flags (8).
    Members,
    /// 8 bytes: slot, set; sorted by slot. The sets past what a slot can hold.
    Spill,
    /// 8 bytes: slot, offset into [`Section::ExactNames`]; sorted by slot.
    Exact,
    /// Length byte and name; length zero and the 16 bytes of both lanes for a withheld name.
    ExactNames,
    /// 8 bytes: first address, set of it and those after it; sorted by address. What a set says of
    /// names below is said of the names that lead to the address.
    V4,
    /// 20 bytes: first address, set of it and those after it; sorted by address.
    V6,
    /// 64 bytes a bucket, as [`Section::Buckets`]: the hosts of URL rules; the set is always 1.
    UrlHosts,
    /// 4 bytes a slot of [`Section::UrlHosts`], and one more: where its rules start.
    UrlStarts,
    /// 16 bytes a rule; see [`UrlRow`]. Those of one host are sorted by length and hash.
    UrlRules,
    /// For each list of salted digests: list, salt, counts, set; then 32 bytes a digest, sorted.
    Salted,
    /// Lists, each with its id, categories, flags, digest and count.
    Lists,
    /// Exceptions: name, class, reason; sorted by name.
    Exceptions,
    /// The automaton of patterns of hosts; empty where there are none.
    HostFinder,
    /// The automaton of patterns of URLs; empty where there are none.
    UrlFinder,
    /// Patterns: list, place, syntax, text.
    Patterns,
    /// 4 bytes a bucket: where its names start in [`Section::ColdNames`].
    Cold,
    /// For each slot in use: length byte (zero: withheld), own set (4 bytes), name.
    ColdNames,
    /// 20 bytes a network: address (IPv4 mapped), bits, zero, list. Those of the floor are withheld.
    ColdNetworks,
    /// 4 bytes a URL rule: where its text starts in [`Section::ColdUrlTexts`].
    ColdUrls,
    /// For each URL rule: length (2 bytes; zero: withheld), text.
    ColdUrlTexts,
}

impl Section {
    pub(crate) const ALL: [Self; 22] = [
        Self::Buckets,
        Self::Rows,
        Self::Members,
        Self::Spill,
        Self::Exact,
        Self::ExactNames,
        Self::V4,
        Self::V6,
        Self::UrlHosts,
        Self::UrlStarts,
        Self::UrlRules,
        Self::Salted,
        Self::Lists,
        Self::Exceptions,
        Self::HostFinder,
        Self::UrlFinder,
        Self::Patterns,
        Self::Cold,
        Self::ColdNames,
        Self::ColdNetworks,
        Self::ColdUrls,
        Self::ColdUrlTexts,
    ];
}

/// Slots a bucket.
pub(crate) const SLOTS: usize = 8;
/// Names a bucket, on average: the load is six of eight.
pub(crate) const NAMES_A_BUCKET: usize = 6;
/// The set number of a slot whose set is in the spill section.
pub(crate) const SPILLED: u16 = u16::MAX;
/// No name may lie further from its home; the compiler spreads wider until that holds.
pub(crate) const MOST_REACH: u32 = 64;
/// Label sets are numbered below this, which leaves two bits of a `LabelSet` for the way.
pub(crate) const MOST_SETS: usize = 1 << 30;

/// The row of one label set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    /// Categories of the entry's own name.
    pub(crate) name: u128,
    /// Categories of names below it.
    pub(crate) below: u128,
    /// Categories of names below it beyond a public suffix.
    pub(crate) crossing: u128,
    pub(crate) flags: u32,
    /// The members, as a range of [`Section::Members`].
    pub(crate) start: u32,
    pub(crate) count: u32,
}

impl Row {
    pub(crate) const BYTES: usize = 64;
    /// The text of the name must be compared: something in the set opens.
    pub(crate) const EXACT: u32 = 1;
    /// An exception took labels from the name itself.
    pub(crate) const LIFTED_NAME: u32 = 2;
    /// An exception took labels from the names below.
    pub(crate) const LIFTED_BELOW: u32 = 4;
    /// An exception covers the name and what is below.
    pub(crate) const COVERED: u32 = 8;
    /// All that is said of names below is also said beyond a public suffix.
    pub(crate) const FREE: u32 = 16;

    pub(crate) fn read(bytes: &[u8; Self::BYTES]) -> Self {
        let wide = |at: usize| u128::from_le_bytes(array(bytes, at));
        let narrow = |at: usize| u32::from_le_bytes(array(bytes, at));
        Self {
            name: wide(0),
            below: wide(16),
            crossing: wide(32),
            flags: narrow(48),
            start: narrow(52),
            count: narrow(56),
        }
    }

    pub(crate) fn write(self, out: &mut Vec<u8>) {
        for wide in [self.name, self.below, self.crossing] {
            out.extend_from_slice(&wide.to_le_bytes());
        }
        for narrow in [self.flags, self.start, self.count, 0] {
            out.extend_from_slice(&narrow.to_le_bytes());
        }
    }
}

/// One URL rule: the beginning of a path and query, without its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UrlRow {
    /// How many bytes the beginning has.
    pub(crate) length: u16,
    pub(crate) hash: u64,
    /// What it covers ([`Coverage`](crate::Coverage)) and where it may end.
    pub(crate) flags: u16,
    pub(crate) set: u32,
}

impl UrlRow {
    pub(crate) const BYTES: usize = 16;
    /// The beginning must end where a segment, a parameter or the URL does.
    pub(crate) const WHOLE: u16 = 0x100;
    /// Nothing may follow.
    pub(crate) const ALL: u16 = 0x200;

    pub(crate) fn read(bytes: &[u8; Self::BYTES]) -> Self {
        Self {
            hash: u64::from_le_bytes(array(bytes, 0)),
            set: u32::from_le_bytes(array(bytes, 8)),
            length: u16::from_le_bytes(array(bytes, 12)),
            flags: u16::from_le_bytes(array(bytes, 14)),
        }
    }

    pub(crate) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.hash.to_le_bytes());
        out.extend_from_slice(&self.set.to_le_bytes());
        out.extend_from_slice(&self.length.to_le_bytes());
        out.extend_from_slice(&self.flags.to_le_bytes());
    }
}

/// One reason for one category in a label set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Member {
    pub(crate) list: u16,
    pub(crate) category: u8,
    pub(crate) flags: u8,
}

impl Member {
    /// An exception took it away; it counts beyond a public suffix only.
    pub(crate) const LIFTED: u8 = 8;
    /// An exception may take it away: third parties gave it, and it is against the site.
    pub(crate) const LIFTABLE: u8 = 16;

    pub(crate) const fn read(bytes: [u8; 4]) -> Self {
        Self {
            list: u16::from_le_bytes([bytes[0], bytes[1]]),
            category: bytes[2],
            flags: bytes[3],
        }
    }

    pub(crate) const fn write(self) -> [u8; 4] {
        let [low, high] = self.list.to_le_bytes();
        [low, high, self.category, self.flags]
    }

    pub(crate) const fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// The `N` bytes at `at`; zeros where there are fewer.
///
/// The compiler folds the check away where the length is known.
#[inline]
pub(crate) fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut out = [0; N];
    if let Some(found) = bytes.get(at..).and_then(|rest| rest.get(..N)) {
        out.copy_from_slice(found);
    }
    out
}

/// The number at a place of a table of pairs of 32-bit numbers sorted by the first.
pub(crate) fn find_pair(pairs: &[u8], key: u32) -> Option<u32> {
    let (pairs, _) = pairs.as_chunks::<8>();
    let at = pairs
        .binary_search_by_key(&key, |pair| u32::from_le_bytes(array(pair, 0)))
        .ok()?;
    pairs.get(at).map(|pair| u32::from_le_bytes(array(pair, 4)))
}
