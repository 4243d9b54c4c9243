//! Each format says what it means: names, networks, URLs, patterns, phrases, and what it takes back.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use lists::{
    Covers, DigestKind, DigestList, DigestSalt, Entry, Format, Import, Item, Parsed, PhraseEffect,
    Reason, Rules, SaltedDigest, Suffixes,
};
use matcher::Coverage;
use model::{Host, HostBuffer};
use proptest::prelude::*;

fn written(item: &Item<'_>) -> String {
    let covered = |name: &str, coverage| match coverage {
        Coverage::Name => format!("={name}"),
        Coverage::NameAndBelow => name.to_owned(),
        Coverage::Below => format!("*.{name}"),
        Coverage::NameAndBeyond => format!("{name}+"),
    };
    match item {
        Item::Entry(Entry::Name { name, coverage }) => covered(name.as_str(), *coverage),
        Item::Entry(Entry::Address(address)) => format!("@{address}"),
        Item::Network(network) => format!("@{network}"),
        Item::Url(url) => format!(
            "url {}{}",
            covered(&url.host.to_string(), url.coverage),
            url.path
        ),
        Item::Pattern(pattern) => {
            format!("{:?} {:?} {}", pattern.kind, pattern.scope, pattern.text).to_lowercase()
        }
        Item::Phrase(phrase) => {
            let parts = phrase.parts.iter().map(|part| {
                let edge = |is| if is { "_" } else { "" };
                format!(
                    "{}{}{}",
                    edge(part.begins_word),
                    part.text,
                    edge(part.ends_word)
                )
            });
            format!(
                "{} {:?}",
                parts.collect::<Vec<_>>().join("+"),
                phrase.effect
            )
        }
        Item::Digest(digest, _) => digest.line(),
    }
}

fn read_with(import: &Import<'_>, files: &[(&str, &[u8])]) -> (Vec<String>, Parsed) {
    let mut items = Vec::new();
    let parsed = import.read_files(files, &mut |item| {
        items.push(written(&item));
        None
    });
    let parsed = parsed.unwrap();
    assert!(parsed.adds_up(), "{parsed:?}");
    assert_eq!(parsed.entries(), items.len());
    (items, parsed)
}

fn read(format: Format, text: &str) -> (Vec<String>, Parsed) {
    read_with(
        &Import::new(Rules::third_party(format)),
        &[("", text.as_bytes())],
    )
}

fn items(format: Format, text: &str) -> Vec<String> {
    read(format, text).0
}

fn reasons(format: Format, text: &str) -> Vec<Reason> {
    let (_, parsed) = read(format, text);
    parsed
        .refused
        .first
        .iter()
        .map(|line| line.reason)
        .collect()
}

#[test]
fn rules_for_names_close_names() {
    let text = "[Adblock Plus]\n! Title: x\n||a.test^\n||*.b.test^\n|c.test^\nd.test\n\
                0.0.0.0 e.test\n||f.test^$important\n||g.test^$dnsrewrite=NXDOMAIN;;\n\
                ||h.test^$all\n||203.0.113.7^\n203.0.113.8\n/^(.*\\.)?i\\.test$/\n||j.test\n";
    let (items, parsed) = read(Format::Adblock, text);
    assert_eq!(
        items,
        [
            "a.test",
            "*.b.test",
            "=c.test",
            "=d.test",
            "=e.test",
            "f.test",
            "g.test",
            "h.test",
            "@203.0.113.7",
            "@203.0.113.8",
            "i.test",
            "j.test"
        ]
    );
    assert_eq!(
        (parsed.comments, parsed.settings, parsed.refused.total()),
        (1, 1, 0)
    );
}

#[test]
fn rules_for_urls_are_kept_apart_from_those_for_hosts() {
    let text = "||a.test/path/x\n|https://b.test/y?z\n||c.test^*/ads\n/banner/*/img\n&ad_box_\n\
                /^https?:\\/\\/[a-z]{8,}\\.test\\//\n||d.test:8080/x\n|*f4ce*^\n|https://e.test/\n";
    assert_eq!(
        items(Format::Adblock, text),
        [
            "url a.test/path/x",
            "url =b.test/y?z",
            "glob url ||c.test^*/ads",
            "glob url /banner/*/img",
            "glob url &ad_box_",
            "expression url ^https?:\\/\\/[a-z]{8,}\\.test\\/",
            "url d.test/x",
            "word host f4ce",
            "=e.test"
        ]
    );
}

