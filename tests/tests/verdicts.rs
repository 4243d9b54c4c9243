//! One truth table, four ways to ask: `explain`, DNS, CONNECT and plain HTTP agree on every row.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gate::{Explainer, Explanation, Question};
use model::{Action, HostBuffer, Moment, Rung, Target};
use schoolgate_tests::{Doors, School, ask_dns, fixture, on_loopback};
use serde::Deserialize;
use std::net::IpAddr;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// The client's address in the example school.
    client: IpAddr,
    /// A host, or a URL.
    target: String,
    /// The addresses that the name leads to, where they matter.
    #[serde(default)]
    answers: Vec<IpAddr>,
    at: Moment,
    action: Action,
    rung: Option<Rung>,
    category: Option<String>,
    /// The requirement or the rule of the school that the row shows.
    why: String,
}

#[derive(Debug, Deserialize)]
struct Rows {
    rows: Vec<Row>,
}

fn rows() -> Vec<Row> {
    let mut rows = fixture::<Rows>("verdicts.toml").rows;
    rows.sort_by_key(|row| row.at);
    rows
}

/// The example school, with a list of addresses that close the names that lead to them.
fn school() -> School {
    let mut school = School::example();
    school.append("blocklists/sources.toml", ANSWERS);
    school.put(
        "blocklists/answers.txt",
        "198.51.100.0/24\n2001:db8:66::/48\n",
    );
    school
}

/// Lets the names of the table lead where it says.
fn lead(doors: &Doors, row: &Row) {
    if !row.answers.is_empty() {
        let (_, rest) = row.target.split_once("://").unwrap_or(("", &row.target));
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        doors.lead(host, &row.answers);
    }
}

/// The row in words, for what failed.
fn shown(row: &Row) -> String {
    format!(
        "{} asks for `{}` at {} ({})",
        row.client, row.target, row.at, row.why
    )
}

fn asked(explainer: &mut Explainer, row: &Row, client: IpAddr, target: &str) -> Explanation {
    let question = Question {
        client,
        user: None,
        group: None,
        at: row.at,
        target,
        addresses: &row.answers,
    };
    explainer
        .explain(&question, false)
        .unwrap_or_else(|error| panic!("{}: {error}", shown(row)))
}

/// The client as an address of this machine; `None` where loopback has no such address.
fn client_here(row: &Row) -> Option<IpAddr> {
    match row.client.to_canonical() {
        IpAddr::V4(v4) if v4.octets()[0] == 10 => on_loopback(&v4.to_string()).parse().ok(),
        // Any address of loopback outside the school's networks does for a stranger.
        IpAddr::V4(_) => Some(IpAddr::from([127, 250, 0, 9])),
        IpAddr::V6(_) => None,
    }
}

/// Whether a host is an address in any spelling: connecting to it would lead to somebody.
fn is_address(host: &str) -> bool {
    let mut room = HostBuffer::new();
    match Target::parse(host, &mut room) {
        Ok(target) => target.host.name().is_none(),
        Err(error) => panic!("`{host}`: {error}"),
    }
}

