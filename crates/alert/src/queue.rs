use crate::bell::Bell;
use crate::held::{Also, By, Failed, Held, NoticeId, Sent};
use crate::line_file::LineFile;
use crate::record::{Book, Record};
use crate::{Directory, Letter, Person};
use model::Moment;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Notices and what became of them, in a file of JSON lines that is only ever added to.
///
/// What a call acknowledged is on the disk. Opening writes nothing, so that `status` may look at
/// the queue of a running gateway.
#[derive(Debug)]
pub struct Queue {
    open: Mutex<Open>,
    bell: Arc<Bell>,
}

#[derive(Debug)]
struct Open {
    file: LineFile,
    book: Book,
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
    /// More notices wait than are held.
    #[error("{limit} notices wait and no more are held; read those that wait in the console")]
    Full {
        /// How many are held.
        limit: usize,
    },
    /// There is no notice of this number.
    #[error("there is no notice {id}; it may have been settled long ago")]
    Unknown {
        /// The number.
        id: NoticeId,
    },
    /// Somebody who is named in the matter touched it.
    #[error("notice {id} concerns this person, who may not settle it; another must")]
    Concerned {
        /// The number.
        id: NoticeId,
    },
}

impl Queue {
    /// The most notices that wait at once.
    pub const LIMIT: usize = 20_000;

    /// Opens the queue of a folder.
    ///
    /// A last line that a crash cut short was never acknowledged and is left out.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be read.
    pub fn open(folder: &Path) -> Result<Self, QueueError> {
        let path = folder.join(FILE);
        let shown = path.display().to_string();
        let (file, lines) = LineFile::open(path).map_err(|source| QueueError::Io {
            path: shown,
            source,
        })?;
        let mut book = Book::default();
        for line in lines {
            book.read(line);
        }
        Ok(Self {
            open: Mutex::new(Open { file, book }),
            bell: Arc::default(),
        })
    }

    /// Adds a notice; when this returns it is on the disk.
    ///
    /// One of the same topic within the hour is counted at the first instead; the number given
    /// back is then that of the first.
    ///
    /// # Errors
    ///
    /// Fails when it could not be written, or too many wait; the caller says so elsewhere.
    pub fn push(&self, letter: impl Into<Letter>) -> Result<NoticeId, QueueError> {
        let letter = letter.into();
        let mut open = self.lock();
        let (id, record) = match open.book.place_for(&letter) {
            Some(id) => {
                let times = letter.times;
                let also = Also {
                    at: letter.notice.at,
                    title: letter.notice.title,
                    entry: letter.notice.entry,
                };
                (id, Record::Merged { id, also, times })
            }
            None if open.book.waiting().count() >= Self::LIMIT => {
                return Err(QueueError::Full { limit: Self::LIMIT });
            }
            None => {
                let id = open.book.next_id();
                (id, Record::Queued { id, letter })
            }
        };
        open.write(record)?;
        drop(open);
        self.bell.ring();
        Ok(id)
    }

    /// The notices that nobody settled, the oldest first.
    pub fn waiting(&self) -> Vec<Held> {
        self.lock().book.waiting().cloned().collect()
    }

    /// The notices that wait for a person: those who were told so far, and nobody whom a notice
    /// concerns.
    pub fn waiting_for(&self, person: &Person, directory: &Directory, now: Moment) -> Vec<Held> {
        let mut waiting = self.waiting();
        waiting.retain(|held| {
            let told = usize::try_from(held.step)
                .unwrap_or(usize::MAX)
                .saturating_add(1);
            let chain = directory.chain(&held.letter, now).into_iter();
            chain.take(told).any(|contact| contact.person == *person)
        });
        waiting
    }

    /// Every notice that is kept, settled ones of the last weeks included, the oldest first.
    pub fn all(&self) -> Vec<Held> {
        self.lock().book.all().cloned().collect()
    }

    /// One notice.
    pub fn find(&self, id: NoticeId) -> Option<Held> {
        self.lock().book.find(id).cloned()
    }

    /// Whether a notice of this topic is kept, settled or not.
    pub fn knows_topic(&self, topic: &str) -> bool {
        let open = self.lock();
        open.book
            .all()
            .any(|held| held.letter.topic.as_deref() == Some(topic))
    }

    /// How many lines of the file this version cannot read; they are kept as they are.
    pub fn unreadable(&self) -> usize {
        self.lock().book.unreadable()
    }

