use super::comparison::{Comparison, Half};
use super::delta::Deltas;
use super::{Direction, Part, Side};
use lists::{
    Entry, ExceptionsFile, Format, Import, ImportError, Item, Rules, Source, SourcesFile, Suffixes,
};
use model::{
    Access, CategoryClass, CategoryId, Content, Document, Faults, Files, Inspect, ScheduleSet,
};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// Compares the lists, their settings, and what keeps names out of them.
pub(super) fn compare(
    before: &Side<'_>,
    after: &Side<'_>,
    comparison: &Comparison<'_>,
    deltas: &mut Deltas,
) {
    categories(comparison, deltas);
    let artefacts = [before, after].map(|side| side.state.artefact());
    let held = [before, after].map(|side| inventory(side.files));
    // From where a list comes and how it is read tells of what it will hold, not of what it holds.
    let same = held[0].len() == held[1].len()
        && held[0]
            .iter()
            .all(|(id, old)| held[1].get(id).is_some_and(|new| alike(old, new)));
    if same && artefacts[0].input_digest() == artefacts[1].input_digest() {
        return;
    }
    let mut leaning = Leaning {
        half: &comparison.halves[1],
        pairs: comparison
            .timeline
            .pairs()
            .iter()
            .map(|pair| pair.running[1])
            .collect(),
        now: comparison.timeline.start(),
        known: BTreeMap::new(),
    };
    each_list(&held, &mut leaning, deltas);
    exceptions([before.files, after.files], &held, &mut leaning, deltas);
    elsewhere([before, after], &held, deltas);
}

/// What a category is, apart from what groups get of it.
fn categories(comparison: &Comparison<'_>, deltas: &mut Deltas) {
    let [before, after] =
        [0, 1].map(|side: usize| comparison.halves[side].state.policy().vocabulary());
    for (_, old) in before.iter() {
        let Some(new) = after.find(&old.id).and_then(|id| after.category(id)) else {
            let words = format!("The kind of sites “{}” is no longer told apart.", old.title);
            deltas.add(Direction::Opens, Part::Category, words);
            continue;
        };
        if old.class != new.class {
            let words = format!(
                "The kind of sites “{}” now works in another way.",
                old.title
            );
            deltas.add(Direction::Opens, Part::Category, words);
        }
        if old.alert != new.alert {
            let (direction, verb) = match new.alert {
                true => (Direction::Closes, "Somebody is now told at once"),
                false => (Direction::Opens, "Nobody is told at once any more"),
            };
            let words = format!("{verb} when a site of “{}” is visited.", old.title);
            deltas.add(direction, Part::Alert, words);
        }
    }
}

/// A list that is in use.
#[derive(Debug)]
struct List<'a> {
    title: String,
    category: String,
    third_party: bool,
    /// What `sources.toml` says of it; none of a starter list.
    source: Option<Source>,
    /// Its text; none where it is kept outside the files of the policy.
    text: Option<&'a Content>,
}

/// The lists in use, by id.
fn inventory(files: &Files) -> BTreeMap<String, List<'_>> {
    let mut held = BTreeMap::new();
    for (path, content) in files.under("blocklists/starter/") {
        // A head that cannot be read belongs to nothing that is known: what goes from it opens.
        let bytes = content.read().unwrap_or_default();
        let text = std::str::from_utf8(&bytes).unwrap_or("");
        let head = lists::parse_head(path, text, &mut Faults::default()).unwrap_or_default();
        held.insert(
            path.to_owned(),
            List {
                title: head.title,
                category: head.category,
                third_party: false,
                source: None,
                text: Some(content),
            },
        );
    }
    for source in sources(files) {
        let path = source
            .file
            .as_ref()
            .map(|file| format!("blocklists/{file}"));
        let fetched = format!("blocklists/fetched/{}", source.id);
        let text = files.find(path.as_deref().unwrap_or(&fetched));
        held.insert(
            source.id.clone(),
            List {
                title: source.title.clone(),
                category: source.category.clone(),
                third_party: source.third_party,
                source: Some(source),
                text,
            },
        );
    }
    held
}

