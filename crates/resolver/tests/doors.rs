//! The DNS doors on loopback: real sockets, a stub upstream, a clock that the test moves.
#![allow(
    clippy::unwrap_used,
    reason = "a fault of the stage is a fault of the test"
)]

#[path = "stage/school.rs"]
mod school;
#[path = "stage/stub.rs"]
mod stub;

use gate::Gate;
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use model::{Clock, ManualClock, ResolveError, Resolved, ViewId};
use resolver::{
    BlockedShape, Forward, Listeners, LocalRecord, Protocol, Running, Settings, Shutdown, Totals,
    Upstream,
};
use school::{LABELLED, PUPIL, STAFF, STRANGER};
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::Duration;
use stub::Stub;

const NOON: &str = "2026-11-23T12:00:00Z";
const PATIENCE: Duration = Duration::from_secs(10);

struct Stage {
    dns: SocketAddr,
    clock: Arc<ManualClock>,
    gate: Arc<Gate>,
    stub: Stub,
    shutdown: Shutdown,
    running: Option<Running>,
}

impl Stage {
    fn open() -> Self {
        Self::with(|_| {})
    }

    fn with(alter: impl FnOnce(&mut Settings)) -> Self {
        let stub = Stub::start();
        let clock = Arc::new(ManualClock::new(NOON.parse().unwrap()));
        let gate = school::gate(Arc::clone(&clock) as Arc<dyn Clock>, &LABELLED);
        let mut settings = Settings {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
            workers: 2,
            upstreams: vec![Upstream {
                protocol: Protocol::Udp,
                address: stub.address.to_string(),
                name: None,
                path: None,
            }],
            local_zones: vec!["school.example".to_owned()],
            ..Settings::default()
        };
        alter(&mut settings);
        let listeners = Listeners::bind(&settings).unwrap();
        let dns = listeners.local_addresses()[0];
        let shutdown = Shutdown::new();
        let running = resolver::run(listeners, &gate, &shutdown).unwrap();
        Self {
            dns,
            clock,
            gate,
            stub,
            shutdown,
            running: Some(running),
        }
    }

    fn totals(&self) -> Totals {
        self.running.as_ref().unwrap().totals()
    }

    fn socket(&self, from: IpAddr) -> UdpSocket {
        let socket = UdpSocket::bind((from, 0)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.connect(self.dns).unwrap();
        socket
    }

    fn exchange(&self, from: IpAddr, packet: &[u8]) -> Vec<u8> {
        let socket = self.socket(from);
        socket.send(packet).unwrap();
        let mut room = [0; 4096];
        let length = socket.recv(&mut room).unwrap();
        room[..length].to_vec()
    }

    fn ask(&self, from: IpAddr, name: &str, kind: RecordType) -> Message {
        let answer = Message::from_vec(&self.exchange(from, &query(name, kind))).unwrap();
        assert_eq!(answer.metadata.id, 0x1234);
        answer
    }

    fn ask_by_tcp(&self, from: IpAddr, packets: &[Vec<u8>]) -> Vec<Message> {
        let socket =
            socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::new(from, 0).into()).unwrap();
        socket.connect(&self.dns.into()).unwrap();
        let mut stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        for packet in packets {
            stream
                .write_all(&u16::try_from(packet.len()).unwrap().to_be_bytes())
                .unwrap();
            stream.write_all(packet).unwrap();
        }
        packets
            .iter()
            .map(|_| {
                let mut length = [0; 2];
                stream.read_exact(&mut length).unwrap();
                let mut answer = vec![0; u16::from_be_bytes(length).into()];
                stream.read_exact(&mut answer).unwrap();
                Message::from_vec(&answer).unwrap()
            })
            .collect()
    }

    fn resolve(&self, name: &str, from: IpAddr) -> Result<Resolved, ResolveError> {
        let resolve = self.running.as_ref().unwrap().resolve();
        let mut buffer = model::HostBuffer::new();
        let name = model::Host::normalise(name, &mut buffer)
            .unwrap()
            .name()
            .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(resolve.resolve(name, from, ViewId(0)))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.shutdown.trigger();
        self.running.take().unwrap().join();
    }
}

