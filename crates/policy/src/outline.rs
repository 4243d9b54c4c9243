use crate::calendar::Span;
use crate::group::Group;
use crate::policy::{Policy, group_words};
use crate::rule::{Masks, Rule, RuleKind, When};
use crate::settings::{Day, DayKind, Fallback, TimeOfDay};
use crate::who::{GroupSet, Selector};
use model::{
    Access, CategoryId, CategorySet, GroupIndex, Moment, NameTable, Obligations, Roster, Rung,
    ScheduleIndex, Schedules, Subject, ZoneIndex,
};
use std::collections::{BTreeMap, BTreeSet};

/// A rule of any rung with names in place of indexes, so that two policies can be compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleOutline {
    /// What people call it.
    pub name: String,
    /// Why, where the files say.
    pub reason: Option<String>,
    /// For whom.
    pub whom: WhomOutline,
    /// What it says, and when.
    pub says: Says,
}

/// For whom a rule is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct WhomOutline {
    /// The groups that have it from their files; `None` where `named` says it all.
    pub groups: Option<BTreeSet<String>>,
    /// Those named by `for`, as a file writes them; nobody in particular, where empty.
    pub named: BTreeSet<String>,
    /// Groups that removed it.
    pub except: BTreeSet<String>,
}

/// What a rule says, and when.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Says {
    /// What kind of rule it is.
    pub origin: Origin,
    /// The rung on which it speaks.
    pub rung: Rung,
    /// Its words for sites.
    pub sites: BTreeSet<SiteOutline>,
    /// Its words for categories, by id.
    pub words: BTreeMap<String, Access>,
    /// Its word for everything else, with the categories that it leaves open.
    pub whole: Option<(Access, BTreeSet<String>)>,
    /// While which schedule it holds.
    pub when: WhenOutline,
    /// The moment from which it holds.
    pub from: Option<Moment>,
    /// The moment at which it is over.
    pub until: Option<Moment>,
    /// Who switched it on, where it is a mode, and from when until when.
    pub switches: BTreeSet<(Moment, Moment, WhomOutline)>,
}

/// What kind of rule it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A sentence of a file, or a pack.
    Written,
    /// A mode of a file.
    Mode,
    /// The learning sites of a group.
    Learning,
    /// Web access paused.
    Pause,
    /// A device cut off.
    Isolation,
    /// An individual plan or an override.
    Granted,
    /// An unblock for a lesson, of what waits for permission alone.
    Lesson,
    /// A block in an emergency.
    Emergency,
}

/// One site of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SiteOutline {
    /// The site, as a file writes it: `name`, `=name`, `*.name`, with or without a path.
    pub site: String,
    /// The word.
    pub access: Access,
    /// Whether it has a path.
    pub path: bool,
    /// What a door does that sees hosts alone, where the site has a path.
    pub fallback: Option<Access>,
}

/// While which schedule a rule holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhenOutline {
    /// Always.
    Always,
    /// While the schedule of this id runs.
    During(String),
    /// While it does not.
    Outside(String),
    /// While somebody switched it on.
    Switched,
}

/// What a group says beside its rules and its words for categories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupOutline {
    /// The word for long-standing sites.
    pub established: Access,
    /// The word for sites that are on no list.
    pub unknown: Access,
    /// The word for addresses in place of names.
    pub literal: Access,
    /// The allow-class categories that open a site, by id.
    pub open: BTreeSet<String>,
    /// Whether only what is named is open.
    pub walled: bool,
    /// Whether overrides and individual plans reach it.
    pub overrides: bool,
    /// What the text of a page may score in a theme.
    pub phrase_limit: u32,
    /// What allowed queries must undergo, before it is asked what the device allows.
    pub obligations: Obligations,
    /// The words of categories that hang on a condition, by the id of the category.
    pub conditions: BTreeMap<String, Vec<ConditionOutline>>,
}

/// A word for a category on conditions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConditionOutline {
    /// How far up the line of groups it is written; 0 in the group itself.
    pub level: usize,
    /// The word.
    pub access: Access,
    /// While which schedule it holds.
    pub when: WhenOutline,
    /// For whom, as a file writes it; for all, where empty.
    pub named: BTreeSet<String>,
    /// Whether nothing lifts it.
    pub lock: bool,
}

/// What somebody gets of each category at some state of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    masks: Masks,
    locked: CategorySet,
}

impl Words {
    /// The word for a category; none for one that stands against nothing.
    pub fn word(&self, category: CategoryId) -> Option<Access> {
        self.masks.word(category)
    }

