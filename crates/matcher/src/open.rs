use crate::artefact::{Artefact, ExceptionRow};
use crate::checksum::Checksum;
use crate::layout::{self, HEADER, Member, Row, SLOTS, SPILLED, Section, UrlRow, array};
use crate::mapping::Bytes;
use crate::pattern::{Finder, Listed, Pattern, Place, Syntax};
use crate::probing::sets_of;
use crate::salted::SaltedList;
use crate::{ListMeta, Secret};
use model::{CategoryId, CategorySet, Digest};
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An artefact cannot be used; the one in force stays.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be read.
    #[error("the artefact `{path}` could not be opened; compile the lists again")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The bytes are no artefact.
    #[error("the file is no artefact of compiled lists")]
    Kind,
    /// Another version of the program made it.
    #[error("the artefact has format {found}, this program reads {expected}; compile the lists again", expected = layout::VERSION)]
    Version {
        /// The format of the file.
        found: u32,
    },
    /// A byte is not what it was.
    #[error("the artefact is damaged: {part} does not fit; compile the lists again")]
    Damaged {
        /// What gave it away.
        part: &'static str,
    },
    /// It was made with another secret, or its head was altered.
    #[error("the artefact was not made by this installation; compile the lists again")]
    Foreign,
}

impl Artefact {
    /// Opens an artefact file, having checked all of it.
    ///
    /// The checksum is computed over the whole file and the seal is held against the secret; then
    /// every number that look-up relies on is checked. The part that look-up needs is brought
    /// into memory by this; the names for `why` are not kept there.
    ///
    /// # Errors
    ///
    /// Says what is wrong. A file that was changed in any byte is refused.
    pub fn open(path: &Path, secret: &Secret) -> Result<Self, OpenError> {
        let read = |source| OpenError::Read {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(read)?;
        let length = file.metadata().map_err(read)?.len();
        if length < HEADER as u64 {
            return Err(OpenError::Kind);
        }
        let bytes = Bytes::map(&file).map_err(read)?;
        let head = check_head(&bytes)?;
        let cold = head.section(Section::Cold).start;
        bytes.read_often(0..cold);
        // What is read through the mapping stays resident: the hot part should, the names for
        // `why` should not, so those are read past it.
        let mut sum = Checksum::new();
        sum.update(bytes.get(layout::SUMMED_FROM..cold).unwrap_or_default());
        let mut room = vec![0; 1 << 18];
        let mut at = cold;
        while at < bytes.len() {
            let part = room.len().min(bytes.len() - at);
            file.read_exact_at(&mut room[..part], at as u64)
                .map_err(read)?;
            sum.update(&room[..part]);
            at += part;
        }
        bytes.read_at_random(cold..bytes.len());
        finish(bytes, &head, &sum, secret)
    }

    /// Takes an artefact from memory, having checked all of it as [`Artefact::open`] does.
    ///
    /// # Errors
    ///
    /// As [`Artefact::open`]; never panics, whatever the bytes.
    pub fn from_bytes(bytes: Vec<u8>, secret: &Secret) -> Result<Self, OpenError> {
        let bytes = Bytes::Held(Arc::new(bytes));
        let head = check_head(&bytes)?;
        let mut sum = Checksum::new();
        sum.update(bytes.get(layout::SUMMED_FROM..).unwrap_or_default());
        finish(bytes, &head, &sum, secret)
    }
}

/// What the header says, with sections that lie inside the file and in order.
pub(crate) struct Head {
    sections: [Range<usize>; Section::ALL.len()],
}

impl Head {
    fn section(&self, section: Section) -> Range<usize> {
        self.sections[section as usize].clone()
    }
}

fn check_head(bytes: &[u8]) -> Result<Head, OpenError> {
    let damaged = |part| OpenError::Damaged { part };
    if bytes.len() < HEADER || array::<8>(bytes, 0) != layout::MAGIC {
        return Err(OpenError::Kind);
    }
    let found = u32::from_le_bytes(array(bytes, 8));
    if found != layout::VERSION {
        return Err(OpenError::Version { found });
    }
    if u32::from_le_bytes(array(bytes, 12)) as usize != HEADER {
        return Err(damaged("the length of the header"));
    }
    if bytes[layout::ZEROS].iter().any(|&byte| byte != 0) {
        return Err(damaged("the header"));
    }
    if u64::from_le_bytes(array(bytes, layout::LENGTH)) != bytes.len() as u64 {
        return Err(damaged("the length of the file"));
    }
    let mut sections = std::array::from_fn(|_| 0..0);
    let mut last = HEADER;
    for (place, section) in sections.iter_mut().enumerate() {
        let at = layout::SECTIONS + 16 * place;
        let number = |at| usize::try_from(u64::from_le_bytes(array(bytes, at)));
        let (Ok(start), Ok(length)) = (number(at), number(at + 8)) else {
            return Err(damaged("a section"));
        };
        let end = start.checked_add(length).filter(|&end| end <= bytes.len());
        let Some(end) = end.filter(|_| start >= last && start.is_multiple_of(Checksum::BLOCK))
        else {
            return Err(damaged("a section"));
        };
        *section = start..end;
        last = end;
    }
    Ok(Head { sections })
}

fn finish(
    bytes: Bytes,
    head: &Head,
    sum: &Checksum,
    secret: &Secret,
) -> Result<Artefact, OpenError> {
    let damaged = |part| OpenError::Damaged { part };
    if bytes[layout::CHECKSUM] != sum.finish() {
        return Err(damaged("its checksum"));
    }
    if bytes[layout::SEAL] != secret.seal(&bytes[..layout::SEAL.start]) {
        return Err(OpenError::Foreign);
    }
    let input = Digest(array(&bytes, layout::INPUT));
    let attempt = u32::from_le_bytes(array(&bytes, layout::ATTEMPT));
    let section = |which: Section| &bytes[head.section(which)];
    let lists = read_lists(section(Section::Lists)).ok_or(damaged("a list"))?;
    let exceptions =
        read_exceptions(section(Section::Exceptions)).ok_or(damaged("an exception"))?;
    let patterns =
        read_patterns(section(Section::Patterns), lists.len()).ok_or(damaged("a pattern"))?;
    let salted = head.section(Section::Salted);
    let salted = read_salted(&bytes, salted, lists.len()).ok_or(damaged("a salted list"))?;
    let finder = |which| {
        let bytes = section(which);
        let found = (!bytes.is_empty()).then(|| Finder::read(bytes));
        match found {
            Some(None) => Err(damaged("the automaton of the patterns")),
            Some(Some(finder)) => Ok(Some(Arc::new(finder))),
            None => Ok(None),
        }
    };
    let (host_finder, url_finder) = (finder(Section::HostFinder)?, finder(Section::UrlFinder)?);
    let artefact = Artefact {
        sections: head.sections.clone(),
        key: secret.lane_keys(input, attempt),
        names: usize::try_from(u64::from_le_bytes(array(&bytes, layout::NAMES)))
            .map_err(|_| damaged("the count of names"))?,
        buckets: u64::from_le_bytes(array(&bytes, layout::BUCKETS)),
        reach: u32::from_le_bytes(array(&bytes, layout::REACH)),
        depths: u128::from_le_bytes(array(&bytes, layout::DEPTHS)),
        url_buckets: u64::from_le_bytes(array(&bytes, layout::URL_BUCKETS)),
        url_reach: u32::from_le_bytes(array(&bytes, layout::URL_REACH)),
        url_depths: u128::from_le_bytes(array(&bytes, layout::URL_DEPTHS)),
        digest: Digest(array(&bytes, layout::DIGEST.start)),
        input,
        vocabulary: Digest(array(&bytes, layout::VOCABULARY)),
        lists: lists.into(),
        exceptions: exceptions.into(),
        salted: salted.into(),
        patterns: patterns.into(),
        host_finder,
        url_finder,
        allow: CategorySet::from_bits(u128::from_le_bytes(array(&bytes, layout::ALLOW))),
        compiled_digest: Digest(array(&bytes, layout::DIGEST.start)),
        amended: None,
        bytes,
    };
    check_tables(&artefact).map_err(damaged)?;
    Ok(artefact)
}

/// Holds every number of the tables against what it points into.
fn check_tables(artefact: &Artefact) -> Result<(), &'static str> {
    let (buckets, rest) = artefact.section(Section::Buckets).as_chunks::<64>();
    let most = buckets.len() as u64;
    if !rest.is_empty()
        || artefact.buckets == 0
        || artefact.reach > layout::MOST_REACH
        || artefact.buckets.checked_add(u64::from(artefact.reach)) != Some(most)
        || most > u64::from(u32::MAX) / SLOTS as u64
    {
        return Err("the count of buckets");
    }
    let (rows, rest) = artefact
        .section(Section::Rows)
        .as_chunks::<{ Row::BYTES }>();
    if !rest.is_empty() || rows.is_empty() || rows.len() > layout::MOST_SETS {
        return Err("the count of label sets");
    }
    let (members, rest) = artefact.section(Section::Members).as_chunks::<4>();
    if !rest.is_empty() {
        return Err("a label set");
    }
    for row in rows.iter().map(Row::read) {
        let end = (row.start as usize).checked_add(row.count as usize);
        if end.is_none_or(|end| end > members.len()) {
            return Err("a label set");
        }
    }
    let sound = |member: Member| {
        usize::from(member.list) < artefact.lists.len()
            && CategoryId::new(member.category).is_some()
    };
    if !members.iter().all(|&member| sound(Member::read(member))) {
        return Err("a member of a label set");
    }
    let mut largest = 0;
    let mut spilled = 0usize;
    for bucket in buckets {
        for set in sets_of(bucket) {
            if set == SPILLED {
                spilled += 1;
            } else {
                largest = largest.max(set);
            }
        }
    }
    if usize::from(largest) >= rows.len() {
        return Err("the label set of a name");
    }
    check_pairs(artefact, spilled, rows.len())
}

