use crate::calendar::{Calendar, parse as parse_calendar};
use crate::settings::{
    CalendarSettings, CategoriesSettings, ConductSettings, EssentialSettings, ExpectationsSettings,
    GroupSettings, PackSettings,
};
use model::{
    Document, Fault, Faults, Files, GroupIndex, NameTable, ScheduleIndex, Vocabulary,
    VocabularyError,
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The policy files as they were read, before it is known who there is.
#[derive(Debug)]
pub struct Draft {
    pub(crate) vocabulary: Vocabulary,
    pub(crate) calendar: Arc<Calendar>,
    pub(crate) names: NameTable<GroupIndex>,
    pub(crate) groups: Vec<GroupDraft>,
    pub(crate) packs: BTreeMap<String, PackDraft>,
    pub(crate) conduct: Read<ConductSettings>,
    pub(crate) expectations: Read<ExpectationsSettings>,
    pub(crate) essential: Read<EssentialSettings>,
    pub(crate) sound: bool,
}

/// A file's settings beside the document that knows where each of them stands.
#[derive(Debug)]
pub(crate) struct Read<T> {
    pub(crate) document: Document,
    pub(crate) settings: T,
}

#[derive(Debug)]
pub(crate) struct GroupDraft {
    pub(crate) id: String,
    pub(crate) document: Document,
    pub(crate) settings: GroupSettings,
    /// Itself, and then those it extends, the nearest first.
    pub(crate) lineage: Vec<GroupIndex>,
}

#[derive(Debug)]
pub(crate) struct PackDraft {
    pub(crate) document: Document,
    pub(crate) settings: PackSettings,
}

/// Reads `blocklists/categories.toml` and joins it with the floor.
///
/// `None` when the file is missing or faulty; then at least one fault was added.
pub fn vocabulary(files: &Files, faults: &mut Faults) -> Option<Vocabulary> {
    let before = faults.errors();
    let Some(content) = files.content(CATEGORIES) else {
        let mend = "put the vocabulary there; it is shipped with the gateway";
        faults.push(Fault::of_file(CATEGORIES, "the file is missing", mend));
        return None;
    };
    let (document, settings) = parse::<CategoriesSettings>(CATEGORIES, content, faults)?;
    let settings = settings?;
    if faults.errors() > before {
        return None;
    }
    let ids: Vec<String> = settings
        .categories
        .iter()
        .map(|category| category.id.clone())
        .collect();
    match Vocabulary::new(settings.categories) {
        Ok(vocabulary) => Some(vocabulary),
        Err(error) => {
            let named = match &error {
                VocabularyError::Many { .. } => None,
                VocabularyError::Twice { id }
                | VocabularyError::Id { id }
                | VocabularyError::Floor { id }
                | VocabularyError::Claims { id } => ids.iter().rposition(|held| held == id),
            };
            let fault = match named {
                Some(place) => document.fault(
                    &["categories".into(), place.into(), "id".into()],
                    error.to_string(),
                ),
                None => document.fault(&["categories".into()], error.to_string()),
            };
            faults.push(fault.mend("give it another id, or take it out"));
            None
        }
    }
}

impl Draft {
    /// Reads all policy files; every fault of every file is added to `faults`.
    pub fn read(files: &Files, vocabulary: &Vocabulary, faults: &mut Faults) -> Self {
        let before = faults.errors();
        let calendar = one::<CalendarSettings>(files, "config/calendar.toml", faults);
        let calendar = parse_calendar(&calendar.settings, &calendar.document, faults);
        let mut draft = Self {
            vocabulary: vocabulary.clone(),
            calendar: Arc::new(calendar),
            names: NameTable::default(),
            groups: Vec::new(),
            packs: BTreeMap::new(),
            conduct: one(files, "config/conduct.toml", faults),
            expectations: one(files, "config/expectations.toml", faults),
            essential: one(files, "config/essential.toml", faults),
            sound: false,
        };
        draft.read_groups(files, faults);
        draft.read_packs(files, faults);
        draft.trace_lineage(faults);
        draft.sound = faults.errors() == before;
        draft
    }

    /// The groups by id.
    pub const fn groups(&self) -> &NameTable<GroupIndex> {
        &self.names
    }

    /// The schedules by place, each with its id and its title.
    pub fn schedules(&self) -> impl Iterator<Item = (ScheduleIndex, &str, &str)> {
        (0u8..)
            .zip(self.calendar.schedules())
            .map(|(place, held)| (ScheduleIndex(place), held.id.as_str(), held.title.as_str()))
    }

    /// Finds a schedule by its id.
    pub fn find_schedule(&self, id: &str) -> Option<ScheduleIndex> {
        self.calendar.find(id)
    }

    pub(crate) fn group(&self, index: GroupIndex) -> Option<&GroupDraft> {
        self.groups.get(usize::from(index.0))
    }

    fn read_groups(&mut self, files: &Files, faults: &mut Faults) {
        for (path, content) in settings_under(files, GROUPS) {
            let Some(id) = stem(path, GROUPS) else {
                continue;
            };
            if !plain(id) {
                let mend = "name it with lower-case letters, digits and hyphens, and `.toml`";
                faults.push(Fault::of_file(
                    path,
                    format!("`{id}` is no id of a group"),
                    mend,
                ));
                continue;
            }
            let Some((document, settings)) = parse::<GroupSettings>(path, content, faults) else {
                continue;
            };
            // A faulty file still has a name, so that others which name it are not faulty too.
            let settings = settings.unwrap_or_else(|| empty_group(id));
            if self.names.insert(id).is_none() {
                continue;
            }
            self.groups.push(GroupDraft {
                id: id.to_owned(),
                document,
                settings,
                lineage: Vec::new(),
            });
        }
        if self.groups.is_empty() {
            let mend = "write one file a group, or run `schoolgate init`";
            faults.push(Fault::of_file(GROUPS, "there is no group", mend));
        }
    }

    fn read_packs(&mut self, files: &Files, faults: &mut Faults) {
        for (path, content) in settings_under(files, PACKS) {
            let Some(id) = stem(path, PACKS) else {
                continue;
            };
            let Some((document, Some(settings))) = parse::<PackSettings>(path, content, faults)
            else {
                continue;
            };
            if settings.id != id {
                let what = format!(
                    "the pack calls itself `{}` and its file `{id}`",
                    settings.id
                );
                let fault = document.fault(&["id".into()], what);
                faults.push(fault.mend(format!("write `id = \"{id}\"`, or rename the file")));
            }
            self.packs
                .insert(id.to_owned(), PackDraft { document, settings });
        }
    }

    /// Finds whom each group extends, and cuts circles.
    fn trace_lineage(&mut self, faults: &mut Faults) {
        for place in 0..self.groups.len() {
            let mut lineage = Vec::new();
            let mut next = self.names.find(&self.groups[place].id);
            while let Some(group) = next {
                if lineage.contains(&group) {
                    let held = &self.groups[place];
                    let what = format!("group `{}` extends itself on the way round", held.id);
                    let fault = held.document.fault(&["extends".into()], what);
                    faults.push(fault.mend("let one group of the circle extend none"));
                    lineage.truncate(1);
                    break;
                }
                lineage.push(group);
                let held = &self.groups[usize::from(group.0)];
                next = held
                    .settings
                    .extends
                    .as_deref()
                    .and_then(|id| self.names.find(id));
            }
            let held = &self.groups[place];
            if let Some(parent) = &held.settings.extends
                && self.names.find(parent).is_none()
            {
                let fault = held
                    .document
                    .fault(&["extends".into()], format!("no group `{parent}`"));
                let known = self.names.iter().map(|(_, name)| name);
                faults.push(fault.mend(suggestion(
                    parent,
                    known,
                    "name a file of `config/groups`",
                )));
            }
            self.groups[place].lineage = lineage;
        }
    }
}

/// The nearest known word as a mend, or other words where none is near.
pub(crate) fn suggestion<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
    otherwise: &str,
) -> String {
    model::nearest(word, known).map_or_else(
        || otherwise.to_owned(),
        |near| format!("did you mean `{near}`?"),
    )
}

