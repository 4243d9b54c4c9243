use crate::change::lets_in;
use crate::{Change, Direction, ProposalId};
use model::Moment;
use policy::{EmergencyBlock, Isolation, ModeSwitch, Overlay, Override, Pause, Plan};
use serde::{Deserialize, Serialize};

/// Something that holds for a while on top of the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "measure", rename_all = "kebab-case")]
pub enum Measure {
    /// An unblock, or a block.
    Override(Override),
    /// An unblock for a lesson.
    Lesson(Override),
    /// An individual plan.
    Plan(Plan),
    /// A mode switched on.
    Mode(ModeSwitch),
    /// Web access paused.
    Pause(Pause),
    /// A device cut off.
    Isolation(Isolation),
    /// A block in an emergency.
    Block(EmergencyBlock),
}

/// A measure with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) matter: ProposalId,
    pub(crate) measure: Measure,
    /// Whether it opens something, by the comparison that was made when it was decided.
    pub(crate) opens: bool,
    pub(crate) began: Moment,
    pub(crate) ended: Option<(Moment, Ending)>,
}

/// How a measure ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Its own end came.
    Expired,
    /// Somebody ended it.
    Revoked,
    /// Another with another end came in its place.
    Replaced,
}

/// A measure as people are shown it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InForce {
    /// Its id, by which it is ended or extended; that of its proposal.
    pub id: ProposalId,
    /// What it is.
    pub what: String,
    /// The sites and categories.
    pub sites: Vec<String>,
    /// For whom.
    #[serde(rename = "for")]
    pub whom: Vec<String>,
    /// From when.
    pub start: Moment,
    /// Until when; `None` until somebody ends it.
    pub until: Option<Moment>,
    /// Which way it goes.
    pub direction: Direction,
    /// Who proposed it.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl Measure {
    /// The measure that a change brings, under the id of its matter; `None` for other changes.
    pub(crate) fn of(change: &Change, id: ProposalId) -> Option<Self> {
        let id = id.to_string();
        Some(match change.clone() {
            Change::Override(held) => Self::Override(Override { id, ..held }),
            Change::Lesson(held) => Self::Lesson(Override { id, ..held }),
            Change::Plan(plan) => Self::Plan(Plan { id, ..plan }),
            Change::Mode(mode) => Self::Mode(mode),
            Change::Pause(pause) => Self::Pause(Pause { id, ..pause }),
            Change::Isolation(isolation) => Self::Isolation(Isolation { id, ..isolation }),
            Change::Block(block) => Self::Block(EmergencyBlock { id, ..block }),
            Change::Policy(_)
            | Change::End { .. }
            | Change::Extend { .. }
            | Change::Account(_)
            | Change::Feed(_)
            | Change::Hold(_)
            | Change::Release { .. }
            | Change::Erase { .. }
            | Change::LiftLabels { .. }
            | Change::Rollback { .. }
            | Change::ListRollback(_)
            | Change::RotateKey
            | Change::AcceptState { .. }
            | Change::SocialAccount(_)
            | Change::Unseal { .. }
            | Change::EndCommissioning => return None,
        })
    }

    /// The change that would bring it.
    pub(crate) fn change(&self) -> Change {
        match self.clone() {
            Self::Override(held) => Change::Override(held),
            Self::Lesson(held) => Change::Lesson(held),
            Self::Plan(plan) => Change::Plan(plan),
            Self::Mode(mode) => Change::Mode(mode),
            Self::Pause(pause) => Change::Pause(pause),
            Self::Isolation(isolation) => Change::Isolation(isolation),
            Self::Block(block) => Change::Block(block),
        }
    }

    /// The same with another end, under another id.
    pub(crate) fn until(&self, until: Moment, id: ProposalId) -> Self {
        let mut made = self.clone();
        match &mut made {
            Self::Override(held) | Self::Lesson(held) => held.end = until,
            Self::Plan(plan) => plan.end = until,
            Self::Mode(mode) => mode.end = until,
            Self::Pause(pause) => pause.end = until,
            Self::Isolation(isolation) => isolation.end = Some(until),
            Self::Block(block) => block.end = until,
        }
        Self::of(&made.change(), id).unwrap_or(made)
    }

    pub(crate) const fn start(&self) -> Moment {
        match self {
            Self::Override(held) | Self::Lesson(held) => held.start,
            Self::Plan(plan) => plan.start,
            Self::Mode(mode) => mode.start,
            Self::Pause(pause) => pause.start,
            Self::Isolation(isolation) => isolation.start,
            Self::Block(block) => block.start,
        }
    }

    pub(crate) const fn end(&self) -> Option<Moment> {
        match self {
            Self::Override(held) | Self::Lesson(held) => Some(held.end),
            Self::Plan(plan) => Some(plan.end),
            Self::Mode(mode) => Some(mode.end),
            Self::Pause(pause) => Some(pause.end),
            Self::Isolation(isolation) => isolation.end,
            Self::Block(block) => Some(block.end),
        }
    }

    /// What it is, in a few words.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Override(held) if lets_in(held.action) => "unblock".to_owned(),
            Self::Override(_) => "block".to_owned(),
            Self::Lesson(_) => "unblock for a lesson".to_owned(),
            Self::Plan(_) => "individual plan".to_owned(),
            Self::Mode(mode) => format!("mode `{}`", mode.mode),
            Self::Pause(_) => "web access paused".to_owned(),
            Self::Isolation(_) => "device cut off".to_owned(),
            Self::Block(_) => "emergency block".to_owned(),
        }
    }

    /// Adds it to an overlay.
    pub(crate) fn put(self, overlay: &mut Overlay) {
        match self {
            Self::Override(held) => overlay.overrides.push(held),
            Self::Lesson(held) => overlay.lessons.push(held),
            Self::Plan(plan) => overlay.plans.push(plan),
            Self::Mode(mode) => overlay.modes.push(mode),
            Self::Pause(pause) => overlay.pauses.push(pause),
            Self::Isolation(isolation) => overlay.isolations.push(isolation),
            Self::Block(block) => overlay.blocks.push(block),
        }
    }
}

impl Held {
    /// Whether it stands at a moment, by what is written down.
    pub(crate) fn stands_at(&self, at: Moment) -> bool {
        self.began <= at && self.ended.is_none_or(|(ended, _)| at < ended)
    }
}
