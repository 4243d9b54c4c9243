use crate::phrase::{Phrase, PhraseEffect, PhraseList, PhrasePart};
use crate::phrases::Phrases;
use model::{Document, Fault, Faults, Step, Vocabulary, nearest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One file of `blocklists/phrases`: the phrases of a theme, by language and weight.
///
/// A phrase is whole words. `*` at an end lets the word go on there; `+` stands between parts
/// that must stand near each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhraseFile {
    /// Name for people.
    pub title: String,
    /// The theme whose score the phrases change. Unset: the score of every theme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
    /// The category that a page or a search above its limit bears. Unset: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// How near to each other the parts of a phrase must stand, in letters. Unset: 400.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<u32>,
    /// Whether digits and signs may stand for letters, as in `p4ssw0rd`. Unset: true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stand_ins: Option<bool>,
    /// For pages and searches: by language, then by weight. What is below nought speaks for
    /// harmless context.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub phrases: ByLanguage,
    /// For searches alone, in the same way.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub search: ByLanguage,
}

/// Phrases by language, and then by weight.
pub type ByLanguage = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// The phrases of one file, ready to be compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilePhrases {
    /// For pages and searches.
    pub pages: Vec<Phrase>,
    /// For searches alone.
    pub searches: Vec<Phrase>,
    /// The theme with its name for people and its category, where the file has one.
    pub theme: Option<Theme>,
}

/// What a theme is called, and what a page above its limit bears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Its id.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// The category, where one fits.
    pub category: Option<String>,
}

impl PhraseFile {
    /// The heaviest weight, either way.
    pub const HEAVIEST: i32 = 200;

    /// Reads a file, adding all that is wrong with it to `faults`.
    pub fn parse(
        file: &str,
        text: &str,
        vocabulary: &Vocabulary,
        faults: &mut Faults,
    ) -> Option<FilePhrases> {
        let (document, settings) = Document::parse::<Self>(file, text, faults);
        let settings = settings?;
        let mut reader = Reader {
            document: &document,
            faults,
            settings: &settings,
            name: name_of(file),
        };
        let withheld = reader.category(vocabulary);
        let pages = reader.table("phrases", &settings.phrases, withheld);
        let searches = reader.table("search", &settings.search, withheld);
        let theme = settings.theme.map(|id| Theme {
            id,
            title: settings.title,
            category: settings.category,
        });
        Some(FilePhrases {
            pages,
            searches,
            theme,
        })
    }
}

/// The name of a file without folder and ending.
fn name_of(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".toml").unwrap_or(name).to_owned()
}

struct Reader<'r> {
    document: &'r Document,
    faults: &'r mut Faults,
    settings: &'r PhraseFile,
    name: String,
}