#[test]
fn what_holds_for_some_pages_only_is_counted_by_its_reason() {
    let text = "a.test##.banner\n###box\n#### Title ####\na.test#@#x\na.test#?#x\na.test$$script\n||b.test^$third-party\n\
                ||c.test^$domain=d.test\n||e.test^$dnstype=AAAA\n||f.test^$denyallow=g.f.test\n\
                ||h.test^$dnsrewrite=192.0.2.1\n||i.test^$client=x\n||j.test^$newoption\n\
                /(?=x)y/\n||co.uk^\n@@||k.test/path\n";
    assert_eq!(
        reasons(Format::Adblock, text),
        [
            Reason::Cosmetic,
            Reason::Cosmetic,
            Reason::Cosmetic,
            Reason::Cosmetic,
            Reason::Cosmetic,
            Reason::Context,
            Reason::Context,
            Reason::NotEnforcedKind,
            Reason::NotEnforcedLift,
            Reason::Rewrite,
            Reason::Context,
            Reason::Option,
            Reason::Pattern,
            Reason::PublicSuffix,
            Reason::NotEnforcedLift
        ]
    );
}

#[test]
fn a_list_takes_back_its_own_entries_wherever_they_stand() {
    let text = "@@||b.test^\n||a.test^\n||b.test^\n||www.b.test^\n||c.test^$important\n@@||c.test^\n\
                ||d.test^\n||d.test^$badfilter\n||e.test^\n@@||good.e.test^\n@@|f.test^\n||f.test^\n";
    let (items, parsed) = read(Format::Adblock, text);
    assert_eq!(items, ["a.test", "c.test", "e.test", "f.test"]);
    assert_eq!(parsed.refused.counts[&Reason::Lifted], 2);
    assert_eq!(parsed.refused.counts[&Reason::Cancelled], 1);
    // What opens below a name that the list closes, and a part of what it closes.
    assert_eq!(parsed.refused.counts[&Reason::NotEnforcedLift], 2);
    assert_eq!(parsed.taken_back, 3);
}

#[test]
fn a_zone_closes_names_apexes_and_addresses() {
    let text = "$TTL 300\n@ SOA localhost. root.localhost. (\n 1 2\n 3 4 5 )\n NS localhost.\n\
                a.test CNAME .\n*.a.test 300 IN CNAME *.\nb.test CNAME rpz-drop.\n\
                c.test A 0.0.0.0\nd.test A 192.0.2.1\nok.test CNAME rpz-passthru.\nok.test CNAME .\n\
                24.0.113.0.203.rpz-ip CNAME .\n32.9.113.0.203.rpz-ip CNAME .\n1.117.227.101.rpz-ip CNAME .\n\
                48.zz.8.db8.2a00.rpz-ip CNAME .\nns.x.test.rpz-nsdname CNAME .\n";
    let (items, parsed) = read(Format::Rpz, text);
    assert_eq!(
        items,
        [
            "=a.test",
            "*.a.test",
            "=b.test",
            "=c.test",
            "@203.0.113.0/24",
            "@203.0.113.9",
            "@1.117.227.101",
            "@2a00:db8:8::/48"
        ]
    );
    assert_eq!((parsed.settings, parsed.mended), (5, 1));
    assert_eq!(parsed.refused.counts[&Reason::Rewrite], 1);
    assert_eq!(parsed.refused.counts[&Reason::Lifted], 1);
    assert_eq!(parsed.refused.counts[&Reason::NotEnforcedKind], 1);
    let absolute = "$ORIGIN rpz.test.\na.example.rpz.test. CNAME .\n*.b.example CNAME .\n";
    assert_eq!(
        items_of(Format::Rpz, absolute),
        ["=a.example", "*.b.example"]
    );
}

fn items_of(format: Format, text: &str) -> Vec<String> {
    items(format, text)
}

