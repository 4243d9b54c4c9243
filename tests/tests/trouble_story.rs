//! A full disk, a mail server that is down, records that somebody removes: what is in force goes on
//! deciding, nothing that was acknowledged is lost, nothing opens, and it is told.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{Demo, Letter, MailSink, Person, Said, School, SmallDisk, ask_dns};
use serde_json::Value;
use std::time::{Duration, Instant};

const LOWER: [u8; 4] = [127, 20, 0, 9];
const UPPER: [u8; 4] = [127, 30, 0, 9];
const UNTIL: &str = "2026-11-25T17:00:00Z";
const PATIENCE: Duration = Duration::from_secs(120);

struct Staff {
    technician: Person,
    coordinator: Person,
}

impl Staff {
    fn of(demo: &Demo) -> Self {
        let found = |name: &str| {
            let mail = format!("{name}@brook.example");
            Person::found(demo, name, name, &["--mail", &mail])
        };
        let (technician, coordinator) = (found("technician"), found("coordinator"));
        found("headteacher");
        Self {
            technician,
            coordinator,
        }
    }

    fn request(&self, demo: &Demo, site: &str, until: &str) -> Said {
        let words = ["override", "request", "--site", site, "--for", "group:ks2"];
        let more = ["--until", until, "--reason", "a lesson", "--json"];
        self.technician.command(demo, &[&words[..], &more].concat())
    }

    fn approve(&self, demo: &Demo, id: &str) -> Said {
        let words = ["override", "approve", id, "--reason", "agreed"];
        self.coordinator.command(demo, &words)
    }

    fn block(&self, demo: &Demo, site: &str) -> Said {
        let words = ["block", "--site", site, "--reason", "seen by a parent"];
        self.technician.command(demo, &words)
    }
}

fn id(said: Said) -> String {
    let matter: Value = serde_json::from_str(&said.done()).unwrap();
    matter["id"].as_str().unwrap().to_owned()
}

fn is_open(demo: &Demo, from: [u8; 4], site: &str) -> bool {
    let answer = ask_dns(demo.address("dns"), from.into(), site, 1);
    !answer.addresses().is_empty()
}

fn refused(said: &Said, why: &str) {
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    assert!(said.err.contains(why), "it does not say why: {}", said.err);
}

fn entries(demo: &Demo) -> Vec<Value> {
    let log = demo.command(&["audit", "list", "--json"]).done();
    let entry = |line: &str| serde_json::from_str(line).unwrap();
    log.lines().map(entry).collect()
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < PATIENCE, "it never came: {what}");
        std::thread::yield_now();
    }
}

// CHG-31: the disk of the state folder is really full.
#[test]
fn a_full_disk_refuses_changes_loudly_and_loses_nothing() {
    let disk = SmallDisk::of(24);
    let mut school = School::small();
    school.append("config/schoolgate.toml", "[records]\nreserve_mib = 1\n");
    let mut demo = Demo::on(&disk, &school);
    let staff = Staff::of(&demo);
    let first = id(staff.request(&demo, "museum.test", "2026-11-24T11:00:00Z"));
    staff.approve(&demo, &first).done();
    let waiting = id(staff.request(&demo, "gallery.test", UNTIL));
    staff.block(&demo, "rumours.test").done();
    let before = entries(&demo);

    disk.fill();
    // What still fits into begun blocks of the disk is acknowledged, and counts.
    let mut kept = entries(&demo).len();
    let refusal = loop {
        let said = staff.block(&demo, "gossip.test");
        let now = entries(&demo).len();
        if said.code != Some(0) && now == kept {
            break said;
        }
        kept = now;
    };
    refused(&refusal, "disk is full");
    refused(&staff.request(&demo, "zoo.test", UNTIL), "disk is full");
    refused(&staff.approve(&demo, &waiting), "disk is full");
    let as_before = |demo: &Demo| {
        assert!(!is_open(demo, LOWER, "gallery.test"), "nobody consented");
        assert!(!is_open(demo, LOWER, "zoo.test"));
        assert!(!is_open(demo, UPPER, "rumours.test"));
        assert!(is_open(demo, UPPER, "weather.test"));
    };
    as_before(&demo);
    assert!(is_open(&demo, LOWER, "museum.test"), "it was acknowledged");
    until("its health tells of the disk", || {
        as_before(&demo);
        demo.health().contains("the journal cannot be written")
    });
    // What ends at its minute ends, and that is written down in the space kept back for it.
    demo.jump("11:00:01");
    until("it is closed", || !is_open(&demo, LOWER, "museum.test"));
    until("the end is written down", || {
        let ended = |entry: &Value| entry["kind"] == "overlay-ended";
        entries(&demo).iter().any(ended)
    });

    disk.free();
    demo.wait_for_health("the journal cannot be written", false);
    staff.approve(&demo, &waiting).done();
    assert!(is_open(&demo, LOWER, "gallery.test"), "there is room again");
    staff.block(&demo, "gossip.test").done();
    demo.kill();
    demo.resume();
    assert!(is_open(&demo, LOWER, "gallery.test"));
    assert!(
        !is_open(&demo, LOWER, "museum.test"),
        "what ended stays ended"
    );
    assert!(!is_open(&demo, UPPER, "rumours.test"));
    assert!(!is_open(&demo, UPPER, "gossip.test"));
    assert_eq!(entries(&demo)[..before.len()], before[..]);
    let verified = demo.command(&["audit", "verify"]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.out, verified.err);
    // The decisions of the time without room waited for it.
    let visits = ["audit", "search", "--host", "weather.test", "--json"];
    assert!(demo.command(&visits).done().contains("weather.test"));
}

