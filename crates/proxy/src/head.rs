//! The head of a request, read strictly.
//!
//! Two readers of one stream that disagree on where a request ends are how requests are smuggled.
//! So everything on which readers are known to differ is refused here and never repaired: bare
//! line feeds, folded lines, spaces before a colon, `Content-Length` beside `Transfer-Encoding`,
//! lengths that stand twice, codings other than `chunked` (RFC 9112, 2.2, 5.1, 5.2, 6.1, 6.3).

use std::ops::ControlFlow;

/// How much a head may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadLimits {
    /// Bytes, the empty line included.
    pub bytes: usize,
    /// Fields.
    pub fields: usize,
}

impl Default for HeadLimits {
    fn default() -> Self {
        Self {
            bytes: 32 * 1024,
            fields: 100,
        }
    }
}

/// The head of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// The method, as it was sent.
    pub method: &'a str,
    /// The request target, as it was sent.
    pub target: &'a str,
    /// The minor version: 0 or 1.
    pub minor: u8,
    /// What follows the head.
    pub body: BodyLength,
    /// How many bytes the head took, the empty line included.
    pub length: usize,
    fields: &'a [u8],
}

/// How the end of a request's body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyLength {
    /// By its number of bytes; zero where nothing is said.
    Sized(u64),
    /// By the last chunk.
    Chunked,
}

/// A head is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// Past the limit of bytes.
    #[error("the head is longer than the limit")]
    Long,
    /// Past the limit of fields.
    #[error("the head has more fields than the limit")]
    Fields,
    /// A line feed without a carriage return, or an empty line before the request.
    #[error("a line of the head does not end as lines must")]
    Line,
    /// The request line is none.
    #[error("the request line is malformed")]
    RequestLine,
    /// Neither HTTP/1.0 nor HTTP/1.1.
    #[error("the version is neither HTTP/1.0 nor HTTP/1.1")]
    Version,
    /// A field has no name, or one that no field has.
    #[error("a field name is malformed")]
    FieldName,
    /// A field has a character that no field has.
    #[error("a field value has a forbidden character")]
    FieldValue,
    /// A line begins with a space: a folded field.
    #[error("a field is folded over two lines")]
    Folded,
    /// `Host` is missing in HTTP/1.1, or stands twice.
    #[error("there is not exactly one host field")]
    Host,
    /// `Content-Length` is no number, or stands twice.
    #[error("the content length is malformed or stands twice")]
    Length,
    /// A transfer coding other than one `chunked`, or one in HTTP/1.0.
    #[error("the transfer coding is not `chunked` alone")]
    Coding,
    /// Both `Content-Length` and `Transfer-Encoding`.
    #[error("both a content length and a transfer coding are given")]
    Ambiguous,
}

/// Reads the head at the start of the bytes; `None` while its end has not come.
///
/// # Errors
///
/// Says what is wrong. Whatever is refused of some bytes is refused of any longer ones that begin
/// with them, and in the same words.
pub fn parse_head(bytes: &[u8], limits: HeadLimits) -> Result<Option<Head<'_>>, HeadError> {
    match HeadEnd::default().find(bytes, limits)? {
        Some(length) => read(bytes.get(..length).unwrap_or_default()).map(Some),
        None => Ok(None),
    }
}

/// Looks for the end of a head that comes in pieces, without looking at any byte twice.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HeadEnd {
    seen: usize,
    line_start: usize,
    lines: usize,
}

impl HeadEnd {
    /// Where the head ends; `bytes` begin with those of the last call.
    pub(crate) fn find(
        &mut self,
        bytes: &[u8],
        limits: HeadLimits,
    ) -> Result<Option<usize>, HeadError> {
        while let Some(at) = find_byte(b'\n', bytes.get(self.seen..).unwrap_or_default()) {
            let end = self.seen + at;
            if end >= limits.bytes {
                return Err(HeadError::Long);
            }
            let line = bytes.get(self.line_start..end).unwrap_or_default();
            let Some((b'\r', line)) = line.split_last() else {
                return Err(HeadError::Line);
            };
            self.seen = end + 1;
            self.line_start = end + 1;
            if line.is_empty() {
                return if self.lines == 0 {
                    Err(HeadError::Line)
                } else {
                    Ok(Some(end + 1))
                };
            }
            self.lines += 1;
            if self.lines > limits.fields + 1 {
                return Err(HeadError::Fields);
            }
        }
        self.seen = bytes.len();
        if bytes.len() > limits.bytes {
            return Err(HeadError::Long);
        }
        Ok(None)
    }
}

