//! A list is fetched and comes into force; its publisher turns bad in each way, and nothing opens
//! or closes that should not (OPS-06, CHG-22, ILL-04).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{
    Gateway, Installation, Page, Publisher, Said, StubUpstream, Wiring, ask_dns, gateway_command,
};
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

/// A school that subscribes to a list of a publisher on this machine.
struct Story {
    installation: Installation,
    publisher: Publisher,
    upstream: StubUpstream,
}

impl Story {
    fn new() -> Self {
        let upstream = StubUpstream::start(Ipv4Addr::new(203, 0, 113, 7));
        let installation = Installation::new(&Wiring {
            upstream: Some(upstream.address()),
            ..Wiring::default()
        });
        let publisher = Publisher::start();
        let settings = installation.text("config/schoolgate.toml");
        let lists = format!(
            "[lists]\nautomatic = false\nextra_roots = [\"\"\"\n{}\"\"\"]\n",
            publisher.root()
        );
        installation.write("config/schoolgate.toml", &(settings + &lists));
        let source = format!(
            "[[sources]]\nid = \"bets\"\ntitle = \"Betting shops\"\nurl = \"{}\"\n\
             digests = \"{}\"\nformat = \"wildcard\"\ncategory = \"gambling\"\nlicence = \"CC0\"\n",
            publisher.url("/bets.txt"),
            publisher.url("/SUMS"),
        );
        installation.write("blocklists/sources.toml", &source);
        Self {
            installation,
            publisher,
            upstream,
        }
    }

    /// The publisher has this list now, and tells its digest.
    fn publishes(&self, list: &[u8]) {
        self.publisher.says("/bets.txt", Page::File(list.to_vec()));
        self.tells_digest_of(list);
    }

    fn tells_digest_of(&self, list: &[u8]) {
        let sums = format!("{}  bets.txt\n", model::Digest::of(list));
        self.publisher.says("/SUMS", Page::File(sums.into_bytes()));
    }

    fn command(&self, words: &[&str]) -> Said {
        let config = self.installation.config();
        let state = self.installation.state();
        let mut all = words.to_vec();
        all.extend(config.iter().map(String::as_str));
        all.extend(state.iter().map(String::as_str));
        gateway_command(&all)
    }

    fn fetch(&self) -> Said {
        self.command(&["lists", "fetch"])
    }

    /// What DNS says and `lists why` knows of some names, for staff, whose web is open unless a
    /// list closes it.
    fn verdicts(&self, gateway: &Gateway) -> String {
        let staff: IpAddr = "127.60.0.20".parse().unwrap();
        let mut text = String::new();
        for name in [
            "shop1.bets.example",
            "www.shop99.bets.example",
            "shop950.bets.example",
            "www.gov.uk",
            "allotment-society.example",
        ] {
            let rcode = ask_dns(gateway.dns(), staff, name, 1).rcode;
            let why = self.command(&["lists", "why", name]).done();
            writeln!(text, "{name}: {rcode} {why}").unwrap();
        }
        text
    }
}

fn shops(range: std::ops::Range<usize>) -> Vec<u8> {
    let lines: Vec<String> = range.map(|n| format!("*.shop{n}.bets.example\n")).collect();
    lines.concat().into_bytes()
}

