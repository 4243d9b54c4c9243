//! One look-up of a three-label host, beside a hash map of strings that walks the suffixes.
//!
//! Hosts are asked in a random order out of 100,000, so that the caches do not hold the answer.

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use matcher::{Artefact, Compiler, Coverage, ListMeta, Secret, UrlEnd, UrlRule};
use model::{
    Category, CategoryClass, CategorySet, Host, HostBuffer, Name, Scheme, Target, UrlSeen,
    Vocabulary,
};
use std::collections::HashMap;
use std::hint::black_box;

/// Names that look like those of published lists: three lengths, a handful of top labels.
fn name(number: u64) -> String {
    let mixed = (number ^ 0x5851_f42d_4c95_7f2d).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let top = ["com", "net", "org", "co.uk", "info", "online"][(mixed >> 8) as usize % 6];
    match mixed % 3 {
        0 => format!("{:x}.{top}", mixed >> 20),
        1 => format!("site-{:x}.{top}", mixed >> 12),
        _ => format!("a{}.host{:x}.{top}", mixed % 97, mixed >> 24),
    }
}

fn vocabulary() -> Vocabulary {
    Vocabulary::new(vec![Category {
        id: "games".into(),
        title: "Games".into(),
        words: "Games.".into(),
        theme: "School policy".into(),
        theme_2023: None,
        offence: None,
        class: CategoryClass::Against,
        default: None,
        locked: false,
        alert: false,
        minimum_age: None,
    }])
    .expect("one category is a vocabulary")
}

struct Fixture {
    artefact: Artefact,
    map: HashMap<String, CategorySet>,
    hits: Vec<String>,
    parents: Vec<String>,
    misses: Vec<String>,
}

fn fixture(count: u64) -> Fixture {
    let vocabulary = vocabulary();
    let category = vocabulary
        .find("illegal-fraud")
        .expect("it belongs to the floor");
    let mut compiler = Compiler::new(&vocabulary);
    let list = compiler.list(ListMeta::new("bench", [category]));
    let mut map = HashMap::new();
    let mut room = HostBuffer::new();
    for number in 0..count {
        let text = name(number);
        if let Some(name) = Host::normalise(&text, &mut room).ok().and_then(Host::name) {
            compiler.entry(list, name, Coverage::NameAndBelow);
        }
        map.insert(text, CategorySet::of(category));
    }
    let secret = Secret::new([1; 32]);
    let compiled = compiler.compile(&secret).expect("names compile");
    let report = compiled.report();
    let hot = report.hot_bytes as f64 / report.names as f64;
    eprintln!(
        "{count} names: {hot:.2} bytes a name hot, {} in all",
        report.bytes
    );
    let artefact = Artefact::from_bytes(compiled.into_bytes(), &secret).expect("it opens");
    let pick = |n: u64| n.wrapping_mul(0xd134_2543_de82_ef95) % count;
    Fixture {
        artefact,
        map,
        hits: (0..100_000).map(|n| name(pick(n))).collect(),
        parents: (0..100_000)
            .map(|n| format!("www.{}", name(pick(n))))
            .collect(),
        misses: (0..100_000)
            .map(|n| format!("www.{}", name(count + n)))
            .collect(),
    }
}

fn host(text: &str) -> Host<'_> {
    Host::from_lower(text.as_bytes()).expect("the name is canonical")
}

fn walk(map: &HashMap<String, CategorySet>, name: Name<'_>) -> CategorySet {
    let found = name
        .suffixes()
        .filter_map(|suffix| map.get(suffix.as_str()));
    found.fold(CategorySet::EMPTY, |all, &one| all | one)
}

