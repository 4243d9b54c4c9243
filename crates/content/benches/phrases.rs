//! What looking for 11,500 phrases in pages costs, beside automata on the same text.
#![allow(
    missing_docs,
    reason = "criterion's macros make functions without documentation"
)]

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use content::{PageKind, Phrase, PhraseEffect, PhraseList, PhrasePart, Phrases, Scan};
use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use daachorse::DoubleArrayAhoCorasick;
use std::collections::BTreeSet;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % sides
    }

    /// A word of a text: two in three are common ones.
    fn word(&mut self) -> String {
        if self.throw(3) > 0 {
            return COMMON[self.throw(COMMON.len())].to_owned();
        }
        self.rare(&SYLLABLES)
    }

    /// A word of a phrase: one in six is a common one, one in six looks like others of texts.
    fn listed(&mut self) -> String {
        match self.throw(6) {
            0 => COMMON[self.throw(COMMON.len())].to_owned(),
            1 => self.rare(&SYLLABLES),
            _ => self.rare(&OTHER_SYLLABLES),
        }
    }

    fn rare(&mut self, syllables: &[&str]) -> String {
        (0..2 + self.throw(3))
            .map(|_| syllables[self.throw(syllables.len())])
            .collect()
    }
}

/// Phrases of one to three words, of which a share begins anywhere, as published lists have it.
fn texts(anywhere: usize) -> Vec<PhrasePart> {
    let mut dice = Dice(7);
    let mut texts = BTreeSet::new();
    while texts.len() < 11_500 {
        let words: Vec<String> = (0..1 + dice.throw(3)).map(|_| dice.listed()).collect();
        let text = words.join(" ");
        if text.len() > 5 && !COMMON.contains(&text.as_str()) {
            texts.insert(text);
        }
    }
    texts
        .into_iter()
        .map(|text| PhrasePart {
            text,
            begins_word: dice.throw(100) >= anywhere,
            ends_word: dice.throw(100) >= anywhere,
        })
        .collect()
}

fn compiled(texts: &[PhrasePart]) -> Arc<Phrases> {
    let list = Arc::new(PhraseList {
        name: "bench".to_owned(),
        theme: Some("theme".to_owned()),
        stand_ins: true,
        arabic_prefixes: false,
        window: None,
        withheld: false,
    });
    let phrases = texts.iter().map(|part| Phrase {
        parts: vec![part.clone()],
        effect: PhraseEffect::Weighs(1),
        list: Arc::clone(&list),
    });
    Arc::new(Phrases::compile(phrases).0)
}

/// Folded texts for the automata, with spaces where words begin and end.
fn spaced(texts: &[PhrasePart]) -> Vec<String> {
    let space = |is: bool| if is { " " } else { "" };
    texts
        .iter()
        .map(|part| {
            format!(
                "{}{}{}",
                space(part.begins_word),
                part.text,
                space(part.ends_word)
            )
        })
        .collect()
}

/// A page with the tags, scripts and numbers that pages have.
fn page(size: usize) -> String {
    let mut dice = Dice(3);
    let mut page = "<!doctype html><html><head><title>A page</title></head><body>".to_owned();
    while page.len() < size {
        page.push_str("<div class=\"card card-wide\" id=\"part\"><h2>");
        sentence(&mut dice, 5, &mut page);
        page.push_str("</h2>\n<p>");
        for _ in 0..3 {
            sentence(&mut dice, 14, &mut page);
        }
        page.push_str("<a href=\"/one/two?three=4\">more</a> &amp; 2026-11-22</p></div>\n");
        if dice.throw(8) == 0 {
            page.push_str("<script>var a = { b: 'c', d: [1, 2, 3] };</script>");
        }
    }
    page.truncate(size);
    page
}

fn plain(size: usize) -> String {
    let mut dice = Dice(3);
    let mut text = " ".to_owned();
    while text.len() < size {
        text.push_str(&dice.word());
        text.push(' ');
    }
    text.truncate(size);
    text
}

fn sentence(dice: &mut Dice, words: usize, page: &mut String) {
    for _ in 0..words {
        let word = dice.word();
        match dice.throw(12) {
            0 => page.push_str(&format!("<b>{word}</b>, ")),
            1 => page.push_str(&format!("{}{} ", &word[..1].to_uppercase(), &word[1..])),
            _ => page.push_str(&format!("{word} ")),
        }
    }
    page.push_str(". ");
}

fn scan(phrases: &Arc<Phrases>, kind: PageKind, page: &[u8]) -> usize {
    let mut scan = Scan::new(Arc::clone(phrases), kind, Some("text/html; charset=utf-8"));
    for piece in page.chunks(16 * 1024) {
        scan.feed(piece);
    }
    scan.finish().evidence.len()
}

