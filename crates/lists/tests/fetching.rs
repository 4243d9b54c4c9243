//! A publisher that turns bad, in each way: the last good version stays.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use lists::{
    FetchHours, FetchLimits, FetchSettings, Fetcher, Format, Outcome, Progress, Sanity, Source,
    Store, Subscription, Subscriptions, Tolerance,
};
use model::{Digest, ManualClock, Moment};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::{HashMap, VecDeque};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the server says to one request.
#[derive(Clone, Debug)]
struct Answer {
    status: &'static str,
    heads: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// It breaks off after so many bytes of the body.
    cut: Option<usize>,
}

fn ok(body: impl Into<Vec<u8>>) -> Answer {
    Answer {
        status: "200 OK",
        heads: Vec::new(),
        body: body.into(),
        cut: None,
    }
}

impl Answer {
    fn head(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.heads.push((name, value.into()));
        self
    }

    fn status(self, status: &'static str) -> Self {
        Self { status, ..self }
    }

    fn cut(self, after: usize) -> Self {
        Self {
            cut: Some(after),
            ..self
        }
    }
}

/// A publisher on this machine.
struct Server {
    address: SocketAddr,
    root: Vec<u8>,
    answers: Arc<Mutex<HashMap<String, VecDeque<Answer>>>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start() -> Self {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let root = made.cert.der().to_vec();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            root,
            answers: Arc::default(),
            requests: Arc::default(),
        };
        let (answers, requests) = (Arc::clone(&server.answers), Arc::clone(&server.requests));
        let config = Arc::new(config);
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let (answers, requests) = (Arc::clone(&answers), Arc::clone(&requests));
                let config = Arc::clone(&config);
                // A client that goes away is no fault of the server.
                std::thread::spawn(move || {
                    let _ = serve(socket.unwrap(), config, &answers, &requests);
                });
            }
        });
        server
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    /// Lets a path answer so; the last answer is given again and again.
    fn says(&self, path: &str, answers: impl IntoIterator<Item = Answer>) {
        let answers = answers.into_iter().collect();
        self.answers
            .lock()
            .unwrap()
            .insert(path.to_owned(), answers);
    }

    fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

fn serve(
    socket: TcpStream,
    config: Arc<ServerConfig>,
    answers: &Mutex<HashMap<String, VecDeque<Answer>>>,
    requests: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, socket);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    requests.lock().unwrap().push(head);
    let answer = {
        let mut answers = answers.lock().unwrap();
        let queue = answers.get_mut(&path);
        let next = queue.map(|queue| {
            if queue.len() > 1 {
                queue.pop_front()
            } else {
                queue.front().cloned()
            }
        });
        next.flatten()
            .unwrap_or_else(|| ok("").status("404 Not Found"))
    };
    let mut text = format!(
        "HTTP/1.1 {}\r\ncontent-length: {}\r\nconnection: close\r\n",
        answer.status,
        answer.body.len()
    );
    for (name, value) in &answer.heads {
        text += &format!("{name}: {value}\r\n");
    }
    stream.write_all(text.as_bytes())?;
    stream.write_all(b"\r\n")?;
    let sent = answer.cut.unwrap_or(answer.body.len());
    stream.write_all(&answer.body[..sent])?;
    stream.flush()?;
    if answer.cut.is_none() {
        stream.conn.send_close_notify();
        stream.flush()?;
    }
    Ok(())
}

/// A school that subscribes to one list.
struct School {
    server: Server,
    folder: tempfile::TempDir,
    clock: ManualClock,
    sanity: Sanity,
    source: Source,
    limits: FetchLimits,
    opens: bool,
    withheld: bool,
}

