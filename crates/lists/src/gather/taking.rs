//! What of a list goes into the compiler.

use crate::{Entry, Item, Pattern, PatternKind, Phrase, PhraseListFacts, Reason, Scope};
use content::{Phrases, RefusedPhraseReason};
use ipnet::IpNet;
use matcher::{Compiler, ListId, PatternError, Place, Syntax, UrlRule};

/// Gives the items of one list to the compiler.
pub(super) struct Taking<'a> {
    compiler: &'a mut Compiler,
    list: ListId,
    third_party: bool,
    taken: Taken,
}

/// How much of what is neither name nor address was taken.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    pub(super) networks: usize,
    pub(super) urls: usize,
    pub(super) patterns: usize,
    pub(super) digests: usize,
    pub(super) phrases: usize,
}

impl<'a> Taking<'a> {
    pub(super) fn new(compiler: &'a mut Compiler, list: ListId, third_party: bool) -> Self {
        Self {
            compiler,
            list,
            third_party,
            taken: Taken::default(),
        }
    }

    pub(super) const fn taken(&self) -> Taken {
        self.taken
    }

    /// Takes an item, or says why it cannot be held.
    pub(super) fn take(&mut self, item: &Item<'_>) -> Option<Reason> {
        match item {
            Item::Entry(Entry::Name { name, coverage }) => {
                self.compiler.entry(self.list, *name, *coverage);
                None
            }
            Item::Entry(Entry::Address(address)) => {
                self.compiler.address(self.list, *address);
                None
            }
            Item::Network(network) => {
                self.network(*network);
                None
            }
            Item::Url(url) => {
                let rule = UrlRule {
                    host: url.host,
                    coverage: url.coverage,
                    path: url.path,
                    end: url.end,
                };
                let refused = self.compiler.url(self.list, &rule).is_err();
                self.taken.urls += usize::from(!refused);
                refused.then_some(Reason::Length)
            }
            Item::Pattern(pattern) => self.pattern(pattern),
            Item::Digest(digest, salt) => {
                self.compiler.digest(self.list, salt, digest);
                self.taken.digests += 1;
                None
            }
            Item::Phrase(phrase) => {
                let refused = refused_phrase(phrase);
                self.taken.phrases += usize::from(refused.is_none());
                refused
            }
        }
    }

    fn network(&mut self, network: IpNet) {
        self.compiler
            .network(self.list, network.network(), network.prefix_len());
        self.taken.networks += 1;
    }

    fn pattern(&mut self, pattern: &Pattern<'_>) -> Option<Reason> {
        let (place, syntax) = match (pattern.scope, pattern.kind) {
            // A word in a name closes more than the guard can keep open, so others may not say
            // one.
            (Scope::Host, PatternKind::Word) if self.third_party => {
                return Some(Reason::NotEnforcedPattern);
            }
            (Scope::Host, PatternKind::Word) => (Place::Host, Syntax::Text),
            (Scope::Host, PatternKind::Glob) => (Place::Host, Syntax::Glob),
            (Scope::Host, PatternKind::Expression) => (Place::Host, Syntax::Expression),
            (Scope::Url, PatternKind::Word) => (Place::Url, Syntax::Text),
            (Scope::Url, PatternKind::Glob) => (Place::Url, Syntax::Glob),
            (Scope::Url, PatternKind::Expression) => (Place::Url, Syntax::Expression),
        };
        let given = matcher::Pattern {
            place,
            syntax,
            text: pattern.text.to_owned(),
        };
        match self.compiler.pattern(self.list, given) {
            Ok(()) => {
                self.taken.patterns += 1;
                None
            }
            Err(PatternError::Length) => Some(Reason::Length),
            Err(PatternError::Literal) => Some(Reason::NotEnforcedBroad),
            Err(PatternError::Costly) => Some(Reason::Pattern),
            Err(PatternError::Floor | PatternError::Opens) => Some(Reason::NotEnforcedPattern),
        }
    }
}

/// Why a phrase cannot be looked for; the book of phrases takes the same ones.
pub(super) fn refused_phrase(phrase: &Phrase) -> Option<Reason> {
    let list = PhraseListFacts {
        id: "",
        category: "",
        withheld: true,
    };
    match Phrases::check(&phrase.clone().of_list(&list)) {
        Ok(()) => None,
        Err(RefusedPhraseReason::Empty) => Some(Reason::Syntax),
        Err(RefusedPhraseReason::TooShort) => Some(Reason::NotEnforcedShort),
        Err(
            RefusedPhraseReason::TooLong
            | RefusedPhraseReason::TooManyParts
            | RefusedPhraseReason::TooManyThemes,
        ) => Some(Reason::Length),
    }
}