fn check_pairs(artefact: &Artefact, spilled: usize, sets: usize) -> Result<(), &'static str> {
    let second = |pair: &[u8], at| u32::from_le_bytes(array(pair, at)) as usize;
    let spill = artefact.section(Section::Spill);
    if spill.len() != spilled * 8 || !spill.chunks(8).all(|pair| second(pair, 4) < sets) {
        return Err("a spilled label set");
    }
    let exact = artefact.section(Section::Exact);
    if !exact.len().is_multiple_of(8) {
        return Err("an exact name");
    }
    let (v4, v6) = (artefact.section(Section::V4), artefact.section(Section::V6));
    if !v4.len().is_multiple_of(8)
        || !v6.len().is_multiple_of(20)
        || !v4.chunks(8).all(|row| second(row, 4) < sets)
        || !v6.chunks(20).all(|row| second(row, 16) < sets)
    {
        return Err("an address");
    }
    if !artefact
        .salted
        .iter()
        .all(|list| (list.set() as usize) < sets)
    {
        return Err("a salted list");
    }
    check_urls(artefact, sets)?;
    let buckets = artefact.section(Section::Buckets).len() / 64;
    if artefact.section(Section::Cold).len() != buckets * 4 {
        return Err("the names");
    }
    Ok(())
}

