use super::{Faces, FacesParts, FacesSettings, ProxyWord};
use crate::Running;
use crate::stand_in::{NOW, StandIn, encoded};
use alert::{Contact, Duty, IncidentId, Person, Role, Teller, Telling, Told};
use audit::{DecisionRow, Journal, Known, Unknown};
use model::{Action, Certainty, Clock, Door, ManualClock, PolicyVersion, Rung};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

struct Stage {
    school: StandIn,
    running: Option<Running>,
    address: std::net::SocketAddr,
    duty: Arc<Mutex<Duty>>,
    told: Arc<Mutex<Vec<Telling>>>,
    folder: tempfile::TempDir,
    journal: Journal,
}

impl Stage {
    fn new() -> Self {
        let (school, folder) = (StandIn::new(&[]), tempfile::tempdir().unwrap());
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&school.clock);
        let journal = Journal::open(folder.path(), Arc::clone(&clock)).unwrap();
        let (duty, told) = (
            Arc::new(Mutex::new(Duty::Nobody)),
            Arc::<Mutex<Vec<Telling>>>::default(),
        );
        let settings = FacesSettings {
            listen: "127.0.0.1:0".parse().unwrap(),
            name: None,
        };
        let faces = Faces::bind(&settings, "Why.School.test").unwrap();
        let address = faces.address();
        let (now, answers, kept) = (Arc::clone(&duty), Arc::clone(&duty), Arc::clone(&told));
        let parts = FacesParts {
            desk: Arc::clone(&school.desk),
            gate: Arc::clone(school.console.gate()),
            clock,
            journal: folder.path().to_owned(),
            duty: Box::new(move |_| now.lock().unwrap().clone()),
            tell: Box::new(move |telling| {
                kept.lock().unwrap().push(telling.clone());
                Ok(Told {
                    incident: IncidentId(1),
                    duty: answers.lock().unwrap().clone(),
                })
            }),
            proxy: Some(ProxyWord {
                client_field: "x-client",
                secret_field: "x-secret",
                secret: "known to both".to_owned(),
            }),
        };
        Self {
            school,
            running: Some(faces.run(parts).unwrap()),
            address,
            duty,
            told,
            folder,
            journal,
        }
    }

    /// What comes back to a device that the proxy speaks for.
    fn ask(&self, client: &str, method: &str, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        let head =
            format!("host: why.school.test\r\nx-client: {client}\r\nx-secret: known to both\r\n");
        self.send(&head, method, path, &encoded(form))
    }

    fn send(&self, head: &str, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let kind = "content-type: application/x-www-form-urlencoded";
        let request = format!(
            "{method} {path} HTTP/1.1\r\n{head}{kind}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        let status = reply.split(' ').nth(1).and_then(|code| code.parse().ok());
        (status.unwrap_or_else(|| panic!("{reply}")), reply)
    }

    fn refuse(&mut self, rows: &[DecisionRow]) {
        self.journal.write(rows).unwrap();
        assert!(self.folder.path().exists());
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop();
        }
    }
}

fn row(client: &str, host: &str) -> DecisionRow {
    let at = NOW.parse().unwrap();
    DecisionRow {
        first: at,
        last: at,
        count: 1,
        client: client.parse().unwrap(),
        device: Known::Unknown(Unknown::NoSource),
        user: Known::Unknown(Unknown::NoSource),
        certainty: Certainty::Zone,
        zone: "rooms".into(),
        group: "ks2".into(),
        door: Door::Connect,
        method: None,
        host: host.into(),
        path: None,
        kind: None,
        categories: ["social".into()].into(),
        action: Action::Block,
        rung: Rung::Category,
        rule: None,
        list: None,
        list_version: None,
        policy_version: PolicyVersion(1),
        bytes: 0,
        duration_ms: 1,
        reference: None,
        alert: false,
        background: false,
        flood: false,
    }
}

fn somebody() -> Duty {
    Duty::Somebody {
        role: Role::SafeguardingLead,
        first: None,
        people: vec![Contact {
            person: Person::from("lead"),
            user: None,
            role: Role::SafeguardingLead,
            name: "Ms <b>Lead</b>".to_owned(),
            mail: String::new(),
            deputy_order: 0,
            absent_until: None,
        }],
    }
}

const PUPIL: &str = "192.0.2.10";

#[test]
fn a_device_sees_its_own_refusals_and_nobody_elses() {
    let mut stage = Stage::new();
    let illegal = DecisionRow {
        rung: Rung::Floor,
        alert: true,
        ..row(PUPIL, "floor.test")
    };
    let machine = DecisionRow {
        background: true,
        ..row(PUPIL, "adverts.test")
    };
    let of_another = DecisionRow {
        user: Known::Named("p.upil".into()),
        ..row(PUPIL, "secret.test")
    };
    let rows = [
        row(PUPIL, "friends.test"),
        row("192.0.2.11", "other.test"),
        illegal,
        machine,
        of_another,
    ];
    stage.refuse(&rows);
    let (status, page) = stage.ask(PUPIL, "GET", "/", &[]);
    assert_eq!(status, 200, "{page}");
    assert!(
        page.contains("friends.test") && page.contains("Ask for this page"),
        "{page}"
    );
    assert!(
        page.contains("closed for everybody in the school"),
        "the floor is not named"
    );
    for hidden in ["other.test", "floor.test", "adverts.test", "secret.test"] {
        assert!(!page.contains(hidden), "{hidden}");
    }
    // Without the proxy's word the peer asks, whatever it says of itself.
    let head = format!("host: why.school.test\r\nx-client: {PUPIL}\r\nx-secret: guessed\r\n");
    let (_, page) = stage.send(&head, "GET", "/", "");
    assert!(!page.contains("friends.test"), "{page}");
}

