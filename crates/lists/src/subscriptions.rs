use crate::fetcher::forget;
use crate::published_digest::PublishedDigest;
use crate::{
    Difference, FetchError, Fetched, Fetcher, History, Import, Sanity, Source, Store, StoreError,
    Unsound, Version, Wanted,
};
use model::{Clock, Digest, Moment};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// Keeps the lists that others publish up to date.
pub struct Subscriptions<'a> {
    /// Where versions are kept.
    pub store: &'a Store,
    /// How they are fetched.
    pub fetcher: &'a Fetcher,
    /// What a version must be before it is used.
    pub sanity: &'a Sanity,
    /// The time.
    pub clock: &'a dyn Clock,
}

/// A list that is to be fetched.
#[derive(Clone, Copy, Debug)]
pub struct Subscription<'a> {
    /// The source.
    pub source: &'a Source,
    /// Whether its entries are withheld: a list of the floor.
    pub withheld: bool,
    /// Whether its category opens, so that it may name what no list may close.
    pub opens: bool,
}

/// How far fetching a list has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<'a> {
    /// It begins.
    Begun {
        /// The list.
        id: &'a str,
    },
    /// Bytes have come.
    Bytes {
        /// The list.
        id: &'a str,
        /// How many there are.
        bytes: u64,
        /// How many there will be.
        total: Option<u64>,
    },
    /// It is over.
    Ended {
        /// The list.
        id: &'a str,
        /// What came of it.
        outcome: &'a Outcome,
    },
}

/// What came of fetching a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A new version is in use.
    Taken {
        /// Its digest.
        digest: Digest,
        /// Its entries, as far as they can be understood.
        entries: usize,
        /// What it has that the version before had not, and the other way round.
        difference: Difference,
    },
    /// The version in use is the newest.
    Unchanged,
    /// It may not be asked for yet.
    Waits {
        /// Until when.
        until: Moment,
    },
    /// A new version came and is not used; the last good one is.
    Quarantined {
        /// Everything that is wrong with it.
        reasons: Vec<String>,
        /// The version that stays in use.
        kept: Option<Digest>,
    },
    /// Nothing came; the last good version stays in use.
    Failed {
        /// Why.
        reasons: Vec<String>,
        /// The version that stays in use.
        kept: Option<Digest>,
    },
}

