//! The way of a query through the gate: identify, label, decide, record; and `explain`.
#![allow(
    missing_docs,
    reason = "criterion makes public functions without a word on them"
)]
#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

use audit::{Journal, JournalWriter};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use gate::{Facts, Gate, PathDetail, Question, Recorder};
use model::{Host, HostBuffer, ManualClock, Moment, SystemChance, Target};
use schoolgate_tests::School;
use std::hint::black_box;
use std::net::IpAddr;
use std::sync::Arc;

const HOSTS: [&str; 8] = [
    "www.bbc.co.uk",
    "pornhub.com",
    "cdn.on.no.list.example",
    "www.theguardian.com",
    "login.microsoftonline.com",
    "fonts.gstatic.com",
    "www.tiktok.com",
    "ichef.bbci.co.uk",
];

fn lesson() -> Moment {
    "2026-11-23T10:15:00Z".parse().unwrap()
}

fn gate(folder: &tempfile::TempDir) -> Arc<Gate> {
    let clock = Arc::new(ManualClock::new(lesson()));
    let journal = Journal::open(folder.path(), Arc::<ManualClock>::clone(&clock)).unwrap();
    let writer = JournalWriter::start(journal, Arc::<ManualClock>::clone(&clock)).unwrap();
    let recorder = Recorder::start(writer, PathDetail::default(), None).unwrap();
    Gate::new(
        School::example().state(),
        clock,
        Arc::new(SystemChance),
        recorder,
    )
}

fn decision(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let gate = gate(&folder);
    let mut session = gate.session();
    let source: IpAddr = "10.20.0.20".parse().unwrap();
    let mut group = criterion.benchmark_group("decision");
    group.throughput(Throughput::Elements(HOSTS.len() as u64));

    group.bench_function("judge", |bench| {
        bench.iter(|| {
            for host in HOSTS {
                let mut room = HostBuffer::new();
                let target = Target::of_host(Host::normalise(host, &mut room).unwrap());
                let client = session.client(black_box(source));
                black_box(session.judge(&client, &target));
            }
        });
    });
    group.bench_function("judge_and_record", |bench| {
        bench.iter(|| {
            for host in HOSTS {
                let mut room = HostBuffer::new();
                let target = Target::of_host(Host::normalise(host, &mut room).unwrap());
                let client = session.client(black_box(source));
                let judgement = session.judge(&client, &target);
                // As DNS does: what the journal cannot take is counted, never waited for.
                if session
                    .record(&client, &target, &judgement, Facts::dns(1))
                    .is_err()
                {
                    session.lose();
                }
            }
        });
    });
    group.finish();
    drop(session);
    println!(
        "decisions lost to a journal that was behind: {}",
        gate.counters().lost()
    );
}

fn explain(criterion: &mut Criterion) {
    let mut explainer = School::example().explainer();
    let client: IpAddr = "10.20.0.20".parse().unwrap();
    let mut group = criterion.benchmark_group("decision");
    group.throughput(Throughput::Elements(HOSTS.len() as u64));
    group.bench_function("explain", |bench| {
        bench.iter_batched(
            || HOSTS,
            |hosts| {
                for target in hosts {
                    let question = Question {
                        client,
                        user: None,
                        group: None,
                        at: lesson(),
                        target,
                        addresses: &[],
                    };
                    black_box(explainer.explain(&question, false).unwrap());
                }
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, decision, explain);
criterion_main!(benches);
