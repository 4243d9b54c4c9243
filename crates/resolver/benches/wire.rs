//! The wire path without sockets: question in, answer out, decision recorded.
#![allow(
    clippy::unwrap_used,
    reason = "a fault of the stage is a fault of the bench"
)]
#![allow(missing_docs, reason = "criterion's macros make public items")]

#[allow(dead_code, reason = "shared with the tests of the doors")]
#[path = "../tests/stage/school.rs"]
mod school;
#[path = "../tests/stage/wire.rs"]
mod wire;

use criterion::{Criterion, criterion_group, criterion_main};
use model::{Clock, SystemClock};
use resolver::probe::{Probe, parse_question};
use resolver::{Protocol, Settings, Upstream};
use std::hint::black_box;
use std::sync::Arc;

fn probe(labelled: &[(&str, &str)]) -> Probe {
    let gate = school::gate(Arc::new(SystemClock::default()) as Arc<dyn Clock>, labelled);
    let settings = Settings {
        upstreams: vec![Upstream {
            protocol: Protocol::Udp,
            address: "192.0.2.53".to_owned(),
            name: None,
            path: None,
        }],
        client_rate: 0,
        ..Settings::default()
    };
    Probe::new(&gate, &settings).expect("these settings hold together")
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wire");
    let names: Vec<String> = (0..10_000)
        .map(|number| format!("host{number}.site{}.test", number / 7))
        .collect();
    let closed: Vec<(&str, &str)> = names
        .iter()
        .map(|name| ("gambling", name.as_str()))
        .collect();
    let packets: Vec<Vec<u8>> = names.iter().map(|name| wire::question(name)).collect();

    group.bench_function("parse", |bencher| {
        let mut next = packets.iter().cycle();
        bencher.iter(|| parse_question(black_box(next.next().expect("a cycle has no end"))));
    });

    let mut blocked = probe(&closed);
    group.bench_function("blocked, 10,000 names", |bencher| {
        let mut next = packets.iter().cycle();
        bencher.iter(|| {
            let packet = next.next().expect("a cycle has no end");
            black_box(blocked.answer(packet, school::STAFF)).len()
        });
    });

    let mut cached = probe(&[]);
    for packet in &packets {
        // Staff are filtered too, so an answer lives 60 seconds: longer than the bench of it.
        let _ = cached.answer(packet, school::STAFF);
        cached
            .teach(packet, school::STAFF, &wire::answer(packet))
            .expect("an answer");
    }
    group.bench_function("cached, 10,000 names", |bencher| {
        let mut next = packets.iter().cycle();
        bencher.iter(|| {
            let packet = next.next().expect("a cycle has no end");
            black_box(cached.answer(packet, school::STAFF)).len()
        });
    });
    group.bench_function("cached, one name", |bencher| {
        bencher.iter(|| black_box(cached.answer(&packets[0], school::STAFF)).len());
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
