use super::*;
use crate::disk::fault_disk::FaultDisk;
use crate::entry::{Actor, Entry};
use crate::payload::FRAME;
use crate::stand_in::{clock, entry, open, transcript};
use proptest::prelude::*;
use std::sync::Arc;

fn fault(read: &Transcript) -> (u64, EntryFault) {
    match verify(read, &read.key, None) {
        Err(VerifyError::Entry { entry, fault }) => (entry.0, fault),
        other => panic!("{other:?}"),
    }
}

/// The bytes of each entry in the three files.
pub(super) fn parts(read: &Transcript) -> Vec<[Vec<u8>; 3]> {
    let (mut payloads, mut heads) = (read.payloads.as_slice(), read.checkpoints.as_slice());
    let part = |(leaf, size): (&[u8], u64)| {
        let (payload, rest) = payloads.split_at(payload::decode(payloads).unwrap().length);
        payloads = rest;
        let (head, rest) = heads.split_at(Checkpoint::text_length(read.key.origin(), size));
        heads = rest;
        [leaf.to_vec(), payload.to_vec(), head.to_vec()]
    };
    read.leaves.chunks(LEAF_RECORD).zip(1..).map(part).collect()
}

pub(super) fn join(read: &Transcript, parts: &[[Vec<u8>; 3]]) -> Transcript {
    let all = |file: usize| parts.iter().flat_map(|part| part[file].clone()).collect();
    Transcript {
        leaves: all(0),
        payloads: all(1),
        checkpoints: all(2),
        ..read.clone()
    }
}

#[test]
fn without_a_head_kept_elsewhere_a_ledger_is_unwitnessed() {
    let read = transcript(5);
    let verified = verify(&read, &read.key, None).unwrap();
    assert_eq!((verified.entries, verified.witnessed), (5, None));
    let verified = verify(&read, &read.key, Some(&verified.head)).unwrap();
    assert_eq!(verified.witnessed, Some(5));
}

// CHG-10, CHG-12
#[test]
fn a_deleted_entry_is_named() {
    for gone in [0, 1, 8, 9, 10, 13] {
        let read = transcript(15);
        let mut parts = parts(&read);
        let part = parts.remove(gone);
        let expected = (
            gone as u64,
            EntryFault::Deleted {
                stands: EntryIndex(gone as u64 + 1),
            },
        );
        assert_eq!(fault(&join(&read, &parts)), expected, "with its head");
        parts.insert(gone, [vec![], vec![], part[2].clone()]);
        assert_eq!(fault(&join(&read, &parts)), expected, "with its head kept");
    }
}

#[test]
fn a_moved_entry_is_named() {
    for (one, other) in [(2, 3), (2, 4), (0, 11), (8, 9), (13, 14)] {
        let read = transcript(15);
        let mut swapped = parts(&read);
        swapped.swap(one, other);
        let expected = (
            one as u64,
            EntryFault::Reordered {
                stands: EntryIndex(other as u64),
            },
        );
        assert_eq!(fault(&join(&read, &swapped)), expected);

        let mut leaves = parts(&read);
        let leaf = leaves[one][0].clone();
        leaves[one][0] = std::mem::replace(&mut leaves[other][0], leaf);
        assert_eq!(fault(&join(&read, &leaves)), expected, "leaves alone");
    }
}

#[test]
fn a_moved_or_missing_payload_is_named() {
    let read = transcript(15);
    let mut swapped = parts(&read);
    let payload = swapped[4][1].clone();
    swapped[4][1] = std::mem::replace(&mut swapped[9][1], payload);
    let expected = EntryFault::PayloadMisplaced {
        stands: EntryIndex(9),
    };
    assert_eq!(fault(&join(&read, &swapped)), (4, expected));

    let mut missing = parts(&read);
    missing[14][1].clear();
    assert_eq!(
        fault(&join(&read, &missing)),
        (14, EntryFault::PayloadMissing)
    );
}

#[test]
fn a_missing_head_is_named() {
    for gone in [3, 8, 9, 14] {
        let read = transcript(15);
        let mut parts = parts(&read);
        parts[gone][2].clear();
        assert_eq!(
            fault(&join(&read, &parts)),
            (gone as u64, EntryFault::CheckpointMissing)
        );
    }
}

#[test]
fn a_ledger_cut_off_is_named() {
    let read = transcript(15);
    for left in [0, 1, LEAF_RECORD * 14, LEAF_RECORD * 14 + 79] {
        let mut cut = read.clone();
        cut.leaves.truncate(left);
        assert_eq!(
            fault(&cut),
            ((left / LEAF_RECORD) as u64, EntryFault::Truncated)
        );
    }
}

// CHG-11
#[test]
fn a_ledger_cut_off_with_care_is_told_by_a_head_kept_elsewhere() {
    let read = transcript(15);
    let head = read.head().unwrap();
    let cut = join(&read, &parts(&read)[..12]);
    assert_eq!(verify(&cut, &read.key, None).unwrap().entries, 12);
    let told = verify(&cut, &read.key, Some(&head));
    assert_eq!(
        told,
        Err(VerifyError::ShorterThanWitness {
            entries: 12,
            witnessed: 15
        })
    );
}

