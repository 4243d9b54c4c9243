use crate::findings::Findings;
use crate::phrase::Phrase;
use crate::phrase_file::{PhraseFile, Theme};
use crate::phrases::Phrases;
use crate::scan::Scan;
use model::{CategorySet, Fault, Faults, Files, Vocabulary};
use std::sync::Arc;

/// The phrases of all files of `blocklists/phrases` and of imported lists, compiled for pages and
/// for searches.
#[derive(Clone, Debug)]
pub struct PhraseBook {
    pages: Arc<Phrases>,
    searches: Arc<Phrases>,
    themes: Vec<Theme>,
}

impl PhraseBook {
    /// The limit of a group that no file gives one: for older children.
    pub const LIMIT: u32 = 100;
    /// What a search may score without bearing the category of the theme.
    ///
    /// A few words leave no room for context, so one phrase that speaks for itself is enough.
    pub const SEARCH_LIMIT: u32 = 39;

    /// Compiles the phrases among some files and of lists that others publish, adding all that is
    /// wrong with the files to `faults`.
    ///
    /// What has faults is left out; the rest is compiled. Of an imported list a search is scored by
    /// whole words alone: few words leave no room for context, and published lists hold many parts
    /// of words.
    pub fn compile(
        files: &Files,
        imported: impl IntoIterator<Item = (Theme, Vec<Phrase>)>,
        vocabulary: &Vocabulary,
        faults: &mut Faults,
    ) -> Self {
        let mut draft = Draft::default();
        for (path, content) in files.under(FOLDER) {
            // Settings are always in memory.
            if let Some(bytes) = content.in_memory().filter(|_| path.ends_with(".toml")) {
                draft.file(path, bytes, vocabulary, faults);
            }
        }
        for (theme, phrases) in imported {
            let whole = phrases.iter().filter(|phrase| phrase.is_of_whole_words());
            draft.searches.extend(whole.cloned());
            draft.pages.extend(phrases);
            draft.theme(theme);
        }
        let (pages, _) = Phrases::compile(draft.pages);
        let (searches, _) = Phrases::compile(draft.searches);
        Self {
            pages: Arc::new(pages),
            searches: Arc::new(searches),
            themes: draft.themes,
        }
    }

    /// A book without a phrase.
    pub fn empty() -> Self {
        let none = Arc::new(Phrases::compile([]).0);
        Self {
            pages: Arc::clone(&none),
            searches: none,
            themes: Vec::new(),
        }
    }

    /// The categories that a search bears where a group's limit for pages is `limit`.
    pub fn categories_of_search(
        &self,
        term: &str,
        limit: u32,
        vocabulary: &Vocabulary,
    ) -> CategorySet {
        let limit = limit.min(Self::SEARCH_LIMIT);
        let mut categories = CategorySet::EMPTY;
        for score in self.search(term).scores {
            let category = || self.theme(&score.theme)?.category.as_deref();
            if score.exceeds(limit)
                && let Some(id) = category().and_then(|word| vocabulary.find(word))
            {
                categories.insert(id);
            }
        }
        categories
    }

    /// The phrases for pages.
    pub fn pages(&self) -> &Arc<Phrases> {
        &self.pages
    }

    /// What a search term scores.
    pub fn search(&self, term: &str) -> Findings {
        Scan::of_text(&self.searches, term)
    }

    /// How many phrases there are for searches, those for pages among them.
    pub fn search_phrases(&self) -> usize {
        self.searches.len()
    }

    /// What is known of a theme.
    pub fn theme(&self, id: &str) -> Option<&Theme> {
        self.themes.iter().find(|theme| theme.id == id)
    }

    /// All themes.
    pub fn themes(&self) -> &[Theme] {
        &self.themes
    }
}

/// What is read so far.
#[derive(Default)]
struct Draft {
    pages: Vec<Phrase>,
    searches: Vec<Phrase>,
    themes: Vec<Theme>,
}

impl Draft {
    fn file(&mut self, path: &str, content: &[u8], vocabulary: &Vocabulary, faults: &mut Faults) {
        let Ok(text) = std::str::from_utf8(content) else {
            let mend = "save it as UTF-8";
            faults.push(Fault::of_file(path, "the file is not UTF-8", mend));
            return;
        };
        let Some(read) = PhraseFile::parse(path, text, vocabulary, faults) else {
            return;
        };
        self.searches.extend(read.pages.iter().cloned());
        self.searches.extend(read.searches);
        self.pages.extend(read.pages);
        if let Some(theme) = read.theme {
            self.theme(theme);
        }
    }

    fn theme(&mut self, theme: Theme) {
        if self.themes.iter().all(|held| held.id != theme.id) {
            self.themes.push(theme);
        }
    }
}

const FOLDER: &str = "blocklists/phrases/";