impl Reader<'_> {
    /// Whether the phrases are of illegal content; a category that cannot be borne is a fault.
    fn category(&mut self, vocabulary: &Vocabulary) -> bool {
        let Some(word) = &self.settings.category else {
            return false;
        };
        let id = vocabulary.find(word);
        if let Some(id) = id
            && (vocabulary.against() | vocabulary.floor()).contains(id)
        {
            return vocabulary.floor().contains(id);
        }
        let what = match id {
            None => format!("unknown category `{word}`"),
            Some(_) => format!("category `{word}` opens sites, and phrases speak against pages"),
        };
        let known = vocabulary.iter().map(|(_, category)| category.id.as_str());
        let mend = match nearest(word, known) {
            Some(near) if id.is_none() => format!("did you mean `{near}`?"),
            Some(_) | None => "see `categories.toml` for the ids".to_owned(),
        };
        let fault = self.document.fault(&[Step::Key("category")], what);
        self.faults.push(fault.mend(mend));
        false
    }

    fn table(&mut self, table: &str, languages: &ByLanguage, withheld: bool) -> Vec<Phrase> {
        let mut phrases = Vec::new();
        for (language, weights) in languages {
            let list = Arc::new(PhraseList {
                name: format!("{} ({language})", self.name),
                theme: self.settings.theme.clone(),
                stand_ins: self.settings.stand_ins.unwrap_or(true),
                arabic_prefixes: language == "ar",
                window: Some(self.settings.window.unwrap_or(WINDOW)),
                withheld,
            });
            for (weight, texts) in weights {
                let way = [table, language, weight].map(Step::Key);
                let Some(effect) = self.weight(weight, &way) else {
                    continue;
                };
                for (place, text) in texts.iter().enumerate() {
                    let phrase = parts(text).map(|parts| Phrase {
                        parts,
                        effect,
                        list: Arc::clone(&list),
                    });
                    match phrase.map(|phrase| (Phrases::check(&phrase), phrase)) {
                        Some((Ok(()), phrase)) => phrases.push(phrase),
                        Some((Err(reason), phrase)) => {
                            let shown = (!phrase.list.withheld).then_some(text.as_str());
                            self.refuse(&way, place, shown, &reason);
                        }
                        None => {
                            let shown = (!withheld).then_some(text.as_str());
                            self.refuse(&way, place, shown, &"a part holds no letter or digit");
                        }
                    }
                }
            }
        }
        phrases
    }

    fn weight(&mut self, weight: &str, way: &[Step<'_>]) -> Option<PhraseEffect> {
        let number = weight
            .parse()
            .ok()
            .filter(|number: &i32| number.abs() <= PhraseFile::HEAVIEST && *number != 0);
        if number.is_none() {
            let most = PhraseFile::HEAVIEST;
            let fault = self
                .document
                .key_fault(way, format!("`{weight}` is no weight"))
                .mend(format!(
                    "write a whole number from -{most} to {most}, not 0"
                ));
            self.faults.push(fault);
        }
        number.map(PhraseEffect::Weighs)
    }

    fn refuse(
        &mut self,
        way: &[Step<'_>; 3],
        place: usize,
        shown: Option<&str>,
        why: &dyn std::fmt::Display,
    ) {
        let [table, language, weight] = *way;
        let way = [table, language, weight, Step::Index(place)];
        let fault = match shown {
            Some(text) => self.document.fault(&way, format!("`{text}`: {why}")),
            None => Fault {
                snippet: None,
                ..self.document.fault(&way, format!("a phrase: {why}"))
            },
        };
        self.faults
            .push(fault.mend("write words, with `+` between parts and `*` where a word goes on"));
    }
}

/// Reads `a word + another*`.
fn parts(text: &str) -> Option<Vec<PhrasePart>> {
    text.split('+')
        .map(|part| {
            let part = part.trim();
            let text = part.trim_matches('*').trim();
            text.contains(char::is_alphanumeric).then(|| PhrasePart {
                text: text.to_owned(),
                begins_word: !part.starts_with('*'),
                ends_word: !part.ends_with('*'),
            })
        })
        .collect()
}

const WINDOW: u32 = 400;

/// The JSON Schema of a file of phrases, by the name of its file.
pub fn schemas() -> Vec<(&'static str, schemars::Schema)> {
    vec![("phrases.json", schemars::schema_for!(PhraseFile))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        Vocabulary::new(Vec::new()).unwrap()
    }

    #[test]
    fn a_file_gives_its_phrases() {
        let text = "title = \"T\"\ntheme = \"t\"\n[phrases.ar]\n-5 = [\"one two\"]\n\
            [search.en]\n60 = [\"a + *bcd*\"]\n";
        let mut faults = Faults::default();
        let read = PhraseFile::parse("x/t.toml", text, &vocabulary(), &mut faults).unwrap();
        assert!(faults.is_empty());
        assert_eq!(read.pages[0].effect, PhraseEffect::Weighs(-5));
        assert!(read.pages[0].list.arabic_prefixes);
        assert_eq!(read.pages[0].list.window, Some(400));
        assert_eq!(read.searches[0].parts.len(), 2);
        assert!(!read.searches[0].parts[1].begins_word);
        assert_eq!(read.searches[0].list.name, "t (en)");
    }

    #[test]
    fn every_fault_is_told_with_its_place() {
        let text = "title = \"T\"\n[phrases.en]\nheavy = [\"a\"]\n0 = []\n900 = []\n5 = [\"a + *\", \"b\"]\n";
        let mut faults = Faults::default();
        let read = PhraseFile::parse("t.toml", text, &vocabulary(), &mut faults).unwrap();
        assert_eq!(read.pages.len(), 1);
        assert_eq!(faults.errors(), 4);
    }
}
