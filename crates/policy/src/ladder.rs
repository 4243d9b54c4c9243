use crate::index::{Entry, SiteIndex};
use crate::rule::Masks;
use crate::site::Reach;
use crate::view::{Body, Layer, Standing, View};
use model::{
    Access, CategoryId, CategorySet, Host, Inspect, Labels, Name, Obligations, PolicyVersion,
    Reason, RuleIndex, Rung, Scheme, Target, Verdict,
};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What is the same for all views: the sites, and what the vocabulary says.
#[derive(Debug)]
pub(crate) struct Ladder {
    pub(crate) version: PolicyVersion,
    pub(crate) sites: SiteIndex,
    pub(crate) floor: CategorySet,
    pub(crate) against: CategorySet,
    pub(crate) alerting: CategorySet,
    pub(crate) established: CategorySet,
    pub(crate) help: CategorySet,
    /// What is never inspected: banking, health, help, updates.
    pub(crate) private: CategorySet,
    /// The school's own servers, closed to what reaches the internet alone.
    pub(crate) local: BTreeSet<Box<str>>,
}

/// Hears which rungs were passed; deciding hears nothing, explaining keeps them.
pub(crate) trait Hear {
    /// Whether silent rungs are heard too; else they need not be asked.
    const KEEPS: bool;

    fn passed(&mut self, rung: Rung, spoke: Option<Answer>);
}

impl Hear for () {
    const KEEPS: bool = false;

    #[inline(always)]
    fn passed(&mut self, _: Rung, _: Option<Answer>) {}
}

/// What one rung said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub(crate) access: Access,
    pub(crate) rung: Rung,
    pub(crate) rule: Option<u16>,
    pub(crate) category: Option<CategoryId>,
}

impl Ladder {
    /// Walks the ladder from the top; there is no other way to a verdict.
    #[inline]
    pub(crate) fn walk<H: Hear>(
        &self,
        view: &View,
        target: &Target<'_>,
        labels: Labels,
        hear: &mut H,
    ) -> Verdict {
        let body = &*view.body;
        let (answer, needs_url) = self.settle(body, target, labels.categories, hear);
        self.spoken(view, answer, labels.categories, needs_url)
    }

    /// What becomes of words that bear categories by themselves, whatever site they stand on;
    /// `None` where nothing speaks against them.
    ///
    /// The site is judged apart: what names sites is silent here, and so is what holds for sites
    /// on no list.
    pub(crate) fn walk_words(&self, view: &View, categories: CategorySet) -> Option<Verdict> {
        let body = &*view.body;
        if let Some(category) = (categories & self.floor).first() {
            let answer = Answer::of(Rung::Floor, Access::Block).about(Some(category));
            return Some(self.spoken(view, answer, categories, false));
        }
        let mut walk = Walk::start(categories & self.against);
        if walk.bare {
            return None;
        }
        for rung in RUNGS {
            if walk.done() {
                break;
            }
            if rung == Rung::Mode {
                let left = walk.left;
                for mode in &body.modes {
                    walk.masks_of(left, rung, &mode.masks, |_| Some(mode.rule));
                }
            } else if let Some(layer) = body.layers.iter().find(|layer| layer.rung == rung) {
                walk.masks(rung, &layer.masks, |id| layer.rule(id));
            }
        }
        if !walk.done() {
            walk.masks(Rung::Category, &body.words, |_| None);
            if let Some(category) = walk.left.first() {
                walk.all(Answer::of(Rung::Category, Access::Block).about(Some(category)));
            }
        }
        let answer = walk
            .answer
            .unwrap_or(Answer::of(Rung::Category, Access::Block));
        Some(self.spoken(view, answer, categories, false))
    }

