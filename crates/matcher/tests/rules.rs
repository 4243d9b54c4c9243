//! Networks, rules for URLs, patterns and salted digests: what each covers, and what it never does.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use matcher::{
    Artefact, Compiled, Compiler, Coverage, DigestKind, DigestSalt, ListId, ListMeta, Pattern,
    PatternError, Place, SaltedDigest, Secret, Syntax, UrlEnd, UrlRule,
};
use model::{Category, CategoryClass, CategorySet, Host, HostBuffer, LabelSet, Target, Vocabulary};
use std::collections::BTreeSet;
use std::net::IpAddr;

fn vocabulary() -> Vocabulary {
    let category = |id: &str, class| Category {
        id: id.into(),
        title: id.into(),
        words: id.into(),
        theme: id.into(),
        theme_2023: None,
        offence: None,
        class,
        default: None,
        locked: false,
        alert: false,
        minimum_age: None,
    };
    Vocabulary::new(vec![
        category("games", CategoryClass::Against),
        category("proxy", CategoryClass::Against),
        category("established", CategoryClass::Allow),
    ])
    .unwrap()
}

const SALT: &str = "00112233445566778899aabbccddeeff";
const SECRET: [u8; 32] = [5; 32];

struct Lists {
    vocabulary: Vocabulary,
    compiler: Compiler,
}

impl Lists {
    fn new() -> Self {
        let vocabulary = vocabulary();
        let compiler = Compiler::new(&vocabulary);
        Self {
            vocabulary,
            compiler,
        }
    }

    fn list(&mut self, id: &str, category: &str) -> ListId {
        let meta = ListMeta::new(id, self.vocabulary.find(category)).third_party();
        self.compiler.list(meta)
    }

    fn name(&mut self, list: ListId, text: &str) {
        let mut room = HostBuffer::new();
        let name = Host::normalise(text, &mut room).unwrap().name().unwrap();
        self.compiler.entry(list, name, Coverage::NameAndBelow);
    }

    fn url(&mut self, list: ListId, host: &str, path: &str, end: UrlEnd) {
        let mut room = HostBuffer::new();
        let rule = UrlRule {
            host: Host::normalise(host, &mut room).unwrap(),
            coverage: Coverage::Name,
            path,
            end,
        };
        self.compiler.url(list, &rule).unwrap();
    }

    fn pattern(&mut self, list: ListId, place: Place, syntax: Syntax, text: &str) {
        let text = text.to_owned();
        let pattern = Pattern {
            place,
            syntax,
            text,
        };
        self.compiler.pattern(list, pattern).unwrap();
    }

    fn digest(&mut self, list: ListId, kind: DigestKind, text: &str) {
        let salt = DigestSalt::parse(SALT).unwrap();
        let digest = SaltedDigest::of(&salt, kind, text);
        self.compiler.digest(list, &salt, &digest);
    }

    fn compile(self) -> Compiled {
        self.compiler.compile(&Secret::new(SECRET)).unwrap()
    }

    fn open(self) -> Artefact {
        open(self.compile())
    }
}

fn open(compiled: Compiled) -> Artefact {
    Artefact::from_bytes(compiled.into_bytes(), &Secret::new(SECRET)).unwrap()
}

fn words(artefact: &Artefact, text: &str) -> String {
    let mut room = HostBuffer::new();
    words_of(&artefact.label_target(&Target::parse(text, &mut room).unwrap()))
}

fn words_of(labels: &model::Labels) -> String {
    let vocabulary = vocabulary();
    let words: Vec<_> = labels
        .categories
        .iter()
        .map(|id| vocabulary.word(id).to_owned())
        .collect();
    words.join(" ")
}

fn why(artefact: &Artefact, text: &str) -> Vec<String> {
    let mut room = HostBuffer::new();
    let why = artefact.why_target(&Target::parse(text, &mut room).unwrap());
    let told = |label: &matcher::WhyLabel| format!("{} {}", label.list, label.entry);
    why.labels.iter().map(told).collect()
}

