//! Kinds of tampering, each of which must be named: file by operation by place, whole entries, the
//! frame of the export, erasure, keys, and the rewriting of history by whoever has the private key.

use super::*;
use crate::disk::fault_disk::FaultDisk;
use crate::entry::{Actor, Entry, Pseudonym};
use crate::ledger::Ledger;
use crate::payload::FRAME;
use crate::stand_in::{CountingChance, ORIGIN, clock, entry, open};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

/// What the verifiers must say.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Told {
    /// The first bad entry.
    Entry(u64),
    /// That the export is none, or is not what the head kept elsewhere vouches for.
    Other,
}

struct Kind {
    name: String,
    export: Vec<u8>,
    told: Told,
}

/// A ledger with one of everything, altered on the way by whoever has the key.
fn ledger(forge: impl Fn(u64, Entry) -> Vec<Entry>) -> Ledger {
    let clock = clock();
    let ledger = open(&Arc::new(FaultDisk::default()), &clock)
        .unwrap()
        .ledger;
    for number in 1..16 {
        match number {
            5 => clock.set(crate::stand_in::monday().before(Duration::from_secs(60))),
            _ => clock.advance(Duration::from_secs(5)),
        }
        match number {
            // A history made up may be too short for it.
            10 => drop(ledger.erase(&[EntryIndex(4)], Actor::Gateway, "asked for", None)),
            12 => ledger
                .rotate_key(Actor::Gateway, "yearly")
                .map(drop)
                .unwrap(),
            _ => {
                for entry in forge(number, entry(number)) {
                    ledger.append(entry).unwrap();
                }
            }
        }
    }
    ledger
}

fn honest() -> Ledger {
    ledger(|_, entry| vec![entry])
}

/// A ledger of the same name and another key.
fn foreign() -> Transcript {
    let chance = Arc::new(CountingChance::after(1000));
    let disk = Arc::new(FaultDisk::default());
    let ledger = Ledger::open_on(disk, Path::new("/ledger"), ORIGIN, clock(), chance)
        .unwrap()
        .ledger;
    for number in 1..16 {
        ledger.append(entry(number + 100)).unwrap();
    }
    ledger.transcript().unwrap()
}

fn export(read: &Transcript) -> Vec<u8> {
    let mut bytes = Vec::new();
    read.export(&mut bytes).unwrap();
    bytes
}

const FILES: [&str; 3] = ["leaves", "payloads", "heads"];
const PLACES: [usize; 3] = [0, 7, 15];

/// Where the fields of a record lie.
fn fields(file: usize, record: &[u8]) -> Vec<(&'static str, Range<usize>)> {
    let lines = |number: usize| -> usize {
        let feeds = record.iter().zip(0..).filter(|(byte, _)| **byte == b'\n');
        feeds.map(|(_, at)| at + 1).nth(number).unwrap()
    };
    match file {
        0 => vec![
            ("length", 0..2),
            ("version", 2..3),
            ("number", 3..11),
            ("time", 11..19),
            ("kind", 19..21),
            ("actor", 21..22),
            ("name of the actor", 22..38),
            ("mark of the policy version", 38..39),
            ("policy version", 39..47),
            ("mark of the clock", 47..48),
            ("commitment", 48..80),
        ],
        1 => vec![
            ("state", 0..1),
            ("number", 1..9),
            ("length", 9..13),
            ("key", 13..FRAME),
            ("payload", FRAME..record.len()),
        ],
        _ => vec![
            ("origin", 0..lines(0)),
            ("size", lines(0)..lines(1)),
            ("root", lines(1)..lines(2)),
            ("empty line", lines(2)..lines(3)),
            ("dash and name", lines(3)..lines(3) + 22),
            ("key id", record.len() - 93..record.len() - 88),
            ("signature", record.len() - 88..record.len() - 1),
        ],
    }
}

type Parts = Vec<[Vec<u8>; 3]>;

