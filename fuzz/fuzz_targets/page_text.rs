//! No bytes make the reading of a page panic, and no cut changes what is found.
#![no_main]

use content::{Findings, PageKind, Phrase, PhraseEffect, PhraseList, PhrasePart, Phrases, Scan};
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

/// Phrases of every kind: whole words, stems, anywhere, several parts, harmless context.
static PHRASES: LazyLock<Arc<Phrases>> = LazyLock::new(|| {
    let texts = [
        ("bad word", 20),
        ("b*", 1),
        ("*d w*", 2),
        ("*赌场*", 9),
        ("one + two", 7),
        ("مخدرات", 5),
        ("lesson", -4),
    ];
    let list = Arc::new(PhraseList {
        name: "fuzz".to_owned(),
        theme: Some("theme".to_owned()),
        stand_ins: true,
        arabic_prefixes: true,
        window: Some(60),
        withheld: false,
    });
    let part = |text: &str| PhrasePart {
        begins_word: !text.starts_with('*'),
        ends_word: !text.ends_with('*'),
        text: text.trim_matches('*').to_owned(),
    };
    let phrases = texts.map(|(text, weight)| Phrase {
        parts: text.split(" + ").map(part).collect(),
        effect: PhraseEffect::Weighs(weight),
        list: Arc::clone(&list),
    });
    Arc::new(Phrases::compile(phrases).0)
});

fn scan(kind: PageKind, charset: Option<&str>, pieces: &[&[u8]]) -> Findings {
    let mut scan = Scan::new(Arc::clone(&PHRASES), kind, charset);
    for piece in pieces {
        scan.feed(piece);
    }
    scan.finish()
}

fuzz_target!(|bytes: &[u8]| {
    let [kind, cut, page @ ..] = bytes else {
        return;
    };
    let charset = (kind & 4 > 0).then_some("text/html; charset=utf-8");
    let kind = match kind % 3 {
        0 => PageKind::Html,
        1 => PageKind::Plain,
        _ => PageKind::Json,
    };
    let whole = scan(kind, charset, &[page]);
    let (before, after) = page.split_at(page.len() * usize::from(*cut) / 256);
    assert_eq!(scan(kind, charset, &[before, after]), whole);
    assert!(whole.evidence.len() <= Findings::MOST_EVIDENCE);
    assert!(whole.evidence.iter().all(|seen| seen.around.len() < 512));
});
