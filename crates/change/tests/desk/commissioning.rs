//! The first days: the technician edits freely, for a while and on the record.

use crate::school::{
    STAFF, School, action, activate, files, manual, open, proposal, with_settings,
};
use alert::Role;
use audit::EntryKind;
use change::{Change, Commission, Draft, FoundError, Mode, NewAccount, Outcome};
use std::time::Duration;

fn days(days: u64) -> Duration {
    Duration::from_secs(days * 86_400)
}

#[test]
fn it_ends_by_itself_after_fourteen_days_at_most() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), manual());
    let desk = open(folder.path(), &clock).unwrap().desk;
    activate(
        &desk,
        with_settings(files("block"), "commissioning_days = 14"),
    );
    assert_eq!(desk.mode(), Mode::Commissioning);
    clock.advance(days(14));
    assert!(desk.tick().unwrap().commissioning_ended);
    assert_eq!(desk.mode(), Mode::Decided);
    let checked = desk.check(proposal(files("allow"))).unwrap();
    assert!(matches!(
        desk.commission(checked).unwrap(),
        Commission::Over(_)
    ));
    // Nor does a restart with the clock set back begin it again.
    drop(desk);
    clock.set(crate::school::NOW.parse().unwrap());
    let desk = open(folder.path(), &clock).unwrap().desk;
    desk.resume().unwrap();
    assert_eq!(desk.mode(), Mode::Decided);
}

#[test]
fn the_headteacher_may_end_it_early() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), manual());
    let desk = open(folder.path(), &clock).unwrap().desk;
    activate(&desk, files("block"));
    let mut school = School {
        folder,
        clock,
        desk: desk.into(),
        people: Vec::new(),
    };
    school.enrol(
        "head",
        &NewAccount::new("head", "Jo Head", Role::Headteacher),
    );
    let head = school.sign_in("head");
    let draft = Draft::new(Change::EndCommissioning, "we are ready");
    assert!(matches!(
        school.desk.propose(&head, draft).unwrap(),
        Outcome::Active(_)
    ));
    assert_eq!(school.desk.mode(), Mode::Decided);
}

// CHG-30: later an account is a change like any other.
#[test]
fn accounts_are_founded_at_the_machine_only_while_it_lasts() {
    let school = School::with(&[("head", Role::Headteacher)]);
    let new = NewAccount::new("mallory", "Mallory", Role::Headteacher);
    assert!(matches!(
        school.desk.found_account(0, &new),
        Err(FoundError::Over)
    ));
}

// CHG-19: a file that is edited by hand is not in force, and is told of once.
#[test]
fn an_edited_file_is_drift_and_never_enforced() {
    let school = School::with(&STAFF);
    let edited = files("allow");
    let drift = school.desk.drift(&edited).unwrap().unwrap();
    assert_eq!(drift.changed, ["config/groups/ks2.toml"]);
    assert!(
        drift
            .diff
            .contains("-social = \"block\"\n+social = \"allow\""),
        "{}",
        drift.diff
    );
    assert!(drift.effect.is_some());
    school.desk.drift(&edited).unwrap().unwrap();
    let drifts = school
        .kinds()
        .into_iter()
        .filter(|kind| *kind == EntryKind::Drift);
    assert_eq!(drifts.count(), 1, "once for each state of the files");
    assert_eq!(action(&school.desk, "10.20.0.5", "friends.test"), "block");

    let tech = school.sign_in("tech");
    let outcome = school
        .desk
        .propose_files(&tech, edited, "agreed with the governors")
        .unwrap();
    let Outcome::Waiting(matter) = outcome else {
        panic!("files that open came into force on one word")
    };
    assert_eq!(matter.decider.unwrap().role, Role::Headteacher);
    assert_eq!(action(&school.desk, "10.20.0.5", "friends.test"), "block");
    school.approve("head", matter.id);
    assert_eq!(action(&school.desk, "10.20.0.5", "friends.test"), "allow");
    assert_eq!(school.desk.drift(&files("allow")).unwrap(), None);
    let school = school.restart();
    assert_eq!(action(&school.desk, "10.20.0.5", "friends.test"), "allow");
}