    /// Whether no mode, individual plan, unblock or lesson lifts it.
    pub const fn is_locked(&self, category: CategoryId) -> bool {
        self.locked.contains(category)
    }
}

impl Policy {
    /// All rules of all rungs; `roster` is the one that the policy was compiled with.
    pub fn rules(&self, roster: &Roster) -> Vec<RuleOutline> {
        let mut sites: BTreeMap<u16, BTreeSet<SiteOutline>> = BTreeMap::new();
        for (site, entry) in self.ladder.sites.entries() {
            let path = entry.path.is_some();
            let fallback = entry.fallback.map(Fallback::access).filter(|_| path);
            sites.entry(entry.rule).or_default().insert(SiteOutline {
                site,
                access: entry.access,
                path,
                fallback,
            });
        }
        (0u16..)
            .zip(&self.rules)
            .map(|(place, rule)| {
                let sites = sites.remove(&place).unwrap_or_default();
                self.rule_outline(place, rule, sites, roster)
            })
            .collect()
    }

    fn rule_outline(
        &self,
        place: u16,
        rule: &Rule,
        sites: BTreeSet<SiteOutline>,
        roster: &Roster,
    ) -> RuleOutline {
        let switches = self.switches.iter().filter(|switch| switch.rule == place);
        RuleOutline {
            name: rule.name.clone(),
            reason: rule.reason.clone(),
            whom: self.whom_outline(&rule.whom, roster),
            says: Says {
                origin: origin(rule.kind),
                rung: rule.rung,
                sites,
                words: rule
                    .masks
                    .spoken()
                    .iter()
                    .filter_map(|id| {
                        let word = rule.masks.word(id)?;
                        Some((self.vocabulary.word(id).to_owned(), word))
                    })
                    .collect(),
                whole: rule
                    .whole
                    .map(|whole| (whole.access, self.category_ids(whole.open))),
                when: self.when_outline(rule.when),
                from: rule.from,
                until: rule.until,
                switches: switches
                    .map(|switch| {
                        let whom = self.whom_outline(&switch.whom, roster);
                        (switch.from, switch.until, whom)
                    })
                    .collect(),
            },
        }
    }

    fn whom_outline(&self, whom: &crate::rule::Whom, roster: &Roster) -> WhomOutline {
        WhomOutline {
            groups: whom.groups.as_ref().map(|set| self.group_ids(set)),
            named: whom
                .named
                .iter()
                .map(|selector| selector.text(&self.names, roster))
                .collect(),
            except: self.group_ids(&whom.except),
        }
    }

    fn group_ids(&self, set: &GroupSet) -> BTreeSet<String> {
        self.names
            .iter()
            .filter(|(group, _)| set.contains(*group))
            .map(|(_, id)| id.to_owned())
            .collect()
    }

    fn category_ids(&self, set: CategorySet) -> BTreeSet<String> {
        set.iter()
            .map(|id| self.vocabulary.word(id).to_owned())
            .collect()
    }

    fn when_outline(&self, when: When) -> WhenOutline {
        let id = |index: ScheduleIndex| {
            let held = self.calendar.schedules().get(usize::from(index.0));
            held.map_or_else(String::new, |held| held.id.clone())
        };
        match when {
            When::Always => WhenOutline::Always,
            When::During(index) => WhenOutline::During(id(index)),
            When::Outside(index) => WhenOutline::Outside(id(index)),
            When::Switched => WhenOutline::Switched,
        }
    }

    /// What a group says beside its rules; `None` for a place of another policy.
    pub fn outline(&self, group: GroupIndex, roster: &Roster) -> Option<GroupOutline> {
        let held: &Group = self.groups.get(usize::from(group.0))?;
        let conditions = held.cells.iter().map(|cell| {
            let levels = cell.levels.iter().enumerate();
            let items = levels.flat_map(|(level, held)| {
                held.items.iter().map(move |item| ConditionOutline {
                    level,
                    access: item.access,
                    when: self.when_outline(item.when),
                    named: item
                        .named
                        .iter()
                        .map(|selector| selector.text(&self.names, roster))
                        .collect(),
                    lock: item.lock,
                })
            });
            (
                self.vocabulary.word(cell.category).to_owned(),
                items.collect(),
            )
        });
        Some(GroupOutline {
            established: held.established,
            unknown: held.unknown,
            literal: held.literal,
            open: self.category_ids(held.open),
            walled: held.walled,
            overrides: held.overrides,
            phrase_limit: held.facts.phrase_limit,
            obligations: held.obligations,
            conditions: conditions.collect(),
        })
    }

