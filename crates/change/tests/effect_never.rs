//! For any small edit: where a decision opens, the comparison says that the change opens.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "effect_stage/school.rs"]
mod school;

use change::{Direction, Side, compare};
use gate::State;
use model::{Action, CategorySet, HostBuffer, Labels, Moment, Target};
use proptest::prelude::*;
use school::School;
use std::sync::OnceLock;
use std::time::Duration;

const NOW: &str = "2026-11-22T05:00:00Z";

const GROUPS: [&str; 5] = ["everybody", "pupils", "ks2", "ks3", "staff"];
const CATEGORIES: [&str; 6] = ["news", "video", "sports", "blogs", "gambling", "podcasts"];
const WORDS: [&str; 9] = [
    "\"allow\"",
    "\"monitor\"",
    "\"warn\"",
    "\"permission\"",
    "\"block\"",
    "{ allow = \"lunch-ks2\" }",
    "{ block = \"lessons-ks2\" }",
    "{ allow = \"breaks\", for = [\"class:media\"] }",
    "[{ allow = \"not nights\" }, \"permission\"]",
];

/// A rule that is added to a group.
fn rule(word: usize, category: usize, whom: usize) -> String {
    let word = ["allow", "monitor", "warn", "permission", "block"][word % 5];
    let whom = [
        "",
        "for = [\"class:media\"]\n",
        "for = [\"device:head-laptop\"]\n",
    ][whom % 3];
    let category = CATEGORIES[category];
    format!(
        "\n[[rule]]\nname = \"Made\"\nsites = [\"category:{category}\", \"friends.test\"]\naction = \"{word}\"\n{whom}"
    )
}

/// The example with the word of a group for a category set, in place of the line that was there.
fn worded(
    group: usize,
    category: usize,
    word: usize,
    added: Option<(usize, usize)>,
) -> Option<School> {
    let path = format!("config/groups/{}.toml", GROUPS[group]);
    let mut school = School::example();
    let text = school.text(&path);
    let mut lines: Vec<String> = text
        .lines()
        .filter(|line| !line.starts_with(&format!("{} ", CATEGORIES[category])))
        .map(str::to_owned)
        .collect();
    let line = format!("{} = {}", CATEGORIES[category], WORDS[word]);
    let place = lines.iter().position(|line| line == "[access]")?;
    lines.insert(place + 1, line);
    let more = added.map_or_else(String::new, |(word, whom)| rule(word, category, whom));
    school
        .files
        .insert(&*path, format!("{}\n{more}", lines.join("\n")).into_bytes());
    school.compiles().then_some(school)
}

fn example() -> &'static State {
    static STATE: OnceLock<State> = OnceLock::new();
    STATE.get_or_init(|| School::example().state())
}

/// Every decision of some clients in the week to come, in an order that both sides share.
fn decisions(state: &State) -> Vec<Action> {
    let policy = state.policy();
    let roster = state.identifier().roster();
    let mut buffer = HostBuffer::new();
    let host = model::Host::normalise("friends.test", &mut buffer).unwrap();
    let target = Target::of_host(host);
    let mut found = Vec::new();
    let now: Moment = NOW.parse().unwrap();
    // At other minutes each day, so that no break is always missed.
    for step in 0u64..96 {
        let schedules = policy.schedules(now.after(Duration::from_secs(step * 105 * 60)));
        for group in GROUPS.iter().filter_map(|id| policy.groups().find(id)) {
            for named in [
                &[][..],
                &["class:media"],
                &["class:media", "device:head-laptop"],
            ] {
                let subject = policy.somebody(group, named.iter().copied(), roster);
                let view = policy.view(&subject, &schedules);
                for category in CATEGORIES {
                    let mut categories = CategorySet::EMPTY;
                    categories.insert(policy.vocabulary().find(category).unwrap());
                    let labels = Labels {
                        categories,
                        ..Labels::NONE
                    };
                    found.push(policy.decide(&view, &target, labels).action);
                }
                found.push(policy.decide(&view, &target, Labels::NONE).action);
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn a_change_that_opens_a_decision_is_said_to_open(
        group in 0..GROUPS.len(),
        category in 0..CATEGORIES.len(),
        word in 0..WORDS.len(),
        added in proptest::option::of((0usize..5, 0usize..3)),
    ) {
        let after = worded(group, category, word, added);
        prop_assume!(after.is_some());
        let (before, after) = (School::example(), after.unwrap());
        let changed = after.state();
        static HELD: OnceLock<Vec<Action>> = OnceLock::new();
        let old = HELD.get_or_init(|| decisions(example()));
        let new = decisions(&changed);
        let opens = old.iter().zip(&new).any(|(old, new)| new < old);
        let closes = old.iter().zip(&new).any(|(old, new)| new > old);
        let [one, other] = [(example(), &before), (&changed, &after)].map(|(state, school)| Side {
            state,
            files: &school.files,
            overlay: &school.overlay,
        });
        let there = compare(&one, &other, NOW.parse().unwrap());
        let back = compare(&other, &one, NOW.parse().unwrap());
        if opens {
            prop_assert_eq!(there.direction, Direction::Opens, "{:#?}", there);
        }
        if closes {
            prop_assert_eq!(back.direction, Direction::Opens, "{:#?}", back);
            prop_assert!(there.direction != Direction::Nothing, "{:#?}", there);
        }
    }
}
