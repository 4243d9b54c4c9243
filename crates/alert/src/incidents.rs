use crate::incident::{Closing, Incident, IncidentId, IncidentKind, IncidentState, Recorded};
use crate::line_file::LineFile;
use crate::plain::lines;
use crate::{Person, Role};
use model::Moment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The record of incidents, in a file of JSON lines that is only ever added to.
///
/// What a call acknowledged is on the disk. An incident never disappears: it is closed, and may be
/// opened again.
#[derive(Debug)]
pub struct Incidents {
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    file: LineFile,
    recorded: BTreeMap<IncidentId, Recorded>,
    unreadable: usize,
}

/// The record of incidents refused, or failed.
#[derive(Debug, thiserror::Error)]
pub enum IncidentError {
    /// The file cannot be read or written.
    #[error("the incidents in {path} cannot be kept; check the disk and the rights of the folder")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There is no incident of this number.
    #[error("there is no incident {id}; look it up in the list of incidents")]
    Unknown {
        /// The number.
        id: IncidentId,
    },
    /// Somebody who is named in the matter touched it.
    #[error("incident {id} concerns this person, who may not act in it; another must")]
    Concerned {
        /// The number.
        id: IncidentId,
    },
    /// It is closed.
    #[error("incident {id} is closed; reopen it first")]
    Closed {
        /// The number.
        id: IncidentId,
    },
    /// It is not closed.
    #[error("incident {id} is not closed, so it cannot be reopened")]
    NotClosed {
        /// The number.
        id: IncidentId,
    },
    /// It is closed without saying what was done.
    #[error("incident {id} cannot be closed yet; write what was done and what came of it")]
    Unsaid {
        /// The number.
        id: IncidentId,
    },
}

/// One line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
enum Line {
    Opened {
        id: IncidentId,
        incident: Box<Incident>,
    },
    Again {
        id: IncidentId,
        at: Moment,
        times: u64,
    },
    Taken {
        id: IncidentId,
        by: Person,
        at: Moment,
    },
    Noted {
        id: IncidentId,
        by: Person,
        at: Moment,
        words: String,
    },
    Escalated {
        id: IncidentId,
        by: Person,
        at: Moment,
        to: Role,
    },
    Closed {
        id: IncidentId,
        by: Person,
        at: Moment,
        closing: Closing,
    },
    Reopened {
        id: IncidentId,
        by: Person,
        at: Moment,
        reason: String,
    },
}

impl Incidents {
    /// Opens the record of a folder.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be read.
    pub fn open(folder: &Path) -> Result<Self, IncidentError> {
        let path = folder.join(FILE);
        let shown = path.display().to_string();
        let (file, lines) = LineFile::open(path).map_err(|source| IncidentError::Io {
            path: shown,
            source,
        })?;
        let mut open = Open {
            file,
            recorded: BTreeMap::new(),
            unreadable: 0,
        };
        for line in lines {
            match serde_json::from_slice(&line) {
                Ok(line) => open.enter(line),
                Err(_) => open.unreadable += 1,
            }
        }
        Ok(Self {
            open: Mutex::new(open),
        })
    }

    /// Opens an incident; when this returns it is on the disk.
    ///
    /// # Errors
    ///
    /// Fails when it could not be written.
    pub fn record(&self, mut incident: Incident) -> Result<IncidentId, IncidentError> {
        incident.words = lines(&incident.words, MOST_WORDS);
        incident.count = incident.count.max(1);
        let mut open = self.lock();
        let last = open.recorded.keys().next_back();
        let id = IncidentId(last.map_or(1, |id| id.0.saturating_add(1)));
        let incident = Box::new(incident);
        open.write(Line::Opened { id, incident })?;
        Ok(id)
    }

    /// Counts more of the same at an incident.
    ///
    /// # Errors
    ///
    /// Fails when there is none of this number, or it could not be written.
    pub fn again(&self, id: IncidentId, at: Moment, times: u64) -> Result<(), IncidentError> {
        let mut open = self.lock();
        open.find(id)?;
        open.write(Line::Again { id, at, times })
    }

