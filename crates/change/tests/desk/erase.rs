//! Words of entries are destroyed by two people, and nothing that is in force goes with them
//! (LOG-04); evidence is handed over with an entry that says so (REP-17).

use crate::school::{STAFF, School};
use audit::{EntryIndex, EntryKind};
use change::{
    AccountChange, Change, EvidenceOrder, ExportError, IncidentStep, InvalidChange, ProposeError,
};
use std::time::Duration;

/// The numbers of the entries of a kind.
fn entries(school: &School, kind: EntryKind) -> Vec<u64> {
    let transcript = school.desk.ledger().transcript().unwrap();
    let found = transcript
        .entries()
        .filter(|written| written.leaf.kind() == Some(kind));
    found.map(|written| written.leaf.index.0).collect()
}

/// Whether a text stands anywhere in the folder of the ledger.
fn on_disk(school: &School, text: &str) -> bool {
    let folder = change::StateFolder::ledger_in(school.folder.path());
    std::fs::read_dir(folder).unwrap().any(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    })
}

fn why_not(school: &School, entries: Vec<u64>) -> String {
    let acting = school.sign_in("coordinator");
    let draft = change::Draft::new(Change::Erase { entries }, "a request of the person");
    match school.desk.propose(&acting, draft).unwrap_err() {
        ProposeError::Invalid(InvalidChange::Erase { why }) => why,
        other => panic!("{other}"),
    }
}

#[test]
fn two_people_erase_words_for_good_and_the_log_still_verifies() {
    let school = School::with(&STAFF);
    let over = school.propose("tech", school.unblock("secret-name.test", "group:ks2", 60));
    let acting = school.sign_in("coordinator");
    school.desk.refuse(&acting, over.id, "not now").unwrap();
    assert!(on_disk(&school, "secret-name.test"));
    let proposed = *entries(&school, EntryKind::Proposed).last().unwrap();

    let erasure = Change::Erase {
        entries: vec![proposed],
    };
    let matter = school.propose("coordinator", erasure);
    assert!(on_disk(&school, "secret-name.test"), "one is not enough");
    school.approve("head", matter.id);
    assert!(!on_disk(&school, "secret-name.test"));
    let found = school.desk.verify_now().unwrap();
    assert_eq!(found.fault, None);
    assert!(why_not(&school, vec![proposed]).contains("erased already"));

    // A start reads the same, and no number comes twice.
    let school = school.restart();
    let acting = school.sign_in("head");
    let mine = school.desk.matter(&acting, matter.id).unwrap().unwrap();
    assert!(mine.stage.in_force(), "{:?}", mine.stage);
    let next = school.propose("tech", school.unblock("other.test", "group:ks2", 60));
    assert!(next.id > matter.id && matter.id > over.id);
}

#[test]
fn a_number_does_not_come_twice_when_the_last_proposal_was_erased() {
    let school = School::with(&STAFF);
    let first = school.propose("coordinator", Change::Erase { entries: vec![1] });
    school.approve("head", first.id);
    let over = school.propose("tech", school.unblock("museum.test", "group:ks2", 60));
    let acting = school.sign_in("coordinator");
    school.desk.refuse(&acting, over.id, "not now").unwrap();
    let told: Vec<u64> = entries(&school, EntryKind::Proposed);
    let actor = audit::Actor::Gateway;
    // As another part of the program may: by the ledger alone.
    let last = EntryIndex(*told.last().unwrap());
    school
        .desk
        .ledger()
        .erase(&[last], actor, "a test", None)
        .unwrap();
    let school = school.restart();
    let next = school.propose("tech", school.unblock("other.test", "group:ks2", 60));
    assert!(next.id > over.id, "{} {}", next.id, over.id);
}