#[test]
fn refusals_are_shown_for_ten_minutes() {
    let mut stage = Stage::new();
    stage.refuse(&[row(PUPIL, "friends.test")]);
    stage.school.clock.advance(Duration::from_secs(601));
    let (_, page) = stage.ask(PUPIL, "GET", "/", &[]);
    assert!(!page.contains("friends.test"), "{page}");
}

#[test]
fn what_is_asked_for_reaches_the_desk() {
    let stage = Stage::new();
    let form = [
        ("address", "https://www.friends.test/me"),
        ("note", "for <script> history"),
    ];
    let (status, page) = stage.ask(PUPIL, "POST", "/ask", &form);
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("R-0001"), "{page}");
    let (status, _) = stage.ask(PUPIL, "POST", "/ask", &[("address", "not an address")]);
    assert_eq!(status, 422);
    let mut last = 0;
    for _ in 0..6 {
        last = stage.ask(PUPIL, "POST", "/ask", &form).0;
    }
    assert_eq!(last, 429);
}

// REP-10, OPS-17
#[test]
fn a_child_tells_an_adult_and_hears_who_reads_it() {
    let stage = Stage::new();
    *stage.duty.lock().unwrap() = somebody();
    let form = [
        ("note", "a <script>man</script> asked"),
        ("address", "odd.test"),
        ("time", "just now"),
    ];
    let (status, page) = stage.ask(PUPIL, "POST", "/tell", &form);
    assert_eq!(status, 200, "{page}");
    assert!(
        page.contains("Ms &#60;b&#62;Lead") && !page.contains("<b>Lead"),
        "{page}"
    );
    let told = stage.told.lock().unwrap()[0].clone();
    assert_eq!(told.by, Teller::Pupil);
    assert_eq!(told.content, "a <script>man</script> asked\nWhen: just now");
    assert_eq!(
        (told.address.as_str(), told.device.as_str()),
        ("odd.test", PUPIL)
    );
    let (_, by_staff) = stage.ask("192.0.2.200", "POST", "/tell", &form);
    assert!(by_staff.contains("200 OK"));
    assert_eq!(stage.told.lock().unwrap()[1].by, Teller::Staff);
}

#[test]
fn when_nobody_is_on_duty_the_page_says_so_with_help_lines() {
    let stage = Stage::new();
    for (method, form) in [("GET", vec![]), ("POST", vec![("note", "help")])] {
        let (status, page) = stage.ask(PUPIL, method, "/tell", &form);
        assert_eq!(status, 200, "{page}");
        assert!(
            page.contains("is on duty right now") && page.contains("0800 1111"),
            "{page}"
        );
    }
    assert_eq!(
        stage.told.lock().unwrap().len(),
        1,
        "it is told all the same"
    );
}

// ILL-12
#[test]
fn the_address_of_illegal_content_is_told_to_nobody() {
    let mut stage = Stage::new();
    stage.refuse(&[DecisionRow {
        rung: Rung::Floor,
        alert: true,
        reference: Some("7K2M-QXAB".into()),
        ..row(PUPIL, "floor.test")
    }]);
    let form = [
        ("reference", "7K2M-QXAB"),
        ("address", "http://floor.test/x"),
        ("note", "I saw it"),
    ];
    assert_eq!(stage.ask(PUPIL, "POST", "/tell", &form).0, 200);
    assert_eq!(stage.told.lock().unwrap()[0].address, "");
}

#[test]
fn nobody_tells_more_than_can_be_read_and_all_are_sent_to_somebody() {
    let stage = Stage::new();
    let mut last = (0, String::new());
    for _ in 0..21 {
        last = stage.ask(PUPIL, "POST", "/tell", &[("note", "again")]);
    }
    assert_eq!(last.0, 429);
    assert!(last.1.contains("0800 1111"), "{}", last.1);
    assert_eq!(stage.told.lock().unwrap().len(), 20);
    assert_eq!(
        stage
            .ask("192.0.2.11", "POST", "/tell", &[("note", "one")])
            .0,
        200
    );
}

#[test]
fn what_came_with_a_request_is_text_on_every_page() {
    let stage = Stage::new();
    let hostile = "/tell?address=%3Cscript%3Ealert(1)%3C/script%3E%22%3E&reference=%22onfocus=%22x&note=%E2%80%AEx";
    for path in [
        "/",
        hostile,
        "/monitoring",
        "/rules",
        "/ask",
        "/nothing?%3Cscript%3E",
    ] {
        let (_, page) = stage.ask(PUPIL, "GET", path, &[]);
        assert!(
            !page.contains("<script") && !page.contains("\"onfocus"),
            "{path}: {page}"
        );
        assert!(!page.contains('\u{202e}'), "{path}");
        let head = page.to_lowercase();
        assert!(
            head.contains("content-security-policy: default-src 'none'"),
            "{head}"
        );
        assert!(head.contains("cache-control: no-store"), "{head}");
        assert!(
            !head.contains("set-cookie") && !head.contains("access-control"),
            "{head}"
        );
    }
}

#[test]
fn what_is_too_much_or_for_another_name_is_refused_with_a_page() {
    let stage = Stage::new();
    let much = "a".repeat(9_000);
    assert_eq!(stage.ask(PUPIL, "POST", "/tell", &[("note", &much)]).0, 413);
    let (status, _) = stage.send("host: attacker.example\r\n", "GET", "/", "");
    assert_eq!(status, 421);
    assert_eq!(stage.ask(PUPIL, "DELETE", "/tell", &[]).0, 404);
    assert_eq!(stage.ask(PUPIL, "GET", "/ask", &[]).0, 303);
    let mut statuses = (0..61).map(|_| stage.ask(PUPIL, "GET", "/rules", &[]).0);
    assert!(statuses.any(|status| status == 429));
}
