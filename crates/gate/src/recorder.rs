use crate::record::{Batch, Row};
use crate::{Counters, State};
use audit::{DecisionRow, JournalCounts, JournalWriter, Known, Unknown};
use crossbeam_channel::{Receiver, Sender, TrySendError};
use model::{CategorySet, Certainty, Door, NameTable, Rung, Subject, ZoneKind};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Takes decisions from the sessions and gives them, with names in place of indexes, to the
/// journal.
///
/// Sessions hand batches over without waiting; names are looked up here, off the way of a query.
pub struct Recorder {
    full: Option<Sender<Batch>>,
    emptied: Receiver<Batch>,
    counters: Arc<Counters>,
    journal: Option<Arc<JournalWriter>>,
    thread: Option<JoinHandle<()>>,
}

/// Makes a line that only two persons together may open of an address of illegal content.
pub type Seal = Box<dyn Fn(&str) -> Option<String> + Send>;

/// How much of a path is kept. Queries never are.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum PathDetail {
    /// None of it.
    None,
    /// Its first part, as far as the second slash.
    #[default]
    First,
    /// All of it.
    Full,
}

impl PathDetail {
    /// The part of a path that is kept.
    fn of(self, path: &str) -> &str {
        match self {
            Self::None => "",
            Self::First => match path.get(1..).and_then(|rest| rest.find('/')) {
                Some(end) => path.get(..end + 2).unwrap_or(""),
                None => path,
            },
            Self::Full => path,
        }
    }
}

/// The recorder could not be started.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The machine gave no thread.
    #[error("the recorder of decisions could not be started")]
    Thread(#[source] std::io::Error),
}

impl Recorder {
    /// Starts the thread that feeds the journal.
    ///
    /// Without a seal nothing is kept of an address of illegal content (ILL-13).
    ///
    /// # Errors
    ///
    /// Fails when the machine gives no thread.
    pub fn start(
        journal: JournalWriter,
        detail: PathDetail,
        seal: Option<Seal>,
    ) -> Result<Self, RecorderError> {
        let (full, batches) = crossbeam_channel::bounded::<Batch>(QUEUE);
        let (recycle, emptied) = crossbeam_channel::bounded(QUEUE);
        let counters = Arc::new(Counters::default());
        let counted = Arc::clone(&counters);
        let journal = Arc::new(journal);
        let written = Arc::clone(&journal);
        let work = move || {
            let mut names = Names {
                detail,
                seal,
                ..Names::default()
            };
            for batch in batches {
                names.follow(&batch.state);
                write(&written, names.rows(&batch), &counted);
                // A full return queue only means that this room is not needed again.
                let _dropped = recycle.try_send(batch);
            }
        };
        let thread = std::thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(work)
            .map_err(RecorderError::Thread)?;
        Ok(Self {
            full: Some(full),
            emptied,
            counters,
            journal: Some(journal),
            thread: Some(thread),
        })
    }

    /// A recorder that counts and keeps nothing; for tests and benches of other parts.
    pub fn discarding() -> Self {
        let (full, batches) = crossbeam_channel::bounded::<Batch>(QUEUE);
        let (recycle, emptied) = crossbeam_channel::bounded(QUEUE);
        let thread = std::thread::spawn(move || {
            for batch in batches {
                let _dropped = recycle.try_send(batch);
            }
        });
        Self {
            full: Some(full),
            emptied,
            counters: Arc::default(),
            journal: None,
            thread: Some(thread),
        }
    }

    /// What was counted.
    pub const fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// What the journal has done.
    pub fn journal(&self) -> JournalCounts {
        self.journal
            .as_ref()
            .map(|journal| journal.counts())
            .unwrap_or_default()
    }

    /// Hands a batch over, or gives it back when too many wait.
    pub(crate) fn submit(&self, batch: Batch) -> Result<(), Batch> {
        let Some(full) = &self.full else {
            return Err(batch);
        };
        match full.try_send(batch) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(batch) | TrySendError::Disconnected(batch)) => Err(batch),
        }
    }

    /// An empty batch, with the room of an earlier one where there is any.
    pub(crate) fn empty(&self, state: &Arc<State>) -> Batch {
        match self.emptied.try_recv() {
            Ok(mut batch) => {
                batch.reuse(Arc::clone(state));
                batch
            }
            Err(_) => Batch::new(Arc::clone(state)),
        }
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder")
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}

impl Drop for Recorder {
    /// Waits until all that was handed over is on the disk.
    fn drop(&mut self) {
        drop(self.full.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was printed when it happened; there is nobody else to tell.
            let _ended = thread.join();
        }
    }
}