    /// The verdict of an answer, with what its labels ask for.
    #[inline]
    fn spoken(
        &self,
        view: &View,
        answer: Answer,
        categories: CategorySet,
        needs_url: bool,
    ) -> Verdict {
        let mut obligations = view.body.obligations;
        obligations.monitor |= answer.access == Access::Monitor;
        obligations.alert = answer.rung == Rung::Floor
            || (categories.meets(self.alerting) && !categories.meets(self.help));
        obligations.needs_url = needs_url;
        if categories.meets(self.private) {
            obligations.inspect = Inspect::None;
        }
        let valid_until = match answer.rung {
            Rung::Floor => None,
            Rung::Outside
            | Rung::Paused
            | Rung::Emergency
            | Rung::Lock
            | Rung::Mode
            | Rung::Plan
            | Rung::Override
            | Rung::Site
            | Rung::Category
            | Rung::Established
            | Rung::Unknown => view.valid_until,
        };
        self.verdict(answer, obligations, valid_until)
    }

    /// The verdict for a client outside every zone.
    pub(crate) fn outside(version: PolicyVersion) -> Verdict {
        Verdict {
            action: Access::Block.action(),
            obligations: Obligations::default(),
            reason: Reason {
                rung: Rung::Outside,
                rule: None,
                category: None,
            },
            policy_version: version,
            valid_until: None,
        }
    }

    fn verdict(
        &self,
        answer: Answer,
        obligations: Obligations,
        valid_until: Option<model::Moment>,
    ) -> Verdict {
        Verdict {
            action: answer.access.action(),
            obligations,
            reason: Reason {
                rung: answer.rung,
                rule: answer.rule.map(RuleIndex),
                category: answer.category,
            },
            policy_version: self.version,
            valid_until,
        }
    }

    /// Finds the answer, and whether a path that was not seen could change it.
    fn settle<H: Hear>(
        &self,
        body: &Body,
        target: &Target<'_>,
        categories: CategorySet,
        hear: &mut H,
    ) -> (Answer, bool) {
        // The floor is asked before the zone, so that illegal content is told as what it is.
        if let Some(category) = (categories & self.floor).first() {
            let answer = Answer::of(Rung::Floor, Access::Block).about(Some(category));
            hear.passed(Rung::Outside, None);
            hear.passed(Rung::Floor, Some(answer));
            return (answer, false);
        }
        if body.shut || (body.outward && self.is_inside(target.host)) {
            let answer = Answer::of(Rung::Outside, Access::Block);
            hear.passed(Rung::Outside, Some(answer));
            return (answer, false);
        }
        hear.passed(Rung::Outside, None);
        hear.passed(Rung::Floor, None);
        let found = Found::look(&self.sites, body, target);
        let mut walk = Walk::start(categories & self.against);
        self.walk_rungs(body, categories, &found, &mut walk, hear);
        if !walk.done() {
            self.rest(body, target.host, categories, &mut walk, hear);
        }
        let answer = walk
            .answer
            .unwrap_or(Answer::of(Rung::Unknown, Access::Block));
        let needs_url = found.unseen.is_some_and(|rung| rung <= answer.rung);
        (answer, needs_url)
    }

    /// From paused access to site rules.
    #[inline]
    fn walk_rungs<H: Hear>(
        &self,
        body: &Body,
        categories: CategorySet,
        found: &Found,
        walk: &mut Walk,
        hear: &mut H,
    ) {
        let mut live = if H::KEEPS {
            ALL_RUNGS
        } else {
            body.live | found.live
        };
        while live != 0 {
            let slot = live.trailing_zeros() as usize;
            live &= live - 1;
            let Some(rung) = RUNGS.get(slot).copied() else {
                return;
            };
            let before = if H::KEEPS { walk.answer } else { None };
            match rung {
                Rung::Paused => pause(body, categories, found, walk),
                Rung::Mode => modes(body, categories, found, walk),
                Rung::Emergency | Rung::Lock | Rung::Plan | Rung::Override | Rung::Site => {
                    if let Some(hit) = found.best[slot] {
                        walk.all(Answer::of(rung, hit.access).by(hit.rule));
                    } else if let Some(layer) = body.layers.iter().find(|layer| layer.rung == rung)
                    {
                        walk.masks(rung, &layer.masks, |id| layer.rule(id));
                    }
                }
                Rung::Outside
                | Rung::Floor
                | Rung::Category
                | Rung::Established
                | Rung::Unknown => {}
            }
            if H::KEEPS {
                hear.passed(rung, walk.spoke_since(before, rung));
            }
            if walk.done() {
                return;
            }
        }
    }

