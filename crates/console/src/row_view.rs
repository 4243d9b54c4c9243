use crate::lexicon::Lexicon;
use crate::when::{When, Zone};
use audit::{DecisionRow, Known, Unknown};
use model::{Action, Door, Rung};
use serde::Serialize;

/// One row of the journal as it may be shown to whoever asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct RowView {
    /// The first moment, in the school's time.
    #[serde(skip)]
    pub(crate) when: When,
    /// The first moment, in UTC.
    pub(crate) at: String,
    /// Who it was, or why there is no name.
    pub(crate) who: String,
    /// The device and its address, where the reader may know them.
    pub(crate) device: String,
    /// The group.
    pub(crate) group: String,
    /// The site.
    pub(crate) site: String,
    /// Whether the site may be named, so that something can be proposed about it.
    #[serde(skip)]
    pub(crate) named: bool,
    /// The kinds of site.
    pub(crate) categories: Vec<String>,
    /// What the filter did.
    pub(crate) action: &'static str,
    /// Whether it was refused.
    #[serde(skip)]
    pub(crate) shut: bool,
    /// Why.
    pub(crate) why: String,
    /// Whether a person or a machine asked, as far as can be told.
    pub(crate) nature: &'static str,
    /// How many requests it stands for.
    pub(crate) count: u64,
    /// The number on the block page.
    pub(crate) reference: String,
}

/// How much of who it was is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Persons {
    /// Neither name nor device.
    Masked,
    /// The device and its address, no name: for whoever keeps the network running (LOG-11).
    Devices,
    /// All, with a reason that was written down.
    Named,
}

impl RowView {
    /// A row, with as much of who it was as the reader may know.
    pub(crate) fn new(row: &DecisionRow, persons: Persons, lexicon: &Lexicon, zone: &Zone) -> Self {
        // Who asked for help is nobody's to know (LOG-14).
        let persons = if is_help(row) {
            Persons::Masked
        } else {
            persons
        };
        let floor = row.rung == Rung::Floor;
        let path = row.path.as_deref().unwrap_or_default();
        let when = zone.when(row.first);
        Self {
            at: row.first.to_string(),
            when,
            who: match persons {
                Persons::Named => known(&row.user),
                Persons::Masked | Persons::Devices => masked(&row.user),
            },
            device: match (persons, &row.device) {
                (Persons::Masked, _) => String::new(),
                (Persons::Devices | Persons::Named, Known::Named(name)) => {
                    format!("{name}, {}", row.client)
                }
                (Persons::Devices | Persons::Named, Known::Unknown(_)) => row.client.to_string(),
            },
            group: lexicon.group(&row.group),
            site: if floor {
                FLOOR_SITE.to_owned()
            } else {
                format!("{}{path}", row.host)
            },
            named: !floor,
            categories: row
                .categories
                .iter()
                .map(|category| lexicon.category(category))
                .collect(),
            action: match path {
                gate::CONTINUE_PATH => "went on past a warning",
                _ => action(row.action),
            },
            shut: !matches!(row.action, Action::Allow | Action::Warn),
            why: why(row),
            nature: nature(row),
            count: row.count,
            reference: row.reference.as_deref().unwrap_or_default().to_owned(),
        }
    }
}

/// Whether somebody asked for a help line.
pub(crate) fn is_help(row: &DecisionRow) -> bool {
    row.categories.iter().any(|category| &**category == "help")
}

/// What the filter did, as people say it.
pub(crate) const fn action(action: Action) -> &'static str {
    match action {
        Action::Allow => "open",
        Action::Warn => "a warning first",
        Action::Permission => "closed, a teacher may unlock it",
        Action::Block => "blocked",
    }
}

/// Why something was decided, without the words of engineers.
pub(crate) const fn rung_words(rung: Rung) -> &'static str {
    match rung {
        Rung::Outside => "the device may not use this network",
        Rung::Floor => "illegal content",
        Rung::Paused => "web access paused",
        Rung::Emergency => "blocked in an emergency",
        Rung::Lock => "locked for the group",
        Rung::Mode => "a mode of the group",
        Rung::Plan => "individual plan",
        Rung::Override => "unblock or block for a while",
        Rung::Site => "what the policy says of this site",
        Rung::Category => "what the policy says of this kind of site",
        Rung::Established => "well known, with nothing against it",
        Rung::Unknown => "on no list",
    }
}

fn why(row: &DecisionRow) -> String {
    let words = rung_words(row.rung);
    match &row.rule {
        Some(rule) if !matches!(row.rung, Rung::Plan | Rung::Floor) => format!("{words}: {rule}"),
        Some(_) | None => words.to_owned(),
    }
}

const fn nature(row: &DecisionRow) -> &'static str {
    if row.background {
        return "a machine by itself";
    }
    match row.door {
        Door::Http | Door::Https => "a page",
        Door::Dns | Door::Connect | Door::Explain => "a page or a machine",
    }
}

fn known(who: &Known) -> String {
    match who {
        Known::Named(name) => name.to_string(),
        Known::Unknown(reason) => unknown(*reason).to_owned(),
    }
}

fn masked(who: &Known) -> String {
    match who {
        Known::Named(_) => "somebody, name hidden".to_owned(),
        Known::Unknown(reason) => unknown(*reason).to_owned(),
    }
}

const fn unknown(reason: Unknown) -> &'static str {
    match reason {
        Unknown::NoSource => "not known: nobody signs in there",
        Unknown::NotBound => "not known: nobody was signed in",
        Unknown::Expired => "not known: the sign-in was over",
        Unknown::Conflict => "not known: two sources said different things",
        Unknown::SharedAddress => "not known: many share the address",
        Unknown::Forwarder => "not known: another server asked for many",
        Unknown::Thing => "a thing that no person uses",
        Unknown::Outside => "not known: outside every network of the school",
    }
}

const FLOOR_SITE: &str = "(illegal content; the address is not shown)";
