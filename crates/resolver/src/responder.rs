use crate::control::{Control, control};
use crate::counters::{Count, Counters};
use crate::ede::{Ede, PROHIBITED, Reasons};
use crate::limit::Limit;
use crate::plan::Plan;
use crate::question::{FORMERR, NOTIMP, NXDOMAIN, NameText, Question, REFUSED, SERVFAIL, kind};
use crate::reply::{self, Carrier};
use crate::shape::is_of_root;
use crate::shaped::{Now, Outcome, Shaped, Wants, seconds_left};
use crate::store::{Key, Store};
use gate::{Client, Facts, Gate, Judgement, Session};
use model::{Action, Host, HostBuffer, Obligations, Rung, Target};
use std::net::IpAddr;
use std::sync::Arc;

/// What one thread answers questions with: a session at the gate and the answers it has shaped.
///
/// It settles all that needs no upstream; [`Step::Ask`] says that one is needed.
pub(crate) struct Responder {
    pub(crate) session: Session,
    pub(crate) plan: Arc<Plan>,
    pub(crate) counters: Arc<Counters>,
    store: Store,
    reasons: Reasons,
    limit: Limit,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// So many bytes of the room are the answer.
    Answer(usize),
    /// Nothing is sent.
    Silence,
    /// Somebody must be asked.
    Ask,
}

impl Responder {
    pub(crate) fn new(
        gate: &Arc<Gate>,
        plan: &Arc<Plan>,
        counters: &Arc<Counters>,
        seed: u64,
    ) -> Self {
        let settings = &plan.settings;
        Self {
            session: gate.session(),
            store: Store::new(settings.kept_answers as usize, seed),
            reasons: Reasons::new(),
            limit: Limit::new(settings.client_rate),
            plan: Arc::clone(plan),
            counters: Arc::clone(counters),
        }
    }

    /// Whether this client may ask one question more.
    pub(crate) fn admits(&mut self, source: IpAddr, now: Now) -> bool {
        self.counters.add(Count::Queries);
        let admitted = self.limit.admits(source, now.millis);
        if !admitted {
            self.counters.add(Count::Limited);
        }
        admitted
    }

