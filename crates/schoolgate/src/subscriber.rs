use crate::board::{Board, Ended};
use crate::failure::chain;
use crate::settings::Settings;
use change::Desk;
use lists::{Outcome, Sanity, Subscription, Subscriptions};
use model::{Clock, Faults, Files};
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Fetches the lists of others when they are due, on a thread of its own that yields to those
/// that serve, and brings them into force.
pub(crate) struct Subscriber {
    asks: Sender<Asked>,
    board: Arc<Board>,
    thread: JoinHandle<()>,
}

/// Asks the subscriber from elsewhere.
#[derive(Clone)]
pub(crate) struct Counter {
    desk: Arc<Desk>,
    asks: Sender<Asked>,
    board: Arc<Board>,
}

/// What the subscriber is asked to do.
enum Asked {
    /// Fetch these lists now, in the hours that their publishers allow.
    Fetch(Vec<Subscription>),
    /// Take a list that somebody hands over.
    Take(Box<Subscription>, Delivery),
    /// End.
    Stop,
}

/// The files of a list that is handed over.
pub(crate) struct Delivery {
    pub(crate) file: PathBuf,
    pub(crate) signature: Option<PathBuf>,
}

impl Subscriber {
    /// Starts to look after the lists.
    pub(crate) fn start(desk: &Arc<Desk>, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let (asks, asked) = channel();
        let board = Arc::new(Board::default());
        let mut work = Work {
            desk: Arc::clone(desk),
            clock,
            board: Arc::clone(&board),
            stale: BTreeSet::new(),
            refused: None,
        };
        let thread = std::thread::Builder::new()
            .name("lists".to_owned())
            .spawn(move || {
                // Threads that it starts inherit this. Compiling must not slow who asks.
                if let Err(error) = rustix::process::nice(LEAST_URGENT) {
                    tracing::debug!(%error, "lists are compiled at the urgency of everything else");
                }
                work.go_on(&asked);
            })?;
        Ok(Self {
            asks,
            board,
            thread,
        })
    }

    /// Where others ask.
    pub(crate) fn counter(&self, desk: &Arc<Desk>) -> Counter {
        Counter {
            desk: Arc::clone(desk),
            asks: self.asks.clone(),
            board: Arc::clone(&self.board),
        }
    }

    /// Stops. A round that is under way ends with the process: what it wrote is whole, and what it
    /// did not write is fetched again.
    pub(crate) fn stop(self) {
        // Nobody listens only when the thread is gone.
        let _gone = self.asks.send(Asked::Stop);
        if !self.board.shown().busy {
            // A panic of the thread was printed when it happened.
            let _ended = self.thread.join();
        }
    }
}

impl Counter {
    /// Begins to fetch lists by name, or all in use; what came of it is on the board.
    ///
    /// # Errors
    ///
    /// Says which name is no list of the policy in force.
    pub(crate) fn fetch(&self, names: &[String]) -> Result<(), String> {
        self.is_free()?;
        let lists = chosen(self.desk.subscriptions(), names)?;
        self.board
            .begin(lists.iter().map(|list| list.source.id.clone()));
        self.ask(Asked::Fetch(lists))
    }

    /// Begins to take a list that is handed over.
    ///
    /// # Errors
    ///
    /// As [`Counter::fetch`].
    pub(crate) fn take(&self, name: &str, delivery: Delivery) -> Result<(), String> {
        self.is_free()?;
        let list = delivered(self.desk.subscriptions(), name)?;
        self.board.begin(std::iter::once(name.to_owned()));
        self.ask(Asked::Take(Box::new(list), delivery))
    }

    /// What came of it so far.
    pub(crate) fn board(&self) -> &Board {
        &self.board
    }

    fn is_free(&self) -> Result<(), String> {
        match self.board.shown().busy {
            true => Err("lists are being fetched just now; try again in a minute".to_owned()),
            false => Ok(()),
        }
    }

    fn ask(&self, asked: Asked) -> Result<(), String> {
        let sent = self.asks.send(asked);
        sent.map_err(|_| "the gateway is stopping".to_owned())
    }
}

