use std::sync::Arc;

/// A phrase of a list: what is looked for and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// What must stand near each other, all of it.
    pub parts: Vec<PhrasePart>,
    /// What it does where it stands.
    pub effect: PhraseEffect,
    /// The list from which it comes.
    pub list: Arc<PhraseList>,
}

impl Phrase {
    /// Whether each part is whole words, or of a script that sets no spaces between them.
    pub(crate) fn is_of_whole_words(&self) -> bool {
        self.parts
            .iter()
            .all(|part| (part.begins_word && part.ends_word) || !part.text.is_ascii())
    }
}

/// One text of a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhrasePart {
    /// The text as a person writes it; not folded.
    pub text: String,
    /// Whether a word begins with it.
    pub begins_word: bool,
    /// Whether a word ends with it.
    pub ends_word: bool,
}

/// What a phrase does to the page on which it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhraseEffect {
    /// It puts the page above every limit.
    Bans,
    /// It is a sign of harmless context, as a published list of exceptions says it.
    ///
    /// It weighs [`EXCEPTION`](Self::EXCEPTION), no more: a page must not be able to open itself.
    Excepts,
    /// It adds to the score of the page, or takes from it.
    Weighs(i32),
    /// It adds so many hundredths of the limit of the group.
    WeighsPercent(i32),
}

impl PhraseEffect {
    /// What a published exception weighs.
    pub const EXCEPTION: i32 = -60;

    /// How much it says, either way.
    pub(crate) fn heaviness(self) -> u32 {
        match self {
            Self::Bans => u32::MAX,
            Self::Excepts => Self::EXCEPTION.unsigned_abs(),
            Self::Weighs(weight) | Self::WeighsPercent(weight) => weight.unsigned_abs(),
        }
    }
}

/// What all phrases of a list have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhraseList {
    /// What the list is called where its phrases are shown.
    pub name: String,
    /// The theme to whose score its phrases count; `None` for all themes.
    pub theme: Option<String>,
    /// Whether digits and signs may stand for letters in the text.
    pub stand_ins: bool,
    /// Whether the little words that Arabic writes onto the next one may stand before a word.
    pub arabic_prefixes: bool,
    /// How near to each other the parts of a phrase must stand, in bytes of folded text; `None`
    /// for anywhere on the page.
    pub window: Option<u32>,
    /// Whether nobody may read its phrases: those of illegal content. What is found of it is
    /// counted, and neither the phrase nor the text around it is kept.
    pub withheld: bool,
}
