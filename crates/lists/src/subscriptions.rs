use crate::fetcher::{Landing, forget};
use crate::published_digest::PublishedDigest;
use crate::signature::unsigned;
use crate::{
    Difference, FetchError, Fetched, Fetcher, History, Import, Sanity, Source, Store, StoreError,
    Subscription, Unsound, Version, Wanted,
};
use model::{Clock, Digest, Moment};
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Mutex;

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
        /// Whether this version was put aside before.
        again: bool,
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
        lists: &[Subscription],
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

    fn fetch_one(&self, list: &Subscription, round: &Round<'_>) -> Outcome {
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

    fn try_one(&self, list: &Subscription, round: &Round<'_>) -> Result<Outcome, StoreError> {
        let source = &list.source;
        let history = self.store.history(&source.id)?;
        let now = self.clock.now();
        if let Some(until) = list.waits(&history, now, round.force) {
            return Ok(Outcome::Waits { until });
        }
        let partial = self.store.partial(&source.id)?;
        let mut bytes = Vec::new();
        let mut landing = match list.withheld {
            true => Landing::Memory(&mut bytes),
            false => Landing::File(&partial),
        };
        let got = match self.download(source, &history, &mut landing, round) {
            Ok(Some(got)) => got,
            Ok(None) => {
                self.store.asked(&source.id, now, &[])?;
                return Ok(Outcome::Unchanged);
            }
            Err(reasons) => {
                let kept = history.in_use;
                self.store.asked(&source.id, now, &reasons)?;
                return Ok(Outcome::Failed { reasons, kept });
            }
        };
        if !list.withheld {
            bytes = std::fs::read(&partial).map_err(|error| StoreError::File {
                path: partial.clone(),
                source: error,
            })?;
            forget(&partial);
        }
        let wrong = self.check(source, &bytes, round);
        self.weigh(list, &history, got, (&bytes, wrong))
    }

    /// Takes a version that somebody hands over, as if it had been fetched.
    ///
    /// # Errors
    ///
    /// When it could not be kept.
    pub fn deliver(
        &self,
        list: &Subscription,
        bytes: &[u8],
        signature: Option<&[u8]>,
    ) -> Result<Outcome, StoreError> {
        let history = self.store.history(&list.source.id)?;
        let got = Got {
            from: "handed over".to_owned(),
            etag: None,
            modified: None,
        };
        let wrong = unsigned(&list.source, bytes, signature);
        self.weigh(list, &history, got, (bytes, wrong))
    }

    /// Judges what came, and uses it or puts it aside.
    fn weigh(
        &self,
        list: &Subscription,
        history: &History,
        got: Got,
        (bytes, wrong): (&[u8], Option<String>),
    ) -> Result<Outcome, StoreError> {
        let (source, now) = (&list.source, self.clock.now());
        let kept = self.store.ready(&source.id, bytes, list.withheld)?;
        let digest = kept.digest();
        if history.in_use == Some(digest) {
            self.store.asked(&source.id, now, &[])?;
            return Ok(Outcome::Unchanged);
        }
        if history.set_aside_by_hand(digest) {
            self.store.asked(&source.id, now, &[])?;
            return Ok(Outcome::Unchanged);
        }
        let judged = match wrong {
            Some(wrong) => Err(vec![wrong]),
            None => self.judge(list, history, bytes),
        };
        let version = Version {
            digest,
            bytes: bytes.len() as u64,
            fetched: now,
            from: got.from,
            licence: source.licence.clone(),
            etag: got.etag,
            modified: got.modified,
            survey: judged.as_ref().ok().copied(),
            quarantined: judged.as_ref().err().cloned().unwrap_or_default(),
            by_hand: false,
        };
        let outcome = match judged {
            Err(reasons) => Outcome::Quarantined {
                reasons,
                kept: history.in_use,
                again: history.versions.iter().any(|held| held.digest == digest),
            },
            Ok(survey) => Outcome::Taken {
                digest,
                entries: survey.entries(),
                difference: self.difference(list, history, bytes)?,
            },
        };
        self.store.keep(&source.id, version, &kept)?;
        Ok(outcome)
    }

    fn judge(
        &self,
        list: &Subscription,
        history: &History,
        bytes: &[u8],
    ) -> Result<crate::Survey, Vec<String>> {
        let last = history.current().and_then(|version| version.survey);
        let open = self.sanity.of_what_opens();
        let sanity = if list.opens { &open } else { self.sanity };
        match Import::of_source(&list.source, list.withheld) {
            None => Err(vec!["its encoding is not known".to_owned()]),
            Some(import) => sanity
                .judge(bytes, &import, last.as_ref())
                .map_err(|unsound| unsound.iter().map(Unsound::to_string).collect()),
        }
    }

    fn difference(
        &self,
        list: &Subscription,
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
        let import = Import::of_source(&list.source, list.withheld);
        let difference = import.map(|import| Difference::between(&old, bytes, &import));
        Ok(difference.and_then(Result::ok).unwrap_or_default())
    }

    /// Asks the publisher, then the mirrors; `None` where there is nothing newer.
    fn download(
        &self,
        source: &Source,
        history: &History,
        landing: &mut Landing<'_>,
        round: &Round<'_>,
    ) -> Result<Option<Got>, Vec<String>> {
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
            match self.patiently(&source.id, wanted, landing, round) {
                Ok(Fetched::Unchanged) => return Ok(None),
                Ok(Fetched::Whole {
                    from,
                    etag,
                    modified,
                }) => {
                    return Ok(Some(Got {
                        from,
                        etag,
                        modified,
                    }));
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
        landing: &mut Landing<'_>,
        round: &Round<'_>,
    ) -> Result<Fetched, FetchError> {
        let tell = |bytes, total| (round.progress)(Progress::Bytes { id, bytes, total });
        let mut tries = 1;
        loop {
            match self.fetcher.fetch_into(wanted, landing, &tell) {
                Err(error) if error.is_passing() && tries < MOST_TRIES => tries += 1,
                done => return done,
            }
        }
    }

    /// Compares what came with what its publisher says of it; says what is wrong.
    fn check(&self, source: &Source, bytes: &[u8], round: &Round<'_>) -> Option<String> {
        let signature = source.signature.as_deref();
        let signature = match signature.map(|url| self.fetcher.small(url)).transpose() {
            Ok(signature) => signature,
            Err(error) => {
                return Some(format!(
                    "its signature could not be fetched: {}",
                    chain(&error)
                ));
            }
        };
        if let Some(wrong) = unsigned(source, bytes, signature.as_deref()) {
            return Some(wrong);
        }
        let digests = source.digests.as_deref()?;
        let told = locked(&round.told).get(digests).cloned();
        let text = match told {
            Some(text) => text,
            None => match self.fetcher.small(digests) {
                Ok(bytes) => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
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
        let wrong = "its digest is not the one that its publisher tells";
        (!digest.is_of(bytes)).then(|| wrong.to_owned())
    }
}

/// One round of fetching.
struct Round<'a> {
    force: bool,
    progress: &'a (dyn Fn(Progress<'_>) + Sync),
    /// The files of digests that were fetched already: a publisher has one for all its lists.
    told: Mutex<BTreeMap<String, String>>,
}

/// Where something was fetched, and what its publisher calls it.
struct Got {
    from: String,
    etag: Option<String>,
    modified: Option<String>,
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
