use super::client::{Client, addresses, hardware, users};
use super::comparison::Comparison;
use super::delta::Deltas;
use super::groups;
use super::{Direction, Part, Side};
use gate::State;
use identity::{ClassesFile, NetworkFile, OnFailure};
use model::{Document, Faults, Files, GroupIndex, NetworkAccess, ScheduleSet, Schedules, Subject};
use policy::WhenOutline;
use std::collections::{BTreeMap, BTreeSet};

/// The network files of one side.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) network: NetworkFile,
    pub(super) classes: ClassesFile,
}

/// Compares who is who, and what each place may reach at all.
pub(super) fn compare(
    before: &Side<'_>,
    after: &Side<'_>,
    comparison: &Comparison<'_>,
    deltas: &mut Deltas,
) {
    let networks = [read(before.files), read(after.files)];
    settings(&networks, deltas);
    if !may_differ(&networks, comparison, [before.state, after.state]) {
        return;
    }
    let mut found = Found {
        comparison,
        networks: &networks,
        places: places(before.state, after.state),
        own: None,
        groups: BTreeMap::new(),
        deltas,
    };
    found.look();
}

/// What people call those whom a rule may name, by what a file writes.
pub(super) fn titles(files: [&Files; 2]) -> BTreeMap<String, String> {
    let mut titles = BTreeMap::new();
    for Network { network, classes } in files.map(read) {
        let mut add = |kind: &str, id: String, title: Option<String>| {
            let title = title.unwrap_or_else(|| id.clone());
            titles.insert(format!("{kind}:{id}"), title);
        };
        for zone in network.zones {
            add("zone", zone.id, zone.title);
        }
        for device in network.devices {
            add("device", device.id, device.title);
        }
        for set in network.device_sets {
            add("set", set.id, set.title);
        }
        for class in classes.classes {
            for user in class.users {
                add("user", user, None);
            }
            add("class", class.id, class.title);
        }
    }
    titles
}

fn read(files: &Files) -> Network {
    Network {
        network: parse(files, "config/network.toml"),
        classes: parse(files, "config/classes.toml"),
    }
}

/// Reads a file of a policy that compiled, so that it has no faults to tell.
fn parse<T: serde::de::DeserializeOwned + schemars::JsonSchema + Default>(
    files: &Files,
    path: &str,
) -> T {
    let text = files
        .content(path)
        .and_then(|content| std::str::from_utf8(content).ok());
    Document::parse(path, text.unwrap_or(""), &mut Faults::default())
        .1
        .unwrap_or_default()
}

/// What stands in the files and is no part of who is who.
fn settings(networks: &[Network; 2], deltas: &mut Deltas) {
    let [before, after] = [&networks[0].network, &networks[1].network];
    if before.identity.feed != after.identity.feed {
        let words = if after.identity.feed {
            "The gateway now believes a feed that says who sits at which device."
        } else {
            "The gateway no longer takes in who sits at which device."
        };
        deltas.add(Direction::Opens, Part::Identity, words);
    }
    for zone in &after.zones {
        let old = before.zones.iter().find(|held| held.id == zone.id);
        let old = old.map_or(OnFailure::Shut, |held| held.on_failure);
        let title = zone.title.as_deref().unwrap_or(&zone.id);
        if (old, zone.on_failure) == (OnFailure::Shut, OnFailure::Open) {
            let words = format!("“{title}” is now left open when the gateway cannot decide.");
            deltas.add(Direction::Opens, Part::Setting, words);
        }
        if (old, zone.on_failure) == (OnFailure::Open, OnFailure::Shut) {
            let words = format!("“{title}” is now closed when the gateway cannot decide.");
            deltas.add(Direction::Closes, Part::Setting, words);
        }
    }
    let servers = [before, after].map(|network| {
        let servers = network.local_servers.iter();
        servers
            .map(|server| (server.name.as_str(), server.addresses.as_slice()))
            .collect::<BTreeSet<_>>()
    });
    let moved: Vec<String> = servers[0]
        .symmetric_difference(&servers[1])
        .map(|(name, _)| (*name).to_owned())
        .collect();
    if !moved.is_empty() {
        let words = "The school's own servers change, which may have addresses inside the school.";
        deltas.line(Direction::Opens, Part::Upstream, words.to_owned(), moved);
    }
}

