//! From the files of the folder to a compiler.

mod phrases;
mod sources;
mod taking;

use crate::folder::{EXCEPTIONS, GUARD, STARTER, shown};
use crate::parse::{Entry, Parsed, Rules, Suffixes, parse};
use crate::report::{ListReport, Report};
use crate::starter::parse_head;
use crate::{ExceptionsFile, Format};
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
        if self.vocabulary.floor().contains(category) {
            let what = "a list of illegal content lies open in a file".to_owned();
            let mend = "name it in `sources.toml` with `delivered = true`, run `schoolgate lists \
                        take NAME FILE`, which seals it, and delete the file";
            self.faults.push(Fault::of_file(&file, what, mend));
            return;
        }
        // Who writes a starter list looks at each name: a private suffix in it means all the
        // sites below. What opens never reaches beyond a suffix.
        let suffixes = match self.class(category) {
            CategoryClass::Floor | CategoryClass::Against => Suffixes::TakePrivate,
            CategoryClass::Allow => Suffixes::TakePrivateAlone,
        };
        let rules = Rules {
            format: Format::Plain,
            covers: None,
            suffixes,
            withheld: false,
        };
        let id = path.strip_suffix(".txt").unwrap_or(path).to_owned();
        let digest = Digest::of(bytes);
        let meta = ListMeta {
            established: head.category == ESTABLISHED,
            ..ListMeta::new(id.clone(), [category]).with_digest(digest)
        };
        let parsed = self.entries(meta, bytes, &rules);
        for line in &parsed.refused.first {
            let shown = line.text.as_deref().unwrap_or_default();
            let what = format!("`{shown}` cannot be an entry: {}", line.reason.words());
            let fault = Fault::at(&file, text, span_of_line(text, line.line), what);
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
            networks: 0,
            urls: 0,
            patterns: 0,
            digests: 0,
            phrases: 0,
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

/// The category of long-standing sites, as the policy knows it.
const ESTABLISHED: &str = "established";
