use crate::day_file::{Day, DayFile, DayFileError, Kept, kept_files};
use crate::envelope::{Envelope, Recipient};
use crate::retention::digest_of;
use crate::subject::Span;
use model::{Digest, Moment};
use serde::Serialize;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// What is known of a day file once nothing is added to it any more; for the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SealedDay {
    /// The name of the file: day and class.
    pub file: String,
    /// How many rows it holds.
    pub rows: u64,
    /// How many bytes it has, opened.
    pub bytes: u64,
    /// The digest of the opened file.
    pub digest: Digest,
    /// Whom it was closed to; `None` when it stays open.
    pub closed_to: Option<String>,
}

/// A past day could not be sealed; it stays as it was.
#[derive(Debug, thiserror::Error)]
#[error("`{file}` of the journal could not be sealed; check the free space of the disk")]
pub struct SealDayError {
    /// The file.
    pub file: String,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// Seals the days before yesterday that are not sealed yet: gives them the indexes that a search
/// wants, takes their digest, and closes them to a recipient whose key lies elsewhere.
///
/// A file that somebody is still writing or reading is left for the next time, and so are days of
/// which any moment lies in `spared`: who copies from them has not the key. Call it at night, on
/// a thread of its own: a million rows take some seconds.
///
/// # Errors
///
/// Fails at the first file that cannot be sealed. Those before it are sealed; write
/// their digests into the ledger, `done` gets each as it is finished.
pub fn seal_days(
    folder: &Path,
    recipient: Option<&Recipient>,
    now: Moment,
    spared: &[Span],
    mut done: impl FnMut(SealedDay),
) -> Result<(), SealDayError> {
    let failed = |file: String, source: Box<dyn std::error::Error + Send + Sync>| SealDayError {
        file,
        source,
    };
    let files = kept_files(folder)
        .map_err(|source| failed(folder.display().to_string(), Box::new(source)))?;
    for kept in &files {
        let closed_already = files
            .iter()
            .any(|other| other.closed && other.key == kept.key);
        let wanted = spared.iter().any(|span| span.meets(kept.key.day));
        if wanted || kept.closed || closed_already || kept.key.day.0 >= Day::of(now).0 - 1 {
            continue;
        }
        match seal(kept, recipient, now) {
            Ok(Some(sealed)) => done(sealed),
            Ok(None) => {}
            Err(error) => return Err(failed(kept.name(), Box::new(error))),
        }
    }
    Ok(())
}

fn seal(
    kept: &Kept,
    recipient: Option<&Recipient>,
    now: Moment,
) -> Result<Option<SealedDay>, DayFileError> {
    let file = DayFile::open(&kept.path)?;
    let indexed = file.sealed()?;
    if indexed && recipient.is_none() {
        return Ok(None);
    }
    if !indexed {
        file.index(now)?;
    }
    let rows = file.rows()?;
    // In another mode somebody has it open, and bytes of it stand in the file beside it.
    if !file.close()? {
        return Ok(None);
    }
    let (bytes, digest) = digest_of(&kept.path)?;
    if let Some(recipient) = recipient {
        close(&kept.path, recipient)?;
    }
    Ok(Some(SealedDay {
        file: kept.name(),
        rows,
        bytes,
        digest,
        closed_to: recipient.map(ToString::to_string),
    }))
}

/// Puts a closed file in the place of an open one. A crash leaves one of them whole.
fn close(path: &Path, recipient: &Recipient) -> io::Result<()> {
    let name = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        std::path::PathBuf::from(name)
    };
    let (beside, closed) = (name(".age.new"), name(".age"));
    let to = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    let mut to = Envelope::Recipient(recipient.clone()).wrap(BufWriter::new(to))?;
    io::copy(&mut BufReader::new(File::open(path)?), &mut to)?;
    let mut to = to.finish()?;
    to.flush()?;
    to.get_ref().sync_all()?;
    std::fs::rename(&beside, &closed)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()?;
    // Only now, so that at no moment there is none.
    std::fs::remove_file(path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
