use crate::ede::Ede;
use crate::question::{
    AD, BADVERS, CD, HEADER, IN, MOST_NAME, NOERROR, QR, Question, RA, RD, Refusal, TC, kind,
};
use crate::settings::Blocked;
use crate::shaped::{MOST_KEPT, Now, Shaped};

/// The room that an answer may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// What the client's OPT record allows, at most [`MOST_UDP`].
    Udp,
    /// What two length bytes can say.
    Tcp,
}

impl Carrier {
    /// Room in which every answer fits that needs no upstream.
    pub(crate) const fn room(self) -> usize {
        match self {
            Self::Udp => MOST_UDP,
            Self::Tcp => MOST_KEPT + SMALL_ROOM,
        }
    }

    fn limit(self, question: &Question<'_>) -> usize {
        match (self, question.edns) {
            (Self::Tcp, _) => usize::from(u16::MAX),
            (Self::Udp, Some(edns)) => usize::from(edns.size).min(MOST_UDP),
            (Self::Udp, None) => 512,
        }
    }
}

/// Writes a refusal of a message that is no question.
///
/// The question is not carried back: what could not be read cannot be repeated.
pub(crate) fn refuse(packet: &[u8], refusal: Refusal, room: &mut [u8]) -> Option<usize> {
    let Refusal::Error { rcode, edns } = refusal else {
        return None;
    };
    let header: &[u8; HEADER] = packet.first_chunk()?;
    let asked = u16::from_be_bytes([header[2], header[3]]);
    let mut writer = Writer::new(room);
    writer.put(&header[..2]);
    writer.put16(QR | asked & (OPCODE | RD | CD) | RA | rcode & 15);
    writer.put(&[0; 8]);
    if edns {
        writer.opt(rcode, false, None);
        writer.set16(10, 1);
    }
    writer.finish()
}

/// Writes an answer without records.
pub(crate) fn bare(
    question: &Question<'_>,
    rcode: u16,
    ede: Option<Ede<'_>>,
    room: &mut [u8],
) -> Option<usize> {
    let mut writer = Writer::begin(question, rcode, room);
    writer.end(question, ede);
    writer.finish()
}

/// Writes an answer that a name, or what is asked of it, does not exist.
pub(crate) fn negative(
    question: &Question<'_>,
    rcode: u16,
    ttl: u32,
    ede: Option<Ede<'_>>,
    room: &mut [u8],
) -> Option<usize> {
    let mut writer = Writer::begin(question, rcode, room);
    writer.soa(ttl);
    writer.end(question, ede);
    writer.finish()
}

/// Writes the minimal answer to ANY (RFC 8482).
pub(crate) fn any(question: &Question<'_>, ttl: u32, room: &mut [u8]) -> Option<usize> {
    let mut writer = Writer::begin(question, NOERROR, room);
    writer.record(kind::HINFO, ttl, b"\x07RFC8482\x00");
    writer.set16(6, 1);
    writer.end(question, None);
    writer.finish()
}

/// Writes the answer to a closed name in the shape that the school chose.
pub(crate) fn closed(
    question: &Question<'_>,
    blocked: &Blocked,
    ttl: u32,
    ede: Ede<'_>,
    room: &mut [u8],
) -> Option<usize> {
    let (v4, v6) = match blocked {
        Blocked::Nxdomain => {
            return negative(question, crate::question::NXDOMAIN, ttl, Some(ede), room);
        }
        Blocked::Zero => (Some([0; 4]), Some([0; 16])),
        Blocked::Page(v4, v6) => (
            v4.map(|address| address.octets()),
            v6.map(|address| address.octets()),
        ),
    };
    let mut writer = Writer::begin(question, NOERROR, room);
    match (question.kind, v4, v6) {
        (kind::A, Some(v4), _) => {
            writer.record(kind::A, ttl, &v4);
            writer.set16(6, 1);
        }
        (kind::AAAA, _, Some(v6)) => {
            writer.record(kind::AAAA, ttl, &v6);
            writer.set16(6, 1);
        }
        // Every other type exists no more than the name's own addresses do.
        _ => writer.soa(ttl),
    }
    writer.end(question, Some(ede));
    writer.finish()
}

/// Writes an answer from a store, made this client's own.
///
/// `left` is how many seconds it may live by the clock.
pub(crate) fn shaped(
    question: &Question<'_>,
    shaped: &Shaped,
    carrier: Carrier,
    left: Option<u32>,
    now: Now,
    room: &mut [u8],
) -> Option<usize> {
    let limit = carrier.limit(question).min(room.len());
    let ede = shaped.note.ede();
    let opt = question
        .edns
        .map_or(0, |_| OPT + ede.map_or(0, Ede::length));
    let wire = &*shaped.wire;
    if wire.len() + opt > limit {
        let mut writer = Writer::begin(question, NOERROR, room);
        writer.or16(2, TC);
        writer.end(question, None);
        return writer.finish();
    }
    let mut writer = Writer::new(room.get_mut(..limit)?);
    writer.put(wire);
    writer.set16(0, question.id);
    let rcode = wire.get(3).map_or(0, |byte| u16::from(byte & 15));
    let authentic = shaped.authentic && (question.authentic_data || question.dnssec_ok());
    writer.set16(2, flags(question, rcode) | if authentic { AD } else { 0 });
    writer.overwrite(HEADER, question.name);
    let age = u32::try_from(now.millis.saturating_sub(shaped.born) / 1000).unwrap_or(u32::MAX);
    for &place in &shaped.ttls {
        writer.age(usize::from(place), age, left.unwrap_or(u32::MAX));
    }
    writer.end(question, ede);
    writer.finish()
}

