use super::{Replay, SiteChange, Span};
use model::Action;
use policy::Policy;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Counts what a replay finds.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) rows: u64,
    pub(super) requests: u64,
    pub(super) floor: u64,
    pub(super) unseen: u64,
    opened: Way,
    closed: Way,
    groups: BTreeSet<String>,
    people: HashSet<Arc<str>>,
    pub(super) truncated: bool,
}

/// What changes in one direction.
#[derive(Debug, Default)]
struct Way {
    requests: u64,
    sites: HashMap<Arc<str>, Site>,
}

#[derive(Debug)]
struct Site {
    requests: u64,
    groups: BTreeSet<String>,
    from: Action,
    to: Action,
}

/// One answer that would have been another.
#[derive(Debug)]
pub(super) struct Turn<'t> {
    /// The host; none where it may not be named.
    pub(super) host: Option<&'t Arc<str>>,
    pub(super) group: Option<&'t str>,
    pub(super) who: Arc<str>,
    pub(super) requests: u64,
    pub(super) from: Action,
    pub(super) to: Action,
}

impl Tally {
    pub(super) fn add(&mut self, turn: Turn<'_>) {
        let way = match turn.to < turn.from {
            true => &mut self.opened,
            false => &mut self.closed,
        };
        way.requests = way.requests.saturating_add(turn.requests);
        if let Some(group) = turn.group
            && !self.groups.contains(group)
        {
            self.groups.insert(group.to_owned());
        }
        if self.people.len() < MOST_PEOPLE {
            self.people.insert(Arc::clone(&turn.who));
        } else {
            self.truncated |= !self.people.contains(&turn.who);
        }
        let Some(host) = turn.host else { return };
        if way.sites.len() >= MOST_SITES && !way.sites.contains_key(host) {
            self.truncated = true;
            return;
        }
        let site = way.sites.entry(Arc::clone(host)).or_insert_with(|| Site {
            requests: 0,
            groups: BTreeSet::new(),
            from: turn.from,
            to: turn.to,
        });
        site.requests = site.requests.saturating_add(turn.requests);
        site.from = site.from.min(turn.from);
        site.to = site.to.min(turn.to);
        if let Some(group) = turn.group
            && !site.groups.contains(group)
        {
            site.groups.insert(group.to_owned());
        }
    }

    /// What was counted, groups by their titles in either policy.
    pub(super) fn finish(self, span: Span, policies: [&Policy; 2], seconds: f64) -> Replay {
        let title = |id: &String| {
            let facts = policies
                .iter()
                .rev()
                .find_map(|policy| policy.group(policy.groups().find(id)?));
            facts.map_or_else(|| id.clone(), |facts| facts.title.clone())
        };
        let titles = |groups: &BTreeSet<String>| groups.iter().map(title).collect::<Vec<_>>();
        let sites = |way: &Way| {
            let mut sites: Vec<SiteChange> = way
                .sites
                .iter()
                .map(|(host, site)| SiteChange {
                    host: host.to_string(),
                    groups: titles(&site.groups),
                    requests: site.requests,
                    from: site.from,
                    to: site.to,
                })
                .collect();
            sites.sort_by(|one, other| {
                (other.requests, &one.host).cmp(&(one.requests, &other.host))
            });
            sites.truncate(Replay::MOST_SITES);
            sites
        };
        Replay {
            span,
            rows: self.rows,
            requests: self.requests,
            requests_opened: self.opened.requests,
            requests_closed: self.closed.requests,
            sites_opened: sites(&self.opened),
            sites_closed: sites(&self.closed),
            opened: self.opened.sites.len() as u64,
            closed: self.closed.sites.len() as u64,
            floor: self.floor,
            groups: titles(&self.groups),
            people: self.people.len() as u64,
            unseen: self.unseen,
            truncated: self.truncated,
            seconds,
        }
    }
}

/// Sites that are told apart in each direction.
const MOST_SITES: usize = 100_000;

/// People and devices that are told apart.
const MOST_PEOPLE: usize = 100_000;
