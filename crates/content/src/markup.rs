//! The text of HTML, as it streams.

mod element;
mod reference;
mod tag;
mod word;

use crate::fold::Folder;
use element::{Content, Element, Place};
use reference::{Reference, Taken};
use tag::Tag;

/// Reads what a person sees of an HTML page, and its title, description, keywords and alternative
/// texts.
///
/// Text is joined across inline elements, comments and scripts and parted at blocks. It follows
/// the tokenizer of the HTML standard where a page could otherwise hide text from it: comments
/// that close at once, elements whose content is no markup, and character references.
#[derive(Debug, Default)]
pub(crate) struct Markup {
    state: State,
    tag: Tag,
    reference: Reference,
    /// How much of `</name` was seen in content that is no markup.
    matched: usize,
    /// The element whose content is no markup, and whether it is seen.
    raw: Option<(&'static str, Content)>,
    /// How many elements of other vocabularies, as drawings, are open.
    foreign: u16,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    Reference,
    /// Behind `<`.
    Open,
    /// Behind `</`.
    Close,
    Name,
    BeforeAttribute,
    AttributeName,
    AfterAttributeName,
    BeforeValue,
    /// In a value, until this byte; until a space or `>` where it is 0.
    Value(u8),
    /// Behind `<!`, with so many hyphens.
    Declaration(u8),
    /// In a comment, behind so many hyphens, and then perhaps `!`.
    Comment(u8, bool),
    /// What ends at the next `>`.
    Bogus,
    Raw,
    /// Behind `<` in content that is no markup.
    RawOpen,
}

impl Markup {
    /// Takes the next piece of the page, in UTF-8.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], out: &mut Folder) {
        while let [byte, after @ ..] = bytes {
            bytes = match self.state {
                State::Text => self.text(bytes, out),
                State::Reference => self.reference(*byte, bytes, out),
                State::Open => self.open(*byte, bytes, out),
                State::Close => self.close(*byte, bytes),
                State::Name => self.name(bytes),
                State::BeforeAttribute => self.before_attribute(*byte, bytes, out),
                State::AttributeName => self.attribute_name(bytes),
                State::AfterAttributeName => self.after_attribute_name(*byte, bytes),
                State::BeforeValue => self.before_value(*byte, bytes),
                State::Value(quote) => self.value(quote, bytes),
                State::Declaration(hyphens) => self.declaration(hyphens, *byte, bytes),
                State::Comment(0, false) => self.comment_text(bytes),
                State::Comment(hyphens, mark) => {
                    self.state = comment(hyphens, mark, *byte);
                    after
                }
                State::Bogus => self.bogus(bytes),
                State::Raw => self.raw(bytes, out),
                State::RawOpen => self.raw_open(*byte, bytes, out),
            };
        }
    }

    /// Ends the page.
    pub(crate) fn finish(&mut self, out: &mut Folder) {
        if self.state == State::Reference {
            self.reference.write(out);
        }
    }