fn write(journal: &JournalWriter, rows: Vec<DecisionRow>, counters: &Counters) {
    if rows.is_empty() {
        return;
    }
    // While the journal has no room, batches pile up here and the doors are told to wait.
    if let Err(full) = journal.submit_blocking(rows, PATIENCE) {
        counters.add_lost(full.lost as u64);
    }
}

/// The names of one state, each made once.
#[derive(Default)]
struct Names {
    detail: PathDetail,
    seal: Option<Seal>,
    generation: Option<u64>,
    words: HashMap<String, Arc<str>>,
    categories: HashMap<u128, Arc<[Arc<str>]>>,
    list_version: Option<Arc<str>>,
}

/// What may be told apart in one batch; equal rows are counted together.
type Key<'a> = (
    IpAddr,
    &'a str,
    u16,
    Door,
    model::Action,
    Rung,
    Option<model::RuleIndex>,
    Option<Subject>,
);

impl Names {
    fn follow(&mut self, state: &State) {
        if self.generation != Some(state.generation) || self.words.len() > MOST_WORDS {
            *self = Self {
                detail: self.detail,
                seal: self.seal.take(),
                generation: Some(state.generation),
                ..Self::default()
            };
            let digest = state.artefact.digest().to_string();
            self.list_version = digest.get(..16).map(Arc::from);
        }
    }

    fn rows(&mut self, batch: &Batch) -> Vec<DecisionRow> {
        let mut places: HashMap<Key<'_>, usize> = HashMap::new();
        let mut rows: Vec<DecisionRow> = Vec::new();
        for row in &batch.rows {
            let folds = row.facts.reference.is_none()
                && row.path == (0, 0)
                && row.verdict.reason.rung != Rung::Floor
                && !row.verdict.obligations.alert;
            if !folds {
                rows.push(self.row(batch, row));
                continue;
            }
            let key = (
                row.source,
                batch.text(row.host),
                row.facts.kind,
                row.facts.door,
                row.verdict.action,
                row.verdict.reason.rung,
                row.verdict.reason.rule,
                row.subject,
            );
            if let Some(held) = places.get(&key).and_then(|&place| rows.get_mut(place)) {
                held.count += 1;
                held.last = row.at;
                held.bytes += row.facts.bytes;
                held.duration_ms = held.duration_ms.max(row.facts.duration_us / 1000);
                continue;
            }
            places.insert(key, rows.len());
            rows.push(self.row(batch, row));
        }
        rows
    }

    fn row(&mut self, batch: &Batch, row: &Row) -> DecisionRow {
        let state = &*batch.state;
        let policy = state.policy();
        let roster = state.identifier().roster();
        let subject = row.subject.as_ref();
        let reason = row.verdict.reason;
        // LOG-14: what was read on a help site is nobody's business.
        let help = policy
            .vocabulary()
            .find("help")
            .is_some_and(|help| row.labels.categories.contains(help));
        // ILL-08, ILL-13: what stands on a list of illegal content stands in no record but sealed.
        let floor = reason.rung == Rung::Floor;
        let path = match floor {
            true => self.sealed(batch, row),
            false => Some(self.detail.of(batch.text(row.path)))
                .filter(|path| !path.is_empty() && !help)
                .map(Arc::from),
        };
        let zone = subject
            .and_then(|subject| roster.zones.name(subject.zone))
            .unwrap_or("");
        let group = subject.and_then(|subject| policy.group(subject.group));
        let (device, user) = self.who(state, row);
        DecisionRow {
            first: row.at,
            last: row.at,
            count: 1,
            client: row.source,
            device,
            user,
            certainty: subject.map_or(Certainty::Zone, |subject| subject.certainty),
            zone: self.word(zone),
            group: self.word(group.map_or("", |group| &group.id)),
            door: row.facts.door,
            method: Some(row.facts.method)
                .filter(|word| !word.is_empty())
                .map(|word| self.word(word)),
            host: Arc::from(match floor {
                true => WITHHELD,
                false => batch.text(row.host),
            }),
            path,
            kind: (row.facts.kind != 0).then(|| self.kind(row.facts.kind)),
            categories: self.categories(state, row.labels.categories),
            action: row.verdict.action,
            rung: reason.rung,
            rule: reason.rule.map(|rule| self.word(policy.rule_name(rule))),
            list: reason.category.and_then(|id| {
                let source = state
                    .artefact
                    .sources(row.labels.set)
                    .find(|(held, _)| *held == id);
                source.map(|(_, list)| self.word(&list.id))
            }),
            list_version: self.list_version.clone(),
            policy_version: row.verdict.policy_version,
            bytes: row.facts.bytes,
            duration_ms: row.facts.duration_us / 1000,
            reference: row
                .facts
                .reference
                .map(|reference| Arc::from(reference.to_string())),
            alert: row.verdict.obligations.alert,
            background: row.facts.background.unwrap_or(false),
            flood: false,
        }
    }

