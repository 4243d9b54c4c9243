use super::*;
use crate::disk::fault_disk::FaultDisk;
use crate::stand_in::{clock, entry, open};
use std::path::Path;
use std::sync::Arc;

fn ledger(disk: &Arc<FaultDisk>, entries: u64) -> Ledger {
    let ledger = open(disk, &clock()).unwrap().ledger;
    for number in 1..entries {
        ledger.append(entry(number)).unwrap();
    }
    ledger
}

#[test]
fn entries_are_read_back_from_any_place_with_their_payloads() {
    let ledger = ledger(&Arc::default(), 7);
    let numbers = |from| -> Vec<u64> {
        ledger
            .entries_from(EntryIndex(from))
            .unwrap()
            .iter()
            .filter_map(|written| written.payload.as_ref()?["number"].as_u64())
            .collect()
    };
    assert_eq!(numbers(0), [1, 2, 3, 4, 5, 6]);
    assert_eq!(numbers(5), [5, 6]);
    assert!(numbers(7).is_empty());
    assert_eq!(
        ledger.payload_of(EntryIndex(3)).unwrap().unwrap()["number"],
        3
    );
    assert_eq!(ledger.payload_of(EntryIndex(7)).unwrap(), None);
}

// CHG-10: whoever edits the file of a running gateway is found out by the next reader.
#[test]
fn an_edited_payload_is_an_error_that_names_the_entry() {
    let disk = Arc::default();
    let ledger = ledger(&disk, 6);
    disk.alter(Path::new("/ledger/ledger.payloads"), |bytes| {
        let text = b"\"number\":3";
        let at = bytes
            .windows(text.len())
            .position(|found| found == text)
            .unwrap();
        bytes[at + text.len() - 1] = b'4';
    });
    for from in [0, 5] {
        let error = ledger.entries_from(EntryIndex(from)).unwrap_err();
        insta::allow_duplicates! {
            insta::assert_snapshot!(error, @"entry 3 is bad: its payload, or the key of it, was altered");
        }
    }
}

#[test]
fn an_edited_leaf_is_an_error_that_names_the_entry() {
    let disk = Arc::default();
    let ledger = ledger(&disk, 6);
    disk.alter(Path::new("/ledger/ledger.leaves"), |bytes| {
        bytes[4 * LEAF_RECORD + 20] ^= 1;
    });
    let error = ledger.payload_of(EntryIndex(1)).unwrap_err();
    insta::assert_snapshot!(error, @"entry 4 is bad: its leaf was altered");
}
