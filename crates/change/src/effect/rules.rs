use super::comparison::Comparison;
use super::delta::{Deltas, Phrase, listed};
use super::timeline::Times;
use super::{Direction, Part};
use model::{Access, GroupIndex, Rung};
use policy::{Origin, RuleOutline, Says, SiteOutline, WhenOutline, WhomOutline};
use std::collections::{BTreeMap, BTreeSet};

/// A rule as a group has it.
#[derive(Clone, Debug)]
struct Held<'a> {
    rule: &'a RuleOutline,
    says: usize,
    who: Who<'a>,
    switches: BTreeSet<(model::Moment, model::Moment, Who<'a>)>,
}

/// Whom of a group a rule means.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who<'a> {
    /// All of it.
    All,
    /// Those of it who are one of these.
    Some(BTreeSet<&'a str>),
}

/// One thing that a rule has a word for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Item<'a> {
    Site(&'a str),
    /// The host of a site with a path, at doors that see no paths.
    Host(&'a str),
    Category(&'a str),
    Everything,
    /// What stays open while everything else is closed.
    Open(&'a str),
}

/// Compares all that the rules say to a group on either side.
///
/// Each step from the one to the other is weighed by itself, and what a step closes it closes
/// whatever stands around it: a block that is added, an opening that is taken away, a word that
/// becomes stricter. Words between the two may do either when they come or go, so they open.
pub(super) fn compare(
    comparison: &Comparison<'_>,
    groups: [GroupIndex; 2],
    name: &str,
    deltas: &mut Deltas,
) {
    let mut sides = [0, 1].map(|side| held(comparison, side, groups[side]));
    let [before, after] = &mut sides;
    before.retain(|one| {
        let shifts = comparison.timeline.shifts(&one.rule.says.when);
        let same = |other: &Held<'_>| {
            other.says == one.says && other.who == one.who && other.switches == one.switches
        };
        match after.iter().position(same) {
            Some(place) if !shifts => {
                after.swap_remove(place);
                false
            }
            Some(_) | None => true,
        }
    });
    let mut compared = Compared {
        comparison,
        group: groups[1],
        name,
        deltas,
    };
    for one in before {
        let called = |other: &Held<'_>| {
            other.rule.name == one.rule.name && other.rule.says.origin == one.rule.says.origin
        };
        match after.iter().position(called) {
            Some(place) => {
                let other = after.swap_remove(place);
                compared.pair(one, &other);
            }
            None => compared.single(one, 0),
        }
    }
    for other in after {
        compared.single(other, 1);
    }
}

/// The rules that a group has on one side, those that are over left out.
fn held<'a>(comparison: &'a Comparison<'_>, side: usize, group: GroupIndex) -> Vec<Held<'a>> {
    let half = &comparison.halves[side];
    let policy = half.state.policy();
    let Some(facts) = policy.group(group) else {
        return Vec::new();
    };
    let own = std::iter::once(group).chain(facts.extends.iter().copied());
    let lineage: Vec<&str> = own
        .filter_map(|group| policy.groups().name(group))
        .collect();
    let barred = half
        .outline(group)
        .is_some_and(|outline| !outline.overrides);
    let now = comparison.timeline.start();
    let mut held = Vec::new();
    for (rule, says) in half.rules.iter().zip(&half.says) {
        let over = rule.says.until.is_some_and(|until| until <= now);
        if over || (barred && matches!(rule.says.origin, Origin::Granted | Origin::Lesson)) {
            continue;
        }
        let Some(who) = who(&rule.whom, &lineage) else {
            continue;
        };
        let switches = rule.says.switches.iter();
        held.push(Held {
            rule,
            says: *says,
            who,
            switches: switches
                .filter(|(_, until, _)| now < *until)
                .filter_map(|(from, until, whom)| Some((*from, *until, self::who(whom, &lineage)?)))
                .collect(),
        });
    }
    held
}

/// Whom of a group a rule means; `None` where it means nobody there.
fn who<'a>(whom: &'a WhomOutline, lineage: &[&str]) -> Option<Who<'a>> {
    let own = lineage.first()?;
    let listed = |groups: &BTreeSet<String>| groups.contains(*own);
    if listed(&whom.except) || whom.groups.as_ref().is_some_and(|groups| !listed(groups)) {
        return None;
    }
    let named = whom.named.iter().map(String::as_str);
    let is_group = |named: &str| {
        named
            .strip_prefix("group:")
            .is_some_and(|id| lineage.contains(&id))
    };
    if whom.named.is_empty() || named.clone().any(is_group) {
        return Some(Who::All);
    }
    let some: BTreeSet<&str> = named.filter(|named| !named.starts_with("group:")).collect();
    (!some.is_empty()).then_some(Who::Some(some))
}

