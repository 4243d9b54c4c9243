use crate::folder::{EXCEPTIONS, GUARD, SOURCES, STARTER, is_inside, path_of, shown};
use crate::parse::{Entry, Parsed, Rules, Suffixes, parse};
use crate::report::{ListReport, Report};
use crate::starter::parse_head;
use crate::{ExceptionsFile, Format, Source, SourcesFile};
use matcher::{Compiler, ListMeta};
use model::{
    CategoryClass, CategoryId, Digest, Document, Fault, Faults, Host, HostBuffer, Step, Vocabulary,
    nearest,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Reads all files into a compiler, keeping every fault.
pub(crate) struct Gather<'a> {
    inputs: &'a BTreeMap<String, Arc<[u8]>>,
    vocabulary: &'a Vocabulary,
    compiler: Compiler,
    report: Report,
    faults: Faults,
}

impl<'a> Gather<'a> {
    pub(crate) fn new(inputs: &'a BTreeMap<String, Arc<[u8]>>, vocabulary: &'a Vocabulary) -> Self {
        Self {
            inputs,
            vocabulary,
            compiler: Compiler::new(vocabulary),
            report: Report::default(),
            faults: Faults::default(),
        }
    }

    pub(crate) fn finish(self) -> (Compiler, Report, Faults) {
        (self.compiler, self.report, self.faults)
    }

    /// Reads the starter lists, whose heads say what they are.
    pub(crate) fn starters(&mut self) {
        let inputs = self.inputs;
        for (path, bytes) in inputs.iter().filter(|(path, _)| is_starter(path)) {
            self.starter(path, bytes);
        }
    }

    fn starter(&mut self, path: &str, bytes: &[u8]) {
        let file = shown(path);
        let Some(text) = self.text(path) else { return };
        let Some(head) = parse_head(&file, text, &mut self.faults) else {
            return;
        };
        let Some(category) = self.vocabulary.find(&head.category) else {
            let what = format!("unknown category `{}`", head.category);
            let fault = Fault::at(&file, text, head.category_span, what);
            self.faults
                .push(fault.mend(self.nearest_category(&head.category)));
            return;
        };
        // Who writes a starter list looks at each name: a private suffix in it means all the
        // sites below. What opens never reaches beyond a suffix.
        let suffixes = match self.class(category) {
            CategoryClass::Floor | CategoryClass::Against => Suffixes::TakePrivate,
            CategoryClass::Allow => Suffixes::TakePrivateAlone,
        };
        let withheld = self.vocabulary.floor().contains(category);
        let rules = Rules {
            format: Format::Plain,
            covers: None,
            suffixes,
            withheld,
        };
        let id = path.strip_suffix(".txt").unwrap_or(path).to_owned();
        let digest = Digest::of(bytes);
        let meta = ListMeta::new(id.clone(), [category]).with_digest(digest);
        let parsed = self.entries(meta, bytes, &rules);
        for line in &parsed.refused.first {
            let what = match &line.text {
                Some(text) => format!("`{text}` cannot be an entry: {}", line.reason.words()),
                None => format!("an entry cannot be used: {}", line.reason.words()),
            };
            let fault = Fault::at(&file, text, span_of_line(text, line.line), what);
            let fault = if withheld {
                Fault {
                    snippet: None,
                    ..fault
                }
            } else {
                fault
            };
            self.faults
                .push(fault.mend("correct the line or take it out"));
        }
        self.report.lists.push(ListReport {
            id,
            title: head.title,
            category: head.category,
            third_party: false,
            licence: head.licence,
            source: head.source,
            attribution: None,
            digest,
            lines: parsed.lines,
            names: parsed.names,
            addresses: parsed.addresses,
            refused: parsed.refused,
        });
    }

