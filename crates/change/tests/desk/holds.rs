//! What somebody holds is copied away from deletion, and two people let it go (LOG-05).

use crate::school::School;
use alert::Role;
use audit::{
    Cases, DecisionRow, EntryKind, EnvelopeKey, Identity, Journal, Known, Settings, Unknown,
};
use change::{Change, HoldChange, StateFolder};
use model::{Action, Certainty, Clock as _, Door, Moment, PolicyVersion, Rung};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

fn school() -> School {
    School::with(&[
        ("lead", Role::SafeguardingLead),
        ("head", Role::Headteacher),
        ("coordinator", Role::Coordinator),
    ])
}

pub(crate) fn visit(user: &str, host: &str, at: Moment) -> DecisionRow {
    DecisionRow {
        first: at,
        last: at,
        count: 1,
        client: "10.20.0.7".parse().unwrap(),
        device: Known::Unknown(Unknown::NoSource),
        user: Known::Named(user.into()),
        certainty: Certainty::SignIn,
        zone: "rooms".into(),
        group: "ks2".into(),
        door: Door::Dns,
        method: None,
        host: host.into(),
        path: None,
        kind: None,
        categories: [].into(),
        action: Action::Allow,
        rung: Rung::Category,
        rule: None,
        list: None,
        list_version: None,
        policy_version: PolicyVersion(1),
        bytes: 0,
        duration_ms: 0,
        reference: None,
        alert: false,
        background: false,
        flood: false,
    }
}

fn write(school: &School, rows: &[DecisionRow]) {
    let journal = StateFolder::journal_in(school.folder.path());
    Journal::open(&journal, school.clock.clone())
        .unwrap()
        .write(rows)
        .unwrap();
}

fn hold(school: &School, around: Moment) -> String {
    let change = Change::Hold(HoldChange {
        subject: "user:pupil.one".to_owned(),
        around,
    });
    school.propose("lead", change).id.to_string()
}

fn case(school: &School, name: &str, key: Option<&Identity>) -> Option<String> {
    let folder = StateFolder::cases_in(school.folder.path());
    let cases = Cases::new(&folder, key.map(Identity::recipient));
    let key = key.cloned().map(EnvelopeKey::Identity);
    let bytes = cases.read(name, key.as_ref()).ok()?;
    Some(String::from_utf8(bytes).unwrap())
}

fn sealing(key: &Identity) -> Settings {
    Settings {
        seal_to: Some(key.recipient().to_string()),
        ..Settings::default()
    }
}

#[test]
fn a_hold_is_copied_at_once_and_whole_when_its_day_is_over() {
    let school = school();
    let (now, settings) = (school.clock.now(), Settings::default());
    write(
        &school,
        &[
            visit("pupil.one", "first.test", now),
            visit("pupil.two", "other.test", now),
        ],
    );
    let id = hold(&school, now);
    assert_eq!(school.desk.holds_to_keep(), std::slice::from_ref(&id));
    school.desk.keep_records(&settings).unwrap();
    assert_eq!(school.desk.holds_to_keep(), [] as [String; 0]);
    let so_far = case(&school, &format!("{id}-so-far"), None).unwrap();
    assert!(so_far.contains("first.test") && !so_far.contains("other.test"));

    let later = school.clock.now().after(Duration::from_secs(3_600));
    write(&school, &[visit("pupil.one", "second.test", later)]);
    school.clock.advance(DAY + Duration::from_secs(120));
    school.desk.keep_records(&settings).unwrap();
    let whole = case(&school, &id, None).unwrap();
    assert!(whole.contains("first.test") && whole.contains("second.test"));
    assert_eq!(case(&school, &format!("{id}-so-far"), None), None);
    // What the ledger says of them survives a start.
    let school = school.restart();
    assert_eq!(school.desk.holds_to_keep(), [] as [String; 0]);
}

#[test]
fn two_people_let_a_hold_go_and_then_its_copy_is_deleted() {
    let school = school();
    let (now, settings) = (school.clock.now(), Settings::default());
    write(&school, &[visit("pupil.one", "first.test", now)]);
    let id = hold(&school, now);
    school.desk.keep_records(&settings).unwrap();
    let so_far = format!("{id}-so-far");
    let release = school.propose("head", Change::Release { hold: id.clone() });
    school.desk.keep_records(&settings).unwrap();
    assert!(case(&school, &so_far, None).is_some(), "one is not enough");
    school.approve("lead", release.id);
    assert_eq!(school.desk.holds_to_keep(), [id]);
    school.desk.keep_records(&settings).unwrap();
    assert_eq!(case(&school, &so_far, None), None);
    assert_eq!(school.desk.holds_to_keep(), [] as [String; 0]);
    let holds = school.kinds();
    let holds = holds.iter().filter(|kind| **kind == EntryKind::Hold);
    assert_eq!(holds.count(), 4, "held, copied, released, deleted");
}

#[test]
fn a_case_is_closed_to_the_key_of_the_records_and_its_days_wait_for_it() {
    let (school, key) = (school(), Identity::generate());
    let (now, settings) = (school.clock.now(), sealing(&key));
    write(
        &school,
        &[visit("pupil.one", "eve.test", now.before(DAY / 2 * 2))],
    );
    let id = hold(&school, now);
    // Nobody looked after the records until the days of the hold would have been closed.
    school.clock.advance(DAY * 2);
    school.desk.keep_records(&settings).unwrap();
    let whole = case(&school, &id, Some(&key)).unwrap();
    assert!(whole.contains("eve.test"));
    assert_eq!(case(&school, &id, Some(&Identity::generate())), None);
}

#[test]
fn days_that_were_closed_before_the_hold_want_their_key_and_are_not_deleted_meanwhile() {
    let (school, key) = (school(), Identity::generate());
    let (then, settings) = (school.clock.now(), sealing(&key));
    write(&school, &[visit("pupil.one", "past.test", then)]);
    for _ in 0..10 {
        school.clock.advance(DAY);
        school.desk.tick().unwrap();
        school.desk.keep_records(&settings).unwrap();
    }
    let id = hold(&school, then);
    assert!(school.desk.keep_records(&settings).is_err());
    let topic = format!("not-held-{id}");
    assert!(school.desk.notices().knows_topic(&topic));
    for _ in 0..40 {
        school.clock.advance(DAY);
        school.desk.tick().unwrap();
        assert!(school.desk.keep_records(&settings).is_err());
    }
    let key_of_days = EnvelopeKey::Identity(key.clone());
    school
        .desk
        .keep_holds(&settings, Some(&key_of_days))
        .unwrap();
    assert!(
        case(&school, &id, Some(&key))
            .unwrap()
            .contains("past.test")
    );
    school.desk.keep_records(&settings).unwrap();
    let journal = StateFolder::journal_in(school.folder.path());
    let left = std::fs::read_dir(journal).unwrap().filter(|found| {
        let name = found.as_ref().unwrap().file_name();
        name.to_string_lossy().contains(".browse.")
    });
    assert_eq!(left.count(), 0, "the copy is enough now");
}
