use crate::ede::Note;
use crate::question::{HEADER, QR, RA};
use crate::responder::shaping;
use crate::shape::{Moulded, type_of};
use crate::shaped::{Now, Outcome, Shaped};
use crate::upstream::Asked;
use gate::{Client, Judgement};
use hickory_resolver::proto::op::{Message, Query};
use hickory_resolver::proto::rr::Name;

/// An answer about to be put on the wire.
pub(crate) struct Form<'f> {
    asked: &'f Asked,
    name: &'f Name,
    client: &'f Client,
    judgement: Judgement,
    now: Now,
    pub(crate) note: Note,
    pub(crate) authentic: bool,
}

impl<'f> Form<'f> {
    pub(crate) const fn new(
        asked: &'f Asked,
        name: &'f Name,
        client: &'f Client,
        judgement: Judgement,
        now: Now,
    ) -> Self {
        Self {
            asked,
            name,
            client,
            judgement,
            now,
            note: Note::Plain,
            authentic: false,
        }
    }

    /// Takes what was decided by the addresses too, in place of what was decided by the name
    /// alone; not across a swap.
    pub(crate) fn reached(&mut self, judgement: Option<Judgement>) {
        if let Some(judgement) = judgement
            && judgement.generation == self.judgement.generation
        {
            self.judgement = judgement;
        }
    }

    /// Makes the shaped answer; `None` when it cannot be put on the wire.
    pub(crate) fn fill(self, moulded: Moulded) -> Option<Shaped> {
        let (outcome, judgement) = match moulded.closed {
            Some(judgement) => (Outcome::Closed, judgement),
            None => (Outcome::Open, self.judgement),
        };
        let note = match (self.note, moulded.emptied) {
            (_, true) => Note::Private,
            (note, false) => note,
        };
        let mut message = Message::query().into_response();
        message
            .queries
            .push(Query::query(self.name.clone(), type_of(self.asked.kind)));
        if outcome == Outcome::Open {
            message.metadata.response_code = moulded.rcode;
            message.answers = moulded.answers;
            message.authorities = moulded.authorities;
        }
        let mut wire = message.to_vec().ok()?;
        clear_head(&mut wire)?;
        let ttls = Shaped::ttl_places(&wire)?;
        let shortest = ttls.iter().filter_map(|&place| ttl_at(&wire, place)).min();
        let seconds = shortest.unwrap_or(BARE_TTL).min(match outcome {
            Outcome::Closed => BARE_TTL,
            Outcome::Open => u32::MAX,
        });
        Some(Shaped {
            name_length: self.asked.wire.len(),
            kind: self.asked.kind,
            wants: self.asked.wants,
            view: self.client.view,
            ttls,
            born: self.now.millis,
            expires: self.now.millis.saturating_add(u64::from(seconds) * 1000),
            outcome,
            obligations: shaping(self.client, &self.judgement),
            filtered: self.client.filtered,
            targets: (moulded.targets.len() <= MOST_KEPT_TARGETS).then(|| moulded.targets.into()),
            note,
            authentic: self.authentic && !moulded.changed,
            judgement,
            wire: wire.into(),
        })
    }
}

/// Leaves of the head only what every client's answer shares.
fn clear_head(wire: &mut [u8]) -> Option<()> {
    let head: &mut [u8; HEADER] = wire.first_chunk_mut()?;
    let rcode = u16::from(head[3] & 15);
    head[..2].fill(0);
    head[2..4].copy_from_slice(&(QR | RA | rcode).to_be_bytes());
    Some(())
}

fn ttl_at(wire: &[u8], place: u16) -> Option<u32> {
    let bytes: &[u8; 4] = wire.get(usize::from(place)..)?.first_chunk()?;
    Some(u32::from_be_bytes(*bytes))
}

/// Seconds that an answer without records is kept.
const BARE_TTL: u32 = 5;

/// Names judged with an answer that are kept with it.
const MOST_KEPT_TARGETS: usize = 16;