#[test]
fn networks_that_lie_in_each_other_all_speak() {
    let mut lists = Lists::new();
    let games = lists.list("games", "games");
    let proxy = lists.list("proxy", "proxy");
    for (list, network, bits) in [
        (games, "198.51.100.0", 24),
        (proxy, "198.51.100.64", 26),
        (proxy, "203.0.113.255", 32),
        (games, "2001:db8:1::", 48),
        (proxy, "255.255.255.0", 24),
        (proxy, "::ffff:192.0.2.0", 120),
    ] {
        lists.compiler.network(list, network.parse().unwrap(), bits);
    }
    let artefact = lists.open();
    for (address, expected) in [
        ("198.51.99.255", ""),
        ("198.51.100.0", "games"),
        ("198.51.100.63", "games"),
        ("198.51.100.64", "games proxy"),
        ("198.51.100.127", "games proxy"),
        ("198.51.100.128", "games"),
        ("198.51.100.255", "games"),
        ("198.51.101.0", ""),
        ("203.0.113.254", ""),
        ("203.0.113.255", "proxy"),
        ("203.0.114.0", ""),
        ("[2001:db8:1:ffff::1]", "games"),
        ("[2001:db8:2::]", ""),
        ("255.255.255.255", "proxy"),
        ("192.0.2.77", "proxy"),
        ("0.0.0.0", ""),
        ("[::]", ""),
    ] {
        assert_eq!(words(&artefact, address), expected, "{address}");
    }
    assert_eq!(
        why(&artefact, "198.51.100.70"),
        ["games 198.51.100.0/24", "proxy 198.51.100.64/26"]
    );
    // What a name was resolved to is asked for by its address.
    let mapped = "::ffff:198.51.100.1".parse().unwrap();
    assert_ne!(artefact.label_address(mapped).set, LabelSet::NONE);
}

// CIR-23
#[test]
fn a_name_bears_the_labels_of_its_addresses_where_a_list_speaks_of_them() {
    let mut lists = Lists::new();
    let meta = |id: &str, category: &str| ListMeta::new(id, vocabulary().find(category));
    let zone = meta("zone", "games").third_party().of_answers();
    let zone = lists.compiler.list(zone);
    let hosts = lists.list("hosts", "proxy");
    let own = lists.compiler.list(meta("own", "proxy").of_answers());
    let open = lists
        .compiler
        .list(meta("open", "established").of_answers());
    for (list, network, bits) in [
        (zone, "198.51.100.0", 24),
        (hosts, "198.51.100.0", 24),
        (own, "198.51.100.64", 26),
        (open, "198.51.100.0", 24),
        (zone, "2001:db8:1::", 48),
    ] {
        lists.compiler.network(list, network.parse().unwrap(), bits);
    }
    let mut room = HostBuffer::new();
    let excepted = Host::normalise("excepted.test", &mut room).unwrap();
    let reason = "a school needs it";
    lists
        .compiler
        .exception(excepted.name().unwrap(), None, reason);
    let artefact = lists.open();
    assert!(artefact.labels_answers());
    for (target, addresses, expected, told) in [
        (
            "site.test",
            &["198.51.100.1"][..],
            "games",
            &["zone 198.51.100.0/24"][..],
        ),
        (
            "site.test",
            &["192.0.2.1", "2001:db8:1::7"],
            "games",
            &["zone 2001:db8:1::/48"],
        ),
        (
            "https://site.test/x",
            &["::ffff:198.51.100.70"],
            "games proxy",
            &["zone 198.51.100.0/24", "own 198.51.100.64/26"],
        ),
        ("site.test", &["198.51.101.1"], "", &[]),
        ("site.test", &[], "", &[]),
        // What third parties say of its addresses an exception lifts; what the school says, not.
        ("www.excepted.test", &["198.51.100.1"], "", &[]),
        (
            "www.excepted.test",
            &["198.51.100.70"],
            "proxy",
            &["own 198.51.100.64/26"],
        ),
    ] {
        let addresses: Vec<IpAddr> = addresses.iter().map(|one| one.parse().unwrap()).collect();
        let mut room = HostBuffer::new();
        let target = Target::parse(target, &mut room).unwrap();
        let labels = artefact.label_reached(&target, &addresses);
        let shown = target.host.to_string();
        assert_eq!(
            sorted(&words_of(&labels)),
            sorted(expected),
            "{shown} {addresses:?}"
        );
        let why = artefact.why_reached(&target, &addresses);
        let why: BTreeSet<_> = why
            .labels
            .iter()
            .map(|label| format!("{} {}", label.list, label.entry))
            .collect();
        let told: BTreeSet<_> = told.iter().map(ToString::to_string).collect();
        assert_eq!(why, told, "{shown} {addresses:?}");
        let named = artefact.sources(labels.set).count();
        assert_eq!(
            named == 0,
            labels.categories == CategorySet::EMPTY,
            "{shown}"
        );
    }
    // An address in place of a name is a host like any other: every list speaks of it.
    assert_eq!(
        sorted(&words(&artefact, "198.51.100.1")),
        sorted("established games proxy")
    );
    let mut without = Lists::new();
    let hosts = without.list("hosts", "games");
    without
        .compiler
        .network(hosts, "198.51.100.0".parse().unwrap(), 24);
    assert!(!without.open().labels_answers());
}

