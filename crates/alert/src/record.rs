use crate::Letter;
use crate::held::{Also, By, Failed, Held, NoticeId, Sent};
use model::Moment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;

/// One line of the queue's file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub(crate) enum Record {
    /// A notice came.
    Queued { id: NoticeId, letter: Letter },
    /// Another of its topic was taken into it.
    Merged {
        id: NoticeId,
        also: Also,
        times: u64,
    },
    /// A mail server took it.
    Sent { id: NoticeId, sent: Sent },
    /// No mail server took it.
    Failed { id: NoticeId, failed: Failed },
    /// The webhook took it.
    Posted { id: NoticeId, count: u64 },
    /// The webhook did not take it.
    PostFailed { id: NoticeId, failed: Failed },
    /// Somebody read it.
    Acknowledged { id: NoticeId, by: By },
    /// Somebody looks after it.
    Owned { id: NoticeId, by: By },
    /// Nobody read it in time; the next is told.
    Escalated { id: NoticeId, step: u32, at: Moment },
    /// A notice as it stood when the file was written anew.
    Kept { held: Box<Held> },
    /// The next number to be given.
    Next { id: NoticeId },
}

impl Record {
    pub(crate) fn to_line(&self) -> io::Result<Vec<u8>> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        Ok(line)
    }
}

/// What the records of a queue come to.
#[derive(Debug, Default)]
pub(crate) struct Book {
    held: BTreeMap<NoticeId, Held>,
    next: NoticeId,
    /// Lines that this version cannot read. They are never thrown away: each may be a duty.
    unreadable: Vec<Vec<u8>>,
}

impl Book {
    /// Enters a line of the file.
    pub(crate) fn read(&mut self, line: Vec<u8>) {
        match serde_json::from_slice(&line) {
            Ok(record) => self.enter(record),
            Err(_) => self.unreadable.push(line),
        }
    }

    /// Enters a record; one of a notice that is not held changes nothing.
    pub(crate) fn enter(&mut self, record: Record) {
        match record {
            Record::Queued { id, letter } => self.keep(Held::new(id, letter)),
            Record::Kept { held } => self.keep(*held),
            Record::Next { id } => self.next = self.next.max(id),
            Record::Merged { id, also, times } => {
                self.change(id, |held| held.take_in(also, times));
            }
            Record::Sent { id, sent } => self.change(id, |held| {
                held.failed = None;
                held.sent.push(sent);
            }),
            Record::Failed { id, failed } => self.change(id, |held| held.failed = Some(failed)),
            Record::Posted { id, count } => self.change(id, |held| {
                held.post_failed = None;
                held.posted = held.posted.max(count);
            }),
            Record::PostFailed { id, failed } => {
                self.change(id, |held| held.post_failed = Some(failed));
            }
            Record::Acknowledged { id, by } => {
                self.change(id, |held| held.acknowledged = Some(by));
            }
            Record::Owned { id, by } => self.change(id, |held| held.owner = Some(by)),
            Record::Escalated { id, step, at } => self.change(id, |held| {
                held.step = step;
                held.step_since = at;
            }),
        }
    }

    pub(crate) fn next_id(&self) -> NoticeId {
        self.next
    }

    pub(crate) fn find(&self, id: NoticeId) -> Option<&Held> {
        self.held.get(&id)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Held> {
        self.held.values()
    }

    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Held> {
        self.all().filter(|held| !held.is_settled())
    }

    /// The duties that nobody was told of.
    pub(crate) fn undelivered(&self) -> impl Iterator<Item = &Held> {
        self.all()
            .filter(|held| held.letter.duty && !held.is_delivered())
    }

    pub(crate) fn unreadable(&self) -> usize {
        self.unreadable.len()
    }

    /// The notice that a letter is to be counted at.
    pub(crate) fn place_for(&self, letter: &Letter) -> Option<NoticeId> {
        letter.topic.as_ref()?;
        let mut newest_first = self.held.values().rev();
        let found = newest_first.find(|held| held.takes_in(letter));
        found.map(|held| held.id)
    }

    /// The same without what was settled and not touched since a moment.
    pub(crate) fn without_settled_before(&self, moment: Moment) -> Self {
        let kept = |held: &&Held| !held.is_settled() || held.touched() >= moment;
        Self {
            held: self
                .all()
                .filter(kept)
                .map(|held| (held.id, held.clone()))
                .collect(),
            next: self.next,
            unreadable: self.unreadable.clone(),
        }
    }

    /// The whole as lines.
    pub(crate) fn to_lines(&self) -> io::Result<Vec<u8>> {
        let mut lines = Record::Next { id: self.next }.to_line()?;
        for line in &self.unreadable {
            lines.extend_from_slice(line);
            lines.push(b'\n');
        }
        for held in self.all() {
            let held = Box::new(held.clone());
            lines.extend(Record::Kept { held }.to_line()?);
        }
        Ok(lines)
    }

    fn keep(&mut self, held: Held) {
        self.next = self.next.max(NoticeId(held.id.0.saturating_add(1)));
        self.held.insert(held.id, held);
    }

    fn change(&mut self, id: NoticeId, act: impl FnOnce(&mut Held)) {
        if let Some(held) = self.held.get_mut(&id) {
            act(held);
        }
    }
}
