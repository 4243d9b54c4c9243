//! Compilation of phrases into the form in which a scan looks for them.

mod filter;
mod index;
mod trie;

use crate::fold::Folder;
use crate::phrase::{Phrase, PhraseEffect, PhrasePart};
pub(crate) use index::Index;
use std::collections::{BTreeMap, BTreeSet};

/// Phrases of all lists, compiled; immutable and shared by all scans.
#[derive(Debug)]
pub struct Phrases {
    pub(crate) index: Index,
    pub(crate) parts: Vec<Part>,
    pub(crate) phrases: Vec<Compiled>,
    themes: Vec<String>,
}

/// One part of a compiled phrase.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) phrase: u32,
    pub(crate) stand_ins: bool,
}

/// A compiled phrase.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// The first of its parts; the others follow.
    pub(crate) first: u32,
    pub(crate) count: u32,
    /// The place of its theme; `None` for all.
    pub(crate) theme: Option<u16>,
    pub(crate) effect: PhraseEffect,
    pub(crate) window: Option<u32>,
    /// As a person reads it.
    pub(crate) shown: Box<str>,
    pub(crate) list: Box<str>,
    /// Whether nobody may read what was found.
    pub(crate) withheld: bool,
}

/// A phrase that was not taken, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedPhrase {
    /// Its place among those that were given.
    pub place: usize,
    /// The phrase, as a person reads it.
    pub shown: String,
    /// Why.
    pub reason: RefusedPhraseReason,
}

/// Why a phrase was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum RefusedPhraseReason {
    /// Nothing of a part is left once it is folded, or it has no parts.
    #[error("a part holds neither a letter nor a digit")]
    Empty,
    /// A part is so short that it stands in nearly every text.
    #[error("a part that begins in the midst of words has fewer than three bytes")]
    TooShort,
    /// A part is longer than [`Phrases::LONGEST_PART`].
    #[error("a part has more than {} bytes", Phrases::LONGEST_PART)]
    TooLong,
    /// It has more parts than [`Phrases::MOST_PARTS`].
    #[error("a phrase has more than {} parts", Phrases::MOST_PARTS)]
    TooManyParts,
    /// There are more themes than [`Phrases::MOST_THEMES`].
    #[error("the lists name more than {} themes", Phrases::MOST_THEMES)]
    TooManyThemes,
}

impl Phrases {
    /// The bytes of a folded part, with the spaces at its ends.
    pub const LONGEST_PART: usize = 256;
    /// The parts of a phrase.
    pub const MOST_PARTS: usize = 16;
    /// The themes of all lists together.
    pub const MOST_THEMES: usize = 64;

    /// Compiles phrases; those that cannot be looked for are given back with the reason.
    ///
    /// The same phrase of the same theme counts once, by the heaviest of its weights: lists of
    /// several languages share words.
    pub fn compile(phrases: impl IntoIterator<Item = Phrase>) -> (Self, Vec<RefusedPhrase>) {
        let mut refused = Vec::new();
        let mut compiler = Compiler::default();
        for (place, phrase) in phrases.into_iter().enumerate() {
            if let Err(reason) = compiler.take(&phrase) {
                refused.push(RefusedPhrase {
                    place,
                    shown: shown(&phrase),
                    reason,
                });
            }
        }
        (compiler.finish(), refused)
    }

    /// Whether a phrase can be looked for.
    ///
    /// # Errors
    ///
    /// Says why not.
    pub fn check(phrase: &Phrase) -> Result<(), RefusedPhraseReason> {
        folded_parts(phrase).map(|_| ())
    }

    /// The themes, in the order in which scores name them.
    pub fn themes(&self) -> &[String] {
        &self.themes
    }

    /// How many phrases there are.
    pub fn len(&self) -> usize {
        self.phrases.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }

    /// About how many bytes of memory what a scan reads takes.
    pub fn size(&self) -> usize {
        self.index.size()
            + self.parts.len() * size_of::<Part>()
            + self.phrases.len() * size_of::<Compiled>()
    }
}

#[derive(Default)]
struct Compiler {
    texts: Vec<(Vec<u8>, u32)>,
    parts: Vec<Part>,
    phrases: Vec<Compiled>,
    themes: Vec<String>,
    /// Phrases by theme and folded parts.
    known: BTreeMap<(Option<u16>, BTreeSet<Vec<u8>>), usize>,
}