fn all(criterion: &mut Criterion<CpuTime>) {
    let text = plain(1 << 20);
    let large = page(1 << 20);
    let small = page(64 << 10);
    let none = compiled(&[]);
    for (kind, anywhere) in [("words", 0), ("published", 40)] {
        let texts = texts(anywhere);
        let phrases = compiled(&texts);
        eprintln!(
            "{kind}: {} phrases in {} KiB",
            phrases.len(),
            phrases.size() >> 10
        );
        let mut group = criterion.benchmark_group(kind);
        group.sample_size(20);
        group.throughput(Throughput::Bytes(text.len() as u64));
        raw(&mut group, &spaced(&texts), &text);
        group.bench_function("folded and scored, plain", |bench| {
            bench.iter(|| scan(&phrases, PageKind::Plain, black_box(text.as_bytes())));
        });
        group.bench_function("folded and scored, HTML", |bench| {
            bench.iter(|| scan(&phrases, PageKind::Html, black_box(large.as_bytes())));
        });
        group.bench_function("read alone, plain", |bench| {
            bench.iter(|| scan(&none, PageKind::Plain, black_box(text.as_bytes())));
        });
        group.bench_function("read alone, HTML", |bench| {
            bench.iter(|| scan(&none, PageKind::Html, black_box(large.as_bytes())));
        });
        group.throughput(Throughput::Bytes(small.len() as u64));
        group.bench_function("page of 64 KB", |bench| {
            bench.iter(|| scan(&phrases, PageKind::Html, black_box(small.as_bytes())));
        });
        group.finish();
    }
}

/// The automata on folded text, with nothing around them.
fn raw(group: &mut BenchmarkGroup<'_, CpuTime>, texts: &[String], text: &str) {
    for (name, kind) in [
        (
            "automaton, aho-corasick NFA",
            AhoCorasickKind::ContiguousNFA,
        ),
        ("automaton, aho-corasick DFA", AhoCorasickKind::DFA),
    ] {
        let automaton = AhoCorasick::builder()
            .kind(Some(kind))
            .match_kind(MatchKind::Standard)
            .build(texts);
        let Ok(automaton) = automaton else {
            continue;
        };
        eprintln!("{name}: {} KiB", automaton.memory_usage() >> 10);
        group.bench_function(name, |bench| {
            bench.iter(|| automaton.find_overlapping_iter(black_box(text)).count());
        });
    }
    let distinct: BTreeSet<&String> = texts.iter().collect();
    if let Ok(automaton) = DoubleArrayAhoCorasick::<u32>::new(distinct) {
        eprintln!("automaton, daachorse: {} KiB", automaton.heap_bytes() >> 10);
        group.bench_function("automaton, daachorse", |bench| {
            bench.iter(|| automaton.find_overlapping_iter(black_box(text)).count());
        });
    }
}

const SYLLABLES: [&str; 32] = [
    "al", "an", "ar", "be", "ca", "con", "de", "den", "er", "fo", "ga", "ha", "in", "ka", "la",
    "le", "lo", "ma", "me", "no", "o", "pa", "pre", "ra", "re", "ro", "sa", "st", "ta", "te", "ti",
    "ve",
];

const COMMON: [&str; 80] = [
    "the", "of", "and", "to", "in", "is", "that", "it", "was", "for", "on", "are", "as", "with",
    "his", "they", "at", "be", "this", "from", "have", "or", "by", "one", "had", "not", "but",
    "what", "all", "were", "when", "we", "there", "can", "an", "your", "which", "their", "said",
    "if", "do", "will", "each", "about", "how", "up", "out", "them", "then", "she", "many", "some",
    "so", "these", "would", "other", "into", "has", "more", "her", "two", "like", "him", "see",
    "time", "could", "no", "make", "than", "first", "been", "its", "who", "now", "people", "my",
    "made", "over", "did", "down",
];

const OTHER_SYLLABLES: [&str; 24] = [
    "bru", "chi", "cla", "dro", "fle", "gri", "gu", "hu", "jo", "kni", "ko", "mu", "nu", "phy",
    "plu", "que", "scu", "sho", "sli", "thu", "tri", "vo", "wri", "zu",
];

/// The time that this thread was on a processor, so that a busy machine measures alike.
struct CpuTime;

impl Measurement for CpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        // The kernel counts it in nanoseconds, as the first number.
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        let first = text
            .split(' ')
            .next()
            .and_then(|number| number.parse().ok());
        Duration::from_nanos(first.unwrap_or(0))
    }

    fn end(&self, start: Duration) -> Duration {
        self.start().saturating_sub(start)
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = all
}
criterion_main!(benches);
