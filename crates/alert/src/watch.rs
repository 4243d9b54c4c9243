use crate::each_row::each_row;
use crate::incident::{ContextRow, Incident, IncidentId, IncidentKind, Nature};
use crate::mark::Mark;
use crate::stamp::{Stamp, stamp};
use crate::{
    Directory, IncidentError, Incidents, Person, Queue, QueueError, School, Theme, Urgency,
    WatchSettings,
};
use audit::{DecisionRow, Known, Search, SearchError, Unknown, search};
use model::{FLOOR, Moment, Rung};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Looks at the record of visits for what a person must look into.
///
/// Blocked or shown makes no difference (REP-29). A help line is never told of. What one person
/// does of one theme within an hour is one incident with a count.
#[derive(Debug)]
pub struct Watch {
    pub(crate) settings: WatchSettings,
    pub(crate) school: School,
    path: PathBuf,
    mark: Mark,
    /// How the files of alerts looked when they were last read.
    stamp: Option<Vec<Stamp>>,
}

/// Visits of one person to one theme, as one look found them.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// The incident as it would be opened, without context.
    pub incident: Incident,
    /// The last of the visits.
    pub last: Moment,
    /// How many visits of one person within an hour it takes until somebody is told.
    pub visits: u64,
    /// How soon it must be read then.
    pub urgency: Urgency,
    /// The decision that it began with.
    pub row: DecisionRow,
}

/// Where a watch writes what it saw.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a> {
    /// The record of incidents.
    pub incidents: &'a Incidents,
    /// The queue of notices.
    pub queue: &'a Queue,
    /// Who holds which role.
    pub directory: &'a Directory,
}

