use super::*;
use crate::post::Post;
use crate::stand_in::{letter, monday, school, school_people};
use crate::{Letter, MailSettings, MailTls, NoticeKind, Person, Role, Urgency, WebhookSettings};
use model::ManualClock;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

/// A mail server that takes what it is given, or answers as it is told.
struct MailSink {
    address: SocketAddr,
    mails: Receiver<String>,
    said: Arc<Mutex<Vec<String>>>,
    refuses: Arc<Mutex<Option<&'static str>>>,
}

impl MailSink {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, mails) = channel();
        let said = Arc::new(Mutex::new(Vec::new()));
        let refuses = Arc::new(Mutex::new(None));
        let (heard, refused) = (Arc::clone(&said), Arc::clone(&refuses));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let _ = speak(stream, &sender, &heard, *refused.lock().unwrap());
            }
        });
        Self {
            address,
            mails,
            said,
            refuses,
        }
    }

    fn got(&self) -> Vec<String> {
        self.mails.try_iter().collect()
    }
}

fn speak(
    stream: TcpStream,
    mails: &Sender<String>,
    said: &Mutex<Vec<String>>,
    refuses: Option<&str>,
) -> io::Result<()> {
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream).lines();
    out.write_all(b"220 sink.test\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        said.lock().unwrap().push(line.clone());
        let word = line.split([' ', ':']).next().unwrap_or_default();
        match word.to_ascii_uppercase().as_str() {
            "EHLO" => out.write_all(b"250-sink.test\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n")?,
            "RCPT" if refuses.is_some_and(|to| line.contains(to)) => {
                out.write_all(b"550 5.1.1 no such mailbox\r\n")?;
            }
            "DATA" => {
                out.write_all(b"354 go on\r\n")?;
                let mut mail = String::new();
                for line in lines.by_ref() {
                    let line = line?;
                    if line == "." {
                        break;
                    }
                    mail.push_str(&line);
                    mail.push('\n');
                }
                // Sent before the answer: whoever got the answer finds the mail here.
                let _ = mails.send(mail);
                out.write_all(b"250 2.0.0 taken\r\n")?;
            }
            "QUIT" => return out.write_all(b"221 bye\r\n"),
            _ => out.write_all(b"250 ok\r\n")?,
        }
    }
    Ok(())
}

struct Stage {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    queue: Arc<Queue>,
    settings: Settings,
}

impl Stage {
    fn new(sink: Option<SocketAddr>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let queue = Arc::new(Queue::open(folder.path()).unwrap());
        let mail = sink.map(|address| MailSettings {
            host: address.ip().to_string(),
            port: Some(address.port()),
            tls: MailTls::None,
            user: None,
            password_file: None,
            from: "schoolgate@oakfield.test".to_owned(),
        });
        Self {
            folder,
            clock: Arc::new(ManualClock::new(monday())),
            queue,
            settings: Settings {
                mail,
                ..Settings::default()
            },
        }
    }

    fn post(&self) -> (Post, Arc<Shared>) {
        let shared = Arc::new(Shared::new(&self.settings, school_people()));
        let post = Post::new(
            Arc::clone(&self.queue),
            self.settings.clone(),
            school(),
            self.clock.clone(),
            Arc::clone(&shared),
        );
        (post, shared)
    }

    fn reopen(&mut self) {
        self.queue = Arc::new(Queue::open(self.folder.path()).unwrap());
    }
}

fn duty(title: &str) -> Letter {
    letter(Role::Headteacher, title)
        .kind(NoticeKind::Change)
        .duty()
}

fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

// CHG-02
#[test]
fn the_headteacher_is_told_of_a_change_and_the_delivery_id_is_kept() {
    let sink = MailSink::start();
    let stage = Stage::new(Some(sink.address));
    let id = stage.queue.push(duty("a policy came into force")).unwrap();
    let (mut post, shared) = stage.post();
    shared.witness("oakfield.test/ledger\n12\nAAAA\n".to_owned());
    post.round();
    let mails = sink.got();
    assert_eq!(mails.len(), 1);
    for part in [
        "To: \"The head\" <head@oakfield.test>",
        "Subject: Oakfield Primary: the web filter was changed",
        "Auto-Submitted: auto-generated",
        "Date: Mon, 23 Nov 2026 10:15:00 +0000",
        "a policy came into force",
        "oakfield.test/ledger",
    ] {
        assert!(mails[0].contains(part), "{part} in {}", mails[0]);
    }
    let held = stage.queue.find(id).unwrap();
    assert_eq!(held.sent.len(), 1);
    assert!(mails[0].contains(&format!("Message-ID: {}", held.sent[0].message)));
    assert_eq!(stage.queue.undelivered_since(), None);
    post.round();
    assert!(sink.got().is_empty(), "it is told once");
}