fn flags(question: &Question<'_>, rcode: u16) -> u16 {
    let mut flags = QR | RA | rcode & 15;
    if question.recursion_desired {
        flags |= RD;
    }
    if question.checking_disabled {
        flags |= CD;
    }
    flags
}

/// Writes into borrowed room; what does not fit spoils the whole, never a part.
struct Writer<'r> {
    room: &'r mut [u8],
    at: usize,
    full: bool,
}

impl<'r> Writer<'r> {
    fn new(room: &'r mut [u8]) -> Self {
        Self {
            room,
            at: 0,
            full: false,
        }
    }

    /// Header and question.
    fn begin(question: &Question<'_>, rcode: u16, room: &'r mut [u8]) -> Self {
        let mut writer = Self::new(room);
        writer.put16(question.id);
        writer.put16(flags(question, rcode));
        writer.put(&[0, 1, 0, 0, 0, 0, 0, 0]);
        writer.put(question.name);
        writer.put16(question.kind);
        writer.put16(IN);
        writer
    }

    fn put(&mut self, bytes: &[u8]) {
        match self.room.get_mut(self.at..self.at + bytes.len()) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.at += bytes.len();
            }
            None => self.full = true,
        }
    }

    fn put16(&mut self, value: u16) {
        self.put(&value.to_be_bytes());
    }

    fn put32(&mut self, value: u32) {
        self.put(&value.to_be_bytes());
    }

    fn overwrite(&mut self, at: usize, bytes: &[u8]) {
        match self.room.get_mut(at..at + bytes.len()) {
            Some(room) => room.copy_from_slice(bytes),
            None => self.full = true,
        }
    }

    fn set16(&mut self, at: usize, value: u16) {
        self.overwrite(at, &value.to_be_bytes());
    }

    fn or16(&mut self, at: usize, bits: u16) {
        if let Some(&[high, low]) = self.room.get(at..).and_then(<[u8]>::first_chunk) {
            self.set16(at, u16::from_be_bytes([high, low]) | bits);
        }
    }

    /// Takes the age off a time to live and holds it under a bound.
    fn age(&mut self, at: usize, age: u32, bound: u32) {
        let Some(place) = self.room.get_mut(at..).and_then(<[u8]>::first_chunk_mut) else {
            self.full = true;
            return;
        };
        let ttl: &mut [u8; 4] = place;
        let left = u32::from_be_bytes(*ttl).saturating_sub(age).min(bound);
        *ttl = left.to_be_bytes();
    }

    /// A record of the name that was asked for.
    fn record(&mut self, kind: u16, ttl: u32, value: &[u8]) {
        self.put16(TO_NAME);
        self.put16(kind);
        self.put16(IN);
        self.put32(ttl);
        self.put16(u16::try_from(value.len()).unwrap_or(0));
        self.put(value);
    }

    /// The SOA by which a negative answer may be remembered (RFC 2308).
    fn soa(&mut self, ttl: u32) {
        self.put16(TO_NAME);
        self.put16(kind::SOA);
        self.put16(IN);
        self.put32(ttl);
        self.put16(SOA_NAMES.len() as u16 + 20);
        self.put(SOA_NAMES);
        for number in [1, 3600, 600, 86_400, ttl] {
            self.put32(number);
        }
        self.set16(8, 1);
    }

    /// The OPT record, where the client sent one.
    fn end(&mut self, question: &Question<'_>, ede: Option<Ede<'_>>) {
        if question.edns.is_some() {
            self.opt(NOERROR, question.dnssec_ok(), ede);
            self.set16(10, 1);
        }
    }

    fn opt(&mut self, rcode: u16, dnssec_ok: bool, ede: Option<Ede<'_>>) {
        self.put(&[0]);
        self.put16(kind::OPT);
        self.put16(MOST_UDP as u16);
        self.put(&[(rcode >> 4) as u8, 0, u8::from(dnssec_ok) << 7, 0]);
        let Some(ede) = ede else {
            self.put16(0);
            return;
        };
        let length = u16::try_from(ede.text.len()).unwrap_or(0) + 2;
        self.put16(length + 4);
        self.put16(EDE_OPTION);
        self.put16(length);
        self.put16(ede.code);
        self.put(ede.text);
    }

    fn finish(self) -> Option<usize> {
        (!self.full).then_some(self.at)
    }
}

/// The most that a UDP answer takes: what passes every network whole (DNS flag day 2020).
pub(crate) const MOST_UDP: usize = 1232;

/// Room in which every answer without foreign records fits.
pub(crate) const SMALL_ROOM: usize = 512;

const OPCODE: u16 = 0x7800;
const OPT: usize = 11;
const EDE_OPTION: u16 = 15;
/// A pointer to the name of the question.
const TO_NAME: u16 = 0xc00c;
/// `schoolgate.invalid.` and `nobody.invalid.`, the second by way of the first.
const SOA_NAMES: &[u8] = b"\x0aschoolgate\x07invalid\x00\x06nobody\x07invalid\x00";

const _: () = assert!(
    HEADER + MOST_NAME + 4 + 12 + SOA_NAMES.len() + 20 + OPT + 6 + 100 <= SMALL_ROOM,
    "a closed answer with its reason must fit the smallest UDP answer"
);
const _: () = assert!(BADVERS > 15, "an extended code needs an OPT record");