    /// The sealed address of a row.
    fn sealed(&self, batch: &Batch, row: &Row) -> Option<Arc<str>> {
        let seal = self.seal.as_ref()?;
        let line = seal(&format!("{}{}", batch.text(row.host), batch.text(row.path)))?;
        Some(Arc::from(line))
    }

    /// Device and person, or why there is none to name (IDN-01).
    fn who(&mut self, state: &State, row: &Row) -> (Known, Known) {
        let Some(subject) = &row.subject else {
            return (
                Known::Unknown(Unknown::Outside),
                Known::Unknown(Unknown::Outside),
            );
        };
        let roster = state.identifier().roster();
        let device = subject
            .device
            .and_then(|device| roster.devices.name(device));
        let bound = state
            .bindings
            .known(row.source, row.at)
            .and_then(|held| held.user.as_deref());
        let why = unknown(
            roster
                .zone_facts
                .get(usize::from(subject.zone.0))
                .map(|zone| zone.kind),
            roster.feeds,
        );
        let user = match why {
            Unknown::NoSource | Unknown::NotBound => bound.or_else(|| name(&roster.users, subject)),
            Unknown::Expired
            | Unknown::Conflict
            | Unknown::SharedAddress
            | Unknown::Forwarder
            | Unknown::Thing
            | Unknown::Outside => None,
        };
        let mut known = |word: Option<&str>| match word {
            Some(word) => Known::Named(self.word(word)),
            None => Known::Unknown(why),
        };
        (known(device), known(user))
    }

    fn word(&mut self, word: &str) -> Arc<str> {
        if let Some(held) = self.words.get(word) {
            return Arc::clone(held);
        }
        let made: Arc<str> = Arc::from(word);
        self.words.insert(word.to_owned(), Arc::clone(&made));
        made
    }

    fn kind(&mut self, kind: u16) -> Arc<str> {
        match KINDS.iter().find(|(number, _)| *number == kind) {
            Some((_, word)) => self.word(word),
            // RFC 3597, section 5.
            None => self.word(&format!("TYPE{kind}")),
        }
    }

    fn categories(&mut self, state: &State, set: CategorySet) -> Arc<[Arc<str>]> {
        if let Some(held) = self.categories.get(&set.bits()) {
            return Arc::clone(held);
        }
        let vocabulary = state.policy().vocabulary();
        let words: Vec<Arc<str>> = set
            .iter()
            .map(|id| self.word(vocabulary.word(id)))
            .collect();
        let made: Arc<[Arc<str>]> = words.into();
        self.categories.insert(set.bits(), Arc::clone(&made));
        made
    }
}

fn name<'a>(users: &'a NameTable<model::UserIndex>, subject: &Subject) -> Option<&'a str> {
    subject.user.and_then(|user| users.name(user))
}

const fn unknown(kind: Option<ZoneKind>, feeds: bool) -> Unknown {
    match kind {
        None => Unknown::Outside,
        Some(ZoneKind::Shared) => Unknown::SharedAddress,
        Some(ZoneKind::Forwarder) => Unknown::Forwarder,
        Some(ZoneKind::Things) => Unknown::Thing,
        Some(ZoneKind::Clients) if feeds => Unknown::NotBound,
        Some(ZoneKind::Clients) => Unknown::NoSource,
    }
}

/// DNS types by number; the registry of RFC 6895, those that clients ask for.
const KINDS: [(u16, &str); 16] = [
    (1, "A"),
    (2, "NS"),
    (5, "CNAME"),
    (6, "SOA"),
    (12, "PTR"),
    (13, "HINFO"),
    (15, "MX"),
    (16, "TXT"),
    (28, "AAAA"),
    (33, "SRV"),
    (35, "NAPTR"),
    (43, "DS"),
    (48, "DNSKEY"),
    (64, "SVCB"),
    (65, "HTTPS"),
    (255, "ANY"),
];

/// Batches that wait: with full ones, a quarter of a million decisions.
const QUEUE: usize = 128;

/// What a record says in place of a host of the floor: a name that nobody can have.
const WITHHELD: &str = "withheld.invalid";

/// How long the recorder waits for the journal before rows are counted as lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// Words kept of one state; hosts are not among them.
const MOST_WORDS: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    // LOG-02
    #[test]
    fn no_more_of_a_path_is_kept_than_was_asked_for() {
        let path = "/people/someone@example.test/reset/token";
        assert_eq!(PathDetail::None.of(path), "");
        assert_eq!(PathDetail::First.of(path), "/people/");
        assert_eq!(PathDetail::First.of("/games"), "/games");
        assert_eq!(PathDetail::First.of(""), "");
        assert_eq!(PathDetail::Full.of(path), path);
    }
}
