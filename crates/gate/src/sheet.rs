use crate::State;
use model::{Access, GroupIndex, Moment, Obligations};
use policy::{Origin, RuleOutline, WhenOutline, WhomOutline};
use serde::Serialize;
use std::collections::BTreeSet;

/// What one group gets at one moment, to be read by people.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupSheet {
    /// The id of the group.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// Whether it is a group of pupils.
    pub pupil: bool,
    /// The age in years of the youngest, where the files say.
    pub age: Option<u8>,
    /// What it gets of each category, those of the floor first.
    pub categories: Vec<CategoryShown>,
    /// The word for long-standing sites with nothing against them.
    pub established: Access,
    /// The word for sites that are on no list.
    pub unknown: Access,
    /// Whether only what is named is open.
    pub walled: bool,
    /// Whether unblocks and individual plans reach it.
    pub overrides: bool,
    /// What allowed requests must undergo.
    pub obligations: Obligations,
    /// The sentences and modes of the files that are for it.
    pub rules: Vec<RuleShown>,
    /// The schedules that run at the moment, by title.
    pub running: Vec<String>,
}

/// What a group gets of one category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CategoryShown {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// The word at the moment.
    pub access: Access,
    /// Whether it is illegal content, which nobody can open.
    pub floor: bool,
    /// Whether no mode, individual plan, unblock or lesson lifts it.
    pub locked: bool,
    /// The words that hold on conditions.
    pub times: Vec<TimeShown>,
}

/// A word that holds on a condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TimeShown {
    /// The word.
    pub access: Access,
    /// When, in words.
    pub when: String,
    /// For whom, in words that name no person; for all, where absent.
    pub whom: Option<String>,
}

/// A sentence or mode of the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleShown {
    /// What people call it.
    pub name: String,
    /// Why, where the files say.
    pub reason: Option<String>,
    /// Whether it is a mode of the whole group.
    pub mode: bool,
    /// The sites, with the word of each; at most [`RuleShown::MOST_SITES`].
    pub sites: Vec<(String, Access)>,
    /// How many more sites there are.
    pub more: usize,
    /// The categories, by name for people, with the word of each.
    pub categories: Vec<(String, Access)>,
    /// The word for everything else.
    pub everything: Option<Access>,
    /// When, in words.
    pub when: String,
    /// For whom, in words that name no person; for the whole group, where absent.
    pub whom: Option<String>,
    /// The moment at which it is over by itself.
    pub until: Option<Moment>,
}

impl RuleShown {
    /// The most sites that are listed.
    pub const MOST_SITES: usize = 40;
}

impl State {
    /// What a group gets at a moment; `None` where there is no such group.
    pub fn sheet(&self, group: &str, at: Moment) -> Option<GroupSheet> {
        let policy = self.policy();
        let index = policy.groups().find(group)?;
        let facts = policy.group(index)?;
        let outline = policy.outline(index, self.identifier().roster())?;
        let schedules = policy.schedules(at);
        Some(GroupSheet {
            id: facts.id.clone(),
            title: facts.title.clone(),
            pupil: facts.pupil,
            age: facts.age,
            categories: self.categories(index, at),
            established: outline.established,
            unknown: outline.unknown,
            walled: outline.walled,
            overrides: outline.overrides,
            obligations: outline.obligations,
            rules: self.rules(index),
            running: policy
                .schedule_names()
                .filter(|(place, _, _)| schedules.running.contains(*place))
                .map(|(_, _, title)| title.to_owned())
                .collect(),
        })
    }

    fn categories(&self, group: GroupIndex, at: Moment) -> Vec<CategoryShown> {
        let policy = self.policy();
        let vocabulary = policy.vocabulary();
        let (floor, against) = (vocabulary.floor(), vocabulary.against());
        let running = policy.schedules(at).running;
        let words = policy.words(&policy.subject_of(group), running, at);
        let outline = policy.outline(group, self.identifier().roster());
        let conditions = outline
            .map(|outline| outline.conditions)
            .unwrap_or_default();
        vocabulary
            .iter()
            .filter(|(id, _)| floor.contains(*id) || against.contains(*id))
            .map(|(id, category)| {
                let times = conditions.get(&category.id).into_iter().flatten();
                CategoryShown {
                    id: category.id.clone(),
                    title: category.title.clone(),
                    access: words.word(id).unwrap_or(Access::Block),
                    floor: floor.contains(id),
                    locked: words.is_locked(id),
                    times: times
                        .map(|held| TimeShown {
                            access: held.access,
                            when: self.when(&held.when),
                            whom: whom(&held.named),
                        })
                        .collect(),
                }
            })
            .collect()
    }

