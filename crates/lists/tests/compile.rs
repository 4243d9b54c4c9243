//! A folder of lists becomes an artefact, or all its faults are told.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use lists::{Report, compile};
use matcher::{Artefact, Compiled, Secret};
use model::{Category, CategoryClass, Faults, Host, HostBuffer, Vocabulary};
use std::collections::BTreeMap;
use std::sync::Arc;

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
        category("user-pages", CategoryClass::Against),
        category("established", CategoryClass::Allow),
        category("education", CategoryClass::Allow),
    ])
    .unwrap()
}

fn starter(category: &str, names: &str) -> String {
    format!("# title: {category}\n# category: {category}\n# source: us\n# licence: MIT\n\n{names}")
}

fn run(files: &[(&str, &str)]) -> Result<(Compiled, Report), Faults> {
    let inputs: BTreeMap<String, Arc<[u8]>> = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), text.as_bytes().into()))
        .collect();
    compile(&inputs, &vocabulary(), &Secret::new([3; 32]))
}

fn words(compiled: Compiled, hosts: &[&str]) -> Vec<String> {
    let artefact = Artefact::from_bytes(compiled.into_bytes(), &Secret::new([3; 32])).unwrap();
    let vocabulary = vocabulary();
    hosts
        .iter()
        .map(|text| {
            let mut room = HostBuffer::new();
            let labels = artefact.label(&Host::normalise(text, &mut room).unwrap());
            let words: Vec<_> = labels
                .categories
                .iter()
                .map(|id| vocabulary.word(id))
                .collect();
            words.join(" ")
        })
        .collect()
}

const SOURCES: &str = r#"
[[sources]]
id = "theirs"
title = "Their games"
url = "https://lists.test/games"
format = "wildcard"
category = "games"
licence = "CC0"

[[sources]]
id = "later"
title = "Not in use"
url = "https://lists.test/more"
format = "hosts"
category = "games"
licence = "CC0"
enabled = false

[[sources]]
id = "police"
title = "Names from the police"
delivered = true
format = "plain"
category = "illegal-fraud"
licence = "for this school alone"
third_party = false
"#;

#[test]
fn lists_exceptions_and_guard_come_together() {
    let games = starter("games", "play.test\n");
    let users = starter("user-pages", "github.io\n");
    let established = starter("established", "blogspot.com\nlong-known.test\n");
    let (compiled, report) = run(&[
        ("starter/games.txt", &games),
        ("starter/user-pages.txt", &users),
        ("starter/established.txt", &established),
        ("sources.toml", SOURCES),
        (
            "fetched/theirs",
            "*.tables.test\nguarded.test\nwww.guarded.test\nco.uk\n",
        ),
        ("fetched/police", "forbidden.test\n"),
        (
            "exceptions.toml",
            "[[exceptions]]\nname = \"tables.test\"\nclass = \"education\"\nreason = \"sums\"\n",
        ),
        ("guard.txt", "guarded.test\n"),
    ])
    .unwrap();
    let ids: Vec<_> = report
        .lists
        .iter()
        .map(|list| (&*list.id, list.names))
        .collect();
    assert_eq!(
        ids,
        [
            ("starter/established", 2),
            ("starter/games", 1),
            ("starter/user-pages", 1),
            ("theirs", 3),
            ("police", 1)
        ]
    );
    assert_eq!(report.compiled.guarded.len(), 1);
    assert_eq!(report.compiled.exceptions_fired.len(), 1);
    // The refused line of `theirs`.
    assert_eq!(report.warnings.warnings(), 1, "{:?}", report.warnings);
    let hosts = [
        "www.play.test",
        "www.tables.test",
        "guarded.test",
        "www.guarded.test",
        "pupil.github.io",
        "pupil.blogspot.com",
        "www.long-known.test",
        "forbidden.test",
    ];
    let expected = [
        "games",
        "education",
        "",
        "games",
        "user-pages",
        "",
        "established",
        "illegal-fraud",
    ];
    assert_eq!(words(compiled, &hosts), expected);
}

