use crate::Bundle;
use audit::Actor;
use gate::State;
use model::Faults;

/// A change that waits to be checked and decided.
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

/// A proposal that compiles; made by [`Desk::check`](crate::Desk::check) alone.
#[derive(Debug)]
pub struct Checked {
    pub(crate) proposal: Proposal,
    pub(crate) state: State,
    pub(crate) report: lists::Report,
    pub(crate) warnings: Faults,
}

impl Checked {
    /// What should be looked at, though it stops nothing.
    pub const fn warnings(&self) -> &Faults {
        &self.warnings
    }

    /// What compiling the lists found.
    pub const fn report(&self) -> &lists::Report {
        &self.report
    }

    /// The bundle that would come into force.
    pub const fn bundle(&self) -> &Bundle {
        &self.proposal.bundle
    }
}

/// How changes are decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// What checks comes into force on one person's word. Stands in the ledger and in `status`.
    Unattended,
}

impl Mode {
    /// The word of `status` and the ledger.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unattended => "unattended",
        }
    }

    /// Consents to a checked proposal as this mode allows.
    pub fn approve(self, checked: Checked) -> Approved<Checked> {
        match self {
            Self::Unattended => Approved {
                what: checked,
                by: self,
            },
        }
    }
}

/// Something that was consented to. No other way leads to one than [`Mode::approve`].
#[derive(Debug)]
pub struct Approved<T> {
    pub(crate) what: T,
    pub(crate) by: Mode,
}
