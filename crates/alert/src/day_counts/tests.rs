use super::*;
use crate::stand_in::{blocked, monday, school};
use crate::weekly_report::{last_week, weekly};
use audit::{DecisionRow, Identity, Journal, seal_days};
use model::{Action, ManualClock};
use tempfile::TempDir;

fn row(number: u64, first: Moment) -> DecisionRow {
    let group = ["ks2", "ks3"][(number % 2) as usize];
    let host = format!("site{}.test", number % 70);
    DecisionRow {
        first,
        // Each lasts into the next, so every border of a day lies within some row.
        last: first.after(Duration::from_secs(60)),
        count: 1,
        action: [Action::Allow, Action::Block][(number % 3 / 2) as usize],
        alert: number.is_multiple_of(50),
        background: number.is_multiple_of(7),
        ..blocked(group, &format!("p.upil{}", number % 30), &host)
    }
}

/// A week of twelve thousand decisions, more than one search gives.
fn week() -> (TempDir, Vec<DecisionRow>, (Moment, Moment)) {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(monday()));
    let mut journal = Journal::open(folder.path(), clock).unwrap();
    let span = last_week(&school(), monday());
    let rows: Vec<_> = (0..12_000)
        .map(|number| row(number, span.0.after(Duration::from_secs(number * 50))))
        .collect();
    journal.write(&rows).unwrap();
    (folder, rows, span)
}

fn of(counts: &DayCounts, span: (Moment, Moment)) -> Report {
    let changes = ChangeCounts::default();
    let made = counts.report(&school(), span, monday(), &[], changes);
    made.unwrap()
}

#[test]
fn a_week_of_any_size_is_counted_once_and_whole() {
    let (folder, rows, span) = week();
    let counts = DayCounts::new(folder.path().to_owned());
    let same = weekly(
        &school(),
        span,
        rows.into_iter(),
        &[],
        ChangeCounts::default(),
    );
    assert_eq!(same.requests, 12_000);
    assert_eq!(of(&counts, span), same);
    assert_eq!(of(&counts, span), same, "from memory");
    let half = (span.0, span.0.after(Duration::from_secs(300_000)));
    assert_eq!(of(&counts, half).requests, 6_000, "another span");
}

#[test]
fn a_day_that_changed_is_counted_again() {
    let (folder, _, span) = week();
    let counts = DayCounts::new(folder.path().to_owned());
    let before = of(&counts, span).requests;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.to_str().unwrap().contains("2026-11-19.") {
            std::fs::remove_file(path).unwrap();
        }
    }
    // As an erasure is seen even of a day that was counted just now, ten minutes later.
    let later = monday().after(FRESH);
    let report = counts.report(&school(), span, later, &[], ChangeCounts::default());
    assert_eq!(report.unwrap().requests, before - 86_400 / 50);
}

// LOG-10, REP-02
#[test]
fn a_day_that_was_closed_since_stays_counted_and_else_is_named() {
    let (folder, _, span) = week();
    let counts = DayCounts::new(folder.path().to_owned());
    let before = of(&counts, span);
    let key = Identity::generate();
    let mut closed = Vec::new();
    let recipient = key.recipient();
    seal_days(folder.path(), Some(&recipient), monday(), &[], |day| {
        let (day, _) = day.file.split_once('.').unwrap();
        closed.push(day.to_owned());
    })
    .unwrap();
    assert!(!closed.is_empty());
    let later = monday().after(FRESH);
    let report = counts.report(&school(), span, later, &[], ChangeCounts::default());
    assert_eq!(report.unwrap(), before, "what was counted is still known");

    let afresh = of(&DayCounts::new(folder.path().to_owned()), span);
    closed.sort();
    closed.dedup();
    assert_eq!(afresh.closed, closed);
    assert!(afresh.requests < before.requests);
    let words = afresh.not_counted().unwrap();
    assert!(
        words.starts_with(&format!("Not counted: {}", closed[0])),
        "{words}"
    );
    assert!(afresh.text().contains(&words));
}
