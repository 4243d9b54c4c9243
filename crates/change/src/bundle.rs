use model::{Digest, Files, PolicyVersion};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// All files of a policy and its own lists, under the digest of their content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    files: Files,
    digest: Digest,
}

/// A bundle could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The file cannot be read or written.
    #[error("the bundle {path} cannot be kept; check the disk and the rights of the state folder")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The bytes are no bundle.
    #[error("the bundle {path} is damaged; restore the state folder from its backup")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

impl Bundle {
    /// Makes a bundle of files.
    pub fn new(files: Files) -> Self {
        let digest = files.digest();
        Self { files, digest }
    }

    /// The files.
    pub const fn files(&self) -> &Files {
        &self.files
    }

    /// The digest of the content.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The version that decisions name.
    pub fn version(&self) -> PolicyVersion {
        PolicyVersion::from(self.digest)
    }

    /// The paths at which this bundle differs from another, in order.
    pub fn differs(&self, from: &Self) -> Vec<String> {
        let paths = self
            .files
            .iter()
            .chain(from.files.iter())
            .map(|(path, _)| path);
        let mut changed: Vec<String> = paths
            .filter(|path| self.files.content(path) != from.files.content(path))
            .map(str::to_owned)
            .collect();
        changed.sort();
        changed.dedup();
        changed
    }

    /// Writes the bundle into a folder; it is whole on the disk when this returns.
    pub(crate) fn keep(&self, folder: &Path) -> Result<(), BundleError> {
        let path = Self::path(folder, self.digest);
        if path.exists() && Self::read(folder, self.digest).is_ok() {
            return Ok(());
        }
        let fail = |source| BundleError::Io {
            path: path.clone(),
            source,
        };
        let part = path.with_extension("part");
        let mut file = File::create(&part).map_err(fail)?;
        file.write_all(&self.encode())
            .and_then(|()| file.sync_all())
            .map_err(fail)?;
        fs::rename(&part, &path).map_err(fail)?;
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(fail)
    }

    /// Reads a bundle back and holds it against its digest.
    pub(crate) fn read(folder: &Path, digest: Digest) -> Result<Self, BundleError> {
        let path = Self::path(folder, digest);
        let bytes = fs::read(&path).map_err(|source| BundleError::Io {
            path: path.clone(),
            source,
        })?;
        match Self::decode(&bytes) {
            Some(bundle) if bundle.digest == digest => Ok(bundle),
            Some(_) | None => Err(BundleError::Damaged { path }),
        }
    }

    fn path(folder: &Path, digest: Digest) -> PathBuf {
        folder.join(format!("{digest}.bundle"))
    }

    /// Magic, then for each file the lengths of path and content (u64, big-endian) and both.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for (path, content) in self.files.iter() {
            bytes.extend_from_slice(&(path.len() as u64).to_be_bytes());
            bytes.extend_from_slice(path.as_bytes());
            bytes.extend_from_slice(&(content.len() as u64).to_be_bytes());
            bytes.extend_from_slice(content);
        }
        bytes
    }

    /// Reads what [`Bundle::encode`] wrote; `None` for anything else.
    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let mut files = Files::default();
        let take = |rest: &mut &[u8]| -> Option<Vec<u8>> {
            let (length, after) = rest.split_first_chunk::<8>()?;
            let length = usize::try_from(u64::from_be_bytes(*length)).ok()?;
            let (part, after) = after.split_at_checked(length)?;
            *rest = after;
            Some(part.to_vec())
        };
        while !rest.is_empty() {
            let path = String::from_utf8(take(&mut rest)?).ok()?;
            files.insert(path, take(&mut rest)?);
        }
        Some(Self::new(files))
    }
}

const MAGIC: &[u8] = b"schoolgate bundle 1\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle() -> Bundle {
        let mut files = Files::default();
        files.insert("config/a.toml", *b"a = 1\n");
        files.insert("config/b.toml", *b"");
        Bundle::new(files)
    }

    #[test]
    fn a_bundle_is_read_as_it_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        bundle().keep(folder.path()).unwrap();
        assert_eq!(
            Bundle::read(folder.path(), bundle().digest()).unwrap(),
            bundle()
        );
    }

    #[test]
    fn a_bundle_with_a_flipped_byte_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        bundle().keep(folder.path()).unwrap();
        let path = Bundle::path(folder.path(), bundle().digest());
        let good = fs::read(&path).unwrap();
        for place in 0..good.len() {
            let mut bad = good.clone();
            bad[place] ^= 1;
            fs::write(&path, bad).unwrap();
            assert!(
                Bundle::read(folder.path(), bundle().digest()).is_err(),
                "byte {place}"
            );
        }
    }

    #[test]
    fn added_changed_and_removed_files_differ() {
        let mut files = Files::default();
        files.insert("config/a.toml", *b"a = 2\n");
        files.insert("config/c.toml", *b"");
        let other = Bundle::new(files);
        assert_eq!(
            other.differs(&bundle()),
            ["config/a.toml", "config/b.toml", "config/c.toml"]
        );
        assert!(bundle().differs(&bundle()).is_empty());
    }
}
