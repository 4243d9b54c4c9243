#![allow(
    unsafe_code,
    reason = "mapping a file is unsafe: another process could change it"
)]

use memmap2::{Advice, Mmap};
use std::fs::File;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// The bytes of an artefact: mapped from a file, or held in memory; shared by its amended copies.
#[derive(Clone)]
pub(crate) enum Bytes {
    Mapped(Arc<Mmap>),
    Held(Arc<Vec<u8>>),
}

impl Bytes {
    /// Maps a whole file for reading.
    pub(crate) fn map(file: &File) -> std::io::Result<Self> {
        // SAFETY: artefacts are written to a temporary file, synced and renamed; no part of the
        // gateway writes to or truncates a file that bears an artefact's name, and the folder is
        // the daemon's own. All access goes through checked slices, so even a file changed
        // against this rule gives wrong labels at worst, never an access out of bounds.
        let map = unsafe { Mmap::map(file)? };
        Ok(Self::Mapped(Arc::new(map)))
    }

    /// Says that a range is looked into everywhere and often, so that the kernel may map it by
    /// large pages: a look-up then spares the walk through the page tables.
    pub(crate) fn read_often(&self, range: Range<usize>) {
        #[cfg(target_os = "linux")]
        if let Self::Mapped(map) = self {
            // Advice is a hint, as below; where files have no large pages nothing comes of it.
            let _ = map.advise_range(Advice::HugePage, range.start, range.len());
        }
        #[cfg(not(target_os = "linux"))]
        let _ = range;
    }

    /// Says that a range is read at random, so that reading it does not drag its neighbours in.
    pub(crate) fn read_at_random(&self, range: Range<usize>) {
        if let Self::Mapped(map) = self {
            // Advice is a hint; a kernel that does not take it changes no answer.
            let _ = map.advise_range(Advice::Random, range.start, range.len());
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Held(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_mapped_file_reads_as_its_bytes() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[9; 10_000]).unwrap();
        let bytes = Bytes::map(&file).unwrap();
        bytes.read_often(0..4096);
        bytes.read_at_random(4096..10_000);
        assert_eq!(&*bytes, &[9; 10_000][..]);
    }
}
