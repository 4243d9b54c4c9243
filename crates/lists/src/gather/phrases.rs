//! The phrases of the lists that others publish.

use super::Gather;
use super::sources::Files;
use super::taking::refused_phrase;
use crate::folder::SOURCES;
use crate::{Import, Item, PhraseListFacts, Rules, Source, SourcesFile};
use content::{Phrase, Theme};
use model::{Document, Fault, Faults};

impl Gather<'_> {
    /// Reads the phrase lists that `sources.toml` has in use.
    ///
    /// What is wrong with a source is told where the index is made of the same files; here a
    /// source that cannot be told is left out.
    pub(crate) fn phrase_lists(&mut self) -> Vec<(Theme, Vec<Phrase>)> {
        let text = self.inputs.get(SOURCES);
        let Some(text) = text.and_then(|bytes| std::str::from_utf8(bytes).ok()) else {
            return Vec::new();
        };
        let mut told_elsewhere = Faults::default();
        let (_, file) = Document::parse::<SourcesFile>(SOURCES, text, &mut told_elsewhere);
        let sources = file.unwrap_or_default().sources;
        let used = sources
            .iter()
            .filter(|source| source.enabled && source.format.is_phrases());
        used.filter_map(|source| self.phrase_list(source)).collect()
    }

    fn phrase_list(&mut self, source: &Source) -> Option<(Theme, Vec<Phrase>)> {
        let category = self.vocabulary.find(&source.category)?;
        let files = Files::find(self.inputs, source)?;
        let withheld = self.vocabulary.floor().contains(category);
        let import = Import::of_source(source, withheld)?;
        let import = Import {
            rules: Rules {
                withheld,
                ..import.rules
            },
            library: &files.library,
            ..import
        };
        let facts = PhraseListFacts {
            id: &source.id,
            category: &source.category,
            withheld,
        };
        let mut phrases = Vec::new();
        let read = import.read_files(&files.files, &mut |item| match item {
            Item::Phrase(phrase) => {
                let refused = refused_phrase(phrase);
                if refused.is_none() {
                    phrases.push(phrase.clone().of_list(&facts));
                }
                refused
            }
            Item::Entry(_)
            | Item::Network(_)
            | Item::Url(_)
            | Item::Pattern(_)
            | Item::Digest(..) => None,
        });
        if let Err(error) = read {
            let what = format!("list `{}` could not be read", source.id);
            let mend = error.to_string();
            self.faults.push(Fault::of_file(SOURCES, what, mend));
            return None;
        }
        let title = self.vocabulary.category(category);
        let theme = Theme {
            id: source.category.clone(),
            title: title.map_or_else(|| source.title.clone(), |held| held.title.clone()),
            category: Some(source.category.clone()),
        };
        Some((theme, phrases))
    }
}
