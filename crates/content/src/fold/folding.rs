use icu_normalizer::DecomposingNormalizerBorrowed;
use std::sync::LazyLock;

/// What each character becomes, as one table for the whole process.
pub(crate) struct Folding {
    /// By code point, up to the end of the supplementary multilingual plane.
    wide: Box<[u32]>,
    /// What does not fit into an entry.
    pool: Vec<u8>,
}

/// What one character becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Folded<'t> {
    /// Nothing: marks, zero-width characters, soft hyphens.
    Nothing,
    /// The space between words.
    Space,
    /// These bytes, which are letters and digits.
    Text(&'t [u8]),
    /// Itself.
    Itself,
}

impl Folding {
    /// The table, made at the first use.
    pub(crate) fn table() -> &'static Self {
        static TABLE: LazyLock<Folding> = LazyLock::new(Folding::make);
        &TABLE
    }

    /// What a character beyond ASCII becomes; an inline entry is copied into `room`.
    #[inline]
    pub(crate) fn of<'t>(&'t self, character: char, room: &'t mut [u8; 4]) -> Folded<'t> {
        let Some(&entry) = self.wide.get(character as usize) else {
            return match character {
                '\u{e0000}'..='\u{e0fff}' => Folded::Nothing,
                _ => Folded::Itself,
            };
        };
        match entry {
            NOTHING => Folded::Nothing,
            SPACE => Folded::Space,
            ITSELF => Folded::Itself,
            _ => {
                let length = (entry >> 24 & 0x7f) as usize;
                if entry & POOLED == 0 {
                    *room = (entry & 0xff_ffff).to_le_bytes();
                    Folded::Text(&room[..length])
                } else {
                    let from = (entry & 0xff_ffff) as usize;
                    Folded::Text(&self.pool[from..from + length])
                }
            }
        }
    }

    fn make() -> Self {
        let mut made = Self {
            wide: vec![SPACE; END].into_boxed_slice(),
            pool: Vec::new(),
        };
        let normalizer = DecomposingNormalizerBorrowed::new_nfkd();
        let mut single = String::new();
        for code in 0..END {
            let Some(character) = u32::try_from(code).ok().and_then(char::from_u32) else {
                continue;
            };
            made.wide[code] = if is_uniform(character) {
                ITSELF
            } else {
                single.clear();
                single.push(character);
                made.entry(character, &normalizer.normalize(&single))
            };
        }
        made
    }

    fn entry(&mut self, character: char, decomposed: &str) -> u32 {
        if is_dropped(character) {
            return NOTHING;
        }
        let mut text = String::new();
        for part in decomposed.chars().flat_map(char::to_lowercase) {
            // A fraction or a ligature may hold what separates; it separates as a whole.
            if !is_dropped(part) && !push(part, &mut text) {
                return SPACE;
            }
        }
        let bytes = text.as_bytes();
        let length = bytes.len() as u32;
        if bytes.is_empty() {
            NOTHING
        } else if text.chars().eq([character]) {
            ITSELF
        } else if bytes.len() <= 3 {
            let mut room = [0; 4];
            room[..bytes.len()].copy_from_slice(bytes);
            length << 24 | u32::from_le_bytes(room)
        } else {
            let from = self.pool.len() as u32;
            self.pool.extend_from_slice(bytes);
            POOLED | length << 24 | from
        }
    }
}

/// Adds what a lower-case character of a decomposition becomes; says whether it is part of a word.
fn push(part: char, text: &mut String) -> bool {
    if let Ok(place) = LOOKS_LIKE.binary_search_by_key(&part, |(character, _)| *character) {
        text.push_str(LOOKS_LIKE[place].1);
        return true;
    }
    let word = part.is_alphanumeric() || is_sign_of_a_word(part);
    if word {
        text.push(part);
    }
    word
}

/// Ideographs and syllables, which no rule changes.
fn is_uniform(character: char) -> bool {
    matches!(character,
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{10000}'..='\u{1d3ff}' | '\u{1d800}'..='\u{1edff}')
        && character.is_alphanumeric()
}

/// What leaves no trace: format characters, and the marks of scripts that are read without them.
fn is_dropped(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{640}' | '\u{115f}' | '\u{1160}' | '\u{17b4}'
        | '\u{17b5}' | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}'
        // Combining marks of Latin, Greek and Cyrillic, Hebrew points, Arabic vowel signs.
        | '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}'
        | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e8}'
        | '\u{6ea}'..='\u{6ed}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}'
        // The dots below, which people leave out, of Devanagari, Bengali and Gurmukhi.
        | '\u{93c}' | '\u{9bc}' | '\u{a3c}')
}

