//! The starter phrases over pages of our own: what they find, and what they leave in peace.
//!
//! Harmful pages are stand-ins: they bear the words by which such sites are known and show nothing.
//! The first part of a file's name is the theme, the last one before the ending the language.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use content::{Findings, PageKind, PhraseBook, Scan};
use model::{Category, Document, Faults, Files, Vocabulary};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{folder}");
    files
}

/// The categories that the files name, as the shipped vocabulary has them.
fn vocabulary() -> Vocabulary {
    let text = std::fs::read_to_string(root().join("blocklists/categories.toml")).unwrap();
    let mut faults = Faults::default();
    let (_, read) = Document::parse::<Categories>("categories.toml", &text, &mut faults);
    Vocabulary::new(read.unwrap().categories).unwrap()
}

/// The part of the file that matters here.
#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Categories {
    categories: Vec<Category>,
}

fn book() -> PhraseBook {
    let mut phrases = Files::default();
    for (name, text) in files("blocklists/phrases") {
        phrases.insert(format!("blocklists/phrases/{name}"), text);
    }
    let mut faults = Faults::default();
    let book = PhraseBook::compile(&phrases, [], &vocabulary(), &mut faults);
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults, [] as [&str; 0]);
    book
}

fn scanned(book: &PhraseBook, page: &[u8]) -> Findings {
    let mut scan = Scan::new(Arc::clone(book.pages()), PageKind::Html, Some("text/html"));
    scan.feed(page);
    scan.finish()
}

fn told(findings: &Findings) -> String {
    let mut told = String::new();
    for score in findings.scores.iter().filter(|score| score.against > 0) {
        told += &format!("  {} {} {}\n", score.theme, score.against, score.benign);
    }
    for seen in &findings.evidence {
        told += &format!("  {:?} {} ({})\n", seen.effect, seen.phrase, seen.list);
    }
    told
}

/// The limits of young children, older ones, and young adults.
const LIMITS: [u32; 3] = [50, 100, 160];

// CAT-39, CAT-41, MON-02, MON-09: themes and languages.
#[test]
fn harmful_pages_are_above_the_limit_of_their_theme() {
    let book = book();
    let mut missed = String::new();
    for (name, page) in files("tests/fixtures/pages/harmful") {
        let findings = scanned(&book, &page);
        let theme = name.split('.').next().unwrap();
        let (worst, score) = findings
            .worst(LIMITS[1])
            .map_or(("none", 0), |(worst, score)| (worst.theme.as_str(), score));
        if worst != theme || score <= LIMITS[1] as i32 {
            missed += &format!("{name}: {worst} {score}\n{}", told(&findings));
        }
    }
    assert_eq!(missed, "");
}

// CAT-42: health, RSE, LGBT+, history, literature, place names, help.
#[test]
fn harmless_pages_are_below_the_limit_of_young_children() {
    let book = book();
    let mut closed = String::new();
    for (name, page) in files("tests/fixtures/pages/harmless") {
        let findings = scanned(&book, &page);
        if findings.exceeds(LIMITS[0]) {
            closed += &format!("{name}\n{}", told(&findings));
        }
    }
    assert_eq!(closed, "");
}

#[test]
fn a_harmful_page_cannot_open_itself_with_helplines() {
    let book = book();
    let helplines = "helpline, PSHE, GCSE, lesson plan, KS3, charity number, nhs.uk, museum. ";
    for (name, page) in files("tests/fixtures/pages/harmful") {
        let before = scanned(&book, &page);
        let mut page = page;
        page.extend_from_slice(helplines.repeat(50).as_bytes());
        let after = scanned(&book, &page);
        for (before, after) in before.scores.iter().zip(&after.scores) {
            assert!(after.score(50) >= before.score(50) - 120, "{name}");
        }
    }
}

// CAT-40, MON-02.
#[test]
fn a_search_is_known_by_its_theme() {
    let book = book();
    for (term, theme) in [
        ("how to kill myself", "suicide"),
        ("i want to d1e", "suicide"),
        ("how to cut myself", "self-harm"),
        ("pro ana tips", "eating-disorders"),
        ("FREE P0RN", "adult"),
        ("buy weed near me", "drugs"),
        ("csgo gambling", "gambling"),
        ("how to join isis", "extremism"),
        ("someone is blackmailing me", "grooming"),
        ("how to make a bomb", "violence"),
        ("sut i ladd fy hun", "suicide"),
        ("jak się zabić", "suicide"),
        ("أريد أن أموت", "suicide"),
        ("خودکشی کے طریقے", "suicide"),
        ("ਖੁਦਕੁਸ਼ੀ ਕਿਵੇਂ ਕਰੀਏ", "suicide"),
        ("cum să mă sinucid", "suicide"),
        ("comment se suicider", "suicide"),
    ] {
        let findings = book.search(term);
        assert!(findings.exceeds(PhraseBook::SEARCH_LIMIT), "{term}");
        let (worst, _) = findings.worst(PhraseBook::SEARCH_LIMIT).unwrap();
        assert_eq!(worst.theme, theme, "{term}");
    }
}

#[test]
fn a_search_for_school_is_left_in_peace() {
    let book = book();
    for term in [
        "essex county council",
        "scunthorpe united",
        "romeo and juliet summary",
        "photosynthesis ks3",
        "world war 2 facts",
        "sexual reproduction in plants",
        "breast cancer symptoms",
        "how to revise for gcse",
        "blue tit nest box",
        "history of the caliphate",
        "macbeth murder scene",
        "what is a joint in the body",
        "roman gladiators",
        "killer whale",
        "cock a doodle doo",
        "gay rights movement",
        "probability tree diagram",
    ] {
        let findings = book.search(term);
        assert!(
            !findings.exceeds(PhraseBook::SEARCH_LIMIT),
            "{term}: {}",
            told(&findings)
        );
    }
}

// Twelve themes; English and seven other languages that UK schools speak.
#[test]
fn every_theme_speaks_every_language() {
    let book = book();
    assert_eq!(book.themes().len(), 12);
    for (name, text) in files("blocklists/phrases") {
        let text = String::from_utf8(text).unwrap();
        for language in ["en", "cy", "fr", "pl", "ur", "ar", "pa", "ro"] {
            assert!(
                text.contains(&format!("[phrases.{language}]")),
                "{name}: {language}"
            );
        }
    }
    assert!(book.pages().len() >= 1000, "{}", book.pages().len());
}
