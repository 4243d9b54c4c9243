use crate::history::Line;
use crate::measure::{Ending, Held};
use crate::record::{CaseFile, TokenFacts, Verified};
use crate::request::Request;
use crate::{
    Account, AccountId, FeedChange, HoldChange, Matter, PersonId, ProposalId, RequestId,
    SocialChange,
};
use alert::Role;
use audit::{Actor, EntryKind, Written};
use model::{Digest, Moment, PolicyVersion};
use policy::Overlay;
use std::collections::{BTreeMap, BTreeSet};

mod fold;
mod leap_watch;
mod lines;
mod needed;

pub(crate) use leap_watch::Leap;
use leap_watch::LeapWatch;

/// What the ledger says, in a form that can be asked: a fold over its entries.
///
/// It is made at the start and kept in step with every entry that is written. Nothing else is
/// believed: no second database, no file beside it.
#[derive(Debug)]
pub(crate) struct Register {
    pub(crate) accounts: BTreeMap<AccountId, Account>,
    pub(crate) credentials: BTreeMap<AccountId, CredentialFacts>,
    pub(crate) matters: BTreeMap<ProposalId, Matter>,
    pub(crate) held: BTreeMap<ProposalId, Held>,
    pub(crate) requests: BTreeMap<RequestId, Request>,
    pub(crate) activations: Vec<Activation>,
    pub(crate) commissioning: Option<Commissioned>,
    pub(crate) feeds: BTreeMap<String, FeedChange>,
    pub(crate) holds: BTreeMap<String, HoldChange>,
    /// The copies that were made for holds, by the hold's id; also of holds that are over, until
    /// their copies are gone.
    pub(crate) cases: BTreeMap<String, Vec<CaseFile>>,
    pub(crate) leaps: LeapWatch,
    pub(crate) social: BTreeMap<(String, String), SocialChange>,
    pub(crate) drifts: BTreeSet<Digest>,
    pub(crate) accepted: BTreeSet<(u64, Digest)>,
    pub(crate) sign_offs: Vec<SignOff>,
    pub(crate) verified: Option<(Moment, Verified)>,
    pub(crate) lines: Vec<Line>,
    /// Who saw which incident.
    pub(crate) seen: BTreeSet<(u64, PersonId)>,
    /// How many proposals and requests were ever made; numbers never come twice, even where the
    /// words of the last were erased.
    pub(crate) asked: u32,
    /// Whether the words of any entry were erased.
    pub(crate) erased: bool,
    /// The latest time of any entry: the clock was there once, whatever it says now.
    pub(crate) latest: Moment,
    /// Entries whose payload this version cannot read, though it was not erased.
    pub(crate) unread: Vec<u64>,
    /// Steps that the ledger says were taken and cannot have been.
    pub(crate) impossible: Vec<u64>,
    /// Whether there ever was an account of a headteacher.
    pub(crate) had_headteacher: bool,
    pub(crate) unattended: bool,
    /// The versions of the fetched lists as they came into force, the oldest first.
    pub(crate) versions: BTreeMap<String, Vec<(Moment, Digest)>>,
    /// Lists that were compiled for a policy that did not come into force yet.
    pub(crate) pending: Option<(Digest, BTreeMap<String, Digest>)>,
}

/// What the ledger says of the secrets of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CredentialFacts {
    /// What the file must bear.
    pub(crate) tag: Option<Digest>,
    /// The last step of the second factor that was used up.
    pub(crate) step: Option<u64>,
    pub(crate) tokens: Vec<TokenFacts>,
}

/// A policy that came into force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Activation {
    pub(crate) bundle: Digest,
    pub(crate) artefact: Digest,
    pub(crate) school: String,
    pub(crate) at: Moment,
    pub(crate) matter: Option<ProposalId>,
}

/// The days in which the technician edits freely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Commissioned {
    pub(crate) ends: Moment,
    pub(crate) ended: bool,
}

/// Somebody signed the change log off.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SignOff {
    /// Who, by name.
    pub shown: String,
    /// In what role.
    pub role: Role,
    /// When.
    pub at: Moment,
    /// The last entry that it covers.
    pub upto: u64,
    /// In what words.
    pub words: String,
    pub(crate) person: PersonId,
}

/// An entry as the register hears it: read back, or just written.
#[derive(Debug)]
pub(crate) struct Heard<'a> {
    pub(crate) entry: u64,
    pub(crate) at: Moment,
    pub(crate) kind: Option<EntryKind>,
    pub(crate) actor: Actor,
    pub(crate) version: Option<PolicyVersion>,
    /// `None` once it is erased.
    pub(crate) payload: Option<&'a serde_json::Value>,
}

impl<'a> Heard<'a> {
    pub(crate) const fn of(written: &'a Written) -> Self {
        Self {
            entry: written.leaf.index.0,
            at: written.leaf.time,
            kind: written.leaf.kind(),
            actor: written.leaf.actor,
            version: written.leaf.policy_version,
            payload: written.payload.as_ref(),
        }
    }
}

