//! What the payloads of entries hold. A payload that cannot be read is counted, never trusted.

use crate::measure::{Ending, Measure};
use crate::request::Ask;
use crate::{
    Account, AccountChange, AccountId, Draft, Effect, FeedChange, HoldChange, ProposalId,
    RequestId, Route, Scope, SocialChange, Who,
};
use model::{Digest, Moment};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Proposed {
    pub(crate) matter: ProposalId,
    #[serde(flatten)]
    pub(crate) draft: DraftRecord,
    pub(crate) by: Who,
    pub(crate) route: Route,
    pub(crate) effect: Option<Effect>,
    #[serde(default)]
    pub(crate) warnings: Vec<String>,
    pub(crate) digest: Digest,
    #[serde(default)]
    pub(crate) due: Option<Moment>,
}

/// A [`Draft`] inside another object, where unknown keys are those of the object.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DraftRecord {
    pub(crate) change: crate::Change,
    pub(crate) reason: String,
    #[serde(default)]
    pub(crate) risk: Option<crate::Risk>,
    #[serde(default)]
    pub(crate) concerns: Vec<crate::PersonId>,
    #[serde(default)]
    pub(crate) asks: Vec<RequestId>,
}

impl From<Draft> for DraftRecord {
    fn from(draft: Draft) -> Self {
        Self {
            change: draft.change,
            reason: draft.reason,
            risk: draft.risk,
            concerns: draft.concerns,
            asks: draft.asks,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AskedFor {
    pub(crate) request: RequestId,
    pub(crate) site: String,
    pub(crate) ask: Ask,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Declined {
    pub(crate) declined: RequestId,
    pub(crate) by: Who,
    pub(crate) words: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Decided {
    pub(crate) matter: ProposalId,
    pub(crate) by: Who,
    pub(crate) approved: bool,
    pub(crate) words: String,
    #[serde(default)]
    pub(crate) seen: Option<Digest>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Withdrawn {
    pub(crate) matter: ProposalId,
    #[serde(default)]
    pub(crate) by: Option<Who>,
    pub(crate) words: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MeasureBegan {
    pub(crate) matter: ProposalId,
    pub(crate) opens: bool,
    pub(crate) part: Measure,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MeasureEnded {
    /// The matter that brought the measure.
    pub(crate) id: ProposalId,
    pub(crate) how: Ending,
    /// The matter that ended it, where one did.
    #[serde(default)]
    pub(crate) matter: Option<ProposalId>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PolicyActivated {
    pub(crate) bundle: Digest,
    pub(crate) artefact: Digest,
    #[serde(default)]
    pub(crate) school: String,
    #[serde(default)]
    pub(crate) mode: String,
    #[serde(default)]
    pub(crate) reason: String,
    #[serde(default)]
    pub(crate) before: Option<Digest>,
    #[serde(default)]
    pub(crate) changed: Vec<String>,
    #[serde(default)]
    pub(crate) matter: Option<ProposalId>,
}

/// Lists that came into force: before the policy that they were compiled for, or by themselves.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ListsActivated {
    pub(crate) artefact: Digest,
    pub(crate) names: usize,
    pub(crate) lists: Vec<ListFacts>,
    /// The versions of the fetched ones.
    #[serde(default)]
    pub(crate) versions: BTreeMap<String, Digest>,
    /// What changed; present where the lists came into force by themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) changes: Option<Vec<ListChange>>,
    /// The decision behind it, where it was more than a refresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) matter: Option<ProposalId>,
}

/// One list that was compiled.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ListFacts {
    pub(crate) id: String,
    pub(crate) digest: Digest,
    pub(crate) names: usize,
    pub(crate) refused: usize,
}

/// A fetched list whose version changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ListChange {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) before: Option<Digest>,
    #[serde(default)]
    pub(crate) after: Option<Digest>,
    /// Entries that it gained and lost; `None` where a version could not be read, or not compared.
    #[serde(default)]
    pub(crate) added: Option<usize>,
    #[serde(default)]
    pub(crate) removed: Option<usize>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Commissioning {
    /// `begun` or `ended`.
    pub(crate) state: CommissioningState,
    pub(crate) ends: Moment,
    #[serde(default)]
    pub(crate) matter: Option<ProposalId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CommissioningState {
    Begun,
    Ended,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Confirmation {
    pub(crate) matter: ProposalId,
    pub(crate) by: Who,
    pub(crate) words: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SignedOff {
    pub(crate) by: Who,
    /// The last entry that is signed off.
    pub(crate) upto: u64,
    pub(crate) words: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DriftFound {
    pub(crate) digest: Digest,
    pub(crate) changed: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AccountChanged {
    pub(crate) account: Account,
    #[serde(default)]
    pub(crate) change: Option<AccountChange>,
    #[serde(default)]
    pub(crate) matter: Option<ProposalId>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SocialChanged {
    pub(crate) social: SocialChange,
    pub(crate) matter: ProposalId,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FeedChanged {
    pub(crate) feed: FeedChange,
    pub(crate) matter: ProposalId,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct HoldChanged {
    /// Who is held; absent when it is let go.
    #[serde(default)]
    pub(crate) hold: Option<HoldChange>,
    /// The hold that is let go.
    #[serde(default)]
    pub(crate) release: Option<String>,
    pub(crate) matter: ProposalId,
}

/// Rows of a hold were copied, or copies were deleted: half a copy by the whole one, or all after
/// the release.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CaseChanged {
    /// The hold.
    pub(crate) of: String,
    #[serde(default)]
    pub(crate) kept: Option<CaseFile>,
    /// The names of the cases that are gone.
    #[serde(default)]
    pub(crate) deleted: Vec<String>,
}

/// A copy of the rows that a hold keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CaseFile {
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) rows: u64,
    /// Of the opened file.
    pub(crate) digest: Digest,
    #[serde(default)]
    pub(crate) closed_to: Option<String>,
    /// Whether all of its time had passed when it was made.
    pub(crate) whole: bool,
}

/// Somebody looked at an incident, or did something about it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct IncidentNoted {
    pub(crate) incident: u64,
    /// What was done, in a word or two.
    pub(crate) done: String,
    pub(crate) by: Who,
}

/// Two persons may read the sealed address of an incident.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EvidenceUnsealed {
    /// The number of the incident.
    pub(crate) unsealed: u64,
    pub(crate) matter: ProposalId,
}

/// In the payload of a retention entry: nothing is deleted until the clock is believed.
pub(crate) const WAITS: &str = "waits";

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StateAccepted {
    pub(crate) accepted: u64,
    pub(crate) root: Digest,
    pub(crate) matter: ProposalId,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CredentialChanged {
    pub(crate) account: AccountId,
    /// What the file of its secrets must bear; none, where the account has none.
    pub(crate) tag: Option<Digest>,
    pub(crate) what: String,
    pub(crate) temporary: bool,
    pub(crate) second_factor: bool,
    #[serde(default)]
    pub(crate) tokens: Vec<TokenFacts>,
    #[serde(default)]
    pub(crate) step: Option<u64>,
}

/// A matter is done whose own entry another part wrote.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Done {
    pub(crate) done: ProposalId,
    pub(crate) what: String,
}

/// A token of the API, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenFacts {
    /// Its name: the first part of the token.
    pub id: String,
    /// What it may do.
    pub scope: Scope,
    /// When it ends.
    pub expires: Moment,
    /// The feed that it speaks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SignedIn {
    pub(crate) account: AccountId,
    pub(crate) from: Option<std::net::IpAddr>,
    /// The step of the second factor that was used up.
    #[serde(default)]
    pub(crate) step: Option<u64>,
    /// Whether it was a confirmation within a session.
    #[serde(default)]
    pub(crate) confirmed: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SignInRefused {
    /// The account, where there is one of the name; other names may be passwords.
    pub(crate) account: Option<AccountId>,
    pub(crate) from: Option<std::net::IpAddr>,
    pub(crate) why: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Absence {
    pub(crate) account: AccountId,
    pub(crate) until: Option<Moment>,
    pub(crate) by: Who,
    #[serde(default)]
    pub(crate) matter: Option<ProposalId>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Verified {
    pub(crate) entries: u64,
    pub(crate) witnessed: Option<u64>,
    #[serde(default)]
    pub(crate) fault: Option<String>,
}
