use super::*;
use crate::decision_row::{Known, Unknown};
use crate::folder::Folder;
use crate::stand_in::{clock, monday, refused, row};
use model::{Action, Door, ManualClock, Moment, Rung};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

struct Desk {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    journal: Journal,
}

fn desk() -> Desk {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let journal = Journal::open(folder.path(), clock.clone()).unwrap();
    Desk {
        folder,
        clock,
        journal,
    }
}

fn hosts(desk: &Desk, asked: Search) -> Vec<String> {
    search(desk.folder.path(), &asked)
        .unwrap()
        .iter()
        .map(|row| row.host.to_string())
        .collect()
}

fn later(seconds: u64) -> Moment {
    monday().after(Duration::from_secs(seconds))
}

#[test]
fn a_row_comes_back_as_it_was_written() {
    let mut desk = desk();
    let whole = DecisionRow {
        door: Door::Https,
        method: Some("GET".into()),
        path: Some("/games/".into()),
        kind: None,
        user: Known::Named("p.upil".into()),
        device: Known::Unknown(Unknown::NotBound),
        client: "2001:db8:20::7".parse().unwrap(),
        reference: Some("7K2M-QX".into()),
        alert: true,
        background: true,
        flood: true,
        count: u64::MAX >> 1,
        rung: Rung::Lock,
        action: Action::Permission,
        ..row("games.test", monday())
    };
    let bare = DecisionRow {
        kind: None,
        categories: [].into(),
        list: None,
        list_version: None,
        ..row("plain.test", later(1))
    };
    desk.journal.write(&[whole.clone(), bare.clone()]).unwrap();
    assert_eq!(
        desk.journal.search(&Search::default()).unwrap(),
        [bare, whole]
    );
}

#[test]
fn days_and_retention_classes_lie_in_files_of_their_own() {
    let mut desk = desk();
    let rows = [
        row("a.test", monday()),
        refused("b.test", monday()),
        DecisionRow {
            rung: Rung::Floor,
            ..refused("c.test", monday())
        },
        DecisionRow {
            action: Action::Warn,
            ..row("d.test", later(86_400))
        },
    ];
    desk.journal.write(&rows).unwrap();
    drop(desk.journal);
    let mut names: Vec<_> = std::fs::read_dir(desk.folder.path())
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            assert_eq!(
                entry.metadata().unwrap().permissions().mode() & 0o777,
                0o600
            );
            entry.file_name().into_string().unwrap()
        })
        .collect();
    names.sort();
    insta::assert_snapshot!(names.join("\n"), @r#"
        2026-11-23.alert.sqlite
        2026-11-23.block.sqlite
        2026-11-23.browse.sqlite
        2026-11-24.block.sqlite
        "#);
}

// IDN-01: no row lacks address, device, person, moment and what was asked for; what is not known
// has a reason.
#[test]
fn the_schema_refuses_a_row_without_its_five_fields() {
    let mut desk = desk();
    desk.journal.write(&[row("a.test", monday())]).unwrap();
    let path = desk.folder.path().join("2026-11-23.browse.sqlite");
    let connection = rusqlite::Connection::open(path).unwrap();
    for column in [
        "client",
        "host",
        "first_ms",
        "last_ms",
        "person_unknown",
        "device",
        "certainty",
    ] {
        let change = format!("UPDATE decisions SET {column} = NULL");
        assert!(connection.execute(&change, []).is_err(), "{column}");
    }
    let both = connection.execute("UPDATE decisions SET person = 1", []);
    assert!(both.is_err(), "a person and a reason for none");
}

// LOG-12: there is nowhere to put a query string, a header or a body.
#[test]
fn the_columns_are_the_published_ones() {
    let mut desk = desk();
    desk.journal.write(&[row("a.test", monday())]).unwrap();
    let path = desk.folder.path().join("2026-11-23.browse.sqlite");
    let connection = rusqlite::Connection::open(path).unwrap();
    let mut names = connection
        .prepare("SELECT name FROM pragma_table_info('readable')")
        .unwrap();
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    insta::assert_snapshot!(names.join(" "), @"first last count client device device_unknown user user_unknown certainty zone group door method host path kind categories action rung rule list list_version policy_version bytes duration_ms reference flags");
    // LOG-17
    let first: String = connection
        .query_row("SELECT first FROM readable", [], |row| row.get(0))
        .unwrap();
    assert_eq!(first, "2026-11-23T10:15:00.000Z");
}

