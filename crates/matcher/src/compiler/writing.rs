use super::closure::Closed;
use super::placing::Placed;
use super::urls::Urls;
use super::{CompileError, CompileReport, Compiler};
use crate::Coverage;
use crate::checksum::Checksum;
use crate::hash::lanes_of;
use crate::layout::{self, HEADER, Row, SLOTS, SPILLED, Section};
use crate::list::is_floor;
use crate::pattern::{Finder, Place};
use crate::{ListMeta, Secret};
use model::{CategorySet, Digest};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A finished artefact in memory.
pub struct Compiled {
    digest: Digest,
    report: CompileReport,
    bytes: Vec<u8>,
}

impl Compiled {
    /// The digest of the artefact, which is also its name.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// What the compilation found.
    pub const fn report(&self) -> &CompileReport {
        &self.report
    }

    /// The bytes of the file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of the file, to be opened without a disk.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The name of the file in its folder.
    pub fn file_name(&self) -> String {
        format!("{}.artefact", self.digest)
    }

    /// Writes the file into a folder and gives its path.
    ///
    /// It appears whole or not at all: written beside, synced, renamed, the folder synced.
    ///
    /// # Errors
    ///
    /// When the disk does not take it.
    pub fn write_to(&self, folder: &Path) -> Result<PathBuf, CompileError> {
        let path = folder.join(self.file_name());
        let beside = folder.join(format!(".{}.part", self.file_name()));
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&beside)?;
            file.write_all(&self.bytes)?;
            file.sync_all()?;
            std::fs::rename(&beside, &path)?;
            File::open(folder)?.sync_all()
        };
        match write() {
            Ok(()) => Ok(path),
            Err(source) => {
                // What is left of a failed write is of no use; that it stays is no second fault.
                let _ = std::fs::remove_file(&beside);
                Err(CompileError::Write { path, source })
            }
        }
    }
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiled")
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

pub(super) struct Head {
    pub(super) input: Digest,
    pub(super) attempt: u32,
    pub(super) vocabulary: Digest,
    pub(super) allow: CategorySet,
}

pub(super) fn write(
    compiler: &Compiler,
    secret: &Secret,
    head: Head,
    placed: &Placed,
    mut closed: Closed,
    urls: &Urls,
    mut report: CompileReport,
) -> Result<Compiled, CompileError> {
    let salted = salted_sets(compiler, &mut closed)?;
    let mut out = Out {
        bytes: vec![0; HEADER],
        sections: Vec::new(),
    };
    out.section(Section::Buckets);
    let mut spill = Vec::new();
    for (bucket, names) in placed.buckets.iter().zip(placed.slots.chunks(SLOTS)) {
        let mut bucket = *bucket;
        for (place, &name) in names
            .iter()
            .enumerate()
            .filter(|(_, name)| **name != Placed::EMPTY)
        {
            let slot = ((out.bytes.len() - HEADER) / 8 + place) as u32;
            let set = closed.whole[name as usize];
            let field = u16::try_from(set)
                .ok()
                .filter(|&set| set != SPILLED)
                .unwrap_or(SPILLED);
            if field == SPILLED {
                spill.extend_from_slice(&slot.to_le_bytes());
                spill.extend_from_slice(&set.to_le_bytes());
            }
            bucket[place * 8..place * 8 + 2].copy_from_slice(&field.to_le_bytes());
        }
        out.bytes.extend_from_slice(&bucket);
    }
    out.section(Section::Rows);
    closed
        .sets
        .rows
        .iter()
        .for_each(|row| row.write(&mut out.bytes));
    out.section(Section::Members);
    closed
        .sets
        .members
        .iter()
        .for_each(|member| out.bytes.extend_from_slice(&member.write()));
    out.section(Section::Spill);
    out.bytes.extend_from_slice(&spill);
    write_exact(compiler, placed, &closed, &mut out)?;
    write_addresses(&closed, &mut out);
    write_urls(urls, &mut out);
    write_salted(compiler, &salted, &mut out);
    write_lists(compiler, &mut out)?;
    report.hot_bytes = out.bytes.len();
    write_cold(compiler, placed, &closed, &mut out)?;
    write_cold_rest(compiler, urls, &mut out)?;
    report.names = placed.names();
    report.addresses = compiler.networks.len();
    report.urls = urls.rows.len();
    report.patterns = compiler.patterns.len();
    let digests = compiler.salted.values();
    report.digests = digests.map(|one| one.names.len() + one.urls.len()).sum();
    report.sets = closed.sets.rows.len() - 1;
    report.bytes = out.bytes.len();
    Ok(out.finish(secret, &head, placed, urls, report))
}