fn sorted(text: &str) -> Vec<&str> {
    let mut words: Vec<_> = text.split_whitespace().collect();
    words.sort_unstable();
    words
}

// CIR-23, CAT-29
#[test]
fn a_url_rule_closes_its_pages_and_nothing_else() {
    let mut lists = Lists::new();
    let games = lists.list("games", "games");
    lists.url(games, "pages.test", "/~ann", UrlEnd::Segment);
    lists.url(games, "pages.test", "/ad", UrlEnd::Anywhere);
    lists.url(games, "pages.test", "/watch?v=12", UrlEnd::Segment);
    lists.url(games, "pages.test", "/only", UrlEnd::Url);
    lists.url(games, "192.0.2.7", "/x", UrlEnd::Segment);
    let artefact = lists.open();
    for (url, expected) in [
        ("https://pages.test/~ann", "games"),
        ("https://www.pages.test:8443/~ann/x?y", "games"),
        ("http://PAGES.test//b/..//%7Eann;v=1/x", "games"),
        ("https://pages.test/~anna", ""),
        ("https://pages.test/~Ann", ""),
        ("https://pages.test/advert.js", "games"),
        ("https://pages.test/watch?v=12&t=5", "games"),
        ("https://pages.test/watch?v=123", ""),
        ("https://pages.test/watch", ""),
        ("https://pages.test/only", "games"),
        ("https://pages.test/only/more", ""),
        ("https://pages.test/", ""),
        ("https://my.pages.test/~ann", ""),
        ("https://other.test/~ann", ""),
        ("http://192.0.2.7/x", "games"),
        ("http://192.0.2.8/x", ""),
        // A door that sees hosts alone.
        ("pages.test", ""),
    ] {
        assert_eq!(words(&artefact, url), expected, "{url}");
    }
    assert_eq!(
        why(&artefact, "https://pages.test/~ann/x"),
        ["games pages.test/~ann"]
    );
    assert_eq!(
        why(&artefact, "https://pages.test/adverts"),
        ["games pages.test/ad*"]
    );
}

#[test]
fn url_rules_keep_to_public_suffixes_and_exceptions() {
    let mut lists = Lists::new();
    let games = lists.list("games", "games");
    let mut room = HostBuffer::new();
    for host in ["github.io", "school.test"] {
        let rule = UrlRule {
            host: Host::normalise(host, &mut room).unwrap(),
            coverage: Coverage::NameAndBelow,
            path: "/play",
            end: UrlEnd::Segment,
        };
        lists.compiler.url(games, &rule).unwrap();
    }
    let name = Host::normalise("learn.school.test", &mut room).unwrap();
    let name = name.name().unwrap();
    lists.compiler.exception(name, None, "lessons");
    let artefact = lists.open();
    assert_eq!(words(&artefact, "https://github.io/play"), "games");
    assert_eq!(words(&artefact, "https://pupil.github.io/play"), "");
    assert_eq!(words(&artefact, "https://www.github.io/play"), "");
    assert_eq!(words(&artefact, "https://a.school.test/play/1"), "games");
    assert_eq!(words(&artefact, "https://a.learn.school.test/play"), "");
    let target = Target::parse("https://learn.school.test/play", &mut room).unwrap();
    assert!(artefact.label_target(&target).excepted);
    let why = artefact.why_target(&target);
    assert_eq!(why.exceptions[0].lifted[0].entry, "school.test/play");
}

