//! Unblocks, lessons, pauses: from the proposal to the end.

use crate::school::{STAFF, School, action, action_at, files};
use alert::Role;
use change::{
    Change, DecideError, Draft, EmergencyBlock, InvalidChange, Isolation, Outcome, Override, Pause,
    ProposeError, Stage,
};
use model::Access;
use std::time::Duration;

// CHG-03, CHG-08
#[test]
fn one_site_for_one_group_is_proposed_decided_opened_and_closed() {
    let school = School::with(&STAFF);
    let site = "museum.test";
    assert_eq!(action(&school.desk, "10.20.0.5", site), "block");
    let matter = school.propose("tech", school.unblock(site, "group:ks2", 60));
    assert_eq!(matter.stage, Stage::Waiting);
    assert_eq!(matter.decider.unwrap().role, Role::Coordinator);
    assert_eq!(
        action(&school.desk, "10.20.0.5", site),
        "block",
        "not before it is decided"
    );

    let end = matter.end.unwrap();
    let matter = school.approve("coordinator", matter.id);
    assert_eq!(matter.stage, Stage::Active);
    assert_eq!(action(&school.desk, "10.20.0.5", site), "allow");
    assert_eq!(
        action(&school.desk, "10.30.0.5", site),
        "block",
        "others do not reach it"
    );

    let school = school.restart();
    assert_eq!(action(&school.desk, "10.20.0.5", site), "allow");
    let before = end.before(Duration::from_millis(1));
    assert_eq!(action_at(&school.desk, "10.20.0.5", site, before), "allow");
    assert_eq!(
        action_at(&school.desk, "10.20.0.5", site, end),
        "block",
        "to the millisecond"
    );
    school.clock.advance(school.desk.now().until(end));
    assert_eq!(school.desk.tick().unwrap().ended, [matter.id]);
    assert_eq!(school.desk.overlay(), change::Overlay::default());
    let head = school.sign_in("head");
    let seen = school.desk.matter(&head, matter.id).unwrap().unwrap();
    assert_eq!(seen.stage, Stage::Expired);
}

// CHG-29: a clock that is set back revives nothing.
#[test]
fn what_ended_stays_ended_when_the_clock_is_set_back() {
    let school = School::with(&STAFF);
    let matter = school.propose("tech", school.unblock("museum.test", "group:ks2", 60));
    let start = matter.start.unwrap();
    school.approve("coordinator", matter.id);
    school.clock.advance(Duration::from_secs(3_600));
    school.desk.tick().unwrap();
    school.clock.set(start.after(Duration::from_secs(600)));
    let ticked = school.desk.tick().unwrap();
    assert!(ticked.set_back.is_some(), "the clock is told of");
    let shown = start.after(Duration::from_secs(600));
    assert_eq!(
        action_at(&school.desk, "10.20.0.5", "museum.test", shown),
        "block"
    );
    let school = school.restart();
    assert_eq!(
        action_at(&school.desk, "10.20.0.5", "museum.test", shown),
        "block"
    );
}

#[test]
fn a_clock_set_back_does_not_stretch_what_is_open() {
    let school = School::with(&STAFF);
    let matter = school.propose("tech", school.unblock("museum.test", "group:ks2", 60));
    school.approve("coordinator", matter.id);
    let now = school.desk.now();
    // An hour is put back, and an hour goes by: by the span that never runs back it is over.
    school.clock.set(now.before(Duration::from_secs(1_500)));
    school.desk.tick().unwrap();
    school.clock.advance(Duration::from_secs(3_600));
    assert_eq!(school.desk.tick().unwrap().ended, [matter.id]);
}

#[test]
fn a_wider_or_longer_opening_waits_for_the_headteacher() {
    let school = School::with(&STAFF);
    let long = school.propose(
        "tech",
        school.unblock("museum.test", "group:ks2", 8 * 24 * 60),
    );
    assert_eq!(long.decider.unwrap().role, Role::Headteacher);
    let zone = school.propose("tech", school.unblock("museum.test", "zone:rooms", 60));
    assert_eq!(zone.decider.unwrap().role, Role::Headteacher);
}

// SCH-06
#[test]
fn a_teacher_unlocks_for_the_own_class_what_waits_for_permission() {
    let school = School::with(&STAFF);
    let lesson = |class: &str, site: &str, minutes| {
        let Change::Override(held) = school.unblock(site, class, minutes) else {
            unreachable!()
        };
        Change::Lesson(held)
    };
    let refuse = |change: Change| {
        let teacher = school.sign_in("teacher");
        let refused = school
            .desk
            .propose(&teacher, Draft::new(change, "a lesson about chess"));
        assert!(
            matches!(
                refused,
                Err(ProposeError::Invalid(InvalidChange::Lesson { .. }))
            ),
            "{refused:?}"
        );
    };
    assert_eq!(action(&school.desk, "10.20.6.9", "play.test"), "permission");
    refuse(lesson("class:year-5", "category:games", 40));
    refuse(lesson("class:year-6", "category:social", 40));
    refuse(lesson("class:year-6", "play.test", 40));
    refuse(lesson("class:year-6", "category:games", 61));
    let matter = school.propose("teacher", lesson("class:year-6", "category:games", 40));
    assert_eq!(matter.stage, Stage::Active);
    assert_eq!(action(&school.desk, "10.20.6.9", "play.test"), "allow");
    assert_eq!(action(&school.desk, "10.20.5.9", "play.test"), "permission");
    let teacher = school.sign_in("teacher");
    let end = Draft::new(
        Change::End {
            id: matter.id.to_string(),
        },
        "the lesson is over",
    );
    school.desk.propose(&teacher, end).unwrap();
    assert_eq!(action(&school.desk, "10.20.6.9", "play.test"), "permission");
}