/// The texts of names whose set opens something, found by slot.
fn write_exact(
    compiler: &Compiler,
    placed: &Placed,
    closed: &Closed,
    out: &mut Out,
) -> Result<(), CompileError> {
    let mut names = Vec::new();
    out.section(Section::Exact);
    for (slot, &name) in (0u32..)
        .zip(&placed.slots)
        .filter(|(_, name)| **name != Placed::EMPTY)
    {
        let set = closed.whole[name as usize] as usize;
        if closed.sets.rows[set].flags & Row::EXACT == 0 {
            continue;
        }
        let offset = offset(names.len())?;
        out.bytes.extend_from_slice(&slot.to_le_bytes());
        out.bytes.extend_from_slice(&offset.to_le_bytes());
        let record = compiler.records[placed.records(name)[0] as usize];
        let text = compiler.name(record);
        if closed.is_withheld(name as usize) {
            let lanes = lanes_of(text, placed.key);
            names.push(0);
            names.extend_from_slice(&lanes.bucket.to_le_bytes());
            names.extend_from_slice(&lanes.tag.to_le_bytes());
        } else {
            names.push(record.length);
            names.extend_from_slice(text);
        }
    }
    out.section(Section::ExactNames);
    out.bytes.extend_from_slice(&names);
    Ok(())
}

fn write_addresses(closed: &Closed, out: &mut Out) {
    out.section(Section::V4);
    for (first, set) in &closed.addresses.v4 {
        out.bytes.extend_from_slice(&first.to_le_bytes());
        out.bytes.extend_from_slice(&set.to_le_bytes());
    }
    out.section(Section::V6);
    for (first, set) in &closed.addresses.v6 {
        out.bytes.extend_from_slice(&first.to_le_bytes());
        out.bytes.extend_from_slice(&set.to_le_bytes());
    }
}

fn write_urls(urls: &Urls, out: &mut Out) {
    out.section(Section::UrlHosts);
    for bucket in &urls.buckets {
        out.bytes.extend_from_slice(bucket);
    }
    out.section(Section::UrlStarts);
    for start in &urls.starts {
        out.bytes.extend_from_slice(&start.to_le_bytes());
    }
    out.section(Section::UrlRules);
    for row in &urls.rows {
        row.write(&mut out.bytes);
    }
}

/// The label set of each salted list, in the order of the lists.
fn salted_sets(compiler: &Compiler, closed: &mut Closed) -> Result<Vec<u32>, CompileError> {
    let mut sets = Vec::new();
    for (list, _) in compiler.salted.keys() {
        let mut members = Vec::new();
        compiler.members_of_list(*list, Coverage::NAME, &mut members);
        sets.push(closed.sets.number(compiler, &mut members, false)?);
    }
    Ok(sets)
}

fn write_salted(compiler: &Compiler, sets: &[u32], out: &mut Out) {
    out.section(Section::Salted);
    out.number(compiler.salted.len());
    for (((list, salt), digests), set) in compiler.salted.iter().zip(sets) {
        out.bytes.extend_from_slice(&list.to_le_bytes());
        out.number(salt.bytes().len());
        out.bytes.extend_from_slice(salt.bytes());
        out.number(digests.names.len());
        out.number(digests.urls.len());
        out.bytes.extend_from_slice(&set.to_le_bytes());
        for digest in digests.names.iter().chain(&digests.urls) {
            out.bytes.extend_from_slice(digest);
        }
    }
}

/// What is kept of networks and URL rules for people.
fn write_cold_rest(compiler: &Compiler, urls: &Urls, out: &mut Out) -> Result<(), CompileError> {
    out.section(Section::ColdNetworks);
    for network in &compiler.networks {
        let meta = &compiler.lists[usize::from(network.list)];
        if !meta.categories.iter().all(is_floor) {
            out.bytes.extend_from_slice(&network.cold());
        }
    }
    out.section(Section::ColdUrls);
    let mut texts = Vec::new();
    for text in &urls.texts {
        out.bytes
            .extend_from_slice(&offset(texts.len())?.to_le_bytes());
        // A host and a beginning are far shorter than that.
        let text = text.as_deref().unwrap_or_default();
        texts.extend_from_slice(&(text.len() as u16).to_le_bytes());
        texts.extend_from_slice(text.as_bytes());
    }
    out.section(Section::ColdUrlTexts);
    out.bytes.extend_from_slice(&texts);
    Ok(())
}

fn write_lists(compiler: &Compiler, out: &mut Out) -> Result<(), CompileError> {
    out.section(Section::Lists);
    out.number(compiler.lists.len());
    for list in &compiler.lists {
        out.text(&list.id);
        out.bytes
            .extend_from_slice(&list.categories.bits().to_le_bytes());
        out.bytes.push(list_flags(list));
        out.bytes.extend_from_slice(&list.digest.0);
        out.bytes.extend_from_slice(&list.entries.to_le_bytes());
    }
    out.section(Section::Exceptions);
    out.number(compiler.exceptions.len());
    for (name, exception) in &compiler.exceptions {
        out.text(name);
        out.bytes
            .push(exception.class.map_or(u8::MAX, |class| class.place() as u8));
        out.text(&exception.reason);
    }
    for (section, places) in [
        (Section::HostFinder, &[Place::Label, Place::Host][..]),
        (Section::UrlFinder, &[Place::Url]),
    ] {
        out.section(section);
        let finder = Finder::build(&compiler.patterns, places)?;
        if let Some(finder) = finder {
            finder.write(&mut out.bytes);
        }
    }
    out.section(Section::Patterns);
    out.number(compiler.patterns.len());
    for listed in &compiler.patterns {
        out.bytes.extend_from_slice(&listed.list.to_le_bytes());
        out.bytes.push(listed.pattern.place.code());
        out.bytes.push(listed.pattern.syntax.code());
        out.text(&listed.pattern.text);
    }
    Ok(())
}