#[test]
fn what_is_in_force_or_waits_keeps_its_words() {
    let school = School::with(&STAFF);
    let needed = |entries: Vec<u64>| why_not(&school, entries).contains("in force, or waits");
    assert!(needed(vec![entries(&school, EntryKind::AccountChanged)[0]]));
    assert!(needed(vec![
        *entries(&school, EntryKind::PolicyActivated).last().unwrap()
    ]));
    let open = school.propose("tech", school.unblock("museum.test", "group:ks2", 60));
    let asked = *entries(&school, EntryKind::Proposed).last().unwrap();
    assert!(needed(vec![asked]));
    school.approve("coordinator", open.id);
    let began = *entries(&school, EntryKind::OverlayActivated)
        .last()
        .unwrap();
    assert!(needed(vec![began]));
    assert!(why_not(&school, vec![0]).contains("verified"));
    assert!(why_not(&school, vec![99_999]).contains("no entry"));
    assert!(why_not(&school, Vec::new()).contains("name 1 to"));
    // Once it is over, its words can go.
    school.clock.advance(Duration::from_secs(7_200));
    school.desk.tick().unwrap();
    school.propose(
        "coordinator",
        Change::Erase {
            entries: vec![asked, began],
        },
    );
}

#[test]
fn evidence_holds_the_entries_of_an_incident_and_its_own() {
    let school = School::with(&STAFF);
    let head = school.sign_in("head");
    for _ in 0..3 {
        school
            .desk
            .note_incident(&head, 7, IncidentStep::Viewed)
            .unwrap();
    }
    let tech = school.sign_in("tech");
    school
        .desk
        .note_incident(&tech, 8, IncidentStep::Viewed)
        .unwrap();
    school
        .desk
        .note_incident(&head, 7, IncidentStep::Closed)
        .unwrap();
    let told = entries(&school, EntryKind::Incident);
    assert_eq!(told.len(), 3, "a look is told once for each person");
    let order = EvidenceOrder {
        incident: Some(7),
        rows: vec![crate::holds::visit(
            "pupil.one",
            "first.test",
            school.desk.now(),
        )],
        reason: "for the police, by letter of today".to_owned(),
        ..EvidenceOrder::default()
    };
    let refused = school.desk.gather_evidence(&tech, &order).unwrap_err();
    assert!(matches!(refused, ExportError::Role { .. }));
    let silent = EvidenceOrder {
        reason: "police".to_owned(),
        ..order.clone()
    };
    let refused = school.desk.gather_evidence(&head, &silent).unwrap_err();
    assert!(matches!(refused, ExportError::Reason));

    let made = school.desk.gather_evidence(&head, &order).unwrap();
    let key = school.desk.ledger().public_key();
    let verified = made.evidence.verify(&key).unwrap();
    let numbers: Vec<u64> = verified.entries.iter().map(|entry| entry.0).collect();
    assert_eq!(numbers, [told[0], told[2], made.entry.0]);
    assert_eq!(entries(&school, EntryKind::Export), [made.entry.0]);
}

// What a closed account said of a person can be erased once nobody has it.
#[test]
fn the_words_of_a_closed_account_can_go() {
    let school = School::with(&STAFF);
    let mut accounts = school.desk.accounts().into_iter();
    let teacher = accounts.find(|account| account.name == "teacher");
    let account = teacher.unwrap().id;
    let of: Vec<u64> = {
        let transcript = school.desk.ledger().transcript().unwrap();
        let named = transcript.entries().filter(|written| {
            let payload = written.payload.as_ref();
            written.leaf.kind() == Some(EntryKind::AccountChanged)
                && payload.is_some_and(|of| of["account"]["name"] == "teacher")
        });
        named.map(|written| written.leaf.index.0).collect()
    };
    assert!(why_not(&school, of.clone()).contains("in force"));
    let close = Change::Account(AccountChange::Close { account });
    let closing = school.propose("tech", close);
    school.approve("head", closing.id);
    let matter = school.propose("coordinator", Change::Erase { entries: of });
    school.approve("head", matter.id);
    assert_eq!(school.desk.verify_now().unwrap().fault, None);
    let _restarted = school.restart();
}
