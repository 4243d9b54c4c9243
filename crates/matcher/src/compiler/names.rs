//! The names of all entries, their texts one after the other.

use super::CompileError;

/// All names, each with the list that it came from and what it covers.
#[derive(Default)]
pub(super) struct Names {
    pub(super) text: Vec<u8>,
    pub(super) records: Vec<Record>,
}

/// One entry: where its name stands in the text, whose it is, what it covers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) offset: u32,
    pub(super) list: u16,
    pub(super) length: u8,
    pub(super) coverage: u8,
}

impl Names {
    /// Takes an entry.
    pub(super) fn push(
        &mut self,
        list: u16,
        name: &[u8],
        coverage: u8,
    ) -> Result<(), CompileError> {
        let many = |_| CompileError::Many { what: "names" };
        let record = Record {
            offset: u32::try_from(self.text.len()).map_err(many)?,
            list,
            length: u8::try_from(name.len()).map_err(many)?,
            coverage,
        };
        self.text.extend_from_slice(name);
        self.records.push(record);
        Ok(())
    }

    /// The name of an entry.
    pub(super) fn text(&self, record: Record) -> &[u8] {
        &self.text[record.offset as usize..][..usize::from(record.length)]
    }
}