/// Alters one record of one file; gives the entry that must be named.
fn operate(parts: &mut Parts, other: &Parts, file: usize, at: usize, operation: &str) -> u64 {
    let last = parts.len() - 1;
    let near = if at < last { at + 1 } else { at - 1 };
    match operation {
        "deleted" => parts[at][file].clear(),
        "doubled" => {
            let record = parts[at][file].clone();
            parts[at][file].extend(record);
            return at as u64 + 1;
        }
        "swapped with its neighbour" => {
            let record = parts[at][file].clone();
            parts[at][file] = std::mem::replace(&mut parts[near][file], record);
            return at.min(near) as u64;
        }
        "replaced by that of another entry" => {
            parts[at][file] = parts[(at + 3) % parts.len()][file].clone();
        }
        "zeroed" => parts[at][file].fill(0),
        "cut in half" => {
            let half = parts[at][file].len() / 2;
            parts[at][file].truncate(half);
        }
        "taken from another ledger" => parts[at][file] = other[at][file].clone(),
        other => panic!("{other}"),
    }
    at as u64
}

const OPERATIONS: [&str; 7] = [
    "deleted",
    "doubled",
    "swapped with its neighbour",
    "replaced by that of another entry",
    "zeroed",
    "cut in half",
    "taken from another ledger",
];

fn altered_records(read: &Transcript) -> Vec<Kind> {
    let (whole, other) = (tests::parts(read), tests::parts(&foreign()));
    let mut kinds = Vec::new();
    let mut add = |name: String, parts: &Parts, entry: u64| {
        let export = export(&tests::join(read, parts));
        let told = Told::Entry(entry);
        kinds.push(Kind { name, export, told });
    };
    for (file, place) in (0..3).flat_map(|file| PLACES.map(|place| (file, place))) {
        for (field, range) in fields(file, &whole[place][file]) {
            let mut parts = whole.clone();
            parts[place][file][(range.start + range.end) / 2] ^= 4;
            add(
                format!("{field} of {} {place}", FILES[file]),
                &parts,
                place as u64,
            );
        }
        for operation in OPERATIONS {
            let mut parts = whole.clone();
            let entry = operate(&mut parts, &other, file, place, operation);
            add(
                format!("record {place} of {} {operation}", FILES[file]),
                &parts,
                entry,
            );
        }
    }
    for place in [0, 3, 7, 12] {
        for operation in OPERATIONS {
            let mut parts = whole.clone();
            let mut entry = 0;
            for file in 0..3 {
                entry = operate(&mut parts, &other, file, place, operation);
            }
            add(format!("entry {place} {operation}"), &parts, entry);
        }
    }
    kinds
}

/// What erasure and the replacing of keys could be abused for.
fn altered_erasures_and_keys(read: &Transcript) -> Vec<Kind> {
    let whole = tests::parts(read);
    let mut kinds = Vec::new();
    let mut add = |name: &str, entry: u64, alter: &dyn Fn(&mut Parts)| {
        let mut parts = whole.clone();
        alter(&mut parts);
        let (name, export) = (name.to_owned(), export(&tests::join(read, &parts)));
        let told = Told::Entry(entry);
        kinds.push(Kind { name, export, told });
    };
    let erase = |parts: &mut Parts, place: usize| {
        let size = parts[place][1].len() - FRAME;
        parts[place][1] = payload::erased(place as u64, size);
    };
    add("something hidden in an erased payload", 4, &|parts| {
        parts[4][1][FRAME + 3] = b'x'
    });
    add("something hidden in an erased key", 4, &|parts| {
        parts[4][1][20] = 7
    });
    add("an erased payload filled again", 4, &|parts| {
        parts[4][1] = payload::encode(4, &[1; 32], b"{}");
    });
    add("an erased record made longer", 4, &|parts| {
        parts[4][1] = payload::erased(4, 90_000)
    });
    for place in [0, 3, 10, 12, 15] {
        let name = format!("payload {place} destroyed without a word");
        add(&name, place as u64, &|parts| erase(parts, place));
    }
    let kept = ledger(|_, entry| vec![entry]).transcript().unwrap();
    let old = kept.keys();
    add("a head by the key before", 14, &|parts| {
        // The founding key's head of an earlier size in place of a later one.
        parts[14][2] = parts[11][2].clone();
    });
    assert_eq!(old.keys().count(), 2);
    kinds
}

