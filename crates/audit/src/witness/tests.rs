use super::*;
use crate::disk::fault_disk::FaultDisk;
use crate::entry::Actor;
use crate::stand_in::{CountingChance, ORIGIN, clock, entry, open};
use std::sync::Arc;

fn ledger(entries: u64) -> Ledger {
    let ledger = open(&Arc::new(FaultDisk::default()), &clock())
        .unwrap()
        .ledger;
    for number in 1..entries {
        ledger.append(entry(number)).unwrap();
    }
    ledger
}

fn witness(heads: &[Checkpoint]) -> Witness {
    // As they stand in a mail program: quoted lines trimmed, empty ones between.
    let text: Vec<_> = heads.iter().map(ToString::to_string).collect();
    Witness::parse(&text.join("\r\n\n")).unwrap()
}

#[test]
fn without_heads_a_ledger_is_unwitnessed() {
    let state = ledger(3).compare(&Witness::default()).unwrap();
    assert_eq!(state, WitnessState::Unwitnessed);
}

// CHG-11
#[test]
fn a_ledger_agrees_with_heads_that_it_grew_out_of() {
    let ledger = ledger(3);
    let first = ledger.head();
    ledger.append(entry(4)).unwrap();
    ledger.rotate_key(Actor::Gateway, "yearly").unwrap();
    ledger.append(entry(5)).unwrap();
    let heads = [first.clone(), ledger.head()];
    let state = ledger.compare(&witness(&heads)).unwrap();
    let witnessed = 6;
    assert_eq!(
        state,
        WitnessState::Agrees {
            witnessed,
            since: 0
        }
    );
    let state = ledger.compare(&witness(&heads[..1])).unwrap();
    assert_eq!(
        state,
        WitnessState::Agrees {
            witnessed: 3,
            since: 3
        }
    );
}

// Ways around: restoring yesterday's state folder.
#[test]
fn yesterdays_folder_brought_back_is_told_by_a_head_from_today() {
    let (folder, yesterday) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let start = |folder: &Path| {
        let chance = Arc::new(CountingChance::default());
        Ledger::open(folder, ORIGIN, clock(), chance)
            .unwrap()
            .ledger
    };
    let today = start(folder.path());
    today.append(entry(1)).unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), yesterday.path().join(file.file_name())).unwrap();
    }
    let restored = start(yesterday.path());
    today.append(entry(2)).unwrap();
    let kept = witness(&[today.head()]);
    let state = restored.compare(&kept).unwrap();
    let (witnessed, entries) = (3, 2);
    assert_eq!(state, WitnessState::Ahead { witnessed, entries });
    // Once it has grown past the head it is another history.
    restored.append(entry(7)).unwrap();
    restored.append(entry(8)).unwrap();
    let state = restored.compare(&kept).unwrap();
    assert_eq!(state, WitnessState::Rewritten { witnessed });
}

#[test]
fn a_head_of_a_key_that_is_not_known_is_told() {
    let (one, other) = (ledger(3), ledger(5));
    other.rotate_key(Actor::Gateway, "yearly").unwrap();
    other.append(entry(9)).unwrap();
    let state = one.compare(&witness(&[other.head()])).unwrap();
    assert_eq!(state, WitnessState::Foreign { witnessed: 7 });
}

#[test]
fn the_kept_head_is_renewed_and_never_replaced_by_one_that_does_not_agree() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("head");
    let longer = ledger(6);
    assert_eq!(
        longer.keep_head(&path).unwrap(),
        WitnessState::Agrees {
            witnessed: 6,
            since: 0
        }
    );
    longer.append(entry(6)).unwrap();
    longer.keep_head(&path).unwrap();
    let kept = std::fs::read(&path).unwrap();
    assert_eq!(Witness::read(&path).unwrap().newest().unwrap().size(), 7);
    let state = ledger(4).keep_head(&path).unwrap();
    let (witnessed, entries) = (7, 4);
    assert_eq!(state, WitnessState::Ahead { witnessed, entries });
    assert_eq!(std::fs::read(&path).unwrap(), kept);
}

#[test]
fn a_file_that_holds_something_else_is_no_witness() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("head");
    for bytes in [&b"hello"[..], b"\xff\xfe", b"a\nb\nc\nd\ne\nf"] {
        std::fs::write(&path, bytes).unwrap();
        let error = Witness::read(&path).unwrap_err();
        assert!(matches!(error, ReadWitnessError::Parse { .. }), "{error}");
        assert!(ledger(2).keep_head(&path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }
}
