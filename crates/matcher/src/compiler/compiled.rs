use super::report::{CompileError, CompileReport};
use model::Digest;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A finished artefact in memory.
pub struct Compiled {
    pub(super) digest: Digest,
    pub(super) report: CompileReport,
    pub(super) bytes: Vec<u8>,
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
