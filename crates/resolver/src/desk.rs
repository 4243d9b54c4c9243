use crate::counters::Count;
use crate::ede::Note;
use crate::errand::{Alias, Errand, soa};
use crate::form::Form;
use crate::question::{NameText, Question, SERVFAIL};
use crate::reply::{self, Carrier};
use crate::responder::{LONGEST_FILTERED, Responder, Step, opens, shaping};
use crate::shape::{Mould, Moulded, Sprawl, addresses_of, mould, read_text, type_of, wire_name};
use crate::shaped::{Now, Shaped, Wants};
use crate::upstream::{Asked, Found, Upstreams};
use gate::{Client, Gate, Judgement, Session};
use hickory_resolver::proto::rr::rdata::CNAME;
use hickory_resolver::proto::rr::{Name, RData, Record};
use model::{Host, Obligations, Target};
use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

/// Where questions end up that a thread's own answers do not settle.
///
/// One answer function for UDP misses, TCP and the proxy's look-ups. It lives on one thread, so
/// nothing in it is locked.
///
/// INVARIANT: no borrow of the responder is held across an await.
pub(crate) struct Desk {
    pub(crate) responder: RefCell<Responder>,
    upstreams: Rc<Upstreams>,
    gate: Arc<Gate>,
}

/// Whether the gate is asked about the very name that is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Own {
    /// It is: the DNS doors.
    Judged,
    /// A door that saw more than the name has settled it.
    Settled,
}

/// An answer on its way, and its shaped form for the store of the thread that asked.
pub(crate) struct Response {
    pub(crate) bytes: Vec<u8>,
    pub(crate) shaped: Option<Arc<Shaped>>,
}

impl Desk {
    pub(crate) fn new(gate: &Arc<Gate>, responder: Responder, upstreams: Upstreams) -> Self {
        Self {
            responder: RefCell::new(responder),
            upstreams: Rc::new(upstreams),
            gate: Arc::clone(gate),
        }
    }

    pub(crate) fn now(&self) -> Now {
        Now::of(&**self.gate.clock())
    }

    /// Answers a message; `None` when nothing is sent.
    pub(crate) async fn respond(
        &self,
        packet: &[u8],
        source: IpAddr,
        carrier: Carrier,
    ) -> Option<Response> {
        let mut text = NameText::new();
        let mut room = vec![0; carrier.room()];
        let now = self.now();
        let step = self
            .responder
            .borrow_mut()
            .step(packet, source, carrier, now, &mut room, &mut text);
        match step {
            Step::Answer(length) => {
                room.truncate(length);
                return Some(Response {
                    bytes: room,
                    shaped: None,
                });
            }
            Step::Silence => return None,
            Step::Ask => {}
        }
        let question = Question::parse(packet, &mut text).ok()?;
        let asked = Asked::of(&question);
        let start = std::time::Instant::now();
        let shaped = self.shape(&asked, source, Own::Judged).await.map(Arc::new);
        let micros = u32::try_from(start.elapsed().as_micros()).unwrap_or(u32::MAX);
        let now = self.now();
        let responder = &mut *self.responder.borrow_mut();
        responder.counters.add(Count::Misses);
        let Some(shaped) = shaped else {
            responder.counters.add(Count::Failed);
            let length = reply::bare(&question, SERVFAIL, Note::Unreachable.ede(), &mut room)?;
            room.truncate(length);
            return Some(Response {
                bytes: room,
                shaped: None,
            });
        };
        if carrier == Carrier::Tcp {
            room.resize(room.len().max(shaped.wire.len() + ROOM_FOR_OPT), 0);
        }
        let client = responder.session.client(source);
        let Step::Answer(length) = responder.give(
            &question, &client, &text, &shaped, carrier, now, micros, &mut room,
        ) else {
            return None;
        };
        room.truncate(length);
        let keep = shaped.is_keepable();
        if keep {
            responder.keep(&shaped, now);
        }
        Some(Response {
            bytes: room,
            shaped: keep.then_some(shaped),
        })
    }

    /// Makes the answer of a view to a question that the gate lets through; `None` when no
    /// upstream answered.
    ///
    /// What is looked up is free of the view. Verdicts are asked for after the last await, so a
    /// swap in the middle cannot leave half an answer by the old policy.
    pub(crate) async fn shape(&self, asked: &Asked, source: IpAddr, own: Own) -> Option<Shaped> {
        let mut text = NameText::new();
        text.read(&asked.wire)?;
        let plan = Arc::clone(&self.responder.borrow().plan);
        for _ in 0..MOST_SWAPS {
            let (before, _, obligations) = self.ask_gate(&text, source);
            let errand = Errand::run(&plan, &self.upstreams, asked, &text, obligations).await;
            let (client, judgement, again) = self.ask_gate(&text, source);
            let same = client.generation == before.generation
                && client.generation == judgement.generation
                && client.view == before.view
                && again == obligations;
            if same && own == Own::Judged && text.host().is_ok() && !opens(&judgement) {
                let errand = Errand::Known(Moulded::closed(judgement));
                return self.finish(asked, &text, &client, judgement, errand, own);
            }
            if same {
                return self.finish(asked, &text, &client, judgement, errand, own);
            }
        }
        None
    }