#[test]
fn a_folded_row_is_brought_up_to_date_in_its_place() {
    let mut desk = desk();
    let mut folder = Folder::default();
    for second in 0..5 {
        folder.add(row("a.test", later(second))).unwrap();
        folder.add(refused("b.test", later(second))).unwrap();
        assert_eq!(desk.journal.write_folds(folder.unwritten()).unwrap(), 2);
        folder.settle(later(second));
    }
    let rows = desk.journal.search(&Search::default()).unwrap();
    assert_eq!(
        rows.iter()
            .map(|row| (row.count, row.last))
            .collect::<Vec<_>>(),
        [(5, later(4)); 2]
    );
}

#[test]
fn rows_that_could_not_be_written_are_written_once_when_they_can() {
    let mut desk = desk();
    let mut folder = Folder::default();
    // A folder of that name stands where the file of refusals should.
    let blocked = desk.folder.path().join("2026-11-23.block.sqlite");
    std::fs::create_dir(&blocked).unwrap();
    folder.add(row("a.test", monday())).unwrap();
    folder.add(refused("b.test", monday())).unwrap();
    assert!(desk.journal.write_folds(folder.unwritten()).is_err());
    assert_eq!(folder.unwritten().count(), 1);
    std::fs::remove_dir(&blocked).unwrap();
    assert_eq!(desk.journal.write_folds(folder.unwritten()).unwrap(), 1);
    assert_eq!(desk.journal.search(&Search::default()).unwrap().len(), 2);
}

#[test]
fn a_row_is_found_by_everything_that_can_be_asked() {
    let mut desk = desk();
    desk.journal
        .write(&[
            row("www.example.test", monday()),
            row("badexample.test", later(1)),
            DecisionRow {
                reference: Some("7K2M".into()),
                ..refused("games.test", later(2))
            },
            DecisionRow {
                user: Known::Named("p.upil".into()),
                ..row("a.test", later(3))
            },
            DecisionRow {
                group: "staff".into(),
                client: "10.60.0.1".parse().unwrap(),
                ..row("b.test", later(4))
            },
            DecisionRow {
                rung: Rung::Floor,
                ..refused("c.test", later(86_400))
            },
        ])
        .unwrap();
    let ask = Search::default;
    assert_eq!(
        hosts(
            &desk,
            Search {
                host: Some("Example.test".into()),
                ..ask()
            }
        ),
        ["www.example.test"]
    );
    assert_eq!(
        hosts(
            &desk,
            Search {
                reference: Some("7K2M".into()),
                ..ask()
            }
        ),
        ["games.test"]
    );
    assert_eq!(
        hosts(
            &desk,
            Search {
                user: Some("p.upil".into()),
                ..ask()
            }
        ),
        ["a.test"]
    );
    assert_eq!(
        hosts(
            &desk,
            Search {
                group: Some("staff".into()),
                ..ask()
            }
        ),
        ["b.test"]
    );
    assert_eq!(
        hosts(
            &desk,
            Search {
                client: "10.60.0.1".parse().ok(),
                ..ask()
            }
        ),
        ["b.test"]
    );
    assert_eq!(
        hosts(
            &desk,
            Search {
                action: Some(Action::Block),
                ..ask()
            }
        ),
        ["c.test", "games.test"]
    );
    assert_eq!(
        hosts(
            &desk,
            Search {
                rung: Some(Rung::Floor),
                ..ask()
            }
        ),
        ["c.test"]
    );
    assert_eq!(
        hosts(
            &desk,
            Search {
                since: Some(later(4)),
                ..ask()
            }
        ),
        ["c.test", "b.test"]
    );
    assert_eq!(
        hosts(
            &desk,
            Search {
                until: Some(later(1)),
                ..ask()
            }
        ),
        ["www.example.test"]
    );
    assert_eq!(
        hosts(
            &desk,
            Search {
                limit: Some(2),
                ..ask()
            }
        ),
        ["c.test", "b.test"]
    );
    assert!(
        hosts(
            &desk,
            Search {
                user: Some("nobody".into()),
                ..ask()
            }
        )
        .is_empty()
    );
}

