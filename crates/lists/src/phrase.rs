use std::sync::Arc;

/// A phrase of page content: what is looked for and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// What must stand on one page, all of it; never empty.
    pub parts: Vec<PhrasePart>,
    /// What it does where it stands.
    pub effect: PhraseEffect,
    /// Where it comes from.
    pub origin: Arc<PhraseOrigin>,
}

impl Phrase {
    /// Published ones have at most seven parts.
    pub const MOST_PARTS: usize = 16;
}

impl Phrase {
    /// The phrase as a scan looks for it, one of the list that `list` gives its words of.
    ///
    /// Published lists count parts anywhere on the page and know nothing of stand-ins.
    pub fn of_list(self, list: &PhraseListFacts<'_>) -> content::Phrase {
        let language = self.origin.language.as_deref();
        content::Phrase {
            list: Arc::new(content::PhraseList {
                name: [Some(list.id), language]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join(" "),
                arabic_prefixes: language == Some("arabic"),
                theme: Some(list.category.to_owned()),
                stand_ins: false,
                window: None,
                withheld: list.withheld,
            }),
            effect: match self.effect {
                PhraseEffect::Bans => content::PhraseEffect::Bans,
                PhraseEffect::Excepts => content::PhraseEffect::Excepts,
                PhraseEffect::Weighs(weight) => content::PhraseEffect::Weighs(weight),
                PhraseEffect::WeighsPercent(share) => content::PhraseEffect::WeighsPercent(share),
            },
            parts: self.parts.into_iter().map(PhrasePart::into).collect(),
        }
    }
}

/// What is said of a list that phrases come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhraseListFacts<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its category, which is the theme of its phrases.
    pub category: &'a str,
    /// Whether nobody may read its phrases.
    pub withheld: bool,
}

impl From<PhrasePart> for content::PhrasePart {
    fn from(part: PhrasePart) -> Self {
        Self {
            text: part.text,
            begins_word: part.begins_word,
            ends_word: part.ends_word,
        }
    }
}

/// One text of a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhrasePart {
    /// The text without the spaces at its ends, as the file writes it; not folded.
    pub text: String,
    /// Whether a word begins with it.
    pub begins_word: bool,
    /// Whether a word ends with it.
    pub ends_word: bool,
}

impl PhrasePart {
    /// Reads what stands between brackets; `None` where it is empty or too long.
    pub(crate) fn parse(inner: &str) -> Option<Self> {
        let text = inner.trim();
        (!text.is_empty() && text.len() <= MOST_PART).then(|| Self {
            text: text.to_owned(),
            begins_word: inner.starts_with([' ', '\t']),
            ends_word: inner.ends_with([' ', '\t']),
        })
    }
}

/// What a phrase does to the page on which it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhraseEffect {
    /// It closes the page at once.
    Bans,
    /// It opens the page.
    Excepts,
    /// It adds to the score of the page, or takes from it.
    Weighs(i32),
    /// It adds so many hundredths of the limit of the group.
    WeighsPercent(i32),
}

impl PhraseEffect {
    /// Reads a weight, such as `40`, `-30` or `10%`.
    pub(crate) fn parse(weight: &str) -> Option<Self> {
        let weight = weight.trim();
        let (number, percent) = match weight.strip_suffix('%') {
            Some(number) => (number, true),
            None => (weight, false),
        };
        let number: i32 = number.trim().parse().ok()?;
        let sound = number.unsigned_abs() <= MOST_WEIGHT;
        sound.then_some(if percent {
            Self::WeighsPercent(number)
        } else {
            Self::Weighs(number)
        })
    }
}

/// Where phrases come from, as their file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhraseOrigin {
    /// What `#listcategory` says.
    pub category: Option<String>,
    /// The folder, such as `gambling`.
    pub theme: Option<String>,
    /// The language in English, in lower case, where the path names one.
    pub language: Option<String>,
    /// What a phrase without a weight does, by the name of the file.
    pub effect: Option<PhraseEffect>,
}

impl PhraseOrigin {
    /// Reads a path as `french/pornography/weighted` or `pornography/weighted_french`.
    pub fn of_path(path: &str) -> Self {
        let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
        let file = file.split('.').next().unwrap_or_default();
        let effect = match file.split('_').next() {
            Some("banned") => Some(PhraseEffect::Bans),
            Some("exception") => Some(PhraseEffect::Excepts),
            Some(_) | None => None,
        };
        let known = |word: &&str| LANGUAGES.contains(word);
        let language = folders
            .split('/')
            .rfind(known)
            .or_else(|| file.split('_').find(known));
        let theme = folders
            .rsplit('/')
            .find(|part| !part.is_empty() && !known(part));
        Self {
            category: None,
            theme: theme
                .filter(|theme| *theme != "phraselists")
                .map(str::to_owned),
            language: language.map(str::to_owned),
            effect,
        }
    }
}

const MOST_PART: usize = 256;
const MOST_WEIGHT: u32 = 10_000;

/// The languages after which folders and files of published lists are named.
const LANGUAGES: [&str; 36] = [
    "arabic",
    "bengali",
    "bulgarian",
    "chinese",
    "chinesebig5",
    "chinesegb2312",
    "czech",
    "danish",
    "dutch",
    "english",
    "ukenglish",
    "finnish",
    "french",
    "german",
    "greek",
    "hebrew",
    "hindi",
    "hungarian",
    "italian",
    "japanese",
    "korean",
    "lithuanian",
    "malay",
    "norwegian",
    "panjabi",
    "polish",
    "portuguese",
    "romanian",
    "russian",
    "russian-1251",
    "russian-koi8-r",
    "somali",
    "spanish",
    "swedish",
    "turkish",
    "urdu",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_phrase_is_one_of_the_scan() {
        let phrase = Phrase {
            parts: vec![PhrasePart::parse(" free spins ").unwrap()],
            effect: PhraseEffect::Weighs(70),
            origin: Arc::new(PhraseOrigin::of_path("french/gambling/weighted")),
        };
        let list = PhraseListFacts {
            id: "published",
            category: "gambling",
            withheld: false,
        };
        let (phrases, refused) = content::Phrases::compile([phrase.of_list(&list)]);
        assert_eq!(refused, []);
        let findings = content::Scan::of_text(&Arc::new(phrases), "50 Free Spins!");
        assert_eq!(
            findings
                .worst(50)
                .map(|(theme, score)| (theme.theme.as_str(), score)),
            Some(("gambling", 70))
        );
    }
}
