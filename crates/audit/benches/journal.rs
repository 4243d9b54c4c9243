//! What a decision costs on its way into the journal. The budget is 20 µs: 50,000 a second.

#![allow(
    clippy::unwrap_used,
    reason = "a bench that cannot set itself up has nothing to say"
)]

use audit::{DecisionRow, Folder, Journal, JournalWriter, Known, Search, Unknown};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use model::{Action, Certainty, Door, ManualClock, Moment, PolicyVersion, Rung};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const ROWS: usize = 50_000;

/// Decisions of a minute: `hosts` names, asked for by 600 clients of one school.
fn rows(hosts: usize, at: Moment) -> Vec<DecisionRow> {
    let categories: Arc<[Arc<str>]> = ["education".into(), "reference".into()].into();
    let shared: Vec<Arc<str>> = ["ks2-rooms", "ks2", "AAAA", "starter", "0123456789abcdef"]
        .map(Arc::from)
        .to_vec();
    (0..ROWS)
        .map(|number| {
            let which = number % hosts;
            let client = std::net::Ipv4Addr::from(0x0a14_0000 + (which % 600) as u32);
            DecisionRow {
                first: at,
                last: at,
                count: 1,
                client: client.into(),
                device: Known::Named(format!("ipad-{}", which % 600).into()),
                user: Known::Unknown(Unknown::NoSource),
                certainty: Certainty::Device,
                zone: shared[0].clone(),
                group: shared[1].clone(),
                door: Door::Dns,
                method: None,
                host: format!("cdn{which}.static.example{}.test", which / 7).into(),
                path: None,
                kind: Some(shared[2].clone()),
                categories: categories.clone(),
                action: if which.is_multiple_of(9) {
                    Action::Block
                } else {
                    Action::Allow
                },
                rung: Rung::Category,
                rule: None,
                list: Some(shared[3].clone()),
                list_version: Some(shared[4].clone()),
                policy_version: PolicyVersion(0x5c00_0001),
                bytes: 120,
                duration_ms: 3,
                reference: None,
                alert: false,
                background: false,
                flood: false,
            }
        })
        .collect()
}

fn journal(criterion: &mut Criterion) {
    let at: Moment = "2026-11-23T10:15:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::new(at));
    let mut group = criterion.benchmark_group("journal");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5))
        .throughput(Throughput::Elements(ROWS as u64));
    for (name, hosts) in [("one in ten distinct", ROWS / 10), ("all distinct", ROWS)] {
        let made = rows(hosts, at);
        group.bench_function(format!("fold/{name}"), |bencher| {
            bencher.iter_batched(
                || made.clone(),
                |rows| {
                    let mut folder = Folder::default();
                    rows.into_iter().for_each(|row| folder.add(row).unwrap());
                    black_box(folder.len())
                },
                BatchSize::PerIteration,
            );
        });
        for (disk, folder) in [
            ("disk", tempfile::tempdir()),
            ("memory", tempfile::tempdir_in(Path::new("/dev/shm"))),
        ] {
            let Ok(folder) = folder else { continue };
            group.bench_function(format!("fold and write/{name}/{disk}"), |bencher| {
                bencher.iter_batched(
                    || {
                        let journal = Journal::open(folder.path(), clock.clone()).unwrap();
                        (
                            JournalWriter::start(journal, clock.clone()).unwrap(),
                            made.clone(),
                        )
                    },
                    |(writer, rows)| {
                        for batch in rows.chunks(500) {
                            writer
                                .submit_blocking(batch.to_vec(), Duration::from_secs(60))
                                .unwrap();
                        }
                        assert_eq!(writer.close().lost, 0);
                    },
                    BatchSize::PerIteration,
                );
            });
        }
    }
    if let Ok(folder) = tempfile::tempdir_in(Path::new("/dev/shm")) {
        let mut journal = Journal::open(folder.path(), clock.clone()).unwrap();
        for _ in 0..20 {
            journal.write(&rows(ROWS, at)).unwrap();
        }
        let asked = Search {
            host: Some("example77.test".into()),
            limit: Some(100),
            ..Search::default()
        };
        group.throughput(Throughput::Elements(20 * ROWS as u64));
        group.bench_function("search by host in a million rows", |bencher| {
            bencher.iter(|| journal.search(black_box(&asked)).unwrap());
        });
        group.throughput(Throughput::Elements(ROWS as u64));
        group.bench_function("write plain/memory", |bencher| {
            let made = rows(ROWS, at);
            bencher.iter(|| journal.write(black_box(&made)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, journal);
criterion_main!(benches);
