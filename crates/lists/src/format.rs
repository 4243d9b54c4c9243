//! What the lines of each format mean.

mod adblock;
mod addresses;
mod digests;
mod dnsmasq;
mod e2guardian;
mod judge;
mod names;
mod options;
mod phrases;
mod rpz;
mod taken_back;
mod unbound;
mod urls;

use crate::lines::{Line, Lines, decode};
use crate::{
    Covers, Entry, Format, Item, Parsed, Pattern, PatternKind, Reason, Rules, Scope, Sink,
};
use encoding_rs::Encoding;
use ipnet::IpNet;
use judge::is_special;
pub(crate) use judge::judge;
use model::{Host, HostBuffer, HostError};
use std::collections::HashSet;
use std::io::{self, BufRead};
use std::net::IpAddr;
use std::sync::Arc;
use taken_back::{Standing, TakenBack};

/// Reads the lines of one list, of one or several files.
pub(crate) struct Reader<'a> {
    pub(crate) rules: Rules,
    encoding: &'static Encoding,
    sink: &'a mut Sink<'a>,
    parsed: Parsed,
    file: Option<String>,
    line: usize,
    current: Current,
    /// Only what takes back is looked at.
    ahead: bool,
    back: TakenBack,
    /// The lines that were counted as taking something back, by file; no more than names of them.
    lines_back: HashSet<(Option<String>, usize)>,
    zone: rpz::Zone,
    origin: Arc<crate::PhraseOrigin>,
    salt: Option<matcher::DigestSalt>,
    /// A file that the line just read asks for.
    pub(crate) include: Option<String>,
}

/// Where the reading of a file stood when it included another.
pub(crate) struct Place {
    file: Option<String>,
    origin: Arc<crate::PhraseOrigin>,
}

/// What the line just read has turned out to be.
#[derive(Clone, Copy, Debug, Default)]
struct Current {
    taken: bool,
    refused: bool,
    taken_back: bool,
    boilerplate: bool,
    settings: bool,
    comment: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(rules: Rules, encoding: &'static Encoding, sink: &'a mut Sink<'a>) -> Self {
        Self {
            rules,
            encoding,
            sink,
            parsed: Parsed::default(),
            file: None,
            line: 0,
            current: Current::default(),
            ahead: false,
            back: TakenBack::default(),
            lines_back: HashSet::new(),
            zone: rpz::Zone::default(),
            origin: Arc::default(),
            salt: None,
            include: None,
        }
    }

    /// Reads the list once only for what it takes back.
    pub(crate) fn look_ahead(&mut self, read: &mut dyn FnMut(&mut Self)) {
        self.ahead = true;
        read(self);
        self.ahead = false;
        self.parsed = Parsed::default();
    }

    /// What was found; nothing can be read any more.
    pub(crate) fn finish(mut self) -> Parsed {
        for lift in self.back.not_enforced() {
            let text = (!self.rules.withheld).then_some(lift.name);
            let reason = Reason::NotEnforcedLift;
            self.parsed.refused.add(lift.file, lift.line, reason, text);
            // One line may take back several names, and is counted once.
            let line = (lift.file.map(str::to_owned), lift.line);
            if self.lines_back.remove(&line) {
                self.parsed.taken_back -= 1;
                self.parsed.refused_lines += 1;
            }
        }
        self.parsed
    }

    pub(crate) fn parsed(&mut self) -> &mut Parsed {
        &mut self.parsed
    }

    /// Names the file that is read next, and whose phrases these are.
    pub(crate) fn begin(&mut self, file: Option<&str>) {
        self.file = file.map(str::to_owned);
        self.zone = rpz::Zone::default();
        self.origin = Arc::new(crate::PhraseOrigin::of_path(file.unwrap_or_default()));
    }

    /// Reads one text to its end.
    pub(crate) fn text(&mut self, text: &mut dyn BufRead) -> io::Result<()> {
        let mut lines = Lines::new(text);
        loop {
            let number = lines.number() + 1;
            let Some(line) = lines.next()? else {
                return Ok(());
            };
            self.raw(number, &line);
        }
    }