    /// Answers a message as far as it can be answered here; allocates nothing to do so.
    ///
    /// The name's text is left in `text`.
    #[allow(
        clippy::too_many_arguments,
        reason = "all of it differs from message to message"
    )]
    pub(crate) fn step(
        &mut self,
        packet: &[u8],
        source: IpAddr,
        carrier: Carrier,
        now: Now,
        room: &mut [u8],
        text: &mut NameText,
    ) -> Step {
        let question = match Question::parse(packet, text) {
            Ok(question) => question,
            Err(refusal) => {
                self.counters.add(Count::Malformed);
                return sent(reply::refuse(packet, refusal, room));
            }
        };
        let client = self.session.client(source);
        let text = &*text;
        let Ok(host) = text.host() else {
            return self.nameless(&question, &client, room);
        };
        let target = Target::of_host(host);
        let wants = Wants::of(&question);
        let key = self.store.key(
            text.bytes(),
            question.name,
            question.kind,
            wants,
            client.view,
        );
        if let Some(held) = self.store.find(&key) {
            if held.outcome == Outcome::Open && held.is_fresh(&client, now) {
                self.counters.add(Count::Cached);
                let left = seconds_left(&held.judgement, &client, now);
                let length = reply::shaped(&question, held, carrier, left, now, room);
                let facts = facts(question.kind, length, 0);
                record(&mut self.session, &client, &target, &held.judgement, facts);
                return sent(length);
            }
            let held = Arc::clone(held);
            if let Some(held) = self.renew(&key, held, &client, &target, now) {
                self.counters.add(Count::Cached);
                return self.give(&question, &client, text, &held, carrier, now, 0, room);
            }
        }
        self.judge(&question, &client, &target, text, now, room)
    }

    /// Answers by the gate's word what no store remembers.
    fn judge(
        &mut self,
        question: &Question<'_>,
        client: &Client,
        target: &Target<'_>,
        text: &NameText,
        now: Now,
        room: &mut [u8],
    ) -> Step {
        let judgement = self.session.judge(client, target);
        if client.subject.is_none() || judgement.verdict.reason.rung == Rung::Outside {
            return self.outside(question, client, target, &judgement, room);
        }
        if let Some(step) = self.by_type(question, room) {
            return step;
        }
        if let Some(step) = self.control(question, client, target, &judgement, text, room) {
            return step;
        }
        if !opens(&judgement) {
            let left = seconds_left(&judgement, client, now);
            return self.close(question, client, target, &judgement, left, room);
        }
        if matches!(target.host, Host::Address(_)) {
            // A literal address asked for as a name: no such name can be.
            return self.deny(question, client, target, &judgement, room);
        }
        if question.kind == kind::ANY {
            let length = reply::any(question, LONGEST_FILTERED, room);
            self.write_down(client, target, &judgement, question.kind, length);
            return sent(length);
        }
        Step::Ask
    }

    /// Gives out a shaped answer and writes the decision down.
    #[allow(
        clippy::too_many_arguments,
        reason = "all of it differs from question to question"
    )]
    pub(crate) fn give(
        &mut self,
        question: &Question<'_>,
        client: &Client,
        text: &NameText,
        shaped: &Shaped,
        carrier: Carrier,
        now: Now,
        micros: u32,
        room: &mut [u8],
    ) -> Step {
        let left = seconds_left(&shaped.judgement, client, now);
        // The root is no host that a journal could name.
        let target = text.host().ok().map(Target::of_host);
        match (shaped.outcome, &target) {
            (Outcome::Closed, Some(target)) => {
                self.close(question, client, target, &shaped.judgement, left, room)
            }
            (Outcome::Closed, None) => sent(reply::bare(question, REFUSED, None, room)),
            (Outcome::Open, target) => {
                let length = reply::shaped(question, shaped, carrier, left, now, room);
                if let Some(target) = target {
                    let facts = facts(question.kind, length, micros);
                    record(&mut self.session, client, target, &shaped.judgement, facts);
                }
                sent(length)
            }
        }
    }

    /// Keeps an answer that another thread shaped.
    pub(crate) fn keep(&mut self, shaped: &Arc<Shaped>, now: Now) {
        let mut text = NameText::new();
        if text.read(shaped.name()).is_none() {
            return;
        }
        let key = self.store.key(
            text.bytes(),
            shaped.name(),
            shaped.kind,
            shaped.wants,
            shaped.view,
        );
        self.store.insert(&key, Arc::clone(shaped), now);
    }

    /// Answers that nobody could be asked.
    pub(crate) fn fail(&mut self, packet: &[u8], room: &mut [u8]) -> Step {
        let mut text = NameText::new();
        match Question::parse(packet, &mut text) {
            Ok(question) => {
                let ede = crate::ede::Note::Unreachable.ede();
                sent(reply::bare(&question, SERVFAIL, ede, room))
            }
            Err(refusal) => sent(reply::refuse(packet, refusal, room)),
        }
    }

    fn write_down(
        &mut self,
        client: &Client,
        target: &Target<'_>,
        judgement: &Judgement,
        kind: u16,
        bytes: Option<usize>,
    ) {
        let facts = facts(kind, bytes, 0);
        record(&mut self.session, client, target, judgement, facts);
    }

    /// Gives back an answer that may be given: as it is, or judged anew when it is of an earlier
    /// generation; `None` when it must be shaped again.
    ///
    /// After a swap most names are as open as before: judging them here spares the runtime a
    /// flood of questions it has just answered.
    fn renew(
        &mut self,
        key: &Key<'_>,
        held: Arc<Shaped>,
        client: &Client,
        target: &Target<'_>,
        now: Now,
    ) -> Option<Arc<Shaped>> {
        if held.is_fresh(client, now) {
            return Some(held);
        }
        let outdated = held.judgement.generation != client.generation;
        if !outdated || held.outcome != Outcome::Open || now.millis >= held.expires {
            return None;
        }
        let addresses = match self.session.minds_addresses() {
            true => held.addresses()?,
            false => Vec::new(),
        };
        let judgement = self.session.judge_reached(client, target, &addresses);
        let alike = judgement.generation == client.generation
            && opens(&judgement)
            && shaping(client, &judgement) == held.obligations
            && held.filtered == client.filtered;
        if !alike {
            return None;
        }
        let mut buffer = HostBuffer::new();
        for name in held.targets.as_deref()? {
            let host = Host::normalise(name, &mut buffer).ok()?;
            if !opens(&self.session.judge(client, &Target::of_host(host))) {
                return None;
            }
        }
        let renewed = Arc::new(Shaped {
            judgement,
            ..Shaped::clone(&held)
        });
        self.store.insert(key, Arc::clone(&renewed), now);
        Some(renewed)
    }

    /// A name that holds no host: the root, or one that no list could name.
    fn nameless(&mut self, question: &Question<'_>, client: &Client, room: &mut [u8]) -> Step {
        if client.subject.is_none() {
            self.counters.add(Count::Refused);
            return sent(reply::bare(question, REFUSED, Some(OUTSIDE), room));
        }
        if let Some(step) = self.by_type(question, room) {
            return step;
        }
        if question.name.len() == 1 {
            if is_of_root(question.kind) {
                return Step::Ask;
            }
            return sent(reply::negative(question, 0, LONGEST_FILTERED, None, room));
        }
        sent(reply::negative(
            question,
            NXDOMAIN,
            LONGEST_FILTERED,
            None,
            room,
        ))
    }

    fn outside(
        &mut self,
        question: &Question<'_>,
        client: &Client,
        target: &Target<'_>,
        judgement: &Judgement,
        room: &mut [u8],
    ) -> Step {
        self.counters.add(Count::Refused);
        let length = reply::bare(question, REFUSED, Some(OUTSIDE), room);
        self.write_down(client, target, judgement, question.kind, length);
        sent(length)
    }

    /// Types that nobody is asked for.
    fn by_type(&mut self, question: &Question<'_>, room: &mut [u8]) -> Option<Step> {
        let rcode = match question.kind {
            kind::AXFR | kind::IXFR | kind::TKEY | kind::TSIG => REFUSED,
            0 | kind::OPT | kind::NXNAME => FORMERR,
            kind::MAILB | kind::MAILA => NOTIMP,
            _ => return None,
        };
        self.counters.add(Count::Refused);
        Some(sent(reply::bare(question, rcode, None, room)))
    }

    fn control(
        &mut self,
        question: &Question<'_>,
        client: &Client,
        target: &Target<'_>,
        judgement: &Judgement,
        text: &NameText,
        room: &mut [u8],
    ) -> Option<Step> {
        let name = text.plain()?;
        let applies = match control(name)? {
            Control::Canary => client.filtered || self.plan.settings.canaries_for_all,
            Control::Discovery => true,
            Control::ProxySettings => self.plan.record(name).is_none(),
        };
        if !applies {
            return None;
        }
        Some(self.deny(question, client, target, judgement, room))
    }

    /// Says that a name does not exist, whatever the school answers closed names with.
    fn deny(
        &mut self,
        question: &Question<'_>,
        client: &Client,
        target: &Target<'_>,
        judgement: &Judgement,
        room: &mut [u8],
    ) -> Step {
        let length = reply::negative(question, NXDOMAIN, LONGEST_FILTERED, None, room);
        // What is written down is what was done, whatever the policy says of the name elsewhere.
        let mut denied = *judgement;
        denied.verdict.action = Action::Block;
        self.write_down(client, target, &denied, question.kind, length);
        sent(length)
    }

    fn close(
        &mut self,
        question: &Question<'_>,
        client: &Client,
        target: &Target<'_>,
        judgement: &Judgement,
        left: Option<u32>,
        room: &mut [u8],
    ) -> Step {
        self.counters.add(Count::Blocked);
        let ttl = match judgement.verdict.action {
            Action::Permission => PERMISSION_TTL,
            Action::Allow | Action::Warn | Action::Block => CLOSED_TTL,
        };
        let ttl = ttl.min(left.unwrap_or(u32::MAX));
        let ede = if question.edns.is_some() {
            self.reasons.ede(&mut self.session, client, judgement)
        } else {
            Ede::new(0, b"")
        };
        let length = reply::closed(question, &self.plan.blocked, ttl, ede, room);
        self.write_down(client, target, judgement, question.kind, length);
        sent(length)
    }
}

