//! What an artefact promises of itself: whole or refused, floor names withheld, exceptions told.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use matcher::{
    Artefact, CompileError, Compiled, Compiler, Coverage, Guarded, ListMeta, OpenError, Pattern,
    Place, Secret, Syntax, WITHHELD, vocabulary_digest,
};
use model::{Category, CategoryClass, Digest, Host, HostBuffer, Target, Vocabulary};

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
        category("education", CategoryClass::Allow),
    ])
    .unwrap()
}

fn secret() -> Secret {
    Secret::new([7; 32])
}

struct Lists {
    vocabulary: Vocabulary,
    compiler: Compiler,
}

impl Lists {
    fn new() -> Self {
        let vocabulary = vocabulary();
        Self {
            compiler: Compiler::new(&vocabulary),
            vocabulary,
        }
    }

    fn list(&mut self, id: &str, category: &str, third: bool, names: &[(&str, Coverage)]) {
        let mut meta = ListMeta::new(id, self.vocabulary.find(category));
        meta.third_party = third;
        let list = self.compiler.list(meta);
        for (text, coverage) in names {
            let mut room = HostBuffer::new();
            match Host::normalise(text, &mut room).unwrap() {
                Host::Name(name) => self.compiler.entry(list, name, *coverage),
                Host::Address(address) => self.compiler.address(list, address),
            }
        }
    }

    fn exception(&mut self, text: &str, class: Option<&str>) {
        let mut room = HostBuffer::new();
        let name = Host::normalise(text, &mut room).unwrap().name().unwrap();
        let class = class.and_then(|class| self.vocabulary.find(class));
        self.compiler.exception(name, class, "a lesson needs it");
    }

    fn guard(&mut self, text: &str) {
        let mut room = HostBuffer::new();
        self.compiler
            .guard(Host::normalise(text, &mut room).unwrap().name().unwrap());
    }

    fn compile(self) -> Compiled {
        self.compiler.compile(&secret()).unwrap()
    }
}

fn open(compiled: Compiled) -> Artefact {
    Artefact::from_bytes(compiled.into_bytes(), &secret()).unwrap()
}

fn words(artefact: &Artefact, text: &str) -> Vec<String> {
    let vocabulary = vocabulary();
    let mut room = HostBuffer::new();
    let mut second = HostBuffer::new();
    let target = Target::parse(text, &mut room).unwrap();
    let labels = artefact.label_target(&target);
    if target.url.is_none() {
        let host = Host::normalise(text, &mut second).unwrap();
        assert_eq!(artefact.label(&host), labels);
    }
    labels
        .categories
        .iter()
        .map(|id| vocabulary.word(id).to_owned())
        .collect()
}

fn example() -> Lists {
    let mut lists = Lists::new();
    lists.list(
        "games",
        "games",
        true,
        &[
            ("games.test", Coverage::NameAndBelow),
            ("203.0.113.9", Coverage::Name),
        ],
    );
    lists.list(
        "learning",
        "education",
        false,
        &[("school.test", Coverage::NameAndBelow)],
    );
    lists.exception("tables.games.test", Some("education"));
    lists
}

