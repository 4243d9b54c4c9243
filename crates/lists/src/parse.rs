use crate::refused::{Reason, Refused};
use crate::{Covers, Source};
use matcher::Coverage;
use model::{Host, HostBuffer, HostError, Name};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::net::IpAddr;

/// How the lines of a list are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// One name a line; `=name` stands for the name alone. UT1 and squidGuard `domains` too.
    Plain,
    /// One `*.name` or `name` a line.
    Wildcard,
    /// Lines of a hosts file, several names a line allowed.
    Hosts,
}

/// What to do with entries that are public suffixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suffixes {
    /// Refuse them.
    Refuse,
    /// Take private ones, such as `github.io`, to cover the sites below them; refuse the others.
    TakePrivate,
    /// Take private ones, to stand for the name itself and no site below it.
    TakePrivateAlone,
    /// Take all, single labels too; every entry covers what lies beyond public suffixes.
    Take,
}

/// How a list is to be read.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How its lines are written.
    pub format: Format,
    /// What an entry covers, where that differs from what the format says.
    pub covers: Option<Covers>,
    /// What becomes of public suffixes.
    pub suffixes: Suffixes,
    /// Whether no text of the list may be kept.
    pub withheld: bool,
}

impl Rules {
    /// The rules for a published list of which nothing else is said.
    pub const fn third_party(format: Format) -> Self {
        Self {
            format,
            covers: None,
            suffixes: Suffixes::Refuse,
            withheld: false,
        }
    }

    pub(crate) const fn of_source(source: &Source, withheld: bool) -> Self {
        let suffixes = if source.crosses_suffix {
            Suffixes::Take
        } else {
            Suffixes::Refuse
        };
        Self {
            format: source.format,
            covers: source.covers,
            suffixes,
            withheld,
        }
    }
}

/// One entry of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// A name.
    Name {
        /// The name in canonical form.
        name: Name<'a>,
        /// What it covers.
        coverage: Coverage,
    },
    /// An address.
    Address(IpAddr),
}

/// What reading a list found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Lines, blank ones and comments included.
    pub lines: usize,
    /// Entries that are names.
    pub names: usize,
    /// Entries that are addresses.
    pub addresses: usize,
    /// Boilerplate, such as `localhost`.
    pub skipped: usize,
    /// What was refused.
    pub refused: Refused,
}

/// Reads a list and gives each entry to `each`, in the order of the lines.
///
/// Reads UTF-8 with or without a byte order mark, and Latin-1 in lines that are no UTF-8; any
/// line end. A bad line is counted and left out; nothing makes the whole list fail.
pub fn parse(bytes: &[u8], rules: &Rules, mut each: impl FnMut(Entry<'_>)) -> Parsed {
    let mut parsed = Parsed::default();
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if body.is_empty() {
        return parsed;
    }
    for raw in body.split(|&byte| byte == b'\n') {
        parsed.lines += 1;
        if raw.len() > MOST_LINE {
            parsed.refused.add(parsed.lines, Reason::Length, None);
            continue;
        }
        let line = decode(raw);
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', '!', ';']) {
            continue;
        }
        let mut reader = Reader {
            rules,
            parsed: &mut parsed,
            each: &mut each,
        };
        match rules.format {
            Format::Plain => reader.plain(line),
            Format::Wildcard => reader.wildcard(line),
            Format::Hosts => reader.hosts(line),
        }
    }
    parsed
}

struct Reader<'a, E> {
    rules: &'a Rules,
    parsed: &'a mut Parsed,
    each: &'a mut E,
}

