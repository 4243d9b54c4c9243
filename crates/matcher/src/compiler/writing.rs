use super::closure::Closed;
use super::placing::Placed;
use super::{CompileError, CompileReport, Compiler};
use crate::Secret;
use crate::checksum::Checksum;
use crate::hash::lanes_of;
use crate::layout::{self, HEADER, Row, SLOTS, SPILLED, Section};
use model::Digest;
use std::fs::File;
use std::io::Write;
use std::net::IpAddr;
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
}

pub(super) fn write(
    compiler: &Compiler,
    secret: &Secret,
    head: Head,
    placed: &Placed,
    closed: Closed,
    mut report: CompileReport,
) -> Result<Compiled, CompileError> {
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
    write_lists(compiler, &mut out);
    report.hot_bytes = out.bytes.len();
    write_cold(compiler, placed, &closed, &mut out)?;
    report.names = placed.names();
    report.addresses = closed.addresses.len();
    report.sets = closed.sets.rows.len() - 1;
    report.bytes = out.bytes.len();
    Ok(out.finish(secret, &head, placed, report))
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
    for (address, set) in &closed.addresses {
        if let IpAddr::V4(v4) = address {
            out.bytes.extend_from_slice(&u32::from(*v4).to_le_bytes());
            out.bytes.extend_from_slice(&set.to_le_bytes());
        }
    }
    out.section(Section::V6);
    for (address, set) in &closed.addresses {
        if let IpAddr::V6(v6) = address {
            out.bytes.extend_from_slice(&u128::from(*v6).to_le_bytes());
            out.bytes.extend_from_slice(&set.to_le_bytes());
        }
    }
}

fn write_lists(compiler: &Compiler, out: &mut Out) {
    out.section(Section::Lists);
    out.number(compiler.lists.len());
    for list in &compiler.lists {
        out.text(&list.id);
        out.bytes
            .extend_from_slice(&list.categories.bits().to_le_bytes());
        out.bytes
            .push(u8::from(list.third_party) | u8::from(list.crosses_suffix) << 1);
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
    out.section(Section::Patterns);
    out.number(compiler.patterns.len());
    for listed in &compiler.patterns {
        out.bytes.extend_from_slice(&listed.list.to_le_bytes());
        out.bytes.push(listed.pattern.place.code());
        out.text(&listed.pattern.text);
    }
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
