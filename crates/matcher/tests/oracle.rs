//! Look-up holds what a plain walk over all entries says.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use matcher::{Artefact, Compiler, Coverage, ListMeta, Secret};
use model::{
    Category, CategoryClass, CategoryId, CategorySet, Host, HostBuffer, LabelSet, Vocabulary,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};

fn category(id: &str, class: CategoryClass) -> Category {
    Category {
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
    }
}

fn vocabulary() -> Vocabulary {
    Vocabulary::new(vec![
        category("games", CategoryClass::Against),
        category("social", CategoryClass::Against),
        category("education", CategoryClass::Allow),
        category("help", CategoryClass::Allow),
    ])
    .unwrap()
}

fn secret() -> Secret {
    Secret::new([42; 32])
}

/// The lists of every case: category, third party, crossing.
const LISTS: [(&str, &str, bool, bool); 6] = [
    ("own-games", "games", false, false),
    ("third-games", "games", true, false),
    ("third-social", "social", true, true),
    ("own-learning", "education", false, false),
    ("third-learning", "education", true, false),
    ("police", "illegal-fraud", true, false),
];

#[derive(Clone, Debug)]
struct Case {
    entries: Vec<(usize, String, Coverage)>,
    exceptions: BTreeMap<String, Option<&'static str>>,
    queries: Vec<String>,
}

fn name() -> impl Strategy<Value = String> {
    let label = prop::sample::select(vec!["a", "b", "long-label-of-names", "www"]);
    let base = prop::sample::select(vec![
        "com",
        "example.com",
        "other.example.com",
        "github.io",
        "co.uk",
        "school.sch.uk",
        "test",
        "s3.amazonaws.com",
        "amazonaws.com",
    ]);
    (prop::collection::vec(label, 0..4), base).prop_map(|(labels, base)| {
        labels
            .into_iter()
            .map(|label| format!("{label}."))
            .collect::<String>()
            + base
    })
}

fn case() -> impl Strategy<Value = Case> {
    let coverage = prop::sample::select(vec![
        Coverage::Name,
        Coverage::NameAndBelow,
        Coverage::Below,
        Coverage::NameAndBeyond,
    ]);
    let class = prop::sample::select(vec![None, Some("education"), Some("help")]);
    (
        prop::collection::vec((0..LISTS.len(), name(), coverage), 0..30),
        prop::collection::btree_map(name(), class, 0..5),
        prop::collection::vec(name(), 1..40),
    )
        .prop_map(|(entries, exceptions, queries)| Case {
            entries,
            exceptions,
            queries,
        })
}

fn compile(case: &Case) -> Artefact {
    let vocabulary = vocabulary();
    let mut compiler = Compiler::new(&vocabulary);
    let lists = LISTS.map(|(id, category, third, crosses)| {
        let mut meta = ListMeta::new(id, vocabulary.find(category));
        meta.third_party = third;
        meta.crosses_suffix = crosses;
        compiler.list(meta)
    });
    let mut room = HostBuffer::new();
    for (list, name, coverage) in &case.entries {
        let name = Host::normalise(name, &mut room).unwrap().name().unwrap();
        compiler.entry(lists[*list], name, *coverage);
    }
    for (name, class) in &case.exceptions {
        let name = Host::normalise(name, &mut room).unwrap().name().unwrap();
        compiler.exception(
            name,
            class.and_then(|class| vocabulary.find(class)),
            "because",
        );
    }
    let compiled = compiler.compile(&secret()).unwrap();
    Artefact::from_bytes(compiled.into_bytes(), &secret()).unwrap()
}

/// The labels of a name, with the lists that gave them, by looking at everything.
fn oracle(case: &Case, query: &str) -> (BTreeSet<(CategoryId, String)>, bool) {
    let vocabulary = vocabulary();
    let suffix = psl::suffix_str(query).unwrap().len();
    let below = |name: &str| {
        query
            .strip_suffix(name)
            .is_some_and(|rest| rest.ends_with('.'))
    };
    let inherits = |name: &str| below(name) && name.len() > suffix;
    let covering: Vec<_> = case
        .exceptions
        .iter()
        .filter(|(name, _)| *name == query || inherits(name))
        .collect();
    let mut labels = BTreeSet::new();
    let mut excepted = false;
    for (list, name, coverage) in &case.entries {
        let (id, word, third, crossing) = LISTS[*list];
        let applies = match coverage {
            Coverage::Name => name == query,
            Coverage::NameAndBelow => name == query || inherits(name) || crossing && below(name),
            Coverage::Below => inherits(name) || crossing && below(name),
            Coverage::NameAndBeyond => name == query || below(name),
        };
        if !applies {
            continue;
        }
        if third && matches!(word, "games" | "social") && !covering.is_empty() {
            excepted = true;
        } else {
            labels.insert((vocabulary.find(word).unwrap(), id.to_owned()));
        }
    }
    for (_, class) in covering {
        if let Some(class) = class.and_then(|class| vocabulary.find(class)) {
            labels.insert((class, "exceptions".to_owned()));
        }
    }
    (labels, excepted)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn look_up_is_what_a_walk_over_all_entries_says(case in case()) {
        let artefact = compile(&case);
        let mut room = HostBuffer::new();
        let listed = case.entries.iter().map(|(_, name, _)| name);
        for query in case.queries.iter().chain(listed) {
            let host = Host::normalise(query, &mut room).unwrap();
            let (expected, excepted) = oracle(&case, query);
            let labels = artefact.label(&host);
            let categories: CategorySet = expected.iter().map(|(category, _)| *category).collect();
            prop_assert_eq!(labels.categories, categories, "{}", query);
            prop_assert_eq!(labels.excepted, excepted, "{}", query);
            let sources: BTreeSet<_> = artefact
                .sources(labels.set)
                .map(|(category, list)| (category, list.id.clone()))
                .collect();
            prop_assert_eq!(&sources, &expected, "{}", query);
            let why: BTreeSet<_> = artefact
                .why(&host)
                .labels
                .into_iter()
                .map(|label| (label.category, label.list))
                .collect();
            prop_assert_eq!(&why, &expected, "{}", query);
        }
    }

    #[test]
    fn the_same_input_gives_the_same_bytes(case in case()) {
        prop_assert_eq!(compile(&case).digest(), compile(&case).digest());
    }

    #[test]
    fn opening_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(Artefact::from_bytes(bytes, &secret()).is_err());
    }
}