fn check_urls(artefact: &Artefact, sets: usize) -> Result<(), &'static str> {
    let damaged = Err("a rule for URLs");
    let (buckets, rest) = artefact.section(Section::UrlHosts).as_chunks::<64>();
    let most = buckets.len() as u64;
    let counted = artefact
        .url_buckets
        .checked_add(u64::from(artefact.url_reach));
    if !rest.is_empty()
        || artefact.url_reach > layout::MOST_REACH
        || counted != Some(most)
        || most > u64::from(u32::MAX) / SLOTS as u64
    {
        return damaged;
    }
    let (rows, rest) = artefact
        .section(Section::UrlRules)
        .as_chunks::<{ UrlRow::BYTES }>();
    let sound = |row: &[u8; UrlRow::BYTES]| (UrlRow::read(row).set as usize) < sets;
    if !rest.is_empty() || !rows.iter().all(sound) {
        return damaged;
    }
    let (starts, rest) = artefact.section(Section::UrlStarts).as_chunks::<4>();
    let slots = if buckets.is_empty() {
        0
    } else {
        buckets.len() * SLOTS + 1
    };
    let mut last = 0;
    let ascend = starts.iter().all(|start| {
        let start = u32::from_le_bytes(*start);
        let sound = start >= last && start as usize <= rows.len();
        last = start;
        sound
    });
    if !rest.is_empty() || starts.len() != slots || !ascend {
        return damaged;
    }
    let texts = artefact.section(Section::ColdUrls).len();
    let networks = artefact.section(Section::ColdNetworks).len();
    if texts != rows.len() * 4 || !networks.is_multiple_of(20) {
        return Err("the texts of rules");
    }
    Ok(())
}

