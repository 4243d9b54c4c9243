//! Ways around two people, tried by somebody who can write on the machine: each is told, and none
//! leads anywhere.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{Demo, Person, Said, School, ask_dns, program};
use serde_json::Value;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const LOWER: [u8; 4] = [127, 20, 0, 9];
const UNTIL: &str = "2026-11-24T15:15:00Z";

struct Staff {
    technician: Person,
    coordinator: Person,
    headteacher: Person,
}

impl Staff {
    fn of(demo: &Demo) -> Self {
        let technician = Person::found(demo, "technician", "technician", &[]);
        let coordinator = Person::found(demo, "coordinator", "coordinator", &[]);
        let headteacher = Person::found(demo, "headteacher", "headteacher", &[]);
        Self {
            technician,
            coordinator,
            headteacher,
        }
    }

    fn request(&self, demo: &Demo, site: &str, until: &str) -> Value {
        let words = ["override", "request", "--site", site, "--for", "group:ks2"];
        let more = ["--until", until, "--reason", "a lesson", "--json"];
        let said = self.technician.command(demo, &[&words[..], &more].concat());
        serde_json::from_str(&said.done()).unwrap()
    }

    /// The mark of what stands in a proposal, as who decides sees it.
    fn look(&self, demo: &Demo, matter: &Value) -> String {
        let listed = self
            .coordinator
            .command(demo, &["override", "list", "--json"]);
        let listed = listed.done();
        let all = listed
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let found = all.into_iter().find(|shown| shown["id"] == matter["id"]);
        found.unwrap()["digest"].as_str().unwrap().to_owned()
    }

    fn approve(&self, demo: &Demo, matter: &Value, seen: &str) -> Said {
        let id = matter["id"].as_str().unwrap();
        let words = [
            "override", "approve", id, "--seen", seen, "--reason", "agreed",
        ];
        self.coordinator.command(demo, &words)
    }

    /// Has a site opened as it should be.
    fn open(&self, demo: &Demo, site: &str, until: &str) -> Value {
        let matter = self.request(demo, site, until);
        let seen = self.look(demo, &matter);
        self.approve(demo, &matter, &seen).done();
        assert!(is_open(demo, site));
        matter
    }
}

fn is_open(demo: &Demo, site: &str) -> bool {
    let answer = ask_dns(demo.address("dns"), LOWER.into(), site, 1);
    !answer.addresses().is_empty()
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < PATIENCE, "it never came: {what}");
        std::thread::yield_now();
    }
}

fn log(demo: &Demo) -> String {
    demo.command(&["audit", "list", "--json"]).done()
}

fn in_the_log(demo: &Demo, kind: &str) -> bool {
    log(demo).contains(&format!("\"kind\":\"{kind}\""))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (entry, target) = {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            (entry, target)
        };
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else if kind.is_file() {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn replace(path: &Path, old: &str, new: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(old), "{} says it otherwise", path.display());
    std::fs::write(path, text.replacen(old, new, 1)).unwrap();
}

// CHG-19
#[test]
fn an_edited_file_opens_nothing_now_nor_after_a_restart() {
    let mut school = School::small();
    school.append(
        "config/schoolgate.toml",
        "[change]\ncommissioning_days = 1\n",
    );
    let mut demo = Demo::of(&school);
    let _staff = Staff::of(&demo);
    // The day on which the technician edits freely is over.
    demo.jump("35:00:00");
    let ended = "\"state\":\"ended\"";
    until("commissioning ends", || log(&demo).contains(ended));
    let group = demo.path("config/groups/ks2.toml");
    replace(&group, "\"block\"", "\"allow\"");
    let process = i32::try_from(demo.process()).unwrap();
    let process = rustix::process::Pid::from_raw(process).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::HUP).unwrap();
    until("the edit is written down", || in_the_log(&demo, "drift"));
    assert!(!is_open(&demo, "museum.test"));
    let config = demo.path("config");
    let diff = ["policy", "diff", "--config", config.to_str().unwrap()];
    let told = demo.command(&diff).done();
    assert!(told.contains("opens"), "{told}");
    demo.kill();
    demo.resume();
    assert!(!is_open(&demo, "museum.test"));
}

