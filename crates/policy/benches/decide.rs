//! A decision with its labels known: budget 50 ns (DESIGN section 11).

use criterion::{Criterion, criterion_group, criterion_main};
use model::{
    CategorySet, Faults, Files, HostBuffer, LabelSet, Labels, PolicyVersion, Roster, Target,
};
use policy::{Draft, Overlay, Policy};
use std::hint::black_box;

/// A school of the size that is met: 60 packs of 15 names, 200 rules, 30 categories with words.
fn school() -> Policy {
    let mut files = Files::default();
    let mut categories = String::new();
    for place in 0..90 {
        categories.push_str(&format!(
            "[[categories]]\nid = \"c{place}\"\ntitle = \"C\"\nwords = \"w\"\ntheme = \"t\"\nclass = \"against\"\ndefault = \"pupils\"\n"
        ));
    }
    files.insert("blocklists/categories.toml", categories.into_bytes());
    let mut group = "title = \"G\"\nunknown = \"block\"\npacks = [".to_owned();
    for pack in 0..60 {
        group.push_str(&format!("\"p{pack}\", "));
        let sites: Vec<String> = (0..15)
            .map(|site| format!("s{site}.pack{pack}.example.org"))
            .collect();
        let text = format!(
            "id = \"p{pack}\"\ntitle = \"P\"\nreason = \"r\"\nreviewed = 2026-11-22\nsites = {sites:?}\n"
        );
        files.insert(format!("blocklists/packs/p{pack}.toml"), text.into_bytes());
    }
    group.push_str("]\n[access]\n");
    for place in 0..30 {
        group.push_str(&format!("c{place} = \"allow\"\n"));
    }
    for rule in 0..200 {
        group.push_str(&format!("[[rule]]\nname = \"r{rule}\"\nsites = [\"rule{rule}.example.net\"]\naction = \"allow\"\n"));
    }
    files.insert("config/groups/g.toml", group.into_bytes());
    let mut faults = Faults::default();
    let vocabulary = policy::vocabulary(&files, &mut faults).expect("a vocabulary");
    let draft = Draft::read(&files, &vocabulary, &mut faults);
    draft
        .compile(
            &Roster::default(),
            &Overlay::default(),
            PolicyVersion(1),
            &mut faults,
        )
        .unwrap_or_else(|| panic!("{faults}"))
}

fn bench(criterion: &mut Criterion) {
    let policy = school();
    let group = policy.groups().find("g").expect("a group");
    let now = "2026-11-23T10:15:00Z".parse().expect("a moment");
    let schedules = policy.schedules(now);
    let subject = policy.subject_of(group);
    let view = policy.view(&subject, &schedules);
    let labels = |ids: &[&str]| Labels {
        categories: ids
            .iter()
            .filter_map(|id| policy.vocabulary().find(id))
            .collect::<CategorySet>(),
        set: LabelSet::NONE,
        excepted: false,
    };
    let mut decide = criterion.benchmark_group("decide");
    let cases = [
        (
            "unknown host",
            "www.somewhere-quite-ordinary.co.uk",
            labels(&[]),
        ),
        ("one label, open", "cdn.example.com", labels(&["c1"])),
        (
            "three labels, closed",
            "cdn.example.com",
            labels(&["c1", "c40", "c41"]),
        ),
        ("site rule, exact", "rule77.example.net", labels(&["c40"])),
        (
            "site rule, below",
            "a.b.s3.pack9.example.org",
            labels(&["c40"]),
        ),
        ("floor", "cdn.example.com", labels(&["illegal-csam"])),
        ("address", "192.0.2.1", labels(&[])),
    ];
    for (name, text, labels) in cases {
        let mut buffer = HostBuffer::new();
        let target = Target::parse(text, &mut buffer).expect("a target");
        decide.bench_function(name, |bencher| {
            bencher.iter(|| policy.decide(black_box(&view), black_box(&target), black_box(labels)));
        });
    }
    decide.finish();
    criterion.bench_function("view of a known body", |bencher| {
        bencher.iter(|| policy.view(black_box(&subject), black_box(&schedules)));
    });
}

criterion_group!(benches, bench);
criterion_main!(benches);