    /// Reads one line.
    pub(crate) fn raw(&mut self, number: usize, line: &Line<'_>) {
        self.line = number;
        self.parsed.lines += 1;
        self.current = Current::default();
        let blank = match line {
            Line::Long => {
                self.refuse(Reason::Length, "");
                false
            }
            Line::Whole(raw) => {
                let line = decode(raw, self.encoding);
                let blank = line.trim().is_empty();
                if !blank {
                    self.take(&line);
                }
                blank
            }
        };
        let current = self.current;
        let counter = if blank {
            &mut self.parsed.blank
        } else if current.taken {
            &mut self.parsed.taken
        } else if current.refused {
            &mut self.parsed.refused_lines
        } else if current.taken_back {
            if self.lines_back.len() < taken_back::MOST {
                self.lines_back.insert((self.file.clone(), number));
            }
            &mut self.parsed.taken_back
        } else if current.boilerplate {
            &mut self.parsed.boilerplate
        } else if current.comment {
            &mut self.parsed.comments
        } else {
            &mut self.parsed.settings
        };
        *counter += 1;
    }

    fn take(&mut self, whole: &str) {
        let line = whole.trim();
        match self.rules.format {
            Format::Plain | Format::Squidguard => self.plain(line),
            Format::Wildcard => self.wildcard(line),
            Format::Glob => self.glob(line),
            Format::Hosts => self.hosts(line),
            Format::Urls => self.urls(line),
            Format::Expressions => self.expressions(line),
            Format::Adblock => self.adblock(line),
            Format::Rpz => self.rpz(whole),
            Format::Dnsmasq => self.dnsmasq(line),
            Format::Unbound => self.unbound(line),
            Format::E2guardianSites => self.e2guardian_sites(line),
            Format::E2guardianUrls => self.e2guardian_urls(line),
            Format::E2guardianExpressions => self.e2guardian_expressions(line),
            Format::PhrasesBanned | Format::PhrasesWeighted | Format::PhrasesException => {
                self.phrases(line);
            }
            Format::Addresses => self.addresses(line),
            Format::Doh => self.doh(line),
            Format::TopSites => self.top_sites(line),
            Format::Digests => self.digests(line),
        }
    }

    /// Counts the line just read, which asked for a file, as refused after all.
    pub(crate) fn recount(&mut self, reason: Reason, text: &str) {
        self.refuse(reason, text);
        self.parsed.settings -= 1;
        self.parsed.refused_lines += 1;
    }

    /// Goes on in a file that a line includes; gives back what is needed to return.
    pub(crate) fn begin_include(&mut self, file: &str) -> Place {
        let origin = Arc::new(crate::PhraseOrigin::of_path(file));
        Place {
            file: self.file.replace(file.to_owned()),
            origin: std::mem::replace(&mut self.origin, origin),
        }
    }

    /// Returns to the file that included another.
    pub(crate) fn end_include(&mut self, before: Place) {
        self.file = before.file;
        self.origin = before.origin;
    }

    /// Takes a comment; whether it was one.
    fn is_comment(&mut self, line: &str, marks: &[char]) -> bool {
        let is = line.starts_with(marks);
        self.current.comment |= is;
        is
    }

    /// The line says how the list is to be read.
    fn settings(&mut self) {
        self.current.settings = true;
    }

    fn boilerplate(&mut self) {
        self.parsed.skipped += 1;
        self.current.boilerplate = true;
    }

    fn mended(&mut self) {
        self.parsed.mended += usize::from(!self.ahead);
    }

    fn refuse(&mut self, reason: Reason, text: &str) {
        self.current.refused = true;
        if self.ahead {
            return;
        }
        let text = (!self.rules.withheld && !text.is_empty()).then_some(text);
        let file = self.file.as_deref();
        self.parsed.refused.add(file, self.line, reason, text);
    }

    /// What an entry covers, by the source or else by the format.
    fn covers(&self, format: Covers) -> Covers {
        self.rules.covers.unwrap_or(format)
    }

    /// Takes a name or address.
    fn entry(&mut self, host: &str, text: &str, covers: Covers) {
        self.entry_of(host, text, covers, false);
    }

    /// Takes a name or address; what is important is not taken back by what is not.
    fn entry_of(&mut self, host: &str, text: &str, covers: Covers, important: bool) {
        if host.contains([
            '/', '*', '|', '^', '$', '@', ' ', '\t', '=', '"', '\'', '<', '>', ',',
        ]) {
            self.refuse(Reason::OtherFormat, text);
            return;
        }
        let mut room = HostBuffer::new();
        match Host::normalise(host, &mut room) {
            Ok(Host::Name(name)) => match judge(name, covers, self.rules.suffixes) {
                Ok(coverage) => match self.back.standing(name, coverage, important) {
                    Standing::Stands => {
                        let item = Item::Entry(Entry::Name { name, coverage });
                        self.give(item, text);
                    }
                    Standing::TakenBack => self.refuse(Reason::Lifted, text),
                },
                Err(reason) => self.refuse(reason, text),
            },
            Ok(Host::Address(address)) => self.address(address, text),
            Err(error) => self.refuse(reason_of(error), text),
        }
    }

