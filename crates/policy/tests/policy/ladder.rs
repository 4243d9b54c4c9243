use crate::school::{BREAK, LESSON, School, moment, texts};
use model::{Access, Action, Rung};
use policy::{EmergencyBlock, Isolation, Override, Pause, Plan};

fn lift(id: &str, sites: &[&str], action: Access) -> Override {
    Override {
        id: id.into(),
        whom: texts(&["group:ks2"]),
        sites: texts(sites),
        action,
        start: moment("2026-11-23T09:00:00Z"),
        end: moment("2026-11-23T10:00:00Z"),
        reason: "lesson".into(),
        trial: None,
    }
}

fn plan(sites: &[&str], action: Access) -> Plan {
    Plan {
        id: "p".into(),
        whom: texts(&["device:tablet"]),
        sites: texts(sites),
        action,
        when: None,
        start: moment("2026-11-01T00:00:00Z"),
        end: moment("2027-01-01T00:00:00Z"),
        reason: "support".into(),
    }
}

fn emergency(sites: &[&str]) -> EmergencyBlock {
    EmergencyBlock {
        id: "e".into(),
        sites: texts(sites),
        whom: Vec::new(),
        start: moment("2026-11-23T09:00:00Z"),
        end: moment("2026-11-23T12:00:00Z"),
        reason: "a raid".into(),
    }
}

// AGE-14: each rung beats all that stand below it.
#[test]
fn each_rung_beats_those_below_it() {
    let mut school = School::new().ks2(
        "unknown = \"allow\"\n[access]\ngames = \"allow\"\n\
         [[rule]]\nname = \"r\"\nsites = [\"a.example\"]\naction = \"warn\"\n",
    );
    let ask = |school: &School| {
        let asking = school.open();
        let mut subject = asking.subject("ks2");
        subject.device = asking.roster.devices.find("tablet");
        let verdict = asking.ask(&subject, LESSON, "a.example", &["games"]);
        (verdict.action, verdict.reason.rung)
    };
    assert_eq!(ask(&school), (Action::Warn, Rung::Site));
    school.overlay.overrides = vec![lift("1", &["a.example"], Access::Allow)];
    assert_eq!(ask(&school), (Action::Allow, Rung::Override));
    school.overlay.plans = vec![plan(&["a.example"], Access::Permission)];
    assert_eq!(ask(&school), (Action::Permission, Rung::Plan));
    let mode = "unknown = \"allow\"\n[access]\ngames = \"allow\"\n\
         [[mode]]\nid = \"exam\"\ntitle = \"Exam\"\nkind = \"allowlist\"\nwhen = \"lessons\"\nsites = [\"a.example\"]\n\
         [[rule]]\nname = \"r\"\nsites = [\"a.example\"]\naction = \"warn\"\n";
    school = School {
        overlay: school.overlay.clone(),
        ..School::new().ks2(mode)
    };
    assert_eq!(ask(&school), (Action::Allow, Rung::Mode));
    let lock = format!(
        "{mode}[[rule]]\nname = \"l\"\nsites = [\"a.example\"]\naction = \"block\"\nlock = true\n"
    );
    school = School {
        overlay: school.overlay.clone(),
        ..School::new().ks2(&lock)
    };
    assert_eq!(ask(&school), (Action::Block, Rung::Lock));
    school.overlay.blocks = vec![emergency(&["a.example"])];
    assert_eq!(ask(&school), (Action::Block, Rung::Emergency));
    school.overlay.isolations = vec![Isolation {
        id: "i".into(),
        whom: texts(&["device:tablet"]),
        start: moment("2026-11-01T00:00:00Z"),
        end: None,
        reason: "malware".into(),
    }];
    assert_eq!(ask(&school), (Action::Block, Rung::Paused));
}

