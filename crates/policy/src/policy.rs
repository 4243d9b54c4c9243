use crate::calendar::Calendar;
use crate::conduct::Conduct;
use crate::group::{Group, GroupFacts};
use crate::ladder::Ladder;
use crate::rule::{Masks, Rule, RuleKind};
use crate::settings::{EssentialHost, Expectation, PackSettings};
use crate::trace::{Trace, Tracer};
use crate::view::{Body, Layer, Standing, View, shut};
use model::{
    Access, CategorySet, Fault, Faults, GroupIndex, Inspect, Labels, Moment, NameTable,
    NetworkAccess, PolicyVersion, RuleIndex, Rung, ScheduleSet, Schedules, Subject, Target,
    Verdict, ViewId, Vocabulary, ZoneFacts, ZoneIndex,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// One compiled policy: whatever is asked is answered from it alone.
#[derive(Debug)]
pub struct Policy {
    pub(crate) vocabulary: Vocabulary,
    pub(crate) calendar: Arc<Calendar>,
    pub(crate) names: NameTable<GroupIndex>,
    pub(crate) groups: Vec<Group>,
    pub(crate) rules: Vec<Rule>,
    /// For each mode the switches that hold it, by the place of its rule.
    pub(crate) switches: Vec<Switch>,
    pub(crate) ladder: Ladder,
    pub(crate) zones: NameTable<ZoneIndex>,
    pub(crate) zone_facts: Vec<ZoneFacts>,
    pub(crate) conduct: Conduct,
    pub(crate) expectations: Vec<Expectation>,
    pub(crate) essential: Vec<EssentialHost>,
    pub(crate) packs: Vec<PackSettings>,
    pub(crate) warnings: Faults,
    pub(crate) memo: Mutex<Memo>,
}

/// A mode that somebody switched on.
#[derive(Debug)]
pub(crate) struct Switch {
    pub(crate) rule: u16,
    pub(crate) whom: crate::rule::Whom,
    pub(crate) from: Moment,
    pub(crate) until: Moment,
}

/// Views by what they say. Ids are never given twice, even when the views are forgotten.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    views: HashMap<Arc<Body>, ViewId>,
    next: u32,
}

/// Gathers what bears on a subject: what holds, and when that may change.
struct Gathering<'a> {
    subject: &'a Subject,
    schedules: &'a Schedules,
    lineage: &'a [GroupIndex],
    overrides: bool,
    active: Vec<u64>,
    watched: ScheduleSet,
    valid_until: Option<Moment>,
}

impl Policy {
    /// The state of the calendar at a moment: what runs, and the next edge of each schedule.
    pub fn schedules(&self, at: Moment) -> Schedules {
        self.calendar.state(at)
    }

    /// The view of a subject while the calendar is in this state.
    ///
    /// Allocates; ask once a client, and again when its `valid_until` has come.
    pub fn view(&self, subject: &Subject, schedules: &Schedules) -> Arc<View> {
        let (body, valid_until) = self.body(subject, schedules);
        let mut memo = self.memo.lock().unwrap_or_else(PoisonError::into_inner);
        let (body, id) = match memo.views.get_key_value(&body) {
            Some((body, id)) => (Arc::clone(body), *id),
            None => memo.insert(body),
        };
        Arc::new(View {
            id,
            body,
            valid_until,
        })
    }

    /// Decides what happens to one query.
    ///
    /// The ladder is asked from the top; the first rung that speaks wins, so a verdict can be
    /// explained by naming one rung. A rung that has words for categories speaks for those labels
    /// alone; when several labels are answered on different rungs, the strictest word wins.
    /// Does not allocate and cannot fail.
    #[inline]
    pub fn decide(&self, view: &View, target: &Target<'_>, labels: Labels) -> Verdict {
        self.ladder.walk(view, target, labels, &mut ())
    }

    /// Decides what happens to words that bear categories by themselves, as a search does or the
    /// text of a page, whatever the site they stand on; `None` where nothing speaks against them.
    ///
    /// The same words of the group hold as for a site of those categories: locks, modes,
    /// individual plans, overrides and access. What names sites does not: a search engine that is
    /// open for all is not open for every search.
    pub fn decide_words(&self, view: &View, categories: CategorySet) -> Option<Verdict> {
        self.ladder.walk_words(view, categories)
    }

