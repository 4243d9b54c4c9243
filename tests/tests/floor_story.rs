//! A list of illegal content closes for everybody, cannot be lifted, and leaves no word of itself
//! behind (ILL-03, ILL-04, ILL-08).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{
    Gateway, Installation, Publisher, Said, School, StubUpstream, Wiring, ask_dns, connect_from,
    gateway_command,
};
use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

/// Names that stand nowhere but on the list.
const ENTRIES: [&str; 3] = [
    "quenlorf-abyss.example",
    "trevandil-trench.example",
    "mosquaddle-pit.example",
];

/// A part of each entry, which is searched for.
const MARKS: [&str; 3] = ["quenlorf", "trevandil", "mosquaddle"];

/// An address of each zone of the example school, by its group.
const CLIENTS: [(&str, &str); 17] = [
    ("127.5.0.20", "foundation"),
    ("127.10.0.20", "ks1"),
    ("127.20.0.20", "ks2"),
    ("127.21.0.20", "ks2-y56"),
    ("127.30.0.20", "ks3"),
    ("127.40.0.20", "ks4"),
    ("127.50.0.20", "sixth"),
    ("127.60.0.20", "staff"),
    ("127.61.0.20", "office"),
    ("127.62.0.20", "supply"),
    ("127.63.0.20", "technician"),
    ("127.64.0.20", "class-display"),
    ("127.65.0.20", "staff"),
    ("127.70.0.20", "guest"),
    ("127.1.0.20", "servers"),
    ("127.80.0.20", "printers-and-things"),
    ("127.81.0.20", "phones"),
];

struct Story {
    installation: Installation,
    outside: tempfile::TempDir,
    upstream: StubUpstream,
    said: String,
}

impl Story {
    fn new() -> Self {
        let upstream = StubUpstream::start(Ipv4Addr::new(203, 0, 113, 7));
        let installation = Installation::new(&Wiring {
            upstream: Some(upstream.address()),
            ..Wiring::default()
        });
        let settings = installation.text("config/schoolgate.toml");
        let settings = settings + "[lists]\nautomatic = false\n";
        installation.write("config/schoolgate.toml", &settings);
        installation.write(
            "blocklists/sources.toml",
            "[[sources]]\nid = \"members\"\ntitle = \"A members' list\"\ndelivered = true\n\
             required = true\nformat = \"plain\"\ncategory = \"illegal-csam\"\n\
             licence = \"by contract\"\nthird_party = false\n",
        );
        Self {
            installation,
            outside: tempfile::tempdir().unwrap(),
            upstream,
            said: String::new(),
        }
    }

    /// Runs a command, and keeps what it says.
    fn command(&mut self, words: &[&str], folders: &[&str]) -> Said {
        let mut all: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        for folder in folders {
            all.extend(match *folder {
                "config" => self.installation.config(),
                _ => self.installation.state(),
            });
        }
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let said = gateway_command(&all);
        self.said += &format!("{}\n{}\n", said.out, said.err);
        said
    }

    fn take(&mut self, text: &str) -> Said {
        let path = self.outside.path().join("list");
        std::fs::write(&path, text).unwrap();
        let path = path.to_str().unwrap().to_owned();
        let said = self.command(&["lists", "take", "members", &path], &["config", "state"]);
        std::fs::remove_file(&path).unwrap();
        said
    }

    /// Closed for everybody, by name and through the proxy.
    fn is_closed(&self, gateway: &Gateway) {
        for (client, group) in CLIENTS {
            let client: IpAddr = client.parse().unwrap();
            for entry in ENTRIES {
                for name in [entry.to_owned(), format!("www.{entry}")] {
                    let answer = ask_dns(gateway.dns(), client, &name, 1);
                    assert_eq!((answer.rcode, group), (3, group), "an entry is open by DNS");
                }
            }
            let entry = ENTRIES[0];
            for head in [
                format!("CONNECT {entry}:443 HTTP/1.1\r\nHost: {entry}:443\r\n\r\n"),
                format!(
                    "GET http://{entry}/a HTTP/1.1\r\nHost: {entry}\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
                ),
            ] {
                let mut stream = connect_from(client, gateway.proxy());
                stream.write_all(head.as_bytes()).unwrap();
                let mut bytes = Vec::new();
                // The proxy may cut a refused client off; what came before counts.
                let _cut = stream.read_to_end(&mut bytes);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                assert!(
                    !text.starts_with("HTTP/1.1 200"),
                    "an entry is open for {group}"
                );
                assert!(
                    !text.contains(MARKS[0]),
                    "the page for {group} shows the entry"
                );
            }
        }
    }
}

