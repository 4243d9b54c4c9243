use crate::school::{LESSON, SUNDAY, School, moment, texts};
use model::{Access, Action, Rung};
use policy::{ModeSwitch, Override};

const EXAM: &str = "unknown = \"allow\"\n[[mode]]\nid = \"exam\"\ntitle = \"Exam\"\nkind = \"allowlist\"\nsites = [\"exam.example\"]\nopen = [\"education\"]\n";

// SCH-08
#[test]
fn an_exam_opens_nothing_but_its_allowlist() {
    let mut school = School::new().ks2(EXAM);
    assert_eq!(
        school.open().said("ks2", LESSON, "x.example", &[]).0,
        Action::Allow
    );
    school.overlay.modes = vec![ModeSwitch {
        mode: "exam".into(),
        whom: texts(&["class:media"]),
        start: moment("2026-11-23T09:00:00Z"),
        end: moment("2026-11-23T10:00:00Z"),
    }];
    let asking = school.open();
    let mut subject = asking.subject("ks2-y6");
    assert_eq!(
        asking.ask(&subject, LESSON, "x.example", &[]).action,
        Action::Allow
    );
    subject
        .classes
        .insert(asking.roster.classes.find("media").unwrap());
    let said = |at, host, labels: &[&str]| {
        let verdict = asking.ask(&subject, at, host, labels);
        (verdict.action, verdict.reason.rung)
    };
    assert_eq!(said(LESSON, "x.example", &[]), (Action::Block, Rung::Mode));
    assert_eq!(
        said(LESSON, "www.exam.example", &["games"]),
        (Action::Allow, Rung::Mode)
    );
    assert_eq!(
        said(LESSON, "x.example", &["education"]),
        (Action::Allow, Rung::Mode)
    );
    assert_eq!(
        said(LESSON, "x.example", &["education", "games"]),
        (Action::Block, Rung::Category)
    );
    assert_eq!(
        said(LESSON, "x.example", &["help"]),
        (Action::Allow, Rung::Mode)
    );
    assert_eq!(
        said("2026-11-23T10:00:00Z", "x.example", &[]),
        (Action::Allow, Rung::Unknown)
    );
    let until = asking.ask(&subject, LESSON, "x.example", &[]).valid_until;
    assert_eq!(until, Some(moment("2026-11-23T10:00:00Z")));
    // A lesson does not open an exam.
    school.overlay.overrides = vec![Override {
        id: "1".into(),
        whom: texts(&["group:ks2"]),
        sites: texts(&["x.example"]),
        action: Access::Allow,
        start: moment("2026-11-23T09:00:00Z"),
        end: moment("2026-11-23T10:00:00Z"),
        reason: "lesson".into(),
        trial: None,
    }];
    let asking = school.open();
    assert_eq!(
        asking.ask(&subject, LESSON, "x.example", &[]).reason.rung,
        Rung::Mode
    );
}

// SCH-04, BYO-11
#[test]
fn a_mode_has_one_word_for_everything_and_words_for_categories() {
    let asking = School::new()
        .ks2(
            "unknown = \"allow\"\n[[mode]]\nid = \"out\"\ntitle = \"Out of hours\"\nkind = \"word\"\nwhen = \"not school-hours\"\naction = \"block\"\n\
             sites = [\"homework.example\"]\naccess = { games = \"allow\" }\n",
        )
        .open();
    let said = |at, host, labels: &[&str]| asking.said("ks2", at, host, labels);
    assert_eq!(
        said(LESSON, "x.example", &[]),
        (Action::Allow, Rung::Unknown)
    );
    assert_eq!(said(SUNDAY, "x.example", &[]), (Action::Block, Rung::Mode));
    assert_eq!(
        said(SUNDAY, "x.example", &["games"]),
        (Action::Allow, Rung::Mode)
    );
    assert_eq!(
        said(SUNDAY, "x.example", &["games", "video"]),
        (Action::Block, Rung::Mode)
    );
    assert_eq!(
        said(SUNDAY, "homework.example", &[]),
        (Action::Allow, Rung::Mode)
    );
    assert_eq!(
        said(SUNDAY, "homework.example", &["proxy"]),
        (Action::Block, Rung::Lock)
    );
}

#[test]
fn of_two_modes_at_once_the_stricter_holds() {
    let asking = School::new()
        .ks2(
            "[[mode]]\nid = \"a\"\ntitle = \"A\"\nkind = \"allowlist\"\nwhen = \"lessons\"\nsites = [\"exam.example\"]\n\
             [[mode]]\nid = \"b\"\ntitle = \"B\"\nkind = \"word\"\nwhen = \"mornings\"\naction = \"permission\"\n",
        )
        .open();
    assert_eq!(
        asking.said("ks2", LESSON, "exam.example", &[]),
        (Action::Permission, Rung::Mode)
    );
    assert_eq!(
        asking.said("ks2", LESSON, "x.example", &[]),
        (Action::Block, Rung::Mode)
    );
    assert_eq!(
        asking
            .said("ks2", "2026-11-23T13:30:00Z", "exam.example", &[])
            .0,
        Action::Allow
    );
}

#[test]
fn a_child_may_do_without_an_inherited_mode() {
    let asking = School::new()
        .ks2("unknown = \"allow\"\n[[mode]]\nid = \"a\"\ntitle = \"A\"\nkind = \"word\"\nwhen = \"always\"\naction = \"block\"\n")
        .group("ks2-y6", "title = \"Year 6\"\nextends = \"ks2\"\nage = 10\nremove = [\"a\"]\n")
        .open();
    assert_eq!(
        asking.said("ks2", LESSON, "x.example", &[]).0,
        Action::Block
    );
    assert_eq!(
        asking.said("ks2-y6", LESSON, "x.example", &[]).0,
        Action::Allow
    );
}
