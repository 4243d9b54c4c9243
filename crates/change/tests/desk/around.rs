//! Ways around change control, none of which leads anywhere.

use crate::school::{STAFF, School, action, activate, files, with_settings};
use alert::Role;
use audit::EntryKind;
use change::{
    AccountChange, Ask, Change, ChangeKind, DecideError, Draft, EmergencyBlock, FeedChange,
    HoldChange, InvalidChange, Isolation, ListVersion, ModeSwitch, NewAccount, Outcome, Override,
    Pause, Plan, PolicyChange, ProposeError, SignInError, SocialChange, Stage,
};
use model::{Access, Digest};
use proptest::prelude::*;
use std::time::Duration;

/// A change of each kind; not every one of them can come into force.
pub(crate) fn sample(school: &School, kind: ChangeKind) -> Change {
    floor_or(school, kind, "museum.test")
}

/// A change of each kind that names this site wherever the kind names sites.
fn floor_or(school: &School, kind: ChangeKind, site: &str) -> Change {
    let (start, end) = (school.desk.now(), school.in_minutes(30));
    let (whom, sites) = (vec!["group:ks2".to_owned()], vec![site.to_owned()]);
    let (id, reason) = (String::new(), "why".to_owned());
    let opening = Override {
        id: id.clone(),
        whom: whom.clone(),
        sites: sites.clone(),
        action: Access::Allow,
        start,
        end,
        reason: reason.clone(),
        trial: None,
    };
    match kind {
        ChangeKind::Policy => Change::Policy(PolicyChange {
            bundle: Digest::of(b"none"),
            base: Digest::of(b"none"),
        }),
        ChangeKind::Override => Change::Override(opening),
        ChangeKind::Plan => Change::Plan(Plan {
            id,
            whom,
            sites,
            action: Access::Allow,
            when: None,
            start,
            end,
            reason,
        }),
        ChangeKind::Mode => Change::Mode(ModeSwitch {
            mode: site.to_owned(),
            whom,
            start,
            end,
        }),
        ChangeKind::Lesson => Change::Lesson(opening),
        ChangeKind::Pause => Change::Pause(Pause {
            id,
            whom,
            start,
            end,
            reason,
        }),
        ChangeKind::Isolation => Change::Isolation(Isolation {
            id,
            whom,
            start,
            end: Some(end),
            reason,
        }),
        ChangeKind::Block => Change::Block(EmergencyBlock {
            id,
            sites,
            whom: Vec::new(),
            start,
            end,
            reason,
        }),
        ChangeKind::End => Change::End {
            id: "C-9999".to_owned(),
        },
        ChangeKind::Extend => Change::Extend {
            id: "C-9999".to_owned(),
            end,
        },
        ChangeKind::Account => Change::Account(AccountChange::Open {
            new: Box::new(NewAccount::new(
                "somebody.new",
                "Somebody New",
                Role::Teacher,
            )),
        }),
        ChangeKind::Feed => Change::Feed(FeedChange::Open {
            name: "directory".to_owned(),
            from: vec![crate::school::FROM],
        }),
        ChangeKind::Hold => Change::Hold(HoldChange {
            subject: "user:pupil.one".to_owned(),
            around: start,
        }),
        ChangeKind::Release => Change::Release {
            hold: "C-9999".to_owned(),
        },
        ChangeKind::Erase => Change::Erase { entries: vec![2] },
        ChangeKind::LiftLabels => Change::LiftLabels { names: sites },
        ChangeKind::Rollback => Change::Rollback {
            bundle: Digest::of(b"none"),
        },
        ChangeKind::ListRollback => Change::ListRollback(ListVersion {
            list: "none".to_owned(),
            version: Digest::of(b"none"),
        }),
        ChangeKind::RotateKey => Change::RotateKey,
        ChangeKind::AcceptState => Change::AcceptState {
            size: 1,
            root: Digest::of(b"none"),
        },
        ChangeKind::SocialAccount => Change::SocialAccount(SocialChange::Close {
            name: "school".to_owned(),
            platform: "friends.test".to_owned(),
        }),
        ChangeKind::Unseal => Change::Unseal { incident: 7 },
        ChangeKind::EndCommissioning => Change::EndCommissioning,
    }
}

