//! Who decides, and who does when nobody answers.

use crate::school::{STAFF, School};
use alert::Role;
use change::{AccountChange, Change, DecideError, RIGHTS, Stage};
use std::time::Duration;

// CHG-15
#[test]
fn silence_in_school_hours_moves_a_matter_on_and_silence_at_night_does_not() {
    let school = School::with(&STAFF);
    // Monday 7 December 2026, in the morning.
    let matter = school.propose(
        "tech",
        school.unblock("museum.test", "group:ks2", 3 * 24 * 60),
    );
    let decider = |id| {
        let head = school.sign_in("head");
        let matter = school.desk.matter(&head, id).unwrap().unwrap();
        matter.decider.unwrap().role
    };
    assert_eq!(decider(matter.id), Role::Coordinator);
    let early = school.desk.approve(
        school.confirm("deputy"),
        matter.id,
        matter.digest,
        "too early",
    );
    assert!(matches!(early, Err(DecideError::Turn { .. })), "{early:?}");
    school.clock.advance(Duration::from_secs(2 * 3_600));
    assert_eq!(decider(matter.id), Role::Deputy);
    school.clock.advance(Duration::from_secs(16 * 3_600));
    assert_eq!(
        decider(matter.id),
        Role::Headteacher,
        "the rest of the day was four hours"
    );
}

// CHG-15
#[test]
fn who_is_away_is_passed_by() {
    let school = School::with(&STAFF);
    let coordinator = school.sign_in("coordinator");
    let away = Change::Account(AccountChange::Absence {
        account: coordinator.account,
        until: Some(school.in_minutes(3 * 24 * 60)),
    });
    assert_eq!(school.propose("coordinator", away).stage, Stage::Active);
    let matter = school.propose("tech", school.unblock("museum.test", "group:ks2", 60));
    assert_eq!(matter.decider.unwrap().role, Role::Deputy);
    school.approve("deputy", matter.id);
}

// CHG-16
#[test]
fn what_is_about_the_headteacher_goes_to_the_chair() {
    let school = School::with(&STAFF);
    let head = school.sign_in("head");
    let suspend = Change::Account(AccountChange::Suspend {
        account: head.account,
    });
    let matter = school.propose("tech", suspend);
    assert_eq!(matter.decider.unwrap().role, Role::Chair);
    let head = school.sign_in("head");
    assert!(
        school.desk.matter(&head, matter.id).unwrap().is_none(),
        "it is not even seen"
    );
    assert!(
        !school
            .desk
            .waiting_for(&head)
            .iter()
            .any(|held| held.id == matter.id)
    );
    let lines = school
        .desk
        .history(&head, &change::HistoryFilter::default())
        .unwrap();
    assert!(lines.iter().all(|line| line.matter != Some(matter.id)));
    let own = school
        .desk
        .approve(school.confirm("head"), matter.id, matter.digest, "no");
    assert!(matches!(own, Err(DecideError::Unknown { .. })));
    school.approve("chair", matter.id);
    assert!(school.desk.accounts().iter().any(
        |account| account.id == head.account && account.standing == change::Standing::Suspended
    ));
}

#[test]
fn what_the_headteacher_proposes_is_not_decided_by_the_headteacher() {
    let school = School::with(&STAFF);
    let matter = school.propose("head", school.unblock("museum.test", "zone:rooms", 60));
    assert_eq!(matter.decider.unwrap().role, Role::Chair);
}

// SEC-01, CHG-30: the table is what the desk does, for every role and kind.
#[test]
fn the_table_of_rights_is_kept() {
    let roles: Vec<(&'static str, Role)> = Role::ALL
        .into_iter()
        .filter(|role| *role != Role::Support)
        .map(|role| (role.word(), role))
        .collect();
    let school = School::with(&roles);
    for (name, role) in &roles {
        let acting = school.sign_in(name);
        for right in RIGHTS {
            let draft = change::Draft::new(crate::around::sample(&school, right.kind), "a reason");
            let refused = matches!(
                school.desk.propose(&acting, draft),
                Err(change::ProposeError::Role { .. })
            );
            assert_eq!(
                refused,
                !right.propose.contains(*role),
                "{} {role}",
                right.kind
            );
        }
    }
}
