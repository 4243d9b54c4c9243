//! What it costs to look for something in ten million rows: ten days of a million, as they are
//! written, sealed, and closed to a key. It prints one line for each figure.
//!
//! It takes some minutes and 3 GB, so it runs only when asked: `cargo bench -p audit --bench search
//! -- --ten-million`. With another word it does a hundredth of that, to see that it works.

#![allow(
    clippy::unwrap_used,
    reason = "a bench that cannot set itself up has nothing to say"
)]

use audit::{
    DecisionRow, EnvelopeKey, Identity, Journal, Known, Search, Unknown, each_row, seal_days,
    search, search_with,
};
use model::{Action, Certainty, Door, ManualClock, Moment, PolicyVersion, Rung};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const DAYS: usize = 10;

fn row(number: usize, at: Moment) -> DecisionRow {
    // Few hosts are asked for often, many seldom.
    let host = match number % 4 {
        0 => number % 50,
        1 => number % 2_000,
        _ => number.wrapping_mul(2_654_435_761) % 60_000,
    };
    let client = std::net::Ipv4Addr::from(0x0a14_0000 + (number % 600) as u32);
    let user = match number % 3 {
        0 => Known::Unknown(Unknown::NoSource),
        _ => Known::Named(format!("pupil.{}", number % 599).into()),
    };
    DecisionRow {
        first: at,
        last: at,
        count: 1,
        client: client.into(),
        device: Known::Named(format!("ipad-{}", number % 600).into()),
        user,
        certainty: Certainty::Device,
        zone: "ks2-rooms".into(),
        group: "ks2".into(),
        door: Door::Dns,
        method: None,
        host: format!("cdn{host}.static.example{}.test", host / 7).into(),
        path: None,
        kind: Some("AAAA".into()),
        categories: ["education".into(), "reference".into()].into(),
        action: Action::Allow,
        rung: Rung::Category,
        rule: None,
        list: Some("starter".into()),
        list_version: Some("0123456789abcdef".into()),
        policy_version: PolicyVersion(0x5c00_0001),
        bytes: 120,
        duration_ms: 3,
        reference: None,
        alert: false,
        background: false,
        flood: false,
    }
}

fn fill(folder: &Path, monday: Moment, a_day: usize) {
    let clock = Arc::new(ManualClock::new(monday));
    let mut journal = Journal::open(folder, clock.clone()).unwrap();
    for day in 0..DAYS {
        for part in 0..100 {
            let rows: Vec<_> = (0..a_day / 100)
                .map(|number| {
                    let number = part * (a_day / 100) + number;
                    let at = clock_of(monday, day, number, a_day);
                    row(number + day * a_day, at)
                })
                .collect();
            journal.write(&rows).unwrap();
        }
        clock.advance(Duration::from_secs(86_400));
    }
}

fn clock_of(monday: Moment, day: usize, number: usize, a_day: usize) -> Moment {
    let seconds = day as u64 * 86_400 + number as u64 * 21_600 / a_day as u64;
    monday.after(Duration::from_secs(seconds))
}

fn size(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap();
    files
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum()
}

fn timed<T>(what: &str, act: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = act();
    println!("{what}: {:.3} s", start.elapsed().as_secs_f64());
    result
}

fn searches(state: &str, folder: &Path, key: Option<&EnvelopeKey>) {
    let asked = |host: Option<&str>, user: Option<&str>, limit| Search {
        host: host.map(Into::into),
        user: user.map(Into::into),
        limit: Some(limit),
        ..Search::default()
    };
    let kinds = [
        ("the newest hundred", asked(None, None, 100)),
        (
            "a seldom host, all",
            asked(Some("cdn59999.static.example8571.test"), None, 10_000),
        ),
        (
            "a host that is not there",
            asked(Some("nowhere.test"), None, 100),
        ),
        ("a person, all", asked(None, Some("pupil.77"), 10_000)),
    ];
    for (name, asked) in kinds {
        let found = timed(&format!("{state}, {name}"), || {
            search_with(folder, black_box(&asked), key).unwrap().len()
        });
        println!("    {found} rows");
    }
}

fn main() {
    let whole = std::env::args().any(|word| word == "--ten-million");
    // `cargo test` and a plain `cargo bench` see only that it works.
    let a_day = if whole { 1_000_000 } else { 1_000 };
    let monday: Moment = "2026-11-02T09:00:00Z".parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let rows = a_day * DAYS;
    let start = Instant::now();
    fill(folder.path(), monday, a_day);
    let took = start.elapsed().as_secs_f64();
    println!("{rows} rows written: {:.0} a second", rows as f64 / took);
    println!("{} bytes a row", size(folder.path()) / rows as u64);
    searches("as written", folder.path(), None);
    timed("all rows handed over", || {
        let mut count = 0;
        each_row(folder.path(), &Search::default(), None, |_| {
            count += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(count, rows);
    });
    let later = monday.after(Duration::from_secs(86_400 * 20));
    timed("sealed", || {
        seal_days(folder.path(), None, later, &[], |_| {}).unwrap()
    });
    println!("{} bytes a row", size(folder.path()) / rows as u64);
    searches("sealed", folder.path(), None);
    let key = Identity::generate();
    let recipient = key.recipient();
    timed("closed", || {
        seal_days(folder.path(), Some(&recipient), later, &[], |_| {}).unwrap();
    });
    assert!(search(folder.path(), &Search::default()).is_err());
    searches("closed", folder.path(), Some(&EnvelopeKey::Identity(key)));
}