#[test]
fn every_fault_of_every_file_is_told_with_its_place() {
    let bad = "# title: Games\n# category: gmaes\n# source: us\n# licence: MIT\nok.test\n";
    let headless = "# category: games\nok.test\n";
    let lines = starter("games", "ok.test\nhttps://a.test/b\nco.uk\n");
    let sources = r#"
[[sources]]
id = "Bad Id"
title = "x"
file = "../secret"
format = "plain"
category = "gamse"
licence = "x"

[[sources]]
id = "gone"
title = "x"
url = "https://lists.test/x"
format = "plian"
category = "games"
licence = "x"

[[sources]]
id = "unfetched"
title = "x"
url = "https://lists.test/x"
format = "plain"
category = "games"
licence = "x"

[[sources]]
id = "plain-http"
title = "x"
url = "http://lists.test/x"
format = "plain"
category = "games"
licence = "x"
"#;
    let exceptions = "[[exceptions]]\nname = \"a b\"\nreason = \"x\"\n[[exceptions]]\nname = \"a.test\"\nclass = \"games\"\nreason = \"x\"\n[[exceptions]]\nname = \"b.test\"\nreason = \"x\"\n[[exceptions]]\nname = \"B.test.\"\nreason = \"x\"\n";
    let faults = run(&[
        ("starter/bad.txt", bad),
        ("starter/headless.txt", headless),
        ("starter/lines.txt", &lines),
        ("sources.toml", sources),
        ("exceptions.toml", exceptions),
        ("guard.txt", "fine.test\nnot/fine\n"),
    ])
    .unwrap_err();
    let told: Vec<String> = faults
        .iter()
        .map(|fault| {
            let line = fault.position.map_or(0, |position| position.line);
            format!("{}:{line}: {}", fault.file, fault.what)
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    blocklists/exceptions.toml:2: `a b` is no host name
    blocklists/exceptions.toml:6: `games` is no category that opens
    blocklists/exceptions.toml:12: exception `b.test` stands twice
    blocklists/guard.txt:2: the line is no name: a URL, a network or another format
    blocklists/sources.toml:3: `Bad Id` is no id
    blocklists/sources.toml:5: `../secret` does not lie in the folder of the block lists
    blocklists/sources.toml:7: unknown category `gamse`
    blocklists/sources.toml:14: unknown word `plian` for `format`
    blocklists/sources.toml:19: list `unfetched` is in use and was never fetched
    blocklists/sources.toml:29: source `plain-http` is not fetched over HTTPS
    blocklists/starter/bad.txt:2: unknown category `gmaes`
    blocklists/starter/headless.txt:1: the head of the list has no `title`
    blocklists/starter/headless.txt:1: the head of the list has no `source`
    blocklists/starter/headless.txt:1: the head of the list has no `licence`
    blocklists/starter/lines.txt:7: `https://a.test/b` cannot be an entry: a URL, a network or another format
    blocklists/starter/lines.txt:8: `co.uk` cannot be an entry: a public suffix
    ");
}

#[test]
fn the_same_files_give_the_same_artefact() {
    let games = starter("games", "play.test\n203.0.113.7\n");
    let once = run(&[("starter/games.txt", &games)]).unwrap().0;
    let twice = run(&[("starter/games.txt", &games)]).unwrap().0;
    assert_eq!(once.bytes(), twice.bytes());
}

// ILL-04
#[test]
fn an_empty_floor_list_is_a_fault() {
    let sources = SOURCES.replace("https://lists.test/games", "https://lists.test/g");
    let faults = run(&[
        ("sources.toml", &sources),
        ("fetched/theirs", "a.test\n"),
        ("fetched/police", "# nothing\n"),
    ])
    .unwrap_err();
    assert_eq!(faults.errors(), 1);
    assert!(faults.to_string().contains("list `police` has no entry"));
}

// ILL-08
#[test]
fn a_bad_line_of_a_floor_list_is_not_shown() {
    let (_, report) = run(&[
        ("sources.toml", SOURCES),
        ("fetched/theirs", "a.test\n"),
        ("fetched/police", "fine.test\nhttps://forbidden.test/page\n"),
    ])
    .unwrap();
    assert_eq!(report.lists[1].refused.total(), 1);
    let shown = format!("{} {:?}", report.warnings, report.lists);
    assert!(!shown.contains("forbidden"), "{shown}");
}

// ILL-08: what lies in a file of the policy lies in every copy of it.
#[test]
fn a_floor_list_in_the_open_is_refused_with_the_way_to_seal_it() {
    let open = SOURCES.replace("delivered = true", "file = \"lists/police.txt\"");
    let head = starter("illegal-fraud", "forbidden.test\n");
    for files in [
        &[
            ("sources.toml", open.as_str()),
            ("fetched/theirs", "a.test\n"),
            ("lists/police.txt", "forbidden.test\n"),
        ][..],
        &[("starter/police.txt", head.as_str())],
    ] {
        let faults = run(files).unwrap_err();
        assert_eq!(faults.errors(), 1, "{faults}");
        let told = faults.to_string();
        assert!(told.contains("lies open in a file"), "{told}");
        assert!(told.contains("schoolgate lists take"), "{told}");
        assert!(!told.contains("forbidden"), "{told}");
    }
}

#[test]
fn a_folder_is_read_as_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("starter/games.txt", &starter("games", "play.test\n"));
    write("starter/notes.md", "not a list");
    write("sources.toml", SOURCES);
    write("fetched/theirs", "a.test\n");
    write("fetched/later", "not read\n");
    write("fetched/police", "forbidden.test\n");
    write("categories.toml", "");
    let loaded = lists::load(folder.path()).unwrap();
    let paths: Vec<_> = loaded.files.keys().map(String::as_str).collect();
    assert_eq!(
        paths,
        [
            "fetched/police",
            "fetched/theirs",
            "sources.toml",
            "starter/games.txt"
        ]
    );
    assert!(loaded.compile(&vocabulary(), &Secret::new([3; 32])).is_ok());

    std::os::unix::fs::symlink("/dev/zero", folder.path().join("starter/link.txt")).unwrap();
    let faults = lists::load(folder.path()).unwrap_err();
    assert!(faults.to_string().contains("no ordinary file"), "{faults}");
}

const RICH: &str = r#"
[[sources]]
id = "rules"
title = "Rules"
file = "lists/rules.txt"
format = "adblock"
category = "games"
licence = "CC0"

[[sources]]
id = "networks"
title = "Networks"
file = "lists/networks.txt"
format = "addresses"
category = "user-pages"
licence = "CC0"

[[sources]]
id = "police"
title = "Digests"
file = "lists/police.txt"
format = "digests"
category = "illegal-fraud"
licence = "for this school alone"
third_party = false
"#;

// CAT-29, CIR-23, ILL-05
#[test]
fn networks_urls_patterns_and_digests_are_enforced() {
    let salt = "00112233445566778899aabbccddeeff";
    let own = lists::DigestSalt::parse(salt).unwrap();
    let digest = lists::SaltedDigest::of(&own, lists::DigestKind::Url, "a.test/forbidden");
    let police = format!("# salt: {salt}\n{}\n", digest.line());
    let rules = "||play.test^\n||pages.test/arena^\n||ads.*/slot^\n/casino-[0-9]+/\n/[a-z]+/\n";
    let (compiled, report) = run(&[
        ("sources.toml", RICH),
        ("lists/rules.txt", rules),
        (
            "lists/networks.txt",
            "198.51.100.0/25\n203.0.113.1-203.0.113.2\n",
        ),
        ("lists/police.txt", &police),
    ])
    .unwrap();
    let counts: Vec<_> = report
        .lists
        .iter()
        .map(|list| {
            (
                list.names,
                list.networks,
                list.urls,
                list.patterns,
                list.digests,
            )
        })
        .collect();
    assert_eq!(counts, [(1, 0, 1, 2, 0), (0, 1, 0, 0, 0), (0, 0, 0, 0, 1)]);
    let refused = &report.lists[0].refused;
    assert_eq!(refused.counts[&lists::Reason::NotEnforcedBroad], 1);
    let artefact = Artefact::from_bytes(compiled.into_bytes(), &Secret::new([3; 32])).unwrap();
    let vocabulary = vocabulary();
    for (target, expected) in [
        ("https://pages.test/arena/1", "games"),
        ("https://pages.test/arenas", ""),
        ("pages.test", ""),
        ("https://ads.example/slot", "games"),
        ("https://loads.example/slot", ""),
        ("https://x.test/casino-12", "games"),
        ("198.51.100.9", "user-pages"),
        ("203.0.113.2", "user-pages"),
        ("203.0.113.3", ""),
        ("https://a.test/forbidden", "illegal-fraud"),
        ("a.test", ""),
    ] {
        let mut room = HostBuffer::new();
        let target_of = model::Target::parse(target, &mut room).unwrap();
        let labels = artefact.label_target(&target_of);
        let words: Vec<_> = labels
            .categories
            .iter()
            .map(|id| vocabulary.word(id))
            .collect();
        assert_eq!(words.join(" "), expected, "{target}");
    }
}