/// A query with an OPT record; the name keeps its case.
fn query(name: &str, kind: RecordType) -> Vec<u8> {
    let mut packet = plain_query(name, kind);
    packet[11] = 1;
    packet.extend(b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00");
    packet
}

fn plain_query(name: &str, kind: RecordType) -> Vec<u8> {
    let mut packet = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.').filter(|label| !label.is_empty()) {
        packet.push(u8::try_from(label.len()).unwrap());
        packet.extend(label.bytes());
    }
    packet.push(0);
    packet.extend(u16::from(kind).to_be_bytes());
    packet.extend([0, 1]);
    packet
}

/// The error that stands last in an answer, as its bytes say.
fn ede(answer: &[u8]) -> Option<(u16, String)> {
    let value = (0..answer.len().checked_sub(4)?).find_map(|at| {
        let head = [answer[at], answer[at + 1]];
        let length = usize::from(u16::from_be_bytes([answer[at + 2], answer[at + 3]]));
        let value = answer.get(at + 4..)?;
        (head == [0, 15] && length == value.len() && length >= 2).then_some(value)
    })?;
    let text = String::from_utf8(value[2..].to_vec()).ok()?;
    Some((u16::from_be_bytes([value[0], value[1]]), text))
}

fn code(answer: &Message) -> ResponseCode {
    answer.metadata.response_code
}

fn shown(records: &[Record]) -> Vec<String> {
    records
        .iter()
        .map(|record| {
            format!(
                "{} {} {} {}",
                record.name,
                record.ttl,
                record.record_type(),
                record.data
            )
        })
        .collect()
}

// OPS-12
#[test]
fn a_closed_name_does_not_exist_and_says_why() {
    let stage = Stage::open();
    let raw = stage.exchange(PUPIL, &query("www.Bets.test", RecordType::A));
    let answer = Message::from_vec(&raw).unwrap();
    assert_eq!(code(&answer), ResponseCode::NXDomain);
    assert_eq!(answer.authorities[0].ttl, 10);
    assert_eq!(ede(&raw), Some((17, "gambling: gambling sites".to_owned())));
    assert!(
        raw.windows(5).any(|bytes| bytes == b"\x04Bets"),
        "the case of the question comes back"
    );
    let raw = stage.exchange(PUPIL, &query("floor.test", RecordType::A));
    assert_eq!(ede(&raw).unwrap().0, 16);
    let raw = stage.exchange(PUPIL, &plain_query("www.bets.test", RecordType::A));
    let answer = Message::from_vec(&raw).unwrap();
    assert!(answer.edns.is_none() && answer.additionals.is_empty());
    assert_eq!(stage.totals().blocked, 3);
    assert_eq!(stage.stub.asked("www.bets.test"), 0);
}

#[test]
fn every_type_of_a_closed_name_is_closed() {
    let stage = Stage::with(|settings| settings.blocked = BlockedShape::Zero);
    let kinds = [
        RecordType::MX,
        RecordType::HTTPS,
        RecordType::SVCB,
        RecordType::TXT,
        RecordType::ANY,
    ];
    for kind in kinds {
        let answer = stage.ask(PUPIL, "bets.test", kind);
        assert_eq!(
            (code(&answer), answer.answers.len()),
            (ResponseCode::NoError, 0),
            "{kind}"
        );
    }
    let answer = stage.ask(PUPIL, "bets.test", RecordType::A);
    assert_eq!(shown(&answer.answers), ["bets.test. 10 A 0.0.0.0"]);
    let answer = stage.ask(PUPIL, "bets.test", RecordType::AAAA);
    assert_eq!(shown(&answer.answers), ["bets.test. 10 AAAA ::"]);
}