// CHG-11: whoever has the private key can sign another history, but not the head that left.
#[test]
fn a_rewritten_history_is_told_by_a_head_kept_elsewhere() {
    let history = |said: u64| {
        let ledger = open(&Arc::new(FaultDisk::default()), &clock())
            .unwrap()
            .ledger;
        for number in [1, said, 3, 4] {
            ledger.append(entry(number)).unwrap();
        }
        ledger.transcript().unwrap()
    };
    let (honest, forged) = (history(2), history(5));
    let kept = parts(&honest)[2][2].clone();
    let kept: Checkpoint = String::from_utf8(kept).unwrap().parse().unwrap();
    assert_eq!(honest.key, forged.key);
    assert!(verify(&forged, &honest.key, None).is_ok());
    let told = verify(&forged, &honest.key, Some(&kept));
    assert_eq!(told, Err(VerifyError::Rewritten { witnessed: 3 }));
    assert_eq!(
        verify(&honest, &honest.key, Some(&kept)).unwrap().witnessed,
        Some(3)
    );
}

#[test]
fn a_head_of_another_key_is_no_witness() {
    let read = transcript(3);
    let text = read.head().unwrap().to_string();
    let other: Checkpoint = text.replace("\n3\n", "\n2\n").parse().unwrap();
    assert_eq!(
        verify(&read, &read.key, Some(&other)),
        Err(VerifyError::WitnessNotSigned)
    );
}

/// A ledger whose entry 2 was erased, and perhaps an entry that says so.
fn erased(said: bool) -> Transcript {
    let ledger = open(&Arc::new(FaultDisk::default()), &clock())
        .unwrap()
        .ledger;
    for number in 1..5 {
        ledger.append(entry(number)).unwrap();
    }
    let payload = serde_json::json!({ "erased": [2], "lengths": [entry(2).payload.to_string().len()], "reason": "request of the person" });
    let erasure = Entry {
        kind: EntryKind::Erasure,
        actor: Actor::Gateway,
        policy_version: None,
        payload,
    };
    if said {
        ledger.append(erasure).unwrap();
    }
    let read = ledger.transcript().unwrap();
    let mut parts = parts(&read);
    parts[2][1][0] = payload::ERASED;
    parts[2][1][13..].fill(0);
    join(&read, &parts)
}

#[test]
fn an_erased_payload_needs_a_later_entry_that_says_so() {
    let read = erased(true);
    assert_eq!(verify(&read, &read.key, None).unwrap().erased, 1);
    assert_eq!(read.entries().nth(2).unwrap().payload, None);
    assert_eq!(read.entries().nth(3).unwrap().payload.unwrap()["number"], 3);
    assert_eq!(fault(&erased(false)), (2, EntryFault::PayloadDestroyed));
}

#[test]
fn bytes_that_belong_to_no_entry_are_named() {
    let read = transcript(3);
    for file in 0..3 {
        let mut longer = read.clone();
        [
            &mut longer.leaves,
            &mut longer.payloads,
            &mut longer.checkpoints,
        ][file]
            .push(1);
        assert_eq!(fault(&longer), (3, EntryFault::Surplus));
    }
}

#[test]
fn what_is_wrong_is_said_in_words() {
    let read = transcript(3);
    let mut cut = read.clone();
    cut.leaves.truncate(LEAF_RECORD);
    let error = verify(&cut, &read.key, None).unwrap_err();
    insta::assert_snapshot!(error, @"entry 1 is bad: the ledger is cut off here, and a signed head speaks of this entry");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    // CHG-10, CHG-12: any altered byte is found, and the entry named is the right one.
    #[test]
    fn no_altered_byte_goes_unseen(file in 0..3_usize, at: prop::sample::Index, alter in 1..=255_u8) {
        let read = transcript(12);
        let whole = parts(&read);
        let mut altered = read.clone();
        let bytes = [&mut altered.leaves, &mut altered.payloads, &mut altered.checkpoints];
        let [leaves, payloads, checkpoints] = bytes;
        let bytes = match file { 0 => leaves, 1 => payloads, _ => checkpoints };
        let at = at.index(bytes.len());
        bytes[at] ^= alter;
        let ends = whole.iter().scan(0, |end, part| { *end += part[file].len(); Some(*end) });
        let entry = ends.take_while(|&end| end <= at).count() as u64;
        let faults = [EntryFault::LeafAltered, EntryFault::PayloadAltered, EntryFault::CheckpointAltered];
        prop_assert_eq!(fault(&altered), (entry, faults[file]), "byte {}", at);
    }

    #[test]
    fn no_altered_byte_of_an_export_goes_unseen(at: prop::sample::Index, alter in 1..=255_u8) {
        let read = transcript(4);
        let mut bytes = Vec::new();
        read.export(&mut bytes).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= alter;
        if let Ok(decoded) = Transcript::decode(&bytes) {
            prop_assert!(verify(&decoded, &read.key, None).is_err());
        }
    }

    #[test]
    fn no_bytes_make_the_verifier_panic(
        leaves: Vec<u8>, payloads: Vec<u8>, checkpoints: Vec<u8>, whole in 0..3_u64,
    ) {
        let mut read = transcript(whole + 1);
        read.leaves.extend_from_slice(&leaves);
        read.payloads.extend_from_slice(&payloads);
        read.checkpoints.extend_from_slice(&checkpoints);
        let _ = verify(&read, &read.key, None);
        let _ = (read.entries().count(), read.head(), read.prove_consistency(1));
    }
}

#[test]
fn the_frame_of_a_payload_has_the_length_that_is_published() {
    assert_eq!(FRAME, 45);
    assert_eq!(LEAF_RECORD, 80);
}
