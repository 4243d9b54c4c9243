//! The desk on a real disk: what is in force is what the ledger says, whatever happened between.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use audit::{Actor, EntryKind};
use change::{Active, Bundle, Desk, OpenDeskError, Opened, Proposal, StateFolder};
use gate::{Explainer, Question};
use model::{Files, ManualClock, Moment, SystemChance};
use std::path::Path;
use std::sync::Arc;

const NOW: &str = "2026-11-23T10:15:00Z";

const NETWORK: &str = r#"
[[device_classes]]
id = "shared"
title = "school owned, shared"
network = "full"
[[zones]]
id = "rooms"
networks = ["10.20.0.0/16"]
device_class = "shared"
group = "ks2"
unidentified = "ks2"
"#;

fn files(social: &str) -> Files {
    let mut files = Files::default();
    files.insert("config/network.toml", NETWORK.as_bytes());
    let group = format!(
        "title = \"Key Stage 2\"\nkind = \"pupils\"\nestablished = \"allow\"\nunknown = \"allow\"\n[access]\nsocial = \"{social}\"\n"
    );
    files.insert("config/groups/ks2.toml", group.into_bytes());
    let category = "[[categories]]\nid = \"social\"\ntitle = \"Social media\"\nwords = \"Friends.\"\ntheme = \"School policy\"\nclass = \"against\"\ndefault = \"pupils\"\n";
    files.insert("blocklists/categories.toml", category.as_bytes());
    let list = "# title: Social media\n# category: social\n# written: 2026-11-22\n# source: a test\n# licence: MIT OR Apache-2.0\n\nfriends.test\n";
    files.insert("blocklists/starter/social.txt", list.as_bytes());
    files
}

fn proposal(files: Files) -> Proposal {
    Proposal {
        bundle: Bundle::new(files),
        school: "Oakfield".to_owned(),
        proposer: Actor::Gateway,
        reason: "a test".to_owned(),
    }
}

fn open(state: &Path) -> Result<Opened, OpenDeskError> {
    let clock = Arc::new(ManualClock::new(NOW.parse().unwrap()));
    Desk::open(
        state,
        "oakfield.example/ledger",
        clock,
        Arc::new(SystemChance),
    )
}

fn activate(desk: &Desk, files: Files) -> Option<gate::State> {
    let checked = desk
        .check(proposal(files))
        .unwrap_or_else(|faults| panic!("{faults}"));
    desk.activate(desk.mode().approve(checked), None)
        .unwrap()
        .state
}

fn action(state: gate::State) -> &'static str {
    let question = Question {
        client: "10.20.0.5".parse().unwrap(),
        user: None,
        group: None,
        at: NOW.parse::<Moment>().unwrap(),
        target: "friends.test",
    };
    Explainer::new(Arc::new(state))
        .explain(&question, false)
        .unwrap()
        .action
        .word()
}

#[test]
fn a_start_resumes_what_the_ledger_says_is_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path()).unwrap();
    assert!(first.founded);
    assert_eq!(
        action(activate(&first.desk, files("block")).unwrap()),
        "block"
    );
    assert_eq!(
        action(activate(&first.desk, files("allow")).unwrap()),
        "allow"
    );
    drop(first);
    let second = open(folder.path()).unwrap();
    assert!(!second.founded);
    let active = second.desk.active().unwrap().unwrap();
    assert_eq!(active.bundle, Bundle::new(files("allow")));
    assert_eq!(
        (active.school.as_str(), active.mode.as_str()),
        ("Oakfield", "unattended")
    );
    assert_eq!(action(second.desk.resume(&active).unwrap()), "allow");
}

// CHG-01
#[test]
fn every_activation_is_an_entry_with_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path()).unwrap();
    activate(&opened.desk, files("block"));
    activate(&opened.desk, files("allow"));
    let transcript = opened.desk.ledger().transcript().unwrap();
    let kinds: Vec<_> = transcript
        .entries()
        .filter_map(|written| written.leaf.kind())
        .collect();
    assert_eq!(
        kinds,
        [
            EntryKind::Founding,
            EntryKind::Unattended,
            EntryKind::Started,
            EntryKind::ListsActivated,
            EntryKind::PolicyActivated,
            EntryKind::PolicyActivated,
        ],
        "lists that did not change are not activated again"
    );
    let last = transcript.entries().last().unwrap();
    assert_eq!(
        last.payload.unwrap()["changed"],
        serde_json::json!(["config/groups/ks2.toml"])
    );
    assert_eq!(
        opened.desk.notices().waiting().len(),
        2,
        "each is told to a second person"
    );
}

#[test]
fn what_was_checked_but_not_activated_is_not_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path()).unwrap();
    activate(&opened.desk, files("block"));
    // A crash between the check and the ledger entry leaves no more than this behind.
    let _left = opened.desk.check(proposal(files("allow"))).unwrap();
    drop(opened);
    let active = Active::read(folder.path()).unwrap().unwrap();
    assert_eq!(active.bundle, Bundle::new(files("block")));
}

#[test]
fn a_proposal_with_faults_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path()).unwrap();
    activate(&opened.desk, files("block"));
    let faults = opened.desk.check(proposal(files("blok"))).unwrap_err();
    assert!(
        faults.to_string().contains("did you mean `block`?"),
        "{faults}"
    );
    opened.desk.refuse(&faults).unwrap();
    assert_eq!(
        opened.desk.active().unwrap().unwrap().bundle,
        Bundle::new(files("block"))
    );
    assert_eq!(opened.desk.notices().waiting().len(), 2);
}

#[test]
fn lists_that_were_lost_are_compiled_again_from_the_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path()).unwrap();
    activate(&opened.desk, files("block"));
    std::fs::remove_dir_all(StateFolder::lists_in(folder.path())).unwrap();
    drop(opened);
    let opened = open(folder.path()).unwrap();
    let active = opened.desk.active().unwrap().unwrap();
    assert_eq!(action(opened.desk.resume(&active).unwrap()), "block");
}

#[test]
fn a_second_desk_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let _held = open(folder.path()).unwrap();
    assert!(matches!(
        open(folder.path()),
        Err(OpenDeskError::Locked { .. })
    ));
}