/// Vowel signs and the like, without which a word of these scripts is another word.
fn is_sign_of_a_word(character: char) -> bool {
    matches!(character, '\u{900}'..='\u{109f}' | '\u{1780}'..='\u{17d3}' | '\u{3099}' | '\u{309a}')
        && !matches!(
            character,
            '\u{964}' | '\u{965}' | '\u{970}' | '\u{df4}' | '\u{e4f}'
        )
        && !character.is_whitespace()
}

const END: usize = 0x2_0000;
const NOTHING: u32 = 0;
const SPACE: u32 = 1;
const ITSELF: u32 = 2;
const POOLED: u32 = 1 << 31;

/// Lower-case characters that are read as others, in order.
///
/// Cyrillic and Greek letters that look like Latin ones become them wherever they stand, in text
/// and phrases alike, so that a word that mixes scripts is the word it looks like.
const LOOKS_LIKE: [(char, &str); 63] = [
    ('\u{df}', "ss"),
    ('\u{e6}', "ae"),
    ('\u{f0}', "d"),
    ('\u{f8}', "o"),
    ('\u{fe}', "th"),
    ('\u{111}', "d"),
    ('\u{127}', "h"),
    ('\u{131}', "i"),
    ('\u{142}', "l"),
    ('\u{14b}', "ng"),
    ('\u{153}', "oe"),
    ('\u{167}', "t"),
    ('\u{17f}', "s"),
    ('\u{180}', "b"),
    ('\u{1c0}', "l"),
    ('\u{1dd}', "e"),
    ('\u{250}', "a"),
    ('\u{251}', "a"),
    ('\u{256}', "d"),
    ('\u{261}', "g"),
    ('\u{262}', "g"),
    ('\u{268}', "i"),
    ('\u{269}', "i"),
    ('\u{26a}', "i"),
    ('\u{26f}', "w"),
    ('\u{274}', "n"),
    ('\u{280}', "r"),
    ('\u{28f}', "y"),
    ('\u{299}', "b"),
    ('\u{29f}', "l"),
    ('\u{3b1}', "a"),
    ('\u{3b3}', "y"),
    ('\u{3b9}', "i"),
    ('\u{3ba}', "k"),
    ('\u{3bd}', "v"),
    ('\u{3bf}', "o"),
    ('\u{3c1}', "p"),
    ('\u{3c2}', "\u{3c3}"),
    ('\u{3c5}', "u"),
    ('\u{3c7}', "x"),
    ('\u{3f2}', "c"),
    ('\u{430}', "a"),
    ('\u{435}', "e"),
    ('\u{43a}', "k"),
    ('\u{43c}', "m"),
    ('\u{43e}', "o"),
    ('\u{440}', "p"),
    ('\u{441}', "c"),
    ('\u{442}', "t"),
    ('\u{443}', "y"),
    ('\u{445}', "x"),
    ('\u{455}', "s"),
    ('\u{456}', "i"),
    ('\u{458}', "j"),
    ('\u{4bb}', "h"),
    ('\u{4cf}', "l"),
    ('\u{501}', "d"),
    ('\u{51b}', "q"),
    ('\u{51d}', "w"),
    ('\u{629}', "\u{647}"),
    ('\u{649}', "\u{64a}"),
    ('\u{6a9}', "\u{643}"),
    ('\u{6cc}', "\u{64a}"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(character: char) -> String {
        match Folding::table().of(character, &mut [0; 4]) {
            Folded::Nothing => String::new(),
            Folded::Space => " ".to_owned(),
            Folded::Text(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            Folded::Itself => character.to_string(),
        }
    }

    #[test]
    fn the_table_of_look_alikes_is_in_order() {
        assert!(LOOKS_LIKE.windows(2).all(|two| two[0].0 < two[1].0));
    }

    // CAT-41: diacritics, homoglyphs, compatibility forms, invisible characters.
    #[test]
    fn a_character_becomes_what_it_looks_like() {
        for (from, to) in [
            ('É', "e"),
            ('ŵ', "w"),
            ('ł', "l"),
            ('ß', "ss"),
            ('Ａ', "a"),
            ('𝓅', "p"),
            ('ⓟ', "p"),
            ('ﬁ', "fi"),
            ('а', "a"),
            ('Ο', "o"),
            ('ț', "t"),
            ('\u{200b}', ""),
            ('\u{ad}', ""),
            ('\u{2019}', " "),
            ('—', " "),
            ('\u{a0}', " "),
            ('。', " "),
            ('中', "中"),
            ('한', "한"),
            ('آ', "ا"),
            ('ی', "ي"),
            ('ک', "ك"),
            ('ੀ', "ੀ"),
            ('।', " "),
            ('\u{a36}', "ਸ"),
            ('²', "2"),
        ] {
            assert_eq!(fold(from), to, "{from:?}");
        }
    }
}
