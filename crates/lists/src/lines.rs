use encoding_rs::Encoding;
use std::borrow::Cow;
use std::io::{self, BufRead};

/// Gives the lines of a text one after the other, without their ends, with bounded memory.
pub(crate) struct Lines<'a> {
    text: &'a mut dyn BufRead,
    room: Vec<u8>,
    number: usize,
}

/// One line.
pub(crate) enum Line<'a> {
    /// Its bytes.
    Whole(&'a [u8]),
    /// It is longer than any line of a list.
    Long,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a mut dyn BufRead) -> Self {
        Self {
            text,
            room: Vec::new(),
            number: 0,
        }
    }

    /// The number of the line that was given last.
    pub(crate) const fn number(&self) -> usize {
        self.number
    }

    pub(crate) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.room.clear();
        let (mut long, mut any) = (false, false);
        loop {
            let bytes = match self.text.fill_buf() {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if bytes.is_empty() {
                break;
            }
            any = true;
            let end = bytes.iter().position(|&byte| byte == b'\n');
            let part = &bytes[..end.unwrap_or(bytes.len())];
            long |= self.room.len() + part.len() > MOST_LINE;
            if !long {
                self.room.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.text.consume(used);
            if end.is_some() {
                break;
            }
        }
        if !any {
            return Ok(None);
        }
        self.number += 1;
        if long {
            return Ok(Some(Line::Long));
        }
        let line = self.room.strip_suffix(b"\r").unwrap_or(&self.room);
        let line = match self.number {
            1 => line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line),
            _ => line,
        };
        Ok(Some(Line::Whole(line)))
    }
}

/// A line as text: UTF-8, or else in the encoding that its source names.
pub(crate) fn decode<'a>(raw: &'a [u8], otherwise: &'static Encoding) -> Cow<'a, str> {
    match std::str::from_utf8(raw) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => otherwise.decode_without_bom_handling(raw).0,
    }
}

/// The longest rules of published lists, with thousands of names in an option, have some 20 KiB.
const MOST_LINE: usize = 64 << 10;
