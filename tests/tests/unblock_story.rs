//! A teacher needs a site for a lesson: asked from the block page, proposed by one person, decided
//! by another, told to a third, seen by a fourth, and over at its minute.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{
    Arrived, Browser, Demo, MailSink, Person, Relay, Window, ask_dns, connect_from,
    gateway_command, program,
};
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

const CLASS: [u8; 4] = [127, 21, 6, 9];
const OTHERS: [u8; 4] = [127, 30, 0, 9];
const TEACHER: Ipv4Addr = Ipv4Addr::new(127, 60, 0, 5);
const PHONE: u32 = 390;
const A: u16 = 1;

struct School {
    demo: Demo,
    mail: MailSink,
    technician: Person,
    coordinator: Person,
    headteacher: Person,
    governor: Person,
}

impl School {
    fn open() -> Self {
        let mail = MailSink::start();
        let to = mail.address();
        let demo = Demo::start(|school| {
            school.append(
                "config/schoolgate.toml",
                &format!(
                    "[alert.mail]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
                     from = \"gateway@hilltop.example\"\n",
                    to.port()
                ),
            );
        });
        let found = |name: &str, role: &str| {
            let address = format!("{name}@hilltop.example");
            Person::found(&demo, name, role, &["--mail", &address])
        };
        let technician = found("technician", "technician");
        let coordinator = found("coordinator", "coordinator");
        let governor = found("governor", "governor");
        let headteacher = found("headteacher", "headteacher");
        Self {
            technician,
            coordinator,
            headteacher,
            governor,
            mail,
            demo,
        }
    }

    fn sign_in(&self, window: &Window<'_>, person: &Person) {
        window.goto(&self.demo.console("/sign-in"));
        window
            .fill("Name", &person.name)
            .fill("Password", &person.password)
            .fill("Code from your app", &self.demo.code(person));
        let at = window.press("Sign in");
        assert!(
            at.url.ends_with('/'),
            "{} is not in: {}",
            person.name,
            window.text()
        );
    }

    fn approve(&self, window: &Window<'_>, person: &Person, id: &str) {
        window.goto(&self.demo.console(&format!("/requests/{id}")));
        let page = window.text();
        assert!(page.contains("This opens"), "{page}");
        window.look(&format!("approve-{}", person.name));
        window
            .fill("Your reason", "the scheme of work has it")
            .fill("Password", &person.password)
            .fill("Code from your app", &self.demo.code(person));
        window.press(&format!("Approve {id}"));
    }

    fn is_open(&self, from: [u8; 4], name: &str) -> bool {
        !ask_dns(self.demo.address("dns"), from.into(), name, A)
            .addresses()
            .is_empty()
    }

    fn opens_within(&self, from: [u8; 4], name: &str, limit: Duration) -> Duration {
        let began = Instant::now();
        while !self.is_open(from, name) {
            assert!(began.elapsed() < limit, "{name} is still closed");
        }
        began.elapsed()
    }