/// The watch could not look, or could not write down what it saw.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The record of visits cannot be read.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// An incident cannot be kept.
    #[error(transparent)]
    Incident(#[from] IncidentError),
    /// A notice cannot be kept.
    #[error(transparent)]
    Notice(#[from] QueueError),
    /// How far it got cannot be kept.
    #[error("`{path}` cannot be kept; check the disk and the rights of the folder")]
    Mark {
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// Name, length and moment of change of a file.
impl Watch {
    /// Takes up the watch where it was left, in a folder of its own state; the first time, at
    /// `now`.
    ///
    /// # Errors
    ///
    /// Fails when it cannot be told how far it got.
    pub fn open(
        folder: &Path,
        settings: WatchSettings,
        school: School,
        now: Moment,
    ) -> Result<Self, WatchError> {
        let path = folder.join(FILE);
        let mark = Mark::read(&path, now).map_err(|source| WatchError::Mark {
            path: path.display().to_string(),
            source,
        })?;
        Ok(Self {
            settings,
            school,
            path,
            mark,
            stamp: None,
        })
    }

    /// Finds what a person must look into among decisions; it writes nothing.
    pub fn look(&self, rows: &[DecisionRow], directory: &Directory) -> Vec<Sighting> {
        let mut found: BTreeMap<String, Sighting> = BTreeMap::new();
        let mut rows: Vec<&DecisionRow> = rows.iter().collect();
        rows.sort_by_key(|row| row.first);
        for row in rows {
            let Some(seen) = self.sight(row, directory) else {
                continue;
            };
            let topic = seen.incident.topic.clone().unwrap_or_default();
            match found.get_mut(&topic) {
                Some(held) => {
                    held.incident.count = held.incident.count.saturating_add(row.count);
                    held.last = held.last.max(row.last);
                }
                None => {
                    found.insert(topic, seen);
                }
            }
        }
        let mut found: Vec<Sighting> = found.into_values().collect();
        found.sort_by_key(|seen| (seen.incident.theme, seen.incident.at));
        found
    }

    /// Looks at what the journal took in since the last time, and writes down what must be looked
    /// into; gives back how many sightings there were.
    ///
    /// How far it got is kept after all else is on the disk: after a crash a visit may be counted
    /// twice and is never left out. A decision that reaches the journal more than five minutes
    /// late is not seen.
    ///
    /// # Errors
    ///
    /// After an error the same decisions are looked at again.
    pub fn poll(&mut self, journal: &Path, to: Desk<'_>, now: Moment) -> Result<usize, WatchError> {
        let stamp = stamp(journal, |name| name.contains(ALERTS));
        if self.stamp.as_ref() == Some(&stamp) {
            return Ok(0);
        }
        let from = self.mark.since().min(now).before(OVERLAP);
        let mut rows = Vec::new();
        let until = now.max(self.mark.since()).after(AHEAD);
        each_row(journal, from, until, &mut |row| {
            if row.alert || row.rung == Rung::Floor {
                rows.push(row);
            }
        })?;
        rows.sort_by_key(|row| row.first);
        let mut mark = self.mark.clone();
        let fresh = mark.unseen(rows, from, now);
        let seen = self.look(&fresh, to.directory);
        for sighting in &seen {
            self.record(sighting, journal, to, now)?;
        }
        mark.write(&self.path).map_err(|source| WatchError::Mark {
            path: self.path.display().to_string(),
            source,
        })?;
        (self.mark, self.stamp) = (mark, Some(stamp));
        Ok(seen.len())
    }

    fn record(
        &self,
        seen: &Sighting,
        journal: &Path,
        to: Desk<'_>,
        now: Moment,
    ) -> Result<IncidentId, WatchError> {
        let incident = &seen.incident;
        let topic = incident.topic.as_deref().unwrap_or_default();
        let (id, total, whole) = match to.incidents.same_within_hour(topic, incident.at) {
            Some(found) => {
                to.incidents.again(found.id, seen.last, incident.count)?;
                let total = found.incident.count.saturating_add(incident.count);
                (found.id, total, found.incident)
            }
            None => {
                let context = context(journal, &seen.row, now)?;
                let whole = Incident {
                    context,
                    ..incident.clone()
                };
                let id = to.incidents.record(whole.clone())?;
                (id, whole.count, whole)
            }
        };
        if total >= seen.visits {
            for letter in self.letters(id, &whole, seen, now) {
                to.queue.push(letter)?;
            }
        }
        Ok(id)
    }

    /// What one decision is, if a person must look into it.
    fn sight(&self, row: &DecisionRow, directory: &Directory) -> Option<Sighting> {
        let floor = row.rung == Rung::Floor || is_floor(row);
        if !floor && (is_help(row) || !row.alert) {
            return None;
        }
        let staff = self.settings.is_staff(&row.group);
        let theme = if floor {
            Theme::Illegal
        } else {
            self.settings.theme_of(&row.categories)
        };
        let kind = match (floor, staff) {
            (_, true) => IncidentKind::Staff,
            (true, false) => IncidentKind::Floor,
            (false, false) => IncidentKind::Visit,
        };
        let nature = Nature::of(row);
        let (visits, threshold) = self.settings.threshold(&row.group, theme);
        let urgency = match nature {
            Nature::Background if !floor => Urgency::Digest,
            Nature::Page | Nature::Unclear | Nature::Background => threshold,
        };
        let (who, device) = (name(&row.user), name(&row.device));
        let device = device.unwrap_or_else(|| row.client.to_string());
        let whose = who.as_deref().unwrap_or(&device);
        let quiet = if nature == Nature::Background {
            "background"
        } else {
            "person"
        };
        let topic = format!("{kind}/{whose}/{theme}/{quiet}", kind = kind.word());
        let mut incident = Incident::new(kind, row.first, unknown_words(&row.user));
        incident.theme = Some(theme);
        incident.topic = Some(topic);
        incident.group = Some(row.group.to_string());
        incident.host = (!floor).then(|| row.host.to_string());
        incident.sealed = row
            .path
            .as_ref()
            .filter(|_| row.rung == Rung::Floor)
            .map(ToString::to_string);
        incident.list = row.list.as_ref().map(ToString::to_string);
        incident.action = Some(row.action);
        incident.nature = Some(nature);
        incident.count = row.count.max(1);
        if let Some(who) = who.as_deref().filter(|_| staff) {
            incident.concerns = concerned(who, directory);
        }
        (incident.who, incident.device) = (who, Some(device));
        Some(Sighting {
            incident,
            last: row.last,
            visits,
            urgency,
            row: row.clone(),
        })
    }
}

/// A name on the network and all accounts of that person.
fn concerned(who: &str, directory: &Directory) -> Vec<Person> {
    let mut found = vec![Person::from(who)];
    for contact in &directory.people {
        if contact.is(&found[0]) && !found.contains(&contact.person) {
            found.push(contact.person.clone());
        }
    }
    found
}

fn name(known: &Known) -> Option<String> {
    match known {
        Known::Named(name) => Some(name.to_string()),
        Known::Unknown(_) => None,
    }
}

/// Why nobody is named, in plain words; empty where somebody is.
const fn unknown_words(known: &Known) -> &'static str {
    match known {
        Known::Named(_) => "",
        Known::Unknown(reason) => match reason {
            Unknown::NoSource => "nothing tells the gateway who uses the devices there",
            Unknown::NotBound => "nobody had signed in on that device",
            Unknown::Expired => "whoever had signed in there was signed out by then",
            Unknown::Conflict => "two sources name different people for that device",
            Unknown::SharedAddress => "many people share that address",
            Unknown::Forwarder => "another server asks there for many people",
            Unknown::Thing => "no person uses that device",
            Unknown::Outside => "the device is in none of the school's networks",
        },
    }
}

fn is_help(row: &DecisionRow) -> bool {
    row.categories.iter().any(|category| &**category == HELP)
}

fn is_floor(row: &DecisionRow) -> bool {
    let on_floor = |id: &str| FLOOR.iter().any(|floor| floor.id == id);
    row.categories.iter().any(|category| on_floor(category))
}

/// Five minutes of what else the same device did; nothing where many share it, no help line, and
/// no name of illegal content.
fn context(journal: &Path, row: &DecisionRow, now: Moment) -> Result<Vec<ContextRow>, SearchError> {
    if let Known::Unknown(Unknown::SharedAddress | Unknown::Forwarder) = row.user {
        return Ok(Vec::new());
    }
    let asked = Search {
        client: Some(row.client),
        since: Some(row.first.before(CONTEXT)),
        until: Some(now.min(row.first.after(CONTEXT)).after(MOMENT)),
        limit: Some(MOST_CONTEXT),
        ..Search::default()
    };
    let mut rows = search(journal, &asked)?;
    rows.retain(|row| !is_help(row));
    rows.reverse();
    let line = |row: &DecisionRow| ContextRow {
        at: row.first,
        host: (row.rung != Rung::Floor && !is_floor(row)).then(|| row.host.to_string()),
        action: row.action,
        nature: Nature::of(row),
        categories: row.categories.iter().map(ToString::to_string).collect(),
        count: row.count,
    };
    Ok(rows.iter().map(line).collect())
}

/// How the files of alerts look now. Reading them is spared while nothing was added.
const FILE: &str = "watch.json";
const HELP: &str = "help";

/// In the name of each file of the journal that holds what a person must look at.
const ALERTS: &str = ".alert.sqlite";

/// How late a decision may reach the journal.
const OVERLAP: Duration = Duration::from_secs(300);

/// Decisions of a clock that was set back since are looked at too.
const AHEAD: Duration = Duration::from_secs(3600);

/// The end of a search is no longer in it; what was decided at this very moment should be.
const MOMENT: Duration = Duration::from_secs(1);

const CONTEXT: Duration = Duration::from_secs(300);
const MOST_CONTEXT: usize = 200;

#[cfg(test)]
mod tests;