    /// Has somebody look after an incident from now on.
    ///
    /// # Errors
    ///
    /// Refuses a person whom it concerns, and an incident that is closed.
    pub fn take(&self, id: IncidentId, by: &Person, at: Moment) -> Result<(), IncidentError> {
        let by = by.clone();
        self.act(id, &by.clone(), move |_| Ok(Line::Taken { id, by, at }))
    }

    /// Adds a note.
    ///
    /// # Errors
    ///
    /// Refuses a person whom it concerns, and an incident that is closed.
    pub fn note(
        &self,
        id: IncidentId,
        by: &Person,
        at: Moment,
        words: &str,
    ) -> Result<(), IncidentError> {
        let (by, words) = (by.clone(), lines(words, MOST_WORDS));
        self.act(id, &by.clone(), move |_| {
            Ok(Line::Noted { id, by, at, words })
        })
    }

    /// Hands an incident on to a higher role; nobody looks after it until one of it takes it.
    ///
    /// # Errors
    ///
    /// Refuses a person whom it concerns, and an incident that is closed.
    pub fn escalate(
        &self,
        id: IncidentId,
        by: &Person,
        at: Moment,
        to: Role,
    ) -> Result<(), IncidentError> {
        let by = by.clone();
        self.act(id, &by.clone(), move |_| {
            Ok(Line::Escalated { id, by, at, to })
        })
    }

    /// Closes an incident.
    ///
    /// # Errors
    ///
    /// Refuses a person whom it concerns, one that is closed, and a closing that says nothing.
    pub fn close(
        &self,
        id: IncidentId,
        by: &Person,
        at: Moment,
        closing: Closing,
    ) -> Result<(), IncidentError> {
        let closing = Closing {
            action: lines(&closing.action, MOST_WORDS),
            outcome: lines(&closing.outcome, MOST_WORDS),
            ..closing
        };
        let by = by.clone();
        self.act(id, &by.clone(), move |_| {
            if closing.action.trim().is_empty() || closing.outcome.trim().is_empty() {
                return Err(IncidentError::Unsaid { id });
            }
            Ok(Line::Closed {
                id,
                by,
                at,
                closing,
            })
        })
    }

    /// Opens a closed incident again.
    ///
    /// # Errors
    ///
    /// Refuses a person whom it concerns, and an incident that is not closed.
    pub fn reopen(
        &self,
        id: IncidentId,
        by: &Person,
        at: Moment,
        reason: &str,
    ) -> Result<(), IncidentError> {
        let mut open = self.lock();
        let found = open.find(id)?;
        if found.incident.concerns.contains(by) {
            return Err(IncidentError::Concerned { id });
        }
        if found.state != IncidentState::Closed {
            return Err(IncidentError::NotClosed { id });
        }
        let (by, reason) = (by.clone(), lines(reason, MOST_WORDS));
        open.write(Line::Reopened { id, by, at, reason })
    }

    /// One incident.
    pub fn find(&self, id: IncidentId) -> Option<Recorded> {
        self.lock().recorded.get(&id).cloned()
    }

    /// All incidents, the newest first.
    pub fn all(&self) -> Vec<Recorded> {
        self.lock().recorded.values().rev().cloned().collect()
    }

    /// The incidents that somebody in a role may see, the newest first.
    ///
    /// None that concerns the person is among them. The chair sees those that concern whoever
    /// `heads` names, and no other role does.
    pub fn visible_to(&self, person: &Person, role: Role, heads: &[Person]) -> Vec<Recorded> {
        let mut all = self.all();
        all.retain(|recorded| {
            let concerns = &recorded.incident.concerns;
            let about_head = heads.iter().any(|head| concerns.contains(head));
            let may = if about_head {
                role == Role::Chair
            } else {
                recorded.incident.kind.readers().contains(&role)
                    || recorded.escalated_to == Some(role)
            };
            may && !concerns.contains(person)
        });
        all
    }

    /// The incident of a topic at which one at this moment is counted: not closed, and begun
    /// within the hour before.
    pub fn same_within_hour(&self, topic: &str, at: Moment) -> Option<Recorded> {
        let open = self.lock();
        let mut newest_first = open.recorded.values().rev();
        let found = newest_first.find(|recorded| {
            let began = recorded
                .incident
                .at
                .min(at)
                .until(recorded.incident.at.max(at));
            recorded.incident.topic.as_deref() == Some(topic)
                && recorded.state != IncidentState::Closed
                && began < Duration::from_secs(3600)
        });
        found.cloned()
    }