impl Subscriptions<'_> {
    /// Fetches lists, some at a time and never two from one publisher at once.
    ///
    /// With `force`, also those that need not be asked for yet; the hours of a publisher hold all
    /// the same. The outcomes are in the order of the lists.
    pub fn fetch(
        &self,
        lists: &[Subscription<'_>],
        force: bool,
        progress: &(dyn Fn(Progress<'_>) + Sync),
    ) -> Vec<Outcome> {
        let mut publishers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, list) in lists.iter().enumerate() {
            let url = list.source.url.as_deref().unwrap_or_default();
            publishers.entry(publisher(url)).or_default().push(place);
        }
        let round = Round {
            force,
            progress,
            told: Mutex::default(),
        };
        let queues = Mutex::new(publishers.into_values().collect::<Vec<_>>());
        let outcomes = Mutex::new(BTreeMap::new());
        std::thread::scope(|scope| {
            for _ in 0..AT_A_TIME {
                scope.spawn(|| {
                    while let Some(queue) = locked(&queues).pop() {
                        for place in queue {
                            let outcome = self.fetch_one(&lists[place], &round);
                            locked(&outcomes).insert(place, outcome);
                        }
                    }
                });
            }
        });
        let outcomes = outcomes
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        outcomes.into_values().collect()
    }

    fn fetch_one(&self, list: &Subscription<'_>, round: &Round<'_>) -> Outcome {
        let id = list.source.id.as_str();
        (round.progress)(Progress::Begun { id });
        let outcome = self
            .try_one(list, round)
            .unwrap_or_else(|error| Outcome::Failed {
                reasons: vec![chain(&error)],
                kept: None,
            });
        let outcome = &outcome;
        (round.progress)(Progress::Ended { id, outcome });
        outcome.clone()
    }

    fn try_one(&self, list: &Subscription<'_>, round: &Round<'_>) -> Result<Outcome, StoreError> {
        let source = list.source;
        let history = self.store.history(&source.id)?;
        let now = self.clock.now();
        if let Some(until) = waits(source, &history, now, round.force) {
            return Ok(Outcome::Waits { until });
        }
        let partial = self.store.partial(&source.id)?;
        let kept = history.in_use;
        let got = match self.download(source, &history, &partial, round) {
            Ok(Got {
                fetched: Fetched::Unchanged,
                ..
            }) => {
                self.store.asked(&source.id, now)?;
                return Ok(Outcome::Unchanged);
            }
            Ok(got) => got,
            Err(reasons) => {
                self.store.asked(&source.id, now)?;
                return Ok(Outcome::Failed { reasons, kept });
            }
        };
        let bytes = std::fs::read(&partial).map_err(|error| StoreError::File {
            path: partial.clone(),
            source: error,
        })?;
        forget(&partial);
        self.weigh(list, &history, &got, &bytes, now)
    }

    /// Judges what came, and uses it or puts it aside.
    fn weigh(
        &self,
        list: &Subscription<'_>,
        history: &History,
        got: &Got,
        bytes: &[u8],
        now: Moment,
    ) -> Result<Outcome, StoreError> {
        let source = list.source;
        let digest = Digest::of(bytes);
        if history.in_use == Some(digest) {
            self.store.asked(&source.id, now)?;
            return Ok(Outcome::Unchanged);
        }
        let last = history.current().and_then(|version| version.survey);
        let open = self.sanity.of_what_opens();
        let sanity = if list.opens { &open } else { self.sanity };
        let judged = match (&got.wrong_digest, Import::of_source(source, list.withheld)) {
            (Some(wrong), _) => Err(vec![wrong.clone()]),
            (None, None) => Err(vec!["its encoding is not known".to_owned()]),
            (None, Some(import)) => sanity
                .judge(bytes, &import, last.as_ref())
                .map_err(|unsound| unsound.iter().map(Unsound::to_string).collect()),
        };
        let (from, etag, modified) = match &got.fetched {
            Fetched::Whole {
                from,
                etag,
                modified,
            } => (from.clone(), etag.clone(), modified.clone()),
            Fetched::Unchanged => (String::new(), None, None),
        };
        let version = Version {
            digest,
            bytes: bytes.len() as u64,
            fetched: now,
            from,
            licence: source.licence.clone(),
            etag,
            modified,
            survey: judged.as_ref().ok().copied(),
            quarantined: judged.as_ref().err().cloned().unwrap_or_default(),
        };
        let outcome = match judged {
            Err(reasons) => Outcome::Quarantined {
                reasons,
                kept: history.in_use,
            },
            Ok(survey) => Outcome::Taken {
                digest,
                entries: survey.entries(),
                difference: self.difference(list, history, bytes)?,
            },
        };
        self.store.keep(&source.id, version, bytes)?;
        Ok(outcome)
    }

    fn difference(
        &self,
        list: &Subscription<'_>,
        history: &History,
        bytes: &[u8],
    ) -> Result<Difference, StoreError> {
        let old = match history.in_use {
            // A version that has gone bad on the disk is replaced, not mourned.
            Some(digest) => self
                .store
                .bytes(&list.source.id, digest)
                .unwrap_or_default(),
            None => Vec::new(),
        };
        let import = Import::of_source(list.source, list.withheld);
        let difference = import.map(|import| Difference::between(&old, bytes, &import));
        Ok(difference.and_then(Result::ok).unwrap_or_default())
    }

    /// Asks the publisher, then the mirrors.
    fn download(
        &self,
        source: &Source,
        history: &History,
        partial: &Path,
        round: &Round<'_>,
    ) -> Result<Got, Vec<String>> {
        let current = history.current();
        let mut reasons = Vec::new();
        let addresses = source.url.iter().chain(&source.mirrors);
        for (place, url) in addresses.enumerate() {
            // What a publisher calls a version means nothing to a mirror.
            let current = current.filter(|_| place == 0);
            let wanted = Wanted {
                url,
                etag: current.and_then(|version| version.etag.as_deref()),
                modified: current.and_then(|version| version.modified.as_deref()),
            };
            match self.patiently(&source.id, wanted, partial, round) {
                Ok(fetched) => {
                    let wrong_digest = self.check(source, &fetched, partial, round);
                    return Ok(Got {
                        fetched,
                        wrong_digest,
                    });
                }
                Err(error) => reasons.push(chain(&error)),
            }
        }
        if reasons.is_empty() {
            reasons.push("it has no address".to_owned());
        }
        Err(reasons)
    }

    /// Tries again at once where that may help, going on where the last try ended.
    fn patiently(
        &self,
        id: &str,
        wanted: Wanted<'_>,
        partial: &Path,
        round: &Round<'_>,
    ) -> Result<Fetched, FetchError> {
        let tell = |bytes, total| (round.progress)(Progress::Bytes { id, bytes, total });
        let mut tries = 1;
        loop {
            match self.fetcher.fetch(wanted, partial, &tell) {
                Err(error) if error.is_passing() && tries < MOST_TRIES => tries += 1,
                done => return done,
            }
        }
    }

    /// Compares what came with what its publisher says of it; says what is wrong.
    fn check(
        &self,
        source: &Source,
        fetched: &Fetched,
        partial: &Path,
        round: &Round<'_>,
    ) -> Option<String> {
        let digests = source.digests.as_deref()?;
        if *fetched == Fetched::Unchanged {
            return None;
        }
        let told = locked(&round.told).get(digests).cloned();
        let text = match told {
            Some(text) => text,
            None => match self.fetcher.text(digests, partial) {
                Ok(text) => {
                    locked(&round.told).insert(digests.to_owned(), text.clone());
                    text
                }
                Err(error) => {
                    return Some(format!(
                        "its digest could not be fetched: {}",
                        chain(&error)
                    ));
                }
            },
        };
        let url = source.url.as_deref().unwrap_or_default();
        let Some(digest) = PublishedDigest::find(&text, url) else {
            return Some("its publisher tells no digest of it".to_owned());
        };
        let is_same = std::fs::read(partial).is_ok_and(|bytes| digest.is_of(&bytes));
        (!is_same).then(|| "its digest is not the one that its publisher tells".to_owned())
    }
}

/// One round of fetching.
struct Round<'a> {
    force: bool,
    progress: &'a (dyn Fn(Progress<'_>) + Sync),
    /// The files of digests that were fetched already: a publisher has one for all its lists.
    told: Mutex<BTreeMap<String, String>>,
}