struct Compared<'c, 'a> {
    comparison: &'c Comparison<'a>,
    group: GroupIndex,
    name: &'c str,
    deltas: &'c mut Deltas,
}

impl Compared<'_, '_> {
    /// A rule that stands on one side alone.
    fn single(&mut self, held: &Held<'_>, side: usize) {
        let says = &held.rule.says;
        let mut both = [None, None];
        both[side] = Some(says);
        let times = self.comparison.timeline.times(both);
        let (slots, later) = match side {
            0 => (&times.lost, times.lost_later),
            _ => (&times.gained, times.gained_later),
        };
        if slots.is_empty() && !later {
            return;
        }
        let waits = says.origin == Origin::Mode && says.when == WhenOutline::Switched;
        if waits {
            self.switches(held, side);
            return;
        }
        let when = self.when(slots);
        self.moved(held, moving(says, side), side, &when);
        if says.origin == Origin::Mode && side == 1 {
            self.lets_through(held);
        }
    }

    /// A mode that can be switched on, on one side alone.
    fn switches(&mut self, held: &Held<'_>, side: usize) {
        let label = label(held.rule);
        if side == 0 {
            let words = format!("can no longer be put under {label}");
            self.tell(Direction::Opens, Part::Mode, &held.who, words);
        }
        for switch in &held.switches {
            self.switched(held, &switch.2, side);
        }
    }

    fn switched(&mut self, held: &Held<'_>, who: &Who<'_>, side: usize) {
        let label = label(held.rule);
        if side == 0 {
            let words = format!("are no longer under {label}");
            self.tell(Direction::Opens, Part::Mode, who, words);
        } else {
            let words = format!("are put under {label}");
            self.tell(Direction::Closes, Part::Mode, who, words);
            self.lets_through(held);
        }
    }

    /// What a mode leaves open it opens even where a rule of the group closes it.
    fn lets_through(&mut self, held: &Held<'_>) {
        let says = &held.rule.says;
        let half = &self.comparison.halves[1];
        let open = half.outline(self.group).map(|outline| &outline.open);
        let wider = says
            .whole
            .as_ref()
            .is_some_and(|(_, kept)| open.is_none_or(|open| !kept.is_subset(open)));
        let others = self::held(self.comparison, 1, self.group);
        // Below the modes stand individual plans, overrides and sites: what they close, it opens.
        let below =
            |rule: &RuleOutline| matches!(rule.says.rung, Rung::Plan | Rung::Override | Rung::Site);
        let closing = others.iter().any(|held| {
            below(held.rule) && items(&held.rule.says).any(|(_, word)| word != Access::Allow)
        });
        let known = |site: &SiteOutline| {
            others.iter().any(|held| {
                held.who == Who::All
                    && is_standing(held.rule)
                    && held.rule.says.sites.contains(site)
            })
        };
        let named: Vec<&SiteOutline> = says.sites.iter().filter(|site| !known(site)).collect();
        if (says.whole.is_some() && (wider || closing)) || !named.is_empty() {
            let words = format!(
                "keep what {} leaves open, even where another rule closes it",
                label(held.rule)
            );
            let sites = named.iter().map(|site| site.site.clone()).collect();
            self.tell_of(Direction::Opens, Part::Mode, &held.who, words, sites);
        }
    }

