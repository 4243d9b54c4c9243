use super::delta::Deltas;
use super::{Direction, Part, Side};
use model::{Action, Document, Faults, Files};
use policy::{EssentialSettings, ExpectationsSettings};
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// Compares what stands in the files key by key, and tells of each that nobody here understands.
///
/// Most keys of the policy are understood by what they compile to, and are only named here.
pub(super) fn compare(before: &Side<'_>, after: &Side<'_>, deltas: &mut Deltas) {
    let paths: BTreeSet<&str> = [before, after]
        .iter()
        .flat_map(|side| side.files.iter().map(|(path, _)| path))
        .collect();
    for path in paths {
        let contents = [before, after].map(|side| side.files.content(path));
        if contents[0] == contents[1] {
            continue;
        }
        match understood(path) {
            Some(Understood::Keys(keys)) => {
                for key in differing([before.files, after.files], path) {
                    if !keys.iter().any(|known| matches(known, &key)) {
                        unproved(path, &key, deltas);
                    }
                }
            }
            Some(Understood::Elsewhere) => {}
            Some(Understood::Gateway) => gateway([before.files, after.files], path, deltas),
            None => unproved(path, "", deltas),
        }
    }
    time_zone(before, after, deltas);
    own_tests([before.files, after.files], deltas);
    essential([before.files, after.files], deltas);
}

/// How a file is understood.
enum Understood {
    /// By what these keys compile to.
    Keys(&'static [&'static str]),
    /// As a whole, by another part of the comparison.
    Elsewhere,
    /// Key by key, as the settings of the gateway.
    Gateway,
}

fn understood(path: &str) -> Option<Understood> {
    let in_folder = |folder: &str, end: &str| path.starts_with(folder) && path.ends_with(end);
    match path {
        "config/schoolgate.toml" => Some(Understood::Gateway),
        "config/calendar.toml" => Some(Understood::Keys(CALENDAR)),
        "config/network.toml" => Some(Understood::Keys(NETWORK)),
        "config/classes.toml" => Some(Understood::Keys(CLASSES)),
        "config/expectations.toml" => Some(Understood::Keys(EXPECTATIONS)),
        "config/essential.toml" => Some(Understood::Keys(ESSENTIAL)),
        "blocklists/categories.toml" => Some(Understood::Keys(CATEGORIES)),
        "blocklists/sources.toml" => Some(Understood::Keys(SOURCES)),
        "blocklists/exceptions.toml" => Some(Understood::Keys(EXCEPTIONS)),
        _ if in_folder("config/groups/", ".toml") => Some(Understood::Keys(GROUP)),
        _ if in_folder("blocklists/packs/", ".toml") => Some(Understood::Keys(PACK)),
        "config/conduct.toml" => None,
        // What puts a fetched list aside decides what comes into force by itself.
        "blocklists/critical.txt" => None,
        // Lists: their entries are compared.
        _ if in_folder("blocklists/", ".txt") => Some(Understood::Elsewhere),
        _ => None,
    }
}

fn unproved(path: &str, key: &str, deltas: &mut Deltas) {
    let (part, what) = match path {
        "config/conduct.toml" => (
            Part::Check,
            "The school's own tables of what is allowed change",
        ),
        _ => (part_of(key), "A setting changes"),
    };
    let place = match key {
        "" => path.to_owned(),
        key => format!("{path}: {key}"),
    };
    let words = format!("{what} ({place}); it could not be proved not to open something.");
    deltas.add(Direction::Opens, part, words);
}

/// What a setting of the gateway is about, by its first words.
fn part_of(key: &str) -> Part {
    let about = |names: &[&str]| names.iter().any(|name| key.starts_with(name));
    if about(&["alert", "mail", "notices", "report"]) {
        Part::Alert
    } else if about(&["journal", "log", "retention", "storage"]) {
        Part::Logging
    } else if about(&["dns"]) {
        Part::Upstream
    } else if about(&[
        "proxy.no_sni",
        "proxy.allow_private",
        "proxy.local_networks",
    ]) {
        Part::Allowance
    } else {
        Part::Setting
    }
}

/// Whether a key is the known one, or below it where that ends in `*`.
fn matches(known: &str, key: &str) -> bool {
    match known.strip_suffix('*') {
        Some(above) => key.starts_with(above),
        None => key == known,
    }
}

/// The keys of a file that have other values on the other side; elements of a list share a key.
fn differing(files: [&Files; 2], path: &str) -> Vec<String> {
    let [before, after] = files.map(|files| flat(files, path));
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    keys.into_iter()
        .filter(|key| before.get(*key) != after.get(*key))
        .cloned()
        .collect()
}

