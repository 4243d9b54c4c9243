use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// Where a pattern is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A whole label of a host name, or several with the dots between them.
    Label,
    /// Anywhere in a host name.
    Host,
    /// Anywhere in the path and query of a URL.
    Url,
}

impl Place {
    pub(crate) const ALL: [Self; 3] = [Self::Label, Self::Host, Self::Url];

    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Label => 0,
            Self::Host => 1,
            Self::Url => 2,
        }
    }
}

/// A text that labels every host or URL in which it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pattern {
    /// Where it is looked for.
    pub place: Place,
    /// What is looked for; ASCII case does not matter.
    pub text: String,
}

/// A pattern of an artefact, with the number of its list.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) list: u16,
    pub(crate) pattern: Pattern,
}

/// Finds all patterns of some places in one pass.
pub(crate) struct Finder {
    automaton: AhoCorasick,
    /// The pattern of each number of the automaton.
    patterns: Vec<usize>,
}

impl Finder {
    /// Makes a finder for the patterns of these places; `None` where there are none.
    pub(crate) fn build(
        listed: &[Listed],
        places: &[Place],
    ) -> Result<Option<Self>, aho_corasick::BuildError> {
        let patterns: Vec<usize> = (0..listed.len())
            .filter(|&at| places.contains(&listed[at].pattern.place))
            .collect();
        if patterns.is_empty() {
            return Ok(None);
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(
                patterns
                    .iter()
                    .map(|&at| listed[at].pattern.text.as_bytes()),
            )?;
        Ok(Some(Self {
            automaton,
            patterns,
        }))
    }

    /// The numbers of the patterns that stand in the text, each as often as it does.
    pub(crate) fn find<'a>(
        &'a self,
        listed: &'a [Listed],
        text: &'a str,
    ) -> impl Iterator<Item = &'a Listed> {
        self.automaton
            .find_overlapping_iter(text)
            .filter_map(move |found| {
                let listed = listed.get(*self.patterns.get(found.pattern().as_usize())?)?;
                let whole = || {
                    let before = text.as_bytes()[..found.start()].last();
                    let after = text.as_bytes()[found.end()..].first();
                    [before, after]
                        .into_iter()
                        .flatten()
                        .all(|&byte| byte == b'.')
                };
                match listed.pattern.place {
                    Place::Label => whole().then_some(listed),
                    Place::Host | Place::Url => Some(listed),
                }
            })
    }
}

/// The longest pattern that is taken, in bytes.
pub(crate) const MOST_TEXT: usize = 255;