#[test]
fn a_list_of_the_floor_closes_for_all_and_leaves_no_word_behind() {
    let mut story = Story::new();
    let text = ENTRIES.map(|entry| format!("{entry}\n")).concat();
    let filler: String = (0..40)
        .map(|n| format!("mosquaddle-{n}.example\n"))
        .collect();

    // ILL-04: required and missing, empty, or shrunken: no start, or the last good one.
    let refused = Gateway::run_to_its_end(&story.installation);
    assert_ne!(refused.code, Some(0));
    assert!(
        refused
            .err
            .contains("list `members` is in use and was never handed over"),
        "{}",
        refused.err
    );
    assert_eq!(story.take("").code, Some(1));
    let still = Gateway::run_to_its_end(&story.installation);
    assert_ne!(still.code, Some(0), "an empty list does not pass for one");
    let taken = story.take(&(text.clone() + &filler));
    assert_eq!(taken.code, Some(0), "{}{}", taken.out, taken.err);

    let gateway = Gateway::start(&story.installation);
    // ILL-08: before anybody asks for one, not even the memory of the gateway holds an entry: the
    // list was compiled by a process that is gone.
    let [members, marks @ ..] = gateway.remembered(["members", MARKS[0], MARKS[1], MARKS[2]]);
    assert!(members > 0);
    assert_eq!(marks, [0; 3], "an entry stands in the memory");
    story.is_closed(&gateway);
    for bad in [
        "",
        "mosquaddle-0.example\n",
        "<html>mosquaddle</html>",
        &format!("{text}{filler}gov.uk\n"),
    ] {
        let said = story.take(bad);
        assert_eq!(said.code, Some(1), "{}", said.err);
        assert!(
            said.err.contains("the last good version stays"),
            "{}",
            said.err
        );
    }
    story.is_closed(&gateway);

    // ILL-08: no crash writes the memory down, in which an opened list stands; nor does any file
    // that the process has mapped hold a word of it.
    let limits = gateway.process("limits");
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let core: Vec<&str> = core.unwrap().split_whitespace().collect();
    assert_eq!(core[4..6], ["1", "1"], "{core:?}");
    let mapped = gateway.process("maps");
    let mapped: BTreeSet<&str> = mapped
        .lines()
        .filter_map(|line| line.find('/').map(|at| &line[at..]))
        .collect();
    let bytes: Vec<Vec<u8>> = mapped
        .iter()
        .filter_map(|path| std::fs::read(path).ok())
        .collect();
    assert!(
        mapped.iter().any(|path| path.ends_with(".artefact")),
        "{mapped:?}"
    );
    for mark in MARKS {
        for bytes in &bytes {
            assert!(!holds(bytes, mark), "an entry lies in a mapped file");
        }
    }

    // A list that lies open is refused before anything keeps a copy of it.
    let sources = story.installation.text("blocklists/sources.toml");
    let open = "[[sources]]\nid = \"open\"\ntitle = \"In the open\"\nfile = \"open.txt\"\n\
                format = \"plain\"\ncategory = \"illegal-csam\"\nlicence = \"by contract\"\n";
    story.installation.write("blocklists/open.txt", &text);
    story
        .installation
        .write("blocklists/sources.toml", &format!("{sources}{open}"));
    let checked = story.command(&["check"], &["config", "state"]);
    assert_eq!(checked.code, Some(1), "{}", checked.out);
    assert!(
        checked.err.contains("lies open in a file"),
        "{}",
        checked.err
    );
    let from = gateway.said();
    gateway.reload();
    gateway.wait_for(from, "lies open in a file");
    std::fs::remove_file(story.installation.path("blocklists/open.txt")).unwrap();
    story
        .installation
        .write("blocklists/sources.toml", &sources);
    gateway.reload();
    story.is_closed(&gateway);

    // ILL-03: no word of a group lifts it; the files are refused, and what is in force stays.
    let group = "config/groups/staff.toml";
    let whole = story.installation.text(group);
    for word in ["allow", "monitor", "warn", "permission"] {
        let lifted = format!("[access]\nillegal-csam = \"{word}\"\n");
        story
            .installation
            .write(group, &whole.replacen("[access]\n", &lifted, 1));
        let checked = story.command(&["check"], &["config", "state"]);
        assert_eq!(checked.code, Some(1), "`{word}` was taken: {}", checked.out);
    }
    let rule = "\n[[rule]]\nname = \"Lift\"\nsites = [\"*.example\"]\naction = \"allow\"\nreason = \"no\"\n";
    story.installation.write(group, &format!("{whole}{rule}"));
    let _checked = story.command(&["check"], &["config", "state"]);
    story.installation.write(group, &whole);
    gateway.reload();
    story.is_closed(&gateway);

    // A new version, a start after a power cut.
    let taken = story.take(&(text.clone() + &filler + "mosquaddle-more.example\n"));
    assert_eq!(taken.code, Some(0), "{}{}", taken.out, taken.err);
    story.said += &gateway.log();
    gateway.kill();
    let gateway = Gateway::start(&story.installation);
    story.is_closed(&gateway);

    // Whatever can be asked.
    for words in [
        &["lists", "show"][..],
        &["lists", "show", "--json"],
        &["lists", "show", "members"],
        &["lists", "diff", "members"],
        &["lists", "compile"],
        &["lists", "compile", "--json"],
        &["check", "--json"],
    ] {
        story.command(words, &["config", "state"]);
    }
    let export = story.installation.path("export.log");
    let export = export.to_str().unwrap().to_owned();
    for words in [
        &["status"][..],
        &["status", "--json"],
        &["audit", "list", "--json"],
        &["audit", "search", "--json", "--limit", "100000"],
        &["audit", "export", &export],
        &["policy", "show", "--json"],
    ] {
        story.command(words, &["state"]);
    }
    story.said += &gateway.log();
    assert_eq!(gateway.stop(), Some(0));
    story.said += &schools_debug(&text);

    let status = story.command(&["status", "--json"], &["state"]);
    assert!(
        status
            .out
            .contains("\"illegal_content_lists\":[\"members\"]"),
        "{}",
        status.out
    );
    let rows = story.command(
        &["audit", "search", "--json", "--limit", "100000"],
        &["state"],
    );
    assert!(
        rows.out.contains("withheld.invalid"),
        "the visits are on record"
    );
    let mut found = 0;
    for mark in MARKS {
        assert!(!story.said.contains(mark), "an entry is in what was said");
        found += occurrences(&story.installation.path(""), mark);
    }
    assert_eq!(found, 0, "an entry lies on the disk");
    assert!(story.upstream.address().port() > 0 && Publisher::start().url("/").len() > 8);
}

