use super::*;
use crate::disk::fault_disk::FaultDisk;
use crate::key::PublicKey;
use crate::ledger::{KEY, OpenLedgerError};
use crate::stand_in::{clock, entry, open};
use crate::transcript::Transcript;
use crate::verify::{Verified, VerifyError, verify};
use crate::{Checkpoint, EntryFault};
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;

fn ledger(disk: &Arc<FaultDisk>) -> Ledger {
    let ledger = open(disk, &clock()).unwrap().ledger;
    for number in 1..4 {
        ledger.append(entry(number)).unwrap();
    }
    ledger
}

fn rotate(ledger: &Ledger) -> Result<EntryIndex, RotateKeyError> {
    ledger.rotate_key(Actor::Gateway, "the machine was replaced")
}

fn check(
    ledger: &Ledger,
    key: &PublicKey,
    head: Option<&Checkpoint>,
) -> Result<Verified, VerifyError> {
    verify(&ledger.transcript().unwrap(), key, head)
}

#[test]
fn each_key_vouches_for_the_next() {
    let disk = Arc::default();
    let ledger = ledger(&disk);
    let mut heads = vec![ledger.head()];
    for number in 4..7 {
        rotate(&ledger).unwrap();
        heads.push(ledger.head());
        ledger.append(entry(number)).unwrap();
        heads.push(ledger.head());
    }
    let (founding, present) = (ledger.public_key(), ledger.signing_key());
    assert_ne!(founding, present);
    for head in &heads {
        let verified = check(&ledger, &founding, Some(head)).unwrap();
        assert_eq!(verified.keys.keys().count(), 4);
        assert_eq!(verified.keys.present(), &present);
        // The newest key vouches for everything before it as well.
        assert!(check(&ledger, &present, Some(head)).is_ok());
    }
    let read = ledger.transcript().unwrap();
    assert!(
        read.prove_inclusion(EntryIndex(2))
            .unwrap()
            .verify(&present)
    );
    assert_eq!(read.signing_key(), present);

    drop(ledger);
    let again = open(&disk, &clock()).unwrap().ledger;
    assert_eq!(
        (again.public_key(), again.signing_key()),
        (founding.clone(), present)
    );
    again.append(entry(9)).unwrap();
    assert!(check(&again, &founding, heads.last()).is_ok());
}

#[test]
fn an_old_key_signs_no_head_after_it_was_replaced() {
    let disk = Arc::default();
    let ledger = ledger(&disk);
    let old = disk.content(Path::new("/ledger/ledger.key"));
    rotate(&ledger).unwrap();
    ledger.append(entry(5)).unwrap();
    let old = PrivateKey::parse(&old).unwrap();
    let mut read = ledger.transcript().unwrap();
    let head = read.head().unwrap();
    let forged = Checkpoint::sign(&old, head.size(), head.root()).to_string();
    let end = read.checkpoints.len() - forged.len();
    read.checkpoints.truncate(end);
    read.checkpoints.extend_from_slice(forged.as_bytes());
    let (entry, fault) = (EntryIndex(5), EntryFault::CheckpointAltered);
    assert_eq!(
        verify(&read, &ledger.public_key(), None),
        Err(VerifyError::Entry { entry, fault })
    );
}

#[test]
fn the_old_key_brought_back_is_refused() {
    let disk = Arc::default();
    let ledger = ledger(&disk);
    let path = Path::new("/ledger").join(KEY);
    let old = disk.content(&path);
    rotate(&ledger).unwrap();
    drop(ledger);
    disk.alter(&path, |bytes| *bytes = old);
    let refused = open(&disk, &clock());
    assert!(matches!(refused, Err(OpenLedgerError::KeyAltered { .. })));
}

#[test]
fn an_entry_that_names_no_new_key_is_named() {
    for said in [
        serde_json::json!({ "reason": "none" }),
        serde_json::json!({ "key": "other.test+00000000+AAAA" }),
    ] {
        let ledger = ledger(&Arc::default());
        let forged = Entry {
            kind: EntryKind::KeyRotated,
            payload: said,
            ..entry(4)
        };
        ledger.write(&mut ledger.lock(), &forged, false).unwrap();
        let (entry, fault) = (EntryIndex(4), EntryFault::KeyNotNamed);
        assert_eq!(
            check(&ledger, &ledger.public_key(), None),
            Err(VerifyError::Entry { entry, fault })
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_crash_leaves_the_ledger_with_the_key_that_its_entries_name(
        at in 0..24_usize, share: u8, dice: [u8; 64],
    ) {
        let disk = Arc::new(FaultDisk::default());
        let ledger = ledger(&disk);
        let before = ledger.head();
        disk.die_at(at, share);
        let rotated = rotate(&ledger).is_ok();
        drop(ledger);
        let mut dice = dice.into_iter().cycle();
        disk.cut_power(|| dice.next().unwrap());
        let again = open(&disk, &clock()).unwrap().ledger;
        prop_assert!(!rotated || again.signing_key() != again.public_key());
        again.append(entry(9)).unwrap();
        rotate(&again).unwrap();
        again.append(entry(10)).unwrap();
        let read: Transcript = again.transcript().unwrap();
        let verified = verify(&read, &again.public_key(), Some(&before)).unwrap();
        prop_assert_eq!(verified.keys.present(), &again.signing_key());
    }
}
