use crate::{Entry, Import, ImportError, Item, Parsed, Reason};
use matcher::Coverage;
use serde::{Deserialize, Serialize};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// What one version of a list holds, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// Lines.
    pub lines: usize,
    /// Names.
    pub names: usize,
    /// Addresses.
    pub addresses: usize,
    /// Networks, rules for URLs, patterns, phrases and digests.
    #[serde(default)]
    pub others: usize,
    /// Lines that were understood but are not enforced.
    pub not_enforced: usize,
    /// Lines that speak against the list.
    pub bad: usize,
    /// Public suffixes and single labels among them.
    pub suffixes: usize,
}

impl Survey {
    pub(crate) fn of(parsed: &Parsed) -> Self {
        let count = |reason| parsed.refused.counts.get(&reason).copied().unwrap_or(0);
        Self {
            lines: parsed.lines,
            names: parsed.names,
            addresses: parsed.addresses,
            others: parsed.others,
            not_enforced: parsed.refused.not_enforced(),
            bad: parsed.refused.bad(),
            suffixes: count(Reason::PublicSuffix) + count(Reason::SingleLabel),
        }
    }

    /// Everything that the list says and can be understood.
    pub const fn entries(&self) -> usize {
        self.names + self.addresses + self.others + self.not_enforced
    }
}

/// What one version of a list has that another has not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Names and addresses that are new.
    pub added: usize,
    /// Names and addresses that are gone.
    pub removed: usize,
    /// The first new ones as entries; none for a list whose entries are withheld.
    pub first_added: Vec<String>,
    /// The first that are gone; none for a list whose entries are withheld.
    pub first_removed: Vec<String>,
}

impl Difference {
    /// How many entries of each kind are shown.
    pub const SHOWN: usize = 20;

    /// Compares two versions of a list, each packed as it was fetched.
    ///
    /// Entries are compared by 64-bit digests: one in some millions of comparisons of the largest
    /// lists may miss one entry.
    ///
    /// # Errors
    ///
    /// When one of them cannot be read to its end.
    pub fn between(old: &[u8], new: &[u8], import: &Import<'_>) -> Result<Self, ImportError> {
        let (before, after) = (marks(old, import)?, marks(new, import)?);
        let (added, first_added) = fresh(new, &after, &before, import)?;
        let (removed, first_removed) = fresh(old, &before, &after, import)?;
        Ok(Self {
            added,
            removed,
            first_added,
            first_removed,
        })
    }
}

/// The entries of a list as sorted digests, eight bytes each.
fn marks(bytes: &[u8], import: &Import<'_>) -> Result<Vec<u64>, ImportError> {
    let mut marks = Vec::new();
    import.read(bytes, &mut |item| {
        if let Item::Entry(entry) = item {
            marks.push(mark(&entry));
        }
        None
    })?;
    marks.sort_unstable();
    marks.dedup();
    Ok(marks)
}

fn fresh(
    bytes: &[u8],
    own: &[u64],
    others: &[u64],
    import: &Import<'_>,
) -> Result<(usize, Vec<String>), ImportError> {
    let is_new = |mark: &u64| others.binary_search(mark).is_err();
    let count = own.iter().filter(|mark| is_new(mark)).count();
    let mut first = Vec::new();
    if count > 0 && !import.rules.withheld {
        import.read(bytes, &mut |item| {
            if let Item::Entry(entry) = item
                && first.len() < Difference::SHOWN
                && is_new(&mark(&entry))
            {
                let text = written(&entry);
                if !first.contains(&text) {
                    first.push(text);
                }
            }
            None
        })?;
    }
    Ok((count, first))
}

fn mark(entry: &Entry<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    match entry {
        Entry::Name { name, coverage } => (name.as_str(), coverage).hash(&mut hasher),
        Entry::Address(address) => address.hash(&mut hasher),
    }
    hasher.finish()
}

/// An entry as lists of our own write it.
fn written(entry: &Entry<'_>) -> String {
    match entry {
        Entry::Name { name, coverage } => match coverage {
            Coverage::Name => format!("={name}"),
            Coverage::Below => format!("*.{name}"),
            Coverage::NameAndBelow | Coverage::NameAndBeyond => name.to_string(),
        },
        Entry::Address(address) => address.to_string(),
    }
}
