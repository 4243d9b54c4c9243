use crate::school::{BREAK, LESSON, School, moment};
use model::{Action, Rung};

// SCH-01, CAT-17
#[test]
fn a_word_holds_while_its_schedule_runs() {
    let asking = School::new()
        .ks2("[access]\ngames = { allow = \"breaks\" }\n")
        .open();
    let said = |at| asking.said("ks2", at, "g.example", &["games"]).0;
    assert_eq!(said("2026-11-23T10:29:59.999Z"), Action::Block);
    assert_eq!(said("2026-11-23T10:30:00Z"), Action::Allow);
    assert_eq!(said("2026-11-23T10:44:59.999Z"), Action::Allow);
    assert_eq!(said("2026-11-23T10:45:00Z"), Action::Block);
    // SCH-10: no answer outlives the window.
    let verdict = asking.ask(&asking.subject("ks2"), BREAK, "g.example", &["games"]);
    assert_eq!(verdict.valid_until, Some(moment("2026-11-23T10:45:00Z")));
}

// SCH-07: "at certain times" closes outside, although staff are open by default.
#[test]
fn a_word_on_a_condition_closes_outside_it() {
    let asking = School::new()
        .staff("[access]\nblogs = { allow = \"breaks\" }\n")
        .open();
    assert_eq!(
        asking.said("staff", BREAK, "b.example", &["blogs"]).0,
        Action::Allow
    );
    assert_eq!(
        asking.said("staff", LESSON, "b.example", &["blogs"]).0,
        Action::Block
    );
    // A word that closes leaves the default outside.
    let asking = School::new()
        .staff("[access]\nblogs = { block = \"lessons\" }\n")
        .open();
    assert_eq!(
        asking.said("staff", LESSON, "b.example", &["blogs"]).0,
        Action::Block
    );
    assert_eq!(
        asking.said("staff", BREAK, "b.example", &["blogs"]).0,
        Action::Allow
    );
}

#[test]
fn a_negated_schedule_holds_outside_its_windows() {
    let asking = School::new()
        .ks2("[access]\ngames = { allow = \"not school-hours\" }\n")
        .open();
    assert_eq!(
        asking.said("ks2", LESSON, "g.example", &["games"]).0,
        Action::Block
    );
    assert_eq!(
        asking
            .said("ks2", "2026-11-23T15:15:00Z", "g.example", &["games"])
            .0,
        Action::Allow
    );
}

#[test]
fn the_inherited_word_holds_outside_a_condition() {
    let school = School::new()
        .group(
            "pupils",
            "title = \"Pupils\"\n[access]\nblogs = \"permission\"\ngames = \"allow\"\n",
        )
        .ks2("[access]\nblogs = { allow = \"breaks\" }\ngames = { allow = \"breaks\" }\n");
    let asking = school.open();
    assert_eq!(
        asking.said("ks2", LESSON, "b.example", &["blogs"]).0,
        Action::Permission
    );
    assert_eq!(
        asking.said("ks2", BREAK, "b.example", &["blogs"]).0,
        Action::Allow
    );
    // A parent that opens does not make the condition void.
    assert_eq!(
        asking.said("ks2", LESSON, "g.example", &["games"]).0,
        Action::Block
    );
    assert_eq!(
        asking.said("pupils", LESSON, "g.example", &["games"]).0,
        Action::Allow
    );
}

// AGE-19: nominated users.
#[test]
fn a_nominated_class_gets_what_others_do_not() {
    let asking = School::new()
        .ks2("[access]\nvideo = [{ allow = \"lessons\", for = [\"class:media\"] }, \"permission\"]\n")
        .open();
    let mut subject = asking.subject("ks2");
    assert_eq!(
        asking.ask(&subject, LESSON, "v.example", &["video"]).action,
        Action::Permission
    );
    subject
        .classes
        .insert(asking.roster.classes.find("media").unwrap());
    assert_eq!(
        asking.ask(&subject, LESSON, "v.example", &["video"]).action,
        Action::Allow
    );
    assert_eq!(
        asking.ask(&subject, BREAK, "v.example", &["video"]).action,
        Action::Permission
    );
}

