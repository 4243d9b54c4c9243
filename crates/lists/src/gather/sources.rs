//! The lists that others publish.

use super::taking::Taking;
use super::{ESTABLISHED, Gather, is_id, is_starter};
use crate::folder::{SOURCES, is_inside, path_of, shown};
use crate::{Format, Import, ImportError, ListReport, Parsed, Rules, Source, SourcesFile};
use matcher::ListMeta;
use model::{CategoryId, Digest, Document, Fault, Step};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl<'a> Gather<'a> {
    /// Reads the lists that `sources.toml` names and has in use.
    pub(crate) fn sources(&mut self) {
        let Some(text) = self.text(SOURCES) else {
            return;
        };
        let (document, file) =
            Document::parse::<SourcesFile>(&shown(SOURCES), text, &mut self.faults);
        let mut ids = BTreeSet::new();
        let file = file.unwrap_or_default();
        for (place, source) in file.sources.iter().enumerate() {
            let at = |key: &'static str| [Step::Key("sources"), Step::Index(place), Step::Key(key)];
            if !is_id(&source.id) {
                let what = format!("`{}` is no id", source.id);
                let mend = "use lower-case letters, digits and hyphens";
                self.faults.push(document.fault(&at("id"), what).mend(mend));
            } else if !ids.insert(source.id.clone()) {
                let what = format!("source `{}` stands twice", source.id);
                let mend = "give one of them another id";
                self.faults.push(document.fault(&at("id"), what).mend(mend));
            }
            let category = self.vocabulary.find(&source.category);
            if category.is_none() {
                let what = format!("unknown category `{}`", source.category);
                let mend = self.nearest_category(&source.category);
                self.faults
                    .push(document.fault(&at("category"), what).mend(mend));
            }
            let import = self.import_of(source, &document, place);
            let Some(files) = self.files_of(source, &document, place) else {
                continue;
            };
            let (Some(category), Some(import), true) = (category, import, source.enabled) else {
                continue;
            };
            let place = Placed {
                source,
                document: &document,
                place,
            };
            if self.vocabulary.floor().contains(category) && lies_open(source) {
                self.faults.push(place.unsealed());
                continue;
            }
            self.source(&place, category, &import, &files);
        }
    }

    /// The text of a source, where it can be told and is in use.
    fn files_of(
        &mut self,
        source: &Source,
        document: &Document,
        place: usize,
    ) -> Option<Files<'a>> {
        let at = |key: &'static str| [Step::Key("sources"), Step::Index(place), Step::Key(key)];
        match (&source.file, &source.url) {
            (Some(_), Some(_)) => {
                let what = format!("source `{}` has both a file and an address", source.id);
                let fault = document.fault(&at("url"), what);
                self.faults.push(fault.mend("keep either `file` or `url`"));
                return None;
            }
            (None, None) if source.delivered => {}
            (None, None) => {
                let what = format!("source `{}` has neither a file nor an address", source.id);
                let fault = document.fault(&at("id"), what);
                self.faults.push(fault.mend("add `file` or `url`"));
                return None;
            }
            (Some(file), None) if !is_inside(file) => {
                let what = format!("`{file}` does not lie in the folder of the block lists");
                let fault = document.fault(&at("file"), what);
                self.faults
                    .push(fault.mend("name a file by its path inside the folder"));
                return None;
            }
            (Some(file), None) if is_starter(file) => {
                let what = format!("`{file}` is a starter list and is read without a source");
                let fault = document.fault(&at("file"), what);
                self.faults.push(fault.mend("take the source out"));
                return None;
            }
            (None, Some(url)) if !url.starts_with("https://") => {
                let what = format!("source `{}` is not fetched over HTTPS", source.id);
                let fault = document.fault(&at("url"), what);
                self.faults
                    .push(fault.mend("give an address that begins with `https://`"));
                return None;
            }
            (Some(_), None) | (None, Some(_)) => {}
        }
        let found = Files::find(self.inputs, source);
        if found.is_none() && source.enabled {
            self.faults.push(missing(source, document, &at("id")));
        }
        found
    }

    /// How a source is to be read, where what it says of that can be used.
    fn import_of<'s>(
        &mut self,
        source: &'s Source,
        document: &Document,
        place: usize,
    ) -> Option<Import<'s>> {
        Import::of_source(source, false).or_else(|| {
            let charset = source.charset.as_deref().unwrap_or_default();
            let what = format!("`{charset}` is no encoding");
            let steps = [
                Step::Key("sources"),
                Step::Index(place),
                Step::Key("charset"),
            ];
            let mend = "use a name such as `windows-1251`, or take the line out";
            self.faults.push(document.fault(&steps, what).mend(mend));
            None
        })
    }
    fn source(
        &mut self,
        placed: &Placed<'_>,
        category: CategoryId,
        import: &Import<'_>,
        files: &Files<'_>,
    ) {
        let source = placed.source;
        let digest = files.digest();
        let meta = ListMeta {
            third_party: source.third_party,
            crosses_suffix: source.crosses_suffix,
            established: source.category == ESTABLISHED,
            answers: source.speaks_of_answers(),
            ..ListMeta::new(source.id.clone(), [category]).with_digest(digest)
        };
        let withheld = self.vocabulary.floor().contains(category);
        let rules = Rules {
            withheld,
            ..import.rules
        };
        let import = Import {
            rules,
            library: &files.library,
            ..*import
        };
        let list = self.compiler.list(meta);
        let mut taking = Taking::new(&mut self.compiler, list, source.third_party);
        let read = import.read_files(&files.files, &mut |item| taking.take(&item));
        let taken = taking.taken();
        let parsed = match read {
            Ok(parsed) => parsed,
            Err(error) => {
                // What was read before the fault is in the compiler, so nothing may be made of it.
                let what = format!(
                    "list `{}` could not be read: {}",
                    source.id,
                    first_part(&error)
                );
                self.faults.push(placed.fault(what).mend(last_part(&error)));
                return;
            }
        };
        if source.format.is_phrases() && self.vocabulary.allow().contains(category) {
            let what = format!(
                "list `{}` holds phrases, and its category `{}` opens sites",
                source.id, source.category
            );
            let mend = "give it a category that speaks against a page";
            self.faults.push(placed.fault(what).mend(mend));
        }
        self.judge(placed, &parsed, withheld);
        self.report.lists.push(ListReport {
            id: source.id.clone(),
            title: source.title.clone(),
            category: source.category.clone(),
            third_party: source.third_party,
            licence: source.licence.clone(),
            source: source
                .url
                .clone()
                .unwrap_or_else(|| shown(&path_of(source))),
            attribution: source.attribution.clone(),
            digest,
            lines: parsed.lines,
            names: parsed.names,
            addresses: parsed.addresses,
            networks: taken.networks,
            urls: taken.urls,
            patterns: taken.patterns,
            digests: taken.digests,
            phrases: taken.phrases,
            refused: parsed.refused,
        });
    }

    /// Warns of a list that cannot be meant so.
    fn judge(&mut self, placed: &Placed<'_>, parsed: &Parsed, withheld: bool) {
        let id = &placed.source.id;
        let (bad, good) = (parsed.refused.bad(), parsed.entries());
        if good == 0 && (withheld || parsed.refused.not_enforced() == 0) {
            let what = format!("list `{id}` has no entry that can be used");
            let format = placed.source.format;
            let mend = format!("see that its format is `{format:?}`").to_lowercase();
            let fault = placed.fault(what).mend(mend);
            // An empty floor list must not pass for a loaded one (ILL-04).
            self.faults
                .push(if withheld { fault } else { fault.warning() });
        } else if bad > (good + parsed.refused.not_enforced()) / 10 {
            let what = format!("{bad} lines of list `{id}` were refused, {good} taken");
            let fault = placed.fault(what).mend("see the report of the list");
            self.faults.push(fault.warning());
        }
    }
}