#[test]
fn a_name_that_staff_may_unlock_is_remembered_for_two_seconds() {
    let page = [
        "192.0.2.200".parse().unwrap(),
        "2001:db8::200".parse().unwrap(),
    ];
    let stage = Stage::with(|settings| settings.blocked = BlockedShape::Page(page.into()));
    let answer = stage.ask(PUPIL, "blogs.test", RecordType::A);
    assert_eq!(shown(&answer.answers), ["blogs.test. 2 A 192.0.2.200"]);
    let answer = stage.ask(PUPIL, "blogs.test", RecordType::HTTPS);
    assert_eq!((answer.answers.len(), answer.authorities[0].ttl), (0, 2));
    let answer = stage.ask(STAFF, "blogs.test", RecordType::A);
    assert_eq!(shown(&answer.answers), ["blogs.test. 60 A 192.0.2.10"]);
}

#[test]
fn a_client_outside_every_zone_is_refused() {
    let stage = Stage::open();
    let raw = stage.exchange(STRANGER, &query("www.site.test", RecordType::A));
    assert_eq!(
        code(&Message::from_vec(&raw).unwrap()),
        ResponseCode::Refused
    );
    assert_eq!(ede(&raw).unwrap().0, 18);
    assert_eq!(
        code(&stage.ask(STRANGER, "", RecordType::NS)),
        ResponseCode::Refused
    );
    assert_eq!(stage.stub.asked("www.site.test"), 0);
    assert_eq!(stage.totals().refused, 2);
}

#[test]
fn an_open_name_is_answered_then_remembered_with_its_age() {
    let stage = Stage::open();
    let first = stage.ask(PUPIL, "WWW.site.test", RecordType::A);
    assert_eq!(shown(&first.answers), ["WWW.site.test. 60 A 192.0.2.10"]);
    stage.clock.advance(Duration::from_secs(20));
    let second = stage.ask(PUPIL, "www.SITE.test", RecordType::A);
    assert_eq!(shown(&second.answers), ["www.SITE.test. 40 A 192.0.2.10"]);
    stage.clock.advance(Duration::from_secs(50));
    let third = stage.ask(PUPIL, "www.site.test", RecordType::A);
    assert_eq!(third.answers[0].ttl, 60);
    assert_eq!(
        stage.stub.asked("www.site.test"),
        1,
        "the upstream's own 300 seconds still run"
    );
}

// SAF-01, SAF-05, SAF-09, SAF-11
#[test]
fn safe_search_follows_the_client() {
    let stage = Stage::open();
    let pupil = stage.ask(PUPIL, "www.google.co.uk", RecordType::A);
    assert_eq!(
        shown(&pupil.answers),
        [
            "www.google.co.uk. 60 CNAME forcesafesearch.google.com.",
            "forcesafesearch.google.com. 60 A 216.239.38.120",
        ]
    );
    let staff = stage.ask(STAFF, "www.google.co.uk", RecordType::A);
    assert_eq!(shown(&staff.answers), ["www.google.co.uk. 60 A 192.0.2.10"]);
    let targets = [PUPIL, STAFF].map(|from| {
        stage.ask(from, "m.youtube.com", RecordType::A).answers[0]
            .data
            .to_string()
    });
    assert_eq!(
        targets,
        ["restrict.youtube.com.", "restrictmoderate.youtube.com."]
    );
    let yandex = stage.ask(PUPIL, "yandex.ru", RecordType::A);
    assert_eq!(shown(&yandex.answers), ["yandex.ru. 60 A 213.180.193.56"]);
}

// SAF-10
#[test]
fn no_type_leaks_past_safe_search() {
    let stage = Stage::open();
    let kinds = [
        RecordType::AAAA,
        RecordType::HTTPS,
        RecordType::SVCB,
        RecordType::TXT,
        RecordType::CNAME,
    ];
    for kind in kinds {
        let answer = stage.ask(PUPIL, "www.google.com", kind);
        assert_eq!(
            shown(&answer.answers),
            ["www.google.com. 60 CNAME forcesafesearch.google.com."],
            "{kind}"
        );
    }
    assert_eq!(stage.stub.asked("www.google.com"), 0);
}