    /// Who asks, what is decided, and what the answer is shaped by.
    fn ask_gate(&self, text: &NameText, source: IpAddr) -> (Client, Judgement, Obligations) {
        let session = &mut self.responder.borrow_mut().session;
        let client = session.client(source);
        // The root bears no label; whoever is inside a zone may ask about it, and is judged as
        // one who asks about himself.
        let host = text.host().unwrap_or(Host::of_address(source));
        let judgement = session.judge(&client, &Target::of_host(host));
        (client, judgement, shaping(&client, &judgement))
    }

    /// Judges and shapes what was looked up, all under one generation.
    fn finish(
        &self,
        asked: &Asked,
        text: &NameText,
        client: &Client,
        judgement: Judgement,
        errand: Errand,
        own: Own,
    ) -> Option<Shaped> {
        let now = self.now();
        let responder = &mut *self.responder.borrow_mut();
        let name = wire_name(&asked.wire)?;
        let mut form = Form::new(asked, &name, client, judgement, now);
        let moulded = match errand {
            Errand::Lost => return None,
            Errand::Known(moulded) => moulded,
            Errand::Found { found, alias } => {
                form.authentic = found.authentic;
                if found.stale {
                    form.note = Note::Stale;
                }
                let judged = alias.as_ref().is_none_or(|alias| alias.judged);
                let local = text
                    .plain()
                    .is_some_and(|plain| responder.plan.is_local(plain));
                let mut moulded =
                    mould_found(responder, client, asked, &name, found, alias, local).ok()?;
                if own == Own::Judged && judged && moulded.closed.is_none() {
                    let reached = reached(&mut responder.session, client, text, &moulded.answers);
                    moulded.closed = reached.filter(|judgement| !opens(judgement));
                    // One that a swap overtook is of no use to an answer of before it.
                    form.reached(reached.filter(opens));
                }
                moulded
            }
        };
        responder
            .counters
            .add_many(Count::Rebinding, moulded.private);
        form.fill(moulded)
    }
}

/// Shapes an upstream's records, behind an alias of ours where there is one.
fn mould_found(
    responder: &mut Responder,
    client: &Client,
    asked: &Asked,
    name: &Name,
    found: Found,
    alias: Option<Alias>,
    local: bool,
) -> Result<Moulded, Sprawl> {
    let settings = Mould {
        name: alias.as_ref().map_or(name, |alias| &alias.target),
        kind: type_of(asked.kind),
        dnssec_ok: asked.wants.dnssec_ok(),
        filtered: client.filtered,
        local,
        age: if found.stale { 0 } else { found.age },
        longest: longest(client, found.stale),
    };
    let judged = alias.as_ref().is_none_or(|alias| alias.judged);
    let Responder { session, plan, .. } = responder;
    let mut judge = |text: &NameText| judged.then(|| blocks(session, client, text)).flatten();
    let mut moulded = mould(found.message, &settings, plan, &mut judge)?;
    if let Some(alias) = &alias {
        let value = RData::CNAME(CNAME(alias.target.clone()));
        let ttl = settings.longest.min(LONGEST_FILTERED);
        let head = Record::from_rdata(name.clone(), ttl, value);
        put_alias(&mut moulded, head, &alias.target, &mut judge);
    }
    Ok(moulded)
}

/// Puts our own alias in front of what stands behind it.
fn put_alias(
    moulded: &mut Moulded,
    head: Record,
    target: &Name,
    judge: &mut impl FnMut(&NameText) -> Option<Judgement>,
) {
    let mut text = NameText::new();
    if read_text(target, &mut text) {
        if let Some(judgement) = judge(&text) {
            moulded.closed = Some(judgement);
        }
        if let Some(plain) = text.plain() {
            moulded.targets.push(plain.into());
        }
    }
    if moulded.answers.is_empty() && moulded.authorities.is_empty() {
        moulded.authorities.extend(soa(target));
    }
    moulded.answers.insert(0, head);
    moulded.changed = true;
}

/// The verdict that closes a name which an answer points to.
///
/// A name that holds no host is on no list and leads nowhere that a host could not.
fn blocks(session: &mut Session, client: &Client, text: &NameText) -> Option<Judgement> {
    let host = text.host().ok()?;
    let judgement = session.judge(client, &Target::of_host(host));
    (!opens(&judgement)).then_some(judgement)
}

/// What is decided of a name by the addresses that its answer holds; `None` where they cannot
/// matter.
fn reached(
    session: &mut Session,
    client: &Client,
    text: &NameText,
    answers: &[Record],
) -> Option<Judgement> {
    if !session.minds_addresses() {
        return None;
    }
    let host = text.host().ok()?;
    let addresses: Vec<IpAddr> = answers.iter().flat_map(addresses_of).collect();
    let target = Target::of_host(host);
    (!addresses.is_empty()).then(|| session.judge_reached(client, &target, &addresses))
}

fn longest(client: &Client, stale: bool) -> u32 {
    let most = if client.filtered {
        LONGEST_FILTERED
    } else {
        u32::MAX
    };
    if stale { most.min(STALE_TTL) } else { most }
}

impl Asked {
    pub(crate) fn of(question: &Question<'_>) -> Self {
        Self {
            wire: question.name.to_ascii_lowercase().into(),
            kind: question.kind,
            wants: Wants::of(question),
        }
    }
}

/// What an answer past its time may live (RFC 8767, 4).
const STALE_TTL: u32 = 30;

/// Swaps that may fall into one look-up before it is given up.
const MOST_SWAPS: usize = 4;

/// An OPT record with the longest error.
const ROOM_FOR_OPT: usize = 128;