// SCH-06
#[test]
fn a_class_of_two_groups_is_unlocked_for_those_whose_policy_leaves_it_to_the_teacher() {
    let school = School::of(files("permission"), &STAFF);
    let (chess, year) = (
        school.desk.unlockable("chess"),
        school.desk.unlockable("year-6"),
    );
    assert_eq!(chess, year, "Key Stage 2 sits in both");
    assert_eq!(chess.iter().count(), 2, "social media and games");
    let Change::Override(held) = school.unblock("category:social", "class:chess", 40) else {
        unreachable!()
    };
    let matter = school.propose("teacher", Change::Lesson(held));
    assert_eq!(matter.stage, Stage::Active);
    assert_eq!(action(&school.desk, "10.20.9.3", "friends.test"), "allow");
    assert_eq!(
        action(&school.desk, "10.30.9.3", "friends.test"),
        "block",
        "Key Stage 3 has it closed, in the same class"
    );
    assert_eq!(
        action(&school.desk, "10.20.5.3", "friends.test"),
        "permission"
    );
}

// CHG-24
#[test]
fn an_unblock_is_tried_with_some_before_it_is_open_for_all() {
    let school = School::with(&STAFF);
    let staged = |whom: &str, minutes| {
        let Change::Override(held) = school.unblock("museum.test", "group:ks2", 120) else {
            unreachable!()
        };
        Change::Override(Override {
            trial: Some(change::Trial {
                whom: vec![whom.to_owned()],
                until: school.in_minutes(minutes),
            }),
            ..held
        })
    };
    let tech = school.sign_in("tech");
    for wrong in [
        staged("user:pupil.one", 60),
        staged("class:nobody", 60),
        staged("class:year-6", 120),
        staged("class:year-6", 0),
    ] {
        let refused = school.desk.propose(&tech, Draft::new(wrong, "a trial"));
        assert!(
            matches!(refused, Err(ProposeError::Invalid(_))),
            "{refused:?}"
        );
    }
    let matter = school.propose("tech", staged("class:year-6", 60));
    let decider = matter.decider.unwrap().role;
    assert_eq!(decider, Role::Headteacher, "it is for more than one group");
    school.approve("head", matter.id);
    let open =
        || ["10.20.6.9", "10.20.5.9"].map(|client| action(&school.desk, client, "museum.test"));
    assert_eq!(open(), ["allow", "block"]);
    school.clock.advance(Duration::from_secs(60 * 60));
    school.desk.tick().unwrap();
    assert_eq!(open(), ["allow", "allow"]);
    school.clock.advance(Duration::from_secs(60 * 60));
    school.desk.tick().unwrap();
    assert_eq!(open(), ["block", "block"]);
}

fn block(school: &School, site: &str) -> Change {
    Change::Block(EmergencyBlock {
        id: String::new(),
        sites: vec![site.to_owned()],
        whom: Vec::new(),
        start: school.desk.now(),
        end: school.in_minutes(600),
        reason: "harm".to_owned(),
    })
}

// CHG-13
#[test]
fn an_emergency_block_holds_at_once_and_waits_to_be_confirmed_by_another() {
    let school = School::with(&STAFF);
    let open = school.propose("tech", school.unblock("museum.test", "group:ks2", 600));
    school.approve("coordinator", open.id);
    let matter = school.propose("tech", block(&school, "museum.test"));
    assert_eq!(action(&school.desk, "10.20.0.5", "museum.test"), "block");
    assert!(matter.wants_ratification());
    let own = school
        .desk
        .ratify(school.confirm("tech"), matter.id, "mine");
    assert!(matches!(own, Err(DecideError::Own)));
    let matter = school
        .desk
        .ratify(school.confirm("head"), matter.id, "right")
        .unwrap();
    assert_eq!(matter.stage, Stage::Ratified);
    // Ending it opens what it closed: that is decided.
    let end = Change::End {
        id: matter.id.to_string(),
    };
    let end = school.propose("tech", end);
    assert_eq!(end.decider.unwrap().role, Role::Headteacher);
}

#[test]
fn help_and_essential_sites_are_never_closed_on_one_word() {
    let school = School::with(&STAFF);
    for site in [
        "helpline.test",
        "www.helpline.test",
        "registers.test",
        "test",
    ] {
        let matter = school.propose("tech", block(&school, site));
        assert_eq!(matter.stage, Stage::Waiting, "{site}");
        assert_eq!(matter.decider.unwrap().role, Role::Headteacher);
    }
}

