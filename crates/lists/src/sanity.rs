use crate::format::judge;
use crate::{Covers, Entry, Import, ImportError, Item, Rules, Suffixes, Survey};
use matcher::Coverage;
use std::collections::BTreeMap;
use std::fmt;

/// What a new version of a list must be before it is used.
#[derive(Clone, Debug)]
pub struct Sanity {
    /// Names that no list may close whole: the guard, and the zones of the school itself.
    protected: BTreeMap<String, String>,
    tolerance: Tolerance,
}

/// How far a list may be from what it was, and from what a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerance {
    /// Bad lines in a hundred lines that say anything.
    pub bad_percent: usize,
    /// What must be left of the last version, in a hundred.
    pub shrink_percent: usize,
    /// How many times as large as the last version it may be.
    pub grow_times: usize,
    /// Public suffixes and single labels in a thousand entries; a few are always taken.
    pub suffixes_permille: usize,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self {
            bad_percent: 10,
            shrink_percent: 50,
            grow_times: 5,
            suffixes_permille: 20,
        }
    }
}

/// Why a version of a list is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsound {
    /// It is a page for people, not a list.
    Html,
    /// It says nothing.
    Empty,
    /// It cannot be read to its end.
    Damaged {
        /// What is wrong with it.
        why: String,
    },
    /// Too much of it cannot be meant.
    BadLines {
        /// The lines that cannot be meant.
        bad: usize,
        /// The entries that were understood.
        good: usize,
    },
    /// Too much is gone.
    Shrunk {
        /// Entries of the last good version.
        from: usize,
        /// Entries of this one.
        to: usize,
    },
    /// Too much has come.
    Grown {
        /// Entries of the last good version.
        from: usize,
        /// Entries of this one.
        to: usize,
    },
    /// It would close a protected name.
    Protected {
        /// The name; nothing for a list whose entries are withheld.
        name: Option<String>,
    },
    /// It names the ends of names, which would close the sites of people who have nothing to do
    /// with it.
    Suffixes {
        /// How many.
        count: usize,
    },
}

impl fmt::Display for Unsound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Html => f.write_str("it is a web page, not a list"),
            Self::Empty => f.write_str("it has no entry"),
            Self::Damaged { why } => f.write_str(why),
            Self::BadLines { bad, good } => {
                write!(f, "{bad} of its lines cannot be read, {good} can")
            }
            Self::Shrunk { from, to } => write!(f, "it shrank from {from} entries to {to}"),
            Self::Grown { from, to } => write!(f, "it grew from {from} entries to {to}"),
            Self::Protected { name: Some(name) } => {
                write!(f, "it would close `{name}`, which is protected")
            }
            Self::Protected { name: None } => f.write_str("it would close a protected name"),
            Self::Suffixes { count } => {
                write!(
                    f,
                    "it names {count} endings such as `co.uk`, shared by many sites"
                )
            }
        }
    }
}