#[test]
fn lines_of_dns_servers_cover_the_name_and_all_below() {
    let text = "# x\nlocal=/a.test/\naddress=/b.test/c.test/#\nserver=/d.test/\n\
                address=/e.test/0.0.0.0\naddress=/f.test/192.0.2.1\nserver=/g.test/192.0.2.1\n\
                server=/ok.d.test/#\nbogus-nxdomain=203.0.113.7\ncache-size=10\n";
    let (items, parsed) = read(Format::Dnsmasq, text);
    assert_eq!(
        items,
        [
            "a.test",
            "b.test",
            "c.test",
            "d.test",
            "e.test",
            "@203.0.113.7"
        ]
    );
    assert_eq!(parsed.refused.counts[&Reason::Rewrite], 2);
    assert_eq!(parsed.refused.counts[&Reason::NotEnforcedLift], 1);
    assert_eq!(parsed.refused.counts[&Reason::OtherFormat], 1);

    let text = "server:\nlocal-zone: \"a.test.\" always_null\nlocal-zone: \"b.test\" transparent\n\
                local-zone: \"www.b.test\" always_nxdomain\nlocal-data: \"c.test A 0.0.0.0\"\n\
                local-data: \"d.test. 60 IN A 192.0.2.1\"\n";
    let (items, parsed) = read(Format::Unbound, text);
    assert_eq!(items, ["a.test", "=c.test"]);
    assert_eq!((parsed.settings, parsed.taken_back), (1, 1));
    assert_eq!(parsed.refused.counts[&Reason::Lifted], 1);
}

#[test]
fn a_url_keeps_its_case_and_its_host_stays_open() {
    let text = "# comment\nA.test/Path/X.html#part\nhttp://www.b.test:8080/~user/?q=%20\n\
                c.test\n203.0.113.7/x\nuser@d.test/y\nlocalhost/x\n";
    let (items, parsed) = read(Format::Urls, text);
    assert_eq!(
        items,
        [
            "url =a.test/Path/X.html",
            "url =b.test/~user/?q=%20",
            "=c.test",
            "url =203.0.113.7/x",
            "url =d.test/y"
        ]
    );
    assert_eq!(parsed.comments, 1);
    assert_eq!(parsed.refused.counts[&Reason::SingleLabel], 1);
}

#[test]
fn addresses_networks_and_ranges_are_told_apart() {
    let text = "203.0.113.7 # one\n203.0.113.0/24 ; SBL1\n198.51.100.4-198.51.100.7\n198.51.100.8-9\n\
                2001:db8:1::/48\n203.0.113.9/32\n0.0.0.0/0\n10.0.0.0/8\n300.1.1.1\nx.test\n9.9.9.9-1.1.1.1\n";
    let (items, parsed) = read(Format::Addresses, text);
    assert_eq!(
        items,
        [
            "@203.0.113.7",
            "@203.0.113.0/24",
            "@198.51.100.4/30",
            "@198.51.100.8/31",
            "@2001:db8:1::/48",
            "@203.0.113.9"
        ]
    );
    let counts = parsed.refused.counts;
    assert_eq!(counts[&Reason::Wide], 1);
    assert_eq!(counts[&Reason::SpecialAddress], 1);
    assert_eq!(counts[&Reason::Address], 1);
    assert_eq!(counts[&Reason::OtherFormat], 1);
    assert_eq!(counts[&Reason::Syntax], 1);
}

#[test]
fn lists_of_resolvers_mix_names_addresses_and_urls() {
    let text = "dns.a.test\n203.0.113.7  # dns.a.test, b.test\nhttps://c.test/dns-query{?dns}\n\
                tls://d.test:853\n[2001:db8::7]:443\n203.0.113.8:443\n2001:db8:2::/64\n*.e.test\n";
    assert_eq!(
        items(Format::Doh, text),
        [
            "dns.a.test",
            "@203.0.113.7",
            "=c.test",
            "=d.test",
            "@2001:db8::7",
            "@203.0.113.8",
            "@2001:db8:2::/64",
            "e.test"
        ]
    );
}

#[test]
fn top_sites_are_read_with_and_without_ranks() {
    let text = "rank,domain\n1,a.test\n2,\"b.test\"\n\"c.test\",3\nd.test\n";
    let (items, parsed) = read(Format::TopSites, text);
    assert_eq!(items, ["a.test", "b.test", "c.test", "d.test"]);
    assert_eq!(parsed.settings, 1);
}

