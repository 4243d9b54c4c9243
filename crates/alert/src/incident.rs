use crate::{Person, Role, Theme};
use audit::DecisionRow;
use model::{Action, Door, Moment};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// The number of an incident; never used twice.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct IncidentId(pub u64);

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What kind of matter an incident is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IncidentKind {
    /// A visit to what may harm, blocked or not.
    Visit,
    /// Illegal content was asked for.
    Floor,
    /// A visit by a member of staff.
    Staff,
    /// A pupil told an adult.
    PupilReport,
    /// A member of staff reported a page.
    StaffReport,
    /// Somebody complained (REP-16).
    Complaint,
    /// The gateway or its list failed, or somebody got round it (REP-15).
    Technical,
    /// Personal data got where it should not be.
    DataBreach,
}

impl IncidentKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Visit,
        Self::Floor,
        Self::Staff,
        Self::PupilReport,
        Self::StaffReport,
        Self::Complaint,
        Self::Technical,
        Self::DataBreach,
    ];

    /// The word in files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Visit => "visit",
            Self::Floor => "floor",
            Self::Staff => "staff",
            Self::PupilReport => "pupil-report",
            Self::StaffReport => "staff-report",
            Self::Complaint => "complaint",
            Self::Technical => "technical",
            Self::DataBreach => "data-breach",
        }
    }

    /// The name that people read.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Visit => "Visit to harmful content",
            Self::Floor => "Illegal content asked for",
            Self::Staff => "Visit by a member of staff",
            Self::PupilReport => "Report by a pupil",
            Self::StaffReport => "Report by staff",
            Self::Complaint => "Complaint",
            Self::Technical => "Technical or security incident",
            Self::DataBreach => "Breach of personal data",
        }
    }

    /// The roles that may read incidents of this kind (REP-05, REP-06, MON-05); the chair reads
    /// one that concerns the headteacher.
    pub const fn readers(self) -> &'static [Role] {
        match self {
            Self::Visit | Self::Floor | Self::PupilReport => {
                &[Role::SafeguardingLead, Role::Headteacher]
            }
            Self::Staff => &[Role::Headteacher],
            Self::StaffReport => &[
                Role::Coordinator,
                Role::SafeguardingLead,
                Role::Headteacher,
                Role::Deputy,
            ],
            Self::Complaint => &[Role::Headteacher, Role::Deputy],
            Self::Technical => &[
                Role::Technician,
                Role::Coordinator,
                Role::Headteacher,
                Role::Deputy,
            ],
            Self::DataBreach => &[Role::Headteacher, Role::Deputy, Role::Technician],
        }
    }
}

/// Whether a person opened a page, as far as the gateway can tell (REP-28).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nature {
    /// Somebody opened a page.
    Page,
    /// A machine's own traffic: an advertisement, a picture in a page, an app.
    Background,
    /// A name was asked for or a tunnel opened; both may have been either.
    Unclear,
}

impl Nature {
    /// What the gateway can tell of one decision.
    pub fn of(row: &DecisionRow) -> Self {
        match row.door {
            _ if row.background => Self::Background,
            Door::Http | Door::Https => Self::Page,
            Door::Dns | Door::Connect | Door::Explain => Self::Unclear,
        }
    }

    /// What people read.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Page => "a page was opened",
            Self::Background => "a request in the background, not a page that somebody opened",
            Self::Unclear => "the gateway could not tell a page from a request in the background",
        }
    }
}

/// One line of what else the same device did at the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextRow {
    /// When.
    pub at: Moment,
    /// The site; absent for illegal content.
    pub host: Option<String>,
    /// What the gateway did.
    pub action: Action,
    /// Whether a page was opened.
    pub nature: Nature,
    /// The categories.
    pub categories: Vec<String>,
    /// How many requests it stands for.
    pub count: u64,
}

/// What somebody found: by chance or on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Intent {
    /// By chance.
    Accidental,
    /// On purpose.
    Deliberate,
    /// It could not be found out.
    Unknown,
}

/// A matter that a person must look into, as it is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// What kind of matter it is.
    pub kind: IncidentKind,
    /// When it happened.
    pub at: Moment,
    /// What it is about, for visits.
    pub theme: Option<Theme>,
    /// What makes two within an hour the same; absent, it stands alone.
    pub topic: Option<String>,
    /// Who did it or told it, by the name on the network or in the accounts, where known.
    pub who: Option<String>,
    /// The device or its address, where known.
    pub device: Option<String>,
    /// The group.
    pub group: Option<String>,
    /// The site; absent for illegal content, which only the record of visits holds.
    pub host: Option<String>,
    /// The address of illegal content, sealed: two persons together may open it (ILL-13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
    /// The list that named it.
    pub list: Option<String>,
    /// What the gateway did.
    pub action: Option<Action>,
    /// Whether a page was opened.
    pub nature: Option<Nature>,
    /// What somebody wrote, or what is known besides.
    pub words: String,
    /// Five minutes of what else the device did; no help line is among it.
    pub context: Vec<ContextRow>,
    /// Persons named in the matter: they may not see, take, decide or close it.
    pub concerns: Vec<Person>,
    /// How many times it happened within the hour.
    pub count: u64,
}

impl Incident {
    /// An incident of which no more is known than its kind, moment and words.
    pub fn new(kind: IncidentKind, at: Moment, words: impl Into<String>) -> Self {
        Self {
            kind,
            at,
            theme: None,
            topic: None,
            who: None,
            device: None,
            group: None,
            host: None,
            sealed: None,
            list: None,
            action: None,
            nature: None,
            words: words.into(),
            context: Vec::new(),
            concerns: Vec::new(),
            count: 1,
        }
    }
}

/// Where an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IncidentState {
    /// Nobody looks after it yet.
    Open,
    /// Somebody looks after it.
    Taken,
    /// It went on to somebody higher, who has yet to take it.
    Escalated,
    /// It is closed.
    Closed,
}

impl IncidentState {
    /// The word in files, which people can read.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Taken => "taken",
            Self::Escalated => "escalated",
            Self::Closed => "closed",
        }
    }
}

/// What must be said to close an incident (REP-14).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// By chance or on purpose.
    pub intent: Intent,
    /// What was done.
    pub action: String,
    /// What came of it.
    pub outcome: String,
}

/// An incident in the record, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Its number.
    pub id: IncidentId,
    /// What happened.
    pub incident: Incident,
    /// When it last happened.
    pub last: Moment,
    /// Where it stands.
    pub state: IncidentState,
    /// Who looks after it, and since when.
    pub owner: Option<(Person, Moment)>,
    /// When somebody first took it.
    pub first_taken: Option<Moment>,
    /// The role it went on to.
    pub escalated_to: Option<Role>,
    /// What was noted, by whom and when; oldest first.
    pub notes: Vec<(Person, Moment, String)>,
    /// How it was closed, by whom and when.
    pub closed: Option<(Person, Moment, Closing)>,
}

impl Recorded {
    /// How long it took until somebody took it (REP-26).
    pub fn time_to_take(&self) -> Option<Duration> {
        Some(self.incident.at.until(self.first_taken?))
    }
}