// SEC-10: what lies in the state folder is not believed because it lies there.
#[test]
fn an_edited_state_folder_is_not_decided_by() {
    let mut demo = Demo::of(&School::small());
    let staff = Staff::of(&demo);
    staff.open(&demo, "museum.test", UNTIL);
    demo.kill();
    let whole = TempDir::new().unwrap();
    copy(&demo.path("state"), whole.path());
    let edits: [(&str, &[u8], &[u8]); 2] = [
        (
            "bundles",
            b"unknown     = \"block\"",
            b"unknown     = \"allow\"",
        ),
        ("ledger", b"museum.test", b"casino.test"),
    ];
    for (folder, old, new) in edits {
        let mut edited = 0;
        for file in std::fs::read_dir(demo.path("state").join(folder)).unwrap() {
            let path = file.unwrap().path();
            let mut bytes = std::fs::read(&path).unwrap();
            while let Some(at) = bytes.windows(old.len()).position(|part| part == old) {
                bytes[at..at + old.len()].copy_from_slice(new);
                edited += 1;
            }
            std::fs::write(&path, bytes).unwrap();
        }
        assert!(edited > 0, "nothing of `{folder}` was edited");
        let said = demo.fails_to_start();
        assert!(said.code.is_some_and(|code| code != 0), "{folder}");
        println!("{folder}: {}", said.err);
        assert!(said.err.contains("error: "), "{}", said.err);
        std::fs::remove_dir_all(demo.path("state")).unwrap();
        copy(whole.path(), &demo.path("state"));
    }
    demo.resume();
    assert!(is_open(&demo, "museum.test"), "what was whole is believed");
    assert!(!is_open(&demo, "casino.test"));
}

// SEC-10: as root the test takes another user's place; otherwise the rights of the files say it.
#[test]
fn another_user_of_the_machine_is_not_let_in() {
    let demo = Demo::of(&School::small());
    let (socket, key) = (
        demo.path("state/control.sock"),
        demo.path("state/secret.key"),
    );
    if !rustix::process::geteuid().is_root() {
        return rights_are_the_owners(&demo.path("state"));
    }
    let reach = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])";
    let read = "import sys; open(sys.argv[1], 'rb').read()";
    for (script, path) in [(reach, &socket), (read, &key)] {
        let as_owner = program("python3", &["-c", script, path.to_str().unwrap()]);
        assert_eq!(as_owner.code, Some(0), "{}", as_owner.err);
        let other = Command::new("python3")
            .args(["-c", script])
            .arg(path)
            .current_dir("/")
            .uid(65_534)
            .gid(65_534)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&other.stderr);
        assert!(!other.status.success(), "{} was reached", path.display());
        assert!(said.contains("Permission"), "{said}");
    }
}

fn rights_are_the_owners(state: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(state).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0);
}

// CHG-04: consent is to what was seen, and to that alone.
#[test]
fn consent_is_not_carried_over_to_what_a_proposal_became() {
    let demo = Demo::of(&School::small());
    let staff = Staff::of(&demo);
    let matter = staff.request(&demo, "museum.test", UNTIL);
    let seen = staff.look(&demo, &matter);
    // Meanwhile the site is closed for everybody: what the proposal would open is another thing.
    let words = ["block", "--site", "museum.test", "--reason", "a parent"];
    staff.technician.command(&demo, &words).done();
    let said = staff.approve(&demo, &matter, &seen);
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert!(said.err.contains("look at it again"), "{}", said.err);
    assert!(!is_open(&demo, "museum.test"));
}