fn altered_frames(read: &Transcript) -> Vec<Kind> {
    let whole = export(read);
    let mut kinds = Vec::new();
    let mut add = |name: &str, export: Vec<u8>| {
        let (name, told) = (name.to_owned(), Told::Other);
        kinds.push(Kind { name, export, told });
    };
    let find = |name: &[u8]| whole.windows(4).position(|found| found == name).unwrap();
    add("an empty file", Vec::new());
    add(
        "another first line",
        [b"schoolgate ledger export 2\n", &whole[27..]].concat(),
    );
    add("a byte after the end", [&whole[..], b"x"].concat());
    add("the last byte cut off", whole[..whole.len() - 1].to_vec());
    for section in [b"PKEY", b"LEAF", b"PAYL", b"HEAD"] {
        let (at, name) = (find(section), String::from_utf8_lossy(section));
        add(&format!("cut off before {name}"), whole[..at].to_vec());
        let mut other = whole.clone();
        other[at] ^= 1;
        add(&format!("{name} under another name"), other);
        let mut other = whole.clone();
        other[at + 4] = 0xff;
        add(&format!("{name} with an endless length"), other);
    }
    let mut other = whole.clone();
    other[find(b"PKEY") + 60] ^= 1;
    add("a byte of the public key", other);
    let forged = Transcript {
        key: read.signing_key(),
        ..read.clone()
    };
    kinds.push(Kind {
        name: "the founding key replaced by the later one".into(),
        export: export(&forged),
        told: Told::Entry(0),
    });
    kinds
}

/// Histories that verify by themselves, because whoever has the key signed them.
fn rewritten() -> Vec<Kind> {
    let other = |number: u64, alter: fn(&mut Entry)| {
        ledger(move |at, mut entry| {
            if at == number {
                alter(&mut entry);
            }
            vec![entry]
        })
    };
    let histories = [
        (
            "the payload",
            other(3, |entry| {
                entry.payload = serde_json::json!({ "number": 33 })
            }),
        ),
        (
            "the actor",
            other(6, |entry| entry.actor = Actor::Account(Pseudonym([8; 16]))),
        ),
        ("the kind", other(7, |entry| entry.kind = EntryKind::Fault)),
        (
            "the policy version",
            other(8, |entry| entry.policy_version = None),
        ),
        (
            "an entry left out",
            ledger(|at, entry| if at == 2 { vec![] } else { vec![entry] }),
        ),
        (
            "an entry put in",
            ledger(|at, entry| vec![entry; if at == 9 { 2 } else { 1 }]),
        ),
        (
            "all but the beginning",
            ledger(|at, entry| if at > 1 { vec![] } else { vec![entry] }),
        ),
    ];
    let told = Told::Other;
    let kinds = histories.map(|(name, ledger)| {
        let read = ledger.transcript().unwrap();
        assert!(verify(&read, &read.key, None).is_ok(), "{name}");
        let name = format!("rewritten by whoever has the key: {name}");
        Kind {
            name,
            export: export(&read),
            told,
        }
    });
    let honest = honest().transcript().unwrap();
    let cut = [11, 12, 13, 15].map(|left| {
        let parts = tests::parts(&honest);
        let read = tests::join(&honest, &parts[..left]);
        let (name, export) = (format!("cut off with care after {left}"), export(&read));
        Kind { name, export, told }
    });
    kinds.into_iter().chain(cut).collect()
}

