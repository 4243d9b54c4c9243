//! What a technician sees who asks the running gateway with `dig`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{Gateway, Installation, StubUpstream, Wiring, program};
use std::net::Ipv4Addr;

const KS2: &str = "127.20.0.20";
const STAFF: &str = "127.60.0.20";

const STRANGER: &str = "127.250.0.9";
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);

struct Story {
    gateway: Gateway,
    upstream: StubUpstream,
    _installation: Installation,
}

fn story() -> Story {
    let upstream = StubUpstream::start(ELSEWHERE);
    let wiring = Wiring {
        upstream: Some(upstream.address()),
        ..Wiring::default()
    };
    let installation = Installation::new(&wiring);
    Story {
        gateway: Gateway::start(&installation),
        upstream,
        _installation: installation,
    }
}

impl Story {
    fn dig(&self, source: &str, words: &[&str]) -> String {
        let port = self.gateway.dns().port().to_string();
        let mut all = vec![
            "@127.0.0.1",
            "-p",
            &port,
            "-b",
            source,
            "+tries=1",
            "+time=20",
        ];
        all.extend_from_slice(words);
        program("dig", &all).done()
    }
}

#[test]
fn dig_shows_the_policy_of_the_one_who_asks() {
    let story = story();

    // CAT-02: closed, with the reason as an Extended DNS Error, and nobody upstream was asked.
    let closed = story.dig(KS2, &["pornhub.com", "A"]);
    assert!(closed.contains("status: NXDOMAIN"), "{closed}");
    assert!(
        closed.contains("EDE: 15 (Blocked)") || closed.contains("EDE: 17 (Filtered)"),
        "{closed}"
    );
    assert!(closed.contains("adult"), "{closed}");
    assert_eq!(story.upstream.asked(), 0);

    // AGE-02: one name, two groups, two answers.
    let pupil = story.dig(KS2, &["www.theguardian.com", "A"]);
    assert!(
        pupil.contains("status: NXDOMAIN") && pupil.contains("news"),
        "{pupil}"
    );
    let staff = story.dig(STAFF, &["www.theguardian.com", "A"]);
    assert!(
        staff.contains("status: NOERROR") && staff.contains("203.0.113.7"),
        "{staff}"
    );

    // The same by TCP.
    let tcp = story.dig(KS2, &["+tcp", "pornhub.com", "A"]);
    assert!(tcp.contains("status: NXDOMAIN"), "{tcp}");

    // A client outside every zone gets nothing at all.
    let stranger = story.dig(STRANGER, &["www.bbc.co.uk", "A"]);
    assert!(stranger.contains("status: REFUSED"), "{stranger}");
}

// SAF-01, SAF-09: one resolver, several groups, several answers.
#[test]
fn search_engines_are_held_to_the_safe_mode_of_the_group() {
    let story = story();
    for kind in ["A", "AAAA", "HTTPS"] {
        let pupil = story.dig(KS2, &["www.google.com", kind]);
        assert!(
            pupil.contains("forcesafesearch.google.com"),
            "{kind}: {pupil}"
        );
    }
    let staff = story.dig(STAFF, &["www.google.com", "A"]);
    assert!(!staff.contains("forcesafesearch"), "{staff}");
    assert!(staff.contains("203.0.113.7"), "{staff}");

    let staff = story.dig(STAFF, &["youtubei.googleapis.com", "A"]);
    assert!(!staff.contains("restrict"), "{staff}");
}

#[test]
fn nothing_helps_a_browser_past_the_filter() {
    let story = story();

    // CIR-10, CIR-13: no encrypted ClientHello and no HTTP/3 where the group is filtered.
    let offered = story.dig(KS2, &["www.bbc.co.uk", "HTTPS"]);
    assert!(
        offered.contains("status: NOERROR") && offered.contains("alpn="),
        "{offered}"
    );
    assert!(
        !offered.contains("ech=") && !offered.contains("h3"),
        "{offered}"
    );

    // The name by which browsers ask whether they may resolve elsewhere.
    let canary = story.dig(KS2, &["use-application-dns.net", "A"]);
    assert!(canary.contains("status: NXDOMAIN"), "{canary}");
}