/// The lists of these names, or all in use that are fetched.
///
/// # Errors
///
/// Says which name is none.
pub(crate) fn chosen(
    lists: Vec<Subscription>,
    names: &[String],
) -> Result<Vec<Subscription>, String> {
    let fetched: Vec<Subscription> = lists
        .into_iter()
        .filter(|list| list.source.url.is_some())
        .collect();
    if names.is_empty() {
        let used = fetched.into_iter().filter(|list| list.source.enabled);
        return Ok(used.collect());
    }
    let unknown = names
        .iter()
        .find(|name| !fetched.iter().any(|list| list.source.id == **name));
    match unknown {
        Some(name) => Err(format!(
            "`{name}` is no fetched list; `schoolgate lists show` lists them"
        )),
        None => Ok(fetched
            .into_iter()
            .filter(|list| names.contains(&list.source.id))
            .collect()),
    }
}

/// The list of this name, if it is one that is handed over.
pub(crate) fn delivered(lists: Vec<Subscription>, name: &str) -> Result<Subscription, String> {
    let mut named = lists.into_iter().filter(|list| list.source.id == name);
    named
        .find(|list| list.source.delivered)
        .ok_or_else(|| format!("no list `{name}` has `delivered = true` in sources.toml"))
}

/// What fetching needs besides the store.
pub(crate) struct Terms {
    pub(crate) settings: Settings,
    pub(crate) sanity: Sanity,
}

impl Terms {
    /// The terms of a policy.
    pub(crate) fn of(files: &Files) -> Self {
        let settings = Settings::read(files, &mut Faults::default());
        let zones = settings.dns.local_zones.iter().map(String::as_str);
        let sanity = Sanity::of_school(files, zones);
        Self { settings, sanity }
    }
}

/// Reads a list that is handed over, and judges it as a fetched one.
pub(crate) fn take_in(
    subscriptions: &Subscriptions<'_>,
    list: &Subscription,
    delivery: &Delivery,
) -> Result<Outcome, String> {
    let read = |path: &PathBuf| {
        std::fs::read(path)
            .map_err(|error| format!("{} could not be read: {error}", path.display()))
    };
    let bytes = read(&delivery.file)?;
    let signature = delivery.signature.as_ref().map(read).transpose()?;
    subscriptions
        .deliver(list, &bytes, signature.as_deref())
        .map_err(|error| chain(&error))
}

struct Work {
    desk: Arc<Desk>,
    clock: Arc<dyn Clock>,
    board: Arc<Board>,
    /// The lists of which somebody was told that they are out of date.
    stale: BTreeSet<String>,
    /// What somebody was told of the last refresh.
    refused: Option<String>,
}