fn kinds(read: &Transcript) -> Vec<Kind> {
    let mut kinds = altered_records(read);
    kinds.extend(altered_erasures_and_keys(read));
    kinds.extend(altered_frames(read));
    kinds.extend(rewritten());
    kinds
}

fn told(export: &[u8], key: &PublicKey, head: &Checkpoint) -> Option<Told> {
    let Ok(read) = Transcript::decode(export) else {
        return Some(Told::Other);
    };
    match verify(&read, key, Some(head)) {
        Ok(_) => None,
        Err(VerifyError::Entry { entry, .. }) => Some(Told::Entry(entry.0)),
        Err(_) => Some(Told::Other),
    }
}

// CHG-10, CHG-11, CHG-12
#[test]
fn each_kind_of_tampering_is_named() {
    let ledger = honest();
    let read = ledger.transcript().unwrap();
    let kinds = kinds(&read);
    let names: BTreeSet<_> = kinds.iter().map(|kind| &kind.name).collect();
    assert_eq!(names.len(), kinds.len());
    assert!(kinds.len() >= 150, "{}", kinds.len());
    assert_eq!(told(&export(&read), &read.key, &ledger.head()), None);
    for kind in kinds {
        let found = told(&kind.export, &read.key, &ledger.head());
        // Another founding key is told before any entry is looked at.
        let other_key = kind.name.starts_with("the founding key") && found == Some(Told::Other);
        assert!(
            found == Some(kind.told) || other_key,
            "{}: {found:?}",
            kind.name
        );
    }
}

// CHG-10: a verifier that shares no code with this one says the same of the same files.
#[test]
fn the_second_implementation_names_the_same_entries() {
    let ledger = honest();
    let read = ledger.transcript().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut kinds = kinds(&read);
    kinds.push(Kind {
        name: "nothing".into(),
        export: export(&read),
        told: Told::Other,
    });
    let write = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let head = write("head", ledger.head().to_string().as_bytes());
    let exports = kinds
        .iter()
        .zip(0..)
        .map(|(kind, number)| write(&format!("{number}"), &kind.export));
    let exports: Vec<_> = exports.collect();
    let run = Command::new("python3")
        .arg(verifier("verify_ledger.py"))
        .args([
            "--json",
            "--fingerprint",
            &read.key.fingerprint().to_string(),
            "--checkpoint",
        ])
        .arg(head)
        .args(exports)
        .output()
        .expect("`python3` runs");
    let said = String::from_utf8(run.stdout).unwrap();
    assert_eq!(
        (run.status.code(), said.lines().count()),
        (Some(1), kinds.len()),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    for (kind, line) in kinds.iter().zip(said.lines()) {
        let said: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            said["verified"],
            kind.name == "nothing",
            "{}: {line}",
            kind.name
        );
        let entry = said["entry"].as_u64().map_or(Told::Other, Told::Entry);
        assert_eq!(entry, kind.told, "{}: {line}", kind.name);
    }
}

/// The files that the verifiers outside this crate are tried with.
#[test]
fn the_files_to_try_verifiers_with_are_what_the_ledger_writes() {
    let ledger = honest();
    let read = ledger.transcript().unwrap();
    let mut altered = tests::parts(&read);
    altered[7][1][FRAME + 5] ^= 1;
    let files = [
        ("honest.log", export(&read)),
        ("altered.log", export(&tests::join(&read, &altered))),
        ("honest.head", ledger.head().to_string().into_bytes()),
        ("honest.pub", format!("{}\n", read.key).into_bytes()),
    ];
    for (name, bytes) in files {
        let kept = std::fs::read(verifier(name)).unwrap_or_default();
        if kept != bytes {
            let beside = std::env::temp_dir().join(name);
            std::fs::write(&beside, &bytes).unwrap();
            panic!("{name} is another; the new one is {}", beside.display());
        }
    }
}

fn verifier(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/verify")
        .join(name)
}