    /// Decides as [`Policy::decide`] does and keeps the rungs that were passed.
    pub fn trace(&self, view: &View, target: &Target<'_>, labels: Labels) -> Trace {
        let mut tracer = Tracer::new(self);
        let verdict = self.ladder.walk(view, target, labels, &mut tracer);
        tracer.finish(verdict)
    }

    /// What others must know of a group; `None` for a place of another policy.
    pub fn group(&self, index: GroupIndex) -> Option<&GroupFacts> {
        self.groups
            .get(usize::from(index.0))
            .map(|group| &group.facts)
    }

    /// The groups by id.
    pub const fn groups(&self) -> &NameTable<GroupIndex> {
        &self.names
    }

    /// The name of a rule; `?` for a place of another policy.
    pub fn rule_name(&self, index: RuleIndex) -> &str {
        self.rules
            .get(usize::from(index.0))
            .map_or("?", |rule| &rule.name)
    }

    /// The compiled state that this is.
    pub const fn version(&self) -> PolicyVersion {
        self.ladder.version
    }

    /// The categories.
    pub const fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The school's own tables.
    pub const fn conduct(&self) -> &Conduct {
        &self.conduct
    }

    /// The tests of the policy.
    pub fn expectations(&self) -> &[Expectation] {
        &self.expectations
    }

    /// The hosts that a bad list may never close.
    pub fn essential(&self) -> &[EssentialHost] {
        &self.essential
    }

    /// The packs, by id.
    pub fn packs(&self) -> &[PackSettings] {
        &self.packs
    }

    /// What somebody should look at, though the policy is used.
    pub const fn warnings(&self) -> &Faults {
        &self.warnings
    }

