use super::word::Word;

/// What an element does to the text around it and within it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    /// Its name in lower case.
    pub(super) name: &'static str,
    pub(super) place: Place,
    /// Whether its content is no markup, and what it is then.
    pub(super) raw: Option<Content>,
    /// Whether it holds drawings or formulas.
    pub(super) foreign: bool,
}

/// How an element parts the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Not at all; elements that nobody knows are so.
    Inline,
    /// As a space does.
    Space,
    /// As the end of a paragraph does.
    Block,
}

/// What content that is no markup is to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Never seen.
    Hidden,
    /// Seen as it stands.
    Seen,
    /// Seen, with its character references.
    SeenWithReferences,
}

impl Element {
    /// The element of a name; one without a name where nobody knows it.
    #[inline]
    pub(super) fn of(name: &Word) -> Self {
        let key = name.key();
        let mut slot = slot_of(key);
        loop {
            // INVARIANT: some slots are free, so the search ends.
            match SLOTS[slot] {
                0 => return Self::inline(""),
                place if KEYS[place as usize - 1] == key => return KNOWN[place as usize - 1],
                _ => slot = (slot + 1) % SLOTS.len(),
            }
        }
    }

    const fn inline(name: &'static str) -> Self {
        Self {
            name,
            place: Place::Inline,
            raw: None,
            foreign: false,
        }
    }

    const fn block(name: &'static str) -> Self {
        Self {
            place: Place::Block,
            ..Self::inline(name)
        }
    }

    const fn space(self) -> Self {
        Self {
            place: Place::Space,
            ..self
        }
    }

    const fn raw(self, content: Content) -> Self {
        Self {
            raw: Some(content),
            ..self
        }
    }

    const fn foreign(self) -> Self {
        Self {
            foreign: true,
            ..self
        }
    }
}

/// Where the search for a name begins.
const fn slot_of(key: u128) -> usize {
    let half = key as u64 ^ (key >> 64) as u64;
    (half.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize
}

/// The names as numbers, in the order of the elements.
static KEYS: [u128; ELEMENTS.len()] = {
    let mut keys = [0; ELEMENTS.len()];
    let mut place = 0;
    while place < keys.len() {
        keys[place] = Word::key_of(ELEMENTS[place].name);
        place += 1;
    }
    keys
};

/// The elements, once in memory.
static KNOWN: [Element; ELEMENTS.len()] = ELEMENTS;

/// An open hash table: the place of an element and one; 0 where a slot is free.
static SLOTS: [u8; 256] = {
    let mut slots = [0; 256];
    let mut place = 0;
    while place < ELEMENTS.len() {
        let mut slot = slot_of(Word::key_of(ELEMENTS[place].name));
        while slots[slot] > 0 {
            slot = (slot + 1) % slots.len();
        }
        place += 1;
        slots[slot] = place as u8;
    }
    slots
};

/// The elements that do more than stand in a line, those first around which browsers begin a new
/// line or a new box.
const ELEMENTS: [Element; 81] = [
    Element::block("address"),
    Element::block("article"),
    Element::block("aside"),
    Element::block("audio"),
    Element::block("blockquote"),
    Element::block("body"),
    Element::block("button"),
    Element::block("canvas"),
    Element::block("caption"),
    Element::block("center"),
    Element::block("col"),
    Element::block("colgroup"),
    Element::block("dd"),
    Element::block("details"),
    Element::block("dialog"),
    Element::block("dir"),
    Element::block("div"),
    Element::block("dl"),
    Element::block("dt"),
    Element::block("fieldset"),
    Element::block("figcaption"),
    Element::block("figure"),
    Element::block("footer"),
    Element::block("form"),
    Element::block("frame"),
    Element::block("frameset"),
    Element::block("h1"),
    Element::block("h2"),
    Element::block("h3"),
    Element::block("h4"),
    Element::block("h5"),
    Element::block("h6"),
    Element::block("head"),
    Element::block("header"),
    Element::block("hgroup"),
    Element::block("hr"),
    Element::block("html"),
    Element::block("iframe").raw(Content::Hidden),
    Element::block("img"),
    Element::block("input"),
    Element::block("legend"),
    Element::block("li"),
    Element::block("listing"),
    Element::block("main"),
    Element::block("menu"),
    Element::block("meta"),
    Element::block("nav"),
    Element::block("object"),
    Element::block("ol"),
    Element::block("optgroup"),
    Element::block("option"),
    Element::block("p"),
    Element::block("plaintext"),
    Element::block("pre"),
    Element::block("search"),
    Element::block("section"),
    Element::block("select"),
    Element::block("slot"),
    Element::block("summary"),
    Element::block("svg").foreign(),
    Element::block("table"),
    Element::block("tbody"),
    Element::block("td"),
    Element::block("template"),
    Element::block("textarea").raw(Content::SeenWithReferences),
    Element::block("tfoot"),
    Element::block("th"),
    Element::block("thead"),
    Element::block("title").raw(Content::SeenWithReferences),
    Element::block("tr"),
    Element::block("track"),
    Element::block("ul"),
    Element::block("video"),
    Element::block("xmp").raw(Content::Seen),
    Element::inline("br").space(),
    Element::inline("math").foreign(),
    Element::inline("script").raw(Content::Hidden),
    Element::inline("style").raw(Content::Hidden),
    // Seen where scripts do not run.
    Element::inline("noscript").raw(Content::Seen),
    Element::inline("noembed").raw(Content::Seen),
    Element::inline("noframes").raw(Content::Seen),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Element {
        let mut word = Word::default();
        word.extend(name.as_bytes());
        Element::of(&word)
    }

    #[test]
    fn every_element_is_found_by_its_name() {
        for element in &ELEMENTS {
            assert_eq!(of(element.name).name, element.name);
            assert_eq!(of(element.name).place, element.place);
        }
        assert!(ELEMENTS[..74].is_sorted_by_key(|element| element.name));
    }

    #[test]
    fn what_nobody_knows_stands_in_a_line() {
        for name in ["", "b", "x-y", "divv", "a-name-of-more-than-sixteen-bytes"] {
            let element = of(name);
            assert_eq!(
                (element.place, element.raw),
                (Place::Inline, None),
                "{name}"
            );
            assert!(!element.foreign);
        }
    }
}