#[test]
fn a_publisher_that_turns_bad_changes_no_verdict() {
    let story = Story::new();
    // In use and never fetched: the gateway starts, and says so.
    let checked = story.command(&["check"]);
    assert_eq!(checked.code, Some(0), "{}{}", checked.out, checked.err);
    assert!(
        checked
            .err
            .contains("list `bets` is in use and was never fetched"),
        "{}",
        checked.err
    );
    let gateway = Gateway::start(&story.installation);
    let before = story.verdicts(&gateway);

    let good = shops(0..100);
    story.publishes(&good);
    let fetched = story.fetch();
    assert_eq!(fetched.code, Some(0), "{}{}", fetched.out, fetched.err);
    assert!(
        fetched.err.contains("100 entries, 100 new, 0 gone"),
        "{}",
        fetched.err
    );
    assert!(
        fetched.out.contains("in force with entry"),
        "{}",
        fetched.out
    );
    let held = story.verdicts(&gateway);
    assert_ne!(held, before, "the list closes its shops");
    assert!(held.contains("gambling by list bets"), "{held}");

    // Each way of turning bad: one clear line, exit code 1, and the same verdicts as before.
    let mut poisoned = good.clone();
    poisoned.extend_from_slice(b"*.gov.uk\n");
    let page = b"<!doctype html><title>Please sign in</title>".to_vec();
    let (many, other) = (shops(0..1000), shops(0..99));
    let ways: [(&str, Page, Option<&[u8]>, &str); 7] = [
        (
            "cut off",
            Page::CutOff(shops(0..120)),
            None,
            "was cut off after",
        ),
        (
            "empty",
            Page::File(Vec::new()),
            Some(b""),
            "it has no entry",
        ),
        (
            "ten times as big",
            Page::File(shops(0..1000)),
            Some(&many),
            "it grew from 100 entries to 1000",
        ),
        (
            "another digest",
            Page::File(shops(0..101)),
            Some(&other),
            "its digest is not the one that its publisher tells",
        ),
        (
            "a redirect loop",
            Page::Moved("/bets.txt".to_owned()),
            None,
            "redirects without end",
        ),
        (
            "a page",
            Page::File(page.clone()),
            Some(&page),
            "it is a web page, not a list",
        ),
        (
            "names gov.uk",
            Page::File(poisoned.clone()),
            Some(&poisoned),
            "it would close `gov.uk`, which is protected",
        ),
    ];
    for (way, page, digest, words) in ways {
        story.publisher.says("/bets.txt", page);
        story.tells_digest_of(digest.unwrap_or(&good));
        let said = story.fetch();
        assert_eq!(said.code, Some(1), "{way}: {}{}", said.out, said.err);
        assert!(said.err.contains(words), "{way}: {}", said.err);
        assert!(
            said.err.contains("the last good version stays"),
            "{way}: {}",
            said.err
        );
        assert_eq!(story.verdicts(&gateway), held, "{way}");
    }

    // It is written down, told, and seen; a good version ends it.
    let [flag, state] = story.installation.state();
    let log = gateway_command(&["audit", "list", &flag, &state, "--json"]).done();
    assert_eq!(log.matches("list `bets` was put aside").count(), 5, "{log}");
    let status = gateway_command(&["status", &flag, &state]).done();
    assert!(status.contains("LIST `bets` was put aside"), "{status}");
    story.publishes(&shops(0..105));
    assert_eq!(story.fetch().code, Some(0));
    let status = gateway_command(&["status", &flag, &state]).done();
    assert!(status.contains("list `bets`: 105 entries"), "{status}");
    let shown = story.command(&["lists", "show", "bets"]).done();
    assert!(
        shown.contains("in use") && shown.contains("put aside"),
        "{shown}"
    );
    let diff = story.command(&["lists", "diff", "bets"]).done();
    assert!(diff.starts_with("5 new, 0 gone"), "{diff}");

    // What came decides after a restart too, without the publisher.
    let held = story.verdicts(&gateway);
    assert_eq!(gateway.stop(), Some(0));
    let gateway = Gateway::start(&story.installation);
    assert_eq!(story.verdicts(&gateway), held);
    assert!(story.upstream.address().port() > 0);
}

#[test]
fn lists_are_fetched_without_a_gateway_and_decide_from_its_start_on() {
    let story = Story::new();
    story.publishes(&shops(0..100));
    let fetched = story.command(&["lists", "fetch", "--json"]);
    assert_eq!(fetched.code, Some(0), "{}{}", fetched.out, fetched.err);
    let line: serde_json::Value = serde_json::from_str(fetched.out.trim()).unwrap();
    assert_eq!(
        (&line["list"], &line["what"]),
        (&"bets".into(), &"taken".into())
    );
    let why = story
        .command(&["lists", "why", "www.shop7.bets.example"])
        .done();
    assert!(why.contains("gambling by list bets"), "{why}");
    let gateway = Gateway::start(&story.installation);
    let staff: IpAddr = "127.60.0.20".parse().unwrap();
    let open = ask_dns(gateway.dns(), staff, "allotment-society.example", 1).rcode;
    let closed = ask_dns(gateway.dns(), staff, "www.shop7.bets.example", 1).rcode;
    assert_eq!((open, closed), (0, 3));
    let unknown = story.command(&["lists", "fetch", "nobody"]);
    assert_eq!(unknown.code, Some(1), "{}", unknown.err);
    assert!(
        unknown.err.contains("`nobody` is no fetched list"),
        "{}",
        unknown.err
    );
    let notice = gateway_command(
        &[
            &["lists", "show", "--notice"][..],
            &story.installation.config().each_ref().map(String::as_str),
        ]
        .concat(),
    )
    .done();
    assert!(notice.contains("Betting shops\n  licence: CC0"), "{notice}");
}