#[test]
fn thousands_of_names_are_all_found_and_no_others() {
    let vocabulary = vocabulary();
    let mut compiler = Compiler::new(&vocabulary);
    let games = vocabulary.find("games").unwrap();
    let list = compiler.list(ListMeta::new("games", [games]));
    let mut naive: HashMap<String, Coverage> = HashMap::new();
    let mut room = HostBuffer::new();
    for number in 0..40_000u32 {
        let text = format!(
            "n{}.d{}.test",
            number.wrapping_mul(2_654_435_761),
            number % 977
        );
        let name = Host::normalise(&text, &mut room).unwrap().name().unwrap();
        let coverage = if number % 3 == 0 {
            Coverage::Name
        } else {
            Coverage::NameAndBelow
        };
        compiler.entry(list, name, coverage);
        naive.insert(text, coverage);
    }
    let compiled = compiler.compile(&secret()).unwrap();
    let report = compiled.report().clone();
    assert_eq!(report.names, naive.len());
    assert_eq!(report.sets, 2);
    let artefact = Artefact::from_bytes(compiled.into_bytes(), &secret()).unwrap();
    // DESIGN section 11: at most 11 bytes a name in the part that look-up reads.
    let hot = report.hot_bytes as f64 / report.names as f64;
    assert!(hot <= 11.0, "{hot} bytes a name");
    for (text, coverage) in &naive {
        for (query, labelled) in [
            (text.clone(), true),
            (format!("www.{text}"), *coverage == Coverage::NameAndBelow),
            (format!("x{text}"), naive.contains_key(&format!("x{text}"))),
        ] {
            let host = Host::normalise(&query, &mut room).unwrap();
            assert_eq!(
                artefact.label(&host).categories.contains(games),
                labelled,
                "{query}"
            );
        }
    }
    assert_eq!(
        artefact.entries().collect::<BTreeSet<_>>().len(),
        naive.len()
    );
}

#[test]
fn sets_past_what_a_slot_holds_spill_and_are_kept() {
    // 66,000 names, each in its own choice of 17 lists: more sets than 16 bits can number.
    let vocabulary = vocabulary();
    let games = vocabulary.find("games").unwrap();
    let mut compiler = Compiler::new(&vocabulary);
    let lists: Vec<_> = (0..17)
        .map(|n| compiler.list(ListMeta::new(format!("list-{n}"), [games])))
        .collect();
    let mut room = HostBuffer::new();
    for number in 1..=66_000u32 {
        let text = format!("n{number}.test");
        let name = Host::normalise(&text, &mut room).unwrap().name().unwrap();
        for (bit, list) in lists.iter().enumerate() {
            if number & 1 << bit == 0 {
                continue;
            }
            compiler.entry(*list, name, Coverage::NameAndBelow);
        }
    }
    let compiled = compiler.compile(&secret()).unwrap();
    assert_eq!(compiled.report().sets, 66_000);
    let artefact = Artefact::from_bytes(compiled.into_bytes(), &secret()).unwrap();
    for number in (1..=65_000u32).step_by(50).chain(65_000..=66_000) {
        let text = format!("www.n{number}.test");
        let host = Host::normalise(&text, &mut room).unwrap();
        let labels = artefact.label(&host);
        assert!(labels.categories.contains(games));
        let lists = artefact.sources(labels.set).count();
        assert_eq!(lists, number.count_ones() as usize, "{text}");
    }
}

#[test]
fn an_artefact_without_entries_labels_nothing() {
    let compiled = Compiler::new(&vocabulary()).compile(&secret()).unwrap();
    let artefact = Artefact::from_bytes(compiled.into_bytes(), &secret()).unwrap();
    let mut room = HostBuffer::new();
    for text in ["example.com", "192.0.2.1", "2001:db8::1"] {
        let host = Host::normalise(text, &mut room).unwrap();
        assert_eq!(artefact.label(&host).set, LabelSet::NONE);
        assert!(artefact.label(&host).categories.is_empty());
    }
}
