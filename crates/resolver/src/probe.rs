//! The wire path without sockets, for benches and fuzzing. No part of the public face.

use crate::counters::Counters;
use crate::form::Form;
use crate::plan::Plan;
use crate::question::{NameText, Question};
use crate::reply::{Carrier, MOST_UDP};
use crate::responder::{Responder, Step};
use crate::settings::Settings;
use crate::shape::{Mould, mould, type_of, wire_name};
use crate::shaped::Now;
use crate::upstream::Asked;
use gate::Gate;
use hickory_resolver::proto::op::Message;
use hickory_resolver::proto::rr::Name;
use model::Target;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// One worker's answering part.
pub struct Probe {
    responder: Responder,
    text: NameText,
    room: Box<[u8; MOST_UDP]>,
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Probe")
    }
}

impl Probe {
    /// Makes the answering part of a worker; `None` when the settings do not hold together.
    pub fn new(gate: &Arc<Gate>, settings: &Settings) -> Option<Self> {
        let plan = Arc::new(Plan::compile(settings).ok()?);
        Some(Self {
            responder: Responder::new(gate, &plan, &Arc::<Counters>::default(), 1),
            text: NameText::new(),
            room: Box::new([0; MOST_UDP]),
        })
    }

    /// Answers a message; empty when nothing is sent or somebody must be asked.
    pub fn answer(&mut self, packet: &[u8], source: IpAddr) -> &[u8] {
        let now = Now::of(&**self.responder.session.gate().clock());
        if !self.responder.admits(source, now) {
            return &[];
        }
        let room = &mut self.room[..];
        match self
            .responder
            .step(packet, source, Carrier::Udp, now, room, &mut self.text)
        {
            Step::Answer(length) => &self.room[..length],
            Step::Silence | Step::Ask => &[],
        }
    }

    /// Puts an answer to a question into the store, as if an upstream had given it.
    pub fn teach(&mut self, packet: &[u8], source: IpAddr, answer: &[u8]) -> Option<()> {
        let question = Question::parse(packet, &mut self.text).ok()?;
        let asked = Asked::of(&question);
        let message = Message::from_vec(answer).ok()?;
        let responder = &mut self.responder;
        let now = Now::of(&**responder.session.gate().clock());
        let client = responder.session.client(source);
        let host = self.text.host().ok()?;
        let judgement = responder.session.judge(&client, &Target::of_host(host));
        let name = wire_name(&asked.wire)?;
        let settings = plain_mould(&name, asked.kind, client.filtered);
        let moulded = mould(message, &settings, &responder.plan, |_| None).ok()?;
        let shaped = Form::new(&asked, &name, &client, judgement, now).fill(moulded)?;
        responder.keep(&Arc::new(shaped), now);
        Some(())
    }
}

fn plain_mould(name: &Name, kind: u16, filtered: bool) -> Mould<'_> {
    Mould {
        name,
        kind: type_of(kind),
        dnssec_ok: kind & 1 == 0,
        filtered,
        local: false,
        age: 0,
        longest: 60,
    }
}

/// Reads a message as a question; gives back whether it is one.
pub fn parse_question(packet: &[u8]) -> bool {
    Question::parse(packet, &mut NameText::new()).is_ok()
}

/// Shapes a message as an upstream's answer; gives back whether it could be.
pub fn shape(settings: &Settings, wire: &[u8]) -> bool {
    let (Ok(plan), Ok(message)) = (Plan::compile(settings), Message::from_vec(wire)) else {
        return false;
    };
    let Some(query) = message.queries.first() else {
        return false;
    };
    let (name, kind) = (query.name.to_lowercase(), u16::from(query.query_type));
    let settings = plain_mould(&name, kind, true);
    mould(message, &settings, &plan, |_| None).is_ok()
}
