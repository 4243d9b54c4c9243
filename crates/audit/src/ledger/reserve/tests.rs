use super::*;
use crate::disk::fault_disk::FaultDisk;
use crate::entry::{Entry, EntryIndex, EntryKind};
use crate::stand_in::{clock, entry, open};
use crate::verify::verify;
use std::sync::Arc;

const RESERVED: u64 = 1 << 20;

fn ended(number: u64) -> Entry {
    Entry {
        kind: EntryKind::OverlayEnded,
        ..entry(number)
    }
}

/// A ledger on a disk that is full but for its reserve.
fn full() -> (Arc<FaultDisk>, Ledger) {
    let disk = Arc::new(FaultDisk::default());
    let ledger = open(&disk, &clock()).unwrap().ledger;
    ledger.append(entry(1)).unwrap();
    ledger.reserve(RESERVED).unwrap();
    disk.leave_room(Some(100));
    (disk, ledger)
}

// LOG-18, promise 5: a full disk refuses changes loudly and loses nothing.
#[test]
fn on_a_full_disk_changes_are_refused_and_what_ends_is_written() {
    let (disk, ledger) = full();
    for _ in 0..3 {
        let refused = ledger.append(entry(2));
        assert!(
            matches!(refused, Err(AppendError::DiskFull(_))),
            "{refused:?}"
        );
    }
    assert_eq!(ledger.reserve_held().held, RESERVED);
    assert_eq!(ledger.append(ended(2)).unwrap(), EntryIndex(2));
    assert_eq!(ledger.append_from_reserve(entry(3)).unwrap(), EntryIndex(3));
    let held = ledger.reserve_held();
    assert!(held.held < RESERVED && held.wanted == RESERVED, "{held:?}");
    let read = ledger.transcript().unwrap();
    assert_eq!(
        verify(&read, &ledger.public_key(), None).unwrap().entries,
        4
    );

    // Space was made: the next change is taken, and the reserve is there again.
    disk.leave_room(None);
    ledger.append(entry(4)).unwrap();
    assert_eq!(ledger.reserve_held().held, RESERVED);
    drop(ledger);
    let again = open(&disk, &clock()).unwrap().ledger;
    assert_eq!(
        (again.head().size(), again.reserve_held().held),
        (5, RESERVED)
    );
}

#[test]
fn the_reserve_ends_and_then_everything_is_refused() {
    let (_, ledger) = full();
    let mut written = 0;
    while ledger.append(ended(2)).is_ok() {
        written += 1;
        assert!(written < 100_000);
    }
    assert!(written > 1_000, "{written}");
    assert_eq!(ledger.reserve_held().held, 0);
    let read = ledger.transcript().unwrap();
    let verified = verify(&read, &ledger.public_key(), None).unwrap();
    assert_eq!(verified.entries, written + 2);
}

#[test]
fn a_reserve_that_finds_no_room_is_said_and_the_ledger_works_on() {
    let disk = Arc::new(FaultDisk::default());
    let ledger = open(&disk, &clock()).unwrap().ledger;
    disk.leave_room(Some(2_000));
    let error = ledger.reserve(RESERVED).unwrap_err();
    insta::assert_snapshot!(error, @"1048576 bytes could not be kept back for the change log; free some space on its disk");
    ledger.append(entry(1)).unwrap();
}

#[test]
fn the_reserve_takes_its_place_on_a_real_disk() {
    use std::os::unix::fs::MetadataExt as _;
    let folder = tempfile::tempdir().unwrap();
    let chance = Arc::new(crate::stand_in::CountingChance::default());
    let ledger = Ledger::open(folder.path(), crate::stand_in::ORIGIN, clock(), chance)
        .unwrap()
        .ledger;
    ledger.reserve(RESERVED).unwrap();
    let blocks = |folder: &std::path::Path| folder.join(RESERVE).metadata().unwrap().blocks();
    assert!(blocks(folder.path()) * 512 >= RESERVED);
    ledger.reserve(0).unwrap();
    assert_eq!(blocks(folder.path()), 0);
}