// CHG-04: by person, not by account.
#[test]
fn two_accounts_of_one_person_are_one_person() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), crate::school::manual());
    let desk = crate::school::open(folder.path(), &clock).unwrap().desk;
    activate(&desk, files("block"));
    let mut school = School {
        folder,
        clock,
        desk: desk.into(),
        people: Vec::new(),
    };
    school.enrol("sam", &NewAccount::new("sam", "Sam", Role::Technician));
    let person = school.desk.accounts()[0].person;
    let second = NewAccount {
        person: Some(person),
        ..NewAccount::new("sam.coordinator", "Sam", Role::Coordinator)
    };
    school.enrol("sam.coordinator", &second);
    school.enrol(
        "other",
        &NewAccount::new("other", "Other", Role::Coordinator),
    );
    let matter = school.propose("sam", school.unblock("museum.test", "group:ks2", 60));
    let own = school.desk.approve(
        school.confirm("sam.coordinator"),
        matter.id,
        matter.digest,
        "agreed with myself",
    );
    assert!(matches!(own, Err(DecideError::Own)), "{own:?}");
    school.approve("other", matter.id);
}

#[test]
fn consent_to_something_else_than_was_seen_is_no_consent() {
    let school = School::with(&STAFF);
    let site = school.propose("tech", school.unblock("museum.test", "group:ks2", 60));
    let wrong = school.desk.approve(
        school.confirm("coordinator"),
        site.id,
        Digest::of(b"something else"),
        "yes",
    );
    assert!(matches!(wrong, Err(DecideError::LookAgain)));
    assert_eq!(action(&school.desk, "10.20.0.5", "museum.test"), "block");
}

// The policy moved under a proposal: what it opens is another thing now.
#[test]
fn a_proposal_that_changed_underneath_is_looked_at_again() {
    let school = School::with(&STAFF);
    let tech = school.sign_in("tech");
    let mut other = files("block");
    other.insert("blocklists/starter/more.txt", *b"# title: More\n# category: social\n# written: 2026-11-22\n# source: a test\n# licence: MIT OR Apache-2.0\n\nmore.test\n");
    let both = {
        let Outcome::Waiting(files) = school
            .desk
            .propose_files(&tech, files("allow"), "open friends")
            .unwrap()
        else {
            panic!("opened on one word")
        };
        files
    };
    let matter = match school
        .desk
        .propose_files(&tech, other, "a list more")
        .unwrap()
    {
        Outcome::Waiting(matter) | Outcome::Active(matter) => matter,
    };
    if matter.stage == Stage::Waiting {
        let by = matter.decider.unwrap().role;
        school.approve(
            if by == Role::Coordinator {
                "coordinator"
            } else {
                "head"
            },
            matter.id,
        );
    }
    // What was seen before the other list came is not what would come into force now.
    let stale = school
        .desk
        .approve(school.confirm("head"), both.id, both.digest, "yes");
    assert!(matches!(stale, Err(DecideError::LookAgain)), "{stale:?}");
    school.approve("head", both.id);
}

// CHG-26
#[test]
fn no_kind_of_change_reaches_the_floor() {
    let school = School::with(&STAFF);
    for kind in ChangeKind::ALL {
        for site in [
            "category:illegal-csam",
            "abyss.test",
            "www.abyss.test",
            "CATEGORY:illegal-csam",
        ] {
            let change = floor_or(&school, *kind, site);
            if change.sites().is_empty() {
                continue;
            }
            for person in ["head", "tech", "teacher"] {
                let acting = school.sign_in(person);
                let refused = school
                    .desk
                    .propose(&acting, Draft::new(change.clone(), "a reason"));
                assert!(
                    matches!(
                        refused,
                        Err(ProposeError::Invalid(_) | ProposeError::Role { .. })
                    ),
                    "{kind} {site} {person}: {refused:?}"
                );
            }
            let head = school.sign_in("head");
            let refused = school.desk.propose(&head, Draft::new(change, "a reason"));
            assert!(
                matches!(refused, Err(ProposeError::Invalid(InvalidChange::Floor))),
                "{kind} {site}: {refused:?}"
            );
        }
    }
}