fn list_flags(list: &ListMeta) -> u8 {
    u8::from(list.third_party)
        | u8::from(list.crosses_suffix) << 1
        | u8::from(list.established) << 2
        | u8::from(list.answers) << 3
}

fn write_cold(
    compiler: &Compiler,
    placed: &Placed,
    closed: &Closed,
    out: &mut Out,
) -> Result<(), CompileError> {
    let text = |name: u32| {
        let record = compiler.records[placed.records(name)[0] as usize];
        let withheld = closed.is_withheld(name as usize);
        if withheld {
            &[][..]
        } else {
            compiler.name(record)
        }
    };
    out.section(Section::Cold);
    let mut at = 0usize;
    for names in placed.slots.chunks(SLOTS) {
        out.bytes.extend_from_slice(&offset(at)?.to_le_bytes());
        let used = names.iter().filter(|&&name| name != Placed::EMPTY);
        at += used.map(|&name| 5 + text(name).len()).sum::<usize>();
    }
    out.section(Section::ColdNames);
    out.bytes.reserve_exact(at + Checksum::BLOCK);
    for &name in placed.slots.iter().filter(|&&name| name != Placed::EMPTY) {
        let text = text(name);
        // A name has at most 253 bytes.
        out.bytes.push(text.len() as u8);
        out.bytes
            .extend_from_slice(&closed.own[name as usize].to_le_bytes());
        out.bytes.extend_from_slice(text);
    }
    Ok(())
}

fn offset(at: usize) -> Result<u32, CompileError> {
    u32::try_from(at).map_err(|_| CompileError::Many { what: "names" })
}

struct Out {
    bytes: Vec<u8>,
    sections: Vec<usize>,
}

impl Out {
    /// Ends a section and starts the next, on a cache line of its own.
    fn section(&mut self, section: Section) {
        if !self.sections.is_empty() {
            self.end();
        }
        debug_assert_eq!(self.sections.len(), 2 * section as usize);
        self.sections.push(self.bytes.len());
    }

    fn end(&mut self) {
        self.sections.push(self.bytes.len());
        self.bytes
            .resize(self.bytes.len().next_multiple_of(Checksum::BLOCK), 0);
        let last = self.sections.len() - 1;
        // Kept as start and end here, written as start and length.
        self.sections[last] -= self.sections[last - 1];
    }

    fn number(&mut self, number: usize) {
        // Lists and patterns are counted before; texts come from files of bounded size.
        self.bytes.extend_from_slice(&(number as u32).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn finish(
        mut self,
        secret: &Secret,
        head: &Head,
        placed: &Placed,
        urls: &Urls,
        report: CompileReport,
    ) -> Compiled {
        self.end();
        self.put(0, &layout::MAGIC);
        self.put(8, &layout::VERSION.to_le_bytes());
        self.put(12, &(HEADER as u32).to_le_bytes());
        self.put(layout::LENGTH, &(self.bytes.len() as u64).to_le_bytes());
        self.put(layout::NAMES, &(report.names as u64).to_le_bytes());
        self.put(layout::BUCKETS, &placed.homes.to_le_bytes());
        self.put(layout::REACH, &placed.reach.to_le_bytes());
        self.put(layout::ATTEMPT, &head.attempt.to_le_bytes());
        self.put(layout::DEPTHS, &placed.depths.to_le_bytes());
        self.put(layout::INPUT, &head.input.0);
        self.put(layout::VOCABULARY, &head.vocabulary.0);
        self.put(layout::URL_BUCKETS, &urls.homes.to_le_bytes());
        self.put(layout::URL_REACH, &urls.reach.to_le_bytes());
        self.put(layout::ALLOW, &head.allow.bits().to_le_bytes());
        self.put(layout::URL_DEPTHS, &urls.depths.to_le_bytes());
        for (place, number) in std::mem::take(&mut self.sections).into_iter().enumerate() {
            self.put(layout::SECTIONS + 8 * place, &(number as u64).to_le_bytes());
        }
        let mut sum = Checksum::new();
        sum.update(&self.bytes[layout::SUMMED_FROM..]);
        self.put(layout::CHECKSUM.start, &sum.finish());
        let digest = Digest::of(&self.bytes[layout::SUMMED_FROM..]);
        self.put(layout::DIGEST.start, &digest.0);
        let seal = secret.seal(&self.bytes[..layout::SEAL.start]);
        self.put(layout::SEAL.start, &seal);
        let report = CompileReport {
            bytes: self.bytes.len(),
            ..report
        };
        Compiled {
            digest,
            report,
            bytes: self.bytes,
        }
    }
}
