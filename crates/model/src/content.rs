use crate::Digest;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The bytes of a file, in memory or where they lie on the disk, under their digest.
///
/// Two contents are equal when their digests are.
#[derive(Clone, Debug)]
pub struct Content {
    digest: Digest,
    length: u64,
    bytes: Bytes,
}

#[derive(Clone, Debug)]
enum Bytes {
    Held(Arc<[u8]>),
    Kept(Arc<Path>),
}

impl Content {
    /// Bytes in memory.
    pub fn held(bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        Self {
            digest: Digest::of(&bytes),
            length: bytes.len() as u64,
            bytes: Bytes::Held(bytes),
        }
    }

    /// Bytes that stay on the disk until somebody reads them.
    pub fn kept(path: &Path, digest: Digest, length: u64) -> Self {
        Self {
            digest,
            length,
            bytes: Bytes::Kept(path.into()),
        }
    }

    /// The SHA-256 of the bytes.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// How many bytes there are.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The bytes, where they are in memory.
    pub const fn in_memory(&self) -> Option<&Arc<[u8]>> {
        match &self.bytes {
            Bytes::Held(bytes) => Some(bytes),
            Bytes::Kept(_) => None,
        }
    }

    /// Where the bytes are on the disk, where they are not in memory.
    pub fn path(&self) -> Option<&Path> {
        match &self.bytes {
            Bytes::Held(_) => None,
            Bytes::Kept(path) => Some(path),
        }
    }

    /// The bytes; those on the disk are read, and held against their digest.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidData`] when the file holds something else by now, and what the
    /// system says when it cannot be read.
    pub fn read(&self) -> io::Result<Arc<[u8]>> {
        let path = match &self.bytes {
            Bytes::Held(bytes) => return Ok(Arc::clone(bytes)),
            Bytes::Kept(path) => path,
        };
        let named = |error: io::Error| {
            let words = format!("`{}` could not be read: {error}", path.display());
            io::Error::new(error.kind(), words)
        };
        let bytes = std::fs::read(path).map_err(named)?;
        if Digest::of(&bytes) != self.digest {
            let words = "it holds something else than it did";
            return Err(named(io::Error::new(io::ErrorKind::InvalidData, words)));
        }
        Ok(bytes.into())
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Content {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_on_the_disk_are_those_that_were_named_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.txt");
        std::fs::write(&path, "a.test\n").unwrap();
        let held = Content::held(*b"a.test\n");
        let kept = Content::kept(&path, held.digest(), held.length());
        assert_eq!(kept, held);
        assert!(kept.in_memory().is_none());
        assert_eq!(kept.read().unwrap(), held.read().unwrap());

        std::fs::write(&path, "b.test\n").unwrap();
        let error = kept.read().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(error.to_string().contains("list.txt"), "{error}");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(kept.read().unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
