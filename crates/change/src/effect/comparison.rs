use super::timeline::Timeline;
use gate::State;
use model::{GroupIndex, Moment};
use policy::{GroupOutline, RuleOutline, Says};
use std::collections::BTreeMap;

/// Two states side by side, with all that comparing them asks for often.
#[derive(Debug)]
pub(super) struct Comparison<'a> {
    pub(super) halves: [Half<'a>; 2],
    /// What people call those whom rules name, by what a file writes.
    pub(super) titles: &'a BTreeMap<String, String>,
    pub(super) timeline: Timeline,
}

/// One of the two.
#[derive(Debug)]
pub(super) struct Half<'a> {
    pub(super) state: &'a State,
    pub(super) rules: Vec<RuleOutline>,
    /// For each rule a number; rules that say the same have the same, on both sides.
    pub(super) says: Vec<usize>,
    outlines: Vec<Option<GroupOutline>>,
}

impl<'a> Comparison<'a> {
    /// Sets two states side by side for the year from `now`.
    pub(super) fn new(
        states: [&'a State; 2],
        titles: &'a BTreeMap<String, String>,
        now: Moment,
    ) -> Self {
        let mut halves = states.map(Half::new);
        let timeline = Timeline::new(states, [&halves[0].rules, &halves[1].rules], now);
        let mut numbers: BTreeMap<Says, usize> = BTreeMap::new();
        for half in &mut halves {
            for rule in &half.rules {
                let next = numbers.len();
                let number = match numbers.get(&rule.says) {
                    Some(number) => *number,
                    None => *numbers.entry(rule.says.clone()).or_insert(next),
                };
                half.says.push(number);
            }
        }
        Self {
            halves,
            titles,
            timeline,
        }
    }

    /// What people call some of those whom rules name.
    pub(super) fn called<T: AsRef<str>>(&self, named: &[T]) -> String {
        let titles: Vec<String> = named
            .iter()
            .map(|name| match self.titles.get(name.as_ref()) {
                Some(title) => format!("“{title}”"),
                None => format!("“{}”", name.as_ref()),
            })
            .collect();
        super::delta::listed(&titles, 4, "names")
    }

    /// The title of a category of either side.
    pub(super) fn category(&self, id: &str) -> &str {
        let titles = self.halves.iter().rev().filter_map(|half| {
            let vocabulary = half.state.policy().vocabulary();
            vocabulary.category(vocabulary.find(id)?)
        });
        titles.map(|held| held.title.as_str()).next().unwrap_or("?")
    }
}

impl<'a> Half<'a> {
    fn new(state: &'a State) -> Self {
        let (policy, roster) = (state.policy(), state.identifier().roster());
        let groups = policy.groups().iter();
        Self {
            state,
            rules: policy.rules(roster),
            says: Vec::new(),
            outlines: groups
                .map(|(group, _)| policy.outline(group, roster))
                .collect(),
        }
    }

    /// What a group says beside its rules and words.
    pub(super) fn outline(&self, group: GroupIndex) -> Option<&GroupOutline> {
        self.outlines.get(usize::from(group.0))?.as_ref()
    }
}
