//! The sealed address of an incident of illegal content: two persons open it, and every look is
//! written down (ILL-13).

use super::{Desk, actor};
use crate::rights::DISCLOSERS;
use crate::{Acting, Change, Matter, PersonId, ProposalId, SessionError, Stage};
use alert::Role;
use audit::EntryKind;
use model::Moment;
use serde_json::json;
use std::time::Duration;

/// A sealed address could not be read.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The session is over.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Not for this role.
    #[error("the role {role} may not read sealed addresses")]
    Role {
        /// The role.
        role: Role,
    },
    /// No two persons agreed to it in the last days, or this person is none of the two.
    #[error("the address is sealed; two people must agree first, and they alone may read it then")]
    Sealed,
    /// What is sealed was altered, or comes from another installation.
    #[error("the sealed address is damaged, or was sealed by another installation")]
    Damaged,
    /// The ledger did not take the entry.
    #[error(transparent)]
    Ledger(#[from] audit::AppendError),
}

/// Where the sealed address of an incident stands for one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceState {
    /// Nobody asked to open it, or the days in which it was open are over.
    Sealed,
    /// Somebody asked, and another has yet to agree.
    Waiting(ProposalId),
    /// Two agreed; this person is one of them.
    Open,
    /// Two agreed, others.
    OpenToOthers,
}

impl Desk {
    /// What seals an address, for the recorder.
    pub fn seal(&self) -> gate::Seal {
        let key = self.evidence.clone();
        Box::new(move |address| key.seal_text(address))
    }

    /// Where the sealed address of an incident stands for this person.
    pub fn evidence_state(&self, acting: &Acting, incident: u64) -> EvidenceState {
        let now = self.now();
        let register = self.register();
        let mut found = EvidenceState::Sealed;
        for matter in register.matters.values() {
            if matter.change != (Change::Unseal { incident }) {
                continue;
            }
            match agreed(matter, now) {
                Some(two) if two.contains(&acting.person) => return EvidenceState::Open,
                Some(_) => found = EvidenceState::OpenToOthers,
                None if found == EvidenceState::Sealed && matter.stage == Stage::Waiting => {
                    found = EvidenceState::Waiting(matter.id);
                }
                None => {}
            }
        }
        found
    }

    /// Opens the sealed address of an incident to one of the two who agreed to that. That it was
    /// read is on the disk before it is handed over.
    ///
    /// # Errors
    ///
    /// Refuses everybody else, and what was altered.
    pub fn read_evidence(
        &self,
        acting: &Acting,
        incident: u64,
        sealed: &str,
    ) -> Result<String, EvidenceError> {
        self.still(acting)?;
        if !DISCLOSERS.contains(acting.role) {
            return Err(EvidenceError::Role { role: acting.role });
        }
        if self.evidence_state(acting, incident) != EvidenceState::Open {
            return Err(EvidenceError::Sealed);
        }
        let address = self.evidence.open_text(sealed);
        let address = address.ok_or(EvidenceError::Damaged)?;
        let payload = json!({ "unsealed": incident, "by": acting.who() });
        self.write(&self.hold(), actor(acting), EntryKind::Disclosure, &payload)?;
        Ok(address)
    }
}

/// The persons who agreed, while what they agreed to holds.
fn agreed(matter: &Matter, now: Moment) -> Option<Vec<PersonId>> {
    let consents = matter.decisions.iter().filter(|decision| decision.approved);
    let last = consents.clone().map(|decision| decision.at).max()?;
    let holds = matter.stage.in_force() && now < last.after(OPEN_FOR);
    holds.then(|| {
        let others = consents.map(|decision| decision.by.person);
        std::iter::once(matter.proposer.person)
            .chain(others)
            .collect()
    })
}

/// Long enough for a report to police or the Internet Watch Foundation.
const OPEN_FOR: Duration = Duration::from_secs(7 * 86_400);