/// Whether the DNS door lets a name through.
///
/// Where the host alone cannot settle it, the door that sees the URL decides.
pub(crate) fn opens(judgement: &Judgement) -> bool {
    judgement.verdict.action.opens() || judgement.verdict.obligations.needs_url
}

/// The obligations that an answer is shaped by: the stricter of the view's and the verdict's.
pub(crate) fn shaping(client: &Client, judgement: &Judgement) -> Obligations {
    let verdict = judgement.verdict.obligations;
    Obligations {
        safe_search: client.obligations.safe_search.max(verdict.safe_search),
        youtube: client.obligations.youtube.max(verdict.youtube),
        ..Obligations::default()
    }
}

fn facts(kind: u16, bytes: Option<usize>, micros: u32) -> Facts {
    Facts {
        bytes: bytes.map_or(0, |bytes| bytes as u64),
        duration_us: micros,
        ..Facts::dns(kind)
    }
}

/// Writes a decision down. DNS never stops for the journal; what it cannot take is counted.
fn record(
    session: &mut Session,
    client: &Client,
    target: &Target<'_>,
    judgement: &Judgement,
    facts: Facts,
) {
    if session.record(client, target, judgement, facts).is_err() {
        session.lose();
    }
}

fn sent(length: Option<usize>) -> Step {
    length.map_or(Step::Silence, Step::Answer)
}

const OUTSIDE: Ede<'static> = Ede::new(PROHIBITED, b"outside every zone");

/// A name that a member of staff may unlock must open soon after.
const PERMISSION_TTL: u32 = 2;
const CLOSED_TTL: u32 = 10;

/// The most seconds that an allowed answer lives where the group is filtered.
pub(crate) const LONGEST_FILTERED: u32 = 60;
