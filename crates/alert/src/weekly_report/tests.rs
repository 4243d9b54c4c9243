use super::*;
use crate::incident::{Incident, IncidentKind};
use crate::stand_in::{blocked as row, monday, school};
use crate::{GovernorReport, Incidents, Person};
use model::{Action, Rung};

fn report() -> Report {
    let folder = tempfile::tempdir().unwrap();
    let incidents = Incidents::open(folder.path()).unwrap();
    let mut visit = Incident::new(
        IncidentKind::Visit,
        monday().before(Duration::from_secs(86_400)),
        "x",
    );
    visit.theme = Some(Theme::Suicide);
    visit.count = 3;
    visit.who = Some("p.upil".to_owned());
    let id = incidents.record(visit.clone()).unwrap();
    incidents.take(id, &Person::from("lead"), monday()).unwrap();
    visit.at = monday();
    incidents.record(visit).unwrap();
    let rows = vec![
        row("ks2", "p.upil", "games.test"),
        row("ks2", "q.upil", "games.test"),
        row("staff", "t.eacher", "=shop.test"),
        DecisionRow {
            background: true,
            ..row("ks2", "p.upil", "adverts.test")
        },
        DecisionRow {
            rung: Rung::Floor,
            ..row("ks2", "p.upil", "bad.test")
        },
        DecisionRow {
            categories: ["help".into()].into(),
            ..row("ks2", "p.upil", "childline.test")
        },
        DecisionRow {
            action: Action::Allow,
            ..row("ks2", "p.upil", "poems.test")
        },
        DecisionRow {
            first: monday(),
            ..row("ks2", "p.upil", "next-week.test")
        },
    ];
    let changes = ChangeCounts {
        opened: 2,
        ..ChangeCounts::default()
    };
    let span = last_week(&school(), monday());
    weekly(&school(), span, rows.into_iter(), &incidents.all(), changes)
}

// REP-02, REP-09
#[test]
fn the_monday_report_says_what_a_safeguarding_lead_asks() {
    insta::assert_snapshot!(report().text(), @"
    Oakfield Primary
    Monday 16 November 2026, 07:00 to Monday 23 November 2026, 07:00

    Incidents: 1, not closed yet: 1.
    Requests: 14, blocked: 10.
    Blocked besides: 2 requests of machines (advertisements, apps); nobody opened those.

    Incidents
      No.  What                      About    Times  State  With
      1    Visit to harmful content  Suicide  3      taken  lead

    Visits that were flagged
      About    Requests
      Suicide  3

    Groups
      Group  People  Requests  Blocked  Flagged
      ks2    2       12        8        0
      staff  1       2         2        0

    Sites that were blocked most
      Site        Requests
      games.test  4
      =shop.test  2

    Changes to the filter
      What                                How many
      opened something                    2
      closed something                    0
      requests refused                    0
      requests that wait                  0
      in an emergency, not confirmed yet  0
    ");
}

#[test]
fn the_csv_twin_holds_the_same_tables_and_no_formula() {
    let csv = report().csv();
    assert!(csv.contains("'=shop.test,2"), "{csv}");
    for sheet in report().sheets() {
        assert!(csv.contains(&sheet.title));
    }
}

// REP-02
#[test]
fn the_week_runs_from_monday_to_monday_over_the_change_of_clocks() {
    let week = |now: &str| {
        let (from, until) = last_week(&school(), now.parse().unwrap());
        format!("{from} {until}")
    };
    assert_eq!(
        week("2026-10-26T07:00:00Z"),
        "2026-10-19T06:00:00Z 2026-10-26T07:00:00Z"
    );
    assert_eq!(
        week("2026-10-26T06:59:59Z"),
        "2026-10-12T06:00:00Z 2026-10-19T06:00:00Z"
    );
}

#[test]
fn the_report_is_one_notice_a_week() {
    let folder = tempfile::tempdir().unwrap();
    let queue = crate::Queue::open(folder.path()).unwrap();
    let report = report();
    assert!(!queue.knows_topic(&Report::topic(report.until)));
    queue.push(report.letter(monday())).unwrap();
    assert!(queue.knows_topic(&Report::topic(report.until)));
}

// REP-07
#[test]
fn the_governors_report_names_nobody() {
    let report = report();
    let governors = GovernorReport::of(&report);
    let json = serde_json::to_string(&governors).unwrap();
    for text in [governors.text(), json] {
        for word in ["p.upil", "t.eacher", ".test", "lead", "10.20"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
    assert!(governors.groups.is_empty(), "three people are too few");
}