    /// Category access, established, unknown: here somebody always speaks.
    fn rest<H: Hear>(
        &self,
        body: &Body,
        host: Host<'_>,
        categories: CategorySet,
        walk: &mut Walk,
        hear: &mut H,
    ) {
        let before = walk.answer;
        walk.masks(Rung::Category, &body.words, |_| None);
        if !walk.left.is_empty() {
            // A label without a word is closed; the vocabulary gives every label one.
            let category = walk.left.first();
            walk.all(Answer::of(Rung::Category, Access::Block).about(category));
        }
        hear.passed(Rung::Category, walk.spoke_since(before, Rung::Category));
        let address = matches!(host, Host::Address(_));
        if walk.done() && !body.walled && !address {
            return;
        }
        let base = self.base(body, address, categories);
        // A labelled site that its words open must still be one that a walled garden holds.
        if walk.bare || base.access == Access::Block {
            walk.all(base);
            if base.rung == Rung::Unknown {
                hear.passed(Rung::Established, None);
            }
            hear.passed(base.rung, walk.spoke_since(before, base.rung));
        }
    }

    /// What a site gets that has no label against it.
    fn base(&self, body: &Body, address: bool, categories: CategorySet) -> Answer {
        let established = categories.meets(self.established);
        if let Some(category) = (categories & body.open).first() {
            Answer::of(Rung::Established, Access::Allow).about(Some(category))
        } else if address {
            let word = if body.walled {
                Access::Block
            } else {
                body.literal
            };
            Answer::of(Rung::Unknown, word)
        } else if body.walled {
            let rung = if established {
                Rung::Established
            } else {
                Rung::Unknown
            };
            Answer::of(rung, Access::Block)
        } else if established {
            Answer::of(Rung::Established, body.established)
        } else {
            Answer::of(Rung::Unknown, body.unknown)
        }
    }

    /// Whether the host lies in the school's own networks.
    fn is_inside(&self, host: Host<'_>) -> bool {
        match host {
            Host::Address(address) => is_private(address),
            Host::Name(name) => {
                !self.local.is_empty()
                    && name
                        .suffixes()
                        .map(Name::as_str)
                        .any(|name| self.local.contains(name))
            }
        }
    }
}

fn pause(body: &Body, categories: CategorySet, found: &Found, walk: &mut Walk) {
    let Some(paused) = &body.paused else { return };
    let Some(whole) = paused.whole else { return };
    // What stays open is silent here, so that the rest of the ladder still holds for it.
    let kept = found.learning && !whole.open.is_empty();
    if !kept && !categories.meets(whole.open) {
        walk.all(Answer::of(Rung::Paused, whole.access).by(paused.rule));
    }
}

fn modes(body: &Body, categories: CategorySet, found: &Found, walk: &mut Walk) {
    if body.modes.is_empty() {
        return;
    }
    let hit = |place: usize| found.modes & (1 << place) != 0;
    let unhit = || {
        body.modes
            .iter()
            .enumerate()
            .filter(|(place, _)| !hit(*place))
            .map(|(_, mode)| mode)
    };
    // Of several modes the strictest word for everything holds.
    let closing = unhit()
        .filter_map(|mode| mode.whole.map(|whole| (mode, whole)))
        .filter(|(mode, whole)| {
            !categories.meets(whole.open) && (mode.masks.spoken() & walk.left).is_empty()
        })
        .max_by_key(|(_, whole)| whole.access);
    if let Some((mode, whole)) = closing {
        walk.all(Answer::of(Rung::Mode, whole.access).by(mode.rule));
        return;
    }
    let left = walk.left;
    for mode in unhit() {
        walk.masks_of(left, Rung::Mode, &mode.masks, |_| Some(mode.rule));
        if let Some(whole) = mode.whole
            && !categories.meets(whole.open)
            && !walk.left.is_empty()
        {
            walk.all(Answer::of(Rung::Mode, whole.access).by(mode.rule));
        }
    }
    if let Some((_, mode)) = body.modes.iter().enumerate().find(|(place, _)| hit(*place)) {
        walk.all(Answer::of(Rung::Mode, Access::Allow).by(mode.rule));
    } else if walk.bare
        && let Some(mode) = unhit().find(|mode| mode.whole.is_some())
    {
        walk.all(Answer::of(Rung::Mode, Access::Allow).by(mode.rule));
    }
}