// CIR-10
#[test]
fn encrypted_hello_leaves_the_answer() {
    let stage = Stage::open();
    for from in [PUPIL, STAFF] {
        let raw = stage.exchange(from, &query("www.site.test", RecordType::HTTPS));
        assert!(!raw.windows(4).any(|bytes| bytes == [0xfe, 0x0d, 1, 2]));
        let answer = Message::from_vec(&raw).unwrap();
        let shown = shown(&answer.answers);
        assert!(
            shown[0].contains("h2") && !shown[0].contains("h3"),
            "{shown:?}"
        );
    }
}

// CIR-07, CIR-08, CIR-09, CIR-28
#[test]
fn canaries_are_denied_in_every_type_whatever_closed_names_get() {
    let stage = Stage::with(|settings| settings.blocked = BlockedShape::Zero);
    let names = [
        "use-application-dns.net",
        "mask.icloud.com",
        "mask-h2.icloud.com",
        "_dns.resolver.arpa",
        "wpad.school.example",
    ];
    for name in names {
        for kind in [
            RecordType::A,
            RecordType::AAAA,
            RecordType::HTTPS,
            RecordType::SVCB,
        ] {
            let answer = stage.ask(PUPIL, name, kind);
            assert_eq!(
                (code(&answer), answer.answers.len()),
                (ResponseCode::NXDomain, 0),
                "{name} {kind}"
            );
        }
        assert_eq!(stage.stub.asked(name), 0);
    }
}

// CIR-22
#[test]
fn a_closed_name_behind_an_alias_closes_the_answer() {
    let stage = Stage::open();
    for _ in 0..2 {
        let raw = stage.exchange(PUPIL, &query("cloak.test", RecordType::A));
        let answer = Message::from_vec(&raw).unwrap();
        assert_eq!(
            (code(&answer), answer.answers.len()),
            (ResponseCode::NXDomain, 0)
        );
        assert_eq!(ede(&raw).unwrap().0, 17);
    }
    assert_eq!(stage.stub.asked("cloak.test"), 1);
}

#[test]
fn an_alias_that_stops_short_is_followed() {
    let stage = Stage::open();
    let answer = stage.ask(PUPIL, "short.test", RecordType::A);
    assert_eq!(
        shown(&answer.answers),
        [
            "short.test. 60 CNAME www.site.test.",
            "www.site.test. 60 A 192.0.2.10"
        ]
    );
}

// CIR-21
#[test]
fn private_addresses_are_for_the_schools_own_names() {
    let stage = Stage::open();
    let raw = stage.exchange(PUPIL, &query("rebind.test", RecordType::A));
    let answer = Message::from_vec(&raw).unwrap();
    assert_eq!(
        (code(&answer), answer.answers.len()),
        (ResponseCode::NoError, 0)
    );
    assert_eq!(ede(&raw).unwrap().0, 15);
    let mixed = stage.ask(PUPIL, "mixed.test", RecordType::A);
    assert_eq!(shown(&mixed.answers), ["mixed.test. 60 A 192.0.2.8"]);
    let own = stage.ask(PUPIL, "intranet.school.example", RecordType::A);
    assert_eq!(
        shown(&own.answers),
        ["intranet.school.example. 60 A 10.0.0.5"]
    );
    assert_eq!(stage.totals().rebinding, 2);
}

// SCH-10
#[test]
fn no_answer_outlives_the_lesson() {
    let stage = Stage::open();
    stage.clock.advance(Duration::from_secs(3600 - 31));
    stage.clock.advance(Duration::from_millis(500));
    let before = stage.ask(PUPIL, "video.test", RecordType::A);
    assert_eq!(shown(&before.answers), ["video.test. 30 A 192.0.2.10"]);
    stage.clock.advance(Duration::from_millis(30_400));
    assert_eq!(
        stage.ask(PUPIL, "video.test", RecordType::A).answers[0].ttl,
        0
    );
    stage.clock.advance(Duration::from_millis(100));
    let after = stage.ask(PUPIL, "video.test", RecordType::A);
    assert_eq!(code(&after), ResponseCode::NXDomain);
    assert_eq!(
        code(&stage.ask(STAFF, "video.test", RecordType::A)),
        ResponseCode::NoError
    );
}

