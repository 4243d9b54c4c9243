//! What comes of compiling: a report for people, or why there is nothing.

use model::CategoryId;
use std::path::PathBuf;

/// The entries make no artefact.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// Past what the numbers of the format can hold.
    #[error("{what} are too many for one artefact; take lists out of `sources.toml`")]
    Many {
        /// What there is too much of.
        what: &'static str,
    },
    /// An entry names a list that this compiler was not given.
    #[error("an entry belongs to list {list}, which was not added")]
    List {
        /// The number of the list.
        list: u16,
    },
    /// A class of an exception is not one that opens.
    #[error("exception `{name}` bears `{category}`, which is no allow-class category")]
    Class {
        /// The name of the exception.
        name: String,
        /// The category.
        category: String,
    },
    /// The patterns together are too much for one automaton.
    #[error("the patterns of the lists are too many; take patterns out of the lists")]
    Patterns,
    /// Every key brought two names together.
    #[error("no hash key tells all names apart; the lists may hold a name twice in two spellings")]
    Keys,
    /// Whoever watched it stopped it.
    #[error("compiling the lists was stopped; what was in force before stays in force")]
    Stopped,
    /// The file cannot be written.
    #[error("the artefact could not be written to `{path}`; see that the disk has room")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// What a compilation found, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompileReport {
    /// Distinct names, exceptions included.
    pub names: usize,
    /// Addresses and networks.
    pub addresses: usize,
    /// Distinct rules for URLs.
    pub urls: usize,
    /// Patterns.
    pub patterns: usize,
    /// Salted digests.
    pub digests: usize,
    /// Distinct label sets.
    pub sets: usize,
    /// Long-standing sites that bear a label against them all the same.
    pub established_labelled: usize,
    /// The first of them in the order of their hashes, those of the floor left out.
    pub established_first: Vec<String>,
    /// Bytes of the whole file.
    pub bytes: usize,
    /// Bytes of the part that look-up reads.
    pub hot_bytes: usize,
    /// The exceptions that took labels away.
    pub exceptions_fired: Vec<Fired>,
    /// Entries that were refused because they would cover a guarded name.
    pub guarded: Vec<Guarded>,
}

/// Labels that one exception took from the entries of one list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fired {
    /// The name of the exception.
    pub exception: String,
    /// The id of the list.
    pub list: String,
    /// The category.
    pub category: CategoryId,
    /// The first of the entries, in the order of names.
    pub entry: String,
    /// How many entries.
    pub entries: usize,
}

/// An entry that would have covered a guarded name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Guarded {
    /// The guarded name.
    pub name: String,
    /// The id of the list.
    pub list: String,
    /// The entry.
    pub entry: String,
}