/// How far a walk has come: which labels nobody has spoken for, and the strictest word so far.
struct Walk {
    left: CategorySet,
    /// No label stands against the site, and nobody has spoken for it.
    bare: bool,
    answer: Option<Answer>,
}

impl Walk {
    const fn start(against: CategorySet) -> Self {
        Self {
            left: against,
            bare: against.is_empty(),
            answer: None,
        }
    }

    fn done(&self) -> bool {
        let settled = self.left.is_empty() && !self.bare;
        settled
            || self
                .answer
                .is_some_and(|answer| answer.access == Access::Block)
    }

    /// Speaks for all that is left.
    fn all(&mut self, answer: Answer) {
        self.keep(answer);
        self.left = CategorySet::EMPTY;
        self.bare = false;
    }

    /// Speaks for the labels that the masks know.
    fn masks(&mut self, rung: Rung, masks: &Masks, rule: impl Fn(CategoryId) -> Option<u16>) {
        self.masks_of(self.left, rung, masks, rule);
    }

    fn masks_of(
        &mut self,
        among: CategorySet,
        rung: Rung,
        masks: &Masks,
        rule: impl Fn(CategoryId) -> Option<u16>,
    ) {
        if let Some((access, id)) = masks.strictest(among) {
            let answer = Answer {
                access,
                rung,
                rule: rule(id),
                category: Some(id),
            };
            self.keep(answer);
            self.left = self.left & !masks.spoken();
        }
    }

    fn keep(&mut self, answer: Answer) {
        if self.answer.is_none_or(|held| answer.access > held.access) {
            self.answer = Some(answer);
        }
    }

    /// What this rung added, where it did.
    #[inline(always)]
    fn spoke_since(&self, before: Option<Answer>, rung: Rung) -> Option<Answer> {
        self.answer
            .filter(|answer| answer.rung == rung && before.is_none_or(|held| held.rung != rung))
    }
}

impl Answer {
    const fn of(rung: Rung, access: Access) -> Self {
        Self {
            access,
            rung,
            rule: None,
            category: None,
        }
    }

    const fn by(mut self, rule: u16) -> Self {
        self.rule = Some(rule);
        self
    }

    const fn about(mut self, category: Option<CategoryId>) -> Self {
        self.category = category;
        self
    }
}

impl Layer {
    fn rule(&self, id: CategoryId) -> Option<u16> {
        self.rules
            .iter()
            .find(|(place, _)| usize::from(*place) == id.place())
            .map(|(_, rule)| *rule)
    }
}

/// What the site index holds for a target, by rung.
struct Found {
    best: [Option<Hit>; RUNGS.len()],
    /// The rungs on which a rule names the host, one bit each.
    live: u8,
    /// The modes, by their place in the view, of which a site is meant.
    modes: u64,
    learning: bool,
    /// The highest rung on which a path could speak that was not seen.
    unseen: Option<Rung>,
}

#[derive(Clone, Copy)]
struct Hit {
    rule: u16,
    access: Access,
    /// The length of the name, the depth of the path, the reach: greater is more specific.
    rank: (u8, u16, Reach),
}

impl Found {
    fn look(sites: &SiteIndex, body: &Body, target: &Target<'_>) -> Self {
        let mut found = Self {
            best: [None; RUNGS.len()],
            live: 0,
            modes: 0,
            learning: false,
            unseen: None,
        };
        let full = body.obligations.inspect == Inspect::Full;
        let path = target
            .url
            .as_ref()
            .filter(|url| url.scheme == Scheme::Http || full)
            .map(|url| &*url.path);
        sites.visit(target.host, |entry, length| {
            if body.holds(entry.rule) {
                found.meet(entry, length, path, full, body);
            }
        });
        found
    }

