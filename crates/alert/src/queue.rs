use crate::Notice;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Notices that wait, in a file of JSON lines that is only ever added to.
#[derive(Debug)]
pub struct Queue {
    path: PathBuf,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    waiting: Vec<Notice>,
}

/// The queue of notices failed.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The file cannot be read or written.
    #[error("the notices in {path} cannot be kept; check the disk and the rights of the folder")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl Queue {
    /// Opens the queue of a folder.
    ///
    /// A last line that a crash cut short was never acknowledged and is left out.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be read or made.
    pub fn open(folder: &Path) -> Result<Self, QueueError> {
        let path = folder.join(FILE);
        let fail = |source| QueueError::Io {
            path: path.display().to_string(),
            source,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(fail)?;
        let mut waiting = Vec::new();
        let mut whole = true;
        for line in BufReader::new(&file).split(b'\n') {
            let line = line.map_err(fail)?;
            if let Ok(notice) = serde_json::from_slice(&line) {
                waiting.push(notice);
                whole = true;
            } else {
                whole = line.is_empty();
            }
        }
        if !whole {
            file.write_all(b"\n").map_err(fail)?;
        }
        Ok(Self {
            path,
            open: Mutex::new(Open { file, waiting }),
        })
    }

    /// Adds a notice; when this returns it is on the disk.
    ///
    /// # Errors
    ///
    /// Fails when it could not be written; the caller says so elsewhere.
    pub fn push(&self, notice: Notice) -> Result<(), QueueError> {
        let fail = |source| QueueError::Io {
            path: self.path.display().to_string(),
            source,
        };
        let mut line = serde_json::to_vec(&notice)
            .map_err(io::Error::from)
            .map_err(fail)?;
        line.push(b'\n');
        let mut open = self.lock();
        open.file
            .write_all(&line)
            .and_then(|()| open.file.sync_data())
            .map_err(fail)?;
        open.waiting.push(notice);
        Ok(())
    }

    /// The notices that wait, the oldest first.
    pub fn waiting(&self) -> Vec<Notice> {
        self.lock().waiting.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const FILE: &str = "notices.jsonl";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Role, Urgency};
    use model::Moment;

    fn notice(title: &str) -> Notice {
        Notice {
            at: Moment::from_millis(0),
            to: Role::Technician,
            urgency: Urgency::Soon,
            title: title.to_owned(),
            words: String::new(),
            entry: None,
        }
    }

    #[test]
    fn a_line_cut_short_by_a_crash_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        Queue::open(folder.path())
            .unwrap()
            .push(notice("first"))
            .unwrap();
        let mut file = OpenOptions::new()
            .append(true)
            .open(folder.path().join(FILE))
            .unwrap();
        file.write_all(b"{\"at\":\"1970").unwrap();
        Queue::open(folder.path())
            .unwrap()
            .push(notice("second"))
            .unwrap();
        let waiting = Queue::open(folder.path()).unwrap().waiting();
        let titles: Vec<_> = waiting.iter().map(|notice| notice.title.as_str()).collect();
        assert_eq!(titles, ["first", "second"]);
    }
}
