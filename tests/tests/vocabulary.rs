//! The vocabulary covers every name that a school's provider checklist asks for.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use model::{Category, CategoryClass, CategoryDefault, FLOOR, Vocabulary};
use schoolgate_tests::categories;
use std::collections::BTreeSet;

/// UK Safer Internet Centre, appropriate filtering, 2025/26.
const THEMES_2025: [&str; 10] = [
    "Illegal",
    "Gambling",
    "Hate speech / Discrimination",
    "Harmful content",
    "Malware / Hacking",
    "Mis / Dis information",
    "Piracy and copyright theft",
    "Pornography",
    "Self-harm and eating disorders",
    "Violence against women and girls",
];

/// What the set of 2023/24 names apart or by another name.
const THEMES_2023: [&str; 5] = [
    "Discrimination",
    "Drugs / Substance abuse",
    "Extremism",
    "Hate speech",
    "Violence",
];

/// What the requirements ask for, row by row.
const ROWS: &[(&str, &[&str])] = &[
    ("CAT-02", &["adult"]),
    ("CAT-03", &["gambling"]),
    ("CAT-04", &["hate", "discrimination"]),
    ("CAT-05", &["violence", "bullying"]),
    ("CAT-06", &["extremism"]),
    ("CAT-07", &["self-harm", "suicide", "eating-disorders"]),
    ("CAT-08", &["drugs"]),
    ("CAT-09", &["malware", "phishing", "hacking", "scam"]),
    ("CAT-10", &["piracy"]),
    ("CAT-11", &["misinformation"]),
    ("CAT-12", &["vawg"]),
    (
        "CAT-13",
        &["social", "forums", "wikis", "podcasts", "photo-sharing"],
    ),
    ("CAT-14", &["messaging"]),
    ("CAT-15", &["chat-rooms"]),
    ("CAT-16", &["webmail"]),
    ("CAT-17", &["games", "games-educational"]),
    ("CAT-19", &["shopping"]),
    ("CAT-20", &["filehosting"]),
    ("CAT-21", &["video"]),
    ("CAT-22", &["blogs"]),
    ("CAT-23", &["business", "politics", "ads"]),
    ("CAT-24", &["disrepute"]),
    ("CAT-27", &["browser-downloads"]),
    ("CAT-28", &["image-search"]),
    (
        "CAT-29",
        &["translation", "web-cache", "proxy", "user-pages"],
    ),
    ("CAT-30", &["established"]),
    ("CAT-31", &["video-conferencing"]),
    ("CAT-32", &["webcams"]),
    (
        "CAT-33",
        &[
            "dating",
            "weapons",
            "gore",
            "adult-chat",
            "alcohol",
            "vaping",
            "sects",
            "cheating",
        ],
    ),
    ("CAT-34", &["ads"]),
    ("CAT-35", &["shortener"]),
    ("CAT-44", &["profanity"]),
    ("CIR-01", &["proxy", "doh", "remote"]),
    (
        "GAI-01",
        &[
            "ai-chat",
            "ai-media",
            "ai-companion",
            "ai-search",
            "ai-coding",
            "ai-writing",
            "ai-deepfake",
        ],
    ),
    ("AGE-06", &["child-search"]),
    (
        "AGE-04",
        &["child-safe", "education", "reference", "infrastructure"],
    ),
    ("CAT-42", &["health-rse", "help"]),
];

fn vocabulary() -> Vocabulary {
    Vocabulary::new(categories()).unwrap()
}

// CAT-01
#[test]
fn every_theme_of_both_checklists_has_a_category() {
    let shipped = categories();
    let now: BTreeSet<&str> = shipped
        .iter()
        .map(|category| category.theme.as_str())
        .collect();
    let before: BTreeSet<&str> = shipped
        .iter()
        .filter_map(|category| category.theme_2023.as_deref())
        .collect();
    let missing: Vec<&str> = THEMES_2025
        .into_iter()
        .filter(|theme| !now.contains(theme))
        .chain(
            THEMES_2023
                .into_iter()
                .filter(|theme| !before.contains(theme)),
        )
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}

