use crate::findings::Findings;
use crate::phrase_file::{PhraseFile, Theme};
use crate::phrases::Phrases;
use crate::scan::Scan;
use model::{Fault, Faults, Files};
use std::sync::Arc;

/// The phrases of all files of `blocklists/phrases`, compiled for pages and for searches.
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

    /// Compiles the phrases among some files, adding all that is wrong with them to `faults`.
    ///
    /// What has faults is left out; the rest is compiled.
    pub fn compile(files: &Files, faults: &mut Faults) -> Self {
        let (mut pages, mut searches) = (Vec::new(), Vec::new());
        let mut themes: Vec<Theme> = Vec::new();
        for (path, content) in files.under(FOLDER) {
            if !path.ends_with(".toml") {
                continue;
            }
            let Ok(text) = std::str::from_utf8(content) else {
                let mend = "save it as UTF-8";
                faults.push(Fault::of_file(path, "the file is not UTF-8", mend));
                continue;
            };
            let Some(read) = PhraseFile::parse(path, text, faults) else {
                continue;
            };
            pages.extend(read.pages.iter().cloned());
            searches.extend(read.pages);
            searches.extend(read.searches);
            if let Some(theme) = read.theme
                && themes.iter().all(|held| held.id != theme.id)
            {
                themes.push(theme);
            }
        }
        let (pages, _) = Phrases::compile(pages);
        let (searches, refused) = Phrases::compile(searches);
        for refused in refused {
            let what = format!("`{}`: {}", refused.shown, refused.reason);
            let mend = "write it longer, shorter or leave it out";
            faults.push(Fault::of_file(FOLDER, what, mend));
        }
        Self {
            pages: Arc::new(pages),
            searches: Arc::new(searches),
            themes,
        }
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

const FOLDER: &str = "blocklists/phrases/";
