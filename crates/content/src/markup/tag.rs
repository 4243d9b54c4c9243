use super::reference::{Reference, Taken};
use super::word::Word;
use crate::fold::Folder;

/// A tag as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Tag {
    pub(super) name: Word,
    /// Whether it is an end tag.
    pub(super) end: bool,
    /// Whether a stroke stands behind all else.
    pub(super) closed: bool,
    pub(super) attribute: Word,
    /// What becomes of the value that is read.
    keep: Keep,
    /// The value that is kept.
    kept: Vec<u8>,
    /// Texts for people, each with a line feed behind it.
    texts: Vec<u8>,
    /// The content of a `meta`, and whether it is one for people.
    content: Vec<u8>,
    is_description: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Keep {
    #[default]
    Nothing,
    Text,
    Content,
    MetaName,
}

impl Tag {
    pub(super) fn begin(&mut self, end: bool) {
        self.name.clear();
        self.end = end;
        self.closed = false;
        self.texts.clear();
        self.content.clear();
        self.is_description = false;
    }

    pub(super) fn begin_attribute(&mut self) {
        self.attribute.clear();
        self.closed = false;
    }

    pub(super) fn begin_value(&mut self) {
        self.kept.clear();
        let meta = self.name.key() == META;
        self.keep = match self.attribute.key() {
            _ if self.end => Keep::Nothing,
            ALT | TITLE | ARIA_LABEL | PLACEHOLDER => Keep::Text,
            CONTENT if meta => Keep::Content,
            NAME | PROPERTY if meta => Keep::MetaName,
            _ => Keep::Nothing,
        };
    }

    pub(super) fn value(&mut self, piece: &[u8]) {
        if self.keep != Keep::Nothing {
            let room = MOST_KEPT.saturating_sub(self.kept.len() + self.texts.len());
            self.kept.extend_from_slice(&piece[..piece.len().min(room)]);
        }
    }

    pub(super) fn end_value(&mut self) {
        match self.keep {
            Keep::Nothing => {}
            Keep::Text => {
                self.texts.append(&mut self.kept);
                self.texts.push(b'\n');
            }
            Keep::Content => std::mem::swap(&mut self.content, &mut self.kept),
            Keep::MetaName => {
                let name = self.kept.to_ascii_lowercase();
                self.is_description = DESCRIPTIONS.contains(&name.as_slice());
            }
        }
        self.keep = Keep::Nothing;
    }

    /// Writes the texts of its attributes, each a block of its own.
    pub(super) fn write(&self, out: &mut Folder) {
        if self.texts.is_empty() && !self.is_description {
            return;
        }
        for text in self.texts.split(|byte| *byte == b'\n') {
            write_value(text, out);
        }
        if self.is_description {
            write_value(&self.content, out);
        }
    }
}

/// Writes a value with its character references.
fn write_value(mut value: &[u8], out: &mut Folder) {
    if value.is_empty() {
        return;
    }
    out.end_block();
    let mut reference = Reference::default();
    while let Some(at) = memchr::memchr(b'&', value) {
        out.text(&value[..at]);
        value = &value[at + 1..];
        reference.begin();
        while let [byte, after @ ..] = value {
            match reference.take(*byte) {
                Taken::More => value = after,
                Taken::Last => {
                    value = after;
                    break;
                }
                Taken::Behind => break,
            }
        }
        reference.write(out);
    }
    out.text(value);
    out.end_block();
}

const MOST_KEPT: usize = 4 * 1024;

const META: u128 = Word::key_of("meta");
const ALT: u128 = Word::key_of("alt");
const TITLE: u128 = Word::key_of("title");
const ARIA_LABEL: u128 = Word::key_of("aria-label");
const PLACEHOLDER: u128 = Word::key_of("placeholder");
const CONTENT: u128 = Word::key_of("content");
const NAME: u128 = Word::key_of("name");
const PROPERTY: u128 = Word::key_of("property");

/// The names of `meta` whose content is for people.
const DESCRIPTIONS: [&[u8]; 6] = [
    b"description",
    b"keywords",
    b"og:title",
    b"og:description",
    b"twitter:title",
    b"twitter:description",
];