impl School {
    fn new() -> Self {
        let server = Server::start();
        let source = Source {
            id: "theirs".into(),
            title: "Their list".into(),
            file: None,
            url: Some(server.url("/list.txt")),
            mirrors: Vec::new(),
            digests: None,
            signature: None,
            signed_by: None,
            delivered: false,
            required: false,
            hours: None,
            every_hours: None,
            format: Format::Plain,
            folder: None,
            charset: None,
            category: "games".into(),
            covers: None,
            answers: None,
            licence: "CC0".into(),
            attribution: None,
            recommended: false,
            enabled: true,
            third_party: true,
            crosses_suffix: false,
        };
        Self {
            server,
            folder: tempfile::tempdir().unwrap(),
            clock: ManualClock::new(Moment::from_millis(1_795_000_000_000)),
            sanity: Sanity::new(["gov.uk", "school.test"], Tolerance::default()),
            source,
            limits: FetchLimits {
                bytes: 1 << 20,
                idle: Duration::from_secs(20),
                ..FetchLimits::default()
            },
            opens: false,
            withheld: false,
        }
    }

    /// A school with a good version of a hundred names.
    fn subscribed() -> Self {
        let school = Self::new();
        school
            .server
            .says("/list.txt", [ok(names(0..100)).head("etag", "\"1\"")]);
        assert!(matches!(
            school.fetch(),
            Outcome::Taken { entries: 100, .. }
        ));
        school.clock.advance(Duration::from_secs(24 * 3600));
        school.server.requests();
        school
    }

    fn store(&self) -> Store {
        Store::new(&self.folder.path().join("fetched")).with_secret(&[7; 32])
    }

