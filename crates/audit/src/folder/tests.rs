use super::*;
use crate::decision_row::{Known, Unknown};
use crate::stand_in::{monday, refused, row};
use model::{Action, Door, PolicyVersion, Rung};
use std::time::Duration;

const PLACE: Place = Place {
    generation: 1,
    row: 1,
};

fn rows(folder: &mut Folder) -> Vec<DecisionRow> {
    folder.unwritten().map(|fold| fold.row().clone()).collect()
}

fn write(folder: &mut Folder) {
    for fold in folder.unwritten() {
        (fold.unwritten, fold.place) = (false, Some(PLACE));
    }
}

#[test]
fn decisions_that_differ_in_their_moment_share_a_row() {
    let mut folder = Folder::default();
    for second in [5, 2, 40] {
        let at = monday().after(Duration::from_secs(second));
        folder
            .add(DecisionRow {
                duration_ms: second as u32,
                ..row("a.test", at)
            })
            .unwrap();
    }
    let rows = rows(&mut folder);
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].count, rows[0].bytes, rows[0].duration_ms),
        (3, 360, 40)
    );
    assert_eq!(rows[0].first, monday().after(Duration::from_secs(2)));
    assert_eq!(rows[0].last, monday().after(Duration::from_secs(40)));
    assert_eq!(folder.folded(), 2);
}

#[test]
fn a_difference_in_any_part_of_the_key_keeps_decisions_apart() {
    let like = row("a.test", monday());
    let mut folder = Folder::default();
    let others = [
        DecisionRow {
            host: "b.test".into(),
            ..like.clone()
        },
        DecisionRow {
            client: "10.20.0.8".parse().unwrap(),
            ..like.clone()
        },
        DecisionRow {
            user: Known::Named("p.upil".into()),
            ..like.clone()
        },
        DecisionRow {
            user: Known::Unknown(Unknown::Expired),
            ..like.clone()
        },
        DecisionRow {
            group: "ks3".into(),
            ..like.clone()
        },
        DecisionRow {
            door: Door::Connect,
            ..like.clone()
        },
        DecisionRow {
            kind: Some("A".into()),
            ..like.clone()
        },
        DecisionRow {
            action: Action::Block,
            ..like.clone()
        },
        DecisionRow {
            rule: Some("club".into()),
            ..like.clone()
        },
        DecisionRow {
            policy_version: PolicyVersion(2),
            ..like.clone()
        },
        row("a.test", monday().after(Duration::from_secs(60))),
    ];
    let count = others.len() + 1;
    for row in others {
        folder.add(row).unwrap();
    }
    folder.add(like).unwrap();
    assert_eq!((rows(&mut folder).len(), folder.folded()), (count, 0));
}

// What a person looks at keeps its own moment.
#[test]
fn floor_alert_url_and_quoted_decisions_never_fold() {
    let like = refused("a.test", monday());
    let apart = [
        DecisionRow {
            rung: Rung::Floor,
            ..like.clone()
        },
        DecisionRow {
            alert: true,
            ..like.clone()
        },
        DecisionRow {
            path: Some("/page".into()),
            ..like.clone()
        },
        DecisionRow {
            reference: Some("7K2M".into()),
            ..like
        },
    ];
    let mut folder = Folder::default();
    for row in &apart {
        folder.add(row.clone()).unwrap();
        folder.add(row.clone()).unwrap();
    }
    assert_eq!((rows(&mut folder).len(), folder.folded()), (8, 0));
}

#[test]
fn a_written_row_is_brought_up_to_date_while_its_minute_lasts() {
    let mut folder = Folder::default();
    folder.add(row("a.test", monday())).unwrap();
    write(&mut folder);
    folder.settle(monday().after(Duration::from_secs(1)));
    assert_eq!(rows(&mut folder), []);
    folder
        .add(row("a.test", monday().after(Duration::from_secs(2))))
        .unwrap();
    assert_eq!(
        folder
            .unwritten()
            .map(|fold| (fold.place, fold.row().count))
            .next(),
        Some((Some(PLACE), 2))
    );
    write(&mut folder);
    folder.settle(monday().after(Duration::from_secs(120)));
    assert!(folder.is_empty());
}

#[test]
fn past_two_thousand_distinct_rows_a_minute_a_client_has_one_row_for_each_action() {
    let mut folder = Folder::default();
    for number in 0..5_000 {
        folder
            .add(row(&format!("{number}.tunnel.test"), monday()))
            .unwrap();
        folder
            .add(refused(&format!("{number}.other.test"), monday()))
            .unwrap();
    }
    let other = DecisionRow {
        client: "10.20.0.8".parse().unwrap(),
        ..row("a.test", monday())
    };
    folder.add(other).unwrap();
    let rows = rows(&mut folder);
    let (floods, apart): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.flood);
    assert_eq!((floods.len(), apart.len(), folder.floods()), (2, 2_001, 2));
    assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), 10_001);
    assert_eq!(&*floods[0].host, "1000.tunnel.test");
}

#[test]
fn memory_is_bounded_when_nothing_is_written() {
    let mut folder = Folder::default();
    for number in 0..Folder::LIMIT {
        let client = std::net::Ipv4Addr::from(u32::try_from(number).unwrap()).into();
        folder
            .add(DecisionRow {
                client,
                ..row("a.test", monday())
            })
            .unwrap();
    }
    assert!(folder.add(row("a.test", monday())).is_err());
    // What is written makes room, even within its minute.
    write(&mut folder);
    folder.add(row("a.test", monday())).unwrap();
    assert_eq!(folder.len(), 1);
}