/// A list that is in use and is not there. That a subscription was never fetched stops nothing
/// unless the school requires it (ILL-04).
fn missing(source: &Source, document: &Document, at: &[Step<'_>]) -> Fault {
    let id = &source.id;
    let (what, mend) = match (&source.file, source.delivered) {
        (Some(_), _) => {
            let path = shown(&path_of(source));
            let what = format!("list `{id}` could not be opened: there is no `{path}`");
            (
                what,
                "put the file there, or set `enabled = false`".to_owned(),
            )
        }
        (None, true) => (
            format!("list `{id}` is in use and was never handed over"),
            format!("run `schoolgate lists take {id} FILE`, or set `enabled = false`"),
        ),
        (None, false) => (
            format!("list `{id}` is in use and was never fetched"),
            format!("run `schoolgate lists fetch {id}`, or set `enabled = false`"),
        ),
    };
    let fault = document.fault(at, what).mend(mend);
    match source.file.is_some() || source.required {
        true => fault,
        false => fault.warning(),
    }
}

/// Whether whoever reads the files of the policy can read the entries (ILL-08).
fn lies_open(source: &Source) -> bool {
    source.file.is_some() && source.format != Format::Digests
}

/// A source with its place in `sources.toml`.
struct Placed<'a> {
    source: &'a Source,
    document: &'a Document,
    place: usize,
}