// A folder of yesterday is noticed by the head that is kept elsewhere.
#[test]
fn an_older_state_folder_opens_nothing_until_two_accept_it() {
    let elsewhere = tempfile::tempdir().unwrap();
    let head = elsewhere.path().join("head");
    let witness = format!("witness = \"{}\"", head.display());
    let school = School::of(with_settings(files("block"), &witness), &STAFF);
    let open = school.propose(
        "tech",
        school.unblock("museum.test", "group:ks2", 3 * 24 * 60),
    );
    school.approve("coordinator", open.id);
    let School {
        folder,
        clock,
        desk,
        people,
    } = school;
    drop(desk);
    let yesterday = tempfile::tempdir().unwrap();
    copy(folder.path(), yesterday.path());
    let desk = crate::school::open(folder.path(), &clock).unwrap().desk;
    desk.resume().unwrap();
    desk.verify_now().unwrap();
    desk.ledger().keep_head(&head).unwrap();
    drop(desk);
    let school = School {
        folder: yesterday,
        clock,
        desk: std::sync::Arc::new(
            crate::school::open(elsewhere.path(), &crate::school::manual())
                .unwrap()
                .desk,
        ),
        people,
    };
    let school = school.restart();
    let found = school.desk.set_back().unwrap();
    assert_eq!(
        action(&school.desk, "10.20.0.5", "museum.test"),
        "block",
        "unblocks are left out"
    );
    let tech = school.sign_in("tech");
    let refused = school.desk.propose(
        &tech,
        Draft::new(sample(&school, ChangeKind::Override), "why"),
    );
    assert!(matches!(refused, Err(ProposeError::SetBack)));
    let accept = Change::AcceptState {
        size: found.size,
        root: found.root,
    };
    let matter = school.propose("tech", accept);
    let half = school.approve("head", matter.id);
    assert_eq!(half.stage, Stage::Waiting, "two people");
    school.approve("chair", matter.id);
    assert_eq!(school.desk.set_back(), None);
    assert_eq!(action(&school.desk, "10.20.0.5", "museum.test"), "allow");
    let school = school.restart();
    assert_eq!(school.desk.set_back(), None, "accepted for good");
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => {
                std::fs::copy(entry.path(), target).unwrap();
            }
        }
    }
}

#[test]
fn edited_secrets_are_refused_and_alarm() {
    let school = School::with(&STAFF);
    for file in std::fs::read_dir(school.folder.path().join("credentials")).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replacen("\"recovery\":[", "\"recovery\": [", 1)).unwrap();
    }
    let password = school.people[2].password.clone();
    let code = school.code("head");
    let refused = school
        .desk
        .sign_in("head", &password, Some(&code), crate::school::FROM);
    assert!(
        matches!(refused, Err(SignInError::Credential(_))),
        "{refused:?}"
    );
    let told = school.desk.notices().waiting();
    assert!(
        told.iter()
            .any(|held| held.letter.notice.title.contains("altered"))
    );
}

#[test]
fn an_outside_company_proposes_in_its_hours_and_sees_no_names() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), crate::school::manual());
    let desk = crate::school::open(folder.path(), &clock).unwrap().desk;
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
    school.enrol(
        "coordinator",
        &NewAccount::new("coordinator", "Co", Role::Coordinator),
    );
    let sponsor = school.desk.accounts()[0].id;
    let bare = NewAccount::new("company", "Company", Role::Support);
    assert!(
        school.desk.found_account(0, &bare).is_err(),
        "without sponsor, hours and end"
    );
    let support = NewAccount {
        sponsor: Some(sponsor),
        hours: Some(change::Hours("school-hours".to_owned())),
        expires: Some(school.in_minutes(30 * 24 * 60)),
        ..bare
    };
    school.enrol("company", &support);
    let site = school.propose("company", school.unblock("museum.test", "group:ks2", 60));
    let own = school
        .desk
        .approve(school.confirm("company"), site.id, site.digest, "yes");
    assert!(matches!(own, Err(DecideError::Own)));
    let personal = school.propose(
        "coordinator",
        school.unblock("museum.test", "user:pupil.one", 60),
    );
    let company = school.sign_in("company");
    assert!(school.desk.matter(&company, personal.id).unwrap().is_none());
    assert!(
        school
            .desk
            .history(&company, &change::HistoryFilter::default())
            .is_err()
    );
    school.clock.advance(Duration::from_secs(8 * 3_600));
    let code = school.code("company");
    let late = school.desk.sign_in(
        "company",
        &school.people[2].password,
        Some(&code),
        crate::school::FROM,
    );
    assert!(matches!(late, Err(SignInError::Hours)), "{late:?}");
}

