use model::{Host, HostError};

/// One question as it came in, read in place.
///
/// The name is held twice: as it was sent, for the answer must carry its case back (0x20), and
/// as lower-case text in the [`NameText`] that the caller lends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'p> {
    pub(crate) id: u16,
    pub(crate) recursion_desired: bool,
    pub(crate) authentic_data: bool,
    pub(crate) checking_disabled: bool,
    /// The name on the wire, its root label included.
    pub(crate) name: &'p [u8],
    pub(crate) kind: u16,
    pub(crate) edns: Option<Edns>,
}

/// What the client's OPT record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edns {
    pub(crate) dnssec_ok: bool,
    /// The largest UDP answer it takes, at least 512.
    pub(crate) size: u16,
}

/// Why a message is not a question that can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nothing is sent: too short, or itself an answer, so that two servers never talk in circles.
    Drop,
    /// An error is sent with this code. `question` says how much of the question can be echoed.
    Error {
        /// The response code, the extended ones past 15.
        rcode: u16,
        /// Whether the client sent an OPT record.
        edns: bool,
    },
}

/// A name as lower-case text without its last dot, in room that is used again.
#[derive(Clone)]
pub(crate) struct NameText {
    bytes: [u8; MOST_NAME],
    length: usize,
    /// Where the part starts whose labels have only letters, digits, hyphens and underscores.
    plain_from: usize,
}

impl NameText {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; MOST_NAME],
            length: 0,
            plain_from: 0,
        }
    }

    /// The text; a label with odd bytes stands in it as it was sent.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Whether every label is one that a host name may have.
    pub(crate) const fn is_plain(&self) -> bool {
        self.plain_from == 0
    }

    /// The text as a string, where it is plain.
    pub(crate) fn plain(&self) -> Option<&str> {
        if !self.is_plain() {
            return None;
        }
        std::str::from_utf8(self.bytes()).ok()
    }

    /// The host that the gate is asked about.
    ///
    /// No list names a host with odd bytes, but one may name a parent of it: then the longest
    /// plain parent is judged, so that `a b.closed.test` is as closed as `closed.test`.
    pub(crate) fn host(&self) -> Result<Host<'_>, HostError> {
        let plain = self.bytes().get(self.plain_from..).unwrap_or_default();
        Host::from_lower(plain)
    }

    /// Reads a name on the wire that has no compression; gives back its length with the root.
    pub(crate) fn read(&mut self, wire: &[u8]) -> Option<usize> {
        let mut at = 0;
        self.plain_from = 0;
        loop {
            let length = usize::from(*wire.get(at)?);
            if length == 0 {
                break;
            }
            let end = at + 1 + length;
            // The root label must fit as well: 255 bytes in all.
            if length > MOST_LABEL || end + 1 > MOST_NAME {
                return None;
            }
            let label = wire.get(at + 1..end)?;
            // The length byte becomes the dot after the label before it.
            if let Some(dot) = at.checked_sub(1) {
                self.bytes[dot] = b'.';
            }
            let mut odd = false;
            for (to, &byte) in self.bytes[at..end - 1].iter_mut().zip(label) {
                let lower = LOWER[usize::from(byte)];
                odd |= lower == 0;
                *to = if lower == 0 { byte } else { lower };
            }
            if odd {
                self.plain_from = end;
            }
            at = end;
        }
        self.length = at.saturating_sub(1);
        self.plain_from = self.plain_from.min(self.length);
        Some(at + 1)
    }
}

impl<'p> Question<'p> {
    /// Reads a message; the name's text goes into `text`.
    ///
    /// # Errors
    ///
    /// Says whether the message is dropped or which error it is answered with.
    pub(crate) fn parse(packet: &'p [u8], text: &mut NameText) -> Result<Self, Refusal> {
        let header: &[u8; HEADER] = packet.first_chunk().ok_or(Refusal::Drop)?;
        let flags = u16::from_be_bytes([header[2], header[3]]);
        if flags & QR != 0 {
            return Err(Refusal::Drop);
        }
        let count = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
        if flags & OPCODE != 0 {
            return Err(error(NOTIMP));
        }
        if count(4) != 1 || flags & TC != 0 {
            return Err(error(FORMERR));
        }
        let rest = &packet[HEADER..];
        let length = text.read(rest).ok_or(error(FORMERR))?;
        let tail: &[u8; 4] = rest
            .get(length..)
            .and_then(<[u8]>::first_chunk)
            .ok_or(error(FORMERR))?;
        let kind = u16::from_be_bytes([tail[0], tail[1]]);
        let class = u16::from_be_bytes([tail[2], tail[3]]);
        let edns = read_edns(packet, HEADER + length + 4, count(6), count(8), count(10))?;
        if class != IN {
            return Err(Refusal::Error {
                rcode: REFUSED,
                edns: edns.is_some(),
            });
        }
        Ok(Self {
            id: u16::from_be_bytes([header[0], header[1]]),
            recursion_desired: flags & RD != 0,
            authentic_data: flags & AD != 0,
            checking_disabled: flags & CD != 0,
            name: &rest[..length],
            kind,
            edns,
        })
    }

