use super::*;
use crate::decision_row::Unknown;
use crate::journal::Journal;
use crate::stand_in::{clock, monday, row};

fn used(user: Known, device: &str, host: &str) -> DecisionRow {
    DecisionRow {
        user,
        device: Known::Named(device.into()),
        ..row(host, monday())
    }
}

fn journal() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(folder.path(), clock()).unwrap();
    let named = |name: &str| Known::Named(name.into());
    let rows = [
        used(named("a.pupil"), "ipad-7", "one.test"),
        used(named("b.pupil"), "ipad-7", "two.test"),
        used(named("a.pupil"), "ipad-8", "three.test"),
        used(Known::Unknown(Unknown::Expired), "ipad-7", "four.test"),
    ];
    journal.write(&rows).unwrap();
    folder
}

fn disclosed(subject: &Subject) -> (Disclosed, String) {
    let folder = journal();
    let mut lines = Vec::new();
    let disclosed = subject
        .disclose(folder.path(), Span::default(), None, |row| {
            let name = |known: &Known| match known {
                Known::Named(name) => name.to_string(),
                Known::Unknown(why) => why.word().to_owned(),
            };
            lines.push(format!(
                "{} {} {}",
                row.host,
                name(&row.user),
                name(&row.device)
            ));
            Ok(())
        })
        .unwrap();
    (disclosed, lines.join("\n"))
}

// LOG-06
#[test]
fn a_person_gets_their_own_rows_and_nobody_elses() {
    let (count, text) = disclosed(&Subject::User("a.pupil".into()));
    assert_eq!((count.rows, count.redacted), (2, 0));
    insta::assert_snapshot!(text, @"
    one.test a.pupil ipad-7
    three.test a.pupil ipad-8
    ");
}

#[test]
fn who_else_used_a_device_or_an_address_is_taken_out() {
    let (count, text) = disclosed(&Subject::Device("ipad-7".into()));
    assert_eq!((count.rows, count.redacted), (3, 2));
    insta::assert_snapshot!(text, @"
    one.test another person ipad-7
    two.test another person ipad-7
    four.test expired ipad-7
    ");
    let (count, text) = disclosed(&Subject::Client("10.20.0.7".parse().unwrap()));
    assert_eq!((count.rows, count.redacted), (4, 4));
    assert!(!text.contains("pupil") && !text.contains("ipad"), "{text}");
}

#[test]
fn nothing_of_other_addresses_is_given_out() {
    let (count, _) = disclosed(&Subject::Client("10.20.0.8".parse().unwrap()));
    assert_eq!(count, Disclosed::default());
}
