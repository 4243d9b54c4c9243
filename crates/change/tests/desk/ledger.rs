//! What is in force is what the ledger says.

use crate::school::{action, activate, files, kinds, manual, open, proposal};
use audit::EntryKind;
use change::{Active, Bundle, OpenDeskError, StateFolder};

#[test]
fn a_start_resumes_what_the_ledger_says_is_in_force() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), manual());
    let first = open(folder.path(), &clock).unwrap();
    assert!(first.founded);
    activate(&first.desk, files("block"));
    assert_eq!(action(&first.desk, "10.20.0.5", "friends.test"), "block");
    activate(&first.desk, files("allow"));
    assert_eq!(action(&first.desk, "10.20.0.5", "friends.test"), "allow");
    drop(first);
    let second = open(folder.path(), &clock).unwrap();
    assert!(!second.founded);
    let active = second.desk.active().unwrap().unwrap();
    assert_eq!(active.bundle, Bundle::new(files("allow")));
    assert_eq!(
        (active.school.as_str(), active.mode.as_str()),
        ("Oakfield", "commissioning")
    );
    second.desk.resume().unwrap().unwrap();
    assert_eq!(action(&second.desk, "10.20.0.5", "friends.test"), "allow");
}

// CHG-01
#[test]
fn every_activation_is_an_entry_with_what_changed() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), manual());
    let opened = open(folder.path(), &clock).unwrap();
    activate(&opened.desk, files("block"));
    activate(&opened.desk, files("allow"));
    assert_eq!(
        kinds(&opened.desk),
        [
            EntryKind::Founding,
            EntryKind::Started,
            EntryKind::Commissioning,
            EntryKind::ListsActivated,
            EntryKind::PolicyActivated,
            EntryKind::PolicyActivated,
        ],
        "lists that did not change are not activated again"
    );
    let transcript = opened.desk.ledger().transcript().unwrap();
    let last = transcript.entries().last().unwrap();
    assert_eq!(
        last.payload.unwrap()["changed"],
        serde_json::json!(["config/groups/ks2.toml"])
    );
    assert!(
        !opened.desk.notices().waiting().is_empty(),
        "a second person is told"
    );
}

#[test]
fn what_was_checked_but_not_activated_is_not_in_force() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), manual());
    let opened = open(folder.path(), &clock).unwrap();
    activate(&opened.desk, files("block"));
    // A crash between the check and the ledger entry leaves no more than this behind.
    let _left = opened.desk.check(proposal(files("allow"))).unwrap();
    drop(opened);
    let active = Active::read(folder.path()).unwrap().unwrap();
    assert_eq!(active.bundle, Bundle::new(files("block")));
}

#[test]
fn a_proposal_with_faults_changes_nothing() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), manual());
    let opened = open(folder.path(), &clock).unwrap();
    activate(&opened.desk, files("block"));
    let faults = opened.desk.check(proposal(files("blok"))).unwrap_err();
    assert!(
        faults.to_string().contains("did you mean `block`?"),
        "{faults}"
    );
    opened.desk.refuse_files(&faults).unwrap();
    assert_eq!(
        opened.desk.active().unwrap().unwrap().bundle,
        Bundle::new(files("block"))
    );
}

#[test]
fn lists_that_were_lost_are_compiled_again_from_the_bundle() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), manual());
    let opened = open(folder.path(), &clock).unwrap();
    activate(&opened.desk, files("block"));
    std::fs::remove_dir_all(StateFolder::lists_in(folder.path())).unwrap();
    drop(opened);
    let opened = open(folder.path(), &clock).unwrap();
    opened.desk.resume().unwrap().unwrap();
    assert_eq!(action(&opened.desk, "10.20.0.5", "friends.test"), "block");
}

#[test]
fn a_second_desk_on_the_same_folder_is_refused() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), manual());
    let _held = open(folder.path(), &clock).unwrap();
    assert!(matches!(
        open(folder.path(), &clock),
        Err(OpenDeskError::Locked { .. })
    ));
}
