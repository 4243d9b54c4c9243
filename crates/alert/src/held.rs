use crate::{Letter, Notice, Person, Urgency};
use model::Moment;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// The number of a notice in its queue; never used twice.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct NoticeId(pub u64);

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A person and a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// Who.
    pub person: Person,
    /// When.
    pub at: Moment,
}

/// A mail that a server took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// To whom.
    pub to: Person,
    /// When.
    pub at: Moment,
    /// The `Message-ID` of the mail: the delivery id of the change log (CHG-02).
    pub message: String,
    /// How many notices of the topic it told of.
    pub count: u64,
}

/// A delivery that failed, and when it is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// When it failed last.
    pub at: Moment,
    /// When it failed first since it last went well.
    pub since: Moment,
    /// Why, in the words of whoever refused.
    pub why: String,
    /// How often in a row.
    pub tries: u32,
    /// When it is tried again.
    pub next: Moment,
}

/// Another notice of the same topic that was taken into one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Also {
    /// When it was made.
    pub at: Moment,
    /// Its line.
    pub title: String,
    /// The entry of the ledger that it tells of.
    pub entry: Option<u64>,
}

/// A notice in the queue, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its number.
    pub id: NoticeId,
    /// What is to be told, and how.
    pub letter: Letter,
    /// How many notices it stands for, the first included.
    pub count: u64,
    /// When the last of them was made.
    pub last: Moment,
    /// The first few of the others.
    pub also: Vec<Also>,
    /// The mails that went out.
    pub sent: Vec<Sent>,
    /// How many of the notices the webhook was told of.
    pub posted: u64,
    /// The last failure by mail, until one goes out.
    pub failed: Option<Failed>,
    /// The last failure by webhook, until one goes out.
    pub post_failed: Option<Failed>,
    /// Who read it.
    pub acknowledged: Option<By>,
    /// Who looks after it.
    pub owner: Option<By>,
    /// How many stayed silent so far.
    pub step: u32,
    /// When the present one was told, or should have been.
    pub step_since: Moment,
}

impl Held {
    pub(crate) fn new(id: NoticeId, letter: Letter) -> Self {
        Self {
            id,
            count: letter.times.max(1),
            last: letter.notice.at,
            also: Vec::new(),
            sent: Vec::new(),
            posted: 0,
            failed: None,
            post_failed: None,
            acknowledged: None,
            owner: None,
            step: 0,
            step_since: letter.notice.at,
            letter,
        }
    }

    /// What is to be told.
    pub const fn notice(&self) -> &Notice {
        &self.letter.notice
    }

    /// Whether somebody was told: a mail server took it, or somebody read it in the console.
    pub const fn is_delivered(&self) -> bool {
        !self.sent.is_empty() || self.acknowledged.is_some()
    }

    /// Whether nothing more is to be done: it was read, or it was news and went out by mail.
    pub fn is_settled(&self) -> bool {
        let told = self.sent.iter().map(|sent| sent.count).max();
        match self.letter.notice.urgency {
            _ if self.acknowledged.is_some() => true,
            Urgency::Digest => told.is_some_and(|told| told >= self.count),
            Urgency::Soon | Urgency::Immediate => false,
        }
    }

    /// How long it took until somebody read it (REP-26).
    pub fn time_to_acknowledge(&self) -> Option<Duration> {
        let by = self.acknowledged.as_ref()?;
        Some(self.letter.notice.at.until(by.at))
    }

    /// When something last happened to it.
    pub(crate) fn touched(&self) -> Moment {
        let by = |by: &Option<By>| by.as_ref().map(|by| by.at);
        self.sent
            .iter()
            .map(|sent| sent.at)
            .chain(by(&self.acknowledged))
            .chain(by(&self.owner))
            .fold(self.last, Moment::max)
    }

    /// Whether a letter made now may be counted here instead of standing alone.
    pub(crate) fn takes_in(&self, other: &Letter) -> bool {
        // A clock that was set back makes one burst of two, never one of none.
        let age = self.letter.notice.at.until(other.notice.at);
        let room = !other.duty || self.also.len() < MOST_ALSO;
        room && self.acknowledged.is_none()
            && !self.is_settled()
            && age < WINDOW
            && self.letter.takes_in(other)
    }

    pub(crate) fn take_in(&mut self, also: Also, times: u64) {
        self.count = self.count.saturating_add(times.max(1));
        self.last = self.last.max(also.at);
        if self.also.len() < MOST_ALSO {
            self.also.push(also);
        }
    }

    /// Whether the window in which others are counted here is over.
    pub(crate) fn is_closed(&self, now: Moment) -> bool {
        now < self.letter.notice.at || self.letter.notice.at.until(now) >= WINDOW
    }
}

/// How long notices of one topic are one.
pub(crate) const WINDOW: Duration = Duration::from_secs(3600);

/// How many of those taken in keep their line.
const MOST_ALSO: usize = 20;
