//! `explain` on the command line: one object a line, in order, whatever it is asked.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{gateway_command, root};
use serde_json::Value;

fn explain(words: &[&str]) -> schoolgate_tests::Said {
    let config = root().join("config");
    let mut all = vec!["explain", "--config", config.to_str().unwrap()];
    all.extend_from_slice(words);
    gateway_command(&all)
}

fn one(client: &str, target: &str) -> Value {
    let words = [
        "--client",
        client,
        "--at",
        "2026-11-23T10:15:00Z",
        "--json",
        target,
    ];
    serde_json::from_str(explain(&words).done().trim()).unwrap()
}

// CAT-37
#[test]
fn one_object_says_all_that_was_promised() {
    let pupil = one("10.20.0.5", "www.theguardian.com");
    for key in [
        "target",
        "host",
        "client",
        "group",
        "at",
        "action",
        "obligations",
        "rung",
        "rule",
        "labels",
        "exceptions",
        "policy_version",
        "valid_until",
    ] {
        assert!(pupil.get(key).is_some(), "`{key}` is missing: {pupil:#}");
    }
    assert_eq!(pupil["group"], "ks2");
    assert_eq!(pupil["action"], "permission");
    assert_eq!(pupil["labels"][0]["category"], "news", "{pupil:#}");
    assert!(pupil["labels"][0]["list"].is_string() && pupil["labels"][0]["entry"].is_string());
    let staff = one("10.60.0.5", "www.theguardian.com");
    assert_eq!(staff["action"], "allow", "{staff:#}");
}

#[test]
fn odd_spellings_of_a_host_come_to_one_name() {
    for spelling in [
        "PornHub.com.",
        "https://user@PORNHUB.com:443/x",
        "%70ornhub.com",
    ] {
        let found = one("10.20.0.5", spelling);
        assert_eq!(found["host"], "pornhub.com", "{spelling}");
        assert_eq!(found["action"], "block", "{spelling}");
    }
}

#[test]
fn a_batch_is_answered_in_order_with_errors_in_their_place() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("questions");
    let lines = "10.20.0.5\t2026-11-23T10:15:00Z\tpornhub.com\n\
                 not-an-address\t-\texample.org\n\
                 10.60.0.5\t-\thttps://www.nhs.uk/\n\
                 10.20.0.5\t2026-11-23T10:15:00Z\n\
                 10.20.0.5\tyesterday\texample.org\n\
                 10.20.0.5\t-\tftp://example.org/\n";
    std::fs::write(&file, lines).unwrap();
    let said = explain(&["--batch", file.to_str().unwrap()]);
    let answers: Vec<Value> = said
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), 6, "{}", said.out);
    assert_eq!(answers[0]["action"], "block");
    assert_eq!(answers[2]["host"], "www.nhs.uk");
    for place in [1, 3, 4, 5] {
        assert!(answers[place]["error"].is_string(), "{}", answers[place]);
    }
}

fn page(name: &str, group: &str) -> Value {
    let file = root().join("tests/fixtures/pages").join(name);
    let words = ["--file", file.to_str().unwrap(), "--group", group, "--json"];
    serde_json::from_str(explain(&words).done().trim()).unwrap()
}

// CAT-37, CAT-39, MON-03: the same page is another thing for other ages.
#[test]
fn a_page_is_judged_by_its_text_for_a_group() {
    let casino = page("harmful/gambling.en.html", "ks2");
    assert_eq!(casino["limit"], 50);
    assert_eq!(casino["above"], true, "{casino:#}");
    assert_eq!(casino["themes"][0]["category"], "gambling");
    let phrases = casino["phrases"].as_array().unwrap();
    let online = phrases
        .iter()
        .find(|seen| seen["phrase"] == "online casino");
    assert_eq!(online.unwrap()["weight"], "+60");
    assert_eq!(page("harmful/gambling.en.html", "sixth")["limit"], 160);
    for group in ["ks1", "ks3", "sixth"] {
        assert_eq!(page("harmless/rse.en.html", group)["above"], false);
    }
}

// CAT-40
#[test]
fn a_search_is_told_with_its_theme() {
    let found = one(
        "10.30.0.5",
        "https://www.google.co.uk/search?q=how+to+k1ll+myself",
    );
    assert_eq!(found["search"]["engine"], "Google", "{found:#}");
    assert_eq!(found["search"]["term"], "how to k1ll myself");
    assert_eq!(found["search"]["themes"][0]["theme"], "suicide");
    let harmless = one(
        "10.30.0.5",
        "https://www.google.co.uk/search?q=essex+county+council",
    );
    assert_eq!(harmless["search"]["themes"].as_array().unwrap().len(), 0);
    let none = one("10.30.0.5", "https://www.bbc.co.uk/bitesize");
    assert!(none.get("search").is_none());
}
