//! The scan of one page, as it streams.

mod charset;
mod look;
mod tally;

use crate::findings::{Findings, ThemeScore};
use crate::fold::Folder;
use crate::json::Json;
use crate::markup::Markup;
use crate::phrases::Phrases;
use encoding_rs::{CoderResult, Decoder, UTF_8};
use look::{AROUND, Look, MOST_SPELLED};
use std::sync::Arc;
use tally::Tally;

/// What the bytes of a page are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageKind {
    /// HTML and XHTML.
    Html,
    /// Text that is read as it stands: plain text, CSV, subtitles, event streams.
    Plain,
    /// JSON: its strings are read.
    Json,
}

impl PageKind {
    /// The kind by the value of a `Content-Type`; `None` for what holds no text.
    pub fn of_content_type(value: &str) -> Option<Self> {
        let bare = value.split(';').next().unwrap_or_default().trim();
        let bare = bare.to_ascii_lowercase();
        let (family, kind) = bare.split_once('/')?;
        match (family, kind) {
            ("text", "html") => Some(Self::Html),
            ("text", "css" | "javascript" | "ecmascript") => None,
            ("application", "xhtml+xml" | "xml") => Some(Self::Html),
            (_, kind) if kind.ends_with("+xml") || kind == "xml" => Some(Self::Html),
            (_, kind) if kind.ends_with("json") || kind == "x-ndjson" => Some(Self::Json),
            ("text", _) => Some(Self::Plain),
            _ => None,
        }
    }
}

/// The scan of one page: fed in pieces of any size, with the same result for all of them.
///
/// Its memory is bounded whatever the page is: it keeps the folded text that phrases may still
/// reach into, a bit for each phrase, and a bounded number of findings.
#[derive(Debug)]
pub struct Scan {
    phrases: Arc<Phrases>,
    kind: PageKind,
    content_type: Option<String>,
    /// The beginning, until the charset is known.
    head: Vec<u8>,
    charset: Charset,
    reader: Reader,
    folder: Folder,
    tally: Tally,
    /// The place in the folded text up to which was looked for phrases.
    looked: u64,
    read: u64,
}

enum Charset {
    Unknown,
    Utf8,
    Other(Box<Decoder>, Box<[u8]>),
}

impl std::fmt::Debug for Charset {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown => out.write_str("Unknown"),
            Self::Utf8 => out.write_str("Utf8"),
            Self::Other(decoder, _) => out.write_str(decoder.encoding().name()),
        }
    }
}

#[derive(Debug)]
enum Reader {
    Html(Box<Markup>),
    Plain,
    Json(Json),
}

impl Scan {
    /// Begins the scan of a page; the header may name its charset.
    pub fn new(phrases: Arc<Phrases>, kind: PageKind, content_type: Option<&str>) -> Self {
        Self {
            tally: Tally::new(&phrases),
            phrases,
            kind,
            content_type: content_type.map(str::to_owned),
            head: Vec::new(),
            charset: Charset::Unknown,
            reader: match kind {
                PageKind::Html => Reader::Html(Box::default()),
                PageKind::Plain => Reader::Plain,
                PageKind::Json => Reader::Json(Json::default()),
            },
            folder: Folder::new(),
            looked: 0,
            read: 0,
        }
    }

    /// What a short text scores, such as a search term.
    pub fn of_text(phrases: &Arc<Phrases>, text: &str) -> Findings {
        let mut scan = Self::new(Arc::clone(phrases), PageKind::Plain, None);
        scan.charset = Charset::Utf8;
        scan.feed(text.as_bytes());
        scan.finish()
    }

