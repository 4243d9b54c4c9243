use super::*;
use crate::phrase::{Phrase, PhraseEffect, PhraseList, PhrasePart};
use crate::phrases::RefusedPhraseReason;
use proptest::prelude::*;

fn list(theme: Option<&str>, window: Option<u32>) -> Arc<PhraseList> {
    Arc::new(PhraseList {
        name: "test".to_owned(),
        theme: theme.map(str::to_owned),
        stand_ins: true,
        arabic_prefixes: true,
        window,
        withheld: false,
    })
}

/// Reads `a + *b*` as a list would write it.
fn phrase(text: &str, weight: i32, list: &Arc<PhraseList>) -> Phrase {
    let part = |text: &str| PhrasePart {
        begins_word: !text.starts_with('*'),
        ends_word: !text.ends_with('*'),
        text: text.trim_matches('*').to_owned(),
    };
    Phrase {
        parts: text.split(" + ").map(part).collect(),
        effect: PhraseEffect::Weighs(weight),
        list: Arc::clone(list),
    }
}

fn compiled(phrases: &[(&str, i32)]) -> Arc<Phrases> {
    let list = list(Some("theme"), Some(40));
    let phrases = phrases
        .iter()
        .map(|(text, weight)| phrase(text, *weight, &list));
    let (phrases, refused) = Phrases::compile(phrases);
    assert_eq!(refused, []);
    Arc::new(phrases)
}

fn found(phrases: &Arc<Phrases>, text: &str) -> Vec<String> {
    let findings = Scan::of_text(phrases, text);
    findings
        .evidence
        .into_iter()
        .map(|seen| seen.phrase)
        .collect()
}

// CAT-41: case, diacritics, homoglyphs, invisible characters, digits for letters, spacing.
#[test]
fn a_word_is_found_however_it_is_dressed() {
    let phrases = compiled(&[("bad word", 10)]);
    for text in [
        "BAD WORD",
        "a bad, word!",
        "bád wörd",
        "b\u{430}d w\u{43e}rd",
        "b\u{200b}ad wo\u{ad}rd",
        "ｂａｄ　ｗｏｒｄ",
        "b4d w0rd",
        "8ad word",
        "b@d word",
        "bad-word",
        "bad\nword",
        "𝓫𝓪𝓭 word",
    ] {
        assert_eq!(found(&phrases, text), ["bad word"], "{text}");
    }
    for text in [
        "bad words",
        "abad word",
        "bad a word",
        "ba d word",
        "b4d w0rds",
        "bad",
    ] {
        assert_eq!(found(&phrases, text), [] as [&str; 0], "{text}");
    }
    let single = compiled(&[("badword", 10)]);
    assert_eq!(found(&single, "so b a d w o r d it is"), ["badword"]);
    assert_eq!(found(&single, "b.a.d.w.o.r.d"), ["badword"]);
    assert_eq!(found(&single, "$badw0rd"), [] as [&str; 0]);
}

// CAT-42: whole words.
#[test]
fn a_word_within_another_is_not_it() {
    let phrases = compiled(&[("sex", 50), ("*burg", 5), ("drug*", 5)]);
    assert_eq!(
        found(&phrases, "Essex, Sussex and Middlesex"),
        [] as [&str; 0]
    );
    assert_eq!(found(&phrases, "Edinburg druggist"), ["*burg", "drug*"]);
}

#[test]
fn parts_count_when_they_stand_near_each_other() {
    let phrases = compiled(&[("one + two", 10)]);
    assert_eq!(found(&phrases, "two and then one"), ["one + two"]);
    let far = format!("one {} two", "x ".repeat(40));
    assert_eq!(found(&phrases, &far), [] as [&str; 0]);
    assert_eq!(found(&phrases, &format!("{far} one")), ["one + two"]);
    let anywhere = list(Some("theme"), None);
    let (anywhere, _) = Phrases::compile([phrase("one + two", 10, &anywhere)]);
    assert_eq!(found(&Arc::new(anywhere), &far), ["one + two"]);
}

