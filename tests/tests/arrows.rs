//! The arrows between the crates run down only, as `ARCHITECTURE.md` draws them.
//!
//! A new arrow is a design decision: change the diagram and this table in the same commit.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{read, root};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Each crate with what it may use, by floor, the ground last.
const FLOORS: &[&[(&str, &[&str])]] = &[
    &[(
        "schoolgate",
        &[
            "alert", "audit", "change", "console", "content", "gate", "identity", "lists",
            "matcher", "model", "policy", "proxy", "resolver",
        ],
    )],
    &[
        ("console", &["alert", "audit", "change", "gate", "model"]),
        ("proxy", &["gate", "model"]),
        ("resolver", &["gate", "model"]),
    ],
    &[(
        "change",
        &[
            "alert", "audit", "gate", "identity", "lists", "matcher", "model", "policy",
        ],
    )],
    &[
        ("alert", &["audit", "model"]),
        (
            "gate",
            &["audit", "content", "identity", "matcher", "model", "policy"],
        ),
        ("lists", &["content", "matcher", "model"]),
    ],
    &[
        ("policy", &["model"]),
        ("audit", &["model"]),
        ("matcher", &["model"]),
        ("content", &["model"]),
        ("identity", &["model"]),
    ],
    &[("model", &[])],
];

/// What the doors may never name, not even through another crate.
const BEHIND_THE_GATE: [&str; 6] = ["audit", "change", "identity", "lists", "matcher", "policy"];

/// Types that a crate hands on, for a door to match on what the gate tells it and for a face to
/// make what the desk takes.
const HANDED_ON: [(&str, &str); 5] = [
    ("gate", "pub use policy::Reading;"),
    // What a state is made of: whoever makes one holds this.
    ("gate", "pub use content::PhraseBook;"),
    // What is said of an address: whoever binds one makes this.
    ("change", "pub use identity::Binding;"),
    // What stands in a list of digests: whoever reads one meets these.
    (
        "lists",
        "pub use matcher::{DigestKind, DigestSalt, SaltedDigest};",
    ),
    // What a change is made of: whoever proposes one makes these.
    (
        "change",
        "pub use policy::{EmergencyBlock, Isolation, ModeSwitch, Overlay, Override, Pause, Plan, Trial};",
    ),
];

/// The types of `audit` that write, and the crates that may name them; the binary wires.
const WRITERS: [&str; 4] = ["Journal", "JournalWriter", "Ledger", "OpenLedgerError"];
const MAY_WRITE: [&str; 3] = ["change", "gate", "schoolgate"];

struct Manifest {
    uses: BTreeSet<String>,
    tests_use: BTreeSet<String>,
}

fn floor(name: &str) -> usize {
    FLOORS
        .iter()
        .position(|floor| floor.iter().any(|(crate_name, _)| *crate_name == name))
        .unwrap_or_else(|| panic!("crate `{name}` stands on no floor of this table"))
}

fn allowed(name: &str) -> &'static [&'static str] {
    FLOORS
        .iter()
        .copied()
        .flatten()
        .find(|(crate_name, _)| *crate_name == name)
        .unwrap()
        .1
}

fn manifests() -> BTreeMap<String, Manifest> {
    let mut manifests = BTreeMap::new();
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let text = read(&folder.join("Cargo.toml"));
        let table: toml::Table = text
            .parse()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let keys = |section: &str| -> BTreeSet<String> {
            table
                .get(section)
                .and_then(toml::Value::as_table)
                .map(|section| section.keys().cloned().collect())
                .unwrap_or_default()
        };
        assert!(
            !table.contains_key("target"),
            "{name}: an arrow may not depend on the platform"
        );
        let mut uses = keys("dependencies");
        uses.extend(keys("build-dependencies"));
        manifests.insert(
            name,
            Manifest {
                uses,
                tests_use: keys("dev-dependencies"),
            },
        );
    }
    manifests
}

fn ours(names: &BTreeSet<String>, all: &BTreeMap<String, Manifest>) -> Vec<String> {
    names
        .iter()
        .filter(|name| all.contains_key(*name))
        .cloned()
        .collect()
}

/// The lines of code of a crate, with their place; comments are left out.
fn code(name: &str) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root().join("crates").join(name).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                lines.extend(code_of(&path));
            }
        }
    }
    lines
}

fn code_of(path: &Path) -> Vec<(String, String)> {
    read(path)
        .lines()
        .zip(1..)
        .filter(|(line, _)| !line.trim_start().starts_with("//"))
        .map(|(line, number)| (format!("{}:{number}", path.display()), line.to_owned()))
        .collect()
}

