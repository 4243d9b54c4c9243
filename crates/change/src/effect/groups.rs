use super::comparison::Comparison;
use super::delta::{Deltas, Phrase, listed};
use super::rules::{self, state};
use super::{Direction, Part};
use model::{Access, GroupIndex, Inspect, ScheduleSet};
use policy::{GroupOutline, Origin, Words};
use std::collections::{BTreeMap, BTreeSet};

/// Compares everything that a group gets, for whoever is in it: on one side the first, on the
/// other the second.
pub(super) fn compare(
    comparison: &Comparison<'_>,
    groups: [GroupIndex; 2],
    name: &str,
    deltas: &mut Deltas,
) {
    let [Some(before), Some(after)] =
        [0, 1].map(|side: usize| comparison.halves[side].outline(groups[side]))
    else {
        let words = format!("The group “{name}” could not be compared.");
        deltas.add(Direction::Opens, Part::Identity, words);
        return;
    };
    let mut said = Said { name, deltas };
    said.sites(before, after);
    said.labels(comparison, before, after);
    said.reach(comparison, before, after);
    said.phrases(before, after);
    said.obligations(comparison, groups, before, after);
    said.kind(comparison, groups);
    words(comparison, groups, [before, after], &mut said);
    rules::compare(comparison, groups, name, deltas);
}

struct Said<'d> {
    name: &'d str,
    deltas: &'d mut Deltas,
}

impl Said<'_> {
    fn tell(&mut self, direction: Direction, part: Part, words: impl Into<String>) {
        self.deltas.group(
            self.name,
            Phrase {
                direction,
                part,
                whom: None,
                words: words.into(),
                sites: Vec::new(),
            },
        );
    }

    /// Sites with nothing against them.
    fn sites(&mut self, before: &GroupOutline, after: &GroupOutline) {
        let established = "well-known sites that no list has anything against";
        for (what, part, from, to) in [
            (
                established,
                Part::Access,
                before.established,
                after.established,
            ),
            (
                "sites that are on no list",
                Part::Access,
                before.unknown,
                after.unknown,
            ),
            (
                "addresses in place of names",
                Part::Allowance,
                before.literal,
                after.literal,
            ),
        ] {
            if from != to {
                let words = format!("now have {what} {} in place of {}", state(to), state(from));
                self.tell(towards(from, to), part, words);
            }
        }
        match (before.walled, after.walled) {
            (true, false) => {
                let words = "may now reach more than the sites that are named for them";
                self.tell(Direction::Opens, Part::Access, words);
            }
            (false, true) => {
                let words = "can now reach the sites alone that are named for them";
                self.tell(Direction::Closes, Part::Access, words);
            }
            (true, true) | (false, false) => {}
        }
    }

    /// The labels that open a site.
    fn labels(&mut self, comparison: &Comparison<'_>, before: &GroupOutline, after: &GroupOutline) {
        let titles = |ids: Vec<&String>| {
            let titles: Vec<String> = ids
                .into_iter()
                .map(|id| format!("“{}”", comparison.category(id)))
                .collect();
            listed(&titles, 6, "kinds")
        };
        let gained: Vec<&String> = after.open.difference(&before.open).collect();
        if !gained.is_empty() {
            let words = format!("may now reach all sites of {}", titles(gained));
            self.tell(Direction::Opens, Part::Access, words);
        }
        let lost: Vec<&String> = before.open.difference(&after.open).collect();
        if !lost.is_empty() {
            let words = format!("no longer have all sites of {} open", titles(lost));
            self.tell(Direction::Closes, Part::Access, words);
        }
    }

    /// Whether unblocks reach the group.
    fn reach(&mut self, comparison: &Comparison<'_>, before: &GroupOutline, after: &GroupOutline) {
        if before.overrides == after.overrides {
            return;
        }
        if after.overrides {
            let words = "may now be given unblocks, lessons and individual plans";
            self.tell(Direction::Opens, Part::Override, words);
            return;
        }
        let words = "can no longer be given unblocks, lessons or individual plans";
        self.tell(Direction::Closes, Part::Override, words);
        // A part that closes no longer reaches the group either.
        let closes = comparison.halves[0].rules.iter().any(|rule| {
            let says = &rule.says;
            let words = says.sites.iter().map(|site| site.access);
            matches!(says.origin, Origin::Granted | Origin::Lesson)
                && words
                    .chain(says.words.values().copied())
                    .any(|word| word != Access::Allow)
        });
        if closes {
            let words =
                "no longer have what an individual plan or an unblock closes for them closed";
            self.tell(Direction::Opens, Part::Override, words);
        }
    }

    /// What the text of a page may score.
    fn phrases(&mut self, before: &GroupOutline, after: &GroupOutline) {
        let (old, new) = (before.phrase_limit, after.phrase_limit);
        if old != new {
            let words =
                format!("now have pages closed whose text scores above {new}, and not above {old}");
            self.tell(lowered(new > old), Part::Access, words);
        }
    }

    fn obligations(
        &mut self,
        comparison: &Comparison<'_>,
        groups: [GroupIndex; 2],
        before: &GroupOutline,
        after: &GroupOutline,
    ) {
        let (old, new) = (before.obligations, after.obligations);
        if old.safe_search != new.safe_search {
            let lower = new.safe_search < old.safe_search;
            let words = format!("now search with the safe mode {}", search(new.safe_search));
            self.tell(lowered(lower), Part::SafeSearch, words);
        }
        if old.youtube != new.youtube {
            let lower = new.youtube < old.youtube;
            let words = format!(
                "now see YouTube with its restricted mode {}",
                youtube(new.youtube)
            );
            self.tell(lowered(lower), Part::SafeSearch, words);
        }
        if old.inspect != new.inspect {
            let lower = new.inspect < old.inspect;
            let words = format!("now have {}", inspection(new.inspect));
            self.tell(lowered(lower), Part::Inspection, words);
            let full = old.inspect == Inspect::Full || new.inspect == Inspect::Full;
            // What a page-wise rule says is seen by full inspection alone.
            if full && !lower && names_pages(comparison, groups) {
                let words = "may reach single pages whose whole site was closed before";
                self.tell(Direction::Opens, Part::Inspection, words);
            }
        }
    }

    /// Who is in a group settles whom notices about it reach.
    fn kind(&mut self, comparison: &Comparison<'_>, groups: [GroupIndex; 2]) {
        let kinds = [0, 1].map(|side: usize| {
            let policy = comparison.halves[side].state.policy();
            policy.group(groups[side]).map(|facts| facts.kind)
        });
        if kinds[0] != kinds[1] {
            let words =
                "are now counted as another kind of people, and notices about them go elsewhere";
            self.tell(Direction::Opens, Part::Identity, words);
        }
    }
}