#[test]
fn the_longest_host_wins_within_a_rung() {
    let asking = School::new()
        .ks2(
            "[[rule]]\nname = \"wide\"\nsites = [\"example.org\"]\naction = \"allow\"\n\
             [[rule]]\nname = \"narrow\"\nsites = [\"bad.example.org\"]\naction = \"block\"\n\
             [[rule]]\nname = \"exact\"\nsites = [\"=bad.example.org\"]\naction = \"warn\"\n",
        )
        .open();
    let said = |host| asking.said("ks2", LESSON, host, &[]);
    assert_eq!(said("www.example.org"), (Action::Allow, Rung::Site));
    assert_eq!(said("x.bad.example.org"), (Action::Block, Rung::Site));
    assert_eq!(said("bad.example.org"), (Action::Warn, Rung::Site));
    assert_eq!(said("anexample.org"), (Action::Block, Rung::Unknown));
}

#[test]
fn a_tie_within_a_rung_goes_to_the_stricter_word() {
    let words = ["allow", "monitor", "warn", "permission", "block"];
    for (mild, word) in words.iter().enumerate() {
        for stricter in &words[mild..] {
            let asking = School::new()
                .ks2(&format!(
                    "[[rule]]\nname = \"one\"\nsites = [\"example.org\"]\naction = \"{word}\"\n\
                     [[rule]]\nname = \"two\"\nsites = [\"example.org\"]\naction = \"{stricter}\"\n",
                ))
                .open();
            let verdict = asking.ask(&asking.subject("ks2"), LESSON, "example.org", &[]);
            let wanted = match *stricter {
                "monitor" => "allow",
                other => other,
            };
            assert_eq!(verdict.action.word(), wanted, "{word} {stricter}");
            assert_eq!(verdict.obligations.monitor, *stricter == "monitor");
        }
    }
}

// CAT-18
#[test]
fn of_several_labels_the_strictest_word_wins() {
    let mut school = School::new()
        .ks2("[access]\ngames = \"allow\"\nvideo = \"warn\"\nsocial = \"permission\"\n");
    let asking = school.open();
    let said = |labels: &[&str]| asking.said("ks2", LESSON, "x.example", labels).0;
    assert_eq!(said(&["games"]), Action::Allow);
    assert_eq!(said(&["games", "video"]), Action::Warn);
    assert_eq!(said(&["games", "video", "social"]), Action::Permission);
    assert_eq!(said(&["games", "gambling"]), Action::Block);
    // An override of one category does not lift another label.
    school.overlay.overrides = vec![lift("1", &["category:games"], Access::Allow)];
    let asking = School {
        overlay: school.overlay,
        ..School::new()
    }
    .open();
    assert_eq!(
        asking.said("ks2", LESSON, "x.example", &["games"]),
        (Action::Allow, Rung::Override)
    );
    assert_eq!(
        asking.said("ks2", LESSON, "x.example", &["games", "social"]),
        (Action::Block, Rung::Category)
    );
}

// DESIGN 4: allow-class labels never lift a block.
#[test]
fn an_allow_label_never_lifts_a_block() {
    let asking = School::new()
        .ks2("open = [\"education\"]\nunknown = \"block\"\n")
        .open();
    assert_eq!(
        asking.said("ks2", LESSON, "x.example", &["education"]),
        (Action::Allow, Rung::Established)
    );
    assert_eq!(
        asking.said("ks2", LESSON, "x.example", &["education", "games"]),
        (Action::Block, Rung::Category)
    );
    assert_eq!(
        asking.said("ks2", LESSON, "x.example", &["banking"]),
        (Action::Block, Rung::Unknown)
    );
}

// AGE-04: only the approved list resolves.
#[test]
fn a_walled_garden_holds_only_what_was_named() {
    let asking = School::new()
        .pack("bitesize", &["bbc.co.uk"])
        .ks2("walled_garden = true\nunknown = \"allow\"\nopen = [\"education\"]\npacks = [\"bitesize\"]\n[access]\nvideo = \"allow\"\n")
        .open();
    let said = |host, labels: &[&str]| asking.said("ks2", LESSON, host, labels);
    assert_eq!(said("www.bbc.co.uk", &[]), (Action::Allow, Rung::Site));
    assert_eq!(
        said("x.example", &["education"]),
        (Action::Allow, Rung::Established)
    );
    assert_eq!(
        said("x.example", &["education", "video"]),
        (Action::Allow, Rung::Category)
    );
    assert_eq!(
        said("x.example", &["video"]),
        (Action::Block, Rung::Unknown)
    );
    assert_eq!(
        said("x.example", &["established"]),
        (Action::Block, Rung::Established)
    );
    assert_eq!(said("x.example", &[]), (Action::Block, Rung::Unknown));
    // LOG-14
    assert_eq!(
        said("x.example", &["help"]),
        (Action::Allow, Rung::Established)
    );
}