    /// The part of the message after the header that an answer carries back.
    pub(crate) fn dnssec_ok(&self) -> bool {
        self.edns.is_some_and(|edns| edns.dnssec_ok)
    }
}

const fn error(rcode: u16) -> Refusal {
    Refusal::Error { rcode, edns: false }
}

/// Walks the records behind the question to the OPT record. Cookies and other options are left.
fn read_edns(
    packet: &[u8],
    mut at: usize,
    answers: u16,
    authorities: u16,
    additionals: u16,
) -> Result<Option<Edns>, Refusal> {
    let before = u32::from(answers) + u32::from(authorities);
    let total = before + u32::from(additionals);
    let mut found = None;
    // Each record takes at least eleven bytes, so the packet bounds the walk whatever it claims.
    for place in 0..total {
        let (name_end, root) = skip_name(packet, at).ok_or(error(FORMERR))?;
        let head: &[u8; 10] = packet
            .get(name_end..)
            .and_then(<[u8]>::first_chunk)
            .ok_or(error(FORMERR))?;
        let end = name_end + 10 + usize::from(u16::from_be_bytes([head[8], head[9]]));
        if end > packet.len() {
            return Err(error(FORMERR));
        }
        if u16::from_be_bytes([head[0], head[1]]) == kind::OPT {
            if place < before || !root || found.is_some() {
                return Err(error(FORMERR));
            }
            if head[5] != 0 {
                return Err(Refusal::Error {
                    rcode: BADVERS,
                    edns: true,
                });
            }
            found = Some(Edns {
                dnssec_ok: head[6] & 0x80 != 0,
                size: u16::from_be_bytes([head[2], head[3]]).max(512),
            });
        }
        at = end;
    }
    Ok(found)
}

/// Steps over a name; gives back where it ends and whether it is the root.
fn skip_name(packet: &[u8], start: usize) -> Option<(usize, bool)> {
    let mut at = start;
    loop {
        let length = usize::from(*packet.get(at)?);
        match length {
            0 => return Some((at + 1, at == start)),
            1..=MOST_LABEL => at += 1 + length,
            0xc0..=0xff => return (at + 2 <= packet.len()).then_some((at + 2, false)),
            _ => return None,
        }
    }
}

/// Numbers of record types that are treated apart.
pub(crate) mod kind {
    pub(crate) const A: u16 = 1;
    pub(crate) const NS: u16 = 2;
    pub(crate) const CNAME: u16 = 5;
    pub(crate) const SOA: u16 = 6;
    pub(crate) const PTR: u16 = 12;
    pub(crate) const HINFO: u16 = 13;
    pub(crate) const AAAA: u16 = 28;
    pub(crate) const OPT: u16 = 41;
    pub(crate) const SVCB: u16 = 64;
    pub(crate) const HTTPS: u16 = 65;
    pub(crate) const NXNAME: u16 = 128;
    pub(crate) const TKEY: u16 = 249;
    pub(crate) const TSIG: u16 = 250;
    pub(crate) const IXFR: u16 = 251;
    pub(crate) const AXFR: u16 = 252;
    pub(crate) const MAILB: u16 = 253;
    pub(crate) const MAILA: u16 = 254;
    pub(crate) const ANY: u16 = 255;
}

pub(crate) const HEADER: usize = 12;
pub(crate) const IN: u16 = 1;
pub(crate) const NOERROR: u16 = 0;
pub(crate) const FORMERR: u16 = 1;
pub(crate) const SERVFAIL: u16 = 2;
pub(crate) const NXDOMAIN: u16 = 3;
pub(crate) const NOTIMP: u16 = 4;
pub(crate) const REFUSED: u16 = 5;
pub(crate) const BADVERS: u16 = 16;

pub(crate) const QR: u16 = 1 << 15;
const OPCODE: u16 = 0x7800;
pub(crate) const TC: u16 = 1 << 9;
pub(crate) const RD: u16 = 1 << 8;
pub(crate) const RA: u16 = 1 << 7;
pub(crate) const AD: u16 = 1 << 5;
pub(crate) const CD: u16 = 1 << 4;

/// The most bytes of a name on the wire, the root included.
pub(crate) const MOST_NAME: usize = 255;
const MOST_LABEL: usize = 63;

/// The lower case of what a host label may hold; 0 for all else.
const LOWER: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0usize;
    while byte < 256 {
        let as_byte = byte as u8;
        table[byte] = match as_byte {
            b'A'..=b'Z' => as_byte + 32,
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => as_byte,
            _ => 0,
        };
        byte += 1;
    }
    table
};

#[cfg(test)]
#[path = "question/tests.rs"]
mod tests;
