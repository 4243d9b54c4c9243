use super::*;
use crate::envelope::{EnvelopeKey, Identity};
use crate::journal::Journal;
use crate::search::{Search, SearchError, search, search_with};
use crate::stand_in::{clock, monday, row};
use std::time::Duration;

fn later(days: u64) -> Moment {
    monday().after(Duration::from_secs(days * 86_400))
}

fn journal() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(folder.path(), clock()).unwrap();
    let hosts = [
        "www.example.test",
        "example.test",
        "badexample.test",
        "other.test",
    ];
    let rows = hosts.map(|host| row(host, monday()));
    journal.write(&rows).unwrap();
    journal.write(&[row("new.test", later(1))]).unwrap();
    drop(journal);
    folder
}

fn seal(folder: &Path, recipient: Option<&Recipient>, days: u64) -> Vec<SealedDay> {
    let mut sealed = Vec::new();
    seal_days(folder, recipient, later(days), &[], |day| sealed.push(day)).unwrap();
    sealed
}

fn under(host: &str) -> Search {
    Search {
        host: Some(host.into()),
        ..Search::default()
    }
}

fn hosts(rows: &[crate::DecisionRow]) -> Vec<&str> {
    let mut hosts: Vec<_> = rows.iter().map(|row| &*row.host).collect();
    hosts.sort_unstable();
    hosts
}

#[test]
fn a_sealed_day_is_found_by_the_same_searches() {
    let folder = journal();
    let asked = [
        "example.test",
        "WWW.example.test",
        "test",
        "ample.test",
        "none.test",
    ];
    let answers = || asked.map(|host| search(folder.path(), &under(host)).unwrap());
    let before = answers();
    assert_eq!(hosts(&before[0]), ["example.test", "www.example.test"]);
    let sealed = seal(folder.path(), None, 2);
    assert_eq!((sealed.len(), sealed[0].rows), (1, 4));
    for (one, other) in before.iter().zip(answers()) {
        assert_eq!(hosts(one), hosts(&other));
    }
    let (bytes, digest) = digest_of(&folder.path().join(&sealed[0].file)).unwrap();
    assert_eq!((bytes, digest), (sealed[0].bytes, sealed[0].digest));
    assert_eq!(seal(folder.path(), None, 2), [], "once only");
}

// LOG-10
#[test]
fn a_closed_day_is_read_with_its_key_alone() {
    let (folder, key) = (journal(), Identity::generate());
    let sealed = seal(folder.path(), Some(&key.recipient()), 2);
    assert_eq!(sealed[0].closed_to, Some(key.recipient().to_string()));
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["2026-11-23.browse.sqlite.age", "2026-11-24.browse.sqlite"]
    );
    let bytes = std::fs::read(folder.path().join(&names[0])).unwrap();
    assert!(!bytes.windows(12).any(|part| part == b"example.test"));

    let error = search(folder.path(), &under("example.test")).unwrap_err();
    insta::assert_snapshot!(error, @"`2026-11-23.browse.sqlite.age` of the journal is closed; name the key that it was closed to");
    let other = EnvelopeKey::Identity(Identity::generate());
    let refused = search_with(folder.path(), &under("example.test"), Some(&other));
    assert!(matches!(refused, Err(SearchError::Closed { .. })));
    let key = EnvelopeKey::Identity(key);
    let rows = search_with(folder.path(), &under("example.test"), Some(&key)).unwrap();
    assert_eq!(hosts(&rows), ["example.test", "www.example.test"]);
    // What is not asked for is not opened.
    let since = Search {
        since: Some(later(1)),
        ..Search::default()
    };
    assert_eq!(search(folder.path(), &since).unwrap().len(), 1);
}

#[test]
fn a_day_that_is_still_read_or_written_is_left_for_the_next_time() {
    let folder = journal();
    let path = folder.path().join("2026-11-23.browse.sqlite");
    let reader = rusqlite::Connection::open(&path).unwrap();
    let mut statement = reader.prepare("SELECT host FROM decisions").unwrap();
    let mut rows = statement.query([]).unwrap();
    rows.next().unwrap();
    let key = Identity::generate();
    let mut sealed = Vec::new();
    let tried = seal_days(
        folder.path(),
        Some(&key.recipient()),
        later(2),
        &[],
        |day| sealed.push(day),
    );
    assert!(tried.is_err() || sealed.is_empty());
    drop(rows);
    drop(statement);
    drop(reader);
    assert!(path.exists());
    assert_eq!(seal(folder.path(), Some(&key.recipient()), 2).len(), 1);
}

#[test]
fn a_search_without_the_key_names_the_closed_days_that_it_reached() {
    let (folder, key) = (journal(), Identity::generate());
    seal(folder.path(), Some(&key.recipient()), 2);
    let found = crate::search_open(folder.path(), &under("test")).unwrap();
    assert_eq!(hosts(&found.rows), ["new.test"]);
    assert_eq!(found.closed.len(), 1);
    assert!(
        found.closed[0].starts_with("2026-11-23.browse."),
        "{found:?}"
    );
    let young = Search {
        since: Some(later(1)),
        ..under("test")
    };
    let found = crate::search_open(folder.path(), &young).unwrap();
    assert_eq!(found.closed, [] as [String; 0]);
}
