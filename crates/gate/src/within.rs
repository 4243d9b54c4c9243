//! What a URL asks for within itself: a search, and addresses of other sites.

use crate::State;
use content::{PhraseBook, SearchTerm, nested_in};
use model::{CategorySet, GroupIndex, HostBuffer, Labels, Rung, Target, Verdict};
use policy::View;

/// What is decided of a target, and on which labels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decided {
    pub(crate) verdict: Verdict,
    pub(crate) labels: Labels,
}

/// Something that a URL asks for within itself, and what was said of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Within<'w> {
    pub(crate) kind: WithinKind,
    /// The term, or the address.
    pub(crate) text: &'w str,
    pub(crate) categories: CategorySet,
    pub(crate) verdict: Verdict,
}

/// What kind of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WithinKind {
    /// A search term.
    Search,
    /// An address.
    Address,
}

impl State {
    /// Decides one labelled query of a view of a group, with all that its URL asks for within itself.
    ///
    /// Every door and `explain` decide here.
    #[inline]
    pub(crate) fn decide(
        &self,
        view: &View,
        group: GroupIndex,
        target: &Target<'_>,
        labels: Labels,
    ) -> Decided {
        let verdict = self.policy().decide(view, target, labels);
        let decided = Decided { verdict, labels };
        if target.url.is_none() {
            return decided;
        }
        self.decide_within(view, group, target, decided, &mut |_| {})
    }

    /// Adds what is said of a search and of nested addresses: the strictest word holds.
    ///
    /// A search bears the category of each theme whose phrases it is above the limit of. It is
    /// judged by its words alone, for the engine is open to most. What comes through a carrier
    /// such as a translator is judged as any other address. An address that is only named, as
    /// redirects do, is asked for again when the browser goes there; so there alone counts what
    /// speaks of that address, not what holds for all that is on no list.
    pub(crate) fn decide_within(
        &self,
        view: &View,
        group: GroupIndex,
        target: &Target<'_>,
        mut decided: Decided,
        hear: &mut dyn FnMut(Within<'_>),
    ) -> Decided {
        if let Some(search) = SearchTerm::of_target(target) {
            let categories = self.categories_of_search(&search.term, group);
            if let Some(verdict) = self.policy().decide_words(view, categories) {
                decided.take(verdict, categories);
                hear(Within {
                    kind: WithinKind::Search,
                    text: &search.term,
                    categories,
                    verdict,
                });
            }
        }
        for nested in nested_in(target) {
            let mut room = HostBuffer::new();
            let Ok(inner) = Target::parse(&nested.url, &mut room) else {
                continue;
            };
            let labels = self.artefact.label_target(&inner);
            let verdict = self.policy().decide(view, &inner, labels);
            if nested.carried || speaks_of_address(verdict.reason.rung) {
                let vocabulary = self.policy().vocabulary();
                let against = vocabulary.floor() | vocabulary.against();
                let categories = labels.categories & against;
                decided.take(verdict, categories);
                hear(Within {
                    kind: WithinKind::Address,
                    text: &nested.url,
                    categories,
                    verdict,
                });
            }
        }
        decided
    }

    /// The categories that a search bears for a group.
    fn categories_of_search(&self, term: &str, group: GroupIndex) -> CategorySet {
        let facts = self.policy().group(group);
        let limit = facts.map_or(PhraseBook::SEARCH_LIMIT, |facts| facts.phrase_limit);
        let vocabulary = self.policy().vocabulary();
        self.phrases.categories_of_search(term, limit, vocabulary)
    }
}

impl Decided {
    /// Takes what was said of a part: the stricter word, and every duty of both.
    fn take(&mut self, part: Verdict, categories: CategorySet) {
        let whole = self.verdict;
        let floor = |verdict: Verdict| verdict.reason.rung == Rung::Floor;
        let stricter = part.action > whole.action || (floor(part) && !floor(whole));
        let mut taken = if stricter { part } else { whole };
        taken.obligations = whole.obligations;
        taken.obligations.alert |= part.obligations.alert;
        taken.obligations.monitor |= part.obligations.monitor;
        taken.obligations.needs_url &= !stricter;
        taken.valid_until = [whole.valid_until, part.valid_until]
            .into_iter()
            .flatten()
            .min();
        self.verdict = taken;
        self.labels.categories |= categories;
    }
}

/// Whether a rung speaks of an address itself, and not of all that nothing else speaks of.
const fn speaks_of_address(rung: Rung) -> bool {
    match rung {
        Rung::Floor
        | Rung::Emergency
        | Rung::Lock
        | Rung::Plan
        | Rung::Override
        | Rung::Site
        | Rung::Category => true,
        Rung::Outside | Rung::Paused | Rung::Mode | Rung::Established | Rung::Unknown => false,
    }
}