#[test]
fn scripts_without_spaces_are_searched_within() {
    let phrases = compiled(&[("*赌场*", 10), ("*การพนัน*", 10), ("ਨਸ਼ਾ", 10)]);
    assert_eq!(found(&phrases, "最好的赌场在这里"), ["*赌场*"]);
    assert_eq!(found(&phrases, "เว็บการพนันออนไลน์"), ["*การพนัน*"]);
    assert_eq!(found(&phrases, "ਇਹ ਨਸ਼ਾ ਹੈ"), ["ਨਸ਼ਾ"]);
}

#[test]
fn arabic_words_are_found_behind_their_prefixes() {
    let phrases = compiled(&[("مخدرات", 10)]);
    for text in [
        "مخدرات",
        "المخدرات",
        "والمخدرات",
        "بالمخدرات",
        "للمخدرات",
        "الْمُخَدِّرَات",
    ] {
        assert_eq!(found(&phrases, text).len(), 1, "{text}");
    }
}

#[test]
fn a_phrase_counts_once_and_themes_apart() {
    let (one, two, all) = (
        list(Some("one"), None),
        list(Some("two"), None),
        list(None, None),
    );
    let (phrases, _) = Phrases::compile([
        phrase("alpha", 30, &one),
        phrase("beta", 40, &two),
        phrase("lesson", -10, &all),
    ]);
    let findings = Scan::of_text(&Arc::new(phrases), "alpha alpha beta lesson alpha lesson");
    let scores: Vec<i32> = findings
        .scores
        .iter()
        .map(|theme| theme.score(100))
        .collect();
    assert_eq!(scores, [20, 30]);
    assert_eq!(findings.worst(100).unwrap().0.theme, "two");
}

#[test]
fn what_cannot_be_looked_for_is_given_back() {
    let list = list(Some("theme"), None);
    let many = vec!["x1"; 17].join(" + ");
    let long = "x".repeat(300);
    let phrases = ["ok word", "...", "*ab*", &many, &long, "a*"];
    let (compiled, refused) = Phrases::compile(phrases.map(|text| phrase(text, 1, &list)));
    assert_eq!(compiled.len(), 1);
    let reasons: Vec<_> = refused
        .iter()
        .map(|refused| (refused.place, refused.reason))
        .collect();
    assert_eq!(
        reasons,
        [
            (1, RefusedPhraseReason::Empty),
            (2, RefusedPhraseReason::TooShort),
            (3, RefusedPhraseReason::TooManyParts),
            (4, RefusedPhraseReason::TooLong),
            (5, RefusedPhraseReason::TooShort),
        ]
    );
}

fn scanned(phrases: &Arc<Phrases>, kind: PageKind, pieces: &[&[u8]]) -> Findings {
    let mut scan = Scan::new(Arc::clone(phrases), kind, None);
    for piece in pieces {
        scan.feed(piece);
    }
    scan.finish()
}

const PAGE: &str = "<!doctype html><title>An &eacute;vil tit&#108;e</title><meta name=keywords \
    content='one, two'><p>A b<b>a</b>d w0rd, b\u{430}d word; t h i s w o r d.<!-- bad word --><div \
    title=\"far &amp; near\">中文赌场 one</div><script>two</script> \u{1d4eb}ad w\u{ad}ord two £";

fn of_page() -> Arc<Phrases> {
    compiled(&[
        ("bad word", 20),
        ("evil title", 5),
        ("one + two", 7),
        ("*赌场*", 9),
        ("thisword", 3),
        ("far near", -4),
        ("b* word", 1),
        ("*d w*", 2),
    ])
}