#[test]
fn a_past_day_becomes_one_file_that_can_be_read_without_writing() {
    let mut desk = desk();
    desk.journal.write(&[row("a.test", monday())]).unwrap();
    desk.clock.advance(Duration::from_secs(2 * 86_400));
    desk.journal
        .write(&[row("b.test", desk.clock.now())])
        .unwrap();
    let companions = |day: &str| {
        desk.folder
            .path()
            .join(format!("{day}.browse.sqlite-wal"))
            .exists()
    };
    assert!(!companions("2026-11-23"));
    assert!(companions("2026-11-25"));
    let path = desk.folder.path().join("2026-11-23.browse.sqlite");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(hosts(&desk, Search::default()), ["b.test", "a.test"]);
}

#[test]
fn a_past_day_that_was_left_open_is_closed_at_the_next_start() {
    let mut desk = desk();
    desk.journal.write(&[row("a.test", monday())]).unwrap();
    // What is written here and never closed stays open as after a kill.
    std::mem::forget(std::mem::replace(
        &mut desk.journal,
        Journal::open(desk.folder.path(), desk.clock.clone()).unwrap(),
    ));
    let copy = tempfile::tempdir().unwrap();
    for name in ["2026-11-23.browse.sqlite", "2026-11-23.browse.sqlite-wal"] {
        std::fs::copy(desk.folder.path().join(name), copy.path().join(name)).unwrap();
    }
    desk.clock.advance(Duration::from_secs(3 * 86_400));
    let journal = Journal::open(copy.path(), desk.clock.clone()).unwrap();
    assert!(!copy.path().join("2026-11-23.browse.sqlite-wal").exists());
    assert_eq!(journal.search(&Search::default()).unwrap().len(), 1);
}

#[test]
fn a_file_of_another_version_is_left_alone_and_said() {
    let mut desk = desk();
    let path = desk.folder.path().join("2026-11-23.browse.sqlite");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch("PRAGMA user_version = 9").unwrap();
    let error = desk.journal.write(&[row("a.test", monday())]).unwrap_err();
    insta::assert_snapshot!(error, @"`2026-11-23.browse.sqlite` of the journal has schema 9, which this version cannot write; move it away");
    let error = desk.journal.search(&Search::default()).unwrap_err();
    insta::assert_snapshot!(error, @"`2026-11-23.browse.sqlite` of the journal has schema 9, which this version cannot read");
}

#[test]
fn files_that_are_no_days_are_not_read() {
    let desk = desk();
    for name in [
        "2026-11-23.browse.sqlite-wal",
        "2026-13-01.block.sqlite",
        "x.sqlite",
        "2026-11-23.other.sqlite",
    ] {
        std::fs::write(desk.folder.path().join(name), b"not a data base").unwrap();
    }
    assert!(hosts(&desk, Search::default()).is_empty());
}

#[test]
fn a_search_runs_beside_a_writer_in_the_middle_of_its_work() {
    let mut desk = desk();
    desk.journal.write(&[row("a.test", monday())]).unwrap();
    let path = desk.folder.path().join("2026-11-23.browse.sqlite");
    let writer = rusqlite::Connection::open(path).unwrap();
    writer
        .execute_batch("BEGIN IMMEDIATE; DELETE FROM decisions")
        .unwrap();
    assert_eq!(hosts(&desk, Search::default()), ["a.test"]);
}

// Somebody removes the file of today: what was in it is gone, what comes after is not, and no row
// is brought up to date in the place of another.
#[test]
fn a_file_that_is_removed_is_said_and_begun_again() {
    let mut desk = desk();
    let mut folder = Folder::default();
    let names = ["a.test", "b.test"];
    for host in names {
        folder.add(row(host, monday())).unwrap();
    }
    desk.journal.write_folds(folder.unwritten()).unwrap();
    for end in ["", "-wal", "-shm"] {
        let name = format!("2026-11-23.browse.sqlite{end}");
        let _ = std::fs::remove_file(desk.folder.path().join(name));
    }
    folder.add(row("c.test", later(1))).unwrap();
    desk.journal.write_folds(folder.unwritten()).unwrap();
    assert_eq!(hosts(&desk, Search::default()), ["c.test"]);
    assert_eq!(desk.journal.removed(), 1);
    folder.add(row("a.test", later(2))).unwrap();
    desk.journal.write_folds(folder.unwritten()).unwrap();
    let rows = search(desk.folder.path(), &Search::default()).unwrap();
    let counts: Vec<_> = rows.iter().map(|row| (&*row.host, row.count)).collect();
    assert_eq!(counts, [("c.test", 1), ("a.test", 2)]);
}
