use super::{Direction, Effect, EffectLine, Part};
use policy::Policy;
use std::collections::{BTreeMap, BTreeSet};

/// Gathers what a change does, joining what it does to several groups alike.
#[derive(Debug, Default)]
pub(super) struct Deltas {
    lines: BTreeSet<EffectLine>,
    grouped: BTreeMap<Phrase, BTreeSet<String>>,
    nameless: bool,
}

/// What a change does to somebody, in words that follow their name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Phrase {
    /// Which way it goes.
    pub(super) direction: Direction,
    /// What it is about.
    pub(super) part: Part,
    /// Whom it concerns, where that is no whole group.
    pub(super) whom: Option<String>,
    /// What follows the names of the groups, without a full stop.
    pub(super) words: String,
    /// The sites that it is about.
    pub(super) sites: Vec<String>,
}

impl Deltas {
    /// Lines about clients without a name, who are "they".
    pub(super) fn for_them() -> Self {
        Self {
            nameless: true,
            ..Self::default()
        }
    }

    /// Adds a line that concerns no group in particular.
    pub(super) fn add(&mut self, direction: Direction, part: Part, words: impl Into<String>) {
        self.line(direction, part, words.into(), Vec::new());
    }

    /// Adds a line about sites that concerns no group in particular.
    pub(super) fn line(
        &mut self,
        direction: Direction,
        part: Part,
        words: String,
        sites: Vec<String>,
    ) {
        self.lines.insert(EffectLine {
            direction,
            part,
            words,
            groups: Vec::new(),
            sites: shortened(sites),
        });
    }

    /// Adds what happens to a group.
    pub(super) fn group(&mut self, group: &str, phrase: Phrase) {
        self.grouped
            .entry(phrase)
            .or_default()
            .insert(group.to_owned());
    }

    /// All lines, the openings first, the groups by their titles in this policy.
    pub(super) fn finish(mut self, policy: &Policy) -> Effect {
        for (phrase, groups) in std::mem::take(&mut self.grouped) {
            let names = match (self.nameless, phrase.whom) {
                (true, _) => "They".to_owned(),
                (false, Some(whom)) => whom,
                (false, None) => names(&groups, policy),
            };
            let words = format!("{names} {}.", phrase.words);
            self.lines.insert(EffectLine {
                direction: phrase.direction,
                part: phrase.part,
                words,
                groups: groups.into_iter().collect(),
                sites: shortened(phrase.sites),
            });
        }
        let mut lines: Vec<EffectLine> = self.lines.into_iter().collect();
        lines.sort_by_key(|line| std::cmp::Reverse(line.direction));
        let direction = lines
            .first()
            .map_or(Direction::Nothing, |line| line.direction);
        let more = lines.len().saturating_sub(Effect::MOST_LINES);
        lines.truncate(Effect::MOST_LINES);
        Effect {
            direction,
            lines,
            more: more as u64,
        }
    }
}

/// The titles of some groups; one whose parent is named with all its children is left out.
fn names(groups: &BTreeSet<String>, policy: &Policy) -> String {
    let all = policy.groups().len();
    if all > 1 && groups.len() == all {
        return "Everybody".to_owned();
    }
    let below = |id: &str| {
        let parent = policy.groups().find(id);
        let children = policy.groups().iter().filter(move |(index, _)| {
            policy
                .group(*index)
                .is_some_and(|facts| parent.is_some_and(|parent| facts.extends.contains(&parent)))
        });
        children.map(|(_, id)| id.to_owned()).collect::<Vec<_>>()
    };
    let whole: Vec<(&String, Vec<String>)> = groups
        .iter()
        .map(|id| (id, below(id)))
        .filter(|(_, below)| !below.is_empty() && below.iter().all(|id| groups.contains(id)))
        .collect();
    let covered = |id: &String| whole.iter().any(|(_, below)| below.contains(id));
    let title = |id: &String| {
        let facts = policy
            .groups()
            .find(id)
            .and_then(|index| policy.group(index));
        facts.map_or_else(|| format!("“{id}”"), |facts| facts.title.clone())
    };
    let titles: Vec<String> = groups.iter().filter(|id| !covered(id)).map(title).collect();
    listed(&titles, MOST_NAMES, "groups")
}

/// Some names as a sentence lists them, those past a number counted.
pub(super) fn listed<T: AsRef<str>>(names: &[T], most: usize, kind: &str) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    if names.len() > most + 1 {
        let (shown, rest) = names.split_at(most);
        return format!("{} and {} more {kind}", shown.join(", "), rest.len());
    }
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn shortened(mut sites: Vec<String>) -> Vec<String> {
    sites.truncate(EffectLine::MOST_SITES);
    sites
}

/// Groups that a sentence names before it counts.
const MOST_NAMES: usize = 5;
