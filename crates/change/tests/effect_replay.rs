//! What a change would have done in the days that are over, and that it is what it does.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "effect_stage/school.rs"]
mod school;

use audit::{Journal, JournalWriter, Search};
use change::{Replay, ReplayError, Span, replay};
use gate::{Facts, Gate, PathDetail, Recorder};
use model::{
    Action, Clock, Door, HostBuffer, ManualClock, Moment, Scheme, SystemChance, Target, UrlSeen,
};
use school::School;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const MONDAY: &str = "2026-11-16T07:00:00Z";

fn span() -> Span {
    let from: Moment = MONDAY.parse().unwrap();
    Span {
        from,
        until: from.after(Duration::from_secs(7 * 86_400)),
    }
}

/// Some pupils may see news and not an encyclopaedia, others reach one site on Fridays.
fn changed() -> School {
    School::example()
        .edit(
            "config/groups/ks2.toml",
            "news              = \"permission\"",
            "news              = \"allow\"",
        )
        .append(
            "config/groups/ks2.toml",
            "\n[[rule]]\nname = \"No encyclopaedia\"\nsites = [\"wikipedia.org\"]\naction = \"block\"\n",
        )
        .append(
            "config/groups/ks3.toml",
            "\n[[rule]]\nname = \"Friends\"\nsites = [\"friends.test\", \"example.test/club\"]\naction = \"allow\"\nwhen = \"friday-last-lesson\"\nhost_fallback = \"block\"\n",
        )
}

const CLIENTS: [&str; 6] = [
    "10.20.3.4",
    "10.20.9.5",
    "10.30.8.3",
    "10.60.1.10",
    "10.80.0.9",
    "192.0.2.7",
];

const HOSTS: [&str; 7] = [
    "bbc.co.uk",
    "friends.test",
    "example.test",
    "theguardian.com",
    "topmarks.co.uk",
    "pornhub.com",
    "wikipedia.org",
];

/// Asks a gate of this school the same questions through a school week, and keeps its journal.
fn week(school: &School, journal: &Path) {
    let clock = Arc::new(ManualClock::new(MONDAY.parse().unwrap()));
    let journal = Journal::open(journal, clock.clone()).unwrap();
    let writer = JournalWriter::start(journal, clock.clone()).unwrap();
    let recorder = Recorder::start(writer, PathDetail::Full, None).unwrap();
    let chance = Arc::new(SystemChance);
    let gate = Gate::new(school.state(), clock.clone(), chance, recorder);
    let mut session = gate.session();
    for _ in 0..7 * 16 {
        for address in CLIENTS {
            for host in HOSTS {
                ask(&mut session, address, host, None);
                ask(&mut session, address, host, Some("/club/x"));
            }
        }
        // Rows of one batch are joined whatever their time: a gate's batch is as old as a blink.
        session.flush();
        clock.advance(Duration::from_secs(90 * 60));
        assert!(clock.now() <= span().until);
    }
    drop(session);
    drop(gate);
}

fn ask(session: &mut gate::Session, address: &str, host: &str, path: Option<&str>) {
    let mut buffer = HostBuffer::new();
    let host = model::Host::normalise(host, &mut buffer).unwrap();
    let mut target = Target::of_host(host);
    target.url = path.map(|path| UrlSeen::new(Scheme::Http, path, None));
    let door = if path.is_some() {
        Door::Http
    } else {
        Door::Connect
    };
    let client = session.client(address.parse().unwrap());
    let judgement = session.judge(&client, &target);
    let facts = Facts::request(door, "GET");
    while session.record(&client, &target, &judgement, facts).is_err() {
        std::thread::yield_now();
    }
}

fn rows(journal: &Path) -> Vec<audit::DecisionRow> {
    let mut rows = Vec::new();
    audit::each_row(journal, &Search::default(), None, |row| {
        rows.push(row);
        Ok(())
    })
    .unwrap();
    rows.sort_by_key(|row| {
        (
            row.first,
            row.client,
            row.host.clone(),
            row.path.clone(),
            row.door,
        )
    });
    rows
}