    /// Reads the lists that `sources.toml` names and has in use.
    pub(crate) fn sources(&mut self) {
        let Some(text) = self.text(SOURCES) else {
            return;
        };
        let (document, file) =
            Document::parse::<SourcesFile>(&shown(SOURCES), text, &mut self.faults);
        let mut ids = BTreeSet::new();
        for (place, source) in file.unwrap_or_default().sources.iter().enumerate() {
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
            let Some(bytes) = self.bytes_of(source, &document, place) else {
                continue;
            };
            let Some(category) = category.filter(|_| source.enabled) else {
                continue;
            };
            self.source(source, category, bytes, &document, place);
        }
    }

    /// The text of a source, where it can be told and is in use.
    fn bytes_of(
        &mut self,
        source: &Source,
        document: &Document,
        place: usize,
    ) -> Option<&'a Arc<[u8]>> {
        let at = |key: &'static str| [Step::Key("sources"), Step::Index(place), Step::Key(key)];
        match (&source.file, &source.url) {
            (Some(_), Some(_)) => {
                let what = format!("source `{}` has both a file and an address", source.id);
                let fault = document.fault(&at("url"), what);
                self.faults.push(fault.mend("keep either `file` or `url`"));
                return None;
            }
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
        let found = self.inputs.get(&path_of(source));
        if found.is_none() && source.enabled {
            let (id, path) = (&source.id, shown(&path_of(source)));
            let what = format!("list `{id}` could not be opened: there is no `{path}`");
            let mend = match source.url {
                Some(_) => format!("run `schoolgate lists fetch {id}`, or set `enabled = false`"),
                None => "put the file there, or set `enabled = false`".to_owned(),
            };
            self.faults.push(document.fault(&at("id"), what).mend(mend));
        }
        found
    }