/// Whether anybody may be somebody else on the other side.
fn may_differ(networks: &[Network; 2], comparison: &Comparison<'_>, states: [&State; 2]) -> bool {
    let text = |network: &Network| {
        let mut held = network.network.clone();
        held.local_servers.clear();
        // A value that cannot be written down counts as another one.
        (
            serde_json::to_value(&held).ok(),
            serde_json::to_value(&network.classes).ok(),
        )
    };
    let texts = networks.each_ref().map(text);
    let told = |text: &(Option<_>, Option<_>)| text.0.is_some() && text.1.is_some();
    let groups = states.map(|state| {
        let groups = state.policy().groups().iter();
        groups.map(|(_, id)| id.to_owned()).collect::<BTreeSet<_>>()
    });
    let shifts = networks[1].network.assignments.iter().any(|assignment| {
        comparison
            .timeline
            .shifts(&WhenOutline::During(assignment.when.clone()))
    });
    texts[0] != texts[1] || !told(&texts[0]) || groups[0] != groups[1] || shifts
}

/// The places of one side's names on the other side.
struct Places {
    zones: Vec<Option<u16>>,
    groups: Vec<Option<u16>>,
    devices: Vec<Option<u16>>,
    sets: Vec<Option<u16>>,
    classes: Vec<Option<u16>>,
    users: Vec<Option<u16>>,
}

fn places(before: &State, after: &State) -> Places {
    let (old, new) = (before.identifier().roster(), after.identifier().roster());
    macro_rules! places {
        ($from:expr, $to:expr) => {
            $from
                .iter()
                .map(|(_, name)| $to.find(name).map(|found| found.0))
                .collect()
        };
    }
    Places {
        zones: places!(old.zones, new.zones),
        groups: places!(before.policy().groups(), after.policy().groups()),
        devices: places!(old.devices, new.devices),
        sets: places!(old.sets, new.sets),
        classes: places!(old.classes, new.classes),
        users: places!(old.users, new.users),
    }
}

/// What makes a client somebody, by names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Somebody {
    zone: String,
    group: String,
    /// What a rule may name, as a file writes it.
    named: BTreeSet<String>,
}

struct Found<'f, 'a> {
    comparison: &'f Comparison<'a>,
    networks: &'f [Network; 2],
    places: Places,
    /// The later side beside itself, for clients that change their group.
    own: Option<Comparison<'a>>,
    /// What a change from one group to another does.
    groups: BTreeMap<(String, String), super::Effect>,
    deltas: &'f mut Deltas,
}

