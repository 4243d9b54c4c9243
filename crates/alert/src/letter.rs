use crate::{Notice, Person};
use serde::{Deserialize, Serialize};

/// What a notice is about: it decides the subject line and the frame of a mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// Nothing below.
    #[default]
    General,
    /// Something waits for a decision.
    Approval,
    /// Something was changed.
    Change,
    /// A child may be in danger.
    Safeguarding,
    /// Illegal content was asked for. Its mail bears no address of any page (ILL-12).
    Illegal,
    /// Something a member of staff may have done.
    Staff,
    /// The gateway needs somebody.
    Technical,
    /// A report that comes by the calendar.
    Report,
    /// A head of the ledger, to be kept elsewhere.
    Witness,
}

impl NoticeKind {
    /// The word in files and at the webhook.
    pub const fn word(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Approval => "approval",
            Self::Change => "change",
            Self::Safeguarding => "safeguarding",
            Self::Illegal => "illegal",
            Self::Staff => "staff",
            Self::Technical => "technical",
            Self::Report => "report",
            Self::Witness => "witness",
        }
    }
}

/// A notice with all that its delivery must know.
///
/// ```
/// use alert::{Letter, Notice, NoticeKind, Role, Urgency};
/// use model::Moment;
///
/// let letter = Letter::from(Notice {
///     at: Moment::from_millis(0),
///     to: Role::Headteacher,
///     urgency: Urgency::Soon,
///     title: "a request waits".to_owned(),
///     words: "Year 5 asks for one site".to_owned(),
///     entry: Some(7),
/// })
/// .kind(NoticeKind::Approval)
/// .topic("request-7")
/// .link("/requests/7")
/// .duty();
/// assert!(letter.duty);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// What the person must be told.
    pub notice: Notice,
    /// What it is about.
    #[serde(default)]
    pub kind: NoticeKind,
    /// Persons named in the matter, by account or by their name on the network: they are not told.
    #[serde(default)]
    pub concerns: Vec<Person>,
    /// Whom of the role it goes to first; the usual order where absent.
    #[serde(default)]
    pub first: Option<Person>,
    /// Whether only the role itself may know, and the chair when it cannot be reached.
    #[serde(default)]
    pub confidential: bool,
    /// What makes two notices of one hour the same; absent, it stands alone.
    #[serde(default)]
    pub topic: Option<String>,
    /// A path in the console, such as `/requests/7`. It shows nothing without a sign-in.
    #[serde(default)]
    pub link: Option<String>,
    /// The head of the ledger when it was made, in its text form.
    #[serde(default)]
    pub checkpoint: Option<String>,
    /// Whether changes are held up while it is not delivered (CHG-32).
    #[serde(default)]
    pub duty: bool,
    /// How often what it tells of happened, 1 or more.
    #[serde(default = "once")]
    pub times: u64,
}

const fn once() -> u64 {
    1
}

impl From<Notice> for Letter {
    fn from(notice: Notice) -> Self {
        Self {
            notice,
            kind: NoticeKind::General,
            concerns: Vec::new(),
            first: None,
            confidential: false,
            topic: None,
            link: None,
            checkpoint: None,
            duty: false,
            times: 1,
        }
    }
}

impl Letter {
    /// The same, about this.
    #[must_use]
    pub const fn kind(mut self, kind: NoticeKind) -> Self {
        self.kind = kind;
        self
    }

    /// The same, kept from these persons.
    #[must_use]
    pub fn concerning(mut self, persons: impl IntoIterator<Item = Person>) -> Self {
        self.concerns.extend(persons);
        self
    }

    /// The same, to this person of the role first.
    #[must_use]
    pub fn first(mut self, person: Person) -> Self {
        self.first = Some(person);
        self
    }

    /// The same, for the role alone.
    #[must_use]
    pub const fn confidential(mut self) -> Self {
        self.confidential = true;
        self
    }

    /// The same, one with others of this topic within the hour.
    #[must_use]
    pub fn topic(mut self, topic: impl Into<String>) -> Self {
        self.topic = Some(topic.into());
        self
    }

    /// The same, leading to this path of the console.
    #[must_use]
    pub fn link(mut self, path: impl Into<String>) -> Self {
        self.link = Some(path.into());
        self
    }

    /// The same, with the head of the ledger.
    #[must_use]
    pub fn checkpoint(mut self, text: impl Into<String>) -> Self {
        self.checkpoint = Some(text.into());
        self
    }

    /// The same as a duty: changes are held up while it is not delivered.
    #[must_use]
    pub const fn duty(mut self) -> Self {
        self.duty = true;
        self
    }

    /// The same, of something that happened so often.
    #[must_use]
    pub const fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Whether another letter says the same to the same people, at most as urgently.
    pub(crate) fn takes_in(&self, other: &Self) -> bool {
        self.topic.is_some()
            && self.topic == other.topic
            && self.notice.to == other.notice.to
            && self.kind == other.kind
            && self.concerns == other.concerns
            && self.first == other.first
            && self.confidential == other.confidential
            && other.notice.urgency <= self.notice.urgency
            && other.duty <= self.duty
    }
}
