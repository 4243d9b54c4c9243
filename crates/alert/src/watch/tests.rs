use super::*;
use crate::stand_in::{monday, school, school_people};
use crate::{Held, Intent, Role, Threshold};
use audit::Journal;
use model::{Action, Certainty, Door, ManualClock, PolicyVersion};
use std::sync::Arc;

fn at(seconds: u64) -> Moment {
    monday().after(Duration::from_secs(seconds))
}

/// A page that a pupil opened.
fn visit(host: &str, category: &str, seconds: u64) -> DecisionRow {
    DecisionRow {
        first: at(seconds),
        last: at(seconds),
        count: 1,
        client: "10.20.0.7".parse().unwrap(),
        device: Known::Named("ipad-7".into()),
        user: Known::Named("p.upil".into()),
        certainty: Certainty::SignIn,
        zone: "ks2-rooms".into(),
        group: "ks2".into(),
        door: Door::Https,
        method: Some("GET".into()),
        host: host.into(),
        path: None,
        kind: None,
        categories: [category.into()].into(),
        action: Action::Block,
        rung: Rung::Category,
        rule: None,
        list: Some("starter".into()),
        list_version: None,
        policy_version: PolicyVersion(1),
        bytes: 0,
        duration_ms: 1,
        reference: None,
        alert: !matches!(category, "education" | "help"),
        background: false,
        flood: false,
    }
}

fn floor_hit(seconds: u64) -> DecisionRow {
    DecisionRow {
        rung: Rung::Floor,
        ..visit("bad.test", "illegal-csam", seconds)
    }
}

struct Stage {
    folder: tempfile::TempDir,
    journal: Journal,
    incidents: Incidents,
    queue: Queue,
    directory: Directory,
    watch: Watch,
}

impl Stage {
    fn new(settings: WatchSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(monday()));
        Self {
            journal: Journal::open(&folder.path().join("journal"), clock).unwrap(),
            incidents: Incidents::open(folder.path()).unwrap(),
            queue: Queue::open(folder.path()).unwrap(),
            directory: school_people(),
            watch: Watch::open(folder.path(), settings, school(), monday()).unwrap(),
            folder,
        }
    }

    fn poll(&mut self, seconds: u64) -> usize {
        let desk = Desk {
            incidents: &self.incidents,
            queue: &self.queue,
            directory: &self.directory,
        };
        let journal = self.folder.path().join("journal");
        self.watch.poll(&journal, desk, at(seconds)).unwrap()
    }

    fn see(&mut self, rows: &[DecisionRow], seconds: u64) -> Vec<Held> {
        self.journal.write(rows).unwrap();
        self.poll(seconds);
        self.queue.waiting()
    }

    fn start_again(&mut self) {
        let settings = self.watch.settings.clone();
        self.incidents = Incidents::open(self.folder.path()).unwrap();
        self.queue = Queue::open(self.folder.path()).unwrap();
        self.watch = Watch::open(self.folder.path(), settings, school(), at(9999)).unwrap();
    }
}

fn routes(told: &[Held]) -> Vec<String> {
    let route = |held: &Held| {
        let letter = &held.letter;
        let secret = if letter.confidential { " alone" } else { "" };
        let (to, urgency) = (letter.notice.to, letter.notice.urgency.word());
        format!("{to}{secret} {urgency} {}", letter.kind.word())
    };
    told.iter().map(route).collect()
}

// REP-03, REP-05, REP-29: each theme, blocked or shown.
#[test]
fn every_theme_is_told_to_the_safeguarding_lead_at_once() {
    for category in ["self-harm", "suicide", "grooming", "extremism", "violence"] {
        for action in [Action::Block, Action::Allow] {
            let mut stage = Stage::new(WatchSettings::default());
            let row = DecisionRow {
                action,
                ..visit("dark.test", category, 1)
            };
            let told = stage.see(&[row], 3);
            let expected = ["safeguarding-lead immediate safeguarding"];
            assert_eq!(routes(&told), expected, "{category} {action:?}");
        }
    }
}