    /// Takes the next bytes of the page.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.read += bytes.len() as u64;
        if !matches!(self.charset, Charset::Unknown) {
            self.decode(bytes, false);
            return;
        }
        let room = charset::HEAD - self.head.len();
        let (head, rest) = bytes.split_at(bytes.len().min(room));
        self.head.extend_from_slice(head);
        if self.head.len() == charset::HEAD {
            self.settle_charset();
            self.decode(rest, false);
        }
    }

    /// Ends the page.
    pub fn finish(mut self) -> Findings {
        if matches!(self.charset, Charset::Unknown) {
            self.settle_charset();
        }
        self.decode(&[], true);
        match &mut self.reader {
            Reader::Html(markup) => markup.finish(&mut self.folder),
            Reader::Json(json) => json.finish(&mut self.folder),
            Reader::Plain => {}
        }
        self.folder.space();
        let end = self.folder.base + self.folder.bytes.len() as u64;
        // No phrase holds a NUL, so the room behind the end can be looked into.
        let room = self.ahead();
        self.folder.bytes.resize(self.folder.bytes.len() + room, 0);
        self.look();
        self.tally.finish(&self.phrases, self.read, end - 1)
    }

    /// The scores of what was looked through so far.
    pub fn scores(&self) -> Vec<ThemeScore> {
        self.tally.scores(&self.phrases)
    }

    fn settle_charset(&mut self) {
        let html = matches!(self.kind, PageKind::Html);
        let encoding = charset::detect(&self.head, self.content_type.as_deref(), html);
        self.charset = if encoding == UTF_8 {
            Charset::Utf8
        } else {
            let decoder = encoding.new_decoder();
            Charset::Other(Box::new(decoder), vec![0; PIECE].into_boxed_slice())
        };
        let head = std::mem::take(&mut self.head);
        self.decode(&head, false);
    }

    fn decode(&mut self, mut bytes: &[u8], last: bool) {
        match std::mem::replace(&mut self.charset, Charset::Unknown) {
            Charset::Other(mut decoder, mut room) => {
                loop {
                    let (done, used, put, _) = decoder.decode_to_utf8(bytes, &mut room, last);
                    self.extract(&room[..put]);
                    bytes = &bytes[used..];
                    match done {
                        CoderResult::InputEmpty => break,
                        CoderResult::OutputFull => {}
                    }
                }
                self.charset = Charset::Other(decoder, room);
            }
            utf8 => {
                self.charset = utf8;
                self.extract(bytes);
            }
        }
    }

    /// Reads UTF-8, in pieces so that the folded text stays short.
    fn extract(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(PIECE) {
            match &mut self.reader {
                Reader::Html(markup) => markup.feed(piece, &mut self.folder),
                Reader::Plain => self.folder.text(piece),
                Reader::Json(json) => json.feed(piece, &mut self.folder),
            }
            if self.folder.bytes.len() > PIECE {
                self.look();
                self.forget();
            }
        }
    }

    /// How far beyond a place its phrases and its evidence reach.
    fn ahead(&self) -> usize {
        self.phrases.index.longest.max(2 * MOST_SPELLED + 2) + AROUND + 8
    }

    /// Looks for phrases at all places whose reach has come.
    fn look(&mut self) {
        let base = self.folder.base;
        let from = (self.looked - base) as usize;
        let to = self.folder.bytes.len().saturating_sub(self.ahead());
        if from >= to {
            return;
        }
        let mut look = Look {
            phrases: &self.phrases,
            tally: &mut self.tally,
            bytes: &self.folder.bytes,
            base,
        };
        look.all(from..to, &self.folder.stand_ins);
        self.looked = base + to as u64;
    }

    /// Lets go of the text that nothing reaches into.
    fn forget(&mut self) {
        let keep = (self.looked.saturating_sub(self.folder.base) as usize).saturating_sub(AROUND);
        self.folder.bytes.drain(..keep);
        self.folder.base += keep as u64;
        let looked = self.looked;
        let gone = self.folder.stand_ins.partition_point(|one| one.at < looked);
        self.folder.stand_ins.drain(..gone);
    }
}

/// How much is read at a time, and about how much folded text is kept.
const PIECE: usize = 8 * 1024;

#[cfg(test)]
mod tests;