/// Takes numbers and texts off the front of a section.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.number()? as usize;
        std::str::from_utf8(self.bytes(length)?).ok()
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

fn read_lists(bytes: &[u8]) -> Option<Vec<ListMeta>> {
    let mut cursor = Cursor(bytes);
    let count = cursor.number()?;
    let mut lists = Vec::new();
    for _ in 0..count {
        let id = cursor.text()?.to_owned();
        let categories = CategorySet::from_bits(u128::from_le_bytes(cursor.take()?));
        let [flags] = cursor.take()?;
        let digest = Digest(cursor.take()?);
        let entries = u64::from_le_bytes(cursor.take()?);
        lists.push(ListMeta {
            id,
            categories,
            third_party: flags & 1 != 0,
            crosses_suffix: flags & 2 != 0,
            established: flags & 4 != 0,
            answers: flags & 8 != 0,
            digest,
            entries,
        });
    }
    cursor.end()?;
    Some(lists)
}

fn read_exceptions(bytes: &[u8]) -> Option<Vec<ExceptionRow>> {
    let mut cursor = Cursor(bytes);
    let count = cursor.number()?;
    let mut rows: Vec<ExceptionRow> = Vec::new();
    for _ in 0..count {
        let name = cursor.text()?.to_owned();
        let [class] = cursor.take()?;
        let reason = cursor.text()?.to_owned();
        if rows.last().is_some_and(|last| last.name >= name) {
            return None;
        }
        rows.push(ExceptionRow {
            name,
            class: CategoryId::new(class),
            reason,
        });
    }
    cursor.end()?;
    Some(rows)
}

fn read_salted(bytes: &[u8], section: Range<usize>, lists: usize) -> Option<Vec<SaltedList>> {
    let mut cursor = Cursor(bytes.get(section.clone())?);
    let count = cursor.number()?;
    let mut salted = Vec::new();
    for _ in 0..count {
        let list = u16::from_le_bytes(cursor.take()?);
        let length = cursor.number()? as usize;
        let salt = cursor.bytes(length)?;
        let (names, urls) = (cursor.number()? as usize, cursor.number()? as usize);
        let set = cursor.number()?;
        let mut range = |count: usize| {
            let start = section.end - cursor.0.len();
            let length = count.checked_mul(32)?;
            cursor.bytes(length)?;
            Some(start..start + length)
        };
        let (names, urls) = (range(names)?, range(urls)?);
        if usize::from(list) >= lists {
            return None;
        }
        salted.push(SaltedList::new(salt, names, urls, set));
    }
    cursor.end()?;
    Some(salted)
}

fn read_patterns(bytes: &[u8], lists: usize) -> Option<Vec<Listed>> {
    let mut cursor = Cursor(bytes);
    let count = cursor.number()?;
    let mut patterns = Vec::new();
    for _ in 0..count {
        let list = u16::from_le_bytes(cursor.take()?);
        let [place, syntax] = cursor.take()?;
        let place = *Place::ALL.get(usize::from(place))?;
        let syntax = *Syntax::ALL.get(usize::from(syntax))?;
        let text = cursor.text()?.to_owned();
        if usize::from(list) >= lists || text.is_empty() {
            return None;
        }
        let pattern = Pattern {
            place,
            syntax,
            text,
        };
        patterns.push(Listed::known(list, pattern, Vec::new()));
    }
    cursor.end()?;
    Some(patterns)
}
