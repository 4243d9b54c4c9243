//! Each format covers what it means, and nothing that a bad line says.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use lists::{Covers, Entry, Format, Parsed, Reason, Rules, Suffixes, parse};
use matcher::Coverage;
use proptest::prelude::*;

fn read(text: &[u8], rules: &Rules) -> (Vec<String>, Parsed) {
    let mut entries = Vec::new();
    let parsed = parse(text, rules, |entry| {
        entries.push(match entry {
            Entry::Name {
                name,
                coverage: Coverage::Name,
            } => format!("={name}"),
            Entry::Name {
                name,
                coverage: Coverage::NameAndBelow,
            } => name.to_string(),
            Entry::Name {
                name,
                coverage: Coverage::Below,
            } => format!("*.{name}"),
            Entry::Name {
                name,
                coverage: Coverage::NameAndBeyond,
            } => format!("{name}+"),
            Entry::Address(address) => format!("@{address}"),
        });
    });
    assert_eq!(parsed.names + parsed.addresses, entries.len());
    (entries, parsed)
}

fn entries(format: Format, text: &str) -> Vec<String> {
    read(text.as_bytes(), &Rules::third_party(format)).0
}

fn reasons(format: Format, text: &str) -> Vec<(usize, Reason)> {
    let (_, parsed) = read(text.as_bytes(), &Rules::third_party(format));
    parsed
        .refused
        .first
        .iter()
        .map(|line| (line.line, line.reason))
        .collect()
}

#[test]
fn a_plain_name_covers_itself_and_all_below() {
    let text =
        "# comment\n! another\n; a third\n\ngames.test\n=only.test\n.dotted.test\nb.test # why\n";
    assert_eq!(
        entries(Format::Plain, text),
        ["games.test", "=only.test", "dotted.test", "b.test"]
    );
}

#[test]
fn a_source_may_say_what_its_plain_names_cover() {
    for (covers, expected) in [
        (Covers::Name, "=a.test"),
        (Covers::NameAndBelow, "a.test"),
        (Covers::Below, "*.a.test"),
    ] {
        let rules = Rules {
            covers: Some(covers),
            ..Rules::third_party(Format::Plain)
        };
        assert_eq!(read(b"a.test", &rules).0, [expected]);
    }
}

#[test]
fn a_wildcard_covers_the_name_and_all_below() {
    assert_eq!(
        entries(Format::Wildcard, "*.a.test\nb.test\n.c.test"),
        ["a.test", "b.test", "c.test"]
    );
    assert_eq!(
        reasons(Format::Wildcard, "a*.test\n||a.test^\n*"),
        [
            (1, Reason::OtherFormat),
            (2, Reason::OtherFormat),
            (3, Reason::OtherFormat)
        ]
    );
}

#[test]
fn a_hosts_line_covers_exactly_its_names() {
    let text = "127.0.0.1 localhost\n::1 localhost ip6-loopback\nfe80::1%lo0 localhost\n\
                255.255.255.255 broadcasthost\n0.0.0.0 0.0.0.0\n\
                0.0.0.0 a.test\tb.test   c.test # three\n:: d.test\n192.0.2.1 e.test\nf.test\n";
    assert_eq!(
        entries(Format::Hosts, text),
        ["=a.test", "=b.test", "=c.test", "=d.test"]
    );
    assert_eq!(
        reasons(Format::Hosts, text),
        [(8, Reason::Rewrite), (9, Reason::OtherFormat)]
    );
}

#[test]
fn addresses_become_address_entries_and_special_ones_are_refused() {
    let text = "203.0.113.9\n0xcb007109\n2001:db8::9\n127.0.0.1\n10.1.2.3\n169.254.1.1\n::1\nfd00::1\n1.2.3.4.5\n192.0.2.0/24\n";
    assert_eq!(
        entries(Format::Plain, text),
        ["@203.0.113.9", "@203.0.113.9", "@2001:db8::9"]
    );
    let (_, parsed) = read(text.as_bytes(), &Rules::third_party(Format::Plain));
    assert_eq!(parsed.refused.counts[&Reason::SpecialAddress], 5);
    assert_eq!(parsed.refused.counts[&Reason::Address], 1);
    assert_eq!(parsed.refused.counts[&Reason::OtherFormat], 1);
}

