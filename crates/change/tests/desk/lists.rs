//! Fetched lists come into force by themselves, and go back by decision.

use crate::school::{STAFF, School, action, activate, files, open, proposal};
use alert::Role;
use audit::EntryKind;
use change::{
    Change, InvalidChange, ListJob, ListMaker, ListVersion, ListsMade, ProposeError, Refreshed,
    Route, Stage,
};
use lists::{Fetcher, Outcome, Sanity, Subscription, Subscriptions};
use model::{Clock, Digest, Fault, Faults, Files};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A school that subscribes to a list of games and one of illegal content.
fn subscribed() -> Files {
    let mut files = files("block");
    let source = |id: &str, category: &str, more: &str| {
        format!(
            "[[sources]]\nid = \"{id}\"\ntitle = \"Their {id}\"\ndelivered = true\n\
             format = \"plain\"\ncategory = \"{category}\"\nlicence = \"CC0\"\n{more}\n"
        )
    };
    let text = source("theirs", "games", "") + &source("police", "illegal-csam", "");
    files.insert("blocklists/sources.toml", text.into_bytes());
    files
}

fn school() -> School {
    School::of(subscribed(), &STAFF)
}

impl School {
    /// A list comes from its publisher.
    fn take(&self, id: &str, text: &str) -> Outcome {
        let list = self.list(id);
        let fetcher: Fetcher = lists::Fetching::default().fetcher().unwrap();
        let subscriptions = Subscriptions {
            store: self.desk.store(),
            fetcher: &fetcher,
            sanity: &Sanity::of_school(&Files::default(), ["oakfield.example"]),
            clock: &*self.clock,
        };
        let outcome = subscriptions.deliver(&list, text.as_bytes(), None).unwrap();
        self.desk.note_outcome(&list, &outcome).unwrap();
        outcome
    }

    fn list(&self, id: &str) -> Subscription {
        let mut all = self.desk.subscriptions().into_iter();
        all.find(|list| list.source.id == id).unwrap()
    }

    fn in_force(&self, id: &str) -> Option<Digest> {
        self.desk.list_versions().get(id).copied()
    }

    fn last_payload(&self, kind: EntryKind) -> serde_json::Value {
        let transcript = self.desk.ledger().transcript().unwrap();
        let last = transcript
            .entries()
            .filter(|written| written.leaf.kind() == Some(kind))
            .last();
        last.unwrap().payload.unwrap()
    }
}

fn told(done: &Refreshed) -> Vec<String> {
    done.lists.iter().map(ToString::to_string).collect()
}

// CHG-22
#[test]
fn a_fetched_list_comes_into_force_with_an_entry_that_counts() {
    let school = school();
    assert_eq!(school.in_force("theirs"), None);
    school.take("theirs", "maze.test\nballs.test\n");
    assert_eq!(school.in_force("theirs"), None, "fetched is not in force");
    let done = school.desk.refresh_lists().unwrap().unwrap();
    assert_eq!(told(&done), ["theirs (+2 -0)"]);
    assert_eq!(school.desk.refresh_lists().unwrap(), None, "once");
    let version = school.desk.state().unwrap().policy().version();

    school.clock.advance(Duration::from_secs(86_400));
    school.take("theirs", "maze.test\ndice.test\ncards.test\n");
    let done = school.desk.refresh_lists().unwrap().unwrap();
    assert_eq!(told(&done), ["theirs (+2 -1)"]);
    let payload = school.last_payload(EntryKind::ListsActivated);
    assert_eq!(payload["changes"][0]["added"], 2);
    assert_eq!(payload["changes"][0]["removed"], 1);
    let seen = school.desk.state().unwrap().policy().version();
    assert_eq!(seen, version, "the policy is the same");

    // A start finds the lists that were in force, and an edit of the policy keeps them.
    let (held, artefact) = (
        school.in_force("theirs"),
        school.desk.state().unwrap().artefact().digest(),
    );
    let school = school.restart();
    assert_eq!(school.in_force("theirs"), held);
    assert_eq!(school.desk.state().unwrap().artefact().digest(), artefact);
    let active = change::Active::read(school.folder.path()).unwrap().unwrap();
    assert_eq!(active.artefact, artefact);
}

// CHG-22: the log does not say "nothing changed" of what nobody could compare.
#[test]
fn a_list_whose_earlier_version_is_gone_is_not_counted() {
    let school = school();
    school.take("theirs", "maze.test\nballs.test\n");
    school.desk.refresh_lists().unwrap().unwrap();
    let before = school.in_force("theirs").unwrap();
    school.clock.advance(Duration::from_secs(86_400));
    school.take("theirs", "maze.test\ndice.test\ncards.test\n");
    let objects = school.folder.path().join("fetched/objects");
    std::fs::remove_file(objects.join(before.to_string())).unwrap();
    let done = school.desk.refresh_lists().unwrap().unwrap();
    assert_eq!(told(&done), ["theirs (changes not counted)"]);
}