// AGE-06
#[test]
fn a_pack_opens_its_sites_and_no_others_of_their_category() {
    let asking = School::new()
        .pack("scratch", &["scratch.mit.edu"])
        .ks2("packs = [\"scratch\"]\n")
        .open();
    assert_eq!(
        asking.said("ks2", LESSON, "scratch.mit.edu", &["games"]),
        (Action::Allow, Rung::Site)
    );
    assert_eq!(
        asking
            .said("ks2-y6", LESSON, "scratch.mit.edu", &["games"])
            .0,
        Action::Allow
    );
    assert_eq!(asking.said("ks2", LESSON, "mit.edu", &[]).0, Action::Block);
    assert_eq!(
        asking.said("ks2", LESSON, "x.example", &["games"]).0,
        Action::Block
    );
}

#[test]
fn a_public_suffix_reaches_nobody_elses_site() {
    let asking = School::new()
        .ks2(
            "[[rule]]\nname = \"pages\"\nsites = [\"github.io\", \"amazonaws.com\"]\naction = \"allow\"\n\
             [[rule]]\nname = \"all apps\"\nsites = [\"*.web.app\"]\naction = \"allow\"\n\
             [[rule]]\nname = \"one\"\nsites = [\"school.github.io\"]\naction = \"allow\"\n",
        )
        .open();
    let said = |host| asking.said("ks2", LESSON, host, &[]).0;
    assert_eq!(said("github.io"), Action::Allow);
    assert_eq!(said("somebody.github.io"), Action::Block);
    assert_eq!(said("a.school.github.io"), Action::Allow);
    assert_eq!(said("x.s3.amazonaws.com"), Action::Block);
    assert_eq!(said("www.amazonaws.com"), Action::Allow);
    assert_eq!(said("anybody.web.app"), Action::Allow);
    assert_eq!(said("web.app"), Action::Block);
}

// SCH-06
#[test]
fn an_override_ends_at_its_expiry() {
    let mut school = School::new();
    school.overlay.overrides = vec![lift("1", &["games.example"], Access::Allow)];
    let asking = school.open();
    let said = |at| asking.said("ks2", at, "games.example", &["games"]).0;
    assert_eq!(said("2026-11-23T08:59:59.999Z"), Action::Block);
    assert_eq!(said("2026-11-23T09:00:00Z"), Action::Allow);
    assert_eq!(said("2026-11-23T09:59:59.999Z"), Action::Allow);
    assert_eq!(said("2026-11-23T10:00:00Z"), Action::Block);
    let until = |at| {
        asking
            .ask(&asking.subject("ks2"), at, "games.example", &["games"])
            .valid_until
    };
    assert_eq!(
        until("2026-11-23T08:00:00Z"),
        Some(moment("2026-11-23T09:00:00Z"))
    );
    assert_eq!(
        until("2026-11-23T09:30:00Z"),
        Some(moment("2026-11-23T10:00:00Z"))
    );
    assert_eq!(until("2026-11-23T10:00:00Z"), None);
}

#[test]
fn paused_access_keeps_the_learning_sites_and_help() {
    let mut school = School::new()
        .pack("bitesize", &["bbc.co.uk"])
        .ks2("packs = [\"bitesize\"]\nlearning = [\"pack:bitesize\"]\nunknown = \"allow\"\n");
    school.overlay.pauses = vec![Pause {
        id: "p".into(),
        whom: texts(&["device:tablet"]),
        start: moment("2026-11-23T08:00:00Z"),
        end: moment("2026-11-24T08:00:00Z"),
        reason: "misuse".into(),
    }];
    let asking = school.open();
    let mut subject = asking.subject("ks2");
    assert_eq!(
        asking.ask(&subject, LESSON, "x.example", &[]).action,
        Action::Allow
    );
    subject.device = asking.roster.devices.find("tablet");
    let said = |host, labels: &[&str]| {
        let verdict = asking.ask(&subject, LESSON, host, labels);
        (verdict.action, verdict.reason.rung)
    };
    assert_eq!(said("x.example", &[]), (Action::Block, Rung::Paused));
    assert_eq!(said("www.bbc.co.uk", &[]), (Action::Allow, Rung::Site));
    assert_eq!(
        said("x.example", &["help"]),
        (Action::Allow, Rung::Established)
    );
    // What stays open during a pause is still under the rest of the ladder.
    assert_eq!(
        said("x.example", &["help", "gambling"]),
        (Action::Block, Rung::Category)
    );
}

