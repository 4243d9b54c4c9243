use crate::{Entry, Phrase};
use ipnet::IpNet;
use matcher::{Coverage, DigestSalt, SaltedDigest, UrlEnd};
use model::Host;

/// What one line of a list says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A name or an address: what the index holds.
    Entry(Entry<'a>),
    /// A network of addresses; a range comes as several.
    Network(IpNet),
    /// A host with the beginning of a path.
    Url(UrlPrefix<'a>),
    /// An expression, a glob or a word.
    Pattern(Pattern<'a>),
    /// A phrase of page content.
    Phrase(&'a Phrase),
    /// A salted digest of an entry that the list does not tell, with its salt.
    Digest(SaltedDigest, &'a DigestSalt),
}

/// Every URL of a host whose path begins so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UrlPrefix<'a> {
    /// The host. `www.` in front of it does not matter, neither do scheme and port.
    pub host: Host<'a>,
    /// Which hosts at or below the name.
    pub coverage: Coverage,
    /// The beginning of path and query, with its `/`; case matters.
    pub path: &'a str,
    /// Where the beginning may end in a URL.
    pub end: UrlEnd,
}

/// A text that is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern<'a> {
    /// How the text is written.
    pub kind: PatternKind,
    /// Where it is looked for.
    pub scope: Scope,
    /// What is looked for; ASCII case does not matter.
    pub text: &'a str,
}

/// Where a pattern is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In the name of the host.
    Host,
    /// In the URL without its scheme.
    Url,
}

/// How a pattern is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternKind {
    /// A regular expression that can run in linear time.
    Expression,
    /// A text with `*`, `?`, `^` and `|` in the meaning of its format.
    Glob,
    /// The text itself.
    Word,
}

/// What takes the items of a list.
///
/// It answers with the reason where it cannot hold an item; the line is then counted so.
pub type Sink<'a> = dyn FnMut(Item<'_>) -> Option<crate::Reason> + 'a;

impl Item<'_> {
    /// The reason under which an item is counted where names and addresses alone are held.
    pub const fn not_enforced(&self) -> Option<crate::Reason> {
        use crate::Reason;
        match self {
            Self::Entry(_) => None,
            Self::Network(_) => Some(Reason::NotEnforcedNetwork),
            Self::Url(_) => Some(Reason::NotEnforcedUrl),
            Self::Pattern(_) => Some(Reason::NotEnforcedPattern),
            Self::Phrase(_) => Some(Reason::NotEnforcedPhrase),
            Self::Digest(..) => Some(Reason::NotEnforcedDigest),
        }
    }
}
