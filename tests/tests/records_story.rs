//! Records at the command line, each act in a person's name: held, handed over as evidence, given
//! to the person concerned, erased by two, and answered for as they were.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{Demo, Person, ask_dns, gateway_command};
use serde_json::Value;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const PUPIL: [u8; 4] = [127, 20, 0, 9];
const WHOM: &str = "127.20.0.9";
const SITE: &str = "chess.com";
const REASON: &str = "asked for by letter of the police";

struct School {
    demo: Demo,
    technician: Person,
    lead: Person,
    headteacher: Person,
}

impl School {
    fn open() -> Self {
        let demo = Demo::start(|_| {});
        let found = |name: &str, role: &str| Person::found(&demo, name, role, &[]);
        let school = Self {
            technician: found("technician", "technician"),
            lead: found("lead", "safeguarding-lead"),
            headteacher: found("headteacher", "headteacher"),
            demo,
        };
        ask_dns(school.demo.address("dns"), PUPIL.into(), SITE, 1);
        school.demo.wait_for_visit(SITE);
        school
    }

    fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let began = Instant::now();
        while !holds() {
            assert!(began.elapsed() < Duration::from_secs(60), "{what}: not yet");
        }
    }

    fn act(&self, person: &Person, words: &[&str]) -> Value {
        let mut all = words.to_vec();
        all.push("--json");
        serde_json::from_str(&person.command(&self.demo, &all).done()).unwrap()
    }

    fn approve(&self, person: &Person, id: &str) -> Value {
        let words = ["override", "approve", id, "--reason", "it is right so"];
        self.act(person, &words)
    }

    fn path(&self, name: &str) -> (PathBuf, String) {
        let path = self.demo.path(name);
        (path.clone(), path.to_str().unwrap().to_owned())
    }

    fn entries(&self, kind: &str) -> Vec<Value> {
        let all = self.demo.command(&["audit", "list"]).done();
        let of = all.lines().filter(|line| line.contains(kind));
        of.map(|line| line.split_whitespace().next().unwrap().parse().unwrap())
            .collect()
    }
}

// LOG-05: one holds, two let go.
#[test]
fn a_hold_is_copied_by_itself_and_let_go_by_two() {
    let school = School::open();
    let around = "2026-11-24T09:00:00Z";
    let words = [
        "audit", "hold", "--for", WHOM, "--around", around, "--reason", REASON,
    ];
    let held = school.act(&school.lead, &words);
    let id = held["id"].as_str().unwrap();
    let cases = || {
        let folder = std::fs::read_dir(school.demo.path("state/cases"));
        folder.map_or(0, Iterator::count)
    };
    school.until("the case is there", || cases() == 1);
    let release = ["audit", "release", id, "--reason", "the matter is over"];
    let asked = school.act(&school.headteacher, &release);
    assert_eq!(asked["stage"], "waiting");
    assert_eq!(cases(), 1);
    school.approve(&school.lead, asked["id"].as_str().unwrap());
    school.until("the case is gone", || cases() == 0);
}

// REP-17, LOG-22: the export is an entry, and part of what is handed over.
#[test]
fn evidence_is_checked_without_the_gateway() {
    let school = School::open();
    let (folder, out) = school.path("evidence");
    let (archive, tar) = school.path("evidence.tar");
    let words = |out: &str| {
        let text = format!(
            "audit evidence --entries 1,2 --person {WHOM} --since 2026-11-24T00:00:00Z --until \
             2026-11-25T00:00:00Z --out {out} --reason"
        );
        let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        words.push(REASON.to_owned());
        words
    };
    let run = |person: &Person, out: &str| {
        let words = words(out);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        person.command(&school.demo, &words)
    };
    let refused = run(&school.technician, &out);
    assert_eq!(refused.code, Some(1), "{}", refused.err);
    assert!(!folder.exists());
    run(&school.headteacher, &out).done();
    run(&school.headteacher, &tar).done();
    assert_eq!(school.entries(" export ").len(), 2);

    let head = school.demo.command(&["audit", "head"]);
    let words: Vec<&str> = head.err.split_whitespace().collect();
    // Sixteen groups of four digits end the line.
    let fingerprint = words[words.len() - 16..].join(" ");
    for set in [&out, &tar] {
        let words = ["audit", "verify", "--evidence", set, "--fingerprint"];
        let mut words = words.to_vec();
        words.extend([fingerprint.as_str(), "--json"]);
        let verified: Value = serde_json::from_str(&gateway_command(&words).done()).unwrap();
        assert_eq!(verified["entries"].as_array().unwrap().len(), 3);
    }
    let text = std::fs::read_to_string(folder.join("decisions.csv")).unwrap();
    assert!(text.contains(SITE), "{text}");
    std::fs::write(folder.join("decisions.csv"), text.replace(SITE, "go.test")).unwrap();
    let mut bytes = std::fs::read(&archive).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(&archive, bytes).unwrap();
    for set in [&out, &tar] {
        let said = gateway_command(&["audit", "verify", "--evidence", set]);
        assert_ne!(said.code, Some(0), "{}", said.out);
    }
}

