//! The lists that the project ships are its own, in order, and do not close what schools need.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use model::{CategoryClass, Host, HostBuffer, Vocabulary};
use schoolgate_tests::{
    StarterList, blocklists, categories, exceptions, read, root, starter_lists,
};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Names that bear an exception and stand on a starter list all the same, each with why.
const BOTH: &[(&str, &str)] = &[];

/// Categories that only a school itself can fill (CAT-24); their files say so and hold no name.
const SCHOOLS_OWN: [&str; 1] = ["disrepute"];

fn allowing(vocabulary: &Vocabulary, list: &StarterList) -> bool {
    vocabulary
        .find(&list.head.category)
        .is_some_and(|id| vocabulary.allow().contains(id))
}

fn vocabulary() -> Vocabulary {
    Vocabulary::new(categories()).unwrap()
}

fn normal(name: &str) -> bool {
    let mut room = HostBuffer::new();
    Host::normalise(name, &mut room)
        .is_ok_and(|host| host.name().is_some_and(|found| found.as_str() == name))
}

#[test]
fn every_starter_list_says_what_it_is() {
    let vocabulary = vocabulary();
    for list in starter_lists() {
        let head = &list.head;
        assert!(
            vocabulary.find(&head.category).is_some(),
            "{}: {}",
            list.id,
            head.category
        );
        assert!(
            head.source.starts_with("written for Schoolgate"),
            "{}: {}",
            list.id,
            head.source
        );
        assert_eq!(head.licence, "MIT OR Apache-2.0", "{}", list.id);
        let written = head.written.as_deref().unwrap_or_default();
        assert_eq!(
            written.len(),
            "2026-11-22".len(),
            "{}: `{written}`",
            list.id
        );
        let own = SCHOOLS_OWN.contains(&list.head.category.as_str());
        assert_eq!(list.entries.is_empty(), own, "{} is empty", list.id);
    }
}