    fn meet(&mut self, entry: &Entry, length: usize, path: Option<&str>, full: bool, body: &Body) {
        let (access, depth) = match (&entry.path, path) {
            (None, _) => (entry.access, 1),
            (Some(wanted), Some(path)) if covers(wanted, path) => (entry.access, 1 + wanted.len()),
            (Some(_), Some(_)) => return,
            (Some(_), None) if full => {
                let rung = entry.rung;
                self.unseen = Some(self.unseen.map_or(rung, |held| held.min(rung)));
                return;
            }
            (Some(_), None) => match entry.fallback {
                Some(fallback) => (fallback.access(), 0),
                None => return,
            },
        };
        let Some(slot) = RUNGS.iter().position(|rung| *rung == entry.rung) else {
            return;
        };
        self.live |= 1 << slot;
        if entry.rung == Rung::Mode {
            let place = body.modes.iter().position(|mode| mode.rule == entry.rule);
            self.modes |= place.map_or(0, |place| 1 << place);
            return;
        }
        if entry.rung == Rung::Paused {
            self.learning = true;
            return;
        }
        let hit = Hit {
            rule: entry.rule,
            access,
            rank: (
                u8::try_from(length).unwrap_or(u8::MAX),
                u16::try_from(depth).unwrap_or(u16::MAX),
                entry.reach,
            ),
        };
        let beats = self.best[slot].is_none_or(|held| {
            (hit.rank, hit.access, std::cmp::Reverse(hit.rule))
                > (held.rank, held.access, std::cmp::Reverse(held.rule))
        });
        if beats {
            self.best[slot] = Some(hit);
        }
    }
}

/// Whether a path is the wanted one or lies below it.
fn covers(wanted: &str, path: &str) -> bool {
    path.strip_prefix(wanted)
        // A parameter of a segment (RFC 3986, 3.3) makes no other place of it.
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ';']))
}

/// The rungs of rules on which a body may speak, whatever the host.
pub(crate) fn live(paused: &Option<Standing>, modes: &[Standing], layers: &[Layer]) -> u8 {
    (0u8..).zip(RUNGS).fold(0, |live, (slot, rung)| {
        let speaks = match rung {
            Rung::Paused => paused.is_some(),
            Rung::Mode => !modes.is_empty(),
            Rung::Outside
            | Rung::Floor
            | Rung::Emergency
            | Rung::Lock
            | Rung::Plan
            | Rung::Override
            | Rung::Site
            | Rung::Category
            | Rung::Established
            | Rung::Unknown => layers.iter().any(|layer| layer.rung == rung),
        };
        live | u8::from(speaks) << slot
    })
}

/// Whether an address belongs to no public network.
pub(crate) fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => is_private_v6(address),
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    a == 0
        || a >= 224
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        // Carrier-grade NAT (RFC 6598) and the benchmarking network (RFC 2544).
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (18..20).contains(&b))
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let [high, low] = [segments[6], segments[7]];
    let inner = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match segments {
        // NAT64 (RFC 6052) and 6to4 (RFC 3056) carry an IPv4 address that is reached in the end.
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => is_private_v4(inner(high, low)),
        [0x2002, high, low, ..] => is_private_v4(inner(high, low)),
        [0, 0, 0, 0, 0, 0, ..] => true,
        _ => {
            address.is_unique_local() || address.is_unicast_link_local() || address.is_multicast()
                // Site-local (RFC 3879), deprecated but routed by some.
                || segments[0] & 0xffc0 == 0xfec0
        }
    }
}

/// The rungs that rules stand on, from the top.
const RUNGS: [Rung; 7] = [
    Rung::Paused,
    Rung::Emergency,
    Rung::Lock,
    Rung::Mode,
    Rung::Plan,
    Rung::Override,
    Rung::Site,
];

const ALL_RUNGS: u8 = (1 << RUNGS.len()) - 1;