#[test]
fn globs_become_names_words_or_patterns() {
    let text = "a.test\n=b.test\n*.c.test\n*casino*\nads.*\nads[0-9]*\n*x*\n*\n";
    assert_eq!(
        items(Format::Glob, text),
        [
            "a.test",
            "=b.test",
            "c.test",
            "word host casino",
            "glob host ads[0-9]*"
        ]
    );
    assert_eq!(reasons(Format::Glob, text), [Reason::OtherFormat; 3]);
}

#[test]
fn sites_of_e2guardian_include_other_files_once() {
    let library: [(&str, &[u8]); 3] = [
        (
            "lists/more/sites",
            b"b.test\n.Include</etc/e2guardian/lists/more/sites>\n",
        ),
        ("lists/bannedsitelist", b""),
        ("lists/other/sites", b"never.test\n"),
    ];
    let import = Import {
        library: &library,
        ..Import::new(Rules::third_party(Format::E2guardianSites))
    };
    let text = "#listcategory: \"Games\"\n#time: 9 0 17 0 01234\n# x\na.test\n.c.test\n\
                .Include</etc/e2guardian/lists/more/sites>\n.Include</etc/e2guardian/lists/gone/sites>\n.uk\n";
    let (items, parsed) = read_with(&import, &[("", text.as_bytes())]);
    assert_eq!(items, ["a.test", "c.test", "b.test"]);
    assert_eq!(parsed.refused.counts[&Reason::Include], 2);
    assert_eq!(parsed.refused.counts[&Reason::Context], 1);
    assert_eq!(parsed.refused.counts[&Reason::SingleLabel], 1);
    assert_eq!((parsed.files, parsed.settings), (2, 2));

    let text = "www.a.test/part/\nb.test\n";
    assert_eq!(
        items_of(Format::E2guardianUrls, text),
        ["url a.test/part/", "b.test"]
    );
    let text = "(casino|poker)[0-9]+\n\"^x$\"->\"y\"\na(?!b)\n(\n";
    assert_eq!(
        reasons(Format::E2guardianExpressions, text),
        [Reason::Rewrite, Reason::Pattern, Reason::Pattern]
    );
}

#[test]
fn phrases_keep_boundaries_combinations_and_weights() {
    let text = "#listcategory: \"Games\"\n<poker><40>\n< bet ><20> # comment\n<free>,< chips><50>\n\
                <lesson>,<history>,<museum><-30>\n<odds><10%>\n<trailing><5>3 stars\n\
                <broken<50>\n<no weight>\n<><10>\n<big><99999>\nplain\n";
    let (items, parsed) = read(Format::PhrasesWeighted, text);
    assert_eq!(
        items,
        [
            "poker Weighs(40)",
            "_bet_ Weighs(20)",
            "free+_chips Weighs(50)",
            "lesson+history+museum Weighs(-30)",
            "odds WeighsPercent(10)",
            "trailing Weighs(5)"
        ]
    );
    assert_eq!(
        (parsed.refused.counts[&Reason::Syntax], parsed.mended),
        (5, 1)
    );
    assert_eq!(items_of(Format::PhrasesBanned, "<a>,<b>\n"), ["a+b Bans"]);
    assert_eq!(items_of(Format::PhrasesException, "<a>\n"), ["a Excepts"]);
}

#[test]
fn a_tree_of_phrases_tells_language_theme_and_kind() {
    let files: [(&str, &[u8]); 4] = [
        ("phraselists/french/gambling/weighted", b"<pari><10>\n"),
        (
            "phraselists/gambling/weighted_polish",
            "<zakład><10>\n<g\u{f3}ra><5>\n".as_bytes(),
        ),
        ("phraselists/gambling/banned", b"<x>\n"),
        ("phraselists/README", b"text\n"),
    ];
    let mut origins = Vec::new();
    let import = Import::new(Rules::third_party(Format::PhrasesWeighted));
    let parsed = import.read_files(&files, &mut |item| {
        if let Item::Phrase(phrase) = item {
            let origin = &phrase.origin;
            origins.push((
                phrase.parts[0].text.clone(),
                origin.language.clone(),
                origin.theme.clone(),
            ));
        }
        None
    });
    let is = |text: &str, language: &str| {
        (
            text.to_owned(),
            Some(language.to_owned()),
            Some("gambling".to_owned()),
        )
    };
    assert_eq!(
        origins,
        [
            is("pari", "french"),
            is("zakład", "polish"),
            is("góra", "polish")
        ]
    );
    assert_eq!(parsed.unwrap().other_files, 2);
    let include: [(&str, &[u8]); 1] = [("phraselists/gambling/banned", b"<x>\n")];
    let import = Import {
        library: &include,
        ..import
    };
    let text = b".Include</etc/lists/phraselists/gambling/banned>\n";
    assert_eq!(
        read_with(&import, &[("", text)]).0,
        [format!("x {:?}", PhraseEffect::Bans)]
    );
}