#[test]
fn a_swap_of_lists_closes_what_was_remembered_and_keeps_the_rest() {
    let stage = Stage::open();
    for name in ["www.site.test", "other.test"] {
        assert_eq!(stage.ask(PUPIL, name, RecordType::A).answers.len(), 1);
    }
    stage
        .gate
        .swap_lists(school::artefact(&[("gambling", "site.test")]));
    assert_eq!(
        code(&stage.ask(PUPIL, "www.site.test", RecordType::A)),
        ResponseCode::NXDomain
    );
    assert_eq!(
        stage.ask(PUPIL, "other.test", RecordType::A).answers.len(),
        1
    );
    assert_eq!(stage.stub.asked("other.test"), 1);
}

// CIR-23
#[test]
fn a_name_is_closed_by_the_addresses_that_it_leads_to() {
    let stage = Stage::open();
    let types = [RecordType::A, RecordType::HTTPS];
    for kind in types {
        assert_eq!(stage.ask(PUPIL, "site.test", kind).answers.len(), 1);
    }
    let asked = stage.stub.asked("site.test");
    // What is remembered is judged again, by its addresses and by those that a service hints at.
    let lists = [("gambling", "192.0.2.0/28"), ("blogs", "216.239.38.0/24")];
    let lists = school::artefact(&lists);
    stage.gate.swap_lists(lists);
    for kind in types {
        let answer = stage.ask(PUPIL, "site.test", kind);
        assert_eq!(code(&answer), ResponseCode::NXDomain, "{kind}");
        let answer = stage.ask(PUPIL, "new.test", kind);
        assert_eq!(code(&answer), ResponseCode::NXDomain, "{kind}");
    }
    assert_eq!(stage.stub.asked("site.test"), asked);
    // Not the school's own servers, nor a search engine that is made safe.
    for name in ["intranet.school.example", "www.google.com"] {
        let answer = stage.ask(PUPIL, name, RecordType::A);
        assert_eq!(code(&answer), ResponseCode::NoError, "{name}");
    }
    stage
        .gate
        .swap_lists(school::artefact(&[("gambling", "198.51.100.0/24")]));
    let answer = stage.ask(PUPIL, "site.test", RecordType::A);
    assert_eq!(answer.answers.len(), 1);
}

#[test]
fn a_swap_while_an_upstream_is_asked_decides_by_the_new_lists() {
    let stage = Stage::open();
    stage.stub.set_held(true);
    let socket = stage.socket(PUPIL);
    socket.send(&query("late.test", RecordType::A)).unwrap();
    stage.stub.wait_for("late.test");
    stage
        .gate
        .swap_lists(school::artefact(&[("gambling", "late.test")]));
    stage.stub.set_held(false);
    let mut room = [0; 512];
    let length = socket.recv(&mut room).unwrap();
    let answer = Message::from_vec(&room[..length]).unwrap();
    assert_eq!(
        (code(&answer), answer.answers.len()),
        (ResponseCode::NXDomain, 0)
    );
}

#[test]
fn many_who_ask_the_same_are_one_question_upstream() {
    let stage = Stage::open();
    stage.stub.set_held(true);
    let sockets: Vec<UdpSocket> = (0..40)
        .map(|number| stage.socket(if number % 2 == 0 { PUPIL } else { STAFF }))
        .collect();
    for socket in &sockets {
        socket.send(&query("busy.test", RecordType::A)).unwrap();
    }
    stage.stub.wait_for("busy.test");
    while stage.totals().queries < 40 {
        std::thread::yield_now();
    }
    stage.stub.set_held(false);
    for socket in &sockets {
        let mut room = [0; 512];
        let length = socket.recv(&mut room).unwrap();
        assert_eq!(Message::from_vec(&room[..length]).unwrap().answers.len(), 1);
    }
    assert_eq!(stage.stub.asked("busy.test"), 1);
}