impl<'a> Found<'_, 'a> {
    /// Meets every kind of client there is on both sides.
    fn look(&mut self) {
        let states = [0, 1].map(|side: usize| self.comparison.halves[side].state);
        let now = self.comparison.timeline.start();
        let calendars = self.calendars();
        let networks = self.networks;
        let addresses = addresses(networks);
        let hardware = hardware(networks);
        let users = users(networks);
        let many = addresses.len() * hardware.len() * users.len() * calendars.len();
        if many > MOST_CLIENTS {
            let words = "So many devices change that it could not be proved that nobody gets more.";
            self.deltas.add(Direction::Opens, Part::Identity, words);
        }
        let mut seen = BTreeSet::new();
        for address in addresses {
            for hardware in hardware
                .iter()
                .take(if many > MOST_CLIENTS { 1 } else { usize::MAX })
            {
                for user in &users {
                    let client = Client {
                        address,
                        hardware: *hardware,
                        user: *user,
                    };
                    let bindings = client.bindings(now);
                    for running in &calendars {
                        let subjects = [0, 1].map(|side: usize| {
                            let schedules = Schedules {
                                at: now,
                                running: ScheduleSet(running[side]),
                                edges: Vec::new(),
                            };
                            let identifier = states[side].identifier();
                            identifier.identify(address, &schedules, &bindings, now)
                        });
                        if !self.same(subjects) {
                            seen.insert([0, 1].map(|side: usize| {
                                subjects[side].map(|subject| somebody(states[side], &subject))
                            }));
                        }
                    }
                }
            }
        }
        for [before, after] in seen {
            self.tell(before.as_ref(), after.as_ref());
        }
    }

    /// The states of the calendars, as far as an assignment asks for them.
    fn calendars(&self) -> BTreeSet<[u128; 2]> {
        let masks = [0, 1].map(|side: usize| {
            let policy = self.comparison.halves[side].state.policy();
            let assignments = &self.networks[side].network.assignments;
            policy
                .schedule_names()
                .filter(|(_, id, _)| assignments.iter().any(|held| held.when == *id))
                .fold(0u128, |mask, (index, _, _)| mask | 1 << index.0)
        });
        let pairs = self.comparison.timeline.pairs().iter();
        pairs
            .map(|pair| [pair.running[0] & masks[0], pair.running[1] & masks[1]])
            .collect()
    }

    /// Whether two subjects are one, apart from the places of names.
    fn same(&self, subjects: [Option<Subject>; 2]) -> bool {
        let places = &self.places;
        let there =
            |table: &[Option<u16>], place: u16| table.get(usize::from(place)).copied().flatten();
        match subjects {
            [None, None] => true,
            [Some(before), Some(after)] => {
                let sets = (0u16..64)
                    .filter(|place| before.sets.0 & (1 << place) != 0)
                    .map(|place| there(&places.sets, place))
                    .try_fold(0u64, |sets, place| Some(sets | 1 << (place? & 63)));
                let classes: Option<BTreeSet<u16>> = before
                    .classes
                    .iter()
                    .map(|class| there(&places.classes, class.0))
                    .collect();
                let own: BTreeSet<u16> = after.classes.iter().map(|class| class.0).collect();
                let device = before.device.map(|device| there(&places.devices, device.0));
                let user = before.user.map(|user| there(&places.users, user.0));
                there(&places.zones, before.zone.0) == Some(after.zone.0)
                    && there(&places.groups, before.group.0) == Some(after.group.0)
                    && device == after.device.map(|device| Some(device.0))
                    && user == after.user.map(|user| Some(user.0))
                    && sets == Some(after.sets.0)
                    && classes == Some(own)
                    && self.facts(&before, &after)
            }
            [None, Some(_)] | [Some(_), None] => false,
        }
    }

    /// Whether the zones of two subjects are of one kind.
    fn facts(&self, before: &Subject, after: &Subject) -> bool {
        let [old, new] = [(0, before), (1, after)].map(|(side, subject): (usize, &Subject)| {
            let roster = self.comparison.halves[side].state.identifier().roster();
            let facts = roster.zone_facts.get(usize::from(subject.zone.0));
            facts.map(|facts| (facts.network, facts.certificate, facts.kind))
        });
        old == new
    }

    /// Tells what it does to a client to be somebody else.
    fn tell(&mut self, before: Option<&Somebody>, after: Option<&Somebody>) {
        match (before, after) {
            (None, None) => {}
            (Some(before), None) => {
                let words = format!(
                    "Devices in “{}” can no longer use the network.",
                    self.zone(0, &before.zone)
                );
                self.deltas.add(Direction::Closes, Part::Identity, words);
            }
            (None, Some(after)) => {
                let words = format!(
                    "Devices that could not use the network may now, in “{}” as {}.",
                    self.zone(1, &after.zone),
                    self.title(&after.group)
                );
                self.deltas.add(Direction::Opens, Part::Identity, words);
            }
            (Some(before), Some(after)) => {
                self.zones(before, after);
                self.regrouped(before, after);
                self.renamed(before, after);
            }
        }
    }

    /// What a place may reach at all.
    fn zones(&mut self, before: &Somebody, after: &Somebody) {
        let facts = [(0, before), (1, after)].map(|(side, somebody): (usize, &Somebody)| {
            let roster = self.comparison.halves[side].state.identifier().roster();
            let zone = roster.zones.find(&somebody.zone);
            zone.and_then(|zone| roster.zone_facts.get(usize::from(zone.0)))
        });
        let [Some(old), Some(new)] = facts else {
            return;
        };
        let title = self.zone(1, &after.zone);
        if old.network != new.network {
            let words = match new.network {
                NetworkAccess::Full => "may now reach the school's own servers and the internet",
                NetworkAccess::InternetOnly => "may now reach the internet alone",
                NetworkAccess::None => "can no longer reach anything",
            };
            let opens = new.network < old.network;
            let direction = if opens {
                Direction::Opens
            } else {
                Direction::Closes
            };
            let words = format!("Devices in “{title}” {words}.");
            self.deltas.add(direction, Part::Identity, words);
        }
        if old.certificate != new.certificate {
            let inspects = self.comparison.halves[1].state.policy();
            let inspects = inspects.groups().find(&after.group).and_then(|group| {
                self.comparison.halves[1]
                    .outline(group)
                    .map(|outline| outline.obligations.inspect)
            });
            // Without inspection in the group the certificate changes nothing; with it, what is
            // looked into is lost, or single pages are told apart that were closed as a whole.
            if inspects != Some(model::Inspect::None) {
                let words = format!(
                    "It changes which devices in “{title}” have their secure pages looked into."
                );
                self.deltas.add(Direction::Opens, Part::Inspection, words);
            }
        }
        if old.kind != new.kind {
            let words = format!(
                "“{title}” is now another kind of place, and people are told apart there in another way."
            );
            self.deltas.add(Direction::Opens, Part::Identity, words);
        }
    }

    /// A client of another group.
    fn regrouped(&mut self, before: &Somebody, after: &Somebody) {
        if before.group == after.group {
            return;
        }
        let effect = self.moved(&before.group, &after.group);
        let shown: Vec<String> = effect
            .lines
            .iter()
            .filter(|line| line.direction == effect.direction)
            .take(2)
            .map(|line| {
                line.words
                    .trim_start_matches("They ")
                    .trim_end_matches('.')
                    .to_owned()
            })
            .collect();
        let why = if shown.is_empty() {
            String::new()
        } else {
            format!(": they {}", shown.join("; "))
        };
        let words = format!(
            "Devices in “{}” now count as {} in place of {}{why}.",
            self.zone(1, &after.zone),
            self.title(&after.group),
            self.title(&before.group),
        );
        // People of another group are looked after in another way even where nothing opens.
        self.deltas
            .line(effect.direction, Part::Identity, words, Vec::new());
    }

    /// What a client of one group gets in another.
    fn moved(&mut self, from: &str, to: &str) -> super::Effect {
        let key = (from.to_owned(), to.to_owned());
        if let Some(held) = self.groups.get(&key) {
            return held.clone();
        }
        let state = self.comparison.halves[1].state;
        let find = |side: usize, id: &str| -> Option<GroupIndex> {
            self.comparison.halves[side]
                .state
                .policy()
                .groups()
                .find(id)
        };
        let mut deltas = Deltas::for_them();
        match (find(1, from), find(0, from), find(1, to)) {
            (Some(from), _, Some(to)) => {
                let now = self.comparison.timeline.start();
                let titles = self.comparison.titles;
                let own = self
                    .own
                    .get_or_insert_with(|| Comparison::new([state, state], titles, now));
                groups::compare(own, [from, to], THEY, &mut deltas);
            }
            (None, Some(from), Some(to)) => {
                groups::compare(self.comparison, [from, to], THEY, &mut deltas);
            }
            (None, None, _) | (_, _, None) => {
                let words = "They are now in a group that could not be compared.";
                deltas.add(Direction::Opens, Part::Identity, words);
            }
        }
        let effect = deltas.finish(state.policy());
        self.groups.insert(key, effect.clone());
        effect
    }

    /// A client that bears other names which a rule may mean.
    fn renamed(&mut self, before: &Somebody, after: &Somebody) {
        for (lost, names) in [
            (true, before.named.difference(&after.named)),
            (false, after.named.difference(&before.named)),
        ] {
            for name in names {
                let words = self.words_for(name);
                let opens = words.iter().any(|word| match lost {
                    true => *word != model::Access::Allow,
                    false => *word != model::Access::Block,
                });
                if words.is_empty() {
                    continue;
                }
                let zone = self.zone(1, &after.zone);
                let verb = if lost {
                    "no longer belong"
                } else {
                    "now belong"
                };
                let line = format!(
                    "Some in “{zone}” {verb} to {}, whom rules name.",
                    self.comparison.called(&[name])
                );
                let direction = if opens {
                    Direction::Opens
                } else {
                    Direction::Closes
                };
                self.deltas.add(direction, Part::Identity, line);
            }
        }
    }

    /// The words that rules of the later side have for those who bear a name.
    fn words_for(&self, name: &str) -> BTreeSet<model::Access> {
        let half = &self.comparison.halves[1];
        let mut words = BTreeSet::new();
        for rule in &half.rules {
            let says = &rule.says;
            if rule.whom.named.contains(name) {
                let fallbacks = says.sites.iter().filter_map(|site| site.fallback);
                words.extend(says.sites.iter().map(|site| site.access).chain(fallbacks));
                words.extend(
                    says.words
                        .values()
                        .chain(says.whole.iter().map(|(word, _)| word)),
                );
            }
            if says
                .switches
                .iter()
                .any(|(_, _, whom)| whom.named.contains(name))
            {
                // A mode opens some things and closes others.
                words.extend([model::Access::Allow, model::Access::Block]);
            }
        }
        for (group, _) in half.state.policy().groups().iter() {
            let conditions = half.outline(group).into_iter();
            let conditions = conditions.flat_map(|outline| outline.conditions.values().flatten());
            words.extend(
                conditions
                    .filter(|condition| condition.named.contains(name))
                    .map(|condition| condition.access),
            );
        }
        words
    }

    fn zone(&self, side: usize, id: &str) -> String {
        let zones = &self.networks[side].network.zones;
        let title = zones.iter().find(|zone| zone.id == id);
        let title = title.and_then(|zone| zone.title.clone());
        title.unwrap_or_else(|| id.to_owned())
    }

    fn title(&self, group: &str) -> String {
        let titles = self.comparison.halves.iter().rev().filter_map(|half| {
            let policy = half.state.policy();
            policy.group(policy.groups().find(group)?)
        });
        let mut titles = titles.map(|facts| facts.title.clone());
        titles.next().unwrap_or_else(|| group.to_owned())
    }
}

fn somebody(state: &State, subject: &Subject) -> Somebody {
    let roster = state.identifier().roster();
    let zone = roster.zones.name(subject.zone).unwrap_or("?").to_owned();
    let mut named = BTreeSet::from([format!("zone:{zone}")]);
    let mut add = |kind: &str, name: Option<&str>| {
        named.extend(name.map(|name| format!("{kind}:{name}")));
    };
    add(
        "device",
        subject
            .device
            .and_then(|device| roster.devices.name(device)),
    );
    add(
        "user",
        subject.user.and_then(|user| roster.users.name(user)),
    );
    for class in subject.classes.iter() {
        add("class", roster.classes.name(class));
    }
    for (index, name) in roster.sets.iter() {
        if subject.sets.contains(index) {
            add("set", Some(name));
        }
    }
    let group = state.policy().groups().name(subject.group);
    Somebody {
        zone,
        group: group.unwrap_or("?").to_owned(),
        named,
    }
}

/// Clients met one by one; beyond, devices are not met in every place.
const MOST_CLIENTS: usize = 400_000;

/// The name under which a group is compared with another.
const THEY: &str = "";