// OPS-14, OPS-15
#[test]
fn access_is_paused_and_a_device_cut_off_at_once() {
    let school = School::with(&STAFF);
    let pause = Change::Pause(Pause {
        id: String::new(),
        whom: vec!["class:year-6".to_owned()],
        start: school.desk.now(),
        end: school.in_minutes(30),
        reason: "misuse".to_owned(),
    });
    let open = school.propose("tech", school.unblock("museum.test", "group:ks2", 600));
    school.approve("coordinator", open.id);
    school.propose("deputy", pause);
    assert_eq!(action(&school.desk, "10.20.6.9", "museum.test"), "block");
    assert_eq!(action(&school.desk, "10.20.5.9", "museum.test"), "allow");
    let isolation = Change::Isolation(Isolation {
        id: String::new(),
        whom: vec!["class:year-5".to_owned()],
        start: school.desk.now(),
        end: None,
        reason: "infected".to_owned(),
    });
    school.propose("tech", isolation);
    assert_eq!(action(&school.desk, "10.20.5.9", "museum.test"), "block");
}

// The first of the three openings on one word, which in truth closes.
#[test]
fn an_unblock_is_ended_on_one_word_and_reviewed() {
    let school = School::with(&STAFF);
    let open = school.propose("tech", school.unblock("museum.test", "group:ks2", 600));
    school.approve("coordinator", open.id);
    let end = school.propose(
        "coordinator",
        Change::End {
            id: open.id.to_string(),
        },
    );
    assert_eq!(end.stage, Stage::Active);
    assert!(end.wants_review());
    assert_eq!(action(&school.desk, "10.20.0.5", "museum.test"), "block");
    let head = school.sign_in("head");
    school.desk.review(&head, end.id, "right").unwrap();
    let again = Draft::new(
        Change::End {
            id: open.id.to_string(),
        },
        "again",
    );
    let tech = school.sign_in("tech");
    assert!(matches!(
        school.desk.propose(&tech, again),
        Err(ProposeError::Invalid(InvalidChange::NotInForce { .. }))
    ));
}

#[test]
fn more_time_is_decided_and_takes_the_place_of_the_old_end() {
    let school = School::with(&STAFF);
    let open = school.propose("tech", school.unblock("museum.test", "group:ks2", 60));
    school.approve("coordinator", open.id);
    let later = Change::Extend {
        id: open.id.to_string(),
        end: school.in_minutes(120),
    };
    let matter = school.propose("tech", later);
    assert_eq!(matter.stage, Stage::Waiting);
    school.approve("head", matter.id);
    let overlay = school.desk.overlay();
    assert_eq!(overlay.overrides.len(), 1);
    assert_eq!(overlay.overrides[0].id, matter.id.to_string());
    assert_eq!(
        Some(overlay.overrides[0].end),
        matter.end.or(Some(overlay.overrides[0].end))
    );
    let head = school.sign_in("head");
    let old = school.desk.matter(&head, open.id).unwrap().unwrap();
    assert_eq!(old.stage, Stage::Revoked);
}

// CHG-27
#[test]
fn a_whole_category_needs_what_was_thought_of_before() {
    let school = School::with(&STAFF);
    let change = school.unblock("category:social", "group:ks2", 60);
    let tech = school.sign_in("tech");
    let refused = school
        .desk
        .propose(&tech, Draft::new(change.clone(), "a project"));
    assert!(matches!(
        refused,
        Err(ProposeError::Invalid(InvalidChange::Risk))
    ));
    let draft = Draft {
        risk: Some(change::Risk {
            benefit: "a project".to_owned(),
            risk: "distraction".to_owned(),
            data_protection: "no accounts are made".to_owned(),
        }),
        ..Draft::new(change, "a project")
    };
    let Outcome::Waiting(matter) = school.desk.propose(&tech, draft).unwrap() else {
        panic!("a category came open on one word")
    };
    assert_eq!(matter.decider.unwrap().role, Role::Headteacher);
}

#[test]
fn an_unblock_for_nobody_known_is_refused_with_a_hint() {
    let school = School::with(&STAFF);
    let tech = school.sign_in("tech");
    let change = school.unblock("museum.test", "group:ks22", 60);
    let refused = school
        .desk
        .propose(&tech, Draft::new(change, "a typing error"));
    assert!(
        matches!(
            refused,
            Err(ProposeError::Invalid(InvalidChange::Unknown { .. }))
        ),
        "{refused:?}"
    );
    let Change::Override(held) = school.unblock("museum.test", "group:ks2", 60) else {
        unreachable!()
    };
    let past = Change::Override(Override {
        start: held.start.before(Duration::from_secs(7_200)),
        end: held.start.before(Duration::from_secs(3_600)),
        action: Access::Allow,
        ..held
    });
    let refused = school.desk.propose(&tech, Draft::new(past, "yesterday"));
    assert!(matches!(
        refused,
        Err(ProposeError::Invalid(InvalidChange::Span { .. }))
    ));
}