/// The debug form of all that holds a list.
fn schools_debug(text: &str) -> String {
    let mut school = School::example();
    school.append(
        "blocklists/sources.toml",
        "[[sources]]\nid = \"members\"\ntitle = \"A members' list\"\ndelivered = true\n\
         format = \"plain\"\ncategory = \"illegal-csam\"\nlicence = \"by contract\"\n",
    );
    school.put("blocklists/fetched/members", text);
    let state = school.state();
    let mut buffer = model::HostBuffer::new();
    let target = model::Target::parse(ENTRIES[0], &mut buffer).unwrap();
    format!(
        "{state:?} {:?} {:?}",
        state.artefact(),
        state.artefact().why_target(&target)
    )
}

fn occurrences(folder: &Path, mark: &str) -> usize {
    let mut found = 0;
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found += occurrences(&path, mark);
        } else if let Ok(bytes) = std::fs::read(&path) {
            let held = holds(&bytes, mark);
            assert!(!held, "an entry lies in {}", path.display());
            found += usize::from(held);
        }
    }
    found
}

/// Whether bytes hold a part of an entry, in any case.
fn holds(bytes: &[u8], mark: &str) -> bool {
    let mut parts = bytes.windows(mark.len());
    parts.any(|part| part.eq_ignore_ascii_case(mark.as_bytes()))
}