    /// When the oldest duty that nobody was told of was made.
    pub fn undelivered_since(&self) -> Option<Moment> {
        let open = self.lock();
        let undelivered = open.book.undelivered();
        undelivered.map(|held| held.letter.notice.at).min()
    }

    /// The duties that nobody was told of for this long: they hold up changes (CHG-32).
    pub fn overdue(&self, now: Moment, hold_up_after: Duration) -> Vec<Held> {
        let open = self.lock();
        open.book
            .undelivered()
            .filter(|held| held.letter.notice.at.until(now) >= hold_up_after)
            .cloned()
            .collect()
    }

    /// Writes down that somebody read a notice: it is settled, and goes to no further person.
    ///
    /// # Errors
    ///
    /// Refuses a person whom the notice concerns, and fails when it cannot be written.
    pub fn acknowledge(&self, id: NoticeId, person: &Person, at: Moment) -> Result<(), QueueError> {
        let by = By {
            person: person.clone(),
            at,
        };
        self.settle(id, person, |held| {
            held.acknowledged
                .is_none()
                .then_some(Record::Acknowledged { id, by })
        })
    }

    /// Writes down that somebody looks after a notice; it goes to no further person, and waits
    /// until it is acknowledged.
    ///
    /// # Errors
    ///
    /// Refuses a person whom the notice concerns, and fails when it cannot be written.
    pub fn take_on(&self, id: NoticeId, person: &Person, at: Moment) -> Result<(), QueueError> {
        let by = By {
            person: person.clone(),
            at,
        };
        self.settle(id, person, |_| Some(Record::Owned { id, by }))
    }

    /// Writes the file anew without what was settled long ago.
    ///
    /// # Errors
    ///
    /// Fails when it cannot be written; then all stays as it was.
    pub fn compact(&self, now: Moment) -> Result<(), QueueError> {
        let mut open = self.lock();
        let kept = open.book.without_settled_before(now.before(KEPT));
        let content = kept.to_lines().map_err(|source| open.failed(source))?;
        if let Err(source) = open.file.rewrite(&content) {
            return Err(open.failed(source));
        }
        open.book = kept;
        Ok(())
    }

    /// How many bytes the file has.
    pub(crate) fn bytes(&self) -> u64 {
        self.lock().file.len()
    }

    pub(crate) fn record_sent(&self, id: NoticeId, sent: Sent) -> Result<(), QueueError> {
        self.lock().write(Record::Sent { id, sent })
    }

    pub(crate) fn record_failed(&self, id: NoticeId, failed: Failed) -> Result<(), QueueError> {
        self.lock().write(Record::Failed { id, failed })
    }

    pub(crate) fn record_posted(&self, id: NoticeId, count: u64) -> Result<(), QueueError> {
        self.lock().write(Record::Posted { id, count })
    }

    pub(crate) fn record_post_failed(
        &self,
        id: NoticeId,
        failed: Failed,
    ) -> Result<(), QueueError> {
        self.lock().write(Record::PostFailed { id, failed })
    }

    pub(crate) fn record_escalated(
        &self,
        id: NoticeId,
        step: u32,
        at: Moment,
    ) -> Result<(), QueueError> {
        self.lock().write(Record::Escalated { id, step, at })
    }

    pub(crate) fn bell(&self) -> Arc<Bell> {
        Arc::clone(&self.bell)
    }

    fn settle(
        &self,
        id: NoticeId,
        person: &Person,
        record: impl FnOnce(&Held) -> Option<Record>,
    ) -> Result<(), QueueError> {
        let mut open = self.lock();
        let held = open.book.find(id).ok_or(QueueError::Unknown { id })?;
        if held.letter.concerns.contains(person) {
            return Err(QueueError::Concerned { id });
        }
        match record(held) {
            Some(record) => open.write(record),
            None => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Writes a record to the disk, and only then into the book.
    fn write(&mut self, record: Record) -> Result<(), QueueError> {
        let line = record.to_line();
        line.and_then(|line| self.file.append(&line))
            .map_err(|source| self.failed(source))?;
        self.book.enter(record);
        Ok(())
    }

    fn failed(&self, source: io::Error) -> QueueError {
        QueueError::Io {
            path: self.file.path().display().to_string(),
            source,
        }
    }
}

const FILE: &str = "notices.jsonl";

/// How long a settled notice is kept: longer than the longest month, for the reports.
const KEPT: Duration = Duration::from_secs(35 * 86_400);

#[cfg(test)]
mod tests;
