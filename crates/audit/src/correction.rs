use crate::search::SearchError;
use crate::subject::{Span, Subject};
use model::Moment;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// A note that decisions were put down to the wrong person or device (LOG-07).
///
/// The rows stay as they were written; the correction is added, and goes out with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// When it was made.
    pub made: Moment,
    /// The address whose rows it speaks of.
    pub client: IpAddr,
    /// The first moment it speaks of.
    pub since: Moment,
    /// The moment before which it ends.
    pub until: Moment,
    /// The person or device that the rows name.
    pub named: Option<String>,
    /// Who it was in truth; `None` when nobody knows.
    pub truly: Option<String>,
    /// Why.
    pub reason: String,
    /// The entry of the ledger that says who made it.
    pub entry: u64,
}

impl Correction {
    /// Adds it to the journal of a folder; on the disk when this returns.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be written.
    pub fn add(&self, journal: &Path) -> io::Result<()> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        let path = journal.join(FILE);
        let mut file = OpenOptions::new()
            .append(true)
            .read(true)
            .create(true)
            .mode(0o600)
            .open(&path)?;
        // A crash can leave a part of a line; the next one must not become a part of it.
        if !ends_a_line(&path)? {
            line.insert(0, b'\n');
        }
        file.write_all(&line)?;
        file.sync_all()?;
        File::open(journal)?.sync_all()
    }

    /// All corrections of a journal, in the order in which they were made.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be read.
    pub fn read(journal: &Path) -> io::Result<Vec<Self>> {
        let text = match std::fs::read(journal.join(FILE)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        // Only a line that was never acknowledged is none.
        Ok(text
            .split(|&byte| byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect())
    }

    /// Takes out the corrections of rows that are deleted by now: they name people too.
    pub(crate) fn drop_before(journal: &Path, moment: Moment) -> io::Result<()> {
        let all = Self::read(journal)?;
        if all.iter().all(|one| one.until > moment) {
            return Ok(());
        }
        let beside = journal.join(format!("{FILE}.new"));
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        for one in all.iter().filter(|one| one.until > moment) {
            serde_json::to_writer(&mut file, one)?;
            file.write_all(b"\n")?;
        }
        file.sync_all()?;
        std::fs::rename(&beside, journal.join(FILE))?;
        File::open(journal)?.sync_all()
    }

    fn concerns(&self, subject: &Subject, span: Span) -> bool {
        let names =
            |name: &String| self.named.as_ref() == Some(name) || self.truly.as_ref() == Some(name);
        let about = match subject {
            Subject::User(name) | Subject::Device(name) => names(name),
            Subject::Client(address) => self.client == *address,
        };
        let from = span.until.is_none_or(|until| self.since < until);
        let to = span.since.is_none_or(|since| since < self.until);
        about && from && to
    }
}

/// The corrections that speak of a subject within a span.
pub(crate) fn corrections_of(
    journal: &Path,
    subject: &Subject,
    span: Span,
) -> Result<Vec<Correction>, SearchError> {
    let all = Correction::read(journal).map_err(|source| SearchError::Folder {
        folder: journal.display().to_string(),
        source,
    })?;
    let concerned = |one: &Correction| one.concerns(subject, span);
    Ok(all.into_iter().filter(concerned).collect())
}

fn ends_a_line(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::FileExt as _;
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut last = [b'\n'];
    if length > 0 {
        file.read_exact_at(&mut last, length - 1)?;
    }
    Ok(last == [b'\n'])
}

const FILE: &str = "corrections.jsonl";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::monday;
    use std::time::Duration;

    fn correction(reason: &str) -> Correction {
        Correction {
            made: monday(),
            client: "10.20.0.7".parse().unwrap(),
            since: monday().before(Duration::from_secs(3600)),
            until: monday(),
            named: Some("a.pupil".into()),
            truly: Some("b.pupil".into()),
            reason: reason.into(),
            entry: 12,
        }
    }

    #[test]
    fn a_correction_is_added_and_nothing_is_altered() {
        let folder = tempfile::tempdir().unwrap();
        correction("wrong card").add(folder.path()).unwrap();
        let first = std::fs::read(folder.path().join(FILE)).unwrap();
        correction("line\nfeed").add(folder.path()).unwrap();
        let both = std::fs::read(folder.path().join(FILE)).unwrap();
        assert!(both.starts_with(&first));
        let read = Correction::read(folder.path()).unwrap();
        assert_eq!(read, [correction("wrong card"), correction("line\nfeed")]);
    }

    #[test]
    fn half_a_line_left_by_a_crash_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        correction("one").add(folder.path()).unwrap();
        let path = folder.path().join(FILE);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.extend_from_slice(b"{\"made\":\"2026-");
        std::fs::write(&path, bytes).unwrap();
        correction("two").add(folder.path()).unwrap();
        assert_eq!(Correction::read(folder.path()).unwrap().len(), 2);
    }

    #[test]
    fn corrections_are_kept_as_long_as_the_rows_they_speak_of() {
        let folder = tempfile::tempdir().unwrap();
        correction("one").add(folder.path()).unwrap();
        let before = monday().before(Duration::from_secs(1));
        Correction::drop_before(folder.path(), before).unwrap();
        assert_eq!(Correction::read(folder.path()).unwrap().len(), 1);
        Correction::drop_before(folder.path(), monday()).unwrap();
        assert_eq!(Correction::read(folder.path()).unwrap(), []);
    }

    #[test]
    fn a_correction_goes_out_with_both_people_and_only_for_its_time() {
        let folder = tempfile::tempdir().unwrap();
        correction("one").add(folder.path()).unwrap();
        let found = |name: &str, span| {
            corrections_of(folder.path(), &Subject::User(name.into()), span)
                .unwrap()
                .len()
        };
        assert_eq!(found("a.pupil", Span::default()), 1);
        assert_eq!(found("b.pupil", Span::default()), 1);
        assert_eq!(found("c.pupil", Span::default()), 0);
        let after = Span {
            since: Some(monday()),
            until: None,
        };
        assert_eq!(found("a.pupil", after), 0);
    }
}