#[test]
fn a_lock_of_an_ancestor_holds_for_all_below() {
    let asking = School::new()
        .group("pupils", "title = \"Pupils\"\n[access]\nsocial = { block = \"always\", lock = true }\nvideo = { block = \"lessons\", lock = true }\n")
        .open();
    assert_eq!(
        asking.said("ks2-y6", LESSON, "s.example", &["social"]),
        (Action::Block, Rung::Lock)
    );
    assert_eq!(
        asking.said("ks2-y6", LESSON, "s.example", &["video"]),
        (Action::Block, Rung::Lock)
    );
    assert_eq!(
        asking.said("ks2-y6", BREAK, "s.example", &["video"]),
        (Action::Block, Rung::Category)
    );
    // The vocabulary locks for everybody.
    assert_eq!(
        asking.said("staff", LESSON, "p.example", &["proxy"]),
        (Action::Block, Rung::Lock)
    );
}

#[test]
fn who_may_stands_in_the_list_of_the_lock() {
    let asking = School::new()
        .staff("[access]\nsocial = [{ block = \"always\", lock = true }, { allow = \"always\", for = [\"device:head-laptop\"] }]\n")
        .open();
    let mut subject = asking.subject("staff");
    assert_eq!(
        asking
            .ask(&subject, LESSON, "s.example", &["social"])
            .action,
        Action::Block
    );
    subject.device = asking.roster.devices.find("head-laptop");
    assert_eq!(
        asking
            .ask(&subject, LESSON, "s.example", &["social"])
            .action,
        Action::Allow
    );
}

// AGE-15, AGE-16
#[test]
fn the_vocabulary_speaks_where_a_group_is_silent() {
    let asking = School::new()
        .group("guests", "title = \"Guests\"\nkind = \"guests\"\n")
        .group("nobody", "title = \"No kind\"\n")
        .open();
    let said = |group, label| asking.said(group, LESSON, "x.example", &[label]).0;
    assert_eq!(said("staff", "gambling"), Action::Block);
    assert_eq!(said("staff", "social"), Action::Allow);
    for group in ["pupils", "guests", "nobody"] {
        assert_eq!(said(group, "social"), Action::Block, "{group}");
    }
    // Open by default, but from the age of nine.
    assert_eq!(said("ks2", "news"), Action::Block);
    assert_eq!(said("ks2-y6", "news"), Action::Allow);
    assert_eq!(said("pupils", "news"), Action::Allow);
}

// CAT-07, LOG-14
#[test]
fn an_alert_is_given_for_what_the_vocabulary_flags_and_never_for_help() {
    let asking = School::new()
        .staff("[access]\nself-harm = \"allow\"\nvideo = \"monitor\"\n")
        .open();
    let ask = |labels: &[&str]| {
        asking
            .ask(&asking.subject("staff"), LESSON, "x.example", labels)
            .obligations
    };
    assert!(ask(&["self-harm"]).alert);
    assert!(!ask(&["self-harm", "help"]).alert);
    assert!(!ask(&["video"]).alert);
    assert!(ask(&["video"]).monitor);
    assert!(ask(&["illegal-csam", "help"]).alert);
}

// CAT-30
#[test]
fn unknown_and_established_have_words_of_their_own() {
    let asking = School::new()
        .ks2("established = \"monitor\"\nunknown = \"warn\"\n")
        .open();
    assert_eq!(
        asking.said("ks2", LESSON, "x.example", &[]),
        (Action::Warn, Rung::Unknown)
    );
    assert_eq!(
        asking.said("ks2", LESSON, "x.example", &["established"]),
        (Action::Allow, Rung::Established)
    );
    assert_eq!(
        asking.said("pupils", LESSON, "x.example", &[]).0,
        Action::Block
    );
    assert_eq!(
        asking.said("staff", LESSON, "x.example", &[]).0,
        Action::Allow
    );
}

#[test]
fn a_literal_address_is_closed_for_pupils_unless_the_policy_says_otherwise() {
    let asking = School::new()
        .ks2("unknown = \"allow\"\n")
        .group("ks3", "title = \"KS3\"\nextends = \"pupils\"\nliteral_addresses = \"allow\"\n[access]\ngames = \"allow\"\n")
        .open();
    assert_eq!(
        asking.said("ks2", LESSON, "192.0.2.1", &[]),
        (Action::Block, Rung::Unknown)
    );
    assert_eq!(
        asking.said("ks3", LESSON, "192.0.2.1", &[]),
        (Action::Allow, Rung::Unknown)
    );
    assert_eq!(
        asking.said("ks3", LESSON, "[2001:db8::1]", &["gambling"]),
        (Action::Block, Rung::Category)
    );
    let asking = School::new().ks2("[access]\ngames = \"allow\"\n").open();
    assert_eq!(
        asking.said("ks2", LESSON, "192.0.2.1", &["games"]).0,
        Action::Block
    );
}