/// Reads a whole head whose end was found.
pub(crate) fn read(bytes: &[u8]) -> Result<Head<'_>, HeadError> {
    let end = find_byte(b'\n', bytes).ok_or(HeadError::RequestLine)?;
    let (line, fields) = bytes.split_at(end + 1);
    let (method, target, minor) = request_line(line.get(..end - 1).unwrap_or_default())?;
    let fields = fields.get(..fields.len() - 2).unwrap_or_default();
    let mut found = Found::default();
    for line in lines(fields) {
        let (name, value) = field(line)?;
        found.note(name, value, minor)?;
    }
    if minor == 1 && found.hosts != 1 || found.hosts > 1 {
        return Err(HeadError::Host);
    }
    let body = match (found.length, found.chunked) {
        (Some(_), true) => return Err(HeadError::Ambiguous),
        (Some(length), false) => BodyLength::Sized(length),
        (None, true) => BodyLength::Chunked,
        (None, false) => BodyLength::Sized(0),
    };
    Ok(Head {
        method,
        target,
        minor,
        body,
        length: bytes.len(),
        fields,
    })
}

impl<'a> Head<'a> {
    /// The value of the first field of this name, in any case of letters.
    pub fn field(&self, name: &str) -> Option<&'a [u8]> {
        lines(self.fields)
            .filter_map(|line| field(line).ok())
            .find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }
}

#[derive(Default)]
struct Found {
    hosts: usize,
    length: Option<u64>,
    chunked: bool,
}

impl Found {
    fn note(&mut self, name: &[u8], value: &[u8], minor: u8) -> Result<(), HeadError> {
        // The three names that matter have three lengths, so most fields cost one comparison.
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => self.hosts += 1,
            14 if name.eq_ignore_ascii_case(b"content-length") => {
                let length = length(value).ok_or(HeadError::Length)?;
                if self.length.replace(length).is_some() {
                    return Err(HeadError::Length);
                }
            }
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => {
                let again = std::mem::replace(&mut self.chunked, true);
                if again || minor == 0 || !value.eq_ignore_ascii_case(b"chunked") {
                    return Err(HeadError::Coding);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Eighteen digits always fit, and no body is longer.
fn length(value: &[u8]) -> Option<u64> {
    if value.is_empty() || value.len() > 18 {
        return None;
    }
    value.iter().try_fold(0u64, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum * 10 + u64::from(byte - b'0'))
    })
}

fn request_line(line: &[u8]) -> Result<(&str, &str, u8), HeadError> {
    let malformed = HeadError::RequestLine;
    let mut parts = line.split(|&byte| byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(malformed);
    };
    let method_fits = (1..=MOST_METHOD).contains(&method.len());
    if !method_fits || !method.iter().all(|&byte| is_token(byte)) {
        return Err(malformed);
    }
    if target.is_empty() || !target.iter().all(u8::is_ascii_graphic) {
        return Err(malformed);
    }
    let minor = match version {
        b"HTTP/1.1" => 1,
        b"HTTP/1.0" => 0,
        _ => return Err(HeadError::Version),
    };
    let text = |bytes| std::str::from_utf8(bytes).map_err(|_| malformed);
    Ok((text(method)?, text(target)?, minor))
}

fn field(line: &[u8]) -> Result<(&[u8], &[u8]), HeadError> {
    if matches!(line.first(), Some(b' ' | b'\t')) {
        return Err(HeadError::Folded);
    }
    let colon = find_byte(b':', line).ok_or(HeadError::FieldName)?;
    let (name, value) = line.split_at(colon);
    if name.is_empty() || !name.iter().all(|&byte| is_token(byte)) {
        return Err(HeadError::FieldName);
    }
    let value = value.get(1..).unwrap_or_default();
    if !value.iter().all(|&byte| is_value(byte)) {
        return Err(HeadError::FieldValue);
    }
    Ok((name, trim(value)))
}

/// The lines of a block in which every line ends properly, without their ends.
fn lines(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let end = find_byte(b'\n', rest)?;
        let (line, after) = rest.split_at(end + 1);
        rest = after;
        line.get(..end.checked_sub(1)?)
    })
}

fn trim(value: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = value.iter().position(|byte| !blank(byte));
    let end = value.iter().rposition(|byte| !blank(byte));
    match (start, end) {
        (Some(start), Some(end)) => value.get(start..=end).unwrap_or_default(),
        _ => &[],
    }
}

/// Finds a byte; words of the machine at a time, for a head is mostly scanned for line ends.
fn find_byte(wanted: u8, bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    let step = bytes.chunks_exact(16).try_for_each(|chunk| {
        // A fold without an early end is what the compiler turns into one vector comparison.
        if chunk
            .iter()
            .fold(false, |hit, &byte| hit | (byte == wanted))
        {
            return ControlFlow::Break(());
        }
        at += 16;
        ControlFlow::Continue(())
    });
    let _ = step;
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter()
        .position(|&byte| byte == wanted)
        .map(|found| at + found)
}

pub(crate) const fn is_token(byte: u8) -> bool {
    TOKEN[byte as usize]
}

pub(crate) const fn is_value(byte: u8) -> bool {
    byte >= 0x20 && byte != 0x7f || byte == b'\t'
}

const MOST_METHOD: usize = 24;

/// The characters of a token (RFC 9110, 5.6.2).
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0usize;
    while byte < 256 {
        table[byte] = matches!(
            byte as u8,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9'
                | b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+'
                | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        );
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests;
