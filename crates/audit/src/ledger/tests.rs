use super::*;
use crate::disk::fault_disk::FaultDisk;
use crate::stand_in::{CountingChance, ORIGIN, clock, entry, monday, open};
use crate::transcript::{PUBLIC_KEY, Written};
use crate::verify::{EntryFault, VerifyError, verify};
use proptest::prelude::*;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

fn file(name: &str) -> PathBuf {
    Path::new("/ledger").join(name)
}

fn on_disk(folder: &Path) -> Result<Opened, OpenLedgerError> {
    Ledger::open(folder, ORIGIN, clock(), Arc::new(CountingChance::default()))
}

#[test]
fn the_first_start_founds_and_later_ones_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let first = on_disk(folder.path()).unwrap();
    assert!(first.founded);
    let fingerprint = first.ledger.fingerprint();
    first.ledger.append(entry(1)).unwrap();
    drop(first);

    let second = on_disk(folder.path()).unwrap();
    assert!(!second.founded);
    assert_eq!(second.cut, None);
    assert_eq!(second.ledger.fingerprint(), fingerprint);
    assert_eq!(second.ledger.head().size(), 2);
    let kinds: Vec<_> = second
        .ledger
        .transcript()
        .unwrap()
        .entries()
        .map(|written| written.leaf.kind())
        .collect();
    assert_eq!(
        kinds,
        [Some(EntryKind::Founding), Some(EntryKind::PolicyActivated)]
    );
}

#[test]
fn nobody_else_may_read_the_files() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("state").join("ledger");
    let _opened = on_disk(&folder).unwrap();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
    }
    assert_eq!(
        folder.metadata().unwrap().permissions().mode() & 0o777,
        0o700
    );
}

#[test]
fn a_second_process_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = on_disk(folder.path()).unwrap();
    assert!(matches!(
        on_disk(folder.path()),
        Err(OpenLedgerError::Locked { .. })
    ));
    drop(first);
    assert!(on_disk(folder.path()).is_ok());
}

#[test]
fn the_folder_can_be_read_while_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let opened = on_disk(folder.path()).unwrap();
    for number in 0..20 {
        opened.ledger.append(entry(number)).unwrap();
        let read = Transcript::read(folder.path()).unwrap();
        let verified = verify(&read, &opened.ledger.public_key(), None).unwrap();
        assert_eq!(verified.entries, number + 2);
    }
}

// CHG-29
#[test]
fn an_entry_after_the_clock_was_set_back_is_marked() {
    let (disk, clock) = (Arc::new(FaultDisk::default()), clock());
    let ledger = open(&disk, &clock).unwrap().ledger;
    clock.set(monday().before(Duration::from_secs(3600)));
    ledger.append(entry(1)).unwrap();
    clock.advance(Duration::from_secs(1));
    ledger.append(entry(2)).unwrap();
    let read = ledger.transcript().unwrap();
    let marks: Vec<_> = read
        .entries()
        .map(|written| written.leaf.clock_behind)
        .collect();
    assert_eq!(marks, [false, true, false]);
    assert!(verify(&read, &ledger.public_key(), None).is_ok());
}

#[test]
fn a_payload_past_the_limit_is_refused_and_the_next_is_not() {
    let ledger = open(&Arc::new(FaultDisk::default()), &clock())
        .unwrap()
        .ledger;
    let mut long = entry(1);
    long.payload = serde_json::Value::String("x".repeat(Entry::PAYLOAD_LIMIT));
    assert!(matches!(
        ledger.append(long),
        Err(AppendError::PayloadTooLong { .. })
    ));
    assert_eq!(ledger.append(entry(1)).unwrap(), EntryIndex(1));
}

#[test]
fn a_second_founding_is_refused() {
    let ledger = open(&Arc::new(FaultDisk::default()), &clock())
        .unwrap()
        .ledger;
    let second = Entry {
        kind: EntryKind::Founding,
        ..entry(1)
    };
    assert!(matches!(
        ledger.append(second),
        Err(AppendError::SecondFounding)
    ));
}

#[test]
fn a_name_that_is_not_that_of_the_ledger_is_refused() {
    let (disk, clock) = (Arc::new(FaultDisk::default()), clock());
    drop(open(&disk, &clock).unwrap());
    let other = Ledger::open_on(
        disk,
        Path::new("/ledger"),
        "other.test",
        clock,
        Arc::new(CountingChance::default()),
    );
    assert!(matches!(other, Err(OpenLedgerError::OtherOrigin { .. })));
}

#[test]
fn entries_without_their_key_are_not_founded_over() {
    let (disk, clock) = (Arc::new(FaultDisk::default()), clock());
    let ledger = open(&disk, &clock).unwrap().ledger;
    ledger.append(entry(1)).unwrap();
    disk.remove(&file(KEY));
    assert!(matches!(
        open(&disk, &clock),
        Err(OpenLedgerError::KeyMissing { .. })
    ));
}

#[test]
fn a_broken_ledger_is_not_appended_to_nor_cut() {
    let (disk, clock) = (Arc::new(FaultDisk::default()), clock());
    let ledger = open(&disk, &clock).unwrap().ledger;
    ledger.append(entry(1)).unwrap();
    disk.alter(&file(LEAVES), |bytes| bytes.truncate(bytes.len() - 1));
    let before = FILES.map(|name| disk.content(&file(name)));
    let Err(OpenLedgerError::Broken { source, .. }) = open(&disk, &clock) else {
        panic!()
    };
    let fault = EntryFault::Truncated;
    assert_eq!(
        source,
        VerifyError::Entry {
            entry: EntryIndex(1),
            fault
        }
    );
    assert_eq!(FILES.map(|name| disk.content(&file(name))), before);
}