impl Work {
    fn go_on(&mut self, asked: &Receiver<Asked>) {
        // What was fetched while the gateway stood still, or was written down no further.
        let _told = self.refresh();
        loop {
            match asked.recv_timeout(EVERY) {
                Ok(Asked::Fetch(lists)) => self.round(&lists, true),
                Ok(Asked::Take(list, delivery)) => self.take(&list, &delivery),
                Ok(Asked::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => self.look(),
            }
        }
    }

    /// Fetches what is due.
    fn look(&mut self) {
        let now = self.clock.now();
        let store = self.desk.store();
        let due = |list: &Subscription| {
            let history = store.history(&list.source.id);
            history.is_ok_and(|history| list.waits(&history, now, false).is_none())
        };
        let lists = chosen(self.desk.subscriptions(), &[]).unwrap_or_default();
        let due: Vec<Subscription> = lists.into_iter().filter(due).collect();
        let automatic = || {
            let files = self.desk.files();
            files.is_some_and(|files| Terms::of(&files).settings.lists.automatic)
        };
        if !due.is_empty() && automatic() {
            let ids = due.iter().map(|list| list.source.id.clone());
            self.board.begin(ids);
            self.round(&due, false);
        }
        self.tell_stale();
    }

    fn round(&mut self, lists: &[Subscription], force: bool) {
        let made = self.with_subscriptions(|subscriptions, board| {
            Ok(subscriptions.fetch(lists, force, &|progress| board.hear(progress)))
        });
        self.finish(lists, made);
    }

    fn take(&mut self, list: &Subscription, delivery: &Delivery) {
        let made = self.with_subscriptions(|subscriptions, board| {
            let outcome = take_in(subscriptions, list, delivery)?;
            let (id, outcome_heard) = (list.source.id.as_str(), &outcome);
            board.hear(lists::Progress::Ended {
                id,
                outcome: outcome_heard,
            });
            Ok(vec![outcome])
        });
        self.finish(std::slice::from_ref(list), made);
    }

    fn with_subscriptions(
        &self,
        work: impl FnOnce(&Subscriptions<'_>, &Board) -> Result<Vec<Outcome>, String>,
    ) -> Result<Vec<Outcome>, String> {
        let files = self.desk.files().ok_or("nothing is in force yet")?;
        let terms = Terms::of(&files);
        let fetcher = terms.settings.lists.fetcher();
        let fetcher = fetcher.map_err(|error| chain(&error))?;
        let subscriptions = Subscriptions {
            store: self.desk.store(),
            fetcher: &fetcher,
            sanity: &terms.sanity,
            clock: &*self.clock,
        };
        work(&subscriptions, &self.board)
    }

    fn finish(&mut self, lists: &[Subscription], made: Result<Vec<Outcome>, String>) {
        let outcomes = match made {
            Ok(outcomes) => outcomes,
            Err(error) => {
                tracing::error!(error, "lists could not be fetched");
                return self.board.end(vec![error], true);
            }
        };
        for (list, outcome) in lists.iter().zip(&outcomes) {
            let words = Ended::of(outcome).words;
            match outcome {
                Outcome::Quarantined { .. } | Outcome::Failed { .. } => {
                    tracing::warn!(list = list.source.id, "{words}");
                }
                Outcome::Taken { .. } | Outcome::Unchanged | Outcome::Waits { .. } => {
                    tracing::info!(list = list.source.id, "{words}");
                }
            }
            if let Err(error) = self.desk.note_outcome(list, outcome) {
                tracing::error!(error = %chain(&error), "that a list was put aside could not be written down");
            }
        }
        let (words, failed) = self.refresh();
        self.tell_stale();
        self.board.end(words, failed);
    }

    /// Brings what was fetched into force; says what came of it.
    fn refresh(&mut self) -> (Vec<String>, bool) {
        match self.desk.refresh_lists() {
            Ok(None) => {
                self.refused = None;
                (Vec::new(), false)
            }
            Ok(Some(done)) => {
                self.refused = None;
                let told = done.lists.iter().map(ToString::to_string);
                let told = told.collect::<Vec<_>>().join(", ");
                tracing::info!(entry = done.entry.0, "lists came into force: {told}");
                let words = format!("in force with entry {} of the change log", done.entry.0);
                (vec![words], false)
            }
            Err(error) => {
                let words = chain(&error);
                tracing::error!(error = %words, "fetched lists could not come into force; those in force stay");
                if self.refused.as_ref() != Some(&words) {
                    self.desk.tell_not_refreshed(&error);
                    self.refused = Some(words.clone());
                }
                (vec![words], true)
            }
        }
    }

    /// Tells once of each list that its publisher was not heard of for too long (ILL-07).
    fn tell_stale(&mut self) {
        let now = self.clock.now();
        for list in self.desk.subscriptions() {
            let id = list.source.id.clone();
            let history = self.desk.store().history(&id).unwrap_or_default();
            // A list that never came was told of by compiling.
            let stale =
                list.source.enabled && history.in_use.is_some() && list.is_stale(&history, now);
            match stale {
                true if self.stale.insert(id) => self.desk.tell_stale(&list, &history.failing),
                true => {}
                false => {
                    self.stale.remove(&list.source.id);
                }
            }
        }
    }
}

/// Looks at the clock so often.
const EVERY: Duration = Duration::from_secs(5);

/// As little urgency as a thread can have.
const LEAST_URGENT: i32 = 19;
