//! How long a page of the console takes, for each role that has work there: a week of a million
//! decisions in the journal, the program as it is shipped, HTTPS on one connection as a browser
//! keeps it. Prints the middle, the 95th of a hundred and the slowest of each page, and how long
//! the first look at a request takes.
//!
//! `cargo build --release -p schoolgate && cargo bench -p schoolgate-benches --bench pages --
//! --whole`. With another word it asks once with a hundredth of the rows, to see that it works.
#![allow(
    clippy::unwrap_used,
    reason = "a bench that cannot set itself up has nothing to say"
)]

use audit::{DecisionRow, Journal, Known, Unknown};
use model::{Action, Certainty, Door, ManualClock, Moment, PolicyVersion, Rung};
use schoolgate_tests::{Demo, Person, program};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Who looks at which pages.
const VISITS: &[(&str, &[&str])] = &[
    (
        "technician",
        &[
            "/",
            "/requests",
            "/policy",
            "/policy/ks2",
            "/try?target=youtube.com",
            "/activity",
            "/activity?host=cdn7.static.example1.test",
            "/health",
            "/settings",
            "/propose",
        ],
    ),
    ("coordinator", &["/", "/requests", "/changes", "/policy"]),
    (
        "headteacher",
        &[
            "/",
            "/requests",
            "/changes",
            "/reports",
            "/accounts",
            "/reviews",
        ],
    ),
    ("safeguarding-lead", &["/", "/incidents", "/activity"]),
    ("teacher", &["/", "/lesson", "/requests"]),
    ("governor", &["/", "/changes", "/reports"]),
];

/// A Tuesday's journal begins on the Wednesday before.
const FIRST_DAY: &str = "2026-11-18T09:00:00Z";
const DAYS: u64 = 6;

fn main() {
    let whole = std::env::args().any(|word| word == "--whole");
    let (rows_a_day, times) = if whole { (170_000, 100) } else { (1_700, 1) };
    let mut demo = Demo::start(|_| {});
    demo.kill();
    fill(&demo.path("state/journal"), rows_a_day);
    demo.resume();
    let people: Vec<_> = VISITS
        .iter()
        .map(|(role, _)| Person::found(&demo, role, role, &["--class", "year-6"]))
        .collect();
    for (person, (role, pages)) in people.iter().zip(VISITS) {
        sign_in(&demo, person);
        for page in *pages {
            // The first one opens the connection.
            let mut took = visit(&demo, person, page, times).split_off(1);
            took.sort_by(f64::total_cmp);
            let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize] * 1_000.0;
            println!(
                "{role:18} {page:42} p50 {:7.1} ms  p95 {:7.1} ms  max {:7.1} ms",
                at(0.5),
                at(0.95),
                at(1.0)
            );
        }
    }
    replay(&demo, &people[0]);
}

/// The first look at a matter works out what it would have changed in the last seven days.
fn replay(demo: &Demo, technician: &Person) {
    let asked = ["override", "request", "--site", "cdn7.static.example1.test"];
    let more = ["--for", "group:ks2", "--until", "2026-11-24T15:15:00Z"];
    let why = ["--reason", "a lesson", "--json"];
    let said = technician.command(demo, &[&asked[..], &more, &why].concat());
    let matter: serde_json::Value = serde_json::from_str(&said.done()).unwrap();
    let page = format!("/requests/{}", matter["id"].as_str().unwrap());
    let took = visit(demo, technician, &page, 1);
    println!(
        "first look at a request, with the replay of seven days {:.2} s; the next {:.1} ms",
        took[0],
        took[1] * 1_000.0
    );
}

/// The session's cookie comes to lie in a file of the demo's folder.
fn sign_in(demo: &Demo, person: &Person) {
    let fields = [
        format!("name={}", person.name),
        format!("password={}", person.password),
        format!("code={}", demo.code(person)),
    ];
    let origin = format!("Origin: {}", demo.console(""));
    let jar = jar(demo, person);
    let page = demo.console("/sign-in");
    let mut words = vec!["-sk", "-o", "/dev/null", "-w", "%{http_code}", "-c", &jar];
    words.extend(["-H", &origin]);
    for field in &fields {
        words.extend(["--data-urlencode", field]);
    }
    words.push(&page);
    assert_eq!(program("curl", &words).done(), "303", "{}", person.name);
}

/// Seconds that each of several visits took, on one connection; the first one opens it.
fn visit(demo: &Demo, person: &Person, page: &str, times: usize) -> Vec<f64> {
    let file = demo.path("visits.curl");
    let mut visits = String::new();
    for _ in 0..=times {
        writeln!(
            visits,
            "url = \"{}\"\noutput = /dev/null",
            demo.console(page)
        )
        .unwrap();
    }
    std::fs::write(&file, visits).unwrap();
    let jar = jar(demo, person);
    let form = "%{http_code} %{time_total}\n";
    let config = file.to_str().unwrap();
    let said = program("curl", &["-sk", "-b", &jar, "-w", form, "-K", config]).done();
    let lines = said.lines().map(|line| {
        let seconds = line.strip_prefix("200 ");
        seconds.unwrap_or_else(|| panic!("{}, {page}: {line}", person.name))
    });
    lines.map(|seconds| seconds.parse().unwrap()).collect()
}

fn jar(demo: &Demo, person: &Person) -> String {
    let file = demo.path(&format!("{}.cookies", person.name));
    file.to_str().unwrap().to_owned()
}

fn fill(folder: &Path, rows_a_day: u64) {
    let first: Moment = FIRST_DAY.parse().unwrap();
    let clock = Arc::new(ManualClock::new(first));
    let mut journal = Journal::open(folder, clock.clone()).unwrap();
    for day in 0..DAYS {
        for part in 0..10 {
            let numbers = part * rows_a_day / 10..(part + 1) * rows_a_day / 10;
            let rows: Vec<_> = numbers
                .map(|number| {
                    let seconds = day * 86_400 + number * 21_600 / rows_a_day;
                    row(number, first.after(Duration::from_secs(seconds)))
                })
                .collect();
            journal.write(&rows).unwrap();
        }
        clock.advance(Duration::from_secs(86_400));
    }
}

fn row(number: u64, at: Moment) -> DecisionRow {
    let host = number.wrapping_mul(2_654_435_761) % 20_000;
    let blocked = number.is_multiple_of(40);
    DecisionRow {
        first: at,
        last: at,
        count: 1,
        client: std::net::Ipv4Addr::from(0x0a14_0000 + (number % 600) as u32).into(),
        device: Known::Unknown(Unknown::NoSource),
        user: Known::Unknown(Unknown::NoSource),
        certainty: Certainty::Zone,
        zone: "ks2-rooms".into(),
        group: "ks2".into(),
        door: Door::Dns,
        method: None,
        host: format!("cdn{host}.static.example{}.test", host / 7).into(),
        path: None,
        kind: Some("A".into()),
        categories: [if blocked { "games" } else { "education" }.into()].into(),
        action: if blocked {
            Action::Block
        } else {
            Action::Allow
        },
        rung: Rung::Category,
        rule: None,
        list: Some("starter".into()),
        list_version: Some("0123456789abcdef".into()),
        policy_version: PolicyVersion(0x5c00_0001),
        bytes: 120,
        duration_ms: 3,
        reference: None,
        alert: false,
        background: false,
        flood: false,
    }
}