/// What was fetched, and what its digest says against it.
struct Got {
    fetched: Fetched,
    wrong_digest: Option<String>,
}

/// Until when a list may not be asked for; `None` where it may.
///
/// Lists are asked for once in their hours, each some minutes later than the others, and only in
/// the part of the day that their publisher allows.
pub(crate) fn waits(
    source: &Source,
    history: &History,
    now: Moment,
    force: bool,
) -> Option<Moment> {
    let hour = |moment: Moment| {
        u8::try_from(moment.seconds().div_euclid(3600).rem_euclid(24)).unwrap_or(0)
    };
    let mut from = now;
    if let Some(asked) = history.asked.filter(|_| !force) {
        let hours = u64::from(source.every_hours.unwrap_or(24).max(LEAST_HOURS));
        let spread = u64::from(Digest::of(source.id.as_bytes()).0[0]) % SPREAD_MINUTES;
        // Asked early in its hours, it stays early: no list wanders through the day.
        let span = Duration::from_secs(hours * 3600 - SPREAD_MINUTES * 60 + spread * 60);
        from = from.max(asked.after(span));
    }
    if let Some(hours) = source.hours {
        let mut steps = 0;
        while !hours.holds(hour(from)) && steps < 24 {
            let next = (from.seconds().div_euclid(3600) + 1) * 3_600_000;
            from = Moment::from_millis(next);
            steps += 1;
        }
    }
    (from > now).then_some(from)
}

/// Whom an address belongs to, for taking turns.
fn publisher(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default()
}

/// An error with its causes, in one line.
fn chain(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut at = error.source();
    while let Some(cause) = at {
        words += &format!(": {cause}");
        at = cause.source();
    }
    words
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A thread that panicked has not left a queue or an outcome half written.
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

const AT_A_TIME: usize = 4;
const MOST_TRIES: usize = 3;

/// No list may be asked for more often, whatever its publisher says.
const LEAST_HOURS: u16 = 6;
const SPREAD_MINUTES: u64 = 60;