fn report(wrong: &[String], count: usize, least: usize) {
    assert!(
        wrong.is_empty(),
        "{} of {count} rows:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(count >= least, "only {count} rows were asked");
}

// AGE-14
#[test]
fn explain_decides_as_the_table_says() {
    let mut explainer = school().explainer();
    let mut wrong = Vec::new();
    let rows = rows();
    for row in &rows {
        let found = asked(&mut explainer, row, row.client, &row.target);
        let holds = found.action == row.action
            && row.rung.is_none_or(|rung| found.rung == rung)
            && row
                .category
                .as_ref()
                .is_none_or(|category| found.category.as_ref() == Some(category));
        if !holds {
            wrong.push(format!(
                "{}: {} by {} {:?}, not {} by {:?} {:?}; {:?}",
                shown(row),
                found.action,
                found.rung,
                found.category,
                row.action,
                row.rung,
                row.category,
                found.labels
            ));
        }
    }
    report(&wrong, rows.len(), 300);
}

#[test]
fn a_school_on_other_addresses_decides_the_same() {
    let mut explainer = school().on_loopback().explainer();
    let mut wrong = Vec::new();
    let mut count = 0;
    for row in rows() {
        let Some(client) = client_here(&row) else {
            continue;
        };
        count += 1;
        let found = asked(&mut explainer, &row, client, &row.target);
        if found.action != row.action {
            wrong.push(format!(
                "{}: {} by {}",
                shown(&row),
                found.action,
                found.rung
            ));
        }
    }
    report(&wrong, count, 300);
}

#[test]
fn dns_decides_as_the_table_says() {
    let rows = rows();
    let doors = Doors::open(&school().on_loopback(), rows[0].at);
    let mut wrong = Vec::new();
    let mut count = 0;
    for row in &rows {
        let name = row.target.trim_end_matches('.');
        let plain = name.is_ascii() && !name.contains(['/', ':', '%']);
        let (Some(client), true) = (client_here(row), plain && !is_address(name)) else {
            continue;
        };
        doors.at(row.at);
        lead(&doors, row);
        count += 1;
        let answer = ask_dns(doors.dns(), client, name, 1);
        let outside = row.rung == Some(Rung::Outside);
        let wanted = match row.action {
            Action::Allow => 0,
            Action::Block if outside => 5,
            Action::Warn | Action::Permission | Action::Block => 3,
        };
        let told = answer.error.as_ref().is_some_and(|(code, text)| {
            let category = row.category.as_deref().unwrap_or_default();
            (15..=18).contains(code) && text.contains(category)
        });
        if answer.rcode != wanted || (wanted == 3 && !told) {
            wrong.push(format!(
                "{}: {} wanted, got {answer:?}",
                shown(row),
                row.action
            ));
        }
    }
    report(&wrong, count, 300);
}

#[test]
fn the_proxy_decides_as_the_table_says() {
    let rows = rows();
    let school = school().on_loopback();
    let mut explainer = school.explainer();
    let doors = Doors::open(&school, rows[0].at);
    let mut wrong = Vec::new();
    let mut count = 0;
    for row in &rows {
        let Some(client) = client_here(row) else {
            continue;
        };
        let (scheme, rest) = row.target.split_once("://").unwrap_or(("", &row.target));
        let host = rest.split(['/', '?']).next().unwrap();
        // What is open would be connected to, and an address is somebody's.
        if is_address(&row.target) && row.action == Action::Allow {
            continue;
        }
        doors.at(row.at);
        lead(&doors, row);
        count += 1;
        if scheme != "http" && host.is_ascii() && !host.contains(':') {
            let status = doors.connect(client, host);
            if (status == 502) != row.action.opens() || ![403, 502].contains(&status) {
                wrong.push(format!(
                    "{}: {} wanted, CONNECT got {status}",
                    shown(row),
                    row.action
                ));
            }
        }
        if scheme != "https" && rest.is_ascii() {
            let path = if rest.contains('/') { "" } else { "/" };
            let url = format!("http://{rest}{path}");
            // This door sees a URL, so rules with a path speak here that are silent elsewhere.
            let oracle = asked(&mut explainer, row, client, &url).action;
            let (status, _) = doors.get(client, &url);
            if (status == 502) != oracle.opens() || ![403, 502].contains(&status) {
                wrong.push(format!(
                    "{}: {oracle} wanted, {url} got {status}",
                    shown(row)
                ));
            }
            if scheme == "http" && oracle != row.action {
                wrong.push(format!(
                    "{}: {} wanted, explained as {oracle}",
                    shown(row),
                    row.action
                ));
            }
        }
    }
    report(&wrong, count, 300);
}

// AGE-14: what the table must hold to be worth its name.
#[test]
fn the_table_covers_groups_actions_and_rungs() {
    let rows = rows();
    assert!(rows.len() >= 300, "{} rows", rows.len());
    for action in [
        Action::Allow,
        Action::Warn,
        Action::Permission,
        Action::Block,
    ] {
        assert!(
            rows.iter().filter(|row| row.action == action).count() >= 10,
            "{action}"
        );
    }
    let mut explainer = school().explainer();
    let mut groups = std::collections::BTreeSet::new();
    for row in &rows {
        groups.extend(asked(&mut explainer, row, row.client, &row.target).group);
    }
    for group in [
        "foundation",
        "ks1",
        "ks2",
        "ks2-y56",
        "ks3",
        "ks4",
        "sixth",
        "staff",
        "office",
        "supply",
        "guest",
        "technician",
        "servers",
        "class-display",
        "printers-and-things",
        "phones",
    ] {
        assert!(groups.contains(group), "no row asks for `{group}`");
    }
}

const ANSWERS: &str = r#"
[[sources]]
id = "answers"
title = "Addresses of harmful software"
file = "answers.txt"
format = "addresses"
category = "malware"
licence = "none"
"#;