fn sources(files: &Files) -> Vec<Source> {
    let file: SourcesFile = parse(files, "blocklists/sources.toml");
    file.sources
        .into_iter()
        .filter(|source| source.enabled)
        .collect()
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

fn each_list(
    held: &[BTreeMap<String, List<'_>>; 2],
    leaning: &mut Leaning<'_, '_>,
    deltas: &mut Deltas,
) {
    let ids: BTreeSet<&String> = held.iter().flat_map(BTreeMap::keys).collect();
    for id in ids {
        match (held[0].get(id), held[1].get(id)) {
            (None, None) => {}
            (Some(old), None) => {
                let words = format!("The list “{}” is no longer used.", old.title);
                deltas.add(leaning.loss(&old.category), Part::List, words);
            }
            (None, Some(new)) => {
                let words = format!("The list “{}” is now used.", new.title);
                deltas.add(leaning.gain(&new.category), Part::List, words);
            }
            (Some(old), Some(new)) => {
                if !alike(old, new) {
                    let words = format!("The list “{}” is now read in another way.", new.title);
                    deltas.add(Direction::Opens, Part::List, words);
                } else if old.text != new.text {
                    entries(old, new, leaning, deltas);
                }
            }
        }
    }
}

/// Whether a list is fetched from the same place and read in the same way.
fn alike(old: &List<'_>, new: &List<'_>) -> bool {
    // Everything of a source counts but what people read of it.
    let meant = |list: &List<'_>| {
        list.source.clone().map(|source| Source {
            title: String::new(),
            licence: String::new(),
            attribution: None,
            recommended: false,
            file: None,
            ..source
        })
    };
    old.category == new.category
        && meant(old) == meant(new)
        && old.text.is_some() == new.text.is_some()
}

/// What stands in a list: how it is told apart, and how it is shown.
type Items = BTreeMap<String, String>;

impl List<'_> {
    fn import(&self) -> Option<Import<'_>> {
        match &self.source {
            Some(source) => Import::of_source(source, true),
            None => Some(Import::new(Rules {
                format: Format::Plain,
                covers: None,
                suffixes: Suffixes::TakePrivate,
                withheld: true,
            })),
        }
    }

    /// Its text; `None` where it should be there and cannot be read.
    fn bytes(&self) -> Option<Arc<[u8]>> {
        match self.text {
            Some(content) => content.read().ok(),
            None => Some(Arc::default()),
        }
    }

    /// Whether each line stands for itself, so that lines that did not change need not be read.
    fn is_of_lines(&self, text: &[u8]) -> bool {
        let format = self
            .source
            .as_ref()
            .map_or(Format::Plain, |source| source.format);
        let packed = text.contains(&0);
        !packed
            && match format {
                Format::Plain
                | Format::Wildcard
                | Format::Glob
                | Format::Hosts
                | Format::Urls
                | Format::Expressions
                | Format::Addresses
                | Format::Doh
                | Format::TopSites => true,
                Format::Squidguard
                | Format::Adblock
                | Format::Rpz
                | Format::Dnsmasq
                | Format::Unbound
                | Format::E2guardianSites
                | Format::E2guardianUrls
                | Format::E2guardianExpressions
                | Format::PhrasesBanned
                | Format::PhrasesWeighted
                | Format::PhrasesException
                | Format::Digests => false,
            }
    }

    /// Reads a text as this list is read; `None` where nobody can say what stands in it.
    fn items(&self, text: &[u8]) -> Option<Items> {
        let mut items = Items::new();
        let mut unclear = false;
        let read = self.import()?.read(text, &mut |item| {
            // A phrase may open a page as well as close it, and a digest tells nothing.
            unclear |= matches!(item, Item::Phrase(_) | Item::Digest(..));
            items.insert(format!("{item:?}"), shown(&item));
            None
        });
        match read {
            Ok(_) if !unclear => Some(items),
            Ok(_)
            | Err(
                ImportError::Damaged(_)
                | ImportError::Bomb
                | ImportError::Layers
                | ImportError::Member { .. }
                | ImportError::Folder { .. },
            ) => None,
        }
    }
}

fn shown(item: &Item<'_>) -> String {
    match item {
        Item::Entry(Entry::Name { name, .. }) => name.as_str().to_owned(),
        Item::Entry(Entry::Address(address)) => address.to_string(),
        Item::Network(network) => network.to_string(),
        Item::Url(url) => format!("{}{}", url.host, url.path),
        Item::Pattern(pattern) => pattern.text.to_owned(),
        Item::Phrase(_) | Item::Digest(..) => String::new(),
    }
}