// LOG-06
#[test]
fn a_persons_own_records_are_written_out_with_a_reason_and_an_entry() {
    let school = School::open();
    let (file, out) = school.path("own.csv");
    let words = [
        "audit", "access", "--person", WHOM, "--out", &out, "--reason", REASON,
    ];
    let done = school.act(&school.headteacher, &words);
    assert!(done["rows"].as_u64().unwrap() > 0, "{done}");
    assert!(std::fs::read_to_string(&file).unwrap().contains(SITE));
    assert_eq!(school.entries(" disclosure ").len(), 1);
    assert_eq!(school.entries(" export ").len(), 1);
    // A file that is there is never written over.
    let again = school.headteacher.command(&school.demo, &words);
    assert_eq!(again.code, Some(2), "{}", again.err);
}

// LOG-04
#[test]
fn words_are_erased_by_two_and_a_proof_still_holds() {
    let school = School::open();
    let site = "a-name-to-forget.test";
    let words = [
        "override",
        "request",
        "--site",
        site,
        "--for",
        "group:ks2",
        "--until",
        "2026-11-24T15:15:00Z",
        "--reason",
        "a mistake",
    ];
    let asked = school.act(&school.technician, &words);
    let id = asked["id"].as_str().unwrap();
    let entry = school.entries(" proposed ").pop().unwrap().to_string();
    let withdraw = ["override", "revoke", id, "--reason", "a mistake"];
    school.act(&school.technician, &withdraw);
    let erase = ["audit", "erase", "--entries", &entry, "--reason", REASON];
    let erasure = school.act(&school.lead, &erase);
    let own = ["override", "approve", erasure["id"].as_str().unwrap()];
    let mut own = own.to_vec();
    own.extend(["--reason", "I agree with myself"]);
    assert_eq!(school.lead.command(&school.demo, &own).code, Some(1));
    school.approve(&school.headteacher, erasure["id"].as_str().unwrap());
    let payloads = std::fs::read(school.demo.path("state/ledger/ledger.payloads")).unwrap();
    let held = payloads
        .windows(site.len())
        .any(|window| window == site.as_bytes());
    assert!(!held);
    school.demo.command(&["audit", "verify"]).done();
    let proof = school.demo.command(&["audit", "prove", "--entry", &entry]);
    let proof: Value = serde_json::from_str(&proof.done()).unwrap();
    assert_eq!(proof["verified"], true);
}

// CHG-14: the past is answered with what was in force then.
#[test]
fn the_past_is_explained_with_the_policy_of_then() {
    let school = School::open();
    let state = school.demo.path("state");
    let explain = |at: &str| {
        let words = [
            "explain",
            "--in-force",
            "--state",
            state.to_str().unwrap(),
            "--client",
            WHOM,
            "--at",
            at,
            "--json",
            SITE,
        ];
        let said: Value = serde_json::from_str(&gateway_command(&words).done()).unwrap();
        said["action"].as_str().unwrap().to_owned()
    };
    let words = [
        "override",
        "request",
        "--site",
        SITE,
        "--for",
        "group:ks2",
        "--until",
        "2026-11-24T15:15:00Z",
        "--reason",
        "chess club",
    ];
    let asked = school.act(&school.technician, &words);
    school.approve(&school.headteacher, asked["id"].as_str().unwrap());
    school.demo.jump("14:00:00");
    assert_eq!(explain("2026-11-24T13:59:00Z"), "allow");
    assert_eq!(explain("2026-11-24T15:16:00Z"), "block");
    let before = asked["made"].as_str().unwrap();
    assert_eq!(explain(before), "block");
}
