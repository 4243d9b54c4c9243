use crate::refused::Refused;
use model::Faults;

/// What compiling the lists found, for people.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The lists, in the order in which they were read.
    pub lists: Vec<ListReport>,
    /// What did not stop the compilation but should be looked at.
    pub warnings: Faults,
    /// What the compiler of the artefact found: exceptions that fired, guarded entries, sizes.
    pub compiled: matcher::CompileReport,
}

/// What reading one list found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListReport {
    /// Its id, as verdicts name it.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// The id of its category.
    pub category: String,
    /// Whether others write it.
    pub third_party: bool,
    /// Its licence.
    pub licence: String,
    /// Where it comes from: what a starter list says of itself, the address of a subscription.
    pub source: String,
    /// Whom its licence asks to be named.
    pub attribution: Option<String>,
    /// The digest of its text.
    pub digest: model::Digest,
    /// Lines, blank ones and comments included.
    pub lines: usize,
    /// Names among its entries.
    pub names: usize,
    /// Addresses among its entries.
    pub addresses: usize,
    /// Networks among its entries.
    pub networks: usize,
    /// Rules for URLs among its entries.
    pub urls: usize,
    /// Expressions, globs and words among its entries.
    pub patterns: usize,
    /// Salted digests among its entries.
    pub digests: usize,
    /// Phrases of page content among its entries.
    pub phrases: usize,
    /// What was refused.
    pub refused: Refused,
}

impl ListReport {
    /// Everything of it that is in the index.
    pub const fn entries(&self) -> usize {
        self.names
            + self.addresses
            + self.networks
            + self.urls
            + self.patterns
            + self.digests
            + self.phrases
    }
}