    /// What a subject gets of each category while these schedules run.
    pub fn words(&self, subject: &Subject, running: model::ScheduleSet, at: Moment) -> Words {
        let Some(group) = self.groups.get(usize::from(subject.group.0)) else {
            return Words {
                masks: Masks::default(),
                locked: CategorySet::EMPTY,
            };
        };
        let schedules = Schedules {
            at,
            running,
            edges: Vec::new(),
        };
        let (masks, locked) = group_words(group, subject, &schedules);
        Words { masks, locked }
    }

    /// What a lesson may lift for a subject while these schedules run: what waits for permission,
    /// where nothing locks it and the group takes unblocks at all.
    pub fn lifted_by_lesson(
        &self,
        subject: &Subject,
        running: model::ScheduleSet,
        at: Moment,
    ) -> CategorySet {
        let group = self.groups.get(usize::from(subject.group.0));
        if !group.is_some_and(|group| group.overrides) {
            return CategorySet::EMPTY;
        }
        let words = self.words(subject, running, at);
        words.masks.of(Access::Permission) & !(words.locked | self.vocabulary.floor())
    }

    /// Somebody of a group who is all that `named` says, each written as in a file; what nobody
    /// can be, or nothing bears the name of, is left out.
    pub fn somebody<'a>(
        &self,
        group: GroupIndex,
        named: impl IntoIterator<Item = &'a str>,
        roster: &Roster,
    ) -> Subject {
        let mut subject = self.subject_of(group);
        // A zone is one of those who are named; somebody of no zone in particular is in none.
        subject.zone = ZoneIndex(u16::try_from(self.zone_facts.len()).unwrap_or(u16::MAX));
        for text in named {
            match Selector::parse(text, &self.names, roster) {
                Ok(Selector::Class(class)) => {
                    let _eight_at_most = subject.classes.insert(class);
                }
                Ok(Selector::Device(device)) => subject.device = Some(device),
                Ok(Selector::Set(set)) => subject.sets.insert(set),
                Ok(Selector::Zone(zone)) => subject.zone = zone,
                Ok(Selector::User(user)) => subject.user = Some(user),
                Ok(Selector::Group(_)) | Err(_) => {}
            }
        }
        subject
    }

    /// The categories whose sites are never inspected.
    pub const fn never_inspected(&self) -> CategorySet {
        self.ladder.private
    }

    /// The schedules by place, each with its id and its title.
    pub fn schedule_names(&self) -> impl Iterator<Item = (ScheduleIndex, &str, &str)> {
        (0u8..)
            .zip(self.calendar.schedules())
            .map(|(place, held)| (ScheduleIndex(place), held.id.as_str(), held.title.as_str()))
    }

    /// What runs from `from` until `until`, in order; each part lies within one day.
    pub fn spans(&self, from: Moment, until: Moment) -> Vec<Span> {
        self.calendar.spans(from, until)
    }

    /// The day and the time that the school's clock shows at a moment.
    pub fn clock(&self, at: Moment) -> (Day, TimeOfDay) {
        self.calendar.clock(at)
    }

    /// The name of the school's time zone.
    pub fn time_zone(&self) -> &str {
        self.calendar.zone_name()
    }

    /// Whether a day is of this kind.
    pub fn is_day(&self, kind: DayKind, day: Day) -> bool {
        self.calendar.is_day(kind, day)
    }
}

impl Selector {
    /// The member of `for` that it was read from.
    fn text(self, groups: &NameTable<GroupIndex>, roster: &Roster) -> String {
        let (kind, name) = match self {
            Self::Group(group) => ("group", groups.name(group)),
            Self::Class(class) => ("class", roster.classes.name(class)),
            Self::Device(device) => ("device", roster.devices.name(device)),
            Self::Set(set) => ("set", roster.sets.name(set)),
            Self::Zone(zone) => ("zone", roster.zones.name(zone)),
            Self::User(user) => ("user", roster.users.name(user)),
        };
        format!("{kind}:{}", name.unwrap_or("?"))
    }
}

const fn origin(kind: RuleKind) -> Origin {
    match kind {
        RuleKind::Written => Origin::Written,
        RuleKind::Mode => Origin::Mode,
        RuleKind::Learning => Origin::Learning,
        RuleKind::Pause => Origin::Pause,
        RuleKind::Isolation => Origin::Isolation,
        RuleKind::Granted => Origin::Granted,
        RuleKind::Lesson => Origin::Lesson,
        RuleKind::Emergency => Origin::Emergency,
    }
}