#[test]
fn thousands_of_url_rules_of_one_host_are_told_apart() {
    let mut lists = Lists::new();
    let games = lists.list("games", "games");
    for number in 0..3_000u32 {
        let path = format!("/{}/{number}", "d".repeat(number as usize % 50));
        lists.url(games, "pages.test", &path, UrlEnd::Segment);
        lists.url(games, &format!("h{number}.test"), "/x", UrlEnd::Segment);
    }
    let compiled = lists.compile();
    assert_eq!(compiled.report().urls, 6_000);
    let artefact = open(compiled);
    for number in 0..3_000u32 {
        let folder = "d".repeat(number as usize % 50);
        let url = format!("https://pages.test/{folder}/{number}");
        assert_eq!(words(&artefact, &url), "games", "{url}");
        assert_eq!(words(&artefact, &format!("{url}x")), "", "{url}x");
        assert_eq!(
            words(&artefact, &format!("https://h{number}.test/x")),
            "games"
        );
    }
}

#[test]
fn globs_and_expressions_match_urls_and_hosts() {
    let mut lists = Lists::new();
    let games = lists.list("games", "games");
    lists.pattern(games, Place::Url, Syntax::Glob, "||play.*/arena^");
    lists.pattern(
        games,
        Place::Url,
        Syntax::Expression,
        "(^|[-/])(slots|poker)([-/.]|$)",
    );
    lists.pattern(games, Place::Host, Syntax::Glob, "arcade[0-9]*");
    let artefact = lists.open();
    for (target, expected) in [
        ("https://play.example/arena/1", "games"),
        ("https://display.example/arena/1", ""),
        ("https://a.example/free-SLOTS-now", "games"),
        ("https://a.example/timeslots", ""),
        ("https://poker.example/", "games"),
        ("https://a.example/?q=%70oker", ""),
        ("https://a.example/?q=/%70oker", "games"),
        // A rule for URLs closes no host.
        ("poker.example", ""),
        ("arcade7.example", "games"),
        ("my.arcade7.example", ""),
        ("arcade.example", ""),
    ] {
        assert_eq!(words(&artefact, target), expected, "{target}");
    }
    assert_eq!(
        why(&artefact, "https://play.example/arena/1"),
        ["games ~||play.*/arena^"]
    );
}

#[test]
fn patterns_that_could_not_be_run_are_refused_with_the_reason() {
    let mut lists = Lists::new();
    let games = lists.list("games", "games");
    let floor = lists.list("police", "illegal-fraud");
    let opens = lists.list("known", "established");
    let mut refusal = |list, syntax, text: &str| {
        let text = text.to_owned();
        let pattern = Pattern {
            place: Place::Url,
            syntax,
            text,
        };
        lists.compiler.pattern(list, pattern).unwrap_err()
    };
    let deep = "((((((((slots{1,99}){1,99}){1,99}){1,99}){1,99}){1,99}){1,99}){1,99})";
    for (list, syntax, text, expected) in [
        (games, Syntax::Expression, "[a-z]+.*", PatternError::Literal),
        (games, Syntax::Glob, "a*b^*", PatternError::Literal),
        (games, Syntax::Text, "ab", PatternError::Length),
        (games, Syntax::Expression, "slots(", PatternError::Costly),
        (
            games,
            Syntax::Expression,
            r"(slots)\1",
            PatternError::Costly,
        ),
        (games, Syntax::Expression, deep, PatternError::Costly),
        (floor, Syntax::Text, "forbidden", PatternError::Floor),
        (opens, Syntax::Text, "open", PatternError::Opens),
    ] {
        assert_eq!(refusal(list, syntax, text), expected, "{text}");
    }
}

#[test]
fn a_third_party_pattern_that_matches_a_guarded_name_is_refused() {
    let mut lists = Lists::new();
    let games = lists.list("games", "games");
    lists.pattern(games, Place::Host, Syntax::Text, "essex");
    lists.pattern(games, Place::Host, Syntax::Text, "arcade");
    let mut room = HostBuffer::new();
    let name = Host::normalise("www.essex.test", &mut room).unwrap();
    lists.compiler.guard(name.name().unwrap());
    let compiled = lists.compile();
    let told = &compiled.report().guarded[0];
    assert_eq!((&*told.name, &*told.entry), ("www.essex.test", "~essex"));
    let artefact = open(compiled);
    assert_eq!(words(&artefact, "www.essex.test"), "");
    assert_eq!(words(&artefact, "arcade.test"), "games");
}