// SEC-02: a code that was seen once is worth nothing the second time.
#[test]
fn a_captured_approval_is_not_good_for_another() {
    let demo = Demo::of(&School::small());
    let staff = Staff::of(&demo);
    let (first, second) = (
        staff.request(&demo, "museum.test", UNTIL),
        staff.request(&demo, "casino.test", UNTIL),
    );
    let code = demo.code(&staff.coordinator);
    let secret = demo.path("captured");
    std::fs::write(&secret, format!("{}\n{code}\n", staff.coordinator.password)).unwrap();
    let approve = |matter: &Value| {
        let id = matter["id"].as_str().unwrap();
        let words = ["override", "approve", id, "--reason", "agreed", "--as"];
        let more = ["coordinator", "--secret-file", secret.to_str().unwrap()];
        demo.command(&[&words[..], &more].concat())
    };
    approve(&first).done();
    let replayed = approve(&second);
    assert_eq!(replayed.code, Some(1), "{}", replayed.out);
    assert!(!is_open(&demo, "casino.test"));
    assert!(in_the_log(&demo, "sign-in-refused"), "it is written down");
}

// CHG-33: the address in a mail decides nothing for who has only that.
#[test]
fn a_link_opens_nothing_without_signing_in() {
    let demo = Demo::of(&School::small());
    let staff = Staff::of(&demo);
    let matter = staff.request(&demo, "museum.test", UNTIL);
    let path = format!("/requests/{}", matter["id"].as_str().unwrap());
    let origin = demo.console("");
    let from = format!("Origin: {origin}");
    for (address, how, answer) in [
        (demo.console(&path), "GET", "303 sign-in"),
        (demo.console(&format!("{path}/approve")), "POST", "401 "),
    ] {
        let words = [
            "-sk",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code} %{redirect_url}",
        ];
        let more = ["-X", how, "-H", &from, "-H", "Sec-Fetch-Site: same-origin"];
        let said = program("curl", &[&words[..], &more, &[&address]].concat()).done();
        let (code, to) = answer.split_once(' ').unwrap();
        let led = said.starts_with(code) && said.contains(to);
        assert!(led, "{how} {address}: {said}");
    }
    assert!(!is_open(&demo, "museum.test"));
}

// SEC-01: a token that may look proposes nothing over the API, and none decides.
#[test]
fn a_lesser_token_is_refused_by_the_api() {
    let demo = Demo::of(&School::small());
    let staff = Staff::of(&demo);
    let matter = staff.request(&demo, "museum.test", UNTIL);
    let id = matter["id"].as_str().unwrap();
    let token = |person: &Person, scope: &str| {
        let words = ["account", "token", "--scope", scope];
        let token = person.command(&demo, &words).done();
        format!("Authorization: Bearer {}", token.trim())
    };
    let (looks, proposes) = (
        token(&staff.technician, "read"),
        token(&staff.coordinator, "propose"),
    );
    let post = |token: &str, path: &str, body: &str| {
        let address = demo.console(path);
        let words = ["-sk", "-o", "/dev/null", "-w", "%{http_code}", "-H", token];
        let more = ["-H", "Content-Type: application/json", "-d", body, &address];
        program("curl", &[&words[..], &more].concat()).done()
    };
    let end = format!("/api/v1/matters/{id}/withdraw");
    assert_eq!(post(&looks, &end, "{\"words\":\"not needed\"}"), "403");
    let consent = format!("/api/v1/matters/{id}/approve");
    let seen = matter["digest"].as_str().unwrap();
    let password = &staff.coordinator.password;
    let body = format!(
        "{{\"seen\":\"{seen}\",\"words\":\"agreed\",\"password\":\"{password}\",\"code\":\"000000\"}}"
    );
    assert_eq!(post(&proposes, &consent, &body), "403");
    assert!(!is_open(&demo, "museum.test"));
}

