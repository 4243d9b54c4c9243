use super::*;
use crate::disk::fault_disk::FaultDisk;
use crate::entry::Actor;
use crate::stand_in::{clock, entry, monday, open, refused};
use std::process::Command;
use std::sync::Arc;

fn ledger() -> Ledger {
    let ledger = open(&Arc::new(FaultDisk::default()), &clock())
        .unwrap()
        .ledger;
    for number in 1..4 {
        ledger.append(entry(number)).unwrap();
    }
    ledger.rotate_key(Actor::Gateway, "yearly").unwrap();
    ledger.append(entry(5)).unwrap();
    ledger.append(entry(6)).unwrap();
    ledger
        .erase(&[EntryIndex(6)], Actor::Gateway, "asked for", None)
        .unwrap();
    ledger.rotate_key(Actor::Gateway, "yearly").unwrap();
    ledger.append(entry(9)).unwrap();
    ledger
}

fn gather(ledger: &Ledger, entries: &[u64]) -> Evidence {
    let entries: Vec<_> = entries.iter().copied().map(EntryIndex).collect();
    let rows = [refused("a.test", monday()), refused("=b.test", monday())];
    Evidence::gather(ledger, &entries, &rows, "matter I-0007\u{1b}", monday()).unwrap()
}

// REP-18, LOG-22
#[test]
fn a_set_of_evidence_is_checked_with_the_founding_key_alone() {
    let ledger = ledger();
    let evidence = gather(&ledger, &[2, 5, 6, 9]);
    let verified = evidence.verify(&ledger.public_key()).unwrap();
    assert_eq!(verified.entries, [2, 5, 6, 9].map(EntryIndex));
    assert_eq!((verified.head, verified.made), (ledger.head(), monday()));
    assert_eq!(verified.keys.keys().count(), 3);
    let names: Vec<_> = evidence.files().keys().map(String::as_str).collect();
    insta::assert_snapshot!(names.join("\n"), @"
    about.txt
    checkpoint.txt
    decisions.csv
    decisions.jsonl
    entries.jsonl
    ledger.pub
    manifest.txt
    proofs/00000002.json
    proofs/00000004.json
    proofs/00000005.json
    proofs/00000006.json
    proofs/00000008.json
    proofs/00000009.json
    ");
    // Another ledger's key does not do.
    let other = ledger.signing_key();
    assert!(evidence.verify(&other).is_err());
}

#[test]
fn no_altered_byte_of_any_file_goes_unseen() {
    let ledger = ledger();
    let (evidence, key) = (gather(&ledger, &[2, 9]), ledger.public_key());
    for (name, content) in evidence.files() {
        for at in 0..content.len() {
            let mut altered = evidence.clone();
            altered.files.get_mut(name).unwrap()[at] ^= 4;
            assert!(altered.verify(&key).is_err(), "byte {at} of {name}");
        }
        let mut altered = evidence.clone();
        altered.files.remove(name);
        assert!(altered.verify(&key).is_err(), "{name} removed");
    }
    let mut more = evidence.clone();
    more.put("more.txt", "x".into());
    assert_eq!(
        more.verify(&key),
        Err(EvidenceError::File {
            file: "more.txt".into()
        })
    );
}

#[test]
fn evidence_made_up_without_the_key_is_told() {
    let (ledger, other) = (ledger(), ledger());
    let mut forged = gather(&ledger, &[2]);
    forged.put("decisions.csv", "nothing happened".into());
    let manifest = forged.manifest("ledger.school.test", monday());
    let old: String = String::from_utf8(forged.files[MANIFEST].clone()).unwrap();
    let signature = old.split("\n\n").nth(1).unwrap();
    forged.put(MANIFEST, format!("{manifest}\n{signature}"));
    assert!(forged.verify(&other.public_key()).is_err());
}

#[test]
fn a_folder_and_an_archive_hold_the_same() {
    let ledger = ledger();
    let (evidence, above) = (gather(&ledger, &[2, 5]), tempfile::tempdir().unwrap());
    let folder = above.path().join("evidence");
    evidence.write(&folder).unwrap();
    assert_eq!(Evidence::read(&folder).unwrap(), evidence);
    assert!(evidence.write(&folder).is_err(), "never over another");

    let (archive, unpacked) = (above.path().join("e.tar"), above.path().join("unpacked"));
    evidence
        .tar(std::fs::File::create(&archive).unwrap())
        .unwrap();
    std::fs::create_dir(&unpacked).unwrap();
    let run = Command::new("tar")
        .arg("-xf")
        .arg(&archive)
        .arg("-C")
        .arg(&unpacked)
        .status()
        .expect("`tar` runs");
    assert!(run.success());
    assert_eq!(Evidence::read(&unpacked).unwrap(), evidence);
}

#[test]
fn an_entry_that_is_not_there_is_said() {
    let found = Evidence::gather(&ledger(), &[EntryIndex(99)], &[], "", monday());
    assert!(matches!(found, Err(GatherError::NoEntry { .. })));
}

#[test]
fn an_archive_is_read_back_and_an_altered_one_is_not() {
    let evidence = gather(&ledger(), &[2, 5]);
    let mut tar = Vec::new();
    evidence.tar(&mut tar).unwrap();
    assert_eq!(Evidence::from_tar(&tar).unwrap(), evidence);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e.tar");
    std::fs::write(&path, &tar).unwrap();
    assert_eq!(Evidence::read(&path).unwrap(), evidence);
    for cut in (0..tar.len() - 1024).step_by(97) {
        assert!(Evidence::from_tar(&tar[..cut]).is_err(), "cut at {cut}");
    }
    // A header that leads out of the folder is none of ours, whatever its sum says.
    for name in ["../passwd", "/etc/passwd", "proofs/../x", ".hidden", ""] {
        let mut foreign = Evidence {
            files: BTreeMap::new(),
        };
        foreign.put(name, "x".into());
        let mut tar = Vec::new();
        foreign.tar(&mut tar).unwrap();
        assert!(Evidence::from_tar(&tar).is_err(), "{name}");
    }
}