/// Compares what stands in a list.
fn entries(old: &List<'_>, new: &List<'_>, leaning: &mut Leaning<'_, '_>, deltas: &mut Deltas) {
    let items = || {
        let texts = [old.bytes()?, new.bytes()?];
        let parts = match old.is_of_lines(&texts[0]) && new.is_of_lines(&texts[1]) {
            true => apart([&texts[0], &texts[1]]),
            false => texts.map(|text| text.to_vec()),
        };
        Some((old.items(&parts[0])?, new.items(&parts[1])?))
    };
    let Some((before, after)) = items() else {
        let words = format!(
            "The list “{}” has other entries; it could not be proved that nothing opens.",
            new.title
        );
        deltas.add(Direction::Opens, Part::List, words);
        return;
    };
    let floor = leaning.is_floor(&new.category);
    for (items, others, verb, direction) in [
        (
            &before,
            &after,
            "no longer names",
            leaning.loss(&new.category),
        ),
        (&after, &before, "now names", leaning.gain(&new.category)),
    ] {
        let entries: Vec<String> = items
            .iter()
            .filter(|(key, _)| !others.contains_key(*key))
            .map(|(_, shown)| shown.clone())
            .collect();
        if entries.is_empty() {
            continue;
        }
        let count = entries.len();
        let sites = if count == 1 { "site" } else { "sites" };
        let words = format!("The list “{}” {verb} {count} {sites}.", new.title);
        // The names of a floor list are never shown.
        let shown = if floor { Vec::new() } else { entries };
        deltas.line(direction, Part::List, words, shown);
    }
}

/// The lines of each text that the other has not.
fn apart(texts: [&[u8]; 2]) -> [Vec<u8>; 2] {
    let lines = texts.map(|text| text.split(|byte| *byte == b'\n').collect::<HashSet<_>>());
    [0, 1].map(|side: usize| {
        let own = texts[side].split(|byte| *byte == b'\n');
        own.filter(|line| !lines[1 - side].contains(line))
            .collect::<Vec<_>>()
            .join(&b'\n')
    })
}