/// Whether a rule of either group names single pages of a site.
fn names_pages(comparison: &Comparison<'_>, groups: [GroupIndex; 2]) -> bool {
    let _ = groups;
    comparison
        .halves
        .iter()
        .flat_map(|half| &half.rules)
        .any(|rule| rule.says.sites.iter().any(|site| site.path))
}

/// What happens to the categories that change alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    /// From a word to a word.
    Word(Access, Access),
    /// Locked, where it was not.
    Locked,
    /// No longer locked.
    Unlocked,
}

/// For whom and at what states of the calendars something turns.
type Turned = BTreeMap<(Turn, BTreeSet<String>), BTreeSet<usize>>;

/// Compares what a group gets of each category, for all who may be in it, all year.
fn words(
    comparison: &Comparison<'_>,
    groups: [GroupIndex; 2],
    outlines: [&GroupOutline; 2],
    said: &mut Said<'_>,
) {
    let plain = everybody(comparison, groups, &BTreeSet::new());
    let vocabularies =
        [0, 1].map(|side: usize| comparison.halves[side].state.policy().vocabulary());
    let mut alike: BTreeMap<(Turn, BTreeSet<String>, BTreeSet<usize>), Vec<String>> =
        BTreeMap::new();
    for (place, category) in vocabularies[1].iter() {
        let Some(old) = vocabularies[0].find(&category.id) else {
            continue;
        };
        if !vocabularies[1].against().contains(place) || !vocabularies[0].against().contains(old) {
            continue;
        }
        let places = [old, place];
        let mut turned = Turned::new();
        for (pair, words) in plain.iter().enumerate() {
            turn(words, places, &BTreeSet::new(), pair, &mut turned);
        }
        if named(outlines, &category.id).len() > MOST_NAMED {
            let conditions = outlines.map(|outline| outline.conditions.get(&category.id));
            let shifts = conditions.into_iter().flatten().flatten();
            let mut shifts = shifts.map(|condition| comparison.timeline.shifts(&condition.when));
            if conditions[0] != conditions[1] || shifts.any(|shifts| shifts) {
                let words = format!(
                    "have so many words for “{}” that it could not be proved that nothing opens",
                    category.title
                );
                said.tell(Direction::Opens, Part::Access, words);
            }
        }
        for named in somebodies(outlines, &category.id) {
            for (pair, words) in everybody(comparison, groups, &named).iter().enumerate() {
                let known = [0, 1].map(|side: usize| {
                    let (held, own) = (&words[side], places[side]);
                    let plain = plain.get(pair).map(|words| &words[side]);
                    plain.is_some_and(|plain| {
                        plain.word(own) == held.word(own)
                            && plain.is_locked(own) == held.is_locked(own)
                    })
                });
                if known != [true, true] {
                    turn(words, places, &named, pair, &mut turned);
                }
            }
        }
        for ((turn, named), pairs) in turned {
            let title = format!("“{}”", category.title);
            alike.entry((turn, named, pairs)).or_default().push(title);
        }
    }
    for ((turn, named, pairs), titles) in alike {
        let slots = comparison.timeline.slots_of(&pairs);
        let when = comparison
            .timeline
            .words(&slots, comparison.halves[1].state.policy());
        let whom: Vec<&String> = named.iter().collect();
        let whom = match whom.is_empty() {
            true => String::new(),
            false => format!(" ({} only)", comparison.called(&whom)),
        };
        tell_turn(&turn, &whom, &titles, &when, said);
    }
}

