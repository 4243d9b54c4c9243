//! Folding: from text as it is written to the one form in which phrases are looked for.

mod block;
mod folding;

use block::{BLOCK, Block};
use folding::{Folded, Folding};

/// Folds text as it comes and keeps the part of it that is not yet looked through.
///
/// What comes out is lower-case letters and digits with single spaces between words. A break
/// between blocks is a line feed with a space on either side, so that no phrase reaches across.
#[derive(Debug)]
pub(crate) struct Folder {
    /// Folded text, from `base` on.
    pub(crate) bytes: Vec<u8>,
    /// How much was folded and let go before `bytes`.
    pub(crate) base: u64,
    /// Places at which a digit or a sign may stand for a letter, in order.
    pub(crate) stand_ins: Vec<StandIn>,
    /// The beginning of a character whose end has not come.
    pending: [u8; 4],
    pending_length: u8,
}

/// A digit or a sign that may stand for a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StandIn {
    /// Where, counted from the beginning of the text.
    pub(crate) at: u64,
    /// The letter.
    pub(crate) letter: u8,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self {
            // The first word has a space before it, as every other one.
            bytes: vec![b' '],
            base: 0,
            stand_ins: Vec::new(),
            pending: [0; 4],
            pending_length: 0,
        }
    }

    /// Folds a text whole, with the space before it and none behind.
    pub(crate) fn fold(text: &str) -> Vec<u8> {
        let mut folder = Self::new();
        folder.text(text.as_bytes());
        folder.end_character();
        while folder.bytes.last() == Some(&b' ') && folder.bytes.len() > 1 {
            folder.bytes.pop();
        }
        folder.bytes
    }

    /// Takes UTF-8 in pieces of any size; what is no UTF-8 separates words.
    pub(crate) fn text(&mut self, mut text: &[u8]) {
        while !text.is_empty() {
            if self.pending_length > 0 {
                text = self.complete(text);
                continue;
            }
            let run = self.ascii(text);
            text = &text[run..];
            if let [first, rest @ ..] = text {
                self.begin(*first);
                text = rest;
            }
        }
    }

    /// Ends a word.
    pub(crate) fn space(&mut self) {
        self.end_character();
        self.put_space();
    }

    /// Ends a block.
    pub(crate) fn end_block(&mut self) {
        self.end_character();
        let last = self.bytes.iter().rev().find(|byte| **byte != b' ');
        if last == Some(&b'\n') {
            return;
        }
        self.put_space();
        self.bytes.extend_from_slice(b"\n ");
    }

    /// Ends a character whose end never came.
    fn end_character(&mut self) {
        if self.pending_length > 0 {
            self.pending_length = 0;
            self.put_space();
        }
    }

    fn put_space(&mut self) {
        if self.bytes.last() != Some(&b' ') {
            self.bytes.push(b' ');
        }
    }

    /// Folds the ASCII at the beginning and says how long it is.
    fn ascii(&mut self, text: &[u8]) -> usize {
        let mut used = 0;
        loop {
            used += self.plain(&text[used..]);
            match text.get(used) {
                Some(&byte) if byte < 0x80 => {
                    self.special(byte);
                    used += 1;
                }
                Some(_) | None => return used,
            }
        }
    }

    /// Folds up to the first byte that is not plain, and says how much.
    ///
    /// Most of a text is letters with single spaces between; a block of it is folded as a whole.
    #[inline]
    fn plain(&mut self, text: &[u8]) -> usize {
        let mut used = 0;
        let mut spaced = self.bytes.last() == Some(&b' ');
        while let Some(block) = text[used..].first_chunk::<BLOCK>() {
            match Block::fold(block, spaced) {
                Block::Words(folded) => {
                    self.bytes.extend_from_slice(&folded);
                    spaced = folded[BLOCK - 1] == b' ';
                }
                Block::Spaces => {
                    if !spaced {
                        self.bytes.push(b' ');
                    }
                    spaced = true;
                }
                Block::Mixed => {
                    let (taken, now) = self.single(block, spaced);
                    if taken < BLOCK {
                        return used + taken;
                    }
                    spaced = now;
                }
            }
            used += BLOCK;
        }
        used + self.single(&text[used..], spaced).0
    }

    /// Folds at most a block byte by byte, up to the first that is not plain; says how much, and
    /// whether it ends with a space.
    #[inline]
    fn single(&mut self, text: &[u8], mut spaced: bool) -> (usize, bool) {
        let mut room = [0; BLOCK];
        let (mut put, mut used) = (0, 0);
        for &byte in text.iter().take(BLOCK) {
            let folded = PLAIN[usize::from(byte)];
            if folded == 0 {
                break;
            }
            // INVARIANT: at most one byte is put for each that is read, so `put` stays in `room`.
            room[put % BLOCK] = folded;
            let space = folded == b' ';
            put += usize::from(!(space & spaced));
            spaced = space;
            used += 1;
        }
        let end = self.bytes.len() + put;
        // A block of fixed length is copied without a call.
        self.bytes.extend_from_slice(&room);
        self.bytes.truncate(end);
        (used, spaced)
    }

    /// Folds a digit or a sign that may stand for a letter; browsers leave out NUL.
    fn special(&mut self, byte: u8) {
        if byte == 0 {
            return;
        }
        let at = self.base + self.bytes.len() as u64;
        if let Some(letter) = stands_for(byte) {
            self.stand_ins.push(StandIn { at, letter });
        }
        self.bytes
            .push(if byte.is_ascii_digit() { byte } else { b' ' });
    }

    /// Begins a character beyond ASCII.
    fn begin(&mut self, first: u8) {
        if length_of(first) == 0 {
            self.put_space();
        } else {
            self.pending[0] = first;
            self.pending_length = 1;
        }
    }

    /// Goes on with a character that has begun.
    fn complete<'t>(&mut self, text: &'t [u8]) -> &'t [u8] {
        let wanted = length_of(self.pending[0]);
        let mut rest = text;
        while usize::from(self.pending_length) < wanted {
            match rest {
                [byte @ 0x80..=0xbf, after @ ..] => {
                    self.pending[usize::from(self.pending_length)] = *byte;
                    self.pending_length += 1;
                    rest = after;
                }
                [] => return rest,
                [..] => {
                    self.end_character();
                    return rest;
                }
            }
        }
        self.pending_length = 0;
        let whole = self.pending;
        let character = std::str::from_utf8(&whole[..wanted])
            .ok()
            .and_then(|text| text.chars().next());
        match character {
            Some(character) => self.put(character),
            None => self.put_space(),
        }
        rest
    }

    /// Folds one character.
    pub(crate) fn put(&mut self, character: char) {
        if character.is_ascii() {
            self.ascii(&[character as u8]);
            return;
        }
        let mut room = [0; 4];
        match Folding::table().of(character, &mut room) {
            Folded::Nothing => {}
            Folded::Space => self.put_space(),
            Folded::Text(bytes) => self.bytes.extend_from_slice(bytes),
            Folded::Itself => {
                let mut itself = [0; 4];
                let itself = character.encode_utf8(&mut itself);
                self.bytes.extend_from_slice(itself.as_bytes());
            }
        }
    }

    /// Takes a character that a reader made itself, not the text.
    pub(crate) fn character(&mut self, character: char) {
        self.end_character();
        self.put(character);
    }
}