// CHG-32
#[test]
fn while_mail_is_down_nothing_is_lost_and_the_failure_shows() {
    let mut stage = Stage::new(Some(closed_port()));
    for number in 0..3 {
        stage.queue.push(duty(&format!("change {number}"))).unwrap();
    }
    let (mut post, shared) = stage.post();
    for _ in 0..60 {
        post.round();
        stage.clock.advance(Duration::from_secs(60));
    }
    let Channel::Fails { since, last, .. } = shared.delivery().mail else {
        panic!("the failure shows");
    };
    assert_eq!(since, monday());
    assert!(since.until(last) > Duration::from_secs(2400));
    let hour = Duration::from_secs(3600);
    assert_eq!(stage.queue.overdue(stage.clock.now(), hour).len(), 3);
    assert!(
        stage
            .queue
            .waiting()
            .iter()
            .all(|held| held.failed.is_some())
    );
    // The gateway starts again, and mail works.
    drop(post);
    stage.reopen();
    let sink = MailSink::start();
    let mail = stage.settings.mail.as_mut().unwrap();
    mail.port = Some(sink.address.port());
    let (mut post, shared) = stage.post();
    post.round();
    let mut mails = sink.got();
    mails.retain(|mail| mail.contains("To: \"The head\""));
    assert_eq!(mails.len(), 3);
    assert!(matches!(shared.delivery().mail, Channel::Works { .. }));
    assert!(stage.queue.overdue(stage.clock.now(), hour).is_empty());
}

#[test]
fn a_mailbox_that_refuses_holds_up_no_other() {
    let sink = MailSink::start();
    *sink.refuses.lock().unwrap() = Some("head@oakfield.test");
    let stage = Stage::new(Some(sink.address));
    let refused = stage.queue.push(duty("for the head")).unwrap();
    stage
        .queue
        .push(letter(Role::SafeguardingLead, "for the lead"))
        .unwrap();
    let (mut post, _) = stage.post();
    post.round();
    assert_eq!(sink.got().len(), 1);
    let held = stage.queue.find(refused).unwrap();
    let failed = held.failed.unwrap();
    assert!(failed.why.contains("no such mailbox"), "{}", failed.why);
    assert!(failed.next > stage.clock.now());
    *sink.refuses.lock().unwrap() = None;
    stage.clock.advance(Duration::from_secs(30));
    post.round();
    assert_eq!(sink.got().len(), 1);
}

// REP-26
#[test]
fn unread_for_ten_minutes_it_is_mailed_to_the_deputy() {
    let sink = MailSink::start();
    let stage = Stage::new(Some(sink.address));
    let letter = letter(Role::SafeguardingLead, "x").kind(NoticeKind::Safeguarding);
    let id = stage.queue.push(letter).unwrap();
    let (mut post, _) = stage.post();
    post.round();
    assert!(sink.got()[0].contains("lead@oakfield.test"));
    stage.clock.advance(Duration::from_secs(600));
    post.round();
    assert!(sink.got()[0].contains("second-lead@oakfield.test"));
    let reader = Person::from("second-lead");
    stage
        .queue
        .acknowledge(id, &reader, stage.clock.now())
        .unwrap();
    stage.clock.advance(Duration::from_secs(6000));
    post.round();
    assert!(sink.got().is_empty());
}

#[test]
fn no_password_goes_to_a_server_without_starttls() {
    let sink = MailSink::start();
    let mut stage = Stage::new(Some(sink.address));
    let secret = stage.folder.path().join("password");
    std::fs::write(&secret, "correct horse battery\n").unwrap();
    let mail = stage.settings.mail.as_mut().unwrap();
    mail.tls = MailTls::Starttls;
    mail.user = Some("schoolgate".to_owned());
    mail.password_file = Some(secret.display().to_string());
    stage.queue.push(duty("x")).unwrap();
    let (mut post, shared) = stage.post();
    post.round();
    assert!(matches!(shared.delivery().mail, Channel::Fails { .. }));
    let said = sink.said.lock().unwrap().join("\n");
    assert!(said.contains("EHLO"), "{said}");
    assert!(!said.contains("AUTH") && !said.contains("MAIL"), "{said}");
}

#[test]
fn a_name_with_a_line_end_makes_no_head_of_its_own() {
    let sink = MailSink::start();
    let stage = Stage::new(Some(sink.address));
    let mut hostile = duty("x\r\nBcc: all@oakfield.test\r\n\r\n.\r\nMAIL FROM:<a@b.test>");
    hostile.notice.words = "first\r\n.\r\nQUIT\r\n..\r\n".to_owned();
    stage.queue.push(hostile).unwrap();
    let (mut post, shared) = stage.post();
    let mut people = school_people();
    for contact in &mut people.people {
        contact.name = "A\r\nBcc: all@oakfield.test".to_owned();
    }
    shared.direct(people);
    post.round();
    let mails = sink.got();
    assert_eq!(mails.len(), 1);
    let (head, _) = mails[0].split_once("\n\n").unwrap();
    assert!(head.lines().all(|line| !line.starts_with("Bcc")), "{head}");
    assert_eq!(
        sink.said
            .lock()
            .unwrap()
            .iter()
            .filter(|it| it.starts_with("MAIL"))
            .count(),
        1
    );
}