#[test]
fn an_old_answer_serves_while_the_upstream_is_lost() {
    let stage = Stage::open();
    assert_eq!(
        stage
            .ask(PUPIL, "www.site.test", RecordType::A)
            .answers
            .len(),
        1
    );
    stage.clock.advance(Duration::from_secs(400));
    stage.stub.set_down(true);
    let raw = stage.exchange(PUPIL, &query("www.site.test", RecordType::A));
    let answer = Message::from_vec(&raw).unwrap();
    assert_eq!(shown(&answer.answers), ["www.site.test. 30 A 192.0.2.10"]);
    assert_eq!(ede(&raw).unwrap().0, 3);
    let raw = stage.exchange(PUPIL, &query("new.test", RecordType::A));
    assert_eq!(
        code(&Message::from_vec(&raw).unwrap()),
        ResponseCode::ServFail
    );
    assert_eq!(ede(&raw).unwrap().0, 22);
    stage.stub.set_down(false);
    stage.clock.advance(Duration::from_secs(31));
    assert_eq!(
        stage.ask(PUPIL, "www.site.test", RecordType::A).answers[0].ttl,
        60
    );
    assert_eq!(
        code(&stage.ask(PUPIL, "new.test", RecordType::A)),
        ResponseCode::NoError
    );
}

#[test]
fn an_absence_keeps_its_soa() {
    let stage = Stage::open();
    let answer = stage.ask(PUPIL, "absent.test", RecordType::A);
    assert_eq!(code(&answer), ResponseCode::NXDomain);
    assert_eq!(answer.authorities[0].record_type(), RecordType::SOA);
    let answer = stage.ask(PUPIL, "www.site.test", RecordType::AAAA);
    assert_eq!(
        (code(&answer), answer.authorities.len()),
        (ResponseCode::NoError, 1)
    );
}

#[test]
fn tcp_answers_several_questions_of_one_connection() {
    let stage = Stage::open();
    let cut = stage.ask(PUPIL, "big.test", RecordType::TXT);
    assert!(cut.metadata.truncation && cut.answers.is_empty());
    let packets = [
        query("big.test", RecordType::TXT),
        query("bets.test", RecordType::A),
        query("www.google.com", RecordType::A),
    ];
    let mut answers = stage.ask_by_tcp(PUPIL, &packets);
    answers.sort_by_key(|answer| answer.queries[0].name.to_ascii());
    assert_eq!(code(&answers[0]), ResponseCode::NXDomain);
    assert_eq!(
        (answers[1].answers.len(), answers[1].metadata.truncation),
        (20, false)
    );
    assert_eq!(answers[2].answers.len(), 2);
    assert_eq!(
        code(&stage.ask_by_tcp(STRANGER, &packets)[0]),
        ResponseCode::Refused
    );
}

#[test]
fn what_is_no_question_is_answered_as_the_standards_say() {
    let stage = Stage::open();
    let mut two = query("www.site.test", RecordType::A);
    two[5] = 2;
    assert_eq!(stage.exchange(PUPIL, &two)[3] & 15, 1);
    let mut notify = query("www.site.test", RecordType::A);
    notify[2] |= 4 << 3;
    assert_eq!(stage.exchange(PUPIL, &notify)[3] & 15, 4);
    for (kind, rcode) in [(252, 5), (251, 5), (253, 4), (41, 1)] {
        let answer = stage.exchange(PUPIL, &query("www.site.test", RecordType::from(kind)));
        assert_eq!(answer[3] & 15, rcode, "{kind}");
    }
    let socket = stage.socket(PUPIL);
    let mut answer = query("www.site.test", RecordType::A);
    answer[2] |= 0x80;
    socket.send(&answer).unwrap();
    socket.send(&[1, 2, 3]).unwrap();
    socket
        .send(&query("www.site.test", RecordType::ANY))
        .unwrap();
    let mut room = [0; 512];
    let length = socket.recv(&mut room).unwrap();
    let any = Message::from_vec(&room[..length]).unwrap();
    assert!(
        matches!(any.answers[0].data, RData::HINFO(_)),
        "what came first was dropped"
    );
}