    fn address(&mut self, address: IpAddr, text: &str) {
        if is_special(address) {
            self.refuse(Reason::SpecialAddress, text);
        } else {
            self.give(Item::Entry(Entry::Address(address.to_canonical())), text);
        }
    }

    /// Takes a network; one of a single address is an address.
    fn network(&mut self, network: IpNet, text: &str) {
        let network = network.trunc();
        let widest = match network {
            IpNet::V4(_) => 8,
            IpNet::V6(_) => 16,
        };
        if network.prefix_len() < widest {
            self.refuse(Reason::Wide, text);
        } else if is_special(network.addr()) || is_special(network.broadcast()) {
            self.refuse(Reason::SpecialAddress, text);
        } else if network.prefix_len() == network.max_prefix_len() {
            self.give(
                Item::Entry(Entry::Address(network.addr().to_canonical())),
                text,
            );
        } else {
            self.give(Item::Network(network), text);
        }
    }

    /// Takes back a name that the list itself gives.
    fn take_back(&mut self, host: &str, text: &str, covers: Covers, important: bool) {
        let mut room = HostBuffer::new();
        match Host::normalise(host, &mut room) {
            Ok(Host::Name(name)) => match judge(name, covers, self.rules.suffixes) {
                Ok(coverage) => {
                    if self.back.is_full() {
                        return self.refuse(Reason::NotEnforcedLift, text);
                    }
                    self.current.taken_back = true;
                    if self.ahead {
                        let file = self.file.as_deref();
                        self.back.add(name, coverage, important, file, self.line);
                    }
                }
                Err(reason) => self.refuse(reason, text),
            },
            Ok(Host::Address(_)) => self.refuse(Reason::NotEnforcedLift, text),
            Err(error) => self.refuse(reason_of(error), text),
        }
    }

    /// Takes an expression, or what it says of a name when it says no more than that.
    fn expression(&mut self, expression: &str, scope: Scope, text: &str) {
        if let Some((name, covers)) = names::name_of_expression(expression) {
            let covers = self.covers(covers);
            self.entry(&name, text, covers);
        } else if is_linear(expression) {
            let kind = PatternKind::Expression;
            let pattern = Pattern {
                kind,
                scope,
                text: expression,
            };
            self.give(Item::Pattern(pattern), text);
        } else {
            self.refuse(Reason::Pattern, text);
        }
    }

    fn pattern(&mut self, kind: PatternKind, scope: Scope, pattern: &str, text: &str) {
        let item = Item::Pattern(Pattern {
            kind,
            scope,
            text: pattern,
        });
        self.give(item, text);
    }

    fn give(&mut self, item: Item<'_>, text: &str) {
        if self.ahead {
            return;
        }
        match (self.sink)(item) {
            Some(reason) => self.refuse(reason, text),
            None => {
                self.current.taken = true;
                let counter = match item {
                    Item::Entry(Entry::Name { .. }) => &mut self.parsed.names,
                    Item::Entry(Entry::Address(_)) => &mut self.parsed.addresses,
                    Item::Network(_)
                    | Item::Url(_)
                    | Item::Pattern(_)
                    | Item::Phrase(_)
                    | Item::Digest(..) => &mut self.parsed.others,
                };
                *counter += 1;
            }
        }
    }
}

/// A comment after an entry needs a space in front of its `#`.
fn without_comment(line: &str) -> &str {
    let end = line
        .find(" #")
        .or_else(|| line.find("\t#"))
        .unwrap_or(line.len());
    line[..end].trim_end()
}

const fn reason_of(error: HostError) -> Reason {
    match error {
        HostError::Empty | HostError::Long | HostError::Label => Reason::Length,
        HostError::Character => Reason::Character,
        HostError::Address => Reason::Address,
    }
}

/// Whether an expression is sound and free of look-around and back-references.
fn is_linear(expression: &str) -> bool {
    let mut parser = regex_syntax::ParserBuilder::new()
        .nest_limit(50)
        .case_insensitive(true)
        .build();
    (1..=MOST_EXPRESSION).contains(&expression.len()) && parser.parse(expression).is_ok()
}

/// Published ones have at most some 600 bytes.
const MOST_EXPRESSION: usize = 2048;