    /// What a rule says on one side alone.
    fn moved<'i>(
        &mut self,
        held: &Held<'_>,
        items: impl IntoIterator<Item = (Item<'i>, Access)>,
        side: usize,
        when: &str,
    ) {
        let mut alike: BTreeMap<Access, Vec<Item<'i>>> = BTreeMap::new();
        for (item, access) in items {
            alike.entry(access).or_default().push(item);
        }
        for (access, items) in alike {
            self.moved_alike(held, &items, access, side, when);
        }
    }

    fn moved_alike(
        &mut self,
        held: &Held<'_>,
        items: &[Item<'_>],
        access: Access,
        side: usize,
        when: &str,
    ) {
        let direction = match (side, access) {
            (0, Access::Allow) | (1, Access::Block) => Direction::Closes,
            _ => Direction::Opens,
        };
        let (what, sites) = item_words(items, held.rule.says.origin, self.comparison);
        let verb = match (side, access) {
            (1, Access::Allow | Access::Monitor) => format!("may now reach {what}"),
            (1, Access::Warn) => format!("may now reach {what} after a warning"),
            (1, Access::Permission) => {
                format!("may now have {what} opened by a member of staff")
            }
            (1, Access::Block) => format!("can no longer reach {what}"),
            (_, Access::Block) => format!("can reach {what} again"),
            (_, word) => format!("no longer have {what} {}", state(word)),
        };
        let by = if side == 0 { "now without" } else { "by" };
        let words = format!("{verb}{when}, {by} {}", label(held.rule));
        self.tell_of(direction, part(held.rule), &held.who, words, sites);
    }

    /// A rule of one name on both sides.
    fn pair<'a>(&mut self, one: &Held<'a>, other: &Held<'a>) {
        let (before, after) = (&one.rule.says, &other.rule.says);
        let higher = after.rung < before.rung;
        let blocks = |says: &Says| items(says).all(|(_, access)| access == Access::Block);
        if before.rung != after.rung && !(higher && blocks(before) && blocks(after)) {
            self.single(one, 0);
            self.single(other, 1);
            return;
        }
        if before.rung != after.rung {
            let words = format!("have {} locked: no unblock lifts it", label(other.rule));
            self.tell(Direction::Closes, Part::Lock, &other.who, words);
        }
        self.coverage(one, other);
        let when = String::new();
        let old: BTreeMap<Item<'a>, Access> = items(before).collect();
        let new: BTreeMap<Item<'a>, Access> = items(after).collect();
        let whole = [&old, &new].map(|items| items.contains_key(&Item::Everything));
        // What is kept open from a closing says something only where the closing stands twice.
        let speaks = |item: &Item<'_>| whole == [true, true] || !matches!(item, Item::Open(_));
        let mut turned: BTreeMap<(Access, Access), Vec<Item<'_>>> = BTreeMap::new();
        for (item, access) in &new {
            if let Some(held) = old.get(item).filter(|held| *held != access) {
                turned
                    .entry((*held, *access))
                    .or_default()
                    .push(item.clone());
            }
        }
        for ((from, to), items) in turned {
            self.reworded(other, &items, from, to);
        }
        let only = |one: &BTreeMap<Item<'a>, Access>, other: &BTreeMap<Item<'a>, Access>| {
            let items = one
                .iter()
                .filter(|(item, _)| !other.contains_key(item) && speaks(item));
            items
                .map(|(item, access)| (item.clone(), *access))
                .collect::<Vec<_>>()
        };
        self.moved(other, only(&new, &old), 1, &when);
        self.moved(one, only(&old, &new), 0, &when);
        if whole == [false, true] && after.origin == Origin::Mode {
            self.lets_through(other);
        }
        for switch in one.switches.difference(&other.switches) {
            self.switched(one, &switch.2, 0);
        }
        for switch in other.switches.difference(&one.switches) {
            self.switched(other, &switch.2, 1);
        }
    }