#[test]
fn local_records_and_forwards_come_before_upstreams() {
    let other = Stub::start();
    let server = other.address.to_string();
    let stage = Stage::with(|settings| {
        settings.forwards = vec![Forward {
            zone: "school.local".to_owned(),
            servers: vec![server],
        }];
        settings.records = vec![
            LocalRecord {
                name: "why.school.example".to_owned(),
                a: vec!["10.0.0.1".parse().unwrap()],
                ..LocalRecord::default()
            },
            LocalRecord {
                name: "wpad.school.example".to_owned(),
                cname: Some("why.school.example".to_owned()),
                ..LocalRecord::default()
            },
            LocalRecord {
                name: "open.example".to_owned(),
                cname: Some("www.bets.test".to_owned()),
                ..LocalRecord::default()
            },
        ];
    });
    let own = stage.ask(PUPIL, "why.school.example", RecordType::A);
    assert_eq!(shown(&own.answers), ["why.school.example. 60 A 10.0.0.1"]);
    let alias = stage.ask(PUPIL, "wpad.school.example", RecordType::A);
    assert_eq!(alias.answers.len(), 2);
    assert_eq!(
        code(&stage.ask(PUPIL, "open.example", RecordType::A)),
        ResponseCode::NXDomain
    );
    assert_eq!(
        stage
            .ask(PUPIL, "dc.school.local", RecordType::A)
            .answers
            .len(),
        1
    );
    assert_eq!(
        (
            other.asked("dc.school.local"),
            stage.stub.asked("dc.school.local")
        ),
        (1, 0)
    );
    assert_eq!(
        code(&stage.ask(PUPIL, "printer.local", RecordType::A)),
        ResponseCode::NXDomain
    );
    assert_eq!(stage.stub.asked("printer.local"), 0);
}

#[test]
fn a_client_that_floods_is_let_down_alone() {
    let stage = Stage::with(|settings| {
        settings.client_rate = 5;
        settings.workers = 1;
    });
    let socket = stage.socket(PUPIL);
    for _ in 0..50 {
        socket.send(&query("bets.test", RecordType::A)).unwrap();
    }
    while stage.totals().queries < 50 {
        std::thread::yield_now();
    }
    assert_eq!((stage.totals().blocked, stage.totals().limited), (10, 40));
    assert_eq!(
        code(&stage.ask(STAFF, "bets.test", RecordType::A)),
        ResponseCode::NXDomain
    );
}

#[test]
fn the_proxy_gets_the_addresses_of_its_clients_view() {
    let stage = Stage::open();
    let found = stage.resolve("www.google.com", PUPIL).unwrap();
    assert_eq!(
        found.addresses,
        ["216.239.38.120".parse::<IpAddr>().unwrap()]
    );
    assert!(found.valid_until > NOON.parse().unwrap());
    let name = |text: &str| text.to_owned();
    assert_eq!(
        stage.resolve("rebind.test", PUPIL),
        Err(ResolveError::Private {
            name: name("rebind.test")
        })
    );
    assert_eq!(
        stage.resolve("cloak.test", PUPIL),
        Err(ResolveError::Refused {
            name: name("cloak.test")
        })
    );
    assert_eq!(
        stage.resolve("absent.test", PUPIL),
        Err(ResolveError::Absent {
            name: name("absent.test")
        })
    );
    stage.stub.set_down(true);
    assert_eq!(
        stage.resolve("lost.test", PUPIL),
        Err(ResolveError::Upstream {
            name: name("lost.test")
        })
    );
}