/// Whether a line of code names a path that begins with this crate.
fn names(line: &str, wanted: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(wanted).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = &line[at + wanted.len()..];
        let whole = before.is_none_or(|c| !inside(c) && c != '.')
            && (after.starts_with("::") || line.trim_start() == format!("use {wanted};"));
        // A module of the crate itself may bear the same name.
        let own = ["crate::", "self::", "super::"]
            .iter()
            .any(|own| line[..at].ends_with(own));
        whole && !own
    })
}

#[test]
fn the_table_itself_runs_down() {
    for (level, crates) in FLOORS.iter().enumerate() {
        for (name, uses) in *crates {
            for used in *uses {
                assert!(
                    floor(used) > level,
                    "`{name}` -> `{used}` does not run down"
                );
            }
        }
    }
}

#[test]
fn every_crate_is_in_the_table_and_every_arrow_is_allowed() {
    let all = manifests();
    let drawn: usize = FLOORS.iter().map(|floor| floor.len()).sum();
    assert_eq!(
        all.len(),
        drawn,
        "the table and the folder `crates` hold different crates"
    );
    for (name, manifest) in &all {
        for used in ours(&manifest.uses, &all) {
            assert!(
                allowed(name).contains(&used.as_str()),
                "`{name}` -> `{used}` is not drawn"
            );
        }
    }
}

#[test]
fn arrows_of_tests_do_not_point_up_or_round() {
    let all = manifests();
    for (name, manifest) in &all {
        for used in ours(&manifest.tests_use, &all) {
            assert!(used != *name, "`{name}` uses itself");
            assert!(
                floor(&used) >= floor(name),
                "the tests of `{name}` -> `{used}` point up"
            );
            let back = &all[&used];
            assert!(
                !back.uses.contains(name) && !back.tests_use.contains(name),
                "`{name}` and `{used}` use each other"
            );
        }
    }
}

#[test]
fn the_doors_never_name_what_lies_behind_the_gate() {
    for door in ["proxy", "resolver"] {
        let other = if door == "proxy" { "resolver" } else { "proxy" };
        for (place, line) in code(door) {
            for hidden in BEHIND_THE_GATE.into_iter().chain([other]) {
                assert!(
                    !names(&line, hidden),
                    "{place}: a door names `{hidden}`: {line}"
                );
            }
        }
    }
}

#[test]
fn no_crate_hands_a_sibling_on() {
    let all = manifests();
    for name in all.keys() {
        for (place, line) in code(name) {
            for sibling in all.keys().filter(|sibling| *sibling != name) {
                let handed = ["pub use ", "pub extern crate "].iter().any(|words| {
                    line.trim_start().strip_prefix(words).is_some_and(|rest| {
                        rest.strip_prefix(sibling.as_str())
                            .is_some_and(|rest| rest.starts_with([':', ';', ' ']))
                    })
                });
                // `mod` of the same name inside the crate would be `pub use self::...`.
                let own = root()
                    .join("crates")
                    .join(name)
                    .join(format!("src/{sibling}.rs"));
                let drawn = HANDED_ON.contains(&(name.as_str(), line.trim()));
                assert!(
                    !handed || drawn || own.exists(),
                    "{place}: `{name}` hands `{sibling}` on"
                );
            }
        }
    }
}

#[test]
fn only_the_gate_and_the_desk_write_to_the_audit() {
    for (name, manifest) in manifests() {
        if !manifest.uses.contains("audit") || MAY_WRITE.contains(&name.as_str()) {
            continue;
        }
        // A test makes the record that it reads.
        let of_tests = |place: &str| {
            ["tests.rs:", "stand_in.rs:"]
                .iter()
                .any(|end| place.contains(end))
        };
        let own = code(&name).into_iter();
        for (place, line) in own.filter(|(place, _)| !of_tests(place)) {
            for writer in WRITERS {
                assert!(
                    !(line.contains("audit::") && names_type(&line, writer)),
                    "{place}: `{name}` names `{writer}`"
                );
            }
        }
    }
}

fn names_type(line: &str, wanted: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word == wanted)
}

#[test]
fn the_check_sees_a_path_and_not_a_word() {
    assert!(names("use policy::View;", "policy"));
    assert!(names("let x = ::audit::Ledger::open();", "audit"));
    assert!(names("use policy;", "policy"));
    assert!(!names("use crate::policy::View;", "policy"));
    assert!(!names("let policy = gate.policy();", "policy"));
    assert!(!names("self.audit::<u8>()", "audit"));
    assert!(!names("use gate::Session; // not policy", "policy"));
}
