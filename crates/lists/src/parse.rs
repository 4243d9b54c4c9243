use crate::format::Reader;
use crate::{Covers, Item, Refused, Source};
use matcher::Coverage;
use model::Name;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// How the lines of a list are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// One name a line; `=name` stands for the name alone. UT1 and squidGuard `domains` too.
    Plain,
    /// One `*.name` or `name` a line.
    Wildcard,
    /// One name or glob a line, as `ads.*` or `*casino*`; `=name` stands for the name alone.
    Glob,
    /// Lines of a hosts file, several names a line allowed.
    Hosts,
    /// A folder or archive of squidGuard, as UT1 publishes: `domains`, `urls`, `expressions`.
    Squidguard,
    /// One `host/path` a line: a file `urls` of squidGuard.
    Urls,
    /// One regular expression a line: a file `expressions` of squidGuard.
    Expressions,
    /// Rules for names and URLs as browsers and AdGuard read them.
    Adblock,
    /// A response policy zone.
    Rpz,
    /// Lines `address=`, `local=` and `server=` of dnsmasq.
    Dnsmasq,
    /// Lines `local-zone:` and `local-data:` of unbound.
    Unbound,
    /// A site list of e2guardian.
    E2guardianSites,
    /// A URL list of e2guardian.
    E2guardianUrls,
    /// A list of regular expressions of e2guardian.
    E2guardianExpressions,
    /// Phrases of e2guardian that close a page at once.
    PhrasesBanned,
    /// Phrases of e2guardian with a weight each.
    PhrasesWeighted,
    /// Phrases of e2guardian that open a page.
    PhrasesException,
    /// Addresses, networks `a/n` and ranges `a-b`.
    Addresses,
    /// Servers of encrypted DNS: names, addresses and URLs mixed.
    Doh,
    /// Names by rank: `1,example.com`.
    TopSites,
    /// Salted digests of names and URLs that are not told.
    Digests,
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
///
/// Every line is counted once: `lines` is the sum of `blank`, `comments`, `settings`,
/// `boilerplate`, `taken`, `taken_back` and `refused_lines`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Lines, blank ones and comments included.
    pub lines: usize,
    /// Blank lines.
    pub blank: usize,
    /// Comments.
    pub comments: usize,
    /// Lines that say how the list is to be read: heads, zones, includes.
    pub settings: usize,
    /// Lines with nothing but boilerplate, such as `127.0.0.1 localhost`.
    pub boilerplate: usize,
    /// Lines that gave an entry.
    pub taken: usize,
    /// Lines by which the list takes back entries of its own.
    pub taken_back: usize,
    /// Lines that gave no entry but a reason.
    pub refused_lines: usize,
    /// Entries that are names.
    pub names: usize,
    /// Entries that are addresses.
    pub addresses: usize,
    /// Items that the sink took and that are neither: networks, URLs, patterns, phrases, digests.
    pub others: usize,
    /// Boilerplate, such as `localhost`.
    pub skipped: usize,
    /// Lines with a slip that could be read all the same.
    pub mended: usize,
    /// Files of an archive or folder that belong to the list.
    pub files: usize,
    /// Files of an archive or folder that do not.
    pub other_files: usize,
    /// What was refused.
    pub refused: Refused,
}

impl Parsed {
    /// Everything that the sink took.
    pub const fn entries(&self) -> usize {
        self.names + self.addresses + self.others
    }

    /// Whether every line was counted once.
    pub const fn adds_up(&self) -> bool {
        let sum = self.blank + self.comments + self.settings + self.boilerplate;
        self.lines == sum + self.taken + self.taken_back + self.refused_lines
    }
}

/// Reads a list and gives each entry to `each`, in the order of the lines.
///
/// Reads UTF-8 with or without a byte order mark, and Windows-1252 in lines that are no UTF-8; any
/// line end. A bad line is counted and left out; nothing makes the whole list fail. What the
/// index cannot hold is counted as not enforced. The bytes are taken as they are: for packed
/// lists, folders and other encodings see [`Import`](crate::Import).
pub fn parse(bytes: &[u8], rules: &Rules, mut each: impl FnMut(Entry<'_>)) -> Parsed {
    let mut sink = |item: Item<'_>| {
        if let Item::Entry(entry) = item {
            each(entry);
        }
        item.not_enforced()
    };
    let mut reader = Reader::new(*rules, encoding_rs::WINDOWS_1252, &mut sink);
    if rules.format.takes_back() {
        reader.look_ahead(&mut |reader| {
            // A slice can always be read.
            let _ = reader.text(&mut &*bytes);
        });
    }
    let _ = reader.text(&mut &*bytes);
    reader.finish()
}

impl Format {
    /// Whether later lines may take back earlier ones, so that the list is read twice.
    pub(crate) const fn takes_back(self) -> bool {
        matches!(
            self,
            Self::Adblock | Self::Rpz | Self::Dnsmasq | Self::Unbound
        )
    }

    /// Whether its addresses are those that names lead to, rather than hosts of their own.
    pub(crate) const fn speaks_of_answers(self) -> bool {
        matches!(self, Self::Rpz | Self::Addresses)
    }

    /// Whether a line may include another file.
    pub(crate) const fn may_include(self) -> bool {
        self.is_phrases()
            || matches!(
                self,
                Self::E2guardianSites | Self::E2guardianUrls | Self::E2guardianExpressions
            )
    }

    /// Whether its lines are phrases of page content.
    pub const fn is_phrases(self) -> bool {
        matches!(
            self,
            Self::PhrasesBanned | Self::PhrasesWeighted | Self::PhrasesException
        )
    }
}