impl Placed<'_> {
    /// What would go into every copy of the policy is no place for illegal content.
    fn unsealed(&self) -> Fault {
        let id = &self.source.id;
        let what = format!("list `{id}` of illegal content lies open in a file");
        self.fault(what).mend(format!(
            "set `delivered = true` in place of `file`, run `schoolgate lists take {id} FILE`, \
             which seals it, and delete the file"
        ))
    }

    fn fault(&self, what: String) -> Fault {
        let steps = [
            Step::Key("sources"),
            Step::Index(self.place),
            Step::Key("id"),
        ];
        self.document.fault(&steps, what)
    }
}

/// The files of one source.
pub(super) struct Files<'a> {
    pub(super) files: Vec<(&'a str, &'a [u8])>,
    /// What its lines may include.
    pub(super) library: Vec<(&'a str, &'a [u8])>,
}

impl<'a> Files<'a> {
    /// Finds the file of a source, or those of its folder.
    pub(super) fn find(inputs: &'a BTreeMap<String, Arc<[u8]>>, source: &Source) -> Option<Self> {
        let path = path_of(source);
        let below = |folder: &str| -> Vec<(&'a str, &'a [u8])> {
            let folder = format!("{folder}/");
            let from = inputs.range(folder.clone()..);
            let files =
                from.map_while(|(path, bytes)| Some((path.strip_prefix(&folder)?, &**bytes)));
            files.collect()
        };
        if let Some(bytes) = inputs.get(&path) {
            let folder = path
                .rsplit_once('/')
                .filter(|_| source.format.may_include());
            return Some(Self {
                files: vec![("", &**bytes)],
                library: folder.map(|(folder, _)| below(folder)).unwrap_or_default(),
            });
        }
        let files = below(&path);
        (!files.is_empty()).then(|| Self {
            library: files.clone(),
            files,
        })
    }

    /// The digest of the file, or of the digests and paths of the files; what a file may include
    /// counts, for it says what the list names as much as the file itself.
    fn digest(&self) -> Digest {
        let (files, included) = match self.files[..] {
            [("", bytes)] if self.library.is_empty() => return Digest::of(bytes),
            [("", _)] => (&self.files[..], &self.library[..]),
            _ => (&self.files[..], &[][..]),
        };
        let mut text = String::new();
        for (path, bytes) in files.iter().chain(included) {
            text += &format!("{}  {path}\n", Digest::of(bytes));
        }
        Digest::of(text.as_bytes())
    }
}

/// What an error says, without how to mend it.
fn first_part(error: &ImportError) -> String {
    let words = error.to_string();
    words.split("; ").next().unwrap_or_default().to_owned()
}

/// How to mend what an error says.
fn last_part(error: &ImportError) -> String {
    let words = error.to_string();
    words.rsplit("; ").next().unwrap_or_default().to_owned()
}