    /// The sentences and modes of the files that are for a group.
    fn rules(&self, group: GroupIndex) -> Vec<RuleShown> {
        let policy = self.policy();
        let Some(facts) = policy.group(group) else {
            return Vec::new();
        };
        let above = facts
            .extends
            .iter()
            .filter_map(|&index| policy.group(index));
        let line: Vec<&str> = std::iter::once(facts)
            .chain(above)
            .map(|facts| facts.id.as_str())
            .collect();
        policy
            .rules(self.identifier().roster())
            .iter()
            .filter(|rule| of_the_files(rule) && concerns(&rule.whom, &line))
            .map(|rule| self.rule(rule))
            .collect()
    }

    fn rule(&self, rule: &RuleOutline) -> RuleShown {
        let vocabulary = self.policy().vocabulary();
        let title = |id: &String| {
            let category = vocabulary.find(id).and_then(|id| vocabulary.category(id));
            category.map_or_else(|| id.clone(), |category| category.title.clone())
        };
        let says = &rule.says;
        RuleShown {
            name: rule.name.clone(),
            reason: rule.reason.clone(),
            mode: says.origin == Origin::Mode,
            sites: says
                .sites
                .iter()
                .take(RuleShown::MOST_SITES)
                .map(|site| (site.site.clone(), site.access))
                .collect(),
            more: says.sites.len().saturating_sub(RuleShown::MOST_SITES),
            categories: says
                .words
                .iter()
                .map(|(id, access)| (title(id), *access))
                .collect(),
            everything: says.whole.as_ref().map(|(access, _)| *access),
            when: self.when(&says.when),
            whom: whom(&rule.whom.named),
            until: says.until,
        }
    }

    fn when(&self, when: &WhenOutline) -> String {
        let title = |id: &str| {
            let held = self
                .policy()
                .schedule_names()
                .find(|(_, known, _)| *known == id);
            held.map_or_else(|| id.to_owned(), |(_, _, title)| title.to_owned())
        };
        match when {
            WhenOutline::Always => "always".to_owned(),
            WhenOutline::During(id) => format!("during \u{201c}{}\u{201d}", title(id)),
            WhenOutline::Outside(id) => format!("outside \u{201c}{}\u{201d}", title(id)),
            WhenOutline::Switched => "while somebody switched it on".to_owned(),
        }
    }
}

/// Whether a rule stands in the files; what holds for a while is shown elsewhere.
const fn of_the_files(rule: &RuleOutline) -> bool {
    match rule.says.origin {
        Origin::Written | Origin::Mode => true,
        Origin::Learning
        | Origin::Pause
        | Origin::Isolation
        | Origin::Granted
        | Origin::Lesson
        | Origin::Emergency => false,
    }
}

/// Whether a rule is for somebody of a group; `line` is the group and those it extends.
fn concerns(whom: &WhomOutline, line: &[&str]) -> bool {
    let removed = line.first().is_some_and(|own| whom.except.contains(*own));
    let from_file = match &whom.groups {
        Some(groups) => line.first().is_some_and(|own| groups.contains(*own)),
        None => true,
    };
    let mut groups = whom
        .named
        .iter()
        .filter_map(|named| named.strip_prefix("group:"))
        .peekable();
    // Where no group is named, the rule is for classes, devices or people, who may be of any.
    let named = groups.peek().is_none() || groups.any(|named| line.contains(&named));
    !removed && from_file && named
}

/// For whom a word is, without the name of any person.
fn whom(named: &BTreeSet<String>) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    for member in named {
        let word = match member.split_once(':') {
            Some(("user" | "directory", _)) => "named people".to_owned(),
            Some(("device", _)) => "named devices".to_owned(),
            Some((kind, id)) => format!("{kind} {id}"),
            None => member.clone(),
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    (!words.is_empty()).then(|| words.join(", "))
}
