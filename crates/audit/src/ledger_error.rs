use crate::entry::Entry;
use crate::verify::VerifyError;
use std::io;

/// A ledger could not be opened. Nothing was changed in its files.
#[derive(Debug, thiserror::Error)]
pub enum OpenLedgerError {
    /// The name cannot stand in a signed note.
    #[error("`{origin}` cannot name a ledger: use up to 200 characters without spaces and `+`")]
    Origin {
        /// The name.
        origin: String,
    },
    /// The machine refused.
    #[error("the ledger in `{folder}` could not be opened; check rights and free space")]
    Io {
        /// The folder.
        folder: String,
        /// The cause.
        source: io::Error,
    },
    /// The machine gave no randomness for the key.
    #[error("no key could be made for the ledger: the machine gives no randomness")]
    Chance(#[source] io::Error),
    /// Another process writes here.
    #[error("another process has the ledger in `{folder}` open; stop it first")]
    Locked {
        /// The folder.
        folder: String,
    },
    /// Entries are there, the private key is not.
    #[error("the ledger in `{folder}` has entries but no `ledger.key`; bring the key back")]
    KeyMissing {
        /// The folder.
        folder: String,
    },
    /// One of the key files is not what was written.
    #[error("`{file}` in `{folder}` was altered; bring the file back from a copy")]
    KeyAltered {
        /// The folder.
        folder: String,
        /// Which of the two.
        file: &'static str,
    },
    /// The ledger was founded under another name.
    #[error("the ledger in `{folder}` is that of `{found}`, not of `{origin}`")]
    OtherOrigin {
        /// The folder.
        folder: String,
        /// The name in the key.
        found: String,
        /// The name that was given.
        origin: String,
    },
    /// The entries are not what was once written. Nothing is appended to them.
    #[error(
        "the ledger in `{folder}` is broken; keep it, run `schoolgate audit verify`, and tell the \
         headteacher"
    )]
    Broken {
        /// The folder.
        folder: String,
        /// What is wrong.
        source: VerifyError,
    },
    /// The founding entry could not be written.
    #[error("the ledger in `{folder}` could not be founded")]
    Found {
        /// The folder.
        folder: String,
        /// The cause.
        source: AppendError,
    },
}

/// An entry was not written, or nobody knows whether it was; nothing may take effect by it.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Only the first start founds a ledger.
    #[error("a ledger is founded only once")]
    SecondFounding,
    /// The payload is too long.
    #[error("the entry has {length} bytes, and at most {limit} are kept; shorten it", limit = Entry::PAYLOAD_LIMIT)]
    PayloadTooLong {
        /// Its length as JSON text.
        length: usize,
    },
    /// The payload has no JSON text.
    #[error("the entry has no text form")]
    Payload(#[from] serde_json::Error),
    /// The machine gave no randomness for the key of the entry.
    #[error("the entry has no key: the machine gives no randomness")]
    Chance(#[source] io::Error),
    /// The disk is full; what was begun was taken back, and nothing that was acknowledged is lost.
    #[error("the entry was not written because the disk is full; free some space, then try again")]
    DiskFull(#[source] io::Error),
    /// The write failed and was taken back; it may be tried again.
    #[error("the entry was not written; check the free space of the disk")]
    Write(#[source] io::Error),
    /// Nobody knows how far a write came. Every later append fails until the ledger is opened anew.
    #[error("the disk failed while an entry was written; check the disk, then start again")]
    Broken(#[source] Option<io::Error>),
}