    fn text<'b>(&mut self, bytes: &'b [u8], out: &mut Folder) -> &'b [u8] {
        let end = memchr::memchr2(b'<', b'&', bytes).unwrap_or(bytes.len());
        out.text(&bytes[..end]);
        match bytes.get(end) {
            None => return &[],
            Some(b'<') => {
                let after = &bytes[end + 1..];
                if let Some(behind) = self.bare_tag(after, out) {
                    return behind;
                }
                self.state = State::Open;
            }
            Some(_) => {
                self.reference.begin();
                self.state = State::Reference;
            }
        }
        &bytes[end + 1..]
    }

    /// Reads `b>` or `/div>` at once, where nothing but a short name stands there.
    #[inline]
    fn bare_tag<'b>(&mut self, bytes: &'b [u8], out: &mut Folder) -> Option<&'b [u8]> {
        let (end, name) = match bytes {
            [b'/', name @ ..] => (true, name),
            name => (false, name),
        };
        let length = name
            .iter()
            .take(SHORT_NAME)
            .position(|byte| !byte.is_ascii_alphanumeric())?;
        if name[length] != b'>' || !name[0].is_ascii_alphabetic() {
            return None;
        }
        self.tag.begin(end);
        self.tag.name.extend(&name[..length]);
        self.end_tag(out);
        Some(&name[length + 1..])
    }

    fn reference<'b>(&mut self, byte: u8, bytes: &'b [u8], out: &mut Folder) -> &'b [u8] {
        let taken = self.reference.take(byte);
        match taken {
            Taken::More => return &bytes[1..],
            Taken::Last | Taken::Behind => self.reference.write(out),
        }
        self.state = if self.raw.is_some() {
            State::Raw
        } else {
            State::Text
        };
        match taken {
            Taken::More | Taken::Last => &bytes[1..],
            Taken::Behind => bytes,
        }
    }

    fn open<'b>(&mut self, byte: u8, bytes: &'b [u8], out: &mut Folder) -> &'b [u8] {
        self.state = match byte {
            b'!' => State::Declaration(0),
            b'/' => State::Close,
            b'?' => State::Bogus,
            byte if byte.is_ascii_alphabetic() => {
                self.tag.begin(false);
                self.state = State::Name;
                return bytes;
            }
            // A bare `<` is text, and separates words.
            _ => {
                out.space();
                self.state = State::Text;
                return bytes;
            }
        };
        &bytes[1..]
    }

    fn close<'b>(&mut self, byte: u8, bytes: &'b [u8]) -> &'b [u8] {
        if byte.is_ascii_alphabetic() {
            self.tag.begin(true);
            self.state = State::Name;
            return bytes;
        }
        self.state = if byte == b'>' {
            State::Text
        } else {
            State::Bogus
        };
        &bytes[1..]
    }

    fn name<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
        let end = bytes.iter().position(ends);
        if end.is_some() {
            self.state = State::BeforeAttribute;
        }
        let (name, behind) = bytes.split_at(end.unwrap_or(bytes.len()));
        self.tag.name.extend(name);
        behind
    }

    fn before_attribute<'b>(&mut self, byte: u8, bytes: &'b [u8], out: &mut Folder) -> &'b [u8] {
        match byte {
            b'>' => self.end_tag(out),
            b'/' => self.tag.closed = true,
            byte if byte.is_ascii_whitespace() => {}
            byte => {
                self.tag.begin_attribute();
                self.tag.attribute.extend(&[byte]);
                self.state = State::AttributeName;
            }
        }
        &bytes[1..]
    }

    fn attribute_name<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'/' | b'>');
        let end = bytes.iter().position(ends);
        let (name, behind) = bytes.split_at(end.unwrap_or(bytes.len()));
        self.tag.attribute.extend(name);
        self.state = match behind {
            [] => return behind,
            [b'=', ..] => State::BeforeValue,
            [b'/' | b'>', ..] => {
                self.state = State::BeforeAttribute;
                return behind;
            }
            [..] => State::AfterAttributeName,
        };
        &behind[1..]
    }

    fn after_attribute_name<'b>(&mut self, byte: u8, bytes: &'b [u8]) -> &'b [u8] {
        match byte {
            b'=' => self.state = State::BeforeValue,
            byte if byte.is_ascii_whitespace() => {}
            _ => {
                self.state = State::BeforeAttribute;
                return bytes;
            }
        }
        &bytes[1..]
    }

    fn before_value<'b>(&mut self, byte: u8, bytes: &'b [u8]) -> &'b [u8] {
        match byte {
            b'"' | b'\'' => {
                self.tag.begin_value();
                self.state = State::Value(byte);
            }
            b'>' => {
                self.state = State::BeforeAttribute;
                return bytes;
            }
            byte if byte.is_ascii_whitespace() => {}
            _ => {
                self.tag.begin_value();
                self.state = State::Value(0);
                return bytes;
            }
        }
        &bytes[1..]
    }

    fn value<'b>(&mut self, quote: u8, bytes: &'b [u8]) -> &'b [u8] {
        let end = if quote == 0 {
            let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'>';
            bytes.iter().position(ends)
        } else {
            memchr::memchr(quote, bytes)
        };
        let length = end.unwrap_or(bytes.len());
        self.tag.value(&bytes[..length]);
        if end.is_none() {
            return &[];
        }
        self.tag.end_value();
        self.state = State::BeforeAttribute;
        &bytes[length + usize::from(quote > 0)..]
    }

    fn declaration<'b>(&mut self, hyphens: u8, byte: u8, bytes: &'b [u8]) -> &'b [u8] {
        self.state = match (hyphens, byte) {
            (0, b'-') => State::Declaration(1),
            // `<!-->` and `<!--->` are whole comments.
            (1, b'-') => State::Comment(2, false),
            (_, _) => {
                self.state = State::Bogus;
                return bytes;
            }
        };
        &bytes[1..]
    }

    /// Skips a comment up to its next hyphen, which alone may end it.
    fn comment_text<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        match memchr::memchr(b'-', bytes) {
            None => &[],
            Some(at) => {
                self.state = State::Comment(1, false);
                &bytes[at + 1..]
            }
        }
    }

    fn bogus<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        match memchr::memchr(b'>', bytes) {
            None => &[],
            Some(end) => {
                self.state = State::Text;
                &bytes[end + 1..]
            }
        }
    }

    /// Ends a tag at its `>`.
    fn end_tag(&mut self, out: &mut Folder) {
        self.state = State::Text;
        let element = Element::of(&self.tag.name);
        match element.place {
            Place::Inline => {}
            Place::Space => out.space(),
            Place::Block => out.end_block(),
        }
        if self.tag.end {
            if element.foreign {
                self.foreign = self.foreign.saturating_sub(1);
            }
            return;
        }
        self.tag.write(out);
        // In a drawing `<script/>` has no content; elsewhere the stroke means nothing.
        let empty = self.tag.closed && self.foreign > 0;
        if element.foreign && !self.tag.closed {
            self.foreign = self.foreign.saturating_add(1);
        }
        if let Some(content) = element.raw
            && !empty
        {
            self.raw = Some((element.name, content));
            self.state = State::Raw;
        }
    }

    fn raw<'b>(&mut self, bytes: &'b [u8], out: &mut Folder) -> &'b [u8] {
        let content = self.raw.map_or(Content::Seen, |(_, content)| content);
        let end = match content {
            Content::Hidden | Content::Seen => memchr::memchr(b'<', bytes),
            Content::SeenWithReferences => memchr::memchr2(b'<', b'&', bytes),
        };
        let length = end.unwrap_or(bytes.len());
        match content {
            Content::Hidden => {}
            Content::Seen | Content::SeenWithReferences => out.text(&bytes[..length]),
        }
        match bytes.get(length) {
            None => return &[],
            Some(b'<') => {
                self.matched = 0;
                self.state = State::RawOpen;
            }
            Some(_) => {
                self.reference.begin();
                self.state = State::Reference;
            }
        }
        &bytes[length + 1..]
    }

    fn raw_open<'b>(&mut self, byte: u8, bytes: &'b [u8], out: &mut Folder) -> &'b [u8] {
        let Some((name, content)) = self.raw else {
            self.state = State::Text;
            return bytes;
        };
        let wanted = match self.matched {
            0 => Some(b'/'),
            place => name.as_bytes().get(place - 1).copied(),
        };
        match wanted {
            Some(wanted) if byte.eq_ignore_ascii_case(&wanted) => {
                self.matched += 1;
                return &bytes[1..];
            }
            None if byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>') => {
                self.raw = None;
                self.tag.begin(true);
                self.tag.name.extend(name.as_bytes());
                self.state = State::BeforeAttribute;
                return bytes;
            }
            Some(_) | None => {}
        }
        match content {
            Content::Hidden => {}
            Content::Seen | Content::SeenWithReferences => {
                out.space();
                let letters = self.matched.saturating_sub(1);
                out.text(&name.as_bytes()[..letters]);
            }
        }
        self.state = State::Raw;
        bytes
    }
}

/// What follows in a comment.
fn comment(hyphens: u8, mark: bool, byte: u8) -> State {
    match byte {
        b'>' if hyphens >= 2 || mark => State::Text,
        b'-' => State::Comment(if mark { 1 } else { hyphens.saturating_add(1) }, false),
        b'!' if hyphens >= 2 => State::Comment(0, true),
        _ => State::Comment(0, false),
    }
}

/// No element that matters has a longer name.
const SHORT_NAME: usize = 12;

#[cfg(test)]
mod tests;