    /// Opens a tunnel to a site through the proxy, as a browser does; it stays open.
    fn tunnel(&self, from: [u8; 4], name: &str) -> TcpStream {
        let mut stream = connect_from(IpAddr::from(from), self.demo.address("proxy"));
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let ask = format!("CONNECT {name}:443 HTTP/1.1\r\nHost: {name}:443\r\n\r\n");
        stream.write_all(ask.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let mut byte = [0];
        while !answer.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            answer.push(byte[0]);
        }
        assert!(
            answer.starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
        stream.write_all(&client_hello(name)).unwrap();
        stream
    }
}

/// The first bytes of a browser that speaks TLS 1.3 (RFC 8446, section 4.1.2), as few as may be.
fn client_hello(name: &str) -> Vec<u8> {
    let with_length = |bytes: &[u8]| {
        let mut made = u16::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
        made.extend_from_slice(bytes);
        made
    };
    let host = [&[0][..], &with_length(name.as_bytes())].concat();
    let named = [&[0, 0][..], &with_length(&with_length(&host))].concat();
    let mut body = vec![3, 3];
    body.extend_from_slice(&[7; 32]);
    body.extend_from_slice(&[0, 0, 2, 0x13, 0x01, 1, 0]);
    body.extend_from_slice(&with_length(&named));
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    let handshake = [&[1][..], &length[1..], &body].concat();
    [&[22, 3, 1][..], &with_length(&handshake)].concat()
}

/// The number of the matter whose page this is.
fn matter_of(window: &Window<'_>, at: &Arrived) -> String {
    let last = at.url.rsplit('/').next().unwrap();
    let id = last.split('?').next().unwrap().to_owned();
    assert!(id.starts_with("C-"), "no matter: {}", window.text());
    id
}

// CHG-02, CHG-03, CHG-05, CHG-06, CHG-08, CHG-11, CHG-17, CHG-18, SEC-02, OPS-11
#[test]
fn a_site_is_opened_by_two_people_and_closed_at_its_minute() {
    let school = School::open();
    let demo = &school.demo;
    let browser = Browser::start();

    // A teacher is refused the site, and asks for it on the block page.
    let relay = Relay::start(TEACHER.into(), demo.address("proxy"));
    let teacher = browser.window_behind("teacher", &relay.address().to_string());
    let refused = teacher.goto("http://chess.com/");
    assert_eq!(refused.status, Some(403));
    teacher.fill("What do you need it for", "year 6 chess club, <b>today</b>");
    teacher.look("block-page-staff");
    let asked = teacher.press("Ask");
    assert!(asked.url.contains("/ask"), "{}", teacher.text());
    teacher.look("asked");

    // The technician proposes it, for the class alone, until a quarter past three.
    let technician = browser.window("technician", 1280);
    school.sign_in(&technician, &school.technician);
    technician.look("today-technician");
    technician.goto(&demo.console("/requests"));
    assert!(
        technician.text().contains("chess.com"),
        "{}",
        technician.text()
    );
    assert!(
        !technician.source().contains("<b>today</b>"),
        "a note is text"
    );
    technician.look("requests");
    technician.follow("Propose an unblock");
    technician
        .untick("Staff")
        .unfold("Only some classes")
        .tick("year-6")
        .fill("Why", "chess club of year 6");
    technician
        .fill_in("until_date", "2026-11-24")
        .fill_in("until_time", "15:15");
    technician.look("propose");
    let proposed = technician.press("Propose it");
    let id = matter_of(&technician, &proposed);
    assert!(
        !school.is_open(CLASS, "chess.com"),
        "nothing opens on one word"
    );

    // The coordinator sees what it would open, and decides on a telephone.
    let coordinator = browser.window("coordinator", PHONE);
    school.sign_in(&coordinator, &school.coordinator);
    school.approve(&coordinator, &school.coordinator, &id);
    let took = school.opens_within(CLASS, "chess.com", Duration::from_secs(10));
    println!("open after {took:?}");
    assert!(!school.is_open(OTHERS, "chess.com"), "for the class alone");
    school.mail.wait_for("headteacher@hilltop.example");

    // A whole kind of site for a week is for the headteacher.
    technician.goto(&demo.console("/propose"));
    technician
        .choose("Or a whole kind of site", "games-educational")
        .unfold("Only some classes")
        .tick("year-6")
        .fill("Why", "mathematics games for a week")
        .unfold("For a kind of service")
        .fill("What it is good for", "practice that they like")
        .fill("What could go wrong", "time lost in lessons")
        .fill("What becomes of personal data", "no accounts are made");
    technician
        .fill_in("until_date", "2026-12-01")
        .fill_in("until_time", "15:15");
    let proposed = technician.press("Propose it");
    let wider = matter_of(&technician, &proposed);
    let refused = school.coordinator.command(
        demo,
        &["override", "approve", &wider, "--reason", "I would"],
    );
    assert_eq!(refused.code, Some(1), "{}{}", refused.out, refused.err);
    let headteacher = browser.window("headteacher", PHONE);
    school.sign_in(&headteacher, &school.headteacher);
    headteacher.look("today-headteacher");
    school.approve(&headteacher, &school.headteacher, &wider);

    // At a quarter past three it is over, and what was open ends.
    demo.jump("15:14:58");
    assert!(school.is_open(CLASS, "chess.com"));
    let mut open = school.tunnel(CLASS, "chess.com");
    demo.jump("15:15:00");
    assert!(
        !school.is_open(CLASS, "chess.com"),
        "it is over on its minute"
    );
    let mut rest = Vec::new();
    open.read_to_end(&mut rest).unwrap();

    // The governor sees all of it, signs it off and verifies it elsewhere.
    let governor = browser.window("governor", 1280);
    school.sign_in(&governor, &school.governor);
    governor.goto(&demo.console("/changes"));
    let log = governor.text();
    for told in ["chess.com", &id, &wider] {
        assert!(
            log.contains(told),
            "the change log does not tell of {told}:\n{log}"
        );
    }
    governor.look("changes");
    governor.fill("What you looked at", "all of this week");
    governor.press("Sign off up to entry");
    governor.press("Check the change log now");
    let checked = governor.text();
    assert!(checked.contains("The change log is whole"), "{checked}");
    assert!(
        checked.contains("entries are as they were written"),
        "{checked}"
    );
    let elsewhere = tempfile::TempDir::new().unwrap();
    let kept = |name: &str| {
        let file = elsewhere.path().join(name);
        governor.download(name, &file);
        file
    };
    governor.unfold("Check it yourself");
    let (log, key) = (kept("change-log.bin"), kept("public-key.txt"));
    let (page, python) = (kept("verify.html"), kept("verify_ledger.py"));
    let file = log.to_str().unwrap();
    let verified = gateway_command(&["audit", "verify", "--file", file]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.out, verified.err);
    let verified = program("python3", &[python.to_str().unwrap(), file]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.out, verified.err);
    let laptop = browser.window("laptop", 1280);
    laptop.goto(&format!("file://{}", page.display()));
    laptop
        .files("The file that the school exported", &[&log])
        .files("or the file with the key", &[&key]);
    laptop.press("Check");
    let said = laptop.wait_for("entries");
    laptop.look("verify-page");
    assert!(said.contains("None was altered"), "{said}");
}