#[test]
fn a_page_cut_at_every_byte_gives_the_same_findings() {
    let phrases = of_page();
    // Long enough to leave the head, in which the charset is looked for, and the first piece.
    for page in [
        PAGE.to_owned(),
        format!("{}{PAGE}", "filling b4d ".repeat(90)),
    ] {
        let page = page.as_bytes();
        let whole = scanned(&phrases, PageKind::Html, &[page]);
        assert!(whole.evidence.len() >= 6, "{whole:#?}");
        for cut in 0..=page.len() {
            let (before, after) = page.split_at(cut);
            let cut_up = scanned(&phrases, PageKind::Html, &[before, after]);
            assert_eq!(cut_up, whole, "{cut}");
        }
        let single: Vec<&[u8]> = page.chunks(1).collect();
        assert_eq!(scanned(&phrases, PageKind::Html, &single), whole);
    }
}

#[test]
fn a_long_page_cut_up_gives_the_same_findings() {
    let phrases = of_page();
    let page = format!(
        "{}{PAGE}{}{PAGE}",
        "b4d text and w0rds ".repeat(2000),
        "one ".repeat(9000)
    );
    let whole = scanned(&phrases, PageKind::Html, &[page.as_bytes()]);
    for size in [1, 7, 1000, 1024, 4093, 8192, 8193, 20_000] {
        let pieces: Vec<&[u8]> = page.as_bytes().chunks(size).collect();
        assert_eq!(scanned(&phrases, PageKind::Html, &pieces), whole, "{size}");
    }
}

proptest! {
    #[test]
    fn any_bytes_cut_anywhere_give_the_same_findings(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        html in "([ab0-9@$ <>&;#/'\"=!-]|bad w0rd|<!--|-->|<script|</script>|<title>|&amp;){0,60}",
        cut in any::<proptest::sample::Index>(),
    ) {
        let phrases = of_page();
        for page in [&bytes, html.as_bytes()] {
            for kind in [PageKind::Html, PageKind::Plain, PageKind::Json] {
                let whole = scanned(&phrases, kind, &[page]);
                let (before, after) = page.split_at(cut.index(page.len() + 1));
                prop_assert_eq!(scanned(&phrases, kind, &[before, after]), whole);
            }
        }
    }
}

#[test]
fn other_charsets_are_read() {
    let phrases = compiled(&[("żółć", 10)]);
    let latin2 = b"<meta charset=iso-8859-2><p>\xbf\xf3\xb3\xe6 ";
    assert_eq!(
        scanned(&phrases, PageKind::Html, &[latin2]).evidence.len(),
        1
    );
    let utf16: Vec<u8> = "\u{feff}x żółć x"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let single: Vec<&[u8]> = utf16.chunks(1).collect();
    assert_eq!(scanned(&phrases, PageKind::Html, &single).evidence.len(), 1);
}

#[test]
fn what_a_scan_keeps_is_bounded() {
    let phrases = of_page();
    let mut scan = Scan::new(phrases, PageKind::Html, None);
    let piece = "bad word 1t 1s ".repeat(1000);
    for _ in 0..200 {
        scan.feed(piece.as_bytes());
    }
    assert!(scan.folder.bytes.capacity() < 16 * PIECE);
    assert!(scan.folder.stand_ins.capacity() < 16 * PIECE);
    assert_eq!(scan.finish().read, 200 * piece.len() as u64);
}

#[test]
fn kinds_are_known_by_their_type() {
    for (value, kind) in [
        ("text/html; charset=utf-8", Some(PageKind::Html)),
        ("application/ld+json", Some(PageKind::Json)),
        ("TEXT/PLAIN", Some(PageKind::Plain)),
        ("text/event-stream", Some(PageKind::Plain)),
        ("application/rss+xml", Some(PageKind::Html)),
        ("text/css", None),
        ("image/png", None),
        ("image/svg+xml", Some(PageKind::Html)),
        ("", None),
    ] {
        assert_eq!(PageKind::of_content_type(value), kind, "{value}");
    }
}
