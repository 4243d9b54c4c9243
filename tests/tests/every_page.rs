//! Every page of the console, for every role: it answers, a program finds no fault with it by
//! WCAG 2.2 AA, and it fits a window of 320 pixels. The pictures are left in `target/pictures`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{Browser, Demo, Person, Window};
use std::collections::{BTreeSet, VecDeque};

/// Looks at all that some roles can reach by links, on a gateway of their own.
///
/// The roles stand in the order in which their accounts are founded, the one with something to
/// tell and propose first.
fn every_page_of(roles: &[&str], wanted: &[&str]) {
    let demo = Demo::start(|_| {});
    let people: Vec<Person> = roles
        .iter()
        .map(|role| Person::found(&demo, role, role, &["--class", "year-6"]))
        .collect();
    let browser = Browser::start();
    let mut all = BTreeSet::new();
    for (place, person) in people.iter().enumerate() {
        let window = browser.window(&person.name, 1280);
        sign_in(&demo, &window, person);
        if place == 0 {
            fill(&demo, &window);
        }
        let seen = walk(&demo, &window, person);
        assert!(seen.len() >= 8, "{} has the pages {seen:?}", person.name);
        all.extend(seen);
        window.close();
    }
    for page in wanted {
        assert!(all.contains(*page), "nobody was led to {page}: {all:?}");
    }
    println!("{} kinds of page for {}", all.len(), roles.join(", "));
}

fn sign_in(demo: &Demo, window: &Window<'_>, person: &Person) {
    window.goto(&demo.console("/sign-in"));
    window
        .fill("Name", &person.name)
        .fill("Password", &person.password)
        .fill("Code from your app", &demo.code(person));
    let at = window.press("Sign in");
    assert!(at.url.ends_with('/'), "{}: {}", person.name, window.text());
}

/// Gives the pages something to show, as far as the role may.
fn fill(demo: &Demo, window: &Window<'_>) {
    let proposal = [
        ("sites", "chess.com"),
        ("whom", "class:year-6"),
        ("until_date", "2026-11-24"),
        ("until_time", "15:15"),
        ("reason", "chess club on Thursdays"),
    ];
    window.post(&demo.console("/propose"), &proposal);
    let concern = [
        ("kind", "staff-report"),
        ("words", "A pupil showed this page to others at break."),
        ("address", "forum.example/thread"),
    ];
    window.post(&demo.console("/incidents/new"), &concern);
}

/// Follows links from the first page on; of pages that differ in a number or a name, one.
fn walk(demo: &Demo, window: &Window<'_>, person: &Person) -> BTreeSet<String> {
    let mut seen = BTreeSet::from(["/".to_owned()]);
    let mut next = VecDeque::from(["/".to_owned()]);
    while let Some(path) = next.pop_front() {
        let kind = kind_of(&path);
        let picture = format!("{}{}", person.name, kind.replace(['/', '{', '}', '?'], "-"));
        let at = window.survey(&demo.console(&path), &picture);
        assert_eq!(at.status, Some(200), "{} {path}", person.name);
        for link in window.links() {
            if link.starts_with('/') && !is_file(&link) && seen.insert(kind_of(&link)) {
                next.push_back(link);
            }
        }
    }
    seen
}

/// The address without what differs between pages of one kind.
fn kind_of(link: &str) -> String {
    let path = link.split(['?', '#']).next().unwrap_or(link);
    let mut parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["", "policy", _] => parts[2] = "{group}",
        ["", "requests", _] | ["", "incidents", _, ..] if parts[2] != "new" => parts[2] = "{id}",
        _ => {}
    }
    parts.join("/")
}

fn is_file(link: &str) -> bool {
    let path = link.split('?').next().unwrap_or(link);
    path.contains("/file/")
        || path.contains("/proof/")
        || path.contains("/export/")
        || path.contains("/api/")
        || path.contains("/style/")
        || path.ends_with(".csv")
        || path.ends_with(".crt")
}

// ACC-01, ACC-02, ACC-04, ACC-06, SEC-01
#[test]
fn those_who_look_after_the_network_and_the_class_can_use_every_page() {
    every_page_of(
        &["technician", "teacher", "coordinator"],
        &[
            "/requests/{id}",
            "/propose",
            "/lesson",
            "/settings",
            "/health",
        ],
    );
}

// ACC-01, ACC-02, ACC-04, ACC-06, SEC-01
#[test]
fn those_who_decide_can_use_every_page() {
    every_page_of(
        &["safeguarding-lead", "deputy", "headteacher"],
        &[
            "/incidents/{id}",
            "/incidents/{id}/record",
            "/activity",
            "/changes",
            "/accounts",
        ],
    );
}

// ACC-01, ACC-02, ACC-04, ACC-06, SEC-01
#[test]
fn those_who_watch_over_it_can_use_every_page() {
    every_page_of(
        &["governor", "auditor", "chair"],
        &["/changes", "/accounts", "/reviews", "/policy/{group}"],
    );
}