/// Exceptions and the guard keep names out of lists that others write.
fn exceptions(
    files: [&Files; 2],
    held: &[BTreeMap<String, List<'_>>; 2],
    leaning: &mut Leaning<'_, '_>,
    deltas: &mut Deltas,
) {
    let returns = held[1]
        .values()
        .filter(|list| list.third_party)
        .map(|list| leaning.gain(&list.category))
        .max()
        .unwrap_or(Direction::Closes)
        .max(Direction::Closes);
    let excepted = files.map(|files| {
        let file: ExceptionsFile = parse(files, "blocklists/exceptions.toml");
        let named = file
            .exceptions
            .into_iter()
            .map(|held| (held.name, held.class));
        named.collect::<BTreeMap<String, Option<String>>>()
    });
    let guarded = files.map(|files| {
        let text = files.content("blocklists/guard.txt");
        let text = text
            .and_then(|text| std::str::from_utf8(text).ok())
            .unwrap_or("");
        let names = text
            .lines()
            .map(|line| line.split('#').next().unwrap_or("").trim());
        let names = names.filter(|name| !name.is_empty());
        names
            .map(|name| (name.to_owned(), None))
            .collect::<BTreeMap<String, Option<String>>>()
    });
    for (names, more, fewer) in [
        (
            excepted,
            "Lists that others write can no longer close",
            "Lists that others write may again close",
        ),
        (
            guarded,
            "No list may now close the whole of",
            "Lists may again close the whole of",
        ),
    ] {
        let [old, new] = &names;
        let gained = new
            .iter()
            .filter(|(name, class)| old.get(*name) != Some(class));
        let gained: Vec<String> = gained.map(|(name, _)| name.clone()).collect();
        let lost = old.keys().filter(|name| !new.contains_key(*name));
        let lost: Vec<String> = lost.cloned().collect();
        for (names, words, direction) in [(gained, more, Direction::Opens), (lost, fewer, returns)]
        {
            if !names.is_empty() {
                let words = format!("{words} {}.", super::delta::listed(&names, 5, "sites"));
                deltas.line(direction, Part::Exception, words, names);
            }
        }
    }
}

/// Lists whose text is kept elsewhere, or that include other files, have other entries, and nobody
/// can say here which.
fn elsewhere(sides: [&Side<'_>; 2], held: &[BTreeMap<String, List<'_>>; 2], deltas: &mut Deltas) {
    let digests = sides.map(|side| {
        let lists = side.state.artefact().lists().iter();
        lists
            .map(|list| (list.id.clone(), list.digest))
            .collect::<BTreeMap<_, _>>()
    });
    for (id, digest) in &digests[1] {
        let [old, new] = [0, 1].map(|side: usize| held[side].get(id).and_then(|list| list.text));
        let starter = held[1].contains_key(&format!("blocklists/{id}.txt"));
        let other = digests[0].get(id).is_some_and(|old| old != digest);
        let unseen = new.is_none() || old == new;
        if other && unseen && !starter {
            let title = held[1]
                .get(id)
                .map_or(id.as_str(), |list| list.title.as_str());
            let what = match new {
                None => "The fetched list",
                Some(_) => "What is included by the list",
            };
            let words = format!(
                "{what} “{title}” has other entries; it could not be proved that nothing opens."
            );
            deltas.add(Direction::Opens, Part::List, words);
        }
    }
}

/// Which way it goes when sites get a label, or lose one.
struct Leaning<'h, 'a> {
    half: &'h Half<'a>,
    pairs: BTreeSet<u128>,
    now: model::Moment,
    known: BTreeMap<CategoryId, (Direction, Direction)>,
}

impl Leaning<'_, '_> {
    fn gain(&mut self, category: &str) -> Direction {
        self.both(category).0
    }

    fn loss(&mut self, category: &str) -> Direction {
        self.both(category).1
    }

    fn is_floor(&self, category: &str) -> bool {
        let vocabulary = self.half.state.policy().vocabulary();
        // A category that nobody knows is treated as one whose names are not shown.
        vocabulary
            .find(category)
            .is_none_or(|id| vocabulary.floor().contains(id))
    }

    fn both(&mut self, category: &str) -> (Direction, Direction) {
        let Some(id) = self.half.state.policy().vocabulary().find(category) else {
            return (Direction::Opens, Direction::Opens);
        };
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        let found = self.find(id, category);
        self.known.insert(id, found);
        found
    }

    fn find(&self, id: CategoryId, category: &str) -> (Direction, Direction) {
        let policy = self.half.state.policy();
        let vocabulary = policy.vocabulary();
        let class = vocabulary.category(id).map(|held| held.class);
        let outlines = || {
            let groups = policy.groups().iter();
            groups.filter_map(|(group, _)| Some((group, self.half.outline(group)?)))
        };
        let opens_if = |opens: bool| {
            if opens {
                Direction::Opens
            } else {
                Direction::Closes
            }
        };
        let private = policy.never_inspected().contains(id)
            && outlines().any(|(_, held)| held.obligations.inspect != Inspect::None);
        match class {
            None => (Direction::Opens, Direction::Opens),
            Some(CategoryClass::Floor) => (Direction::Closes, Direction::Opens),
            Some(CategoryClass::Allow) => {
                let loses = outlines().any(|(_, held)| held.unknown < held.established);
                (Direction::Opens, opens_if(loses))
            }
            Some(CategoryClass::Against) => {
                let named = self
                    .half
                    .rules
                    .iter()
                    .filter_map(|rule| rule.says.words.get(category));
                let named: BTreeSet<Access> = named.copied().collect();
                let milder = named.iter().any(|word| *word != Access::Block);
                let mut opens = milder || private;
                let mut frees = !named.is_empty() || vocabulary.alerting().contains(id);
                for (group, held) in outlines() {
                    let base = match held.walled {
                        true => Access::Allow,
                        false => held.unknown.max(held.established),
                    };
                    for word in self.words(group, id, held) {
                        opens |= word < base;
                        frees |= word != Access::Allow;
                    }
                }
                (opens_if(opens), opens_if(frees))
            }
        }
    }

    /// All words that a group may have for a category.
    fn words(
        &self,
        group: model::GroupIndex,
        id: CategoryId,
        outline: &policy::GroupOutline,
    ) -> BTreeSet<Access> {
        let state = self.half.state;
        let policy = state.policy();
        let plain = policy.somebody(group, [], state.identifier().roster());
        let always = self.pairs.iter().filter_map(|running| {
            let words = policy.words(&plain, ScheduleSet(*running), self.now);
            match words.is_locked(id) {
                true => Some(Access::Block),
                false => words.word(id),
            }
        });
        let conditions = outline.conditions.get(policy.vocabulary().word(id));
        let named = conditions.into_iter().flatten().map(|held| held.access);
        always.chain(named).collect()
    }
}