    /// What the policy asks for and the network does not allow, a sentence each.
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        for (zone, id) in self.zones.iter() {
            let Some(facts) = self.zone_facts.get(usize::from(zone.0)) else {
                continue;
            };
            let group = self.names.find(&facts.unidentified);
            let Some(group) = group.and_then(|group| self.groups.get(usize::from(group.0))) else {
                continue;
            };
            if group.obligations.inspect != Inspect::None && facts.certificate {
                gaps.push(format!(
                    "zone `{id}`: `{}` asks for inspection, which this version does not do; what a \
                     rule with a path settles stays closed over HTTPS",
                    group.facts.id
                ));
            }
            if group.obligations.inspect != Inspect::None && !facts.certificate {
                gaps.push(format!(
                    "zone `{id}`: `{}` asks for inspection, but devices of class `{}` do not \
                     trust the school's certificate, so nothing is inspected there",
                    group.facts.id, facts.device_class
                ));
            }
        }
        gaps
    }

    /// The verdict for a client outside every zone, whatever it asks for.
    pub fn outside(version: PolicyVersion) -> Verdict {
        Ladder::outside(version)
    }

    /// A subject of a group of whom nothing else is known, in the zone where such clients are.
    ///
    /// Where no zone has the group, in a place of full access without the certificate.
    pub fn subject_of(&self, group: GroupIndex) -> Subject {
        let id = self.names.name(group).unwrap_or("");
        let zone = self
            .zone_facts
            .iter()
            .position(|facts| facts.unidentified == id);
        let zone = zone.unwrap_or(self.zone_facts.len());
        Subject {
            zone: ZoneIndex(u16::try_from(zone).unwrap_or(u16::MAX)),
            group,
            device: None,
            sets: model::DeviceSets::default(),
            user: None,
            classes: model::Classes::default(),
            certainty: model::Certainty::Zone,
            valid_until: None,
        }
    }

    fn body(&self, subject: &Subject, schedules: &Schedules) -> (Body, Option<Moment>) {
        let zone = usize::from(subject.zone.0);
        let (network, certificate) = match self.zone_facts.get(zone) {
            Some(facts) => (facts.network, facts.certificate),
            // One past the last is the place of `subject_of`.
            None if zone == self.zone_facts.len() => (NetworkAccess::Full, false),
            None => (NetworkAccess::None, false),
        };
        let group = self.groups.get(usize::from(subject.group.0));
        let (Some(group), true) = (group, network != NetworkAccess::None) else {
            return (shut(), subject.valid_until);
        };
        let mut gathering = Gathering {
            subject,
            schedules,
            lineage: &group.lineage,
            overrides: group.overrides,
            active: vec![0; self.rules.len().div_ceil(64)],
            watched: ScheduleSet::default(),
            valid_until: subject.valid_until,
        };
        let (words, locked) = group_words(group, subject, schedules);
        let (paused, modes, mut layers) =
            self.rule_layers(&mut gathering, words.of(Access::Permission));
        for item in group.cells.iter().flat_map(crate::group::Cell::items) {
            if item.means(subject, &group.lineage) {
                gathering.runs(item.when);
            }
        }
        if !locked.is_empty() {
            lock_layer(&mut layers, locked);
        }
        let mut obligations = group.obligations;
        if !certificate {
            obligations.inspect = Inspect::None;
        }
        let closes =
            |masks: &Masks| masks.spoken() != (masks.of(Access::Allow) | masks.of(Access::Monitor));
        let filtered = paused.is_some()
            || !modes.is_empty()
            || group.walled
            || !crate::group::opens(group.unknown)
            || !crate::group::opens(group.established)
            || closes(&words)
            || layers.iter().any(|layer| closes(&layer.masks))
            || gathering.active.iter().any(|word| *word != 0);
        let edge = schedules.next_edge(gathering.watched);
        let valid_until = [gathering.valid_until, edge].into_iter().flatten().min();
        let live = crate::ladder::live(&paused, &modes, &layers);
        let body = Body {
            shut: false,
            outward: network == NetworkAccess::InternetOnly,
            active: gathering.active.into(),
            paused,
            modes,
            live,
            layers: layers.into(),
            words,
            walled: group.walled,
            open: group.open,
            established: group.established,
            unknown: group.unknown,
            literal: group.literal,
            obligations,
            filtered,
        };
        (body, valid_until)
    }

    /// Finds the rules that hold, and joins their words for categories by rung.
    ///
    /// A lesson lifts what `waits` for permission, whatever else it names: a class may hold
    /// pupils of groups to whom the same is closed (SCH-06).
    fn rule_layers(
        &self,
        gathering: &mut Gathering<'_>,
        waits: CategorySet,
    ) -> (Option<Standing>, Box<[Standing]>, Vec<Layer>) {
        let mut modes = Vec::new();
        let mut pause: Option<(u16, &Rule)> = None;
        let mut layers: Vec<Layer> = Vec::new();
        for (place, rule) in (0u16..).zip(&self.rules) {
            let switched = rule.kind == RuleKind::Mode && self.switched(place, rule, gathering);
            if rule.kind == RuleKind::Learning || !(gathering.ask(rule) || switched) {
                continue;
            }
            gathering.activate(place);
            match rule.kind {
                RuleKind::Mode => modes.push(Standing {
                    rule: place,
                    whole: rule.whole,
                    masks: rule.masks,
                }),
                RuleKind::Isolation => pause = Some((place, rule)),
                RuleKind::Pause if pause.is_none() => pause = Some((place, rule)),
                RuleKind::Pause => {}
                RuleKind::Written
                | RuleKind::Granted
                | RuleKind::Emergency
                | RuleKind::Learning => {
                    join(&mut layers, place, rule, rule.masks.spoken());
                }
                RuleKind::Lesson => {
                    join(&mut layers, place, rule, rule.masks.spoken() & waits);
                }
            }
        }
        if pause.is_some_and(|(_, rule)| rule.kind == RuleKind::Pause) {
            for (place, rule) in (0u16..).zip(&self.rules) {
                if rule.kind == RuleKind::Learning && gathering.ask(rule) {
                    gathering.activate(place);
                }
            }
        }
        let paused = pause.map(|(place, rule)| Standing {
            rule: place,
            whole: rule.whole,
            masks: rule.masks,
        });
        layers.sort_by_key(|layer| layer.rung);
        (paused, modes.into(), layers)
    }

    fn switched(&self, place: u16, rule: &Rule, gathering: &mut Gathering<'_>) -> bool {
        let mut on = false;
        for switch in self.switches.iter().filter(|switch| switch.rule == place) {
            let (subject, lineage) = (gathering.subject, gathering.lineage);
            if rule.whom.means(subject, lineage) && switch.whom.means(subject, lineage) {
                on |= gathering.within(Some(switch.from), Some(switch.until));
            }
        }
        on
    }
}

