use model::{Action, Certainty, Door, Moment, PolicyVersion, Rung};
use serde::Serialize;
use std::net::IpAddr;
use std::sync::Arc;

/// One decision as recorded, or several that differ in nothing but their moment.
///
/// It has the five things that every record must bear (IDN-01): device, address, person, moment
/// and what was asked for; where a device or person is not known, it says why. There is no place
/// for a query string, a header or a body.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DecisionRow {
    /// The moment of the first decision.
    pub first: Moment,
    /// The moment of the last decision.
    pub last: Moment,
    /// How many decisions the row stands for.
    pub count: u64,
    /// The address that asked.
    pub client: IpAddr,
    /// The device.
    pub device: Known,
    /// The person.
    pub user: Known,
    /// How surely device and person are known.
    #[serde(serialize_with = "certainty")]
    pub certainty: Certainty,
    /// The zone of the address.
    pub zone: Arc<str>,
    /// The group whose policy decided.
    pub group: Arc<str>,
    /// The door at which the query came in.
    pub door: Door,
    /// The HTTP method, at doors that see it.
    pub method: Option<Arc<str>>,
    /// The canonical host.
    pub host: Arc<str>,
    /// The path, as much of it as policy lets be kept; of illegal content the whole address, sealed.
    pub path: Option<Arc<str>>,
    /// The type of a DNS question, for instance `AAAA`.
    pub kind: Option<Arc<str>>,
    /// The categories that the query bore.
    pub categories: Arc<[Arc<str>]>,
    /// What the door was told to do.
    pub action: Action,
    /// The rung that spoke.
    pub rung: Rung,
    /// The rule that spoke, on rungs made of rules.
    pub rule: Option<Arc<str>>,
    /// The list whose label decided.
    pub list: Option<Arc<str>>,
    /// The version of the lists: the beginning of the artefact's digest.
    pub list_version: Option<Arc<str>>,
    /// The compiled policy that decided.
    pub policy_version: PolicyVersion,
    /// The bytes that went through, of all decisions of the row together.
    pub bytes: u64,
    /// How long the longest took, in milliseconds.
    pub duration_ms: u32,
    /// The number on the block page that a person may quote.
    pub reference: Option<Arc<str>>,
    /// Whether a person must look at it.
    pub alert: bool,
    /// Whether it is known to be a machine's own traffic and no person's.
    pub background: bool,
    /// Whether it stands for many hosts, of which `host` is one: the client asked for more
    /// distinct things in a minute than are kept apart.
    pub flood: bool,
}

/// A device or a person, or why there is none to name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known {
    /// Known by this name or number.
    Named(Arc<str>),
    /// Not known, for this reason.
    Unknown(Unknown),
}

/// Why a record names no device or person (IDN-01).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unknown {
    /// Nothing feeds identities for this zone.
    NoSource,
    /// There are sources, and none knows this address.
    NotBound,
    /// What was known had expired.
    Expired,
    /// Two sources contradict each other.
    Conflict,
    /// Many people share the address.
    SharedAddress,
    /// Another resolver asks for many.
    Forwarder,
    /// A thing that no person uses.
    Thing,
    /// The address is outside every zone.
    Outside,
}

impl Unknown {
    /// All reasons.
    pub const ALL: [Self; 8] = [
        Self::NoSource,
        Self::NotBound,
        Self::Expired,
        Self::Conflict,
        Self::SharedAddress,
        Self::Forwarder,
        Self::Thing,
        Self::Outside,
    ];

    /// The code in the journal.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoSource => "no-source",
            Self::NotBound => "not-bound",
            Self::Expired => "expired",
            Self::Conflict => "conflict",
            Self::SharedAddress => "shared-address",
            Self::Forwarder => "forwarder",
            Self::Thing => "thing",
            Self::Outside => "outside",
        }
    }
}

/// How long a record is kept: the class has a time of its own in the school's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RetentionClass {
    /// What was let through; kept shortest.
    Browse,
    /// What was refused, or shown only after a page.
    Block,
    /// What a person must look at, and everything on the floor.
    Alert,
}

impl RetentionClass {
    /// All classes, the shortest kept first.
    pub const ALL: [Self; 3] = [Self::Browse, Self::Block, Self::Alert];

    /// The word in the name of the file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Browse => "browse",
            Self::Block => "block",
            Self::Alert => "alert",
        }
    }
}

impl DecisionRow {
    /// The retention class that the row belongs to.
    pub const fn class(&self) -> RetentionClass {
        if self.alert || matches!(self.rung, Rung::Floor) {
            return RetentionClass::Alert;
        }
        match self.action {
            Action::Allow => RetentionClass::Browse,
            Action::Warn | Action::Permission | Action::Block => RetentionClass::Block,
        }
    }

    /// Whether decisions like this one may share a row.
    ///
    /// What a person must look at, and what names a URL or stands on a page that somebody may
    /// quote, keeps its own moment.
    pub const fn folds(&self) -> bool {
        !matches!(self.class(), RetentionClass::Alert)
            && self.path.is_none()
            && self.reference.is_none()
    }
}

/// The word of the journal for a certainty.
pub(crate) const fn certainty_word(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Zone => "zone",
        Certainty::Device => "device",
        Certainty::Binding => "binding",
        Certainty::SignIn => "sign-in",
    }
}

fn certainty<S: serde::Serializer>(value: &Certainty, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(certainty_word(*value))
}
