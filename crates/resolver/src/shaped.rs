use crate::ede::Note;
use crate::question::{HEADER, Question, kind};
use gate::{Client, Judgement};
use model::{Moment, Obligations, ViewId};
use std::net::IpAddr;

/// The two clocks at one moment, read once a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    /// What the verdicts' ends are measured against.
    pub(crate) moment: Moment,
    /// Milliseconds that never run backwards, for the age of answers.
    pub(crate) millis: u64,
}

impl Now {
    pub(crate) fn of(clock: &dyn model::Clock) -> Self {
        Self {
            moment: clock.now(),
            millis: u64::try_from(clock.monotonic().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// The flags of a question that make another answer of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Wants(u8);

impl Wants {
    pub(crate) fn of(question: &Question<'_>) -> Self {
        Self::new(question.dnssec_ok(), question.checking_disabled)
    }

    pub(crate) const fn new(dnssec_ok: bool, checking_disabled: bool) -> Self {
        Self(dnssec_ok as u8 | (checking_disabled as u8) << 1)
    }

    pub(crate) const fn dnssec_ok(self) -> bool {
        self.0 & 1 != 0
    }

    pub(crate) const fn checking_disabled(self) -> bool {
        self.0 & 2 != 0
    }

    pub(crate) const fn bits(self) -> u8 {
        self.0
    }
}

/// Whether an answer lets the name through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// `wire` is the answer.
    Open,
    /// A name that it points to is closed; `wire` holds the question alone.
    Closed,
}

/// An answer made for one view, ready but for what differs from client to client.
#[derive(Clone, Debug)]
pub(crate) struct Shaped {
    /// The message: id 0, the name in lower case, no OPT.
    pub(crate) wire: Box<[u8]>,
    /// Bytes of the name, the root included.
    pub(crate) name_length: usize,
    pub(crate) kind: u16,
    pub(crate) wants: Wants,
    pub(crate) view: ViewId,
    /// Where in `wire` the times to live stand.
    pub(crate) ttls: Box<[u16]>,
    /// When it was made, in [`Now::millis`].
    pub(crate) born: u64,
    /// From when it may not be given any more.
    pub(crate) expires: u64,
    /// The verdict on the name, or the one that closed it.
    pub(crate) judgement: Judgement,
    pub(crate) outcome: Outcome,
    /// What it was shaped by, to be compared after a swap.
    pub(crate) obligations: Obligations,
    pub(crate) filtered: bool,
    /// The names it points to, judged with it; `None` when they were too many to keep.
    pub(crate) targets: Option<Box<[Box<str>]>>,
    pub(crate) note: Note,
    /// Whether we validated it and changed nothing.
    pub(crate) authentic: bool,
}

impl Shaped {
    /// The name on the wire, in lower case.
    pub(crate) fn name(&self) -> &[u8] {
        self.wire
            .get(HEADER..HEADER + self.name_length)
            .unwrap_or_default()
    }

    /// Whether the answer may be given without asking the gate again.
    pub(crate) fn is_fresh(&self, client: &Client, now: Now) -> bool {
        self.judgement.generation == client.generation
            && now.millis < self.expires
            && self
                .judgement
                .verdict
                .valid_until
                .is_none_or(|end| now.moment < end)
    }

    /// The addresses that stand in it; `None` where hints may hold more.
    pub(crate) fn addresses(&self) -> Option<Vec<IpAddr>> {
        if matches!(self.kind, kind::HTTPS | kind::SVCB) {
            return None;
        }
        let held = self.ttls.iter().filter_map(|&place| {
            let after = self.wire.get(usize::from(place).checked_sub(4)?..)?;
            let (head, data) = after.split_first_chunk::<10>()?;
            match (u16::from_be_bytes([head[0], head[1]]), &head[8..]) {
                (kind::A, [0, 4]) => data.first_chunk::<4>().map(|v4| IpAddr::from(*v4)),
                (kind::AAAA, [0, 16]) => data.first_chunk::<16>().map(|v6| IpAddr::from(*v6)),
                _ => None,
            }
        });
        Some(held.collect())
    }

    /// Whether it may be kept at all.
    pub(crate) fn is_keepable(&self) -> bool {
        self.expires > self.born && self.wire.len() <= MOST_KEPT
    }

    /// Puts the message of an answer on the wire's terms.
    ///
    /// Finds where the times to live stand; `None` when the bytes are no message.
    pub(crate) fn ttl_places(wire: &[u8]) -> Option<Box<[u16]>> {
        let header: &[u8; HEADER] = wire.first_chunk()?;
        let count = |at: usize| u32::from(u16::from_be_bytes([header[at], header[at + 1]]));
        let mut at = skip_name(wire, HEADER)? + 4;
        let mut places = Vec::new();
        for _ in 0..count(6) + count(8) + count(10) {
            let end = skip_name(wire, at)?;
            let head: &[u8; 10] = wire.get(end..)?.first_chunk()?;
            if u16::from_be_bytes([head[0], head[1]]) != kind::OPT {
                places.push(u16::try_from(end + 4).ok()?);
            }
            at = end + 10 + usize::from(u16::from_be_bytes([head[8], head[9]]));
        }
        (at <= wire.len()).then(|| places.into())
    }
}

fn skip_name(wire: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match usize::from(*wire.get(at)?) {
            0 => return Some(at + 1),
            length @ 1..=63 => at += 1 + length,
            0xc0..=0xff => return Some(at + 2),
            _ => return None,
        }
    }
}

/// Whole seconds that an answer may live by the clock; `None` for no bound.
///
/// Rounded down: an answer that dies a second early costs a question, one that dies late costs
/// the promise that a lesson ends at its minute (SCH-10).
pub(crate) fn seconds_left(judgement: &Judgement, client: &Client, now: Now) -> Option<u32> {
    let end = match (judgement.verdict.valid_until, client.valid_until) {
        (Some(verdict), Some(client)) => Some(verdict.min(client)),
        (end, None) | (None, end) => end,
    }?;
    Some(u32::try_from(now.moment.until(end).as_secs()).unwrap_or(u32::MAX))
}

/// The largest answer that a store keeps, in bytes; what is larger is rare and goes by TCP.
pub(crate) const MOST_KEPT: usize = 4096;
