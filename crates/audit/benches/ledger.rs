//! What an entry of the ledger costs, and what a start and a verification cost.
//!
//! The folder lies where `tempfile` puts it, or in memory for the second figure of `append`; say
//! which disk it was when you quote one.

#![allow(
    clippy::unwrap_used,
    reason = "a bench that cannot set itself up has nothing to say"
)]

use audit::{Actor, Entry, EntryKind, Ledger, Transcript, verify};
use criterion::{Criterion, criterion_group, criterion_main};
use model::{SystemChance, SystemClock};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn open(folder: &Path) -> Ledger {
    let (clock, chance) = (Arc::new(SystemClock::default()), Arc::new(SystemChance));
    Ledger::open(folder, "ledger.school.test", clock, chance)
        .map(|opened| opened.ledger)
        .unwrap()
}

fn entry() -> Entry {
    Entry {
        kind: EntryKind::PolicyActivated,
        actor: Actor::Gateway,
        policy_version: None,
        payload: serde_json::json!({
            "bundle": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "by": "A. Technician",
            "reason": "the list of games was brought up to date",
        }),
    }
}

fn ledger(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ledger");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(4));
    let memory = Path::new("/dev/shm");
    let folders = [
        ("disk", tempfile::tempdir().ok()),
        ("memory", tempfile::tempdir_in(memory).ok()),
    ];
    for (name, folder) in &folders {
        let Some(folder) = folder else { continue };
        let ledger = open(folder.path());
        group.bench_function(format!("append/{name}"), |bencher| {
            bencher.iter(|| ledger.append(black_box(entry())).unwrap());
        });
    }
    if let Ok(folder) = tempfile::tempdir_in(memory) {
        let ledger = open(folder.path());
        for _ in 1..10_000 {
            ledger.append(entry()).unwrap();
        }
        let (read, key) = (ledger.transcript().unwrap(), ledger.public_key());
        drop(ledger);
        group.bench_function("open/10000 entries", |bencher| {
            bencher.iter(|| open(folder.path()))
        });
        group.bench_function("verify/10000 entries", |bencher| {
            bencher.iter(|| verify(black_box(&read), &key, None).unwrap());
        });
        group.bench_function("read/10000 entries", |bencher| {
            bencher.iter(|| Transcript::read(folder.path()).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, ledger);
criterion_main!(benches);
