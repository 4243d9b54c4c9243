//! The lists that Schoolgate ships compile without a fault and say what they should.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use matcher::{Artefact, Secret};
use model::{Category, Host, HostBuffer, Vocabulary};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../blocklists")
}

#[derive(serde::Deserialize)]
struct Categories {
    categories: Vec<Category>,
}

fn vocabulary() -> Vocabulary {
    let text = std::fs::read_to_string(folder().join("categories.toml")).unwrap();
    Vocabulary::new(toml::from_str::<Categories>(&text).unwrap().categories).unwrap()
}

#[test]
fn the_shipped_lists_have_no_fault() {
    let secret = Secret::new([5; 32]);
    let loaded = lists::load(&folder()).unwrap_or_else(|faults| panic!("{faults}"));
    let vocabulary = vocabulary();
    let (compiled, report) = loaded
        .compile(&vocabulary, &secret)
        .unwrap_or_else(|faults| panic!("{faults}"));
    assert!(report.warnings.is_empty(), "{}", report.warnings);
    let starter = report
        .lists
        .iter()
        .filter(|list| list.id.starts_with("starter/"));
    let names: usize = starter.map(|list| list.names).sum();
    assert!(names >= 2_500, "{names} names");
    assert!(
        report
            .lists
            .iter()
            .all(|list| list.id.starts_with("starter/")),
        "sources are off"
    );

    let artefact = Artefact::from_bytes(compiled.into_bytes(), &secret).unwrap();
    for (host, word) in [
        ("www.tiktok.com", "social"),
        ("www.bet365.com", "gambling"),
        ("chatgpt.com", "ai-chat"),
        ("someone.github.io", "user-pages"),
        ("www.pornhub.com", "adult"),
    ] {
        let mut room = HostBuffer::new();
        let labels = artefact.label(&Host::normalise(host, &mut room).unwrap());
        let words: Vec<_> = labels
            .categories
            .iter()
            .map(|id| vocabulary.word(id))
            .collect();
        assert!(words.contains(&word), "{host} bears {words:?}");
    }
}

#[test]
fn no_excepted_name_bears_a_label_of_ours_against_it() {
    let secret = Secret::new([5; 32]);
    let vocabulary = vocabulary();
    let loaded = lists::load(&folder()).unwrap_or_else(|faults| panic!("{faults}"));
    let (compiled, _) = loaded
        .compile(&vocabulary, &secret)
        .unwrap_or_else(|faults| panic!("{faults}"));
    let artefact = Artefact::from_bytes(compiled.into_bytes(), &secret).unwrap();
    let text = std::str::from_utf8(&loaded.files["exceptions.toml"]).unwrap();
    let file: lists::ExceptionsFile = toml::from_str(text).unwrap();
    let against: Vec<String> = file
        .exceptions
        .iter()
        .filter_map(|exception| {
            let mut room = HostBuffer::new();
            let host = Host::normalise(&exception.name, &mut room).unwrap();
            let labels = artefact.label(&host).categories & vocabulary.against();
            let words: Vec<_> = labels.iter().map(|id| vocabulary.word(id)).collect();
            (!words.is_empty()).then(|| format!("{}: {}", exception.name, words.join(" ")))
        })
        .collect();
    assert!(against.is_empty(), "{against:#?}");
}

// OPS-24
#[test]
fn every_shipped_source_can_be_fetched_and_says_whose_it_is() {
    let text = std::fs::read_to_string(folder().join("sources.toml")).unwrap();
    let mut file: lists::SourcesFile = toml::from_str(&text).unwrap();
    assert!(file.sources.len() >= 100);
    let vocabulary = vocabulary();
    for source in &mut file.sources {
        let id = &source.id;
        let addresses = source
            .url
            .iter()
            .chain(&source.mirrors)
            .chain(&source.digests);
        assert!(source.url.is_some() && !source.licence.is_empty(), "{id}");
        for address in addresses {
            assert!(address.starts_with("https://"), "{id}: {address}");
        }
        assert!(!source.enabled && source.third_party, "{id}");
        assert!(vocabulary.find(&source.category).is_some(), "{id}");
        // No list of others opens anything unless a school says so.
        let opens = vocabulary
            .allow()
            .contains(vocabulary.find(&source.category).unwrap());
        assert!(!(opens && source.recommended), "{id}");
        if source.id.starts_with("ut1-") {
            assert_eq!(
                source.hours,
                Some(lists::FetchHours { from: 19, to: 8 }),
                "{id}"
            );
            assert!(
                source.digests.is_some() && source.attribution.is_some(),
                "{id}"
            );
        }
        source.enabled = source.id == "ut1-gambling";
    }
    insta::assert_snapshot!(lists::notice(&file.sources), @r"
    Lists in use, by others. Each is fetched from its publisher under its own licence; the
    compiled lists are an adaptation of them.

    UT1: gambling
      licence: CC BY-SA 4.0
      by: Université Toulouse Capitole, Fabrice Prigent
      from: https://dsi.ut-capitole.fr/blacklists/download/gambling.tar.gz
    ");
}