#[test]
fn after_a_failed_sync_nothing_is_appended_until_it_is_opened_anew() {
    let (disk, clock) = (Arc::new(FaultDisk::default()), clock());
    let ledger = open(&disk, &clock).unwrap().ledger;
    // Payload, leaf, then the first sync.
    disk.fail_at(2, 0);
    assert!(matches!(
        ledger.append(entry(1)),
        Err(AppendError::Broken(Some(_)))
    ));
    assert!(matches!(
        ledger.append(entry(1)),
        Err(AppendError::Broken(None))
    ));
    drop(ledger);
    let opened = open(&disk, &clock).unwrap();
    assert_eq!(opened.cut.map(|cut| cut.entry), Some(EntryIndex(1)));
    assert_eq!(opened.ledger.append(entry(1)).unwrap(), EntryIndex(1));
}

fn numbers(ledger: &Ledger) -> Vec<u64> {
    let number = |written: Written| written.payload.and_then(|said| said["number"].as_u64());
    ledger
        .transcript()
        .unwrap()
        .entries()
        .filter_map(number)
        .collect()
}

proptest! {
    // A full disk refuses some write half way; what was acknowledged stays, and it goes on.
    #[test]
    fn a_write_that_failed_leaves_no_trace(at in 0..6_usize, share: u8) {
        let (disk, clock) = (Arc::new(FaultDisk::default()), clock());
        let ledger = open(&disk, &clock).unwrap().ledger;
        ledger.append(entry(1)).unwrap();
        disk.fail_at(at, share);
        match ledger.append(entry(2)) {
            Err(AppendError::Write(_)) => {
                ledger.append(entry(3)).unwrap();
                prop_assert_eq!(numbers(&ledger), [1, 3]);
                prop_assert!(verify(&ledger.transcript().unwrap(), &ledger.public_key(), None).is_ok());
            }
            Err(AppendError::Broken(Some(_))) => {}
            other => prop_assert!(false, "{other:?}"),
        }
    }

    // Three lives, each ended by a power cut at any operation, founding and opening included.
    #[test]
    fn whatever_the_crash_every_acknowledged_entry_is_there(
        lives in prop::collection::vec((0..40_usize, any::<u8>(), any::<[u8; 64]>()), 3),
    ) {
        let (disk, clock) = (Arc::new(FaultDisk::default()), clock());
        let mut acknowledged = Vec::new();
        let mut founded = None;
        let mut number = 0;
        for (at, share, dice) in lives {
            disk.die_at(at, share);
            // Some lives end on a full disk instead; the one after it has space again.
            disk.leave_room((share & 3 == 0).then_some(at * 64));
            let life = open(&disk, &clock);
            let mut head = None;
            if let Ok(opened) = &life {
                founded.get_or_insert(opened.ledger.fingerprint());
                prop_assert_eq!(founded, Some(opened.ledger.fingerprint()));
                head = Some(opened.ledger.head());
                loop {
                    number += 1;
                    let result = opened.ledger.append(entry(number));
                    // The head of an acknowledged entry may have left the machine.
                    if result.is_err() { break }
                    head = Some(opened.ledger.head());
                    acknowledged.push(number);
                }
            }
            drop(life);
            let mut dice = dice.into_iter().cycle();
            disk.cut_power(|| dice.next().unwrap());
            disk.leave_room(None);

            let opened = open(&disk, &clock).unwrap();
            let there = numbers(&opened.ledger);
            let mut rest = there.iter();
            prop_assert!(acknowledged.iter().all(|one| rest.any(|other| other == one)), "{acknowledged:?} {there:?}");
            let mut once = there.clone();
            once.dedup();
            prop_assert_eq!(&once, &there, "an entry is doubled");
            acknowledged = there;
            founded.get_or_insert(opened.ledger.fingerprint());
            let (read, key) = (opened.ledger.transcript().unwrap(), opened.ledger.public_key());
            let verified = verify(&read, &key, head.as_ref()).unwrap();
            prop_assert_eq!(verified.entries, acknowledged.len() as u64 + 1);
        }
    }

    #[test]
    fn no_altered_byte_is_opened(which in 0..5_usize, at: prop::sample::Index, alter in 1..=255_u8) {
        let (disk, clock) = (Arc::new(FaultDisk::default()), clock());
        let ledger = open(&disk, &clock).unwrap().ledger;
        for number in 1..12 {
            ledger.append(entry(number)).unwrap();
        }
        let name = file([PAYLOADS, LEAVES, CHECKPOINTS, KEY, PUBLIC_KEY][which]);
        disk.alter(&name, |bytes| {
            let at = at.index(bytes.len());
            bytes[at] ^= alter;
        });
        let opened = open(&disk, &clock);
        let refused = match opened {
            Err(OpenLedgerError::Broken { .. } | OpenLedgerError::KeyAltered { .. }) => true,
            Ok(_) | Err(_) => false,
        };
        prop_assert!(refused, "byte {} of {}", at.index(1000), which);
    }
}
