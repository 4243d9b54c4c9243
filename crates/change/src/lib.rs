//! The desk where everything changes: policy, lists, unblocks, accounts.
//!
//! A change goes: proposal, check, decision, ledger entry on disk, compile, swap, notice, expiry,
//! review. The [`Desk`] is the one way, for console, command line and API alike. What it knows is
//! a fold over the ledger; there is no second database. The types carry the proof: what comes into
//! force was [`Approved`], an action takes an [`Acting`], and a decision takes a [`Confirmed`],
//! which only password and second factor make.
//!
//! Nothing here knows a network: who asks is told by the callers, and notices go out through
//! `alert`.

mod account;
mod active;
mod attempts;
mod bundle;
mod change;
mod credential;
mod desk;
mod effect;
mod history;
mod id;
mod incident_step;
mod life;
mod list_maker;
mod matter;
mod measure;
mod proposal;
mod record;
mod register;
mod replay;
mod request;
mod rights;
mod route;
mod session;
mod settings;
mod state_folder;
mod unified;

pub use account::{Account, AccountChange, AccountReview, Handed, Hours, NewAccount, Standing};
pub use active::{Active, ActiveError};
pub use bundle::{Bundle, BundleError};
pub use change::{
    Change, ChangeKind, FeedChange, HoldChange, ListVersion, PolicyChange, SocialChange,
};
pub use credential::CredentialError;
pub use credential::password::WeakPasswordError;
pub use credential::second_factor::{Enrolment, RecoveryCodes};
pub use desk::{
    ActivateError, Activated, ApiToken, BindError, Commission, ConfirmError, DecideError, Desk,
    Disclosure, Drift, DriftError, EvidenceError, EvidenceOrder, EvidenceState, ExportError,
    FoundError, Gathered, InvalidChange, LookError, OpenDeskError, Opened, ProposeError,
    RecordsError, RefreshError, Refreshed, RefreshedList, SecretError, SessionError, SetBack,
    SignInError, SimilarMatter, Ticked, TokenError, Verification,
};
pub use effect::{Direction, Effect, EffectLine, Part, Side, compare};
pub use history::{HistoryFilter, Line, Past};
pub use id::{AccountId, ParseIdError, PersonId, ProposalId, RequestId};
pub use identity::Binding;
pub use incident_step::IncidentStep;
pub use life::{Stage, Step, StepError};
pub use list_maker::{ListJob, ListMaker, ListsMade, make_lists};
pub use matter::{Decider, Decision, Draft, Filter, Matter, Outcome, Risk, Route, Who};
pub use measure::{Ending, InForce, Measure};
// What a change is made of: whoever proposes one makes these.
pub use policy::{EmergencyBlock, Isolation, ModeSwitch, Overlay, Override, Pause, Plan, Trial};
pub use proposal::{Approved, Checked, Mode, Proposal};
pub use record::TokenFacts;
pub use register::SignOff;
pub use replay::{Progress, Replay, ReplayError, SiteChange, Span, replay, replay_with};
pub use request::{Ask, AskError, Asked, Receipt, Request, RequestState};
pub use rights::{
    ASKERS, CARERS, DISCLOSERS, OWNERS, READERS, REQUEST_READERS, RIGHTS, Right, Roles, SIGNERS,
    TEACHERS,
};
pub use session::{Acting, Confirmed, Next, Scope, SignedIn};
pub use settings::Settings;
pub use state_folder::StateFolder;

pub(crate) use session::Means;