#[test]
fn a_role_without_an_address_is_a_failure_that_shows() {
    let sink = MailSink::start();
    let stage = Stage::new(Some(sink.address));
    let id = stage.queue.push(letter(Role::Auditor, "x").duty()).unwrap();
    let (mut post, shared) = stage.post();
    shared.direct(Directory::default());
    post.round();
    let failed = stage.queue.find(id).unwrap().failed.unwrap();
    assert_eq!(failed.why, "nobody with a mail address is named as Auditor");
    assert!(stage.queue.undelivered_since().is_some());
}

/// Takes one call and gives back head and body.
fn take_call(listener: &TcpListener, answer: &str) -> (String, String) {
    let (stream, _) = listener.accept().unwrap();
    let mut out = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0);
    }
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let mut body = vec![0; length.unwrap().1.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    out.write_all(answer.as_bytes()).unwrap();
    (head, String::from_utf8(body).unwrap())
}

#[test]
fn a_webhook_is_told_signed_and_again_when_it_failed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut stage = Stage::new(None);
    let secret = stage.folder.path().join("secret");
    std::fs::write(&secret, "0123456789abcdef\n").unwrap();
    stage.settings.webhook = Some(WebhookSettings {
        url: format!("http://{}/hook", listener.local_addr().unwrap()),
        secret_file: secret.display().to_string(),
    });
    let id = stage
        .queue
        .push(letter(Role::SafeguardingLead, "x"))
        .unwrap();
    let (mut post, shared) = stage.post();
    let calls = std::thread::spawn(move || {
        [
            take_call(&listener, "302 Found"),
            take_call(&listener, "204 No Content"),
        ]
    });
    post.round();
    assert!(matches!(shared.delivery().webhook, Channel::Fails { .. }));
    assert_eq!(stage.queue.find(id).unwrap().posted, 0);
    stage.clock.advance(Duration::from_secs(30));
    post.round();
    assert_eq!(stage.queue.find(id).unwrap().posted, 1);
    assert!(matches!(shared.delivery().webhook, Channel::Works { .. }));
    let [_, (head, body)] = calls.join().unwrap();
    let value = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| *key == name).unwrap().1.to_owned()
    };
    let timestamp = value("schoolgate-timestamp");
    assert_eq!(timestamp, stage.clock.now().seconds().to_string());
    let expected = crate::webhook::sign(b"0123456789abcdef", &timestamp, &body);
    assert_eq!(value("schoolgate-signature"), expected);
    assert!(body.contains("\"urgency\":\"immediate\""), "{body}");
}

// CHG-24: a head is kept elsewhere within the minute, and the newest one after a failure.
#[test]
fn the_newest_head_goes_to_the_witness_signed_and_again_when_it_failed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut stage = Stage::new(None);
    let secret = stage.folder.path().join("secret");
    std::fs::write(&secret, "0123456789abcdef\n").unwrap();
    stage.settings.witness = Some(WebhookSettings {
        url: format!("http://{}/heads", listener.local_addr().unwrap()),
        secret_file: secret.display().to_string(),
    });
    let (mut post, shared) = stage.post();
    let calls = std::thread::spawn(move || {
        [
            take_call(&listener, "503 Service Unavailable"),
            take_call(&listener, "204 No Content"),
            take_call(&listener, "204 No Content"),
        ]
    });
    post.round();
    assert!(matches!(shared.delivery().witness, Channel::Idle));
    shared.witness("head 1".to_owned());
    post.round();
    assert!(matches!(shared.delivery().witness, Channel::Fails { .. }));
    shared.witness("head 2".to_owned());
    post.round();
    assert!(
        matches!(shared.delivery().witness, Channel::Fails { .. }),
        "it rests first"
    );
    stage.clock.advance(Duration::from_secs(30));
    post.round();
    assert!(matches!(shared.delivery().witness, Channel::Works { .. }));
    stage.clock.advance(Duration::from_secs(30));
    post.round();
    shared.witness("head 3".to_owned());
    post.round();
    let bodies = calls.join().unwrap().map(|(_, body)| body);
    assert_eq!(bodies, ["head 1", "head 2", "head 3"], "none twice");
}

// REP-03: a notice goes out when it comes, not at the next look.
#[test]
fn the_courier_is_woken_by_a_new_notice() {
    let sink = MailSink::start();
    let stage = Stage::new(Some(sink.address));
    let courier = Courier::start(
        Arc::clone(&stage.queue),
        stage.settings.clone(),
        school(),
        school_people(),
        stage.clock.clone(),
    )
    .unwrap();
    let mut urgent = letter(Role::SafeguardingLead, "x");
    urgent.notice.urgency = Urgency::Immediate;
    stage.queue.push(urgent).unwrap();
    let mail = sink.mails.recv_timeout(Duration::from_secs(8)).unwrap();
    assert!(mail.contains("lead@oakfield.test"));
    drop(courier);
}
