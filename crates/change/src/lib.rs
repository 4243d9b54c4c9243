//! The desk where the policy changes.
//!
//! A change goes: proposal, check, decision, ledger entry on disk, swap, notice. What is in force
//! is a content-addressed [`Bundle`] in the state folder, never the working files: an edited file
//! is a [`Proposal`]. The types carry the proof: [`Desk::activate`] takes an
//! [`Approved`], which only a [`Mode`] can make of a [`Checked`].
//!
//! Until two people decide, the only mode is [`Mode::Unattended`]; it is an entry in the ledger,
//! and `status` says so.

mod active;
mod bundle;
mod desk;
mod effect;
mod proposal;
mod replay;
mod state_folder;

pub use active::{Active, ActiveError};
pub use bundle::{Bundle, BundleError};
pub use desk::{ActivateError, Activated, Desk, OpenDeskError, Opened};
pub use effect::{Direction, Effect, EffectLine, Part, Side, compare};
pub use proposal::{Approved, Checked, Mode, Proposal};
pub use replay::{Progress, Replay, ReplayError, SiteChange, Span, replay};
pub use state_folder::StateFolder;
