//! Ways around two people, tried at the command line by those who would like to be quicker.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{Demo, Person, ask_dns};
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;

const CLASS: [u8; 4] = [127, 20, 0, 9];
const SITE: &str = "chess.com";

struct Tried {
    demo: Demo,
    technician: Person,
    coordinator: Person,
    headteacher: Person,
}

impl Tried {
    fn open() -> Self {
        let demo = Demo::start(|_| {});
        let technician = Person::found(&demo, "technician", "technician", &[]);
        let same = ["--same-person-as", "technician"];
        let coordinator = Person::found(&demo, "second-hat", "coordinator", &same);
        let headteacher = Person::found(&demo, "headteacher", "headteacher", &[]);
        Self {
            headteacher,
            demo,
            technician,
            coordinator,
        }
    }

    fn request(&self) -> String {
        let until = "2026-11-24T15:15:00Z";
        let said = self.technician.command(
            &self.demo,
            &[
                "override",
                "request",
                "--site",
                SITE,
                "--for",
                "group:ks2",
                "--until",
                until,
                "--reason",
                "chess club",
                "--json",
            ],
        );
        let matter: serde_json::Value = serde_json::from_str(&said.done()).unwrap();
        assert_eq!(matter["stage"], "waiting");
        matter["id"].as_str().unwrap().to_owned()
    }

    fn is_open(&self) -> bool {
        let from = IpAddr::from(CLASS);
        !ask_dns(self.demo.address("dns"), from, SITE, 1)
            .addresses()
            .is_empty()
    }
}

// CHG-04: by person, not by account.
#[test]
fn one_person_with_two_accounts_is_one_person() {
    let tried = Tried::open();
    let id = tried.request();
    let words = [
        "override",
        "approve",
        &id,
        "--reason",
        "I agree with myself",
    ];
    for person in [&tried.technician, &tried.coordinator] {
        let said = person.command(&tried.demo, &words);
        assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    }
    assert!(!tried.is_open());
}

// CHG-26: what is illegal is not addressable by change control at all.
#[test]
fn nobody_can_even_ask_for_the_floor() {
    let tried = Tried::open();
    let until = "2026-11-24T15:15:00Z";
    for floor in ["category:csam", "category:terrorism"] {
        let said = tried.technician.command(
            &tried.demo,
            &[
                "override",
                "request",
                "--site",
                floor,
                "--for",
                "group:staff",
                "--until",
                until,
                "--reason",
                "research",
            ],
        );
        assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    }
}

// A token proposes at most, and the wrong password nothing.
#[test]
fn a_token_decides_nothing_and_a_guess_does_nothing() {
    let tried = Tried::open();
    let id = tried.request();
    let token = tried
        .technician
        .command(&tried.demo, &["account", "token", "--scope", "propose"])
        .done();
    let file = tried.demo.path("token");
    std::fs::write(&file, token).unwrap();
    let file = file.to_str().unwrap();
    let said = tried.demo.command(&[
        "override",
        "approve",
        &id,
        "--reason",
        "quickly",
        "--token-file",
        file,
    ]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    let listed = tried
        .demo
        .command(&["override", "list", "--json", "--token-file", file])
        .done();
    assert!(listed.contains(&id), "it may look: {listed}");
    let mut guess = tried.coordinator.clone();
    guess.password = "not the password of anybody".to_owned();
    let said = guess.command(&tried.demo, &["override", "list"]);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    assert!(!tried.is_open());
}

// SEC-10: who is not the gateway's own user does not reach its socket, nor what it keeps.
#[test]
fn another_user_of_the_machine_reaches_nothing() {
    let demo = Demo::start(|_| {});
    for (inside, mode) in [
        ("state", 0o700),
        ("state/control.sock", 0o600),
        ("state/secret.key", 0o600),
    ] {
        let found = std::fs::metadata(demo.path(inside)).unwrap().permissions();
        assert_eq!(found.mode() & 0o777, mode, "{inside}");
    }
}

// What is acknowledged survives the power, once.
#[test]
fn what_was_approved_is_in_force_after_a_power_cut_and_what_was_not_is_not() {
    let mut tried = Tried::open();
    let first = tried.request();
    // The only coordinator is the proposer's other account, so it is the headteacher's turn.
    let decided = tried.headteacher.command(
        &tried.demo,
        &["override", "approve", &first, "--reason", "agreed"],
    );
    assert_eq!(decided.code, Some(0), "{}{}", decided.out, decided.err);
    assert!(tried.is_open());
    tried.demo.kill();
    tried.demo.resume();
    assert!(tried.is_open(), "it was acknowledged");
    let verified = tried.demo.command(&["audit", "verify"]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.out, verified.err);
}
