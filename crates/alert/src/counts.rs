use audit::{DecisionRow, Known};
use model::{Action, FLOOR, Rung};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// What one group did in a span.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GroupCounts {
    /// Requests in all.
    pub requests: u64,
    /// Requests that were blocked, those of machines left out.
    pub blocked: u64,
    /// Requests that somebody must look at.
    pub flagged: u64,
    /// How many persons, or devices where no person is known.
    pub people: u64,
}

/// The decisions of a span, counted; those of several spans can be laid together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) requests: u64,
    pub(crate) blocked: u64,
    pub(crate) background: u64,
    groups: BTreeMap<Arc<str>, (GroupCounts, BTreeSet<Somebody>)>,
    sites: BTreeMap<Box<str>, u64>,
    /// Days of the journal that were closed to a key, and so not counted: `2026-11-20`.
    pub(crate) closed: BTreeSet<String>,
}

/// A person, or the device or address where none is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Somebody {
    User(Arc<str>),
    Device(Arc<str>),
    Address(IpAddr),
}

impl Counts {
    pub(crate) fn take_in(&mut self, row: &DecisionRow) {
        let blocked = row.action != Action::Allow;
        self.requests += row.count;
        let (group, people) = self.groups.entry(Arc::clone(&row.group)).or_default();
        group.requests += row.count;
        if people.len() < MOST_PEOPLE {
            people.insert(Somebody::of(row));
        }
        if row.alert {
            group.flagged += row.count;
        }
        match (blocked, row.background) {
            (false, _) => return,
            (true, true) => {
                self.background += row.count;
                return;
            }
            (true, false) => {}
        }
        self.blocked += row.count;
        group.blocked += row.count;
        let hidden = row.rung == Rung::Floor
            || row.categories.iter().any(|category| {
                &**category == "help" || FLOOR.iter().any(|floor| floor.id == &**category)
            });
        if !hidden && !row.flood {
            self.count_site(&row.host, row.count);
        }
    }

    /// Adds what was counted of another span.
    pub(crate) fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.blocked += other.blocked;
        self.background += other.background;
        for (id, (counts, people)) in &other.groups {
            let (group, held) = self.groups.entry(Arc::clone(id)).or_default();
            group.requests += counts.requests;
            group.blocked += counts.blocked;
            group.flagged += counts.flagged;
            let room = MOST_PEOPLE.saturating_sub(held.len());
            held.extend(people.iter().take(room).cloned());
        }
        for (host, count) in &other.sites {
            self.count_site(host, *count);
        }
        self.closed.extend(other.closed.iter().cloned());
    }

    fn count_site(&mut self, host: &str, count: u64) {
        if let Some(counted) = self.sites.get_mut(host) {
            *counted += count;
        } else if self.sites.len() < MOST_SITES {
            self.sites.insert(host.into(), count);
        }
    }

    /// Each group and how many people it had.
    pub(crate) fn groups(&self) -> BTreeMap<String, GroupCounts> {
        let counted = |(id, (counts, people)): (&Arc<str>, &(GroupCounts, BTreeSet<Somebody>))| {
            let people = people.len() as u64;
            (id.to_string(), GroupCounts { people, ..*counts })
        };
        self.groups.iter().map(counted).collect()
    }

    /// The sites that were blocked most, the first one most.
    pub(crate) fn most_blocked(&self, how_many: usize) -> Vec<(String, u64)> {
        let sites = self.sites.iter();
        let mut sites: Vec<(&str, u64)> = sites.map(|(host, count)| (&**host, *count)).collect();
        sites.sort_by(|(a, one), (b, other)| other.cmp(one).then(a.cmp(b)));
        sites.truncate(how_many);
        let owned = |(host, count): (&str, u64)| (host.to_owned(), count);
        sites.into_iter().map(owned).collect()
    }
}

impl Somebody {
    fn of(row: &DecisionRow) -> Self {
        match (&row.user, &row.device) {
            (Known::Named(user), _) => Self::User(Arc::clone(user)),
            (Known::Unknown(_), Known::Named(device)) => Self::Device(Arc::clone(device)),
            (Known::Unknown(_), Known::Unknown(_)) => Self::Address(row.client),
        }
    }
}

/// Sites that are counted at once; a scan of made-up names must not fill the memory.
const MOST_SITES: usize = 100_000;
const MOST_PEOPLE: usize = 100_000;
