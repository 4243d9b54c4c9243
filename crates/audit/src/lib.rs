//! The ledger of changes and the journal of decisions.
//!
//! The [`Ledger`] is small and for ever: every change that can alter a verdict or who may see
//! what, in a Merkle tree with signed heads, on the disk before it takes effect. [`verify()`] checks
//! a [`Transcript`] of it without trusting the machine that wrote it. Its format is in
//! `FORMAT.md`.
//!
//! The [`Journal`] is large and short-lived: every decision, in SQLite files by day and retention
//! class, written by a [`JournalWriter`] on its own thread.
//!
//! This crate knows nothing of what it records: who may write an entry, and who may read one, is
//! for the crates above.
//!
//! ```
//! use audit::{Actor, Entry, EntryKind, Ledger, Transcript, verify};
//! use model::{SystemChance, SystemClock};
//! use std::sync::Arc;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let (clock, chance) = (Arc::new(SystemClock::default()), Arc::new(SystemChance));
//! let opened = Ledger::open(folder.path(), "schoolgate.example/ledger", clock, chance)?;
//! println!("for the safe: {}", opened.ledger.fingerprint());
//! opened.ledger.append(Entry {
//!     kind: EntryKind::Started,
//!     actor: Actor::Gateway,
//!     policy_version: None,
//!     payload: serde_json::json!({ "version": "0.1.0" }),
//! })?;
//!
//! let (key, head) = (opened.ledger.public_key(), opened.ledger.head());
//! let verified = verify(&Transcript::read(folder.path())?, &key, Some(&head))?;
//! assert_eq!(verified.entries, 2);
//! assert_eq!(verified.witnessed, Some(2));
//! # Ok(())
//! # }
//! ```

/// A page that verifies an exported ledger in any browser, without a network: one file, for a
/// governor's own laptop. What it checks is what [`verify()`] checks.
pub const VERIFY_HTML: &str = include_str!("../verify.html");

mod case;
mod checkpoint;
mod correction;
mod day_file;
mod decision_row;
mod disk;
mod entry;
mod envelope;
mod erasure;
mod evidence;
mod folder;
mod journal;
mod journal_writer;
mod key;
mod key_chain;
mod ledger;
mod ledger_error;
mod payload;
mod proof;
mod reading;
mod retention;
mod row_format;
mod row_reader;
mod sealed_day;
mod search;
mod settings;
mod subject;
mod transcript;
mod tree;
mod verify;
mod witness;

#[cfg(test)]
mod stand_in;

pub use case::{Case, Cases, HoldError};
pub use checkpoint::{Checkpoint, ParseCheckpointError};
pub use correction::Correction;
pub use decision_row::{DecisionRow, Known, RetentionClass, Unknown};
pub use entry::{Actor, Entry, EntryIndex, EntryKind, Leaf, Pseudonym};
pub use envelope::{
    Closing, Envelope, EnvelopeKey, Identity, OpenEnvelopeError, ParseEnvelopeError, Recipient,
};
pub use erasure::EraseError;
pub use evidence::{Evidence, EvidenceError, GatherError, ReadPackError, VerifiedEvidence};
pub use folder::{Fold, Folder, FolderFull};
pub use journal::{Journal, OpenJournalError, WriteJournalError};
pub use journal_writer::{Full, JournalCounts, JournalWriter};
pub use key::{Fingerprint, ParsePublicKeyError, PublicKey};
pub use key_chain::KeyChain;
pub use ledger::{Ledger, Opened, Reserve, ReserveError, RotateKeyError};
pub use ledger_error::{AppendError, OpenLedgerError};
pub use proof::{ConsistencyProof, InclusionProof, ProveError};
pub use reading::ReadEntriesError;
pub use retention::{Deletion, Expiry, RetentionError};
pub use row_format::{RowFormat, RowWriter, csv_cell, escaped};
pub use sealed_day::{SealDayError, SealedDay, seal_days};
pub use search::{
    OpenRows, Search, SearchError, each_open_row, each_row, search, search_open, search_with,
};
pub use settings::Settings;
pub use subject::{Disclosed, ParseSubjectError, Span, Subject};
pub use transcript::{Cut, DecodeError, ReadTranscriptError, Transcript, Written};
pub use verify::{EntryFault, Verified, VerifyError, verify};
pub use witness::{KeepHeadError, ReadWitnessError, Witness, WitnessState};