fn look_up(criterion: &mut Criterion) {
    for count in [100_000, 1_000_000] {
        let fixture = fixture(count);
        let mut group = criterion.benchmark_group(format!("look-up in {count} names"));
        for (kind, texts) in [
            ("hit", &fixture.hits),
            ("parent", &fixture.parents),
            ("miss", &fixture.misses),
        ] {
            let hosts: Vec<Host<'_>> = texts.iter().map(|text| host(text)).collect();
            let mut next = hosts.iter().cycle();
            group.bench_function(BenchmarkId::new("artefact", kind), |bencher| {
                bencher.iter(|| {
                    fixture
                        .artefact
                        .label(black_box(next.next().expect("endless")))
                });
            });
            let names: Vec<Name<'_>> = hosts.iter().filter_map(|host| host.name()).collect();
            let mut next = names.iter().cycle();
            group.bench_function(BenchmarkId::new("hash map", kind), |bencher| {
                bencher.iter(|| walk(&fixture.map, *black_box(next.next().expect("endless"))));
            });
        }
        group.finish();
    }
}

fn open(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder for the artefact");
    let vocabulary = vocabulary();
    let mut compiler = Compiler::new(&vocabulary);
    let list = compiler.list(ListMeta::new("bench", vocabulary.find("games")));
    let mut room = HostBuffer::new();
    for number in 0..1_000_000 {
        let text = name(number);
        if let Some(name) = Host::normalise(&text, &mut room).ok().and_then(Host::name) {
            compiler.entry(list, name, Coverage::NameAndBelow);
        }
    }
    let secret = Secret::new([1; 32]);
    let compiled = compiler.compile(&secret).expect("names compile");
    let path = compiled
        .write_to(folder.path())
        .expect("the folder takes it");
    criterion.bench_function("open 1000000 names", |bencher| {
        bencher.iter_batched(
            || (),
            |()| Artefact::open(&path, &secret).expect("it opens"),
            BatchSize::PerIteration,
        );
    });
}

/// Forty thousand rules for pages, five a host; asked with the host's look-up, as doors ask.
fn pages(criterion: &mut Criterion) {
    const HOSTS: u64 = 8_000;
    let vocabulary = vocabulary();
    let mut compiler = Compiler::new(&vocabulary);
    let list = compiler.list(ListMeta::new("bench", vocabulary.find("games")));
    let page = |number: u64| format!("/users/{:x}/pages/{}", number % 5 * 7_919, number % 5);
    let mut room = HostBuffer::new();
    for number in 0..HOSTS * 5 {
        let text = name(number / 5);
        let Ok(host) = Host::normalise(&text, &mut room) else {
            continue;
        };
        let rule = UrlRule {
            host,
            coverage: Coverage::NameAndBelow,
            path: &page(number),
            end: UrlEnd::Segment,
        };
        compiler.url(list, &rule).expect("the rule is one");
    }
    let secret = Secret::new([1; 32]);
    let compiled = compiler.compile(&secret).expect("rules compile");
    let artefact = Artefact::from_bytes(compiled.into_bytes(), &secret).expect("it opens");
    let mut group = criterion.benchmark_group("40000 rules for pages");
    let mixed = |n: u64| n.wrapping_mul(0xd134_2543_de82_ef95) % (HOSTS * 5);
    for (kind, urls) in [
        (
            "listed page",
            (0..20_000)
                .map(|n| (name(mixed(n) / 5), page(mixed(n)) + "/1"))
                .collect(),
        ),
        (
            "other page",
            (0..20_000)
                .map(|n| (name(mixed(n) / 5), "/users/none/here".to_owned()))
                .collect(),
        ),
        (
            "host without rules",
            (0..20_000)
                .map(|n| (name(HOSTS + n), page(n)))
                .collect::<Vec<_>>(),
        ),
    ] {
        let targets: Vec<Target<'_>> = urls
            .iter()
            .map(|(text, path)| {
                let mut target = Target::of_host(host(text));
                target.url = Some(UrlSeen::new(Scheme::Https, path, None));
                target
            })
            .collect();
        let mut next = targets.iter().cycle();
        group.bench_function(BenchmarkId::new("page", kind), |bencher| {
            bencher.iter(|| artefact.label_target(black_box(next.next().expect("endless"))));
        });
        let mut next = targets.iter().cycle();
        group.bench_function(BenchmarkId::new("host alone", kind), |bencher| {
            bencher.iter(|| artefact.label(&black_box(next.next().expect("endless")).host));
        });
    }
    group.finish();
}

criterion_group!(benches, look_up, pages, open);
criterion_main!(benches);
