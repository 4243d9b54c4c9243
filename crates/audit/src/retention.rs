use crate::correction::Correction;
use crate::day_file::{Day, Kept, kept_files};
use crate::decision_row::RetentionClass;
use crate::settings::Settings;
use crate::subject::Span;
use model::{Digest, Moment};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The files whose time is over, found and not yet deleted.
///
/// Write [`Expiry::proofs`] into the ledger, then call [`Expiry::delete`]: a crash between the two
/// finds them again, so nothing is ever deleted without its proof.
#[derive(Debug)]
pub struct Expiry {
    folder: PathBuf,
    proofs: Vec<Deletion>,
    /// No row is left from before this moment, whatever its class.
    none_before: Moment,
}

/// The proof that a file of the journal was deleted because its time was over (LOG-03).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deletion {
    /// The name of the file: day, class and kind.
    pub file: String,
    /// How long the class was kept, in days.
    pub kept_days: u16,
    /// How many bytes it had.
    pub bytes: u64,
    /// The digest of the file, which a copy that turns up later can be held against.
    pub digest: Digest,
}

/// Files whose time is over could not be found or deleted.
#[derive(Debug, thiserror::Error)]
#[error("`{file}` of the journal could not be {done}; check the rights of its folder")]
pub struct RetentionError {
    /// The file or the folder.
    pub file: String,
    /// What was tried.
    pub done: &'static str,
    source: io::Error,
}

impl Expiry {
    /// Finds what is older than its class is kept. Days of which any moment lies in `spared` are
    /// left alone: somebody still has to copy from them.
    ///
    /// # Errors
    ///
    /// Fails when the folder or one of these files cannot be read.
    pub fn find(
        folder: &Path,
        settings: &Settings,
        now: Moment,
        spared: &[Span],
    ) -> Result<Self, RetentionError> {
        let failed = |file: &Path, source| RetentionError {
            file: file.display().to_string(),
            done: "read",
            source,
        };
        let today = Day::of(now);
        let mut proofs = Vec::new();
        for kept in kept_files(folder).map_err(|source| failed(folder, source))? {
            let kept_days = settings.days(kept.class());
            let wanted = spared.iter().any(|span| span.meets(kept.day()));
            if wanted || kept.day().0 >= today.0 - i64::from(kept_days) {
                continue;
            }
            let (bytes, digest) =
                digest_of(&kept.path).map_err(|source| failed(&kept.path, source))?;
            proofs.push(Deletion {
                file: kept.name(),
                kept_days,
                bytes,
                digest,
            });
        }
        let past = now.before(Duration::from_secs(86_400 * longest(settings)));
        let left = spared.iter().filter_map(|span| span.since);
        Ok(Self {
            folder: folder.to_owned(),
            proofs,
            none_before: left.fold(past, Moment::min),
        })
    }

    /// What will be deleted; for the ledger.
    pub fn proofs(&self) -> &[Deletion] {
        &self.proofs
    }

    /// Deletes the files whole, with what SQLite keeps beside them.
    ///
    /// # Errors
    ///
    /// Fails at the first that cannot be deleted; the next [`Expiry::find`] finds it again.
    pub fn delete(self) -> Result<Vec<Deletion>, RetentionError> {
        for proof in &self.proofs {
            for companion in ["-wal", "-shm", ""] {
                let file = format!("{}{companion}", proof.file);
                match std::fs::remove_file(self.folder.join(&file)) {
                    Ok(()) => {}
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(source) => {
                        let done = "deleted";
                        return Err(RetentionError { file, done, source });
                    }
                }
            }
        }
        let synced = Correction::drop_before(&self.folder, self.none_before)
            .and_then(|()| File::open(&self.folder)?.sync_all());
        synced.map_err(|source| RetentionError {
            file: self.folder.display().to_string(),
            done: "synced",
            source,
        })?;
        Ok(self.proofs)
    }
}

fn longest(settings: &Settings) -> u64 {
    let days = RetentionClass::ALL.map(|class| settings.days(class));
    u64::from(days.into_iter().max().unwrap_or(u16::MAX)) + 1
}

/// The length and the digest of a file.
pub(crate) fn digest_of(path: &Path) -> io::Result<(u64, Digest)> {
    let (mut file, mut hasher) = (File::open(path)?, Sha256::new());
    let (mut block, mut length) = (vec![0; 1 << 16], 0);
    loop {
        match file.read(&mut block)? {
            0 => return Ok((length, Digest(hasher.finalize().into()))),
            read => {
                hasher.update(&block[..read]);
                length += read as u64;
            }
        }
    }
}

impl Kept {
    /// The retention class of the file; corrections are kept as long as what they may speak of.
    pub(crate) const fn class(&self) -> RetentionClass {
        self.key.class
    }

    pub(crate) const fn day(&self) -> Day {
        self.key.day
    }
}

#[cfg(test)]
mod tests;