#[test]
fn lines_are_read_in_the_encoding_of_their_source() {
    let import = Import {
        encoding: encoding_rs::WINDOWS_1251,
        ..Import::new(Rules::third_party(Format::PhrasesWeighted))
    };
    let text = b"\xef\xbb\xbf<\xe8\xe3\xf0\xe0><10>\r\n<\xd0\xb8\xd0\xb3\xd1\x80\xd0\xb0><20>";
    assert_eq!(
        read_with(&import, &[("", text)]).0,
        ["игра Weighs(10)", "игра Weighs(20)"]
    );
}

// ILL-08
#[test]
fn salted_digests_are_found_and_never_told() {
    let salt = "00112233445566778899aabbccddeeff";
    let own = DigestSalt::parse(salt).unwrap();
    let name = SaltedDigest::of(&own, DigestKind::Name, "forbidden.test");
    let url = SaltedDigest::of(&own, DigestKind::Url, "a.test/page");
    let text = format!(
        "# salt: {salt}\n# more\n{}\n{}\nname:zz\n",
        name.line(),
        url.line()
    );
    let (items, parsed) = read(Format::Digests, &text);
    assert_eq!(items.len(), 2);
    assert_eq!(parsed.refused.first[0].text, None);
    assert!(
        items_of(Format::Digests, &name.line()).is_empty(),
        "no salt"
    );

    let list = DigestList::parse(text.as_bytes()).unwrap().unwrap();
    let holds = |text: &str| {
        let mut room = HostBuffer::new();
        list.holds_name(Host::normalise(text, &mut room).unwrap().name().unwrap())
    };
    assert!(holds("forbidden.test") && holds("www.forbidden.test"));
    assert!(!holds("a.test") && !holds("test"));
    assert!(list.holds_url("a.test/page") && !list.holds_url("forbidden.test"));
    let shown = format!("{list:?} {name:?} {own:?}");
    assert!(
        !shown.contains("0011") && !shown.contains(&name.line()[5..]),
        "{shown}"
    );
}

#[test]
fn a_source_says_what_its_names_cover() {
    let rules = Rules {
        covers: Some(Covers::Name),
        ..Rules::third_party(Format::Dnsmasq)
    };
    let read = |rules, text: &str| read_with(&Import::new(rules), &[("", text.as_bytes())]).0;
    assert_eq!(read(rules, "local=/a.test/\n"), ["=a.test"]);
    let rules = Rules {
        suffixes: Suffixes::Take,
        ..Rules::third_party(Format::Adblock)
    };
    assert_eq!(read(rules, "||zip^\n"), ["zip"]);
}

const FORMATS: [Format; 21] = [
    Format::Plain,
    Format::Wildcard,
    Format::Glob,
    Format::Hosts,
    Format::Squidguard,
    Format::Urls,
    Format::Expressions,
    Format::Adblock,
    Format::Rpz,
    Format::Dnsmasq,
    Format::Unbound,
    Format::E2guardianSites,
    Format::E2guardianUrls,
    Format::E2guardianExpressions,
    Format::PhrasesBanned,
    Format::PhrasesWeighted,
    Format::PhrasesException,
    Format::Addresses,
    Format::Doh,
    Format::TopSites,
    Format::Digests,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// No bytes stop a list, and every line is counted once.
    #[test]
    fn every_line_of_anything_is_counted_once(
        lines in proptest::collection::vec("[@|*./^$#!<>,:=a-z0-9 ()\\[\\]%\"-]{0,24}|\\PC{0,12}", 0..12)
    ) {
        let text = lines.join("\n");
        for format in FORMATS {
            let (_, parsed) = read(format, &text);
            let whole = text.lines().count();
            prop_assert_eq!(parsed.lines, whole, "{:?}", format);
            prop_assert!(parsed.refused_lines <= parsed.refused.total());
        }
    }
}