// CHG-30: what a feed proves itself with is worth nothing elsewhere.
#[test]
fn a_copied_token_of_a_feed_is_not_believed() {
    let demo = Demo::of(&School::small());
    let staff = Staff::of(&demo);
    let token = |more: &[&str]| {
        let words = ["account", "token", "--scope"];
        let token = staff.technician.command(&demo, &[&words, more].concat());
        format!("Authorization: Bearer {}", token.done().trim())
    };
    let ask = |token: &str, from: &str, path: &str, more: &[&str]| {
        let address = demo.console(path);
        let words = [
            "-sk",
            "-w",
            " %{http_code}",
            "-H",
            token,
            "--interface",
            from,
        ];
        program("curl", &[&words[..], more, &[&address]].concat()).done()
    };
    let feed = "{\"change\":{\"kind\":\"feed\",\"what\":\"open\",\"name\":\"directory\",\
                \"from\":[\"127.0.0.1\"]},\"reason\":\"who is signed in where\"}";
    let json = ["-H", "Content-Type: application/json", "-d", feed];
    let said = ask(&token(&["propose"]), "127.0.0.1", "/api/v1/matters", &json);
    let (matter, code) = said.rsplit_once(' ').unwrap();
    assert_eq!(code, "201", "{matter}");
    let matter: Value = serde_json::from_str(matter).unwrap();
    let id = matter["id"].as_str().unwrap();
    let early = ["account", "token", "--scope", "feed", "--feed", "directory"];
    let early = staff.technician.command(&demo, &early);
    assert_eq!(early.code, Some(1), "nobody approved the feed");
    let approve = ["override", "approve", id, "--reason", "agreed"];
    staff.headteacher.command(&demo, &approve).done();

    let feeds = token(&["feed", "--feed", "directory"]);
    // At home it is believed, and covers no reading; elsewhere it is nobody's.
    let at_home = ask(&feeds, "127.0.0.1", "/api/v1/accounts", &[]);
    assert!(at_home.ends_with(" 403"), "{at_home}");
    let copied = ask(&feeds, "127.0.0.7", "/api/v1/accounts", &[]);
    assert!(copied.ends_with(" 401"), "{copied}");
}

// CHG-29
#[test]
fn a_clock_set_back_revives_nothing_and_is_told() {
    let demo = Demo::of(&School::small());
    let staff = Staff::of(&demo);
    staff.open(&demo, "museum.test", "2026-11-24T11:00:00Z");
    demo.jump("11:00:01");
    until("its end is written down", || {
        in_the_log(&demo, "overlay-ended")
    });
    demo.jump("10:40:00");
    until("it is told", || in_the_log(&demo, "clock-backwards"));
    assert!(!is_open(&demo, "museum.test"));
}

// A copy of the state folder from before brings back an unblock that was ended since.
#[test]
fn yesterdays_state_folder_opens_nothing_and_is_told() {
    let elsewhere = TempDir::new().unwrap();
    let head = elsewhere.path().join("head");
    let mut school = School::small();
    let witness = format!("[change]\nwitness = \"{}\"\n", head.display());
    school.append("config/schoolgate.toml", &witness);
    let mut demo = Demo::of(&school);
    let staff = Staff::of(&demo);
    let matter = staff.open(&demo, "museum.test", UNTIL);
    demo.kill();
    let yesterday = TempDir::new().unwrap();
    copy(&demo.path("state"), yesterday.path());
    demo.resume();
    let id = matter["id"].as_str().unwrap();
    let words = ["override", "revoke", id, "--reason", "misused"];
    staff.coordinator.command(&demo, &words).done();
    assert!(!is_open(&demo, "museum.test"));
    // The technician keeps the head elsewhere, as the gateway itself does each day.
    std::fs::write(&head, demo.command(&["audit", "head"]).done()).unwrap();
    demo.kill();
    std::fs::remove_dir_all(demo.path("state")).unwrap();
    copy(yesterday.path(), &demo.path("state"));
    demo.resume();
    assert!(!is_open(&demo, "museum.test"), "unblocks are left out");
    demo.wait_for_health("the state folder is older", true);
}

const PATIENCE: Duration = Duration::from_secs(120);