// DESIGN 5: what a person adds is live at once, however many names the lists hold.
#[test]
fn a_change_of_the_policy_alone_takes_the_compiled_lists_as_they_are() {
    let school = School::commissioning();
    let states = [files("block"), files("allow"), {
        let mut files = files("allow");
        files.insert("blocklists/guard.txt", b"advice.test\n".to_vec());
        files
    }]
    .map(|files| {
        activate(&school.desk, files);
        school.desk.state().unwrap()
    });
    let [first, policy, guard] = &states;
    assert_ne!(first.policy().version(), policy.policy().version());
    assert!(Arc::ptr_eq(first.artefact(), policy.artefact()));
    assert_eq!(action(&school.desk, "10.20.0.5", "friends.test"), "allow");
    assert!(!Arc::ptr_eq(policy.artefact(), guard.artefact()));
}

/// Makes no list, as a worker that the system ended.
#[derive(Debug)]
struct Ended;

impl ListMaker for Ended {
    fn make(&self, _: &Path, _: &ListJob) -> Result<ListsMade, Faults> {
        let mut faults = Faults::default();
        faults.push(Fault::of_file(
            "blocklists",
            "no worker",
            "free some memory",
        ));
        Err(faults)
    }
}

// DESIGN 5: a start takes the lists as they lie, and so does the first change after it; one that
// needs other lists than can be made leaves what is in force.
#[test]
fn no_list_is_made_again_for_a_start_and_none_that_fails_comes_into_force() {
    let school = School::commissioning();
    activate(&school.desk, files("block"));
    let school = school.restart();
    school.desk.make_lists_with(Arc::new(Ended));
    activate(&school.desk, files("allow"));
    assert_eq!(action(&school.desk, "10.20.0.5", "friends.test"), "allow");

    // The files were edited while nothing ran, and are looked at before anything is in force.
    let School {
        folder,
        clock,
        desk,
        ..
    } = school;
    drop(desk);
    let desk = open(folder.path(), &clock).unwrap().desk;
    desk.make_lists_with(Arc::new(Ended));
    desk.check(proposal(files("monitor"))).unwrap();
    drop(desk);

    let school = School::commissioning();
    activate(&school.desk, files("allow"));
    school.desk.make_lists_with(Arc::new(Ended));
    let mut other = files("allow");
    other.insert("blocklists/guard.txt", b"advice.test\n".to_vec());
    let faults = school.desk.check(proposal(other)).unwrap_err();
    assert!(faults.to_string().contains("no worker"), "{faults}");
    assert_eq!(action(&school.desk, "10.20.0.5", "friends.test"), "allow");
    assert_eq!(action(&school.desk, "10.20.0.5", "play.test"), "permission");
}

#[test]
fn lists_that_break_the_schools_own_tests_stay_out() {
    let mut files = subscribed();
    let test = "[[expect]]\ngroup = \"ks2\"\ntarget = \"maze.test\"\n\
                at = \"2026-11-23T10:15:00Z\"\naction = \"block\"\nreason = \"not even asked for\"\n";
    files.insert("config/expectations.toml", test.as_bytes().to_vec());
    let school = School::commissioning();
    activate(&school.desk, files);
    let before = school.desk.state().unwrap().artefact().digest();
    school.take("theirs", "maze.test\n");
    let refused = school.desk.refresh_lists();
    assert!(
        matches!(refused, Err(change::RefreshError::Faults { .. })),
        "{refused:?}"
    );
    assert_eq!(school.desk.state().unwrap().artefact().digest(), before);
    assert_eq!(action(&school.desk, "10.20.0.5", "maze.test"), "block");
}

// CHG-09, DESIGN 8: one person may return lists to a version of the last seven days.
#[test]
fn one_person_returns_a_list_to_last_weeks_version_and_two_to_an_older_one() {
    let school = school();
    let first = "maze.test\n";
    let mut digests = Vec::new();
    for text in [first, "maze.test\ndice.test\n", "maze.test\ncards.test\n"] {
        school.take("theirs", text);
        school.desk.refresh_lists().unwrap().unwrap();
        digests.push(school.in_force("theirs").unwrap());
        school.clock.advance(Duration::from_secs(5 * 86_400));
        school.desk.tick().unwrap();
    }
    let to = |version| {
        Change::ListRollback(ListVersion {
            list: "theirs".to_owned(),
            version,
        })
    };
    let back = school.propose("tech", to(digests[1]));
    assert_eq!(back.stage, Stage::Active);
    assert!(
        matches!(back.route, Route::AtOnce { .. }),
        "{:?}",
        back.route
    );
    assert_eq!(school.in_force("theirs"), Some(digests[1]));
    let told = school.desk.notices().waiting();
    assert!(
        told.iter()
            .any(|letter| letter.notice().to == Role::Headteacher
                && letter.notice().title.contains(&back.id.to_string())),
        "the headteacher is told at once"
    );
    // What was taken back does not come again by itself.
    school.take("theirs", "maze.test\ncards.test\n");
    assert_eq!(school.desk.refresh_lists().unwrap(), None);

    let older = school.propose("tech", to(digests[0]));
    assert_eq!(older.stage, Stage::Waiting, "{:?}", older.route);
    assert_eq!(school.in_force("theirs"), Some(digests[1]));
    let by = match older.decider.unwrap().role {
        Role::Coordinator => "coordinator",
        _ => "head",
    };
    school.approve(by, older.id);
    assert_eq!(school.in_force("theirs"), Some(digests[0]));
    let payload = school.last_payload(EntryKind::ListsActivated);
    assert_eq!(payload["matter"], older.id.to_string());
    let school = school.restart();
    assert_eq!(school.in_force("theirs"), Some(digests[0]));
}