fn flat(files: &Files, path: &str) -> BTreeMap<String, Vec<Value>> {
    let mut found = BTreeMap::new();
    let text = files
        .content(path)
        .and_then(|content| std::str::from_utf8(content).ok());
    match text.map(toml::from_str::<Table>) {
        None => {}
        Some(Ok(table)) => flatten("", &Value::Table(table), &mut found),
        // What cannot be read is a key that nobody understands.
        Some(Err(_)) => {
            let whole = Value::String(text.unwrap_or("").to_owned());
            found.insert("the whole file".to_owned(), vec![whole]);
        }
    }
    found
}

fn flatten(key: &str, value: &Value, found: &mut BTreeMap<String, Vec<Value>>) {
    let below = |name: &str| match key {
        "" => name.to_owned(),
        key => format!("{key}.{name}"),
    };
    match value {
        Value::Table(table) => {
            for (name, value) in table {
                flatten(&below(name), value, found);
            }
        }
        Value::Array(elements) if elements.iter().any(Value::is_table) => {
            for element in elements {
                flatten(&format!("{key}[]"), element, found);
            }
        }
        Value::Array(_)
        | Value::String(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_) => found.entry(key.to_owned()).or_default().push(value.clone()),
    }
}

/// What another value of a setting of the gateway means.
#[derive(Clone, Copy)]
enum Meaning {
    /// Nothing that anybody is filtered by.
    Silent,
    /// It may open something.
    Opens(Part, &'static str),
    /// A switch that opens in this position and closes in the other.
    Switch(bool, Part, &'static str),
    /// A word of which this one closes, and any other opens.
    Word(&'static str, Part, &'static str),
    /// A list that opens as it grows and closes as it shrinks.
    List(Part, &'static str),
}

fn gateway(files: [&Files; 2], path: &str, deltas: &mut Deltas) {
    let sides = files.map(|files| flat(files, path));
    for key in differing(files, path) {
        let known = SETTINGS.iter().find(|(known, _)| matches(known, &key));
        let values = [0, 1].map(|side: usize| sides[side].get(&key).map(Vec::as_slice));
        match known.map(|(_, meaning)| *meaning) {
            None => unproved(path, &key, deltas),
            Some(Meaning::Silent) => {}
            Some(Meaning::Opens(part, words)) => deltas.add(Direction::Opens, part, words),
            Some(Meaning::Switch(opening, part, words)) => {
                let closes = matches!(values[1], Some([Value::Boolean(on)]) if *on != opening);
                deltas.add(towards(closes), part, shown(words, values[1]));
            }
            Some(Meaning::Word(closed, part, words)) => {
                let closes = matches!(values[1], Some([Value::String(word)]) if word == closed);
                deltas.add(towards(closes), part, shown(words, values[1]));
            }
            Some(Meaning::List(part, words)) => list(values, part, words, deltas),
        }
    }
}

fn list(values: [Option<&[Value]>; 2], part: Part, words: &str, deltas: &mut Deltas) {
    let elements = values.map(|values| {
        let values = values.into_iter().flatten();
        values
            .flat_map(|value| value.as_array().into_iter().flatten())
            .map(plain)
            .collect::<BTreeSet<String>>()
    });
    // A key that is taken out stands at its default, which may hold anything.
    let gained: Vec<String> = elements[1].difference(&elements[0]).cloned().collect();
    if !gained.is_empty() || values[1].is_none() {
        let words = format!("{words}: now also {}.", gained.join(", "));
        deltas.line(Direction::Opens, part, words, Vec::new());
    }
    let lost: Vec<String> = elements[0].difference(&elements[1]).cloned().collect();
    if !lost.is_empty() {
        let words = format!("{words}: no longer {}.", lost.join(", "));
        deltas.line(Direction::Closes, part, words, Vec::new());
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn shown(words: &str, value: Option<&[Value]>) -> String {
    match value {
        Some([value]) => format!("{words}: now {}.", plain(value)),
        Some(_) | None => format!("{words}: now as it is delivered."),
    }
}

const fn towards(closes: bool) -> Direction {
    if closes {
        Direction::Closes
    } else {
        Direction::Opens
    }
}

/// All times move with the zone, and those of the log with them.
fn time_zone(before: &Side<'_>, after: &Side<'_>, deltas: &mut Deltas) {
    let [old, new] = [before, after].map(|side| side.state.policy().time_zone());
    if old != new {
        let words =
            format!("The school's clock moves from {old} to {new}, and every time with it.");
        deltas.add(Direction::Opens, Part::Schedule, words);
    }
}

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

/// A test that says that something is closed guards it; one that is gone no longer does.
fn own_tests(files: [&Files; 2], deltas: &mut Deltas) {
    let [before, after] =
        files.map(|files| parse::<ExpectationsSettings>(files, "config/expectations.toml").expect);
    for gone in before.iter().filter(|held| !after.contains(held)) {
        match gone.action {
            Action::Allow => {}
            Action::Warn | Action::Permission | Action::Block => {
                let whom = match (&gone.group, gone.client) {
                    (Some(group), _) => format!(" for “{group}”"),
                    (None, Some(_)) => " for a device".to_owned(),
                    (None, None) => String::new(),
                };
                let words = format!(
                    "The school's own test that {} is closed{whom} is taken out or changed.",
                    gone.target
                );
                let sites = vec![gone.target.clone()];
                deltas.line(Direction::Opens, Part::Check, words, sites);
            }
        }
    }
}

fn essential(files: [&Files; 2], deltas: &mut Deltas) {
    let names = files.map(|files| {
        let settings: EssentialSettings = parse(files, "config/essential.toml");
        let names = settings.essential.into_iter().map(|host| host.name);
        names.collect::<BTreeSet<String>>()
    });
    let gained: Vec<String> = names[1].difference(&names[0]).cloned().collect();
    if !gained.is_empty() {
        let words = "More sites are named that a faulty list may never close.".to_owned();
        deltas.line(Direction::Opens, Part::Essential, words, gained);
    }
    let lost: Vec<String> = names[0].difference(&names[1]).cloned().collect();
    if !lost.is_empty() {
        let words = "Fewer sites are named that a faulty list may never close.".to_owned();
        deltas.line(Direction::Closes, Part::Essential, words, lost);
    }
}

/// The settings of the gateway that are understood; any other opens.
const SETTINGS: &[(&str, Meaning)] = &[
    ("school.name", Meaning::Silent),
    ("log.format", Meaning::Silent),
    (
        "journal.path",
        Meaning::Opens(
            Part::Logging,
            "What is written down of the pages that were visited changes.",
        ),
    ),
    ("dns.workers", Meaning::Silent),
    ("dns.kept_answers", Meaning::Silent),
    ("dns.kept_upstream", Meaning::Silent),
    ("dns.most_waiting", Meaning::Silent),
    ("dns.tcp_*", Meaning::Silent),
    ("dns.upstream_timeout_ms", Meaning::Silent),
    (
        "dns.upstreams*",
        Meaning::Opens(
            Part::Upstream,
            "The servers that are asked for the addresses of sites change.",
        ),
    ),
    (
        "dns.forwards*",
        Meaning::Opens(
            Part::Upstream,
            "The servers that are asked for some names change.",
        ),
    ),
    (
        "dns.records*",
        Meaning::Opens(
            Part::Upstream,
            "The names that the gateway answers by itself change.",
        ),
    ),
    (
        "dns.local_zones",
        Meaning::List(
            Part::Upstream,
            "Names that may lead to addresses inside the school",
        ),
    ),
    (
        "dns.validate",
        Meaning::Switch(
            false,
            Part::Upstream,
            "Whether answers are checked for forgery by the gateway itself",
        ),
    ),
    (
        "dns.mix_case",
        Meaning::Switch(
            false,
            Part::Upstream,
            "Whether questions are made harder to forge answers to",
        ),
    ),
    (
        "dns.canaries_for_all",
        Meaning::Switch(
            false,
            Part::Setting,
            "Whether programs are kept from going around the filter for everybody",
        ),
    ),
    ("proxy.workers", Meaning::Silent),
    ("proxy.max_*", Meaning::Silent),
    ("proxy.header_seconds", Meaning::Silent),
    ("proxy.hello_seconds", Meaning::Silent),
    ("proxy.connect_seconds", Meaning::Silent),
    ("proxy.response_seconds", Meaning::Silent),
    ("proxy.idle_seconds", Meaning::Silent),
    ("proxy.tunnel_idle_seconds", Meaning::Silent),
    ("proxy.drain_seconds", Meaning::Silent),
    ("proxy.contact", Meaning::Silent),
    ("proxy.via", Meaning::Silent),
    ("proxy.floor_answer", Meaning::Silent),
    ("proxy.floor_words", Meaning::Silent),
    (
        "proxy.http_ports",
        Meaning::List(Part::Allowance, "Ports that plain pages may be asked for"),
    ),
    (
        "proxy.connect_ports",
        Meaning::List(Part::Allowance, "Ports that secure pages may be asked for"),
    ),
    (
        "proxy.no_sni",
        Meaning::Word(
            "block",
            Part::Allowance,
            "What happens to secure connections that do not say where they go",
        ),
    ),
    (
        "proxy.local_networks",
        Meaning::List(
            Part::Allowance,
            "Networks inside the school that may be reached",
        ),
    ),
    (
        "proxy.allow_private",
        Meaning::List(
            Part::Allowance,
            "Networks inside the school that may be reached",
        ),
    ),
    (
        "proxy.direct",
        Meaning::List(
            Part::Allowance,
            "Names that browsers ask for without the gateway",
        ),
    ),
];

const GROUP: &[&str] = &[
    "title",
    "extends",
    "kind",
    "age",
    "reading",
    "established",
    "unknown",
    "open",
    "walled_garden",
    "safe_search",
    "youtube",
    "inspect",
    "literal_addresses",
    "overrides",
    "packs",
    "learning",
    "phrases.limit",
    "access.*",
    "rule[].name",
    "rule[].sites",
    "rule[].for",
    "rule[].when",
    "rule[].action",
    "rule[].from",
    "rule[].until",
    "rule[].reason",
    "rule[].lock",
    "rule[].host_fallback",
    "mode[].id",
    "mode[].title",
    "mode[].kind",
    "mode[].when",
    "mode[].action",
    "mode[].sites",
    "mode[].open",
    "mode[].access.*",
    "mode[].reason",
    "remove",
];

const CALENDAR: &[&str] = &[
    "time_zone",
    "terms",
    "terms[].name",
    "terms[].start",
    "terms[].end",
    "inset",
    "bank_holidays",
    "half_days",
    "half_days[].date",
    "half_days[].ends",
    "schedules[].id",
    "schedules[].title",
    "schedules[].on",
    "schedules[].days",
    "schedules[].from",
    "schedules[].to",
    "schedules[].windows",
    "schedules[].windows[].from",
    "schedules[].windows[].to",
    "schedules[].includes",
    "schedules[].except",
];

const NETWORK: &[&str] = &[
    "identity.feed",
    "device_classes[].id",
    "device_classes[].title",
    "device_classes[].network",
    "device_classes[].certificate",
    "zones[].id",
    "zones[].title",
    "zones[].networks",
    "zones[].kind",
    "zones[].device_class",
    "zones[].group",
    "zones[].unidentified",
    "zones[].on_failure",
    "devices[].id",
    "devices[].title",
    "devices[].addresses",
    "devices[].group",
    "device_sets[].id",
    "device_sets[].title",
    "device_sets[].devices",
    "assignments[].device_set",
    "assignments[].device",
    "assignments[].group",
    "assignments[].when",
    "local_servers[].name",
    "local_servers[].addresses",
    "local_servers[].reason",
];

const CLASSES: &[&str] = &[
    "classes[].id",
    "classes[].title",
    "classes[].devices",
    "classes[].users",
];

const EXPECTATIONS: &[&str] = &[
    "expect[].group",
    "expect[].client",
    "expect[].target",
    "expect[].at",
    "expect[].action",
    "expect[].rung",
    "expect[].reason",
];

const ESSENTIAL: &[&str] = &["essential[].name", "essential[].reason"];

const PACK: &[&str] = &["id", "title", "reason", "reviewed", "sites"];

const CATEGORIES: &[&str] = &[
    "categories[].id",
    "categories[].title",
    "categories[].words",
    "categories[].theme",
    "categories[].theme_2023",
    "categories[].offence",
    "categories[].class",
    "categories[].default",
    "categories[].locked",
    "categories[].alert",
    "categories[].minimum_age",
];

const SOURCES: &[&str] = &[
    "sources[].id",
    "sources[].title",
    "sources[].file",
    "sources[].url",
    "sources[].mirrors",
    "sources[].digests",
    "sources[].hours.*",
    "sources[].every_hours",
    "sources[].folder",
    "sources[].charset",
    "sources[].recommended",
    "sources[].format",
    "sources[].category",
    "sources[].covers",
    "sources[].licence",
    "sources[].attribution",
    "sources[].enabled",
    "sources[].third_party",
    "sources[].crosses_suffix",
];

const EXCEPTIONS: &[&str] = &[
    "exceptions[].name",
    "exceptions[].class",
    "exceptions[].reason",
];
