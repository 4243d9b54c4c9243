//! A page of a curriculum site loads with all that it fetches from other hosts.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gate::Question;
use model::{Action, Moment};
use schoolgate_tests::{School, fixture};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    page: String,
    group: String,
    hosts: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Pages {
    pages: Vec<Page>,
}

/// A Monday of term, in a lesson.
fn lesson() -> Moment {
    "2026-11-23T10:15:00Z".parse().unwrap()
}

// CAT-38, CAT-42
#[test]
fn curriculum_pages_load_whole() {
    let mut explainer = School::example().explainer();
    let client: IpAddr = "10.20.0.20".parse().unwrap();
    let mut closed = Vec::new();
    let mut hosts = 0;
    for page in fixture::<Pages>("pages.toml").pages {
        let wanted = page.hosts.iter().chain([&page.page]);
        for target in wanted {
            hosts += 1;
            let question = Question {
                client,
                user: None,
                group: Some(&page.group),
                at: lesson(),
                target,
                addresses: &[],
            };
            let found = explainer.explain(&question, false).unwrap();
            if found.action != Action::Allow {
                closed.push(format!(
                    "{} for {}: `{target}` is {} by {}: {}",
                    page.page, page.group, found.action, found.rung, found.sentence
                ));
            }
        }
    }
    assert!(
        closed.is_empty(),
        "{} of {hosts}:\n{}",
        closed.len(),
        closed.join("\n")
    );
}

#[test]
fn every_pupil_group_has_pages() {
    let mut pages: BTreeMap<String, usize> = BTreeMap::new();
    for page in fixture::<Pages>("pages.toml").pages {
        assert!(!page.hosts.is_empty(), "{}", page.page);
        *pages.entry(page.group).or_default() += 1;
    }
    for group in ["ks1", "ks2", "ks3"] {
        assert!(
            pages.get(group).is_some_and(|&count| count >= 5),
            "{group}: {pages:?}"
        );
    }
}