// BYO-12
#[test]
fn a_group_that_bars_overrides_gets_none() {
    let mut school = School::new().ks2("overrides = false\n");
    school.overlay.overrides = vec![lift("1", &["games.example"], Access::Allow)];
    let asking = school.open();
    assert_eq!(
        asking.said("ks2", LESSON, "games.example", &["games"]).0,
        Action::Block
    );
}

// CHG-24
#[test]
fn a_trial_is_open_for_some_until_its_end_and_for_all_afterwards() {
    let mut school = School::new();
    let mut tried = lift("1", &["games.example"], Access::Allow);
    tried.trial = Some(policy::Trial {
        whom: texts(&["group:ks2-y6"]),
        until: moment("2026-11-23T09:30:00Z"),
    });
    school.overlay.overrides = vec![tried];
    let asking = school.open();
    let said = |group, at| asking.said(group, at, "games.example", &["games"]).0;
    for (at, some, all) in [
        ("2026-11-23T08:59:59Z", Action::Block, Action::Block),
        (LESSON, Action::Allow, Action::Block),
        ("2026-11-23T09:29:59Z", Action::Allow, Action::Block),
        ("2026-11-23T09:30:00Z", Action::Allow, Action::Allow),
        ("2026-11-23T10:00:00Z", Action::Block, Action::Block),
    ] {
        assert_eq!(said("ks2-y6", at), some, "{at}");
        assert_eq!(said("ks2", at), all, "{at}");
    }
}

// SCH-06
#[test]
fn a_lesson_lifts_what_waits_for_permission_and_nothing_else() {
    let mut school = School::new().ks2(
        "[access]\nblogs = \"permission\"\nvideo = { permission = \"lessons\" }\ngames = \"block\"\n",
    );
    let mut lesson = lift(
        "1",
        &["category:blogs", "category:video", "category:games"],
        Access::Allow,
    );
    lesson.whom = texts(&["group:ks2", "group:staff"]);
    lesson.end = moment("2026-11-23T11:00:00Z");
    school.overlay.lessons = vec![lesson];
    let asking = school.open();
    let said = |at, label| asking.said("ks2", at, "x.example", &["established", label]);
    assert_eq!(said(LESSON, "blogs"), (Action::Allow, Rung::Override));
    assert_eq!(said(LESSON, "video"), (Action::Allow, Rung::Override));
    assert_eq!(said(LESSON, "games"), (Action::Block, Rung::Category));
    assert_eq!(said(BREAK, "blogs"), (Action::Allow, Rung::Override));
    assert_eq!(
        said(BREAK, "video"),
        (Action::Block, Rung::Category),
        "at break it does not wait for permission"
    );
}

#[test]
fn a_lesson_is_nothing_to_a_group_that_bars_overrides() {
    let mut school = School::new().ks2("overrides = false\n[access]\nblogs = \"permission\"\n");
    school.overlay.lessons = vec![lift("1", &["category:blogs"], Access::Allow)];
    let asking = school.open();
    let said = asking.said("ks2", LESSON, "x.example", &["established", "blogs"]);
    assert_eq!(said, (Action::Permission, Rung::Category));
}

#[test]
fn the_overlay_leaves_out_whom_nobody_knows() {
    let mut school = School::new();
    let mut gone = lift("1", &["games.example"], Access::Allow);
    gone.whom = texts(&["device:gone"]);
    school.overlay.overrides = vec![gone];
    let (policy, faults) = school.read();
    assert!(policy.is_some());
    assert_eq!((faults.errors(), faults.warnings()), (0, 2), "{faults}");
}