fn tell_turn(turn: &Turn, whom: &str, titles: &[String], when: &str, said: &mut Said<'_>) {
    let sites = format!("sites of {}", listed(titles, 6, "kinds"));
    let (direction, part, words) = match turn {
        Turn::Word(from, to) => {
            let verb = match to {
                Access::Allow => format!("may now reach {sites}{whom}"),
                Access::Block => format!("can no longer reach {sites}{whom}"),
                Access::Monitor | Access::Warn | Access::Permission => {
                    format!("now have {sites} {}{whom}", state(*to))
                }
            };
            let words = format!("{verb}{when}; until now {}", state(*from));
            (towards(*from, *to), Part::Access, words)
        }
        Turn::Locked => {
            let words = format!("have {sites} locked{whom}{when}: no unblock lifts it");
            (Direction::Closes, Part::Lock, words)
        }
        Turn::Unlocked => {
            let words = format!("no longer have {sites} locked{whom}{when}");
            (Direction::Opens, Part::Lock, words)
        }
    };
    said.tell(direction, part, words);
}

fn turn(
    words: &[Words; 2],
    places: [model::CategoryId; 2],
    named: &BTreeSet<String>,
    pair: usize,
    turned: &mut Turned,
) {
    let [before, after] = [0, 1].map(|side: usize| {
        let word = words[side].word(places[side]);
        (
            word.unwrap_or(Access::Block),
            words[side].is_locked(places[side]),
        )
    });
    let mut add = |turn: Turn| {
        let whom = turned.entry((turn, named.clone())).or_default();
        whom.insert(pair);
    };
    match (before.1, after.1) {
        (true, false) => add(Turn::Unlocked),
        (false, true) => add(Turn::Locked),
        // What is locked is closed, whatever its word.
        (true, true) => return,
        (false, false) => {}
    }
    if before.0 != after.0 {
        add(Turn::Word(before.0, after.0));
    }
}

/// What somebody who is all that `named` says gets on either side, in each state of the calendars.
fn everybody(
    comparison: &Comparison<'_>,
    groups: [GroupIndex; 2],
    named: &BTreeSet<String>,
) -> Vec<[Words; 2]> {
    let now = comparison.timeline.start();
    let subjects = [0, 1].map(|side: usize| {
        let state = comparison.halves[side].state;
        let named = named.iter().map(String::as_str);
        state
            .policy()
            .somebody(groups[side], named, state.identifier().roster())
    });
    let pairs = comparison.timeline.pairs().iter();
    pairs
        .map(|pair| {
            [0, 1].map(|side: usize| {
                let policy = comparison.halves[side].state.policy();
                policy.words(&subjects[side], ScheduleSet(pair.running[side]), now)
            })
        })
        .collect()
}

/// All that somebody may be of those whom the words for a category name, nobody left out.
fn somebodies(outlines: [&GroupOutline; 2], category: &str) -> Vec<BTreeSet<String>> {
    let names = named(outlines, category);
    if names.len() > MOST_NAMED {
        return names
            .into_iter()
            .map(|name| BTreeSet::from([name.clone()]))
            .collect();
    }
    (1u32..1 << names.len())
        .map(|bits| {
            let chosen = names.iter().enumerate();
            chosen
                .filter(|(place, _)| bits & (1 << place) != 0)
                .map(|(_, name)| (*name).clone())
                .collect::<BTreeSet<String>>()
        })
        .filter(|named| {
            ["device:", "user:", "zone:"]
                .iter()
                .all(|kind| named.iter().filter(|name| name.starts_with(kind)).count() < 2)
        })
        .collect()
}

/// Those whom the words for a category name on either side.
fn named<'o>(outlines: [&'o GroupOutline; 2], category: &str) -> Vec<&'o String> {
    let conditions = outlines
        .into_iter()
        .filter_map(|outline| outline.conditions.get(category))
        .flatten();
    let names: BTreeSet<&String> = conditions
        .flat_map(|condition| &condition.named)
        .filter(|named| !named.starts_with("group:"))
        .collect();
    names.into_iter().collect()
}

pub(super) fn towards(from: Access, to: Access) -> Direction {
    lowered(to < from)
}

const fn lowered(lower: bool) -> Direction {
    if lower {
        Direction::Opens
    } else {
        Direction::Closes
    }
}

const fn search(mode: model::SafeSearch) -> &'static str {
    match mode {
        model::SafeSearch::Off => "off",
        model::SafeSearch::Moderate => "moderate",
        model::SafeSearch::Strict => "strict",
    }
}

const fn youtube(mode: model::YouTube) -> &'static str {
    match mode {
        model::YouTube::Off => "off",
        model::YouTube::Moderate => "moderate",
        model::YouTube::Strict => "strict",
    }
}

const fn inspection(mode: Inspect) -> &'static str {
    match mode {
        Inspect::None => "no secure page opened and looked into",
        Inspect::BlockPage => "secure pages opened where they are refused, to say why",
        Inspect::Full => "secure pages opened and looked into",
    }
}

/// Two to the power of this many combinations are tried.
const MOST_NAMED: usize = 6;