/// How long a character is that begins so; 0 where none does.
const fn length_of(first: u8) -> usize {
    match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 0,
    }
}

/// The letter for which a digit or a sign may stand.
const fn stands_for(byte: u8) -> Option<u8> {
    match byte {
        b'0' => Some(b'o'),
        b'1' | b'!' => Some(b'i'),
        b'3' => Some(b'e'),
        b'4' | b'@' => Some(b'a'),
        b'5' | b'$' => Some(b's'),
        b'7' => Some(b't'),
        b'8' => Some(b'b'),
        _ => None,
    }
}

/// What becomes of each plain ASCII byte; 0 for the others.
const PLAIN: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 1u8;
    while byte < 0x80 {
        table[byte as usize] = if stands_for(byte).is_some() {
            0
        } else if byte.is_ascii_alphanumeric() {
            byte.to_ascii_lowercase()
        } else {
            b' '
        };
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        String::from_utf8(Folder::fold(text)).unwrap()
    }

    #[test]
    fn words_are_lower_case_with_one_space_between() {
        assert_eq!(folded("  Self-harm,\tand (more)\n"), " self harm and more");
        assert_eq!(folded("Ysgol Gynradd Tŷ'r Ŵyl"), " ysgol gynradd ty r wyl");
        assert_eq!(folded("s\u{ad}e\u{200b}lf"), " self");
        assert_eq!(folded("Год2026"), " гoд2026");
    }

    #[test]
    fn bytes_that_are_no_text_separate_words() {
        let mut folder = Folder::new();
        folder.text(b"a\xffb\xe2\x82c\xc3");
        folder.space();
        assert_eq!(folder.bytes, b" a b c ");
    }

    #[test]
    fn a_block_ends_once() {
        let mut folder = Folder::new();
        folder.text(b"one");
        folder.end_block();
        folder.end_block();
        folder.text(b"two");
        assert_eq!(folder.bytes, b" one \n two");
    }

    #[test]
    fn pieces_fold_as_the_whole() {
        let text = "Zażółć ｇęślą 𝒿aźń — p0rn $ x";
        let whole = {
            let mut folder = Folder::new();
            folder.text(text.as_bytes());
            (folder.bytes, folder.stand_ins)
        };
        for cut in 0..=text.len() {
            let mut folder = Folder::new();
            folder.text(&text.as_bytes()[..cut]);
            folder.text(&text.as_bytes()[cut..]);
            assert_eq!((folder.bytes, folder.stand_ins), whole, "{cut}");
        }
    }
}