impl Compiler {
    fn take(&mut self, phrase: &Phrase) -> Result<(), RefusedPhraseReason> {
        let folded = folded_parts(phrase)?;
        let theme = match &phrase.list.theme {
            Some(theme) => Some(self.theme(theme)?),
            None => None,
        };
        let key = (theme, folded);
        if let Some(place) = self.known.get(&key) {
            let held = &mut self.phrases[*place];
            if phrase.list.withheld {
                held.withheld = true;
                held.shown = shown(phrase).into();
            }
            if phrase.effect.heaviness() > held.effect.heaviness() {
                held.effect = phrase.effect;
                held.list = phrase.list.name.as_str().into();
            }
            return Ok(());
        }
        let folded = &key.1;
        let first = self.parts.len() as u32;
        for (text, at) in folded.iter().zip(first..) {
            self.parts.push(Part {
                phrase: self.phrases.len() as u32,
                stand_ins: phrase.list.stand_ins,
            });
            if phrase.list.arabic_prefixes && text.starts_with(b" ") {
                for prefix in ARABIC_PREFIXES {
                    let with = [b" ", prefix.as_bytes(), &text[1..]].concat();
                    self.texts.push((with, at));
                }
            }
            self.texts.push((text.clone(), at));
        }
        self.phrases.push(Compiled {
            first,
            count: folded.len() as u32,
            theme,
            effect: phrase.effect,
            window: phrase.list.window,
            shown: shown(phrase).into(),
            list: phrase.list.name.as_str().into(),
            withheld: phrase.list.withheld,
        });
        self.known.insert(key, self.phrases.len() - 1);
        Ok(())
    }

    fn theme(&mut self, theme: &str) -> Result<u16, RefusedPhraseReason> {
        let held = self.themes.iter().position(|held| held == theme);
        let place = held.unwrap_or(self.themes.len());
        if place == Phrases::MOST_THEMES {
            return Err(RefusedPhraseReason::TooManyThemes);
        }
        if held.is_none() {
            self.themes.push(theme.to_owned());
        }
        Ok(place as u16)
    }

    fn finish(self) -> Phrases {
        Phrases {
            index: Index::build(self.texts),
            parts: self.parts,
            phrases: self.phrases,
            themes: self.themes,
        }
    }
}

/// Folds the parts of a phrase, each once.
fn folded_parts(phrase: &Phrase) -> Result<BTreeSet<Vec<u8>>, RefusedPhraseReason> {
    if phrase.parts.is_empty() {
        return Err(RefusedPhraseReason::Empty);
    }
    if phrase.parts.len() > Phrases::MOST_PARTS {
        return Err(RefusedPhraseReason::TooManyParts);
    }
    phrase.parts.iter().map(folded_part).collect()
}

/// Folds a part, with spaces where words begin and end.
fn folded_part(part: &PhrasePart) -> Result<Vec<u8>, RefusedPhraseReason> {
    let mut text = Folder::fold(&part.text);
    if text == b" " {
        return Err(RefusedPhraseReason::Empty);
    }
    if part.ends_word {
        text.push(b' ');
    }
    if !part.begins_word {
        text.remove(0);
        if text.len() < 3 {
            return Err(RefusedPhraseReason::TooShort);
        }
    } else if text.len() < 3 {
        return Err(RefusedPhraseReason::TooShort);
    }
    if text.len() > Phrases::LONGEST_PART {
        return Err(RefusedPhraseReason::TooLong);
    }
    Ok(text)
}

/// A phrase as a person reads it: `*` where a word goes on, `+` between parts.
fn shown(phrase: &Phrase) -> String {
    if phrase.list.withheld {
        return "withheld".to_owned();
    }
    let mut shown = String::new();
    for part in &phrase.parts {
        if !shown.is_empty() {
            shown.push_str(" + ");
        }
        if !part.begins_word {
            shown.push('*');
        }
        shown.push_str(&part.text);
        if !part.ends_word {
            shown.push('*');
        }
    }
    shown
}

/// And, in, for, as, so, the, and what they make together.
const ARABIC_PREFIXES: [&str; 10] = ["ال", "و", "ب", "ل", "ف", "ك", "وال", "بال", "لل", "فال"];