    fn fetch(&self) -> Outcome {
        let settings = FetchSettings {
            extra_roots: vec![self.server.root.clone()],
            limits: self.limits,
            ..FetchSettings::default()
        };
        let subscriptions = Subscriptions {
            store: &self.store(),
            fetcher: &Fetcher::new(&settings).unwrap(),
            sanity: &self.sanity,
            clock: &self.clock,
        };
        let list = Subscription {
            source: self.source.clone(),
            withheld: self.withheld,
            opens: self.opens,
        };
        let outcomes = subscriptions.fetch(&[list], false, &|_: Progress<'_>| {});
        outcomes.into_iter().next().unwrap()
    }

    fn in_use(&self) -> Vec<u8> {
        let in_use = self.store().history("theirs").unwrap().in_use.unwrap();
        self.store().bytes("theirs", in_use).unwrap()
    }

    /// Fetches once more; the list in use must be the good one. Gives back what is said of it.
    fn stays(&self) -> (bool, String) {
        let outcome = self.fetch();
        assert_eq!(self.in_use(), names(0..100), "{outcome:?}");
        let good = Digest::of(&names(0..100));
        assert_eq!(self.store().history("theirs").unwrap().in_use, Some(good));
        match outcome {
            Outcome::Quarantined { reasons, kept, .. } => {
                assert_eq!(kept, Some(good));
                (true, reasons.join("; "))
            }
            Outcome::Failed { reasons, kept } => {
                assert_eq!(kept, Some(good));
                (false, reasons.join("; "))
            }
            Outcome::Taken { .. } | Outcome::Unchanged | Outcome::Waits { .. } => {
                panic!("{outcome:?}")
            }
        }
    }

    /// What is said of an answer that must not be used.
    fn says_of(answer: Answer) -> (bool, String) {
        let school = Self::subscribed();
        school.server.says("/list.txt", [answer]);
        let (quarantined, words) = school.stays();
        let address = school.server.address.to_string();
        (quarantined, words.replace(&address, "publisher.test"))
    }
}

fn names(range: std::ops::Range<usize>) -> Vec<u8> {
    range
        .map(|number| format!("n{number}.test\n"))
        .collect::<String>()
        .into_bytes()
}

#[test]
fn a_list_is_fetched_kept_and_asked_for_again() {
    let school = School::subscribed();
    assert_eq!(school.in_use(), names(0..100));
    let version = school
        .store()
        .history("theirs")
        .unwrap()
        .current()
        .cloned()
        .unwrap();
    assert_eq!(
        (version.licence.as_str(), version.etag.as_deref()),
        ("CC0", Some("\"1\""))
    );
    assert_eq!(version.survey.unwrap().names, 100);

    school
        .server
        .says("/list.txt", [ok("").status("304 Not Modified")]);
    assert_eq!(school.fetch(), Outcome::Unchanged);
    assert!(
        school.server.requests()[0]
            .to_lowercase()
            .contains("if-none-match: \"1\"")
    );

    school.clock.advance(Duration::from_secs(24 * 3600));
    school
        .server
        .says("/list.txt", [ok(names(10..120)).head("etag", "\"2\"")]);
    let Outcome::Taken { difference, .. } = school.fetch() else {
        panic!()
    };
    assert_eq!((difference.added, difference.removed), (20, 10));
    assert_eq!(difference.first_added[0], "n100.test");
    assert_eq!(school.in_use(), names(10..120));

    // What a decision took back is not fetched again; a newer version is.
    let first = Digest::of(&names(0..100));
    let words = "taken back by p-7";
    let version = school.store().return_to("theirs", first, words).unwrap();
    assert_eq!((version.digest, school.in_use()), (first, names(0..100)));
    let unknown = Digest::of(b"");
    assert!(school.store().return_to("theirs", unknown, words).is_err());
    school.clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(school.fetch(), Outcome::Unchanged);
    assert_eq!(school.in_use(), names(0..100));
    school.server.says("/list.txt", [ok(names(5..110))]);
    school.clock.advance(Duration::from_secs(24 * 3600));
    assert!(matches!(school.fetch(), Outcome::Taken { .. }));
    assert_eq!(school.in_use(), names(5..110));
}

// OPS-06
#[test]
fn a_bad_version_is_quarantined_with_a_clear_line() {
    let html = "<!DOCTYPE html><html><body>Please log in</body></html>";
    let mut poisoned = names(0..100);
    poisoned.extend_from_slice(b"gov.uk\n");
    let garbage: String = (0..100).map(|number| format!("a b {number}\n")).collect();
    let suffixes: String = (0..100).map(|number| format!("single{number}\n")).collect();
    let suffixes = [names(0..100), suffixes.into_bytes()].concat();
    let told: Vec<String> = [
        ok(""),
        ok(html),
        ok(names(0..1000)),
        ok(names(0..40)),
        ok(poisoned),
        ok(garbage),
        ok(suffixes),
        ok([0x1f, 0x8b, 8, 0, 1, 2]),
    ]
    .into_iter()
    .map(|answer| {
        let (quarantined, words) = School::says_of(answer);
        assert!(quarantined, "{words}");
        words
    })
    .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    it has no entry
    it is a web page, not a list
    it grew from 100 entries to 1000
    it shrank from 100 entries to 40
    it would close `gov.uk`, which is protected
    100 of its lines cannot be read, 0 can
    it names 100 endings such as `co.uk`, shared by many sites
    the list is cut off or damaged
    ");
}

#[test]
fn a_publisher_that_does_not_answer_well_changes_nothing() {
    let told: Vec<String> = [
        ok(names(0..100)).cut(50),
        ok("").status("302 Found").head("location", "/list.txt"),
        ok("")
            .status("302 Found")
            .head("location", "http://publisher.test/list.txt"),
        ok("").status("500 Internal Server Error"),
        ok(vec![b'a'; 2 << 20]),
    ]
    .into_iter()
    .map(|answer| {
        let (quarantined, words) = School::says_of(answer);
        assert!(!quarantined, "{words}");
        words
    })
    .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    `https://publisher.test/list.txt` was cut off after 50 bytes; it is tried again later
    `https://publisher.test/list.txt` redirects without end; see whether the list has moved
    `http://publisher.test/list.txt` is no address that begins with `https://`; correct `sources.toml`
    `https://publisher.test/list.txt` answered 500; see whether the list has moved
    `https://publisher.test/list.txt` is larger than 1048576 bytes; raise the limit if it is a list
    ");
}

#[test]
fn what_was_cut_off_goes_on_where_it_ended() {
    let school = School::new();
    let whole = names(0..100);
    let rest = ok(&whole[50..])
        .status("206 Partial Content")
        .head("etag", "\"7\"")
        .head(
            "content-range",
            format!("bytes 50-{}/{}", whole.len() - 1, whole.len()),
        );
    school.server.says(
        "/list.txt",
        [ok(whole.clone()).head("etag", "\"7\"").cut(50), rest],
    );
    assert!(matches!(
        school.fetch(),
        Outcome::Taken { entries: 100, .. }
    ));
    assert_eq!(school.in_use(), whole);
    let requests = school.server.requests();
    assert!(
        requests[1].to_lowercase().contains("range: bytes=50-"),
        "{}",
        requests[1]
    );

    // A publisher that has a newer version by then sends it whole.
    let school = School::new();
    let newer = names(5..99);
    school.server.says(
        "/list.txt",
        [ok(whole).head("etag", "\"7\"").cut(50), ok(newer.clone())],
    );
    assert!(matches!(school.fetch(), Outcome::Taken { entries: 94, .. }));
    assert_eq!(school.in_use(), newer);
}

#[test]
fn a_digest_that_its_publisher_tells_must_be_its_digest() {
    let mut school = School::new();
    school.source.digests = Some(school.server.url("/SUMS"));
    let list = names(0..100);
    let sums = format!(
        "{}  other.txt\n{} *./list.txt\n",
        "0".repeat(64),
        Digest::of(&list)
    );
    school.server.says("/list.txt", [ok(list.clone())]);
    school.server.says("/SUMS", [ok(sums)]);
    assert!(matches!(school.fetch(), Outcome::Taken { .. }));

    school.clock.advance(Duration::from_secs(24 * 3600));
    school.server.says("/list.txt", [ok(names(0..101))]);
    let (quarantined, words) = school.stays();
    assert!(quarantined);
    assert_eq!(words, "its digest is not the one that its publisher tells");

    school.clock.advance(Duration::from_secs(24 * 3600));
    school.server.says("/SUMS", [ok("nothing\n")]);
    assert_eq!(school.stays().1, "its publisher tells no digest of it");
}

#[test]
fn a_mirror_stands_in() {
    let mut school = School::new();
    school.source.mirrors = vec![
        school.server.url("/gone.txt"),
        school.server.url("/mirror/list.txt"),
    ];
    school
        .server
        .says("/list.txt", [ok("").status("503 Service Unavailable")]);
    let moved = ok("")
        .status("301 Moved Permanently")
        .head("location", "new.txt");
    school.server.says("/mirror/list.txt", [moved]);
    school.server.says("/mirror/new.txt", [ok(names(0..30))]);
    assert!(matches!(school.fetch(), Outcome::Taken { entries: 30, .. }));
    let version = school
        .store()
        .history("theirs")
        .unwrap()
        .current()
        .cloned()
        .unwrap();
    assert_eq!(version.from, school.server.url("/mirror/new.txt"));
}

// OPS-05
#[test]
fn a_publisher_is_asked_in_its_hours_and_not_too_often() {
    let mut school = School::subscribed();
    school.server.says("/list.txt", [ok(names(0..100))]);
    assert_eq!(school.fetch(), Outcome::Unchanged);
    let Outcome::Waits { until } = school.fetch() else {
        panic!("asked twice in a day")
    };
    assert!(school.clock_now().until(until) > Duration::from_secs(22 * 3600));

    let midnight = Moment::from_millis(1_795_132_800_000);
    assert_eq!(midnight.seconds().rem_euclid(86_400), 0);
    school.source.hours = Some(FetchHours { from: 19, to: 8 });
    school
        .clock
        .set(midnight.after(Duration::from_secs(7 * 24 * 3600 + 12 * 3600)));
    let Outcome::Waits { until } = school.fetch() else {
        panic!("asked at noon")
    };
    assert_eq!(
        until,
        midnight.after(Duration::from_secs(7 * 24 * 3600 + 19 * 3600))
    );
    school.clock.set(until);
    assert_eq!(school.fetch(), Outcome::Unchanged);
}

impl School {
    fn clock_now(&self) -> Moment {
        use model::Clock as _;
        self.clock.now()
    }
}

#[test]
fn a_stranger_with_another_certificate_is_not_believed() {
    let mut school = School::subscribed();
    let stranger = Server::start();
    stranger.says("/list.txt", [ok(names(0..90))]);
    school.source.url = Some(stranger.url("/list.txt"));
    let (quarantined, words) = school.stays();
    assert!(
        !quarantined && words.contains("could not be reached"),
        "{words}"
    );
}

#[test]
fn a_list_that_opens_may_name_what_no_list_may_close() {
    let mut school = School::new();
    let list = [names(0..30), b"school.test\n".to_vec()].concat();
    school.server.says("/list.txt", [ok(list)]);
    assert!(matches!(school.fetch(), Outcome::Quarantined { .. }));
    school.clock.advance(Duration::from_secs(24 * 3600));
    school.opens = true;
    assert!(matches!(school.fetch(), Outcome::Taken { entries: 31, .. }));
}

// ILL-04
#[test]
fn a_list_that_is_to_be_signed_is_not_used_without_its_publishers_signature() {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    let key = Ed25519KeyPair::from_seed_unchecked(&[3; 32]).unwrap();
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    let mut school = School::new();
    school.source.signed_by = Some(hex(key.public_key().as_ref()));
    school.server.says("/list.txt", [ok(names(0..100))]);
    let words = |outcome: Outcome| match outcome {
        Outcome::Quarantined {
            reasons,
            kept: None,
            ..
        } => reasons.join("; "),
        other => panic!("{other:?}"),
    };
    assert_eq!(words(school.fetch()), "it is not signed");

    school.source.signature = Some(school.server.url("/list.sig"));
    school
        .server
        .says("/list.sig", [ok(hex(key.sign(b"other").as_ref()))]);
    school.clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(
        words(school.fetch()),
        "its signature is not that of its publisher"
    );

    let signature = key.sign(&names(0..100));
    school
        .server
        .says("/list.sig", [ok(hex(signature.as_ref()))]);
    school.clock.advance(Duration::from_secs(24 * 3600));
    assert!(matches!(
        school.fetch(),
        Outcome::Taken { entries: 100, .. }
    ));
}

// ILL-08
#[test]
fn a_list_of_the_floor_lies_on_the_disk_sealed_alone() {
    let mut school = School::new();
    school.withheld = true;
    school
        .server
        .says("/list.txt", [ok(names(0..100)).cut(50), ok(names(0..100))]);
    assert!(matches!(
        school.fetch(),
        Outcome::Taken { entries: 100, .. }
    ));
    assert_eq!(school.in_use(), names(0..100));
    // A version that is put aside is sealed like any other.
    school.clock.advance(Duration::from_secs(24 * 3600));
    school.server.says("/list.txt", [ok(names(90..100))]);
    assert!(matches!(school.fetch(), Outcome::Quarantined { .. }));
    let mut folders = vec![school.folder.path().to_owned()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
                continue;
            }
            files += 1;
            let bytes = std::fs::read(entry.path()).unwrap();
            for name in ["n95.test", "n1.test"] {
                let found = bytes
                    .windows(name.len())
                    .any(|part| part == name.as_bytes());
                assert!(!found, "{name} lies in {:?}", entry.path());
            }
        }
    }
    assert_eq!(files, 3, "two versions and their record");
    // Another installation can do nothing with the folder.
    let other = Store::new(&school.folder.path().join("fetched")).with_secret(&[8; 32]);
    let in_use = other.history("theirs").unwrap().in_use.unwrap();
    assert!(other.bytes("theirs", in_use).is_err());
}
