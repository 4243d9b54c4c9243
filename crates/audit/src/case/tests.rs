use super::*;
use crate::correction::Correction;
use crate::decision_row::{DecisionRow, Known};
use crate::envelope::Identity;
use crate::journal::Journal;
use crate::stand_in::{clock, monday, refused, row};

fn of(user: &str, host: &str, at: Moment) -> DecisionRow {
    DecisionRow {
        user: Known::Named(user.into()),
        ..row(host, at)
    }
}

fn journal() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(folder.path(), clock()).unwrap();
    let hours = |hours: u64| monday().after(Duration::from_secs(hours * 3600));
    let blocked = DecisionRow {
        user: Known::Named("a.pupil".into()),
        ..refused("blocked.test", monday())
    };
    let rows = [
        of(
            "a.pupil",
            "too-early.test",
            monday().before(Duration::from_secs(25 * 3600)),
        ),
        of(
            "a.pupil",
            "early.test",
            monday().before(Duration::from_secs(23 * 3600)),
        ),
        blocked,
        of("b.pupil", "another.test", monday()),
        of("a.pupil", "late.test", hours(23)),
        of("a.pupil", "too-late.test", hours(24)),
    ];
    journal.write(&rows).unwrap();
    folder
}

// LOG-05
#[test]
fn a_hold_copies_a_day_either_side_and_outlives_the_journal() {
    let (journal, folder) = (journal(), tempfile::tempdir().unwrap());
    let cases = Cases::new(&folder.path().join("cases"), None);
    let correction = Correction {
        made: monday(),
        client: "10.20.0.7".parse().unwrap(),
        since: monday(),
        until: monday().after(Duration::from_secs(60)),
        named: Some("a.pupil".into()),
        truly: None,
        reason: "the card was lent".into(),
        entry: 7,
    };
    correction.add(journal.path()).unwrap();
    let subject = Subject::User("a.pupil".into());
    let case = cases
        .hold("I-0007", journal.path(), &subject, monday(), None)
        .unwrap();
    assert_eq!(case.rows, 3);
    drop(journal);
    let bytes = cases.read("I-0007", None).unwrap();
    assert_eq!(Digest(Sha256::digest(&bytes).into()), case.digest);
    let text = String::from_utf8(bytes).unwrap();
    let hosts: Vec<_> = [
        "early.test",
        "blocked.test",
        "late.test",
        "the card was lent",
    ]
    .into_iter()
    .filter(|host| text.contains(host))
    .collect();
    assert_eq!((hosts.len(), text.lines().count()), (4, 5));
    assert!(!text.contains("too-") && !text.contains("b.pupil"));
    cases.release("I-0007").unwrap();
    cases.release("I-0007").unwrap();
    assert!(cases.read("I-0007", None).is_err());
}

#[test]
fn a_case_that_was_closed_is_read_with_its_key_alone() {
    let (journal, folder, key) = (
        journal(),
        tempfile::tempdir().unwrap(),
        Identity::generate(),
    );
    let cases = Cases::new(folder.path(), Some(key.recipient()));
    let subject = Subject::Client("10.20.0.7".parse().unwrap());
    let case = cases
        .hold("a", journal.path(), &subject, monday(), None)
        .unwrap();
    assert_eq!((case.rows, &*case.file), (4, "a.case.jsonl.age"));
    let bytes = std::fs::read(folder.path().join(&case.file)).unwrap();
    assert!(!bytes.windows(7).any(|part| part == b"a.pupil"));
    assert!(cases.read("a", None).is_err());
    let opened = cases.read("a", Some(&EnvelopeKey::Identity(key))).unwrap();
    assert_eq!(Digest(Sha256::digest(&opened).into()), case.digest);
}

#[test]
fn a_name_that_leaves_the_folder_and_a_name_twice_are_refused() {
    let (journal, folder) = (journal(), tempfile::tempdir().unwrap());
    let cases = Cases::new(folder.path(), None);
    let subject = Subject::Device("ipad-7".into());
    let hold = |name: &str| cases.hold(name, journal.path(), &subject, monday(), None);
    for name in ["", "../x", "a/b", "a b", "a\0b", &"x".repeat(65)] {
        assert!(
            matches!(hold(name), Err(HoldError::Name { .. })),
            "{name:?}"
        );
    }
    hold("one").unwrap();
    assert!(matches!(hold("one"), Err(HoldError::Exists { .. })));
}