impl Memo {
    fn insert(&mut self, body: Body) -> (Arc<Body>, ViewId) {
        if self.views.len() >= MOST_VIEWS {
            self.views.clear();
        }
        let (body, id) = (Arc::new(body), ViewId(self.next));
        self.next = self.next.wrapping_add(1);
        self.views.insert(Arc::clone(&body), id);
        (body, id)
    }
}

impl Gathering<'_> {
    /// Whether a rule holds now; notes when that may change.
    fn ask(&mut self, rule: &Rule) -> bool {
        let barred = !self.overrides && matches!(rule.kind, RuleKind::Granted | RuleKind::Lesson);
        if barred || !rule.whom.means(self.subject, self.lineage) {
            return false;
        }
        self.within(rule.from, rule.until) && self.runs(rule.when)
    }

    fn runs(&mut self, when: crate::rule::When) -> bool {
        if let Some(schedule) = when.schedule() {
            self.watched.insert(schedule);
        }
        when.holds(self.schedules)
    }

    /// Whether the moment lies in a span; its end is outside, so that lessons do not overlap.
    fn within(&mut self, from: Option<Moment>, until: Option<Moment>) -> bool {
        let at = self.schedules.at;
        if until.is_some_and(|until| until <= at) {
            return false;
        }
        for edge in [from.filter(|from| *from > at), until]
            .into_iter()
            .flatten()
        {
            self.valid_until = Some(self.valid_until.map_or(edge, |held| held.min(edge)));
        }
        from.is_none_or(|from| from <= at)
    }

    fn activate(&mut self, place: u16) {
        if let Some(word) = self.active.get_mut(usize::from(place) / 64) {
            *word |= 1 << (place % 64);
        }
    }
}

/// The words that a group gives a subject, and what it locks.
pub(crate) fn group_words(
    group: &Group,
    subject: &Subject,
    schedules: &Schedules,
) -> (Masks, CategorySet) {
    let mut words = group.plain;
    let mut locked = group.locked;
    let lineage = &group.lineage;
    for cell in &group.cells {
        words.set(cell.category, cell.word(subject, lineage, schedules));
        if cell.locks(subject, lineage, schedules) {
            locked.insert(cell.category);
        }
    }
    (words, locked)
}

/// Adds the words of a rule for these categories to those of its rung.
fn join(layers: &mut Vec<Layer>, place: u16, rule: &Rule, among: CategorySet) {
    if among.is_empty() {
        return;
    }
    let at = layers.iter().position(|layer| layer.rung == rule.rung);
    let at = at.unwrap_or_else(|| {
        layers.push(Layer {
            rung: rule.rung,
            masks: Masks::default(),
            rules: Box::default(),
        });
        layers.len() - 1
    });
    let layer = &mut layers[at];
    let mut rules = layer.rules.to_vec();
    for id in among.iter() {
        let Some(word) = rule.masks.word(id) else {
            continue;
        };
        if layer.masks.word(id).is_none_or(|held| held < word) {
            layer.masks.set(id, word);
            let category = u8::try_from(id.place()).unwrap_or(u8::MAX);
            rules.retain(|(held, _)| *held != category);
            rules.push((category, place));
        }
    }
    rules.sort_unstable();
    layer.rules = rules.into();
}

fn lock_layer(layers: &mut Vec<Layer>, locked: CategorySet) {
    let at = layers.partition_point(|layer| layer.rung < Rung::Lock);
    if layers.get(at).is_none_or(|layer| layer.rung != Rung::Lock) {
        layers.insert(
            at,
            Layer {
                rung: Rung::Lock,
                masks: Masks::default(),
                rules: Box::default(),
            },
        );
    }
    layers[at].masks.tighten(Access::Block, locked);
}

impl Policy {
    pub(crate) fn warn(&mut self, fault: Fault) {
        self.warnings.push(fault.warning());
    }
}

const MOST_VIEWS: usize = 16_384;