fn replayed(journal: &Path, before: &School, after: &School) -> Replay {
    replay(
        journal,
        span(),
        &before.state(),
        &after.state(),
        &mut |_| {},
    )
    .unwrap()
}

// CHG-23
#[test]
fn what_a_replay_says_is_what_the_gate_then_does() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let (before, after) = (School::example(), changed());
    week(&before, folders[0].path());
    week(&after, folders[1].path());
    let [old, new] = [0, 1].map(|side: usize| rows(folders[side].path()));
    assert_eq!(old.len(), new.len());
    let ways = old.iter().zip(&new).map(|(old, new)| {
        assert_eq!(
            (&old.host, old.first, old.client),
            (&new.host, new.first, new.client)
        );
        (old, new)
    });
    let count = |wanted: fn(Action, Action) -> bool| -> u64 {
        let turned = ways
            .clone()
            .filter(|(old, new)| wanted(old.action, new.action));
        turned.map(|(old, _)| old.count).sum()
    };
    let (opened, closed) = (count(|old, new| new < old), count(|old, new| new > old));
    let replay = replayed(folders[0].path(), &before, &after);
    assert!(opened > 0 && closed > 0);
    assert_eq!(
        (replay.requests_opened, replay.requests_closed),
        (opened, closed)
    );
    let back = replayed(folders[1].path(), &after, &before);
    assert_eq!(
        (back.requests_opened, back.requests_closed),
        (closed, opened)
    );
    assert_eq!(replay.rows, old.len() as u64);
    assert_eq!((replay.unseen, replay.truncated), (0, false));
}

// LOG-10, CHG-23: who proposes has no key to closed days, and learns that they are missing.
#[test]
fn days_that_were_closed_to_a_key_are_left_out_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let (before, after) = (School::example(), changed());
    week(&before, folder.path());
    let whole = replayed(folder.path(), &before, &after);
    let key = audit::Identity::generate();
    let thursday = span().from.after(Duration::from_secs(3 * 86_400));
    let recipient = key.recipient();
    let mut sealed = 0;
    let seal = |_| sealed += 1;
    audit::seal_days(folder.path(), Some(&recipient), thursday, &[], seal).unwrap();
    assert!(sealed > 0);
    let part = replayed(folder.path(), &before, &after);
    assert!(part.truncated && part.rows < whole.rows && part.rows > 0);

    let key = audit::EnvelopeKey::Identity(key);
    let [one, other] = [before.state(), after.state()];
    let opened =
        change::replay_with(folder.path(), Some(&key), span(), &one, &other, &mut |_| {}).unwrap();
    assert_eq!((opened.rows, opened.truncated), (whole.rows, false));
}

#[test]
fn a_replay_says_in_a_sentence_what_would_have_changed() {
    let folder = tempfile::tempdir().unwrap();
    week(&School::example(), folder.path());
    let replay = replayed(folder.path(), &School::example(), &changed());
    insta::assert_snapshot!(replay.summary(), @"had this been in force for the last seven days: 3 sites newly open (93 requests) and 2 sites newly closed (91 requests), for 2 groups");
    let names = |sites: &[change::SiteChange]| {
        sites
            .iter()
            .map(|site| site.host.clone())
            .collect::<Vec<_>>()
    };
    let mut opened = names(&replay.sites_opened);
    opened.sort();
    assert_eq!(opened, ["example.test", "friends.test", "theguardian.com"]);
    let requests: Vec<u64> = replay
        .sites_opened
        .iter()
        .map(|site| site.requests)
        .collect();
    assert!(
        requests.is_sorted_by(|one, other| one >= other),
        "{requests:?}"
    );
    let none = replayed(folder.path(), &School::example(), &School::example());
    insta::assert_snapshot!(none.summary(), @"had this been in force for the last seven days: nothing would have changed for anybody");
}

#[test]
fn days_that_end_before_they_begin_are_no_span() {
    let folder = tempfile::tempdir().unwrap();
    let state = School::example().state();
    let back = Span {
        from: span().until,
        until: span().from,
    };
    let made = replay(folder.path(), back, &state, &state, &mut |_| {});
    assert!(matches!(made, Err(ReplayError::Span)));
}
