//! The bytes of the file, section by section.

use super::report::CompileError;
use crate::Secret;
use crate::checksum::Checksum;
use crate::layout::{self, HEADER, Section};
use model::Digest;

/// The file as far as it is written.
pub(super) struct Out {
    pub(super) bytes: Vec<u8>,
    sections: Vec<usize>,
}

impl Out {
    /// A file that has its header, still empty, and room for the first section.
    pub(super) fn new(room: usize) -> Self {
        let mut bytes = Vec::with_capacity(HEADER + room);
        bytes.resize(HEADER, 0);
        Self {
            bytes,
            sections: Vec::new(),
        }
    }

    /// Ends a section and starts the next, on a cache line of its own.
    pub(super) fn section(&mut self, section: Section) {
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

    pub(super) fn number(&mut self, number: usize) {
        // Lists and patterns are counted before; texts come from files of bounded size.
        self.bytes.extend_from_slice(&(number as u32).to_le_bytes());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub(super) fn put(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Ends the last section and writes into the header where each lies.
    pub(super) fn end_sections(&mut self) {
        self.end();
        for (place, number) in std::mem::take(&mut self.sections).into_iter().enumerate() {
            self.put(layout::SECTIONS + 8 * place, &(number as u64).to_le_bytes());
        }
    }

    /// Fills in what names and seals all that was written; gives the name.
    pub(super) fn seal(&mut self, secret: &Secret) -> Digest {
        let mut sum = Checksum::new();
        sum.update(&self.bytes[layout::SUMMED_FROM..]);
        self.put(layout::CHECKSUM.start, &sum.finish());
        let digest = Digest::of(&self.bytes[layout::SUMMED_FROM..]);
        self.put(layout::DIGEST.start, &digest.0);
        let seal = secret.seal(&self.bytes[..layout::SEAL.start]);
        self.put(layout::SEAL.start, &seal);
        digest
    }
}

/// A place in a section of the file, as the file holds it.
pub(super) fn offset(at: usize) -> Result<u32, CompileError> {
    u32::try_from(at).map_err(|_| CompileError::Many { what: "names" })
}