    /// How many lines of the file this version cannot read.
    pub fn unreadable(&self) -> usize {
        self.lock().unreadable
    }

    /// How many incidents of each kind began in a span.
    pub fn counts(&self, from: Moment, until: Moment) -> Vec<(IncidentKind, u64)> {
        let open = self.lock();
        let within =
            |recorded: &&Recorded| from <= recorded.incident.at && recorded.incident.at < until;
        let count = |kind: IncidentKind| {
            let of_kind = open.recorded.values().filter(within);
            of_kind.filter(|it| it.incident.kind == kind).count() as u64
        };
        IncidentKind::ALL.map(|kind| (kind, count(kind))).to_vec()
    }

    fn act(
        &self,
        id: IncidentId,
        by: &Person,
        line: impl FnOnce(&Recorded) -> Result<Line, IncidentError>,
    ) -> Result<(), IncidentError> {
        let mut open = self.lock();
        let found = open.find(id)?;
        if found.incident.concerns.contains(by) {
            return Err(IncidentError::Concerned { id });
        }
        if found.state == IncidentState::Closed {
            return Err(IncidentError::Closed { id });
        }
        let line = line(found)?;
        open.write(line)
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn find(&self, id: IncidentId) -> Result<&Recorded, IncidentError> {
        self.recorded.get(&id).ok_or(IncidentError::Unknown { id })
    }

    /// Writes a line to the disk, and only then into the record.
    fn write(&mut self, line: Line) -> Result<(), IncidentError> {
        let bytes = serde_json::to_vec(&line).map_err(io::Error::from);
        let written = bytes.and_then(|mut bytes| {
            bytes.push(b'\n');
            self.file.append(&bytes)
        });
        written.map_err(|source| IncidentError::Io {
            path: self.file.path().display().to_string(),
            source,
        })?;
        self.enter(line);
        Ok(())
    }

    fn enter(&mut self, line: Line) {
        match line {
            Line::Opened { id, incident } => {
                self.recorded.insert(id, opened(id, *incident));
            }
            Line::Again { id, at, times } => self.change(id, |it| {
                it.incident.count = it.incident.count.saturating_add(times);
                it.last = it.last.max(at);
            }),
            Line::Taken { id, by, at } => self.change(id, |it| {
                it.state = IncidentState::Taken;
                it.first_taken.get_or_insert(at);
                it.owner = Some((by, at));
            }),
            Line::Noted { id, by, at, words } => {
                self.change(id, |it| it.notes.push((by, at, words)));
            }
            Line::Escalated { id, by, at, to } => self.change(id, |it| {
                it.state = IncidentState::Escalated;
                (it.escalated_to, it.owner) = (Some(to), None);
                let words = format!("handed on to the {}", to.title().to_lowercase());
                it.notes.push((by, at, words));
            }),
            Line::Closed {
                id,
                by,
                at,
                closing,
            } => self.change(id, |it| {
                it.state = IncidentState::Closed;
                it.closed = Some((by, at, closing));
            }),
            Line::Reopened { id, by, at, reason } => self.change(id, |it| {
                it.state = IncidentState::Open;
                it.owner = None;
                it.notes.push((by, at, format!("reopened: {reason}")));
            }),
        }
    }

    fn change(&mut self, id: IncidentId, act: impl FnOnce(&mut Recorded)) {
        if let Some(recorded) = self.recorded.get_mut(&id) {
            act(recorded);
        }
    }
}

const fn opened(id: IncidentId, incident: Incident) -> Recorded {
    Recorded {
        id,
        last: incident.at,
        incident,
        state: IncidentState::Open,
        owner: None,
        first_taken: None,
        escalated_to: None,
        notes: Vec::new(),
        closed: None,
    }
}

const FILE: &str = "incidents.jsonl";
const MOST_WORDS: usize = 10_000;

#[cfg(test)]
mod tests;