// CAT-01
#[test]
fn no_category_has_a_theme_that_no_checklist_knows() {
    let ours = ["School policy", "Generative AI", "Allowed"];
    for category in categories() {
        let theme = category.theme.as_str();
        assert!(
            THEMES_2025.contains(&theme) || ours.contains(&theme),
            "{}: {theme}",
            category.id
        );
        if let Some(theme) = category.theme_2023.as_deref() {
            assert!(THEMES_2023.contains(&theme), "{}: {theme}", category.id);
        }
    }
}

// CAT-02 to CAT-44, GAI-01
#[test]
fn every_row_of_the_requirements_has_its_categories() {
    let vocabulary = vocabulary();
    for (row, ids) in ROWS {
        for id in *ids {
            assert!(vocabulary.find(id).is_some(), "{row} asks for `{id}`");
        }
    }
}

// ILL-15
#[test]
fn every_offence_of_the_floor_is_shipped_locked_and_alerting() {
    let shipped = categories();
    for floor in FLOOR {
        let found = shipped.iter().find(|category| category.id == floor.id);
        let category = found.unwrap_or_else(|| panic!("`{}` has no words for people", floor.id));
        assert_eq!(
            category.offence.as_deref(),
            Some(floor.offence),
            "{}",
            floor.id
        );
        assert_eq!(category.class, CategoryClass::Floor);
        assert!(category.locked && category.alert, "{}", floor.id);
    }
    let floor = shipped
        .iter()
        .filter(|category| category.class == CategoryClass::Floor);
    assert_eq!(floor.count(), FLOOR.len());
}

#[test]
fn there_are_at_least_sixty_categories_and_room_for_a_schools_own() {
    let count = vocabulary().iter().count();
    assert!((60..=112).contains(&count), "{count} categories");
}

// CAT-36
#[test]
fn every_category_can_be_read_by_a_parent() {
    for category in categories() {
        let Category {
            id, title, words, ..
        } = &category;
        assert!(
            title.chars().next().is_some_and(char::is_uppercase),
            "{id}: {title}"
        );
        assert!(words.ends_with('.') && words.len() >= 7, "{id}: {words}");
        assert!(
            words.len() <= 240,
            "{id}: the words are longer than a block page bears"
        );
    }
}

// CAT-02, CAT-03, CAT-04, CAT-05, CAT-06, CAT-07, CAT-09, CAT-10, CAT-12
#[test]
fn what_no_school_allows_is_closed_for_everybody_by_default() {
    let shipped = categories();
    for id in [
        "adult",
        "gambling",
        "hate",
        "discrimination",
        "violence",
        "extremism",
        "self-harm",
        "suicide",
        "eating-disorders",
        "malware",
        "phishing",
        "hacking",
        "piracy",
        "vawg",
        "drugs",
        "proxy",
        "doh",
        "ai-companion",
        "ai-deepfake",
    ] {
        let category = shipped.iter().find(|category| category.id == id).unwrap();
        assert_eq!(category.default, Some(CategoryDefault::Block), "{id}");
    }
}

// CAT-07
#[test]
fn harm_to_oneself_alerts_even_where_a_school_opens_it() {
    let vocabulary = vocabulary();
    for id in ["self-harm", "suicide", "eating-disorders", "extremism"] {
        assert!(
            vocabulary.alerting().contains(vocabulary.find(id).unwrap()),
            "{id}"
        );
    }
}

// AGE-16
#[test]
fn services_with_a_minimum_age_in_law_or_terms_carry_it() {
    let shipped = categories();
    for (id, least) in [
        ("gambling", 18),
        ("adult", 18),
        ("alcohol", 18),
        ("vaping", 18),
        ("social", 13),
    ] {
        let category = shipped.iter().find(|category| category.id == id).unwrap();
        assert_eq!(category.minimum_age, Some(least), "{id}");
    }
}

#[test]
fn allow_class_categories_never_close() {
    for category in categories() {
        if category.class == CategoryClass::Allow {
            assert_eq!(category.default, None, "{}", category.id);
            assert!(!category.locked && !category.alert, "{}", category.id);
        } else if category.class == CategoryClass::Against {
            assert!(category.default.is_some(), "{}", category.id);
        }
    }
}