#[test]
fn the_notice_says_what_when_who_and_what_else() {
    let mut stage = Stage::new(WatchSettings::default());
    let shown = |host, category, seconds| DecisionRow {
        action: Action::Allow,
        ..visit(host, category, seconds)
    };
    let rows = [
        shown("poems.test", "education", 10),
        shown("childline.test", "help", 20),
        visit("dark.test", "suicide", 30),
        DecisionRow {
            client: "10.20.0.8".parse().unwrap(),
            ..shown("another-child.test", "education", 31)
        },
    ];
    let told = stage.see(&rows, 40);
    let notice = told[0].notice();
    insta::assert_snapshot!(format!("{}\n\n{}", notice.title, notice.words), @"
    Incident 1: Suicide

    Person: p.upil
    Device: ipad-7
    Group: ks2
    When: Monday 23 November 2026, 10:15
    Site: dark.test (blocked)
    Kind of request: a page was opened

    What the same device did in the five minutes around it:
      10:15:10  poems.test  shown
      10:15:30  dark.test  blocked
    ");
}

#[test]
fn a_help_line_is_never_told_of() {
    let mut stage = Stage::new(WatchSettings::default());
    let help = DecisionRow {
        categories: ["suicide".into(), "help".into()].into(),
        ..visit("samaritans.test", "suicide", 1)
    };
    assert!(stage.see(&[help], 3).is_empty());
    assert!(stage.incidents.all().is_empty());
}

// ILL-12
#[test]
fn illegal_content_is_told_to_two_without_its_address() {
    let mut stage = Stage::new(WatchSettings::default());
    let told = stage.see(&[floor_hit(1)], 3);
    assert_eq!(
        routes(&told),
        [
            "safeguarding-lead immediate illegal",
            "headteacher immediate illegal"
        ]
    );
    let incident = &stage.incidents.all()[0];
    assert_eq!(incident.incident.kind, IncidentKind::Floor);
    for text in [
        serde_json::to_string(&told).unwrap(),
        serde_json::to_string(&incident).unwrap(),
    ] {
        assert!(!text.contains("bad.test"), "{text}");
    }
    insta::assert_snapshot!(told[0].notice().words, @"
    Incident 1
    Person: p.upil
    Device: ipad-7
    Group: ks2
    When: Monday 23 November 2026, 10:15
    List: starter
    It was blocked. The address is kept for the police and is not shown.
    ");
}

// REP-06
#[test]
fn what_staff_do_is_told_to_the_headteacher_alone() {
    let mut stage = Stage::new(WatchSettings::default());
    let mut by_staff = visit("dark.test", "violence", 1);
    by_staff.group = "staff".into();
    by_staff.user = Known::Named("t.eacher".into());
    let told = stage.see(&[by_staff.clone()], 3);
    assert_eq!(routes(&told), ["headteacher alone immediate staff"]);
    assert_eq!(told[0].letter.concerns, ["t.eacher".into()]);
    by_staff.user = Known::Named("h.head".into());
    by_staff.first = at(5);
    let told = stage.see(&[by_staff], 9);
    let chain = stage.directory.chain(&told[1].letter, at(9));
    assert_eq!(chain[0].role, Role::Chair);
    assert_eq!(told[1].letter.concerns, ["h.head".into(), "head".into()]);
}

// REP-04
#[test]
fn a_burst_of_five_hundred_is_one_incident_and_one_notice_with_a_count() {
    let mut stage = Stage::new(WatchSettings::default());
    let burst: Vec<_> = (0..500)
        .map(|number| visit(&format!("dark{number}.test"), "suicide", number / 10))
        .collect();
    stage.see(&burst[..100], 10);
    let told = stage.see(&burst[100..], 60);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].count, 500);
    assert!(told[0].notice().words.contains("dark0.test"));
    let incidents = stage.incidents.all();
    assert_eq!(incidents.len(), 1);
    assert_eq!(incidents[0].incident.count, 500);
}

// REP-28
#[test]
fn a_request_in_the_background_waits_for_the_digest_and_hides_no_page() {
    let mut stage = Stage::new(WatchSettings::default());
    let background = DecisionRow {
        background: true,
        ..visit("dark.test", "violence", 1)
    };
    let told = stage.see(&[background], 3);
    assert_eq!(routes(&told), ["safeguarding-lead digest safeguarding"]);
    let told = stage.see(&[visit("dark.test", "violence", 4)], 6);
    assert_eq!(routes(&told)[1], "safeguarding-lead immediate safeguarding");
}

// MON-03
#[test]
fn thresholds_follow_the_group() {
    let settings = WatchSettings {
        thresholds: vec![Threshold {
            groups: vec!["ks4".to_owned()],
            theme: Theme::Violence,
            visits: 3,
            urgency: Urgency::Soon,
        }],
        ..WatchSettings::default()
    };
    let of_ks4 = |seconds| DecisionRow {
        group: "ks4".into(),
        ..visit("dark.test", "violence", seconds)
    };
    let mut stage = Stage::new(settings);
    assert!(stage.see(&[of_ks4(1), of_ks4(2)], 3).is_empty());
    assert_eq!(stage.incidents.all().len(), 1, "it is in the record");
    let told = stage.see(&[of_ks4(4)], 5);
    assert_eq!(routes(&told), ["safeguarding-lead soon safeguarding"]);
    let mut younger = visit("dark.test", "violence", 6);
    younger.user = Known::Named("q.upil".into());
    let told = stage.see(&[younger], 7);
    assert_eq!(routes(&told)[1], "safeguarding-lead immediate safeguarding");
}

