use super::*;
use crate::day_file::FileKey;
use crate::decision_row::DecisionRow;
use crate::journal::Journal;
use crate::search::{Search, search};
use crate::stand_in::{clock, monday, refused, row};
use model::Clock as _;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

fn settings() -> Settings {
    Settings {
        browse_days: 3,
        block_days: 10,
        alert_days: 20,
        ..Settings::default()
    }
}

// LOG-03: rows gone, deletion record remains.
#[test]
fn each_class_is_deleted_when_its_time_is_over_and_leaves_a_proof() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let mut journal = Journal::open(folder.path(), clock.clone()).unwrap();
    let alert = DecisionRow {
        alert: true,
        ..refused("c.test", monday())
    };
    let rows = [row("a.test", monday()), refused("b.test", monday()), alert];
    journal.write(&rows).unwrap();
    let mut left = Vec::new();
    for day in 1..=25 {
        clock.advance(DAY);
        let expiry = Expiry::find(folder.path(), &settings(), clock.now(), &[]).unwrap();
        let proofs = expiry.proofs().to_vec();
        assert_eq!(expiry.delete().unwrap(), proofs);
        let count = search(folder.path(), &Search::default()).unwrap().len();
        for proof in proofs {
            assert_eq!(proof.digest.to_string().len(), 64);
            left.push(format!(
                "day {day}: {} after {} days, {count} rows left",
                proof.file, proof.kept_days
            ));
        }
    }
    insta::assert_snapshot!(left.join("\n"), @"
    day 4: 2026-11-23.browse.sqlite after 3 days, 2 rows left
    day 11: 2026-11-23.block.sqlite after 10 days, 1 rows left
    day 21: 2026-11-23.alert.sqlite after 20 days, 0 rows left
    ");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_crash_before_the_deletion_finds_the_same_files_again() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let mut journal = Journal::open(folder.path(), clock.clone()).unwrap();
    journal.write(&[row("a.test", monday())]).unwrap();
    drop(journal);
    let later = monday().after(DAY * 9);
    let first = Expiry::find(folder.path(), &settings(), later, &[]).unwrap();
    let again = Expiry::find(folder.path(), &settings(), later, &[]).unwrap();
    assert_eq!((first.proofs(), first.proofs().len()), (again.proofs(), 1));
}

#[test]
fn today_and_yesterday_are_never_deleted_whatever_the_settings_say() {
    let nothing = Settings {
        browse_days: 0,
        ..Settings::default()
    };
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let mut journal = Journal::open(folder.path(), clock.clone()).unwrap();
    journal.write(&[row("a.test", monday())]).unwrap();
    let expiry = Expiry::find(folder.path(), &nothing, monday().after(DAY), &[]).unwrap();
    assert_eq!(expiry.proofs(), []);
}

#[test]
fn other_files_of_the_folder_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "notes.txt",
        "1999-01-01.sqlite",
        "1999-01-01.browse.sqlite.old",
    ] {
        assert_eq!(FileKey::parse(name), None);
        std::fs::write(folder.path().join(name), b"x").unwrap();
    }
    let expiry = Expiry::find(folder.path(), &settings(), monday(), &[]).unwrap();
    assert_eq!(expiry.proofs(), []);
}

// LOG-05: what a hold still has to copy is not deleted under its hands.
#[test]
fn a_day_that_somebody_still_copies_from_is_spared() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let mut journal = Journal::open(folder.path(), clock).unwrap();
    journal.write(&[row("a.test", monday())]).unwrap();
    drop(journal);
    let late = monday().after(30 * DAY);
    let spared = [crate::Cases::span(monday())];
    let expiry = Expiry::find(folder.path(), &settings(), late, &spared).unwrap();
    assert_eq!(expiry.proofs(), []);
    let expiry = Expiry::find(folder.path(), &settings(), late, &[]).unwrap();
    assert_eq!(expiry.proofs().len(), 1);
}