#[test]
fn no_list_returns_to_a_version_that_was_put_aside() {
    let school = school();
    school.take("theirs", "maze.test\n");
    school.desk.refresh_lists().unwrap();
    let bad = "maze.test\noakfield.example\n";
    assert!(matches!(
        school.take("theirs", bad),
        Outcome::Quarantined { .. }
    ));
    let tech = school.sign_in("tech");
    let change = Change::ListRollback(ListVersion {
        list: "theirs".to_owned(),
        version: Digest::of(bad.as_bytes()),
    });
    let refused = school
        .desk
        .propose(&tech, change::Draft::new(change, "because"));
    assert!(
        matches!(
            refused,
            Err(ProposeError::Invalid(InvalidChange::ListVersion { .. }))
        ),
        "{refused:?}"
    );
}

// OPS-06, ILL-04
#[test]
fn what_is_put_aside_is_written_down_and_told() {
    let school = school();
    school.take("police", "deep.test\n");
    school.desk.refresh_lists().unwrap();
    assert_eq!(action(&school.desk, "10.30.0.5", "deep.test"), "block");
    school.clock.advance(Duration::from_secs(86_400));
    let outcome = school.take("police", "");
    assert!(matches!(outcome, Outcome::Quarantined { again: false, .. }));
    assert_eq!(school.desk.refresh_lists().unwrap(), None);
    assert_eq!(action(&school.desk, "10.30.0.5", "deep.test"), "block");
    let payload = school.last_payload(EntryKind::Fault);
    assert_eq!(
        payload["what"],
        "list `police` was put aside: it has no entry"
    );
    let told = school.desk.notices().waiting();
    let to: Vec<Role> = told
        .iter()
        .filter(|letter| letter.notice().title.contains("Their police"))
        .map(|letter| letter.notice().to)
        .collect();
    assert_eq!(
        to,
        [Role::Technician, Role::Headteacher, Role::SafeguardingLead]
    );
    let now = school.clock.now();
    let list = school.list("police");
    let history = school.desk.store().history("police").unwrap();
    assert!(list.is_stale(&history, now), "ILL-07");
}

// ILL-04: what the school cannot do without stops the start, and no edit takes it out unnoticed.
#[test]
fn a_required_list_that_is_not_there_refuses_the_policy() {
    let mut files = subscribed();
    let text = String::from_utf8(files.content("blocklists/sources.toml").unwrap().to_vec());
    let text = text.unwrap() + "required = true\n";
    files.insert("blocklists/sources.toml", text.into_bytes());
    let school = School::commissioning();
    let faults = school.desk.check(proposal(files.clone())).unwrap_err();
    assert!(
        faults
            .to_string()
            .contains("list `police` is in use and was never handed over"),
        "{faults}"
    );
    activate(&school.desk, subscribed());
    school.take("police", "deep.test\n");
    activate(&school.desk, files);
    assert_eq!(action(&school.desk, "10.20.0.5", "deep.test"), "block");
}

// CAT-39: a phrase list is in force as any other list is.
#[test]
fn phrases_that_arrive_are_in_force_and_survive_a_restart() {
    let mut files = files("block");
    let source = "[[sources]]\nid = \"words\"\ntitle = \"Their words\"\ndelivered = true\n\
        format = \"phrases-weighted\"\ncategory = \"games\"\nlicence = \"CC0\"\n";
    files.insert("blocklists/sources.toml", source.as_bytes());
    let school = School::of(files.clone(), &STAFF);
    let held = |school: &School| school.desk.state().unwrap().phrases().pages().len();
    assert_eq!(held(&school), 0);
    let outcome = school.take("words", "< free spins ><70>\n< big win ><40>\n");
    assert!(matches!(outcome, Outcome::Taken { .. }), "{outcome:?}");
    school.desk.refresh_lists().unwrap();
    assert_eq!(held(&school), 2);
    let school = school.restart();
    assert_eq!(held(&school), 2);

    files.insert(
        "blocklists/phrases/games.toml",
        b"title = \"Games\"\ncategory = \"gamez\"\n".to_vec(),
    );
    let faults = school.desk.check(proposal(files)).unwrap_err().to_string();
    assert!(faults.contains("phrases/games.toml:2:"), "{faults}");
    assert!(faults.contains("did you mean `games`?"), "{faults}");
    assert_eq!(held(&school), 2);
}
