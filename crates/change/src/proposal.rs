use crate::list_maker::ListsMade;
use crate::{Bundle, ProposalId};
use audit::Actor;
use gate::State;
use model::Faults;
use policy::Overlay;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The digests of the versions of fetched lists, by the ids of the lists.
pub(crate) type Versions = BTreeMap<String, model::Digest>;

/// Files that shall come into force, before they are checked.
#[derive(Debug)]
pub struct Proposal {
    /// What would come into force.
    pub bundle: Bundle,
    /// The name of the school, for its pages.
    pub school: String,
    /// Who proposes it.
    pub proposer: Actor,
    /// Why, in the proposer's words.
    pub reason: String,
}

/// Files that compile; made by [`Desk::check`](crate::Desk::check) alone.
#[derive(Debug)]
pub struct Checked {
    pub(crate) proposal: Proposal,
    pub(crate) state: State,
    /// What held on top of them when they were compiled.
    pub(crate) overlay: Overlay,
    pub(crate) lists: Arc<ListsMade>,
    pub(crate) warnings: Faults,
    /// The versions of the fetched lists that it was compiled of.
    pub(crate) versions: Versions,
}

impl Checked {
    /// What should be looked at, though it stops nothing.
    pub const fn warnings(&self) -> &Faults {
        &self.warnings
    }

    /// The bundle that would come into force.
    pub const fn bundle(&self) -> &Bundle {
        &self.proposal.bundle
    }
}

/// How changes of the files are decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// What checks comes into force, for days at most after the founding. Stands in the ledger.
    Commissioning,
    /// Somebody else decides.
    Decided,
}

impl Mode {
    /// The word of `status` and the ledger.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Commissioning => "commissioning",
            Self::Decided => "decided",
        }
    }
}

/// Something that was consented to: by the rules of commissioning
/// ([`Desk::commission`](crate::Desk::commission)), or by the decision of a matter. Nothing else
/// makes one.
#[derive(Debug)]
pub struct Approved<T> {
    pub(crate) what: T,
    pub(crate) by: Consent,
}

/// What a consent rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    Commissioning,
    Matter { id: ProposalId, rolls_back: bool },
}

impl Consent {
    pub(crate) const fn mode(self) -> Mode {
        match self {
            Self::Commissioning => Mode::Commissioning,
            Self::Matter { .. } => Mode::Decided,
        }
    }
}