#[test]
fn every_category_that_may_close_a_site_has_a_starter_list() {
    let lists = starter_lists();
    let covered: BTreeSet<&str> = lists
        .iter()
        .map(|list| list.head.category.as_str())
        .collect();
    let missing: Vec<String> = categories()
        .into_iter()
        .filter(|category| category.class == CategoryClass::Against)
        .map(|category| category.id)
        .filter(|id| !covered.contains(id.as_str()))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn no_starter_list_is_of_the_floor() {
    let vocabulary = vocabulary();
    for list in starter_lists() {
        let id = vocabulary.find(&list.head.category).unwrap();
        assert!(!vocabulary.floor().contains(id), "{}", list.id);
    }
}

#[test]
fn the_lists_hold_at_least_2500_names_that_close() {
    let vocabulary = vocabulary();
    let names: BTreeSet<String> = starter_lists()
        .into_iter()
        .filter(|list| !allowing(&vocabulary, list))
        .flat_map(|list| list.entries)
        .map(|entry| entry.name)
        .collect();
    assert!(names.len() >= 2_500, "{} names", names.len());
}

#[test]
fn at_least_500_long_standing_sites_are_known() {
    let lists = starter_lists();
    let list = lists
        .iter()
        .find(|list| list.head.category == "established")
        .unwrap();
    assert!(list.entries.len() >= 500, "{} names", list.entries.len());
}

#[test]
fn every_line_is_one_canonical_name() {
    for list in starter_lists() {
        for entry in &list.entries {
            assert!(
                normal(&entry.name) && entry.name.contains('.'),
                "{}:{}: `{}`",
                list.id,
                entry.line,
                entry.name
            );
        }
    }
}

#[test]
fn no_list_repeats_a_name_or_one_that_stands_above_it() {
    for list in starter_lists() {
        let mut seen = BTreeMap::new();
        for entry in &list.entries {
            let before = seen.insert(entry.name.as_str(), entry);
            assert_eq!(
                before, None,
                "{}:{}: `{}` stands twice",
                list.id, entry.line, entry.name
            );
        }
    }
}

/// A public suffix as a whole is no site; where users have sites below a name of one company,
/// its list says so by standing in `user-pages`, `dyndns` or `webhosting`.
#[test]
fn no_entry_is_a_registry_suffix() {
    for list in starter_lists() {
        for entry in &list.entries {
            let suffix = psl::suffix(entry.name.as_bytes()).unwrap();
            let whole = suffix.as_bytes() == entry.name.as_bytes();
            let registry = suffix.typ() == Some(psl::Type::Icann);
            assert!(
                !(whole && registry),
                "{}:{}: `{}`",
                list.id,
                entry.line,
                entry.name
            );
        }
    }
}

#[test]
fn no_list_carries_the_marks_of_a_published_one() {
    let marks = [
        "0.0.0.0",
        "127.0.0.1",
        "||",
        "##",
        "http://",
        "https://",
        "! Title",
        "Expires:",
        "Last modified",
        "Homepage:",
        "CC BY",
        "GPL",
        "copyright",
    ];
    for list in starter_lists() {
        for mark in marks {
            assert!(!list.text.contains(mark), "{} contains `{mark}`", list.id);
        }
    }
}

#[test]
fn exceptions_are_many_reasoned_and_of_a_class_that_opens() {
    let vocabulary = vocabulary();
    let shipped = exceptions();
    assert!(shipped.len() >= 600, "{} exceptions", shipped.len());
    let mut seen = BTreeSet::new();
    for exception in &shipped {
        let name = exception.name.as_str();
        assert!(normal(name), "`{name}` is no canonical name");
        assert!(seen.insert(name), "`{name}` stands twice");
        assert!(
            exception.reason.trim().len() >= 5,
            "`{name}`: `{}`",
            exception.reason
        );
        let class = exception
            .class
            .as_deref()
            .unwrap_or_else(|| panic!("`{name}` has no class"));
        let id = vocabulary
            .find(class)
            .unwrap_or_else(|| panic!("`{name}`: `{class}`"));
        assert!(
            vocabulary.allow().contains(id),
            "`{name}`: `{class}` does not open"
        );
    }
}

// CAT-38
#[test]
fn no_name_is_both_excepted_and_closed() {
    let vocabulary = vocabulary();
    let excepted: BTreeSet<String> = exceptions()
        .into_iter()
        .map(|exception| exception.name)
        .collect();
    let mut found = BTreeSet::new();
    for list in starter_lists()
        .iter()
        .filter(|list| !allowing(&vocabulary, list))
    {
        for entry in &list.entries {
            let clash = excepted.contains(&entry.name)
                || entry.below
                    && excepted.iter().any(|name| {
                        name.strip_suffix(entry.name.as_str())
                            .is_some_and(|rest| rest.ends_with('.'))
                    });
            if clash {
                found.insert(entry.name.clone());
            }
        }
    }
    let known: BTreeSet<String> = BOTH.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(found, known);
}

#[test]
fn no_list_closes_a_guarded_name_whole() {
    let vocabulary = vocabulary();
    let text = read(&blocklists().join("guard.txt"));
    let guarded: BTreeSet<&str> = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    assert!(guarded.len() >= 100, "{} guarded names", guarded.len());
    for name in &guarded {
        assert!(normal(name), "`{name}` is no canonical name");
    }
    for list in starter_lists()
        .iter()
        .filter(|list| !allowing(&vocabulary, list))
    {
        for entry in list.entries.iter().filter(|entry| entry.below) {
            let at = format!("{}:{}: `{}`", list.id, entry.line, entry.name);
            assert!(!guarded.contains(entry.name.as_str()), "{at} is guarded");
        }
    }
}

#[derive(Deserialize)]
struct Pack {
    id: String,
    title: String,
    reason: String,
    sites: Vec<String>,
}

#[test]
fn at_least_twenty_packs_are_ready_to_switch_on() {
    let mut packs = 0;
    for entry in std::fs::read_dir(blocklists().join("packs")).unwrap() {
        let path = entry.unwrap().path();
        let pack: Pack = toml::from_str(&read(&path))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(path.file_stem().unwrap().to_str(), Some(pack.id.as_str()));
        assert!(
            !pack.title.is_empty() && pack.reason.len() >= 12,
            "{}",
            pack.id
        );
        assert!(!pack.sites.is_empty(), "{} holds nothing", pack.id);
        for site in &pack.sites {
            let name = site
                .strip_prefix('=')
                .unwrap_or(site)
                .split('/')
                .next()
                .unwrap();
            assert!(normal(name), "{}: `{site}`", pack.id);
        }
        packs += 1;
    }
    assert!(packs >= 20, "{packs} packs");
}

#[test]
fn essential_hosts_are_never_closed_whole_by_a_starter_list() {
    #[derive(Deserialize)]
    struct Essential {
        essential: Vec<Host>,
    }
    #[derive(Deserialize)]
    struct Host {
        name: String,
        reason: String,
    }
    let vocabulary = vocabulary();
    let file: Essential = toml::from_str(&read(&root().join("config/essential.toml"))).unwrap();
    let lists = starter_lists();
    for host in &file.essential {
        assert!(
            normal(&host.name) && !host.reason.is_empty(),
            "`{}`",
            host.name
        );
        for list in lists.iter().filter(|list| !allowing(&vocabulary, list)) {
            let closes = list.entries.iter().any(|entry| {
                entry.name == host.name
                    || entry.below && host.name.ends_with(&format!(".{}", entry.name))
            });
            assert!(!closes, "`{}` is on `{}`", host.name, list.id);
        }
    }
}