    fn reworded(&mut self, held: &Held<'_>, items: &[Item<'_>], from: Access, to: Access) {
        let direction = if to < from {
            Direction::Opens
        } else {
            Direction::Closes
        };
        let (what, sites) = item_words(items, held.rule.says.origin, self.comparison);
        let words = format!(
            "now have {what} {} in place of {}, by {}",
            state(to),
            state(from),
            label(held.rule)
        );
        self.tell_of(direction, part(held.rule), &held.who, words, sites);
    }

    /// The same rule for others, or at other times.
    fn coverage(&mut self, one: &Held<'_>, other: &Held<'_>) {
        let times = self
            .comparison
            .timeline
            .times([Some(&one.rule.says), Some(&other.rule.says)]);
        let (lost, gained) = match (&one.who, &other.who) {
            (Who::All, Who::All) => (BTreeSet::new(), BTreeSet::new()),
            (Who::All, Who::Some(_)) => (
                BTreeSet::from(["everybody else of the group"]),
                BTreeSet::new(),
            ),
            (Who::Some(_), Who::All) => (
                BTreeSet::new(),
                BTreeSet::from(["everybody else of the group"]),
            ),
            (Who::Some(one), Who::Some(other)) => (
                one.difference(other).copied().collect(),
                other.difference(one).copied().collect(),
            ),
        };
        if times == Times::default() && lost.is_empty() && gained.is_empty() {
            return;
        }
        let only_modes = one.rule.says.when == WhenOutline::Switched;
        for (side, held, who, slots, later) in [
            (0, one, &lost, &times.lost, times.lost_later),
            (1, other, &gained, &times.gained, times.gained_later),
        ] {
            let timed = !only_modes && (!slots.is_empty() || later);
            if who.is_empty() && !timed {
                continue;
            }
            let when = match (timed, slots.is_empty()) {
                (true, true) => " later than in the coming year".to_owned(),
                (true, false) => self.when(slots),
                (false, _) => String::new(),
            };
            let named = if who.is_empty() {
                held.who.clone()
            } else {
                Who::Some(who.clone())
            };
            let held = Held {
                who: named,
                ..held.clone()
            };
            self.moved(&held, moving(&held.rule.says, side), side, &when);
            if side == 1 && held.rule.says.origin == Origin::Mode {
                self.lets_through(&held);
            }
        }
    }

    fn when(&self, slots: &[usize]) -> String {
        let clock = self.comparison.halves[1].state.policy();
        self.comparison.timeline.words(slots, clock)
    }

    fn tell(&mut self, direction: Direction, part: Part, who: &Who<'_>, words: String) {
        self.tell_of(direction, part, who, words, Vec::new());
    }

    fn tell_of(
        &mut self,
        direction: Direction,
        part: Part,
        who: &Who<'_>,
        words: String,
        sites: Vec<String>,
    ) {
        let whom = match who {
            Who::All => None,
            Who::Some(some) => {
                let some: Vec<&str> = some.iter().copied().collect();
                Some(self.comparison.called(&some))
            }
        };
        self.deltas.group(
            self.name,
            Phrase {
                direction,
                part,
                whom,
                words,
                sites,
            },
        );
    }
}

/// Whether a rule of sites holds always.
fn is_standing(rule: &RuleOutline) -> bool {
    let says = &rule.says;
    says.rung == Rung::Site
        && says.when == WhenOutline::Always
        && says.from.is_none()
        && says.until.is_none()
}