impl Default for Register {
    fn default() -> Self {
        Self {
            accounts: BTreeMap::new(),
            credentials: BTreeMap::new(),
            matters: BTreeMap::new(),
            held: BTreeMap::new(),
            requests: BTreeMap::new(),
            activations: Vec::new(),
            commissioning: None,
            feeds: BTreeMap::new(),
            holds: BTreeMap::new(),
            cases: BTreeMap::new(),
            leaps: LeapWatch::default(),
            social: BTreeMap::new(),
            drifts: BTreeSet::new(),
            accepted: BTreeSet::new(),
            sign_offs: Vec::new(),
            verified: None,
            lines: Vec::new(),
            seen: BTreeSet::new(),
            asked: 0,
            erased: false,
            latest: Moment::from_millis(i64::MIN),
            unread: Vec::new(),
            impossible: Vec::new(),
            had_headteacher: false,
            unattended: false,
            versions: BTreeMap::new(),
            pending: None,
        }
    }
}

impl Register {
    /// Finds an account by the name it signs in with.
    pub(crate) fn account_named(&self, name: &str) -> Option<&Account> {
        self.accounts.values().find(|account| account.name == name)
    }

    /// The policy in force.
    pub(crate) fn active(&self) -> Option<&Activation> {
        self.activations.last()
    }

    /// The versions of the fetched lists in force.
    pub(crate) fn versions_in_force(&self) -> BTreeMap<String, Digest> {
        let last = |(id, held): (&String, &Vec<(Moment, Digest)>)| {
            held.last().map(|(_, digest)| (id.clone(), *digest))
        };
        self.versions.iter().filter_map(last).collect()
    }

    /// Whether a version of a list was in force at some time since a moment, and is no more.
    pub(crate) fn was_version(&self, list: &str, version: Digest, since: Moment) -> bool {
        let held = self.versions.get(list).map(Vec::as_slice);
        let mut pairs = held.unwrap_or_default().windows(2);
        pairs.any(|pair| pair[0].1 == version && since <= pair[1].0)
    }

    /// The measures that stand, those that are over by `now` left out whatever any clock says.
    pub(crate) fn overlay(&self, now: Moment, without_openings: bool) -> Overlay {
        let mut overlay = Overlay::default();
        for held in self.held.values() {
            let over = held.ended.is_some() || held.measure.end().is_some_and(|end| end <= now);
            let left_out = without_openings && held.opens;
            if !over && !left_out {
                held.measure.clone().put(&mut overlay);
            }
        }
        overlay
    }

    /// The measures that stood at a moment, as decisions were made then.
    pub(crate) fn overlay_at(&self, at: Moment) -> Overlay {
        let mut overlay = Overlay::default();
        for held in self.held.values().filter(|held| held.stands_at(at)) {
            held.measure.clone().put(&mut overlay);
        }
        overlay
    }

    /// Measures whose own end has come and of which nobody wrote that down yet.
    pub(crate) fn overdue(&self, now: Moment) -> Vec<ProposalId> {
        let over =
            |held: &Held| held.ended.is_none() && held.measure.end().is_some_and(|end| end <= now);
        let found = self.held.iter().filter(|(_, held)| over(held));
        found.map(|(id, _)| *id).collect()
    }

    /// The number of the next proposal.
    pub(crate) fn next_proposal(&self) -> ProposalId {
        let last = self.matters.keys().next_back();
        ProposalId(self.past_erased(last.map_or(0, |last| last.0)))
    }

    /// The number of the next request.
    pub(crate) fn next_request(&self) -> RequestId {
        let last = self.requests.keys().next_back();
        RequestId(self.past_erased(last.map_or(0, |last| last.0)))
    }

    /// The number after the last, and after every one that may have been erased.
    fn past_erased(&self, last: u32) -> u32 {
        let passed = if self.erased { self.asked } else { 0 };
        last.max(passed).saturating_add(1)
    }

    /// Until when the technician edits freely; `None` when that is over, or never began.
    pub(crate) fn commissioning(&self, now: Moment) -> Option<Moment> {
        let held = self.commissioning.filter(|held| !held.ended)?;
        (now < held.ends).then_some(held.ends)
    }

    /// All persons who have an account that may be used in the role.
    pub(crate) fn usable(&self, role: Role, now: Moment) -> impl Iterator<Item = &Account> {
        self.accounts.values().filter(move |account| {
            account.role == role && account.is_usable(now) && !account.sealed
        })
    }

    /// Whether any of the persons is the headteacher.
    pub(crate) fn names_headteacher(&self, persons: &[PersonId]) -> bool {
        self.accounts.values().any(|account| {
            account.role == Role::Headteacher
                && account.standing != crate::Standing::Closed
                && persons.contains(&account.person)
        })
    }

    /// How a measure ended, in words.
    pub(crate) const fn ending(how: Ending) -> &'static str {
        match how {
            Ending::Expired => "ended at its time",
            Ending::Revoked => "was ended early",
            Ending::Replaced => "was given another end",
        }
    }
}

#[cfg(test)]
mod tests;