// ILL-05
#[test]
fn salted_digests_close_what_they_stand_for() {
    let mut lists = Lists::new();
    let floor = lists.list("police", "illegal-fraud");
    lists.digest(floor, DigestKind::Name, "forbidden.test");
    lists.digest(floor, DigestKind::Name, "github.io");
    lists.digest(floor, DigestKind::Url, "pages.test/bad.html");
    lists.digest(floor, DigestKind::Url, "pages.test/folder/");
    lists.digest(floor, DigestKind::Url, "pages.test/view?id=7");
    let compiled = lists.compile();
    assert_eq!(compiled.report().digests, 5);
    let artefact = open(compiled);
    let fraud = "illegal-fraud";
    for (target, expected) in [
        ("forbidden.test", fraud),
        ("a.b.forbidden.test", fraud),
        ("notforbidden.test", ""),
        ("github.io", fraud),
        ("pupil.github.io", ""),
        // An entry of one page closes no site.
        ("pages.test", ""),
        ("https://pages.test/", ""),
        ("https://pages.test/bad.html", fraud),
        ("https://www.pages.test/./bad.html?x=1", fraud),
        ("https://pages.test/bad.html.txt", ""),
        ("https://pages.test/folder/deep/er", fraud),
        ("https://pages.test/view?id=7", fraud),
        ("https://pages.test/view?id=8", ""),
    ] {
        assert_eq!(words(&artefact, target), expected, "{target}");
    }
    assert_eq!(
        why(&artefact, "https://forbidden.test/"),
        ["police withheld"]
    );
    let mut room = HostBuffer::new();
    let host = Host::normalise("forbidden.test", &mut room).unwrap();
    let list = artefact.sources(artefact.label(&host).set).next().unwrap();
    assert_eq!(list.1.id, "police");
}

// ILL-08
#[test]
fn nothing_of_a_floor_list_stands_in_file_reasons_or_debug_texts() {
    let mut lists = Lists::new();
    let floor = lists.list("police", "illegal-fraud");
    lists.name(floor, "forbidden-name.test");
    lists.url(
        floor,
        "forbidden-host.test",
        "/forbidden-path",
        UrlEnd::Segment,
    );
    let network = "198.51.100.0".parse().unwrap();
    lists.compiler.network(floor, network, 24);
    lists.digest(floor, DigestKind::Name, "forbidden-digest.test");
    let mut shown = format!("{:?}", lists.compiler);
    let salt = DigestSalt::parse(SALT).unwrap();
    let digest = SaltedDigest::of(&salt, DigestKind::Name, "forbidden-digest.test");
    shown += &format!("{salt:?} {digest:?}");
    let compiled = lists.compile();
    shown += &format!("{compiled:?} {:?}", compiled.report());
    for bytes in [&b"forbidden"[..], &[198, 51, 100, 0]] {
        let stands = compiled
            .bytes()
            .windows(bytes.len())
            .any(|window| window == bytes);
        // The first address of a step is what a look-up needs, as a number and without a mask.
        assert!(!stands, "{bytes:?}");
    }
    let artefact = open(compiled);
    shown += &format!("{artefact:?}");
    for target in [
        "https://forbidden-host.test/forbidden-path",
        "forbidden-name.test",
        "198.51.100.9",
        "forbidden-digest.test",
    ] {
        assert_eq!(words(&artefact, target), "illegal-fraud", "{target}");
        assert_eq!(why(&artefact, target), ["police withheld"], "{target}");
    }
    assert!(!shown.contains("forbidden"), "{shown}");
    assert_eq!(artefact.entries().count(), 0);
}

#[test]
fn a_long_standing_site_is_none_where_something_stands_against_it() {
    let mut lists = Lists::new();
    let games = lists.list("games", "games");
    let meta = ListMeta::new("top", lists.vocabulary.find("established")).of_established();
    let top = lists.compiler.list(meta);
    for text in ["known.test", "games.test", "forbidden.test"] {
        lists.name(top, text);
    }
    let floor = lists.list("police", "illegal-fraud");
    lists.name(games, "games.test");
    lists.name(games, "ads.known.test");
    lists.name(floor, "forbidden.test");
    let compiled = lists.compile();
    assert_eq!(compiled.report().established_labelled, 3);
    let mut first = compiled.report().established_first.clone();
    first.sort();
    assert_eq!(first, ["ads.known.test", "games.test"]);
    let artefact = open(compiled);
    for (host, expected) in [
        ("www.known.test", "established"),
        ("ads.known.test", "games"),
        ("www.games.test", "games"),
        ("forbidden.test", "illegal-fraud"),
    ] {
        assert_eq!(words(&artefact, host), expected, "{host}");
    }
}
