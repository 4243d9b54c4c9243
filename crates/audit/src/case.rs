use crate::correction::corrections_of;
use crate::envelope::{Envelope, Recipient};
use crate::search::SearchError;
use crate::subject::{Span, Subject};
use crate::{EnvelopeKey, disk};
use model::{Digest, Moment};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a hold keeps from deletion: the rows about a subject, a day either side of a moment.
///
/// It is a copy, so retention goes on deleting whole files. Whether it may be let go is for the
/// desk: one person holds, two release (LOG-05).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    /// Its name: letters, digits and hyphens.
    pub name: String,
    /// The name of its file.
    pub file: String,
    /// Whose rows it holds.
    pub subject: Subject,
    /// The time that it covers.
    pub span: Span,
    /// How many rows.
    pub rows: u64,
    /// The digest of the opened file, for the ledger.
    pub digest: Digest,
    /// Whom it was closed to; `None` when it stays open.
    pub closed_to: Option<String>,
}

/// Rows were not held.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// The name cannot be that of a file.
    #[error("`{name}` cannot name a case: use up to 64 letters, digits and hyphens")]
    Name {
        /// The name.
        name: String,
    },
    /// There is a case of this name.
    #[error("there is a case `{name}` already; choose another name")]
    Exists {
        /// The name.
        name: String,
    },
    /// The journal cannot be read.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The file could not be written.
    #[error("the case file `{file}` could not be written; check rights and free space")]
    Write {
        /// The file.
        file: String,
        /// The cause.
        source: io::Error,
    },
}

/// The folder that cases lie in, and how they are closed.
#[derive(Clone, Debug)]
pub struct Cases {
    folder: PathBuf,
    recipient: Option<Recipient>,
}

impl Cases {
    /// Names the folder; cases are closed to the recipient, where there is one.
    pub fn new(folder: &Path, recipient: Option<Recipient>) -> Self {
        Self {
            folder: folder.to_owned(),
            recipient,
        }
    }

    /// The time around a moment that a case covers.
    pub fn span(around: Moment) -> Span {
        Span {
            since: Some(around.before(EITHER_SIDE)),
            until: Some(around.after(EITHER_SIDE)),
        }
    }

    /// Copies the rows about a subject, 24 hours either side of a moment, to a file of their own,
    /// with the corrections that speak of them; on the disk when this returns.
    ///
    /// # Errors
    ///
    /// Fails when the journal cannot be read or the file not be written; there is none then.
    pub fn hold(
        &self,
        name: &str,
        journal: &Path,
        subject: &Subject,
        around: Moment,
        key: Option<&EnvelopeKey>,
    ) -> Result<Case, HoldError> {
        let file = self.file(name)?;
        let path = self.folder.join(&file);
        if path.exists() {
            let name = name.to_owned();
            return Err(HoldError::Exists { name });
        }
        let span = Self::span(around);
        let beside = self.folder.join(format!("{file}.new"));
        let written = self.write(&beside, name, journal, subject, span, key);
        let named = written.and_then(|done| {
            std::fs::rename(&beside, &path)
                .and_then(|()| File::open(&self.folder)?.sync_all())
                .map(|()| done)
                .map_err(SearchError::Output)
        });
        let (rows, digest) = named.map_err(|error| {
            let _ = std::fs::remove_file(&beside);
            match error {
                SearchError::Output(source) => HoldError::Write {
                    file: path.display().to_string(),
                    source,
                },
                other => other.into(),
            }
        })?;
        Ok(Case {
            name: name.to_owned(),
            file,
            subject: subject.clone(),
            span,
            rows,
            digest,
            closed_to: self.recipient.as_ref().map(ToString::to_string),
        })
    }

    /// Deletes a case that was released. What there is no more is released already.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be deleted.
    pub fn release(&self, name: &str) -> Result<(), HoldError> {
        let file = self.file(name)?;
        let failed = |source| HoldError::Write {
            file: file.clone(),
            source,
        };
        // Whom cases are closed to may have changed since it was held.
        for end in ["", CLOSED] {
            let open = file.strip_suffix(CLOSED).unwrap_or(&file);
            match std::fs::remove_file(self.folder.join(format!("{open}{end}"))) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(failed(source)),
            }
        }
        match File::open(&self.folder).and_then(|folder| folder.sync_all()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Reads a case back, opened.
    ///
    /// # Errors
    ///
    /// Fails when it is not there, or is closed to another key.
    pub fn read(&self, name: &str, key: Option<&EnvelopeKey>) -> Result<Vec<u8>, HoldError> {
        let file = self.file(name)?;
        let failed = |source| HoldError::Write {
            file: file.clone(),
            source,
        };
        let bytes = std::fs::read(self.folder.join(&file)).map_err(failed)?;
        if self.recipient.is_none() {
            return Ok(bytes);
        }
        let closed = |source| {
            HoldError::Search(SearchError::Closed {
                file: file.clone(),
                source,
            })
        };
        key.ok_or_else(|| closed(None))?
            .read(&bytes[..])
            .map_err(|error| closed(Some(error)))
    }

    fn file(&self, name: &str) -> Result<String, HoldError> {
        let right = (1..=64).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let end = if self.recipient.is_some() { CLOSED } else { "" };
        if right {
            Ok(format!("{name}.case.jsonl{end}"))
        } else {
            let name = name.to_owned();
            Err(HoldError::Name { name })
        }
    }

    fn write(
        &self,
        beside: &Path,
        name: &str,
        journal: &Path,
        subject: &Subject,
        span: Span,
        key: Option<&EnvelopeKey>,
    ) -> Result<(u64, Digest), SearchError> {
        disk::make_folder(&self.folder).map_err(SearchError::Output)?;
        let to = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(beside)
            .map_err(SearchError::Output)?;
        let mut opened = Vec::new();
        let head = serde_json::json!({ "case": name, "subject": subject, "span": span });
        line(&mut opened, &head).map_err(SearchError::Output)?;
        let mut rows = 0;
        subject.each_row(journal, span, key, |row| {
            rows += 1;
            line(&mut opened, &row)
        })?;
        for correction in corrections_of(journal, subject, span)? {
            line(&mut opened, &correction).map_err(SearchError::Output)?;
        }
        let digest = Digest(Sha256::digest(&opened).into());
        self.put(to, &opened).map_err(SearchError::Output)?;
        Ok((rows, digest))
    }

    fn put(&self, to: File, opened: &[u8]) -> io::Result<()> {
        let mut to = BufWriter::new(to);
        match &self.recipient {
            Some(recipient) => {
                let mut closing = Envelope::Recipient(recipient.clone()).wrap(&mut to)?;
                closing.write_all(opened)?;
                closing.finish()?;
            }
            None => to.write_all(opened)?,
        }
        to.flush()?;
        to.get_ref().sync_all()
    }
}

fn line(to: &mut Vec<u8>, what: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *to, what)?;
    to.push(b'\n');
    Ok(())
}

const CLOSED: &str = ".age";
const EITHER_SIDE: Duration = Duration::from_secs(86_400);

#[cfg(test)]
mod tests;
