use super::Register;
use crate::{AccountId, Matter, ProposalId, RequestState, Stage, Standing};
use std::collections::BTreeMap;

impl Register {
    /// Whether another reading of the ledger leaves everything in force that this one does: who
    /// has an account and with which secrets, what holds for a while, what waits, every policy
    /// that was in force, feeds, holds, and what was accepted.
    pub(crate) fn leaves_in_force(&self, other: &Self) -> bool {
        self.people() == other.people()
            && self.standing() == other.standing()
            && self.open() == other.open()
            && self.asked_open() == other.asked_open()
            && self.activations == other.activations
            && self.commissioning == other.commissioning
            && (&self.feeds, &self.holds, &self.cases) == (&other.feeds, &other.holds, &other.cases)
            && self.social == other.social
            && (&self.drifts, &self.accepted) == (&other.drifts, &other.accepted)
            && self.had_headteacher == other.had_headteacher
            && self.unattended == other.unattended
    }

    /// The accounts that are not closed, with what the ledger says of their secrets. When somebody
    /// last signed in decides nothing.
    fn people(&self) -> BTreeMap<AccountId, (crate::Account, Option<&super::CredentialFacts>)> {
        let open = self.accounts.values();
        open.filter(|account| account.standing != Standing::Closed)
            .map(|account| {
                let account = crate::Account {
                    last_sign_in: None,
                    ..account.clone()
                };
                (
                    account.id,
                    (account.clone(), self.credentials.get(&account.id)),
                )
            })
            .collect()
    }

    fn standing(&self) -> Vec<(ProposalId, &crate::measure::Held)> {
        let held = self.held.iter().filter(|(_, held)| held.ended.is_none());
        held.map(|(id, held)| (*id, held)).collect()
    }

    fn open(&self) -> Vec<(ProposalId, Stage)> {
        let open = |matter: &&Matter| {
            matter.waits()
                || matter.stage.in_force()
                || matches!(matter.stage, Stage::Approved | Stage::Checked)
                || matter.wants_ratification()
                || matter.wants_review()
        };
        let open = self.matters.values().filter(open);
        open.map(|matter| (matter.id, matter.stage)).collect()
    }

    fn asked_open(&self) -> Vec<crate::RequestId> {
        let open = self
            .requests
            .values()
            .filter(|request| matches!(request.state, RequestState::Open | RequestState::Proposed));
        open.map(|request| request.id).collect()
    }
}
