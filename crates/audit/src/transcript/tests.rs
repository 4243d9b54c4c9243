use super::*;
use crate::stand_in::transcript;
use crate::verify;
use proptest::prelude::*;

#[test]
fn an_export_is_read_back_whole() {
    let read = transcript(7);
    let mut bytes = Vec::new();
    read.export(&mut bytes).unwrap();
    let decoded = Transcript::decode(&bytes).unwrap();
    assert_eq!(decoded, read);
    assert_eq!(
        verify(&decoded, read.public_key(), None).unwrap().entries,
        7
    );
}

#[test]
fn an_export_cut_short_or_drawn_out_is_refused() {
    let mut bytes = Vec::new();
    transcript(3).export(&mut bytes).unwrap();
    for length in 0..bytes.len() {
        assert!(Transcript::decode(&bytes[..length]).is_err(), "{length}");
    }
    bytes.push(0);
    assert_eq!(
        Transcript::decode(&bytes),
        Err(DecodeError::Trailing { bytes: 1 })
    );
}

#[test]
fn proofs_hold_against_heads_alone() {
    let read = transcript(11);
    let key = read.public_key();
    for index in 0..11 {
        let proof = read.prove_inclusion(EntryIndex(index)).unwrap();
        assert!(proof.verify(key));
        let other = read.prove_inclusion(EntryIndex((index + 1) % 11)).unwrap();
        assert!(
            !InclusionProof {
                leaf: other.leaf,
                ..proof
            }
            .verify(key)
        );
    }
    let mut start = 0;
    for size in 1..=11 {
        let end = start + Checkpoint::text_length(key.origin(), size);
        let old = note(&read.checkpoints[start..end]).unwrap();
        start = end;
        let proof = read.prove_consistency(size).unwrap();
        assert!(proof.verify(&old, key));
        let other = read.prove_consistency(size % 11 + 1).unwrap();
        assert!(!other.verify(&old, key));
    }
}

#[test]
fn what_is_not_there_is_not_proved() {
    let read = transcript(3);
    let missing = read.prove_inclusion(EntryIndex(3));
    assert_eq!(
        missing,
        Err(ProveError::NoEntry {
            entry: EntryIndex(3),
            size: 3
        })
    );
    for size in [0, 4] {
        let missing = read.prove_consistency(size);
        assert_eq!(missing, Err(ProveError::NoSize { size, entries: 3 }));
    }
}

#[test]
fn the_tail_is_the_last_entries_in_order() {
    let tail = transcript(9).tail(3);
    let places: Vec<_> = tail.iter().map(|written| written.leaf.index.0).collect();
    assert_eq!(places, [6, 7, 8]);
    assert_eq!(transcript(2).tail(5).len(), 2);
}

#[test]
fn an_entry_is_read_by_machines_as_one_object() {
    let written = transcript(2).tail(1).remove(0);
    let object = serde_json::to_string_pretty(&written).unwrap();
    insta::assert_snapshot!(object, @r#"
        {
          "index": 1,
          "time": "2026-11-23T10:15:00Z",
          "kind": "policy-activated",
          "actor": "account 07070707070707070707070707070707",
          "policy_version": "0000000000000001",
          "clock_behind": false,
          "commitment": "6138c015d0f46af601cae468060cbe69f3929662424447498a7d3253917f2855",
          "payload": {
            "by": "A. Technician",
            "number": 1
          }
        }
        "#);
}

#[test]
fn the_public_part_of_an_entry_bears_no_name() {
    let read = transcript(4);
    let name = b"Technician";
    assert!(!read.leaves.windows(name.len()).any(|bytes| bytes == name));
    assert!(read.payloads.windows(name.len()).any(|bytes| bytes == name));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
        let _ = Transcript::decode(&[FIRST_LINE, &bytes].concat());
    }
}