/// The files of a folder, settings alone: these are always in memory.
fn settings_under<'a>(
    files: &'a Files,
    folder: &'a str,
) -> impl Iterator<Item = (&'a str, &'a [u8])> {
    let files = files.under(folder);
    files.filter_map(|(path, content)| Some((path, &content.in_memory()?[..])))
}

fn stem<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    path.strip_prefix(folder)?.strip_suffix(".toml")
}

fn plain(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !id.is_empty() && id.bytes().all(plain)
}

fn parse<T: DeserializeOwned + JsonSchema>(
    path: &str,
    content: &[u8],
    faults: &mut Faults,
) -> Option<(Document, Option<T>)> {
    match std::str::from_utf8(content) {
        Ok(text) => Some(Document::parse(path, text, faults)),
        Err(error) => {
            let what = format!("the file is not UTF-8 from byte {} on", error.valid_up_to());
            faults.push(Fault::of_file(path, what, "save it as UTF-8"));
            None
        }
    }
}

/// Reads a file that may be absent.
fn one<T: DeserializeOwned + JsonSchema + Default>(
    files: &Files,
    path: &str,
    faults: &mut Faults,
) -> Read<T> {
    let read = files
        .content(path)
        .and_then(|content| parse(path, content, faults));
    let (document, settings) = match read {
        Some(read) => read,
        None => Document::parse(path, "", &mut Faults::default()),
    };
    Read {
        document,
        settings: settings.unwrap_or_default(),
    }
}

fn empty_group(id: &str) -> GroupSettings {
    GroupSettings {
        title: id.to_owned(),
        extends: None,
        kind: None,
        age: None,
        reading: None,
        established: None,
        unknown: None,
        open: None,
        walled_garden: None,
        phrases: None,
        safe_search: None,
        youtube: None,
        inspect: None,
        literal_addresses: None,
        overrides: None,
        packs: None,
        learning: None,
        access: BTreeMap::new(),
        rule: Vec::new(),
        mode: Vec::new(),
        remove: Vec::new(),
    }
}

const CATEGORIES: &str = "blocklists/categories.toml";
const GROUPS: &str = "config/groups/";
const PACKS: &str = "blocklists/packs/";