// CHG-32
#[test]
fn a_mail_server_that_is_down_loses_no_notice_and_in_the_end_holds_up_openings() {
    let sink = MailSink::start();
    let mut school = School::small();
    let port = sink.address().port();
    school.append(
        "config/schoolgate.toml",
        &format!(
            "[alert.mail]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n\
             from = \"gateway@brook.example\"\n"
        ),
    );
    let demo = Demo::of(&school);
    let staff = Staff::of(&demo);
    sink.wait_for("headteacher@brook.example");

    // Down for an hour: the notices wait, and that is shown.
    sink.down(true);
    let first = id(staff.request(&demo, "museum.test", UNTIL));
    staff.approve(&demo, &first).done();
    let second = id(staff.request(&demo, "gallery.test", UNTIL));
    let health = demo.wait_for_health("NOTICES ARE NOT DELIVERED by mail", true);
    let queued = demo.status()["notices"].as_u64().unwrap();
    assert!(queued > 0, "they wait, and `status` says so: {health}");
    let before = sink.letters().len();
    demo.jump("11:30:00");
    assert!(is_open(&demo, LOWER, "museum.test"), "two people agreed");
    assert!(!is_open(&demo, LOWER, "gallery.test"), "nobody did");
    assert_eq!(sink.letters().len(), before);

    // It is back: each notice goes out once, and what goes out once a day at its hour.
    sink.down(false);
    sink.wait_for(&format!("{first} waits for your decision"));
    demo.wait_for_health("NOTICES ARE NOT DELIVERED", false);
    demo.jump("16:05:00");
    sink.wait_for(&format!("{first} was approved"));
    each_once(&sink.letters());

    // Down for a day: nobody's consent opens anything more; what closes is not held up.
    staff.approve(&demo, &second).done();
    let third = id(staff.request(&demo, "zoo.test", UNTIL));
    sink.refuse(true);
    demo.jump("40:20:00");
    refused(&staff.approve(&demo, &third), "were not delivered");
    assert!(!is_open(&demo, LOWER, "zoo.test"));
    staff.block(&demo, "rumours.test").done();
    assert!(!is_open(&demo, UPPER, "rumours.test"));
    sink.refuse(false);
    until("the notices are delivered and it may be decided", || {
        staff.approve(&demo, &third).code == Some(0)
    });
    assert!(is_open(&demo, LOWER, "zoo.test"));
    each_once(&sink.letters());
}

/// No mail came twice, and no notice of a decision to one person twice.
fn each_once(letters: &[Letter]) {
    let mut marks: Vec<(&[String], &str)> = Vec::new();
    for letter in letters {
        let mut lines = letter.text.lines();
        let mark = lines.find(|line| line.starts_with("Message-ID"));
        let mark = (&letter.to[..], mark.expect("each mail has its mark"));
        assert!(!marks.contains(&mark), "twice: {}", letter.text);
        marks.push(mark);
        let told = "C-0001 was approved";
        let again = letters
            .iter()
            .filter(|other| other.to == letter.to && other.text.contains(told));
        assert!(again.count() <= 1, "{:?} heard it twice", letter.to);
    }
}

// The records are evidence: that somebody removed them is told, and opens nothing.
#[test]
fn removed_records_are_told_and_new_ones_begun() {
    let demo = Demo::of(&School::small());
    let _staff = Staff::of(&demo);
    let seen = |host: &str| {
        let said = demo.command(&["audit", "search", "--host", host, "--json"]);
        said.out.contains(host)
    };
    until("the first visit is in the records", || {
        assert!(!is_open(&demo, LOWER, "before.test"));
        seen("before.test")
    });

    for file in std::fs::read_dir(demo.path("state/journal")).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    until("new records are begun", || {
        assert!(!is_open(&demo, LOWER, "after.test"), "it goes on deciding");
        assert!(!is_open(&demo, LOWER, "friends.test"));
        assert!(is_open(&demo, UPPER, "weather.test"));
        seen("after.test")
    });
    demo.wait_for_health("were removed while they were written", true);
    until("it stands in the change log", || {
        entries(&demo).iter().any(|entry| {
            let what = entry["payload"]["what"].as_str().unwrap_or_default();
            entry["kind"] == "fault" && what.contains("removed")
        })
    });
    until("somebody is told", || {
        let notices = std::fs::read_to_string(demo.path("state/notices.jsonl")).unwrap();
        notices.contains("records of visits were removed")
    });
}
