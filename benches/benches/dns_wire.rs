//! A DNS question from wire to wire on the example school, the journal's ring included.
#![allow(
    missing_docs,
    reason = "criterion makes public functions without a word on them"
)]
#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gate::{Gate, Recorder};
use model::{ManualClock, SystemChance};
use resolver::probe::Probe;
use resolver::{Protocol, Settings, Upstream};
use schoolgate_tests::School;
use std::hint::black_box;
use std::net::IpAddr;
use std::sync::Arc;

fn question(name: &str) -> Vec<u8> {
    let mut packet = vec![0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1];
    for label in name.split('.') {
        packet.push(u8::try_from(label.len()).unwrap());
        packet.extend_from_slice(label.as_bytes());
    }
    packet.extend_from_slice(&[0, 0, 1, 0, 1, 0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);
    packet
}

/// What an upstream would say: one address, five minutes.
fn answer(question: &[u8]) -> Vec<u8> {
    let mut packet = question[..question.len() - 11].to_vec();
    packet[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
    packet.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 203, 0, 113, 7]);
    packet
}

fn wire(criterion: &mut Criterion) {
    let clock = Arc::new(ManualClock::new("2026-11-23T10:15:00Z".parse().unwrap()));
    let state = School::example().state();
    let gate = Gate::new(state, clock, Arc::new(SystemChance), Recorder::discarding());
    let settings = Settings {
        client_rate: 0,
        upstreams: vec![Upstream {
            protocol: Protocol::Udp,
            address: "127.0.0.1:9".to_owned(),
            name: None,
            path: None,
        }],
        ..Settings::default()
    };
    let mut probe = Probe::new(&gate, &settings).unwrap();
    let source: IpAddr = "10.20.0.20".parse().unwrap();
    let cached = question("www.bbc.co.uk");
    probe
        .teach(&cached, source, &answer(&cached))
        .expect("the answer is kept");

    let mut group = criterion.benchmark_group("dns_wire");
    group.throughput(Throughput::Elements(1));
    for (name, packet) in [("blocked", question("pornhub.com")), ("cached", cached)] {
        assert!(
            !probe.answer(&packet, source).is_empty(),
            "{name}: no answer"
        );
        group.bench_function(name, |bench| {
            bench.iter(|| black_box(probe.answer(black_box(&packet), source).len()));
        });
    }
    group.finish();
}

criterion_group!(benches, wire);
criterion_main!(benches);
