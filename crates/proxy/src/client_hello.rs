//! The first message of TLS, read as far as the server name and no further.
//!
//! The message may be split over records and segments as its sender likes, and is larger than one
//! segment since key shares became post-quantum. Nothing is decrypted and nothing is believed but
//! the name, which is then judged like any other.

/// What a ClientHello says of where it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientHello {
    /// The server name as sent, where there is one; not yet in canonical form.
    pub server_name: Option<String>,
    /// Whether it carries an encrypted ClientHello. Browsers send an empty shell of one always,
    /// so this alone says nothing.
    pub encrypted: bool,
}

/// What the first bytes of a tunnel are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstBytes {
    /// A whole ClientHello.
    Hello(ClientHello),
    /// The beginning of one.
    Unfinished,
    /// Something else, or a ClientHello that breaks its own rules.
    Other,
}

/// The most bytes that a ClientHello may take, its record headers included.
pub const MOST_HELLO_BYTES: usize = 64 * 1024;

/// Reads the bytes that a client sent first.
///
/// What is [`FirstBytes::Unfinished`] may become anything with more bytes; the other two answers
/// are final. Past [`MOST_HELLO_BYTES`] the answer is never `Unfinished`.
pub fn parse_client_hello(bytes: &[u8]) -> FirstBytes {
    let mut message = Vec::new();
    match gather(bytes, &mut message) {
        Gathered::Whole => {}
        Gathered::Unfinished if bytes.len() < MOST_HELLO_BYTES => return FirstBytes::Unfinished,
        Gathered::Unfinished | Gathered::Other => return FirstBytes::Other,
    }
    match hello(message.get(4..).unwrap_or_default()) {
        Some(hello) => FirstBytes::Hello(hello),
        None => FirstBytes::Other,
    }
}

enum Gathered {
    Whole,
    Unfinished,
    Other,
}

/// Joins the payloads of the handshake records until the message is whole.
fn gather(mut bytes: &[u8], message: &mut Vec<u8>) -> Gathered {
    loop {
        match message.first() {
            Some(&CLIENT_HELLO) | None => {}
            Some(_) => return Gathered::Other,
        }
        if let &[_, high, middle, low, ..] = message.as_slice() {
            let length = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
            if length > MOST_HELLO_BYTES {
                return Gathered::Other;
            }
            if message.len() >= length + 4 {
                // One record may end one message and begin the next; a client that has heard
                // nothing yet has no next message to send.
                let alone = message.len() == length + 4;
                return if alone {
                    Gathered::Whole
                } else {
                    Gathered::Other
                };
            }
        }
        // Each byte of the record header is checked as it comes: no guessing on what is no TLS.
        let header = bytes
            .get(..bytes.len().min(RECORD_HEADER))
            .unwrap_or_default();
        let fits = match header {
            [] => true,
            [kind] => *kind == HANDSHAKE,
            [kind, major, ..] => *kind == HANDSHAKE && *major == 3,
        };
        if !fits {
            return Gathered::Other;
        }
        let &[_, _, _, high, low] = header else {
            return Gathered::Unfinished;
        };
        let length = usize::from(high) << 8 | usize::from(low);
        if length == 0 || length > MOST_RECORD {
            return Gathered::Other;
        }
        let rest = bytes.get(RECORD_HEADER..).unwrap_or_default();
        let here = rest.get(..length.min(rest.len())).unwrap_or_default();
        message.extend_from_slice(here);
        if here.len() < length {
            return match message.first() {
                Some(&CLIENT_HELLO) | None => Gathered::Unfinished,
                Some(_) => Gathered::Other,
            };
        }
        bytes = rest.get(length..).unwrap_or_default();
    }
}

fn hello(body: &[u8]) -> Option<ClientHello> {
    let mut fields = Fields(body);
    fields.take(2 + 32)?;
    let session = fields.one()?;
    fields.take(usize::from(session).min(33))?;
    let suites = fields.two()?;
    fields.take(suites)?;
    let methods = fields.one()?;
    fields.take(usize::from(methods))?;
    let mut hello = ClientHello::default();
    if fields.0.is_empty() {
        return Some(hello);
    }
    let length = fields.two()?;
    let mut extensions = Fields(fields.take(length)?);
    if !fields.0.is_empty() {
        return None;
    }
    let mut named = false;
    while !extensions.0.is_empty() {
        let kind = extensions.two()?;
        let length = extensions.two()?;
        let content = extensions.take(length)?;
        match kind {
            SERVER_NAME => {
                // Two names would let two readers choose differently.
                if std::mem::replace(&mut named, true) {
                    return None;
                }
                hello.server_name = Some(server_name(content)?);
            }
            ENCRYPTED_CLIENT_HELLO => hello.encrypted = true,
            _ => {}
        }
    }
    Some(hello)
}

/// The one host name of the list (RFC 6066, 3).
fn server_name(content: &[u8]) -> Option<String> {
    let mut fields = Fields(content);
    let length = fields.two()?;
    let mut list = Fields(fields.take(length)?);
    let kind = list.one()?;
    let length = list.two()?;
    let name = list.take(length)?;
    let alone = list.0.is_empty() && fields.0.is_empty();
    let plain = kind == 0 && !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    if !alone || !plain || name.len() > 255 {
        return None;
    }
    std::str::from_utf8(name).ok().map(str::to_owned)
}

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn one(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn two(&mut self) -> Option<usize> {
        match self.take(2)? {
            &[high, low] => Some(usize::from(high) << 8 | usize::from(low)),
            _ => None,
        }
    }
}

const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const RECORD_HEADER: usize = 5;
const MOST_RECORD: usize = 16 * 1024;
const SERVER_NAME: usize = 0;
const ENCRYPTED_CLIENT_HELLO: usize = 0xfe0d;

#[cfg(test)]
pub(crate) mod tests;
