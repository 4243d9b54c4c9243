use super::*;
use crate::disk::fault_disk::FaultDisk;
use crate::stand_in::{clock, entry, open};
use crate::verify::{EntryFault, VerifyError, verify};
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;

fn ledger(disk: &Arc<FaultDisk>) -> Ledger {
    let ledger = open(disk, &clock()).unwrap().ledger;
    for number in 1..8 {
        ledger.append(entry(number)).unwrap();
    }
    ledger
}

fn erase(ledger: &Ledger, entries: &[u64]) -> Result<EntryIndex, EraseError> {
    let entries: Vec<_> = entries.iter().copied().map(EntryIndex).collect();
    ledger.erase(&entries, Actor::Gateway, "request of the person", None)
}

/// Which payloads can still be read; the ledger must verify.
fn held(ledger: &Ledger) -> Vec<u64> {
    let read = ledger.transcript().unwrap();
    verify(&read, &ledger.public_key(), None).unwrap();
    read.entries()
        .filter(|written| written.payload.is_some())
        .map(|written| written.leaf.index.0)
        .collect()
}

// LOG-04
#[test]
fn an_erased_payload_is_gone_from_the_disk_and_the_tree_stays() {
    let disk = Arc::default();
    let ledger = ledger(&disk);
    let (before, root) = (ledger.head(), ledger.transcript().unwrap().root_at(8));
    let payloads = Path::new("/ledger/ledger.payloads");
    let secret = disk.content(payloads)[payload::FRAME..].to_vec();
    assert_eq!(erase(&ledger, &[3, 5]).unwrap(), EntryIndex(8));
    assert_eq!(held(&ledger), [0, 1, 2, 4, 6, 7, 8]);
    assert_eq!(ledger.transcript().unwrap().root_at(8), root);
    assert_eq!(ledger.payload_of(EntryIndex(3)).unwrap(), None);
    for said in [3, 5] {
        let text = format!("\"number\":{said}}}");
        let found = |bytes: &[u8]| bytes.windows(text.len()).any(|one| one == text.as_bytes());
        assert!(found(&secret) && !found(&disk.content(payloads)));
    }
    drop(ledger);
    let again = open(&disk, &clock()).unwrap().ledger;
    assert_eq!(held(&again), [0, 1, 2, 4, 6, 7, 8]);
    let read = again.transcript().unwrap();
    assert!(verify(&read, &again.public_key(), Some(&before)).is_ok());
}

#[test]
fn what_cannot_be_erased_is_said_and_nothing_is_touched() {
    let disk = Arc::default();
    let ledger = ledger(&disk);
    erase(&ledger, &[3]).unwrap();
    let before = ledger.transcript().unwrap();
    let said = |entries: &[u64]| erase(&ledger, entries).unwrap_err().to_string();
    insta::assert_snapshot!(
        [said(&[]), said(&[1, 9]), said(&[0]), said(&[1, 8]), said(&[1, 3])].join("\n"), @"
    no entry was named; name at least one whose personal part is to be erased
    there is no entry 9; the change log has 9, the first of them 0
    entry 0 cannot be erased: the log could not be verified without it
    entry 8 cannot be erased: the log could not be verified without it
    entry 3 is erased already
    ");
    assert_eq!(ledger.transcript().unwrap(), before);
}

#[test]
fn a_payload_that_was_said_to_be_erased_and_is_there_is_named() {
    let disk = Arc::default();
    let ledger = ledger(&disk);
    let kept = ledger.transcript().unwrap();
    erase(&ledger, &[3]).unwrap();
    ledger.append(entry(9)).unwrap();
    let mut put_back = ledger.transcript().unwrap();
    put_back.payloads[..kept.payloads.len()].copy_from_slice(&kept.payloads);
    let (entry, fault) = (EntryIndex(3), EntryFault::PayloadKept);
    assert_eq!(
        verify(&put_back, &ledger.public_key(), None),
        Err(VerifyError::Entry { entry, fault })
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    // However the machine dies: erased wholly with its entry, or not at all; the rest unharmed.
    #[test]
    fn a_crash_leaves_no_erasure_half_done(at in 0..16_usize, share: u8, dice: [u8; 64]) {
        let disk = Arc::new(FaultDisk::default());
        let ledger = ledger(&disk);
        disk.die_at(at, share);
        let erased = erase(&ledger, &[2, 3, 6]);
        drop(ledger);
        let mut dice = dice.into_iter().cycle();
        disk.cut_power(|| dice.next().unwrap());
        // A reader beside a start sees what the start will make of it.
        let read = Transcript::read_on(&*disk, Path::new("/ledger")).unwrap();
        prop_assert!(verify(&read, read.public_key(), None).is_ok());
        let again = open(&disk, &clock()).unwrap().ledger;
        let held = held(&again);
        let done = held == [0, 1, 4, 5, 7, 8];
        prop_assert!(done || (erased.is_err() && held == [0, 1, 2, 3, 4, 5, 6, 7]), "{held:?}");
        again.append(entry(9)).unwrap();
    }
}