    fn source(
        &mut self,
        source: &Source,
        category: CategoryId,
        bytes: &[u8],
        document: &Document,
        place: usize,
    ) {
        let digest = Digest::of(bytes);
        let meta = ListMeta {
            third_party: source.third_party,
            crosses_suffix: source.crosses_suffix,
            ..ListMeta::new(source.id.clone(), [category]).with_digest(digest)
        };
        let withheld = self.vocabulary.floor().contains(category);
        let parsed = self.entries(meta, bytes, &Rules::of_source(source, withheld));
        let (bad, good) = (parsed.refused.total(), parsed.names + parsed.addresses);
        let steps = [Step::Key("sources"), Step::Index(place), Step::Key("id")];
        if good == 0 {
            let what = format!("list `{}` has no entry that can be used", source.id);
            let mend = format!("see that its format is `{:?}`", source.format).to_lowercase();
            let fault = document.fault(&steps, what).mend(mend);
            // An empty floor list must not pass for a loaded one (ILL-04).
            self.faults
                .push(if withheld { fault } else { fault.warning() });
        } else if bad > good / 10 {
            let what = format!(
                "{bad} lines of list `{}` were refused, {good} taken",
                source.id
            );
            let fault = document
                .fault(&steps, what)
                .mend("see the report of the list");
            self.faults.push(fault.warning());
        }
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
            refused: parsed.refused,
        });
    }

    fn entries(&mut self, meta: ListMeta, bytes: &[u8], rules: &Rules) -> Parsed {
        let list = self.compiler.list(meta);
        parse(bytes, rules, |entry| match entry {
            Entry::Name { name, coverage } => self.compiler.entry(list, name, coverage),
            Entry::Address(address) => self.compiler.address(list, address),
        })
    }

    /// Reads the names from which third-party labels are taken.
    pub(crate) fn exceptions(&mut self) {
        let Some(text) = self.text(EXCEPTIONS) else {
            return;
        };
        let (document, file) =
            Document::parse::<ExceptionsFile>(&shown(EXCEPTIONS), text, &mut self.faults);
        let mut seen = BTreeSet::new();
        for (place, exception) in file.unwrap_or_default().exceptions.iter().enumerate() {
            let at =
                |key: &'static str| [Step::Key("exceptions"), Step::Index(place), Step::Key(key)];
            let mut room = HostBuffer::new();
            let name = match Host::normalise(&exception.name, &mut room) {
                Ok(Host::Name(name)) if name.as_str().contains('.') => name,
                Ok(Host::Name(_) | Host::Address(_)) | Err(_) => {
                    let what = format!("`{}` is no host name", exception.name);
                    let fault = document.fault(&at("name"), what);
                    self.faults
                        .push(fault.mend("write a name such as `example.org`"));
                    continue;
                }
            };
            if !seen.insert(name.to_string()) {
                let what = format!("exception `{name}` stands twice");
                self.faults
                    .push(document.fault(&at("name"), what).mend("keep one of them"));
                continue;
            }
            let class = match &exception.class {
                None => None,
                Some(word) => {
                    let found = self.vocabulary.find(word);
                    if found.is_none_or(|found| !self.vocabulary.allow().contains(found)) {
                        let what = format!("`{word}` is no category that opens");
                        let mend = format!("use one of: {}", self.allow_words());
                        self.faults
                            .push(document.fault(&at("class"), what).mend(mend));
                        continue;
                    }
                    found
                }
            };
            self.compiler.exception(name, class, &exception.reason);
        }
    }

    /// Reads the names that no third-party entry may cover.
    pub(crate) fn guard(&mut self) {
        let Some(text) = self.text(GUARD) else { return };
        let rules = Rules {
            format: Format::Plain,
            covers: None,
            suffixes: Suffixes::Take,
            withheld: false,
        };
        let file = shown(GUARD);
        let mut addresses = 0;
        let parsed = parse(text.as_bytes(), &rules, |entry| match entry {
            Entry::Name { name, .. } => self.compiler.guard(name),
            Entry::Address(_) => addresses += 1,
        });
        if addresses > 0 {
            let what = format!("{addresses} lines are addresses; the guard holds names");
            self.faults
                .push(Fault::of_file(&file, what, "take the addresses out"));
        }
        for line in &parsed.refused.first {
            let what = format!("the line is no name: {}", line.reason.words());
            let fault = Fault::at(&file, text, span_of_line(text, line.line), what);
            self.faults
                .push(fault.mend("correct the line or take it out"));
        }
    }

    /// A file of ours as text; that it is not there is no fault here.
    fn text(&mut self, path: &str) -> Option<&'a str> {
        let bytes = self.inputs.get(path)?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(error) => {
                let line = bytes[..error.valid_up_to()]
                    .iter()
                    .filter(|&&b| b == b'\n')
                    .count()
                    + 1;
                let what = format!("line {line} is not UTF-8 text");
                self.faults
                    .push(Fault::of_file(&shown(path), what, "save the file as UTF-8"));
                None
            }
        }
    }

    fn class(&self, category: CategoryId) -> CategoryClass {
        // A place that is not in the vocabulary cannot open anything.
        self.vocabulary
            .category(category)
            .map_or(CategoryClass::Against, |found| found.class)
    }

    fn nearest_category(&self, word: &str) -> String {
        let known = self
            .vocabulary
            .iter()
            .map(|(_, category)| category.id.as_str());
        match nearest(word, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "see `categories.toml` for the ids".to_owned(),
        }
    }

    fn allow_words(&self) -> String {
        let allow = self.vocabulary.allow();
        let words: Vec<&str> = allow.iter().map(|id| self.vocabulary.word(id)).collect();
        words.join(", ")
    }
}

fn is_starter(path: &str) -> bool {
    path.starts_with(STARTER) && path.ends_with(".txt")
}

fn is_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !id.is_empty() && id.len() <= 64 && id != "exceptions" && id.bytes().all(plain)
}

/// The bytes of a line, counted from 1.
fn span_of_line(text: &str, line: usize) -> std::ops::Range<usize> {
    let before: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let length = text[before..]
        .split('\n')
        .next()
        .unwrap_or_default()
        .trim_end()
        .len();
    before..before + length
}
