use crate::bell::Bell;
use crate::rounds::Rounds;
use crate::watch::{Desk, Watch};
use crate::{Directory, Incidents, Letter, Notice, NoticeKind, Queue, Role, Urgency};
use model::{Clock, Moment};
use serde::Serialize;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Looks at the journal every few seconds on a thread of its own, until it is dropped.
#[derive(Debug)]
pub struct Watcher {
    shared: Arc<Shared>,
    _rounds: Rounds,
}

/// Since when something fails, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// The first failure since it last went well.
    pub since: Moment,
    /// What failed.
    pub why: String,
}

#[derive(Debug)]
struct Shared {
    directory: Mutex<Directory>,
    trouble: Mutex<Option<Trouble>>,
}

impl Watcher {
    /// Starts to look.
    ///
    /// # Errors
    ///
    /// Fails when the machine gives no thread.
    pub fn start(
        mut watch: Watch,
        journal: PathBuf,
        incidents: Arc<Incidents>,
        queue: Arc<Queue>,
        directory: Directory,
        clock: Arc<dyn Clock>,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            directory: Mutex::new(directory),
            trouble: Mutex::new(None),
        });
        let seen = Arc::clone(&shared);
        let rounds = Rounds::start("watch", EVERY, Arc::new(Bell::default()), move || {
            let (now, directory) = (clock.now(), lock(&seen.directory).clone());
            let to = Desk {
                incidents: &incidents,
                queue: &queue,
                directory: &directory,
            };
            let result = watch.poll(&journal, to, now);
            seen.note(result.map(drop), &queue, now);
        })?;
        Ok(Self {
            shared,
            _rounds: rounds,
        })
    }

    /// Takes in who holds which role from now on.
    pub fn direct(&self, directory: Directory) {
        *lock(&self.shared.directory) = directory;
    }

    /// Whether the watch fails at present: then nobody is told of visits.
    pub fn trouble(&self) -> Option<Trouble> {
        lock(&self.shared.trouble).clone()
    }
}

impl Shared {
    /// Keeps what the last look came to; the technician is told when it begins to fail.
    fn note(&self, result: Result<(), crate::WatchError>, queue: &Queue, now: Moment) {
        let mut trouble = lock(&self.trouble);
        let Err(error) = result else {
            *trouble = None;
            return;
        };
        let why = crate::mailer::chain(&error);
        tracing::error!(why, "the record of visits could not be looked at");
        if trouble.is_none()
            && let Err(error) = queue.push(failing(&why, now))
        {
            tracing::error!(%error, "the technician could not be told");
        }
        let since = trouble.as_ref().map_or(now, |trouble| trouble.since);
        *trouble = Some(Trouble { since, why });
    }
}

fn failing(why: &str, now: Moment) -> Letter {
    let words = format!(
        "While this lasts nobody is told of visits that may mean a child is at risk. They are \
         still recorded, and are looked at as soon as it works again.\n\n{why}"
    );
    Letter::from(Notice {
        at: now,
        to: Role::Technician,
        urgency: Urgency::Immediate,
        title: "The record of visits cannot be looked at".to_owned(),
        words,
        entry: None,
    })
    .kind(NoticeKind::Technical)
    .topic("watch-fails")
    .link("/health")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// With the journal's own delay of a second, a notice is on its way well within a minute (REP-03).
const EVERY: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::monday;
    use crate::{IncidentError, WatchError};

    #[test]
    fn a_watch_that_fails_is_told_once_and_shows_until_it_works() {
        let folder = tempfile::tempdir().unwrap();
        let queue = Queue::open(folder.path()).unwrap();
        let shared = Shared {
            directory: Mutex::default(),
            trouble: Mutex::default(),
        };
        let fails = || {
            let id = crate::IncidentId(7);
            Err(WatchError::Incident(IncidentError::Unknown { id }))
        };
        shared.note(fails(), &queue, monday());
        shared.note(fails(), &queue, monday().after(Duration::from_secs(60)));
        let trouble = lock(&shared.trouble).clone().unwrap();
        assert_eq!(trouble.since, monday());
        let waiting = queue.waiting();
        assert_eq!((waiting.len(), waiting[0].count), (1, 1));
        assert_eq!(waiting[0].notice().to, Role::Technician);
        shared.note(Ok(()), &queue, monday());
        assert!(lock(&shared.trouble).is_none());
    }
}