// CHG-05, CHG-07
#[test]
fn requests_for_one_site_are_one_request() {
    let school = School::with(&STAFF);
    let ask = |client: &str, address: &str| {
        school.desk.ask(Ask {
            reference: None,
            address: address.to_owned(),
            note: "for history".to_owned(),
            wanted: "this lesson".to_owned(),
            who: Some("pupil.one".to_owned()),
            group: Some("ks2".to_owned()),
            class: None,
            client: client.parse().unwrap(),
        })
    };
    let first = ask("10.20.0.5", "https://www.museum.test/a").unwrap();
    let second = ask("10.20.0.6", "museum.test").unwrap();
    assert_eq!(first.code, second.code);
    let tech = school.sign_in("tech");
    let requests = school.desk.requests(&tech).unwrap();
    assert_eq!((requests.len(), requests[0].count), (1, 2));
    let draft = Draft {
        asks: vec![first.code],
        ..Draft::new(
            school.unblock("museum.test", "group:ks2", 60),
            "asked for twice",
        )
    };
    let matter = school.desk.propose(&tech, draft).unwrap().matter().clone();
    school.approve("coordinator", matter.id);
    let tech = school.sign_in("tech");
    let requests = school.desk.requests(&tech).unwrap();
    assert_eq!(requests[0].state, change::RequestState::Granted);
    for _ in 0..3 {
        let _ = ask("10.20.0.5", "other.test");
    }
    let many: Vec<_> = (0..5)
        .map(|n| ask("10.20.0.7", &format!("site{n}.test")))
        .collect();
    assert!(many.iter().all(Result::is_ok));
    assert!(ask("10.20.0.7", "one-more.test").is_err());
}

// CHG-32
#[test]
fn an_undelivered_duty_holds_up_what_waits_for_consent() {
    let school = School::with(&STAFF);
    let first = school.propose(
        "tech",
        school.unblock("museum.test", "group:ks2", 4 * 24 * 60),
    );
    school.approve("coordinator", first.id);
    let second = school.propose(
        "tech",
        school.unblock("other.test", "group:ks2", 4 * 24 * 60),
    );
    school.clock.advance(Duration::from_secs(25 * 3_600));
    let seen = second.digest;
    let held = school
        .desk
        .approve(school.confirm("coordinator"), second.id, seen, "yes");
    assert!(matches!(held, Err(DecideError::HeldUp { .. })), "{held:?}");
    let reader = alert::Person::new("reader");
    for notice in school.desk.notices().waiting() {
        school
            .desk
            .notices()
            .acknowledge(notice.id, &reader, school.desk.now())
            .unwrap();
    }
    school.approve("coordinator", second.id);
}

// CHG-21, CHG-20
#[test]
fn an_earlier_version_comes_back_by_a_decision_and_the_past_is_answered_for() {
    let school = School::with(&STAFF);
    let before = school.desk.active().unwrap().unwrap();
    let then = school.desk.now();
    let tech = school.sign_in("tech");
    let Outcome::Waiting(matter) = school
        .desk
        .propose_files(&tech, files("allow"), "open")
        .unwrap()
    else {
        panic!("opened on one word")
    };
    school.approve("head", matter.id);
    assert_eq!(action(&school.desk, "10.20.0.5", "friends.test"), "allow");
    let back = school.propose(
        "tech",
        Change::Rollback {
            bundle: before.bundle.digest(),
        },
    );
    if back.stage == Stage::Waiting {
        let by = back.decider.unwrap().role;
        school.approve(
            if by == Role::Coordinator {
                "coordinator"
            } else {
                "head"
            },
            back.id,
        );
    }
    assert_eq!(action(&school.desk, "10.20.0.5", "friends.test"), "block");
    assert!(school.kinds().contains(&EntryKind::RolledBack));
    let past = school.desk.at(then).unwrap().unwrap();
    assert_eq!(past.bundle.digest(), before.bundle.digest());
    let school = school.restart();
    assert_eq!(action(&school.desk, "10.20.0.5", "friends.test"), "block");
}

#[test]
fn an_essential_site_is_opened_again_on_one_word_and_no_other() {
    let school = School::with(&STAFF);
    let lift = |name: &str| Change::LiftLabels {
        names: vec![name.to_owned()],
    };
    let tech = school.sign_in("tech");
    let refused = school
        .desk
        .propose(&tech, Draft::new(lift("friends.test"), "please"));
    assert!(matches!(
        refused,
        Err(ProposeError::Invalid(InvalidChange::NotEssential { .. }))
    ));
    let matter = school.propose("tech", lift("registers.test"));
    assert_eq!(matter.stage, Stage::Active);
    assert!(matter.wants_review());
}

proptest! {
    // Approval in whatever order, by whomever: never by who proposed it.
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]
    #[test]
    fn nobody_ever_decides_their_own(proposer in 0usize..4, decider in 0usize..4) {
        let names = ["tech", "coordinator", "head", "deputy"];
        let school = School::with(&STAFF);
        let matter = school.propose(names[proposer], school.unblock("museum.test", "group:ks2", 60));
        let done = school.desk.approve(school.confirm(names[decider]), matter.id, matter.digest, "yes");
        prop_assert!(done.is_err() || proposer != decider);
        let open = action(&school.desk, "10.20.0.5", "museum.test") == "allow";
        prop_assert_eq!(open, done.is_ok());
    }
}
