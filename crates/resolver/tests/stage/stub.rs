//! A server that speaks plain DNS by UDP and TCP on loopback, and counts what it is asked.

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::svcb::{
    Alpn, EchConfigList, IpHint, SvcParamKey, SvcParamValue,
};
use hickory_resolver::proto::rr::rdata::{A, AAAA, CNAME, HTTPS, SOA, SVCB, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::{Arc, Condvar, Mutex};

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    asked: HashMap<String, usize>,
    down: bool,
    held: bool,
}

/// The stub; its threads end with the process.
pub(crate) struct Stub {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

impl Stub {
    pub(crate) fn start() -> Self {
        let (tcp, udp) = loop {
            let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
            if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()) {
                break (tcp, udp);
            }
        };
        let address = tcp.local_addr().unwrap();
        let shared = Arc::<Shared>::default();
        let by_udp = Arc::clone(&shared);
        std::thread::spawn(move || serve_udp(udp, &by_udp));
        let by_tcp = Arc::clone(&shared);
        std::thread::spawn(move || serve_tcp(&tcp, &by_tcp));
        Self { address, shared }
    }

    /// How often a name was asked for, in any type.
    pub(crate) fn asked(&self, name: &str) -> usize {
        let state = self.shared.state.lock().unwrap();
        state.asked.get(name).copied().unwrap_or(0)
    }

    /// Whether it answers SERVFAIL to everything.
    pub(crate) fn set_down(&self, down: bool) {
        self.shared.state.lock().unwrap().down = down;
    }

    /// Whether it keeps its answers back until told otherwise.
    pub(crate) fn set_held(&self, held: bool) {
        self.shared.state.lock().unwrap().held = held;
        self.shared.changed.notify_all();
    }

    /// Waits until a name was asked for.
    pub(crate) fn wait_for(&self, name: &str) {
        let state = self.shared.state.lock().unwrap();
        let asked = |state: &mut State| !state.asked.contains_key(name);
        let _state = self.shared.changed.wait_while(state, asked).unwrap();
    }
}

fn serve_udp(socket: UdpSocket, shared: &Arc<Shared>) {
    let mut room = [0; 4096];
    while let Ok((length, peer)) = socket.recv_from(&mut room) {
        let packet = room[..length].to_vec();
        let (socket, shared) = (socket.try_clone().unwrap(), Arc::clone(shared));
        std::thread::spawn(move || {
            let mut answer = answer(&packet, &shared);
            let mut bytes = answer.to_vec().unwrap();
            if bytes.len() > 1232 {
                answer = answer.truncate();
                bytes = answer.to_vec().unwrap();
            }
            socket.send_to(&bytes, peer).unwrap();
        });
    }
}

fn serve_tcp(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        let (mut stream, shared) = (stream.unwrap(), Arc::clone(shared));
        std::thread::spawn(move || {
            let mut length = [0; 2];
            while stream.read_exact(&mut length).is_ok() {
                let mut packet = vec![0; u16::from_be_bytes(length).into()];
                if stream.read_exact(&mut packet).is_err() {
                    return;
                }
                let bytes = answer(&packet, &shared).to_vec().unwrap();
                let mut framed = u16::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
                framed.extend(bytes);
                if stream.write_all(&framed).is_err() {
                    return;
                }
            }
        });
    }
}

fn answer(packet: &[u8], shared: &Shared) -> Message {
    let query = Message::from_vec(packet).unwrap();
    let question = query.queries[0].clone();
    let mut answer = Message::response(query.metadata.id, query.metadata.op_code);
    answer.metadata.recursion_available = true;
    answer.queries.push(question.clone());
    answer.edns = query.edns.clone();
    let text = question.name.to_lowercase().to_ascii();
    let text = text.trim_end_matches('.').to_owned();
    let mut state = shared.state.lock().unwrap();
    *state.asked.entry(text.clone()).or_default() += 1;
    shared.changed.notify_all();
    let state = shared
        .changed
        .wait_while(state, |state| state.held)
        .unwrap();
    if state.down {
        answer.metadata.response_code = ResponseCode::ServFail;
        return answer;
    }
    drop(state);
    fill(&mut answer, &question.name, &text, question.query_type);
    answer
}

fn fill(answer: &mut Message, name: &Name, text: &str, kind: RecordType) {
    let at = |owner: &Name, address: &str| {
        let value = match address.parse().unwrap() {
            IpAddr::V4(v4) => RData::A(A(v4)),
            IpAddr::V6(v6) => RData::AAAA(AAAA(v6)),
        };
        Record::from_rdata(owner.clone(), 300, value)
    };
    let alias = |owner: &Name, target: &str| {
        let target = Name::from_ascii(target).unwrap();
        Record::from_rdata(owner.clone(), 300, RData::CNAME(CNAME(target)))
    };
    let fixed = [
        ("forcesafesearch.google.com", "216.239.38.120"),
        ("restrict.youtube.com", "216.239.38.120"),
        ("restrictmoderate.youtube.com", "216.239.38.119"),
        ("rebind.test", "127.0.0.1"),
        ("intranet.school.example", "10.0.0.5"),
        ("dc.school.local", "10.0.0.6"),
    ];
    let address = fixed
        .iter()
        .find(|(name, _)| *name == text)
        .map(|&(_, at)| at);
    match (kind, text) {
        (_, "absent.test") => {
            answer.metadata.response_code = ResponseCode::NXDomain;
            answer.authorities.push(soa());
        }
        (RecordType::A, "cloak.test") => {
            answer.answers.push(alias(name, "edge.test."));
            answer.answers.push(alias(
                &Name::from_ascii("edge.test.").unwrap(),
                "x.bets.test.",
            ));
            answer
                .answers
                .push(at(&Name::from_ascii("x.bets.test.").unwrap(), "192.0.2.7"));
        }
        (RecordType::A, "short.test") => answer.answers.push(alias(name, "www.site.test.")),
        (RecordType::A, "mixed.test") => {
            answer.answers.push(at(name, "10.0.0.1"));
            answer.answers.push(at(name, "192.0.2.8"));
        }
        (RecordType::A, _) => answer
            .answers
            .push(at(name, address.unwrap_or("192.0.2.10"))),
        (RecordType::HTTPS, _) => {
            let params = vec![
                (
                    SvcParamKey::Alpn,
                    SvcParamValue::Alpn(Alpn(vec!["h3".into(), "h2".into()])),
                ),
                (
                    SvcParamKey::Ipv4Hint,
                    SvcParamValue::Ipv4Hint(IpHint(vec![A(Ipv4Addr::new(192, 0, 2, 10))])),
                ),
                (
                    SvcParamKey::EchConfigList,
                    SvcParamValue::EchConfigList(EchConfigList(vec![0xfe, 0x0d, 1, 2])),
                ),
            ];
            let value = RData::HTTPS(HTTPS(SVCB::new(1, Name::root(), params)));
            answer
                .answers
                .push(Record::from_rdata(name.clone(), 300, value));
        }
        (RecordType::TXT, "big.test" | "middling.test") => {
            let count = if text == "big.test" { 20 } else { 10 };
            for number in 0..count {
                let text = format!("{number:0>200}");
                let value = RData::TXT(TXT::new(vec![text]));
                answer
                    .answers
                    .push(Record::from_rdata(name.clone(), 300, value));
            }
        }
        _ => answer.authorities.push(soa()),
    }
}

fn soa() -> Record {
    let root = Name::from_ascii("test.").unwrap();
    let value = SOA::new(root.clone(), root.clone(), 1, 60, 60, 60, 120);
    Record::from_rdata(root, 900, RData::SOA(value))
}