impl<E: FnMut(Entry<'_>)> Reader<'_, E> {
    fn plain(&mut self, line: &str) {
        let text = without_comment(line);
        let covers = self.rules.covers.unwrap_or(Covers::NameAndBelow);
        match text.strip_prefix('=') {
            Some(name) => self.entry(name, text, Covers::Name),
            // squidGuard's own lists write some names with a leading dot.
            None => self.entry(text.strip_prefix('.').unwrap_or(text), text, covers),
        }
    }

    fn wildcard(&mut self, line: &str) {
        let text = without_comment(line);
        let covers = self.rules.covers.unwrap_or(Covers::NameAndBelow);
        let name = text.strip_prefix("*.").or_else(|| text.strip_prefix('.'));
        self.entry(name.unwrap_or(text), text, covers);
    }

    fn hosts(&mut self, line: &str) {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let Some(address) = words.next() else { return };
        let Some(sinks) = is_sink(address) else {
            self.refuse(Reason::OtherFormat, line);
            return;
        };
        for word in words {
            if is_boilerplate(word) {
                self.parsed.skipped += 1;
            } else if sinks {
                let covers = self.rules.covers.unwrap_or(Covers::Name);
                self.entry(word, word, covers);
            } else {
                self.refuse(Reason::Rewrite, line);
            }
        }
    }

    fn entry(&mut self, host: &str, text: &str, covers: Covers) {
        if host.contains(['/', '*', '|', '^', '$', '@', ' ', '\t', '=']) {
            self.refuse(Reason::OtherFormat, text);
            return;
        }
        let mut room = HostBuffer::new();
        match Host::normalise(host, &mut room) {
            Ok(Host::Name(name)) => match judge(name, covers, self.rules.suffixes) {
                Ok(coverage) => {
                    self.parsed.names += 1;
                    (self.each)(Entry::Name { name, coverage });
                }
                Err(reason) => self.refuse(reason, text),
            },
            Ok(Host::Address(address)) if is_special(address) => {
                self.refuse(Reason::SpecialAddress, text);
            }
            Ok(Host::Address(address)) => {
                self.parsed.addresses += 1;
                (self.each)(Entry::Address(address));
            }
            Err(HostError::Empty | HostError::Long | HostError::Label) => {
                self.refuse(Reason::Length, text);
            }
            Err(HostError::Character) => self.refuse(Reason::Character, text),
            Err(HostError::Address) => self.refuse(Reason::Address, text),
        }
    }

    fn refuse(&mut self, reason: Reason, text: &str) {
        let text = (!self.rules.withheld).then_some(text);
        self.parsed.refused.add(self.parsed.lines, reason, text);
    }
}

/// What a name covers, or why it may be no entry.
fn judge(name: Name<'_>, covers: Covers, suffixes: Suffixes) -> Result<Coverage, Reason> {
    let text = name.as_str();
    let single = !text.contains('.');
    let public = if single {
        true
    } else {
        psl::suffix_str(text) == Some(text)
    };
    let private =
        || psl::suffix(text.as_bytes()).is_some_and(|s| s.typ() == Some(psl::Type::Private));
    match suffixes {
        Suffixes::Take => Ok(covers.into()),
        Suffixes::Refuse | Suffixes::TakePrivate | Suffixes::TakePrivateAlone if single => {
            Err(Reason::SingleLabel)
        }
        Suffixes::Refuse if public => Err(Reason::PublicSuffix),
        Suffixes::TakePrivate | Suffixes::TakePrivateAlone if public && !private() => {
            Err(Reason::PublicSuffix)
        }
        Suffixes::TakePrivate if public => Ok(match covers {
            Covers::Name => Coverage::Name,
            Covers::NameAndBelow | Covers::Below => Coverage::NameAndBeyond,
        }),
        Suffixes::Refuse | Suffixes::TakePrivate | Suffixes::TakePrivateAlone => Ok(covers.into()),
    }
}

fn decode(raw: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(raw) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(raw.iter().copied().map(char::from).collect()),
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

/// Whether the first word of a hosts line closes names; `None` when it is no address.
fn is_sink(word: &str) -> Option<bool> {
    // Scoped addresses stand in the boilerplate of every hosts file.
    let address: IpAddr = word.split('%').next()?.parse().ok()?;
    Some(match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_unspecified() || v4.is_loopback() || v4.is_broadcast(),
        IpAddr::V6(v6) => v6.is_unspecified() || v6.is_loopback(),
    })
}

fn is_boilerplate(word: &str) -> bool {
    const WORDS: [&str; 11] = [
        "localhost",
        "localhost.localdomain",
        "localhost4",
        "localhost6",
        "local",
        "broadcasthost",
        "0.0.0.0",
        "127.0.0.1",
        "::1",
        "loopback",
        "255.255.255.255",
    ];
    let word = word.to_ascii_lowercase();
    WORDS.contains(&word.as_str()) || word.starts_with("ip6-")
}

/// Addresses that a list may not close: this machine, private networks, no single host.
fn is_special(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || first == 0
                || first >= 240
                || (first == 100 && (64..128).contains(&second))
        }
        IpAddr::V6(v6) => {
            v6.is_unspecified()
                || v6.is_loopback()
                || v6.is_multicast()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
        }
    }
}

/// No line of a real list comes near; a longer one is no list.
const MOST_LINE: usize = 4096;
