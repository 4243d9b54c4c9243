//! Patterns: texts, globs and expressions that label hosts or URLs.
//!
//! Each pattern names literals of which one must stand in whatever it matches. One automaton
//! looks for the literals of all patterns; only what it finds is looked at closely.

mod finder;
mod glob;
mod literal;

pub(crate) use finder::{Finder, Haystack, UrlHaystack};

use glob::UrlGlob;
use regex::bytes::{Regex, RegexBuilder};
use std::sync::OnceLock;

/// Where a pattern is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A whole label of a host name, or several with the dots between them.
    Label,
    /// A host name.
    Host,
    /// A URL without its scheme; a text only in its path and query.
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

/// How a pattern is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Syntax {
    /// The text itself, anywhere.
    Text,
    /// In a URL: `*` stands for anything, `^` for the end of a word, `|` at an end for that end,
    /// `||` in front for the start of a label. In a host, of which all must fit: `*` for anything,
    /// `?` for one character, `[a-z]` for one of several.
    Glob,
    /// A regular expression in the syntax of the crate `regex`, on bytes.
    Expression,
}

impl Syntax {
    pub(crate) const ALL: [Self; 3] = [Self::Text, Self::Glob, Self::Expression];

    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Text => 0,
            Self::Glob => 1,
            Self::Expression => 2,
        }
    }
}

/// What labels every host or URL that it matches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pattern {
    /// Where it is looked for.
    pub place: Place,
    /// How it is written.
    pub syntax: Syntax,
    /// What is looked for; ASCII case does not matter.
    pub text: String,
}

/// Why a pattern was not taken; the compiler goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Too long, or empty.
    #[error("the pattern must have 3 to 255 bytes, an expression at most 2048; shorten it")]
    Length,
    /// Nothing in it tells where to look.
    #[error("the pattern names no text of three bytes that must occur; make it say more")]
    Literal,
    /// It has a fault, or would need too much memory.
    #[error("the pattern has a fault, or needs more than 256 KiB; make it simpler")]
    Costly,
    /// It belongs to a list of the floor, whose texts the artefact may not hold.
    #[error("a list of illegal content cannot hold patterns; give it names and URLs")]
    Floor,
    /// It belongs to a list that opens.
    #[error("a pattern can only speak against sites; give a list that opens names")]
    Opens,
}

/// A pattern with its list.
pub(crate) struct Listed {
    pub(crate) list: u16,
    pub(crate) pattern: Pattern,
    /// The texts of which one must occur; an opened artefact holds them in its automaton alone.
    pub(crate) literals: Vec<Vec<u8>>,
    check: Check,
}

/// What is asked where a literal was found.
enum Check {
    /// Nothing: the literal is the pattern.
    Found,
    Glob(UrlGlob),
    /// Compiled when it is first asked; `None` would mean that it cannot be, which was ruled out
    /// when the artefact was made.
    Expression(OnceLock<Option<Box<Regex>>>),
}

impl Listed {
    /// Takes a pattern of a list, having made sure that it can be run.
    pub(crate) fn new(list: u16, pattern: Pattern) -> Result<Self, PatternError> {
        let most = match pattern.syntax {
            Syntax::Text | Syntax::Glob => MOST_TEXT,
            Syntax::Expression => MOST_EXPRESSION,
        };
        if !(LEAST_LITERAL..=most).contains(&pattern.text.len()) {
            return Err(PatternError::Length);
        }
        let literals = match (pattern.syntax, pattern.place) {
            (Syntax::Text, _) => vec![pattern.text.to_ascii_lowercase().into_bytes()],
            (Syntax::Glob, Place::Url) => {
                vec![glob::literal(&pattern.text).ok_or(PatternError::Literal)?]
            }
            (Syntax::Glob | Syntax::Expression, _) => {
                let expression = expression_of(&pattern);
                compiled(&expression).ok_or(PatternError::Costly)?;
                literal::required(&expression).ok_or(PatternError::Literal)?
            }
        };
        Ok(Self::known(list, pattern, literals))
    }

    /// Takes a pattern that was found sound before.
    pub(crate) fn known(list: u16, pattern: Pattern, literals: Vec<Vec<u8>>) -> Self {
        let check = match (pattern.syntax, pattern.place) {
            (Syntax::Text, _) => Check::Found,
            (Syntax::Glob, Place::Url) => Check::Glob(UrlGlob::new(&pattern.text)),
            (Syntax::Glob | Syntax::Expression, _) => Check::Expression(OnceLock::new()),
        };
        Self {
            list,
            pattern,
            literals,
            check,
        }
    }

    /// As people read it.
    pub(crate) fn text(&self) -> String {
        let text = &self.pattern.text;
        match (self.pattern.syntax, self.pattern.place) {
            (Syntax::Text, Place::Label) => format!("~.{text}."),
            (Syntax::Text | Syntax::Glob, _) => format!("~{text}"),
            (Syntax::Expression, _) => format!("~/{text}/"),
        }
    }

    /// Whether the pattern matches where one of its literals was found.
    fn matches(&self, text: &Haystack<'_>, found: std::ops::Range<usize>) -> bool {
        match &self.check {
            Check::Found => match self.pattern.place {
                Place::Label => text.is_whole_label(found),
                Place::Host => true,
                Place::Url => found.start >= text.path,
            },
            Check::Glob(glob) => glob.matches(text),
            Check::Expression(held) => {
                let expression =
                    held.get_or_init(|| compiled(&expression_of(&self.pattern)).map(Box::new));
                // What cannot be asked closes.
                expression
                    .as_ref()
                    .is_none_or(|expression| expression.is_match(text.of_expressions()))
            }
        }
    }

    /// Whether it must be asked once a text, however often its literals are found.
    const fn is_asked_once(&self) -> bool {
        match self.check {
            Check::Found => false,
            Check::Glob(_) | Check::Expression(_) => true,
        }
    }
}

/// The expression that a pattern means.
fn expression_of(pattern: &Pattern) -> String {
    match pattern.syntax {
        Syntax::Expression => pattern.text.clone(),
        Syntax::Text | Syntax::Glob => glob::expression(&pattern.text),
    }
}

fn compiled(expression: &str) -> Option<Regex> {
    RegexBuilder::new(expression)
        .case_insensitive(true)
        .unicode(false)
        .size_limit(MOST_PROGRAM)
        .dfa_size_limit(MOST_PROGRAM)
        .nest_limit(50)
        .build()
        .ok()
}

/// The longest text or glob that is taken, in bytes.
pub(crate) const MOST_TEXT: usize = 255;
/// The longest expression that is taken, in bytes.
pub(crate) const MOST_EXPRESSION: usize = 2048;
/// Shorter literals stand in half of the web.
pub(crate) const LEAST_LITERAL: usize = 3;
/// What one expression may need, in bytes.
const MOST_PROGRAM: usize = 256 << 10;