#[test]
fn nothing_is_told_twice_and_nothing_is_left_out_over_a_restart() {
    let mut stage = Stage::new(WatchSettings::default());
    stage.see(&[visit("dark.test", "suicide", 10)], 12);
    assert_eq!(stage.poll(13), 0);
    stage.start_again();
    assert_eq!(stage.poll(14), 0, "it was seen before");
    // It came late: its moment lies before the last look.
    let late = visit("late.test", "suicide", 11);
    let told = stage.see(&[late], 60);
    assert_eq!((told.len(), told[0].count), (1, 2));
}

#[test]
fn a_clock_that_was_set_back_hides_no_visit() {
    let mut stage = Stage::new(WatchSettings::default());
    stage.poll(1000);
    let before = visit("dark.test", "suicide", 1001);
    stage.journal.write(&[before]).unwrap();
    assert_eq!(stage.poll(0), 1, "written before the clock was set back");
    assert_eq!(stage.see(&[visit("dark.test", "violence", 2)], 3).len(), 2);
    assert_eq!(stage.poll(1002), 0);
}

#[test]
fn a_crash_before_the_mark_is_kept_counts_twice_and_loses_nothing() {
    let mut stage = Stage::new(WatchSettings::default());
    let mark = stage.folder.path().join(FILE);
    stage.poll(1);
    let before = std::fs::read(&mark).unwrap();
    stage.see(&[visit("dark.test", "suicide", 10)], 12);
    std::fs::write(&mark, before).unwrap();
    stage.start_again();
    assert_eq!(stage.poll(13), 1);
    let told = stage.queue.waiting();
    assert_eq!((told.len(), told[0].count), (1, 2));
}

#[test]
fn after_an_incident_is_closed_the_next_visit_opens_another() {
    let mut stage = Stage::new(WatchSettings::default());
    stage.see(&[visit("dark.test", "suicide", 1)], 2);
    let id = stage.incidents.all()[0].id;
    let closing = crate::Closing {
        intent: Intent::Accidental,
        action: "talked".to_owned(),
        outcome: "fine".to_owned(),
    };
    let lead = Person::from("lead");
    stage.incidents.close(id, &lead, at(3), closing).unwrap();
    stage.see(&[visit("dark.test", "suicide", 4)], 5);
    assert_eq!(stage.incidents.all().len(), 2);
}

#[test]
fn a_shared_address_lends_no_context_of_other_children() {
    let mut stage = Stage::new(WatchSettings::default());
    let shared = |mut row: DecisionRow| {
        row.user = Known::Unknown(Unknown::SharedAddress);
        row
    };
    let rows = [
        shared(visit("poems.test", "education", 1)),
        shared(visit("dark.test", "suicide", 2)),
    ];
    let told = stage.see(&rows, 3);
    assert!(!told[0].notice().words.contains("poems.test"));
    assert!(told[0].notice().words.contains("many people share"));
}

#[test]
fn more_decisions_than_one_search_gives_are_all_looked_at() {
    let mut stage = Stage::new(WatchSettings::default());
    let crowd: Vec<_> = (0..25_000u64)
        .map(|number| DecisionRow {
            first: monday().after(Duration::from_millis(number)),
            last: monday().after(Duration::from_millis(number)),
            alert: number == 3,
            ..visit("dark.test", "suicide", 0)
        })
        .collect();
    let told = stage.see(&crowd, 30);
    assert_eq!((told.len(), told[0].count), (1, 1));
}

#[test]
fn a_journal_that_cannot_be_read_is_an_error_and_is_read_again() {
    let mut stage = Stage::new(WatchSettings::default());
    stage
        .journal
        .write(&[visit("dark.test", "suicide", 1)])
        .unwrap();
    let desk = Desk {
        incidents: &stage.incidents,
        queue: &stage.queue,
        directory: &stage.directory,
    };
    let gone = stage.folder.path().join("no-journal");
    assert!(stage.watch.poll(&gone, desk, at(2)).is_err());
    assert_eq!(stage.poll(3), 1);
}

#[test]
fn the_gravest_theme_and_the_kind_of_content_are_told() {
    let stage = Stage::new(WatchSettings::default());
    let mut row = visit("dark.test", "violence", 1);
    row.categories = ["violence".into(), "suicide".into()].into();
    let other = visit("odd.test", "flagged-by-school", 2);
    let seen = stage.watch.look(&[row, other], &stage.directory);
    let themes: Vec<_> = seen.iter().map(|it| it.incident.theme.unwrap()).collect();
    assert_eq!(themes, [Theme::Suicide, Theme::Other]);
}