#[test]
fn every_flipped_byte_and_every_cut_is_refused() {
    let bytes = example().compile().into_bytes();
    assert!(Artefact::from_bytes(bytes.clone(), &secret()).is_ok());
    for at in 0..bytes.len() {
        for flip in [1u8, 0x80, 0xff] {
            let mut flipped = bytes.clone();
            flipped[at] ^= flip;
            assert!(
                Artefact::from_bytes(flipped, &secret()).is_err(),
                "byte {at}"
            );
        }
    }
    for length in (0..bytes.len()).step_by(7) {
        assert!(Artefact::from_bytes(bytes[..length].to_vec(), &secret()).is_err());
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(Artefact::from_bytes(longer, &secret()).is_err());
}

#[test]
fn an_artefact_of_another_installation_is_refused() {
    let bytes = example().compile().into_bytes();
    let other = Artefact::from_bytes(bytes, &Secret::new([8; 32]));
    assert!(matches!(other, Err(OpenError::Foreign)));
}

#[test]
fn a_written_file_opens_as_what_was_compiled() {
    let folder = tempfile::tempdir().unwrap();
    let compiled = example().compile();
    let path = compiled.write_to(folder.path()).unwrap();
    assert_eq!(
        path.file_name().unwrap().to_str().unwrap(),
        compiled.file_name()
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let artefact = Artefact::open(&path, &secret()).unwrap();
    assert_eq!(artefact.digest(), compiled.digest());
    assert_eq!(artefact.size(), compiled.bytes().len());
    assert_eq!(
        artefact.vocabulary_digest(),
        vocabulary_digest(&vocabulary())
    );
    assert_eq!(artefact.names(), 3);
    assert_eq!(words(&artefact, "www.games.test"), ["games"]);
    assert_eq!(words(&artefact, "tables.games.test"), ["education"]);

    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 40;
    bytes[last] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert!(matches!(
        Artefact::open(&path, &secret()),
        Err(OpenError::Damaged { .. })
    ));
    std::fs::write(&path, b"").unwrap();
    assert!(matches!(
        Artefact::open(&path, &secret()),
        Err(OpenError::Kind)
    ));
    assert!(matches!(
        Artefact::open(&folder.path().join("none"), &secret()),
        Err(OpenError::Read { .. })
    ));
}

#[test]
fn the_digest_is_that_of_the_content() {
    let (one, two) = (example().compile(), example().compile());
    assert_eq!(one.bytes(), two.bytes());
    let mut other = example();
    other.list("more", "games", false, &[("more.test", Coverage::Name)]);
    assert_ne!(other.compile().digest(), one.digest());
    assert_eq!(Digest::of(&one.bytes()[128..]), one.digest());
}

// ILL-08
#[test]
fn floor_names_stand_nowhere_in_the_file() {
    let mut lists = Lists::new();
    lists.list(
        "police",
        "illegal-fraud",
        true,
        &[
            ("forbidden-name.test", Coverage::NameAndBelow),
            ("below-an-exception.school.test", Coverage::Name),
        ],
    );
    lists.exception("school.test", Some("education"));
    lists.guard("www.forbidden-name.test");
    let compiled = lists.compile();
    assert!(compiled.report().guarded.is_empty());
    assert!(compiled.report().exceptions_fired.is_empty());
    for name in [&b"forbidden"[..], b"below-an"] {
        assert!(
            !compiled
                .bytes()
                .windows(name.len())
                .any(|window| window == name)
        );
    }
    let artefact = open(compiled);
    assert_eq!(
        words(&artefact, "www.forbidden-name.test"),
        ["illegal-fraud"]
    );
    // ILL-03: an exception never lifts the floor.
    let name = "below-an-exception.school.test";
    assert_eq!(words(&artefact, name), ["illegal-fraud", "education"]);
    let mut room = HostBuffer::new();
    let why = artefact.why(&Host::normalise(name, &mut room).unwrap());
    let entries: Vec<_> = why
        .labels
        .iter()
        .map(|label| label.entry.as_str())
        .collect();
    assert_eq!(entries, [WITHHELD, "school.test"]);
    assert_eq!(artefact.entries().collect::<Vec<_>>(), ["school.test"]);
}

#[test]
fn an_exception_lifts_third_party_labels_and_says_so() {
    let mut lists = Lists::new();
    let below = Coverage::NameAndBelow;
    lists.list("ours", "proxy", false, &[("tables.test", Coverage::Name)]);
    lists.list(
        "theirs",
        "games",
        true,
        &[("tables.test", below), ("a.tables.test", below)],
    );
    lists.exception("tables.test", Some("education"));
    let compiled = lists.compile();
    let fired = &compiled.report().exceptions_fired;
    assert_eq!(fired.len(), 1);
    assert_eq!(
        (fired[0].exception.as_str(), fired[0].list.as_str()),
        ("tables.test", "theirs")
    );
    assert_eq!(
        (fired[0].entry.as_str(), fired[0].entries),
        ("a.tables.test", 2)
    );
    let artefact = open(compiled);
    assert_eq!(words(&artefact, "tables.test"), ["proxy", "education"]);
    assert_eq!(words(&artefact, "b.a.tables.test"), ["education"]);
    let mut room = HostBuffer::new();
    let host = Host::normalise("b.a.tables.test", &mut room).unwrap();
    assert!(artefact.label(&host).excepted);
    let why = artefact.why(&host);
    assert_eq!(why.exceptions.len(), 1);
    assert_eq!(why.exceptions[0].reason, "a lesson needs it");
    let lifted: Vec<_> = why.exceptions[0]
        .lifted
        .iter()
        .map(|label| &*label.entry)
        .collect();
    assert_eq!(lifted, ["a.tables.test", "tables.test"]);
    assert_eq!(why.labels.len(), 1);
}

#[test]
fn private_suffixes_part_the_sites_of_users() {
    let mut lists = Lists::new();
    let below = Coverage::NameAndBelow;
    lists.list(
        "theirs",
        "games",
        true,
        &[("github.io", below), ("io", below)],
    );
    lists.list(
        "ours",
        "proxy",
        false,
        &[("web.app", Coverage::NameAndBeyond)],
    );
    lists.list("learning", "education", false, &[("blogspot.com", below)]);
    lists.exception("netlify.app", Some("education"));
    let artefact = open(lists.compile());
    for (host, expected) in [
        ("github.io", &["games"][..]),
        ("pupil.github.io", &[]),
        ("a.io", &[]),
        ("web.app", &["proxy"]),
        ("www.pupil.web.app", &["proxy"]),
        ("blogspot.com", &["education"]),
        ("pupil.blogspot.com", &[]),
        ("netlify.app", &["education"]),
        ("pupil.netlify.app", &[]),
    ] {
        assert_eq!(words(&artefact, host), expected, "{host}");
    }
}

#[test]
fn guarded_names_are_not_covered_by_third_parties() {
    let mut lists = Lists::new();
    let below = Coverage::NameAndBelow;
    lists.list(
        "theirs",
        "games",
        true,
        &[
            ("bbc.test", below),
            ("www.bbc.test", Coverage::Name),
            ("games.bbc.test", below),
            ("test", Coverage::Below),
            ("test", Coverage::NameAndBeyond),
        ],
    );
    lists.list("ours", "proxy", false, &[("bbc.test", below)]);
    lists.guard("bbc.test");
    let compiled = lists.compile();
    let found: Vec<_> = compiled
        .report()
        .guarded
        .iter()
        .map(|Guarded { name, list, entry }| (&**name, &**list, &**entry))
        .collect();
    assert_eq!(
        found,
        [
            ("bbc.test", "theirs", "bbc.test"),
            ("bbc.test", "theirs", "test")
        ]
    );
    let artefact = open(compiled);
    assert_eq!(words(&artefact, "news.bbc.test"), ["proxy"]);
    assert_eq!(words(&artefact, "games.bbc.test"), ["games", "proxy"]);
}

#[test]
fn addresses_are_labelled_in_every_spelling() {
    let mut lists = Lists::new();
    let name = Coverage::Name;
    let addresses = [
        ("203.0.113.9", name),
        ("2001:db8::9", name),
        ("198.51.100.1", name),
    ];
    lists.list("theirs", "proxy", true, &addresses);
    lists.list("police", "illegal-fraud", false, &[("203.0.113.10", name)]);
    let artefact = open(lists.compile());
    for text in [
        "203.0.113.9",
        "0xcb007109",
        "[::ffff:203.0.113.9]",
        "[2001:DB8:0::9]",
    ] {
        assert_eq!(words(&artefact, text), ["proxy"], "{text}");
    }
    assert!(words(&artefact, "203.0.113.8").is_empty());
    let mut room = HostBuffer::new();
    let entry = |text: &str, room: &mut HostBuffer| {
        artefact.why(&Host::normalise(text, room).unwrap()).labels[0]
            .entry
            .clone()
    };
    assert_eq!(entry("203.0.113.9", &mut room), "203.0.113.9");
    assert_eq!(entry("203.0.113.10", &mut room), WITHHELD);
}

#[test]
fn patterns_label_hosts_and_urls() {
    let mut lists = Lists::new();
    let games = lists.vocabulary.find("games").unwrap();
    let mut meta = ListMeta::new("words", [games]);
    meta.third_party = true;
    let list = lists.compiler.list(meta);
    for (place, text) in [
        (Place::Label, "casino"),
        (Place::Host, "unblocked"),
        (Place::Url, "/games/"),
    ] {
        let pattern = Pattern {
            place,
            syntax: Syntax::Text,
            text: text.into(),
        };
        lists.compiler.pattern(list, pattern).unwrap();
    }
    lists.exception("unblocked.school.test", None);
    let artefact = open(lists.compile());
    for (text, expected) in [
        ("casino.test", &["games"][..]),
        ("casinos.test", &[]),
        ("my-unblocked-site.test", &["games"]),
        ("a.unblocked.school.test", &[]),
        ("https://a.test/GAMES/1", &["games"]),
        ("https://a.test/?to=/games/1", &["games"]),
        ("https://a.test/game", &[]),
    ] {
        assert_eq!(words(&artefact, text), expected, "{text}");
    }
    let (mut room, mut other) = (HostBuffer::new(), HostBuffer::new());
    let why = artefact.why_target(&Target::parse("https://a.test/games/", &mut room).unwrap());
    assert_eq!(why.labels[0].entry, "~/games/");
    let why = artefact.why(&Host::normalise("www.casino.test", &mut other).unwrap());
    assert_eq!(why.labels[0].entry, "~.casino.");
}

#[test]
fn an_exception_may_give_allow_classes_only() {
    let mut lists = Lists::new();
    lists.exception("a.test", Some("games"));
    let error = lists.compiler.compile(&secret()).unwrap_err();
    assert!(matches!(error, CompileError::Class { .. }));
    assert_eq!(
        error.to_string(),
        "exception `a.test` bears `games`, which is no allow-class category"
    );
}

#[test]
fn deep_names_are_found_at_every_depth() {
    let mut lists = Lists::new();
    let deep = "a.".repeat(120) + "test";
    let middle = "a.".repeat(20) + "test";
    lists.list(
        "deep",
        "games",
        false,
        &[(&deep, Coverage::Name), (&middle, Coverage::NameAndBelow)],
    );
    lists.list("top", "proxy", false, &[("test", Coverage::NameAndBeyond)]);
    let artefact = open(lists.compile());
    assert_eq!(words(&artefact, &deep), ["games", "proxy"]);
    assert_eq!(words(&artefact, &format!("a.{deep}")), ["games", "proxy"]);
    assert_eq!(words(&artefact, &("a.".repeat(19) + "test")), ["proxy"]);
    assert_eq!(
        words(&artefact, &("a.".repeat(126) + "a")),
        Vec::<String>::new()
    );
}