/// All that a rule has a word for.
fn items(says: &Says) -> impl Iterator<Item = (Item<'_>, Access)> {
    let sites = says.sites.iter().flat_map(|held| {
        let own = (Item::Site(held.site.as_str()), held.access);
        let host = held
            .fallback
            .map(|word| (Item::Host(held.site.as_str()), word));
        std::iter::once(own).chain(host)
    });
    let words = says
        .words
        .iter()
        .map(|(id, access)| (Item::Category(id.as_str()), *access));
    let whole = says.whole.iter().flat_map(|(access, open)| {
        let kept = open
            .iter()
            .map(|id| (Item::Open(id.as_str()), Access::Allow));
        // Without the closing of everything else nothing is kept open by it either.
        std::iter::once((Item::Everything, *access))
            .chain(kept.filter(|_| *access != Access::Allow))
    });
    sites.chain(words).chain(whole)
}

/// What a rule says that comes or goes as a whole: what it keeps open from its own closing opens
/// nothing, and what a mode names is told by itself.
fn moving(says: &Says, side: usize) -> impl Iterator<Item = (Item<'_>, Access)> {
    let named = says.origin == Origin::Mode && side == 1;
    items(says).filter(move |(item, _)| match item {
        Item::Open(_) => false,
        Item::Site(_) | Item::Host(_) => !named,
        Item::Category(_) | Item::Everything => true,
    })
}

fn item_words(
    items: &[Item<'_>],
    origin: Origin,
    comparison: &Comparison<'_>,
) -> (String, Vec<String>) {
    let paused = matches!(origin, Origin::Pause | Origin::Isolation);
    let host = |site: &str| site.split('/').next().unwrap_or(site).to_owned();
    let words: Vec<String> = items
        .iter()
        .map(|item| match item {
            Item::Site(site) => (*site).to_owned(),
            Item::Host(site) => format!("all of {} where pages cannot be told apart", host(site)),
            Item::Category(id) => format!("sites of “{}”", comparison.category(id)),
            Item::Everything if paused => "the web".to_owned(),
            Item::Everything => "everything else".to_owned(),
            Item::Open(id) => format!("sites of “{}” at that time", comparison.category(id)),
        })
        .collect();
    let sites = items.iter().filter_map(|item| match item {
        Item::Site(site) => Some((*site).to_owned()),
        Item::Host(site) => Some(host(site)),
        Item::Category(_) | Item::Everything | Item::Open(_) => None,
    });
    (listed(&words, 3, "sites"), sites.collect())
}

/// What a rule is called.
fn label(rule: &RuleOutline) -> String {
    let why = rule.reason.as_deref().unwrap_or(&rule.name);
    match rule.says.origin {
        Origin::Written => match rule.name.strip_prefix("pack ") {
            Some(pack) => format!("the pack “{pack}”"),
            None => format!("the rule “{}”", rule.name),
        },
        Origin::Mode => format!("the mode “{}”", rule.name),
        Origin::Learning => "the sites that stay open while access is paused".to_owned(),
        Origin::Pause => format!("the pause of web access “{why}”"),
        Origin::Isolation => format!("cutting the device off “{why}”"),
        Origin::Granted if rule.says.rung == Rung::Plan => format!("the individual plan “{why}”"),
        Origin::Granted => format!("the unblock “{why}”"),
        Origin::Lesson => format!("the lesson “{why}”"),
        Origin::Emergency => format!("the emergency block “{why}”"),
    }
}

fn part(rule: &RuleOutline) -> Part {
    match rule.says.origin {
        Origin::Written if rule.says.rung == Rung::Lock => Part::Lock,
        Origin::Written | Origin::Learning => Part::Site,
        Origin::Mode => Part::Mode,
        Origin::Pause | Origin::Isolation => Part::Pause,
        Origin::Granted if rule.says.rung == Rung::Plan => Part::Plan,
        Origin::Granted | Origin::Lesson => Part::Override,
        Origin::Emergency => Part::Emergency,
    }
}

/// A word as it stands in the middle of a sentence.
pub(super) const fn state(access: Access) -> &'static str {
    match access {
        Access::Allow => "open",
        Access::Monitor => "open and looked at",
        Access::Warn => "open after a warning",
        Access::Permission => "closed until a member of staff opens it",
        Access::Block => "closed",
    }
}