#[test]
fn public_suffixes_are_refused_unless_the_list_may_hold_them() {
    let text = b"co.uk\ngithub.io\nactor\npupil.github.io\n";
    let with = |suffixes| {
        let rules = Rules {
            suffixes,
            ..Rules::third_party(Format::Plain)
        };
        read(text, &rules).0
    };
    assert_eq!(with(Suffixes::Refuse), ["pupil.github.io"]);
    assert_eq!(
        with(Suffixes::TakePrivate),
        ["github.io+", "pupil.github.io"]
    );
    assert_eq!(
        with(Suffixes::TakePrivateAlone),
        ["github.io", "pupil.github.io"]
    );
    assert_eq!(
        with(Suffixes::Take),
        ["co.uk", "github.io", "actor", "pupil.github.io"]
    );
    assert_eq!(
        reasons(Format::Plain, "co.uk\ngithub.io\nactor\n"),
        [
            (1, Reason::PublicSuffix),
            (2, Reason::PublicSuffix),
            (3, Reason::SingleLabel)
        ]
    );
}

#[test]
fn every_encoding_and_line_end_is_read() {
    let text = b"\xef\xbb\xbfa.test\r\nB\xfccher.example\r\nb\xc3\xbccher.test\r\nlast.test";
    let (names, parsed) = read(text, &Rules::third_party(Format::Plain));
    assert_eq!(
        names,
        [
            "a.test",
            "xn--bcher-kva.example",
            "xn--bcher-kva.test",
            "last.test"
        ]
    );
    assert_eq!((parsed.lines, parsed.refused.total()), (4, 0));
}

#[test]
fn bad_lines_are_counted_and_the_first_are_kept() {
    let mut text = "https://a.test/b\na b.test\nx..test\n".to_owned();
    for number in 0..20 {
        text += &format!("under*{number}.test\n");
    }
    text += &"a".repeat(5000);
    let (names, parsed) = read(text.as_bytes(), &Rules::third_party(Format::Plain));
    assert!(names.is_empty());
    assert_eq!(parsed.refused.total(), 24);
    assert_eq!(parsed.refused.counts[&Reason::OtherFormat], 22);
    assert_eq!(parsed.refused.counts[&Reason::Length], 2);
    let kept = parsed
        .refused
        .first
        .iter()
        .filter(|line| line.reason == Reason::OtherFormat);
    assert_eq!(kept.count(), 5);
    assert_eq!(
        parsed.refused.first[0].text.as_deref(),
        Some("https://a.test/b")
    );
}

// ILL-08
#[test]
fn refused_lines_of_a_floor_list_are_not_kept() {
    let rules = Rules {
        withheld: true,
        ..Rules::third_party(Format::Plain)
    };
    let (_, parsed) = read(b"https://forbidden.test/page\n", &rules);
    assert!(!format!("{parsed:?}").contains("forbidden"));
}

proptest! {
    #[test]
    fn no_bytes_make_reading_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        format in prop::sample::select(vec![Format::Plain, Format::Wildcard, Format::Hosts]),
    ) {
        let (_, parsed) = read(&bytes, &Rules::third_party(format));
        prop_assert!(parsed.lines <= bytes.len() + 1);
    }

    #[test]
    fn what_is_read_is_canonical(text in "[A-Za-z0-9.=*# _\u{e4}-]{0,80}") {
        for entry in entries(Format::Plain, &text) {
            let name = entry.trim_start_matches(['=', '@']);
            let again = entries(Format::Plain, name);
            prop_assert_eq!(again.len(), 1, "{}", entry);
        }
    }
}

#[test]
fn a_line_that_takes_back_two_names_is_counted_once() {
    let list = b"address=/games.test/\nserver=/maths.games.test/chess.games.test/#\n";
    let (_, parsed) = read(list, &Rules::third_party(Format::Dnsmasq));
    assert!(parsed.adds_up(), "{parsed:?}");
    assert_eq!(parsed.refused_lines, 1, "{parsed:?}");
    assert_eq!(parsed.taken_back, 0, "{parsed:?}");
}