impl Sanity {
    /// Makes the test from the protected names, in canonical form.
    ///
    /// One of them puts a whole list aside, so give those that nobody lists in good faith: the
    /// school's own zones, public services, updates, certificates, help. What honest lists name
    /// by mistake (`gravatar.com`, `msecnd.net`) is taken out of them by the guard when compiling.
    pub fn new<'a>(protected: impl IntoIterator<Item = &'a str>, tolerance: Tolerance) -> Self {
        // Each name by itself and by all that is above it, which would cover it too.
        let mut above = BTreeMap::new();
        for name in protected {
            let mut at = Some(0);
            while let Some(start) = at {
                let suffix = name[start..].to_owned();
                above.entry(suffix).or_insert_with(|| name.to_owned());
                at = name[start..].find('.').map(|dot| start + dot + 1);
            }
            above.insert(name.to_owned(), name.to_owned());
        }
        Self {
            protected: above,
            tolerance,
        }
    }

    /// The same test for a list that opens: it may well name what no list may close.
    #[must_use]
    pub(crate) fn of_what_opens(&self) -> Self {
        Self {
            protected: BTreeMap::new(),
            tolerance: self.tolerance,
        }
    }

    /// Reads a version of a list and says what is wrong with it, all of it.
    ///
    /// `last` is the last good version, where there is one.
    ///
    /// # Errors
    ///
    /// Everything for which it must not be used; never empty.
    pub fn judge(
        &self,
        bytes: &[u8],
        import: &Import<'_>,
        last: Option<&Survey>,
    ) -> Result<Survey, Vec<Unsound>> {
        if is_page(bytes) {
            return Err(vec![Unsound::Html]);
        }
        let mut closed: Option<String> = None;
        // Endings of names are looked at here, since many a protected name is one.
        let suffixes = Suffixes::Take;
        let wide = Import {
            rules: Rules {
                suffixes,
                ..import.rules
            },
            ..*import
        };
        let read = wide.read(bytes, &mut |item| {
            let Item::Entry(Entry::Name { name, coverage }) = item else {
                return None;
            };
            let refused = judge(name, Covers::Name, import.rules.suffixes).err();
            if closed.is_none() {
                let named = |guarded: &&str| refused.is_none() || *guarded == name.as_str();
                let found = self.closes(name.as_str(), coverage).filter(named);
                closed = found.map(str::to_owned);
            }
            refused
        });
        let parsed = match read {
            Ok(parsed) => parsed,
            Err(error) => return Err(vec![Unsound::Damaged { why: words(&error) }]),
        };
        let survey = Survey::of(&parsed);
        let mut unsound = self.compare(&survey, last);
        if let Some(name) = closed {
            let name = (!import.rules.withheld).then_some(name);
            unsound.push(Unsound::Protected { name });
        }
        if unsound.is_empty() {
            Ok(survey)
        } else {
            Err(unsound)
        }
    }

    fn compare(&self, survey: &Survey, last: Option<&Survey>) -> Vec<Unsound> {
        let tolerance = &self.tolerance;
        let (good, bad) = (survey.entries(), survey.bad);
        if good == 0 {
            return vec![match bad {
                0 => Unsound::Empty,
                bad => Unsound::BadLines { bad, good },
            }];
        }
        let mut unsound = Vec::new();
        // Endings are judged by themselves.
        let others = bad - survey.suffixes.min(bad);
        if others * 100 > (good + others) * tolerance.bad_percent {
            unsound.push(Unsound::BadLines { bad: others, good });
        }
        let few = MOST_SUFFIXES.max(good * tolerance.suffixes_permille / 1000);
        if survey.suffixes > few {
            let count = survey.suffixes;
            unsound.push(Unsound::Suffixes { count });
        }
        if let Some(from) = last
            .map(Survey::entries)
            .filter(|&from| from >= LEAST_COMPARED)
        {
            let to = good;
            if to * 100 < from * tolerance.shrink_percent {
                unsound.push(Unsound::Shrunk { from, to });
            } else if to > from.saturating_mul(tolerance.grow_times) {
                unsound.push(Unsound::Grown { from, to });
            }
        }
        unsound
    }

    /// The protected name that an entry would close.
    fn closes(&self, name: &str, coverage: Coverage) -> Option<&str> {
        let guarded = self.protected.get(name)?;
        let covers = match coverage {
            Coverage::Name => guarded == name,
            // It stops at a public suffix, so one above the guarded name covers it only below.
            Coverage::NameAndBelow => {
                guarded == name || name.len() > psl::suffix_str(guarded).map_or(0, str::len)
            }
            Coverage::NameAndBeyond => true,
            Coverage::Below => guarded != name,
        };
        covers.then_some(guarded)
    }
}

/// Whether something is a page: what a publisher answers who has moved, or a portal that wants a
/// click first.
fn is_page(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1024)];
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let head = head.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let starts = ["<!doctype", "<html", "<head", "<body", "<?xml", "<script"];
    starts.iter().any(|start| head.starts_with(start))
}

fn words(error: &ImportError) -> String {
    let words = error.to_string();
    words.split("; ").next().unwrap_or_default().to_owned()
}

/// Below so many entries a list may well halve.
const LEAST_COMPARED: usize = 20;

/// So many endings stand in honest lists.
const MOST_SUFFIXES: usize = 50;
