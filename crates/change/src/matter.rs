use crate::{
    AccountId, Change, ChangeKind, Effect, PersonId, ProposalId, Replay, RequestId, Stage,
};
use alert::Role;
use model::{Digest, Moment};
use serde::{Deserialize, Serialize};

/// What somebody wants to have changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// What.
    pub change: Change,
    /// Why, in the proposer's words; 3 to 2,000 characters.
    pub reason: String,
    /// What was thought of before, for new technology.
    #[serde(default)]
    pub risk: Option<Risk>,
    /// Persons whom it is about, who neither see nor decide it.
    #[serde(default)]
    pub concerns: Vec<PersonId>,
    /// The requests that it answers.
    #[serde(default)]
    pub asks: Vec<RequestId>,
}

impl Draft {
    /// A change with its reason, and nothing else.
    pub fn new(change: Change, reason: &str) -> Self {
        Self {
            change,
            reason: reason.to_owned(),
            risk: None,
            concerns: Vec::new(),
            asks: Vec::new(),
        }
    }
}

/// What was thought of before new technology is opened (CHG-27).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Risk {
    /// What it is good for.
    pub benefit: String,
    /// What could go wrong.
    pub risk: String,
    /// What becomes of personal data.
    pub data_protection: String,
}

/// Somebody who did something, as the ledger remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The account.
    pub account: AccountId,
    /// Whose it is.
    pub person: PersonId,
    /// What the account was then.
    pub role: Role,
    /// The name that people read.
    pub shown: String,
}

/// A change with all that came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Matter {
    /// What people call it.
    pub id: ProposalId,
    /// What.
    pub change: Change,
    /// How far it has come.
    pub stage: Stage,
    /// Who proposed it.
    pub proposer: Who,
    /// Why.
    pub reason: String,
    /// What was thought of before.
    pub risk: Option<Risk>,
    /// Persons whom it is about.
    pub concerns: Vec<PersonId>,
    /// The requests that it answers.
    pub asks: Vec<RequestId>,
    /// What it opens and closes.
    pub effect: Option<Effect>,
    /// What it would have changed last week; worked out when somebody looks at it.
    pub replay: Option<Replay>,
    /// What should be looked at, though it stops nothing.
    pub warnings: Vec<String>,
    /// How it is decided.
    pub route: Route,
    /// Who decides it now; `None` when nobody need, or nobody can.
    pub decider: Option<Decider>,
    /// What who decides must have seen: the change and what it opens and closes.
    pub digest: Digest,
    /// When it was proposed.
    pub made: Moment,
    /// When it should have been decided, ratified or reviewed.
    pub due: Option<Moment>,
    /// The decisions, in order; most matters need one.
    pub decisions: Vec<Decision>,
    /// The consent afterwards.
    pub ratified: Option<Decision>,
    /// Who looked at it afterwards.
    pub reviewed: Option<Decision>,
    /// When what it brings begins.
    pub start: Option<Moment>,
    /// When what it brings ends.
    pub end: Option<Moment>,
    /// The entries of the change log that tell of it.
    pub entries: Vec<u64>,
}

impl Matter {
    /// What it is about.
    pub const fn kind(&self) -> ChangeKind {
        self.change.kind()
    }

    /// Whether it waits for a decision.
    pub fn waits(&self) -> bool {
        self.stage == Stage::Waiting
    }

    /// Whether it came into force on one word and nobody has confirmed it yet.
    pub fn wants_ratification(&self) -> bool {
        matches!(self.route, Route::AtOnce { ratify: true, .. })
            && self.ratified.is_none()
            && self.has_taken_effect()
    }

    /// Whether somebody must look at it afterwards and nobody has.
    pub fn wants_review(&self) -> bool {
        matches!(self.route, Route::AtOnce { review: true, .. })
            && self.reviewed.is_none()
            && self.has_taken_effect()
    }

    fn has_taken_effect(&self) -> bool {
        self.stage.in_force() || matches!(self.stage, Stage::Expired | Stage::Revoked)
    }
}

/// How a change is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum Route {
    /// It comes into force on one person's word; others are told.
    AtOnce {
        /// Whether another person must consent afterwards.
        ratify: bool,
        /// Whether another person must look at it afterwards.
        review: bool,
    },
    /// Somebody of each role decides, one after another.
    Decide {
        /// The roles.
        by: Vec<Role>,
        /// Why these, in plain words.
        why: String,
    },
}

/// Who decides a matter now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decider {
    /// The role whose turn it is.
    pub role: Role,
    /// Since when it is.
    pub since: Moment,
    /// Who may decide as well, or does when this one stays silent.
    pub deputies: Vec<Role>,
    /// Why this one, in plain words.
    pub why: String,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// By whom.
    pub by: Who,
    /// When.
    pub at: Moment,
    /// Whether it was approved.
    pub approved: bool,
    /// In what words.
    pub words: String,
}

/// What became of a proposal.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It waits for a decision.
    Waiting(Box<Matter>),
    /// It is in force.
    Active(Box<Matter>),
}

impl Outcome {
    /// The matter.
    pub fn matter(&self) -> &Matter {
        match self {
            Self::Waiting(matter) | Self::Active(matter) => matter,
        }
    }
}

/// Which matters are asked for; all, where nothing is set.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// At one of these stages.
    pub stages: Vec<Stage>,
    /// Of one of these kinds.
    pub kinds: Vec<ChangeKind>,
    /// Proposed by this person.
    pub proposer: Option<PersonId>,
    /// Made at this moment or later.
    pub since: Option<Moment>,
    /// Made before this moment.
    pub until: Option<Moment>,
    /// With this text in reason, sites, or for whom.
    pub text: Option<String>,
    /// At most so many, the newest first; 0 for all.
    pub most: usize,
}

impl Filter {
    /// Whether a matter is meant.
    pub fn takes(&self, matter: &Matter) -> bool {
        let text = self.text.as_deref().map(str::to_lowercase);
        (self.stages.is_empty() || self.stages.contains(&matter.stage))
            && (self.kinds.is_empty() || self.kinds.contains(&matter.kind()))
            && self
                .proposer
                .is_none_or(|person| person == matter.proposer.person)
            && self.since.is_none_or(|since| since <= matter.made)
            && self.until.is_none_or(|until| matter.made < until)
            && text.is_none_or(|text| {
                let change = &matter.change;
                let named = change.sites().iter().chain(change.whom());
                matter.reason.to_lowercase().contains(&text)
                    || named
                        .into_iter()
                        .any(|name| name.to_lowercase().contains(&text))
                    || matter.id.to_string().to_lowercase() == text
            })
    }
}
