//! Phrase lists of others and of the school come together in one book, or their faults are told.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use content::{PhraseBook, Scan};
use lists::{Reason, Report, compile, compile_phrases};
use matcher::Secret;
use model::{Category, CategoryClass, Faults, Vocabulary};
use std::collections::BTreeMap;
use std::sync::Arc;

fn vocabulary() -> Vocabulary {
    let category = |id: &str, class| Category {
        id: id.into(),
        title: format!("All {id}"),
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
        category("gambling", CategoryClass::Against),
        category("education", CategoryClass::Allow),
    ])
    .unwrap()
}

fn inputs(files: &[(&str, &str)]) -> BTreeMap<String, Arc<[u8]>> {
    files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), text.as_bytes().into()))
        .collect()
}

fn book(files: &[(&str, &str)]) -> (PhraseBook, Vec<String>) {
    let mut faults = Faults::default();
    let book = compile_phrases(&inputs(files), &vocabulary(), &mut faults);
    (book, faults.iter().map(ToString::to_string).collect())
}

fn report(files: &[(&str, &str)]) -> Result<Report, Faults> {
    let made = compile(&inputs(files), &vocabulary(), &Secret::new([3; 32]));
    made.map(|(_, report)| report)
}

fn source(id: &str, category: &str) -> String {
    format!(
        "[[sources]]\nid = \"{id}\"\ntitle = \"{id}\"\nfile = \"lists/{id}\"\n\
         format = \"phrases-weighted\"\ncategory = \"{category}\"\nlicence = \"CC0\"\n"
    )
}

const OURS: &str = "title = \"Bets\"\ntheme = \"gambling\"\ncategory = \"gambling\"\n\
    [phrases.en]\n40 = [\"casino bonus\"]\n";

#[test]
fn an_imported_list_is_looked_for_beside_the_schools_own() {
    let sources = source("theirs", "gambling");
    let theirs = "#listcategory: \"Betting\"\n< free spins ><70>\n<jackpot><30>\n<ab><90>\n< ><9>\nno phrase\n";
    let files = [
        ("sources.toml", sources.as_str()),
        ("lists/theirs", theirs),
        ("phrases/gambling.toml", OURS),
    ];
    let (book, faults) = book(&files);
    assert_eq!(faults, [] as [&str; 0]);
    let findings = Scan::of_text(book.pages(), "Megajackpots, free spins and a casino bonus");
    let score = findings.scores.iter().find(|one| one.theme == "gambling");
    assert_eq!(score.unwrap().against, 140);
    assert_eq!(book.theme("gambling").unwrap().title, "Bets");

    // Part of a word says too little of a search.
    let bears = |term: &str| {
        !book
            .categories_of_search(term, 100, &vocabulary())
            .is_empty()
    };
    assert!(bears("free spins"));
    assert!(bears("casino bonus"));
    assert!(!bears("jackpots of jackpotting"));

    let report = report(&files).unwrap();
    let list = &report.lists[0];
    assert_eq!((list.id.as_str(), list.phrases), ("theirs", 2));
    assert_eq!(list.refused.counts[&Reason::NotEnforcedShort], 1);
    assert_eq!(list.refused.total(), 3);
}

#[test]
fn a_broken_file_of_phrases_is_told_with_its_line() {
    let broken = OURS.replace("\"casino bonus\"", "\"casino bonus\", \"++\", \"*x*\"");
    let (_, faults) = book(&[("phrases/gambling.toml", &broken)]);
    assert_eq!(faults.len(), 2, "{faults:?}");
    for fault in &faults {
        assert!(
            fault.contains("blocklists/phrases/gambling.toml:5:"),
            "{fault}"
        );
    }
    let unknown = OURS.replace("category = \"gambling\"", "category = \"gamblin\"");
    let (_, faults) = book(&[("phrases/gambling.toml", &unknown)]);
    assert!(
        faults[0].contains(":3:") && faults[0].contains("`gambling`"),
        "{faults:?}"
    );
    let opens = OURS.replace("category = \"gambling\"", "category = \"education\"");
    let (_, faults) = book(&[("phrases/gambling.toml", &opens)]);
    assert!(faults[0].contains("opens sites"), "{faults:?}");
    let (_, faults) = book(&[("phrases/gambling.toml", "title = [")]);
    assert!(!faults.is_empty());
}

#[test]
fn phrases_cannot_speak_for_a_site() {
    let sources = source("theirs", "education");
    let files = [
        ("sources.toml", sources.as_str()),
        ("lists/theirs", "<lesson><9>\n"),
    ];
    let faults = report(&files).unwrap_err();
    assert!(faults.to_string().contains("opens sites"), "{faults}");
}

// ILL-18: words of illegal content are counted and never shown.
#[test]
fn a_phrase_of_illegal_content_closes_a_search_and_appears_nowhere() {
    let sources = source("secret", "illegal-csam");
    let files = [
        ("sources.toml", sources.as_str()),
        ("lists/secret", "< zzkeyword ><70>\n<qq><5>\n"),
    ];
    let (book, faults) = book(&files);
    assert_eq!(faults, [] as [&str; 0]);
    let vocabulary = vocabulary();
    let borne = book.categories_of_search("a ZZ\u{200b}keyword here", 100, &vocabulary);
    assert!(borne.meets(vocabulary.floor()));
    assert!(
        book.categories_of_search("zzkeywords", 100, &vocabulary)
            .is_empty()
    );
    let findings = Scan::of_text(book.pages(), "one zzkeyword two");
    assert_eq!(findings.evidence.len(), 1);
    let shown = format!("{findings:?} {:?}", report(&files));
    assert!(
        !shown.contains("zzkeyword") && !shown.contains("qq"),
        "{shown}"
    );
}
