use crate::attempts::Attempts;
use crate::credential::Vault;
use crate::credential::password::Hasher;
use crate::list_maker::{Here, SharedMaker};
use crate::register::{Heard, Register};
use crate::request::Rhythm;
use crate::session::Sessions;
use crate::state_folder::StateFolder;
use crate::{AccountId, Acting, Handed, Means, ProposalId, Settings};
use alert::Queue;
use audit::{Actor, AppendError, Entry, EntryIndex, EntryKind, Ledger, Pseudonym};
use gate::{Gate, State};
use lists::{SealKey, Store};
use matcher::Secret;
use model::{Chance, Clock, Digest, Moment, PolicyVersion};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use zeroize::Zeroizing;

mod activate;
mod ask;
mod bounds;
mod check;
mod compiled_lists;
mod confirm;
mod decide;
mod drift;
mod entrance;
mod erase;
mod evidence;
mod export;
mod feed;
mod force;
mod founding;
mod holds;
mod lesson;
mod look;
mod newcomer;
mod notify;
mod propose;
mod records;
mod refresh;
mod secrets;
mod summary;
mod tick;
mod time;
mod token;
mod trust;
mod validate;

pub use activate::ActivateError;
pub use confirm::ConfirmError;
pub use decide::DecideError;
pub use drift::{Drift, DriftError};
pub use entrance::{SessionError, SignInError};
pub use evidence::{EvidenceError, EvidenceState};
pub use export::{EvidenceOrder, ExportError, Gathered};
pub use feed::BindError;
pub use force::Activated;
pub use founding::{Commission, FoundError};
pub use look::{Disclosure, LookError, SimilarMatter};
pub use propose::ProposeError;
pub use records::RecordsError;
pub use refresh::{RefreshError, Refreshed, RefreshedList};
pub use secrets::SecretError;
pub use tick::Ticked;
pub use token::{ApiToken, TokenError};
pub use trust::{SetBack, Verification};
pub use validate::InvalidChange;

use check::Fresh;
use compiled_lists::CompiledLists;
use force::Force;
use time::GuardedTime;

/// The one way by which policy, lists, accounts and all else change.
///
/// The ledger is the one truth: what the desk knows is a fold over its entries. All calls are
/// synchronous and may wait for the disk.
pub struct Desk {
    folder: StateFolder,
    ledger: Ledger,
    notices: Arc<Queue>,
    secret: Secret,
    store: Store,
    /// Seals the addresses of illegal content that somebody asked for.
    evidence: SealKey,
    vault: Vault,
    hasher: Hasher,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    /// One writer: what is decided on is still so when it is written down.
    writing: Mutex<()>,
    register: RwLock<Register>,
    force: RwLock<Option<Arc<Force>>>,
    gate: OnceLock<Arc<Gate>>,
    sessions: Mutex<Sessions>,
    attempts: Mutex<Attempts>,
    rhythm: Mutex<Rhythm>,
    time: Mutex<GuardedTime>,
    /// Where lists are made.
    maker: RwLock<SharedMaker>,
    /// The lists that were compiled last.
    lists: Mutex<Option<CompiledLists>>,
    /// What waiting matters would do to the policy of just now.
    fresh: Mutex<BTreeMap<ProposalId, Fresh>>,
    /// Temporary passwords that wait to be handed over, in memory alone.
    handed: Mutex<BTreeMap<ProposalId, Handed>>,
    /// Second factors that are being enrolled.
    enrolling: Mutex<BTreeMap<AccountId, Zeroizing<String>>>,
    set_back: RwLock<Option<SetBack>>,
    /// One keeper of the journal at a time: it may be asked for while it runs by itself.
    keeping: Mutex<()>,
}

/// A desk that was opened, and what happened on the way.
#[derive(Debug)]
pub struct Opened {
    /// The desk.
    pub desk: Desk,
    /// Whether the ledger was begun just now: print its fingerprint for the safe.
    pub founded: bool,
}

/// The desk could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenDeskError {
    /// Another gateway holds the state folder.
    #[error(
        "another gateway runs on the state folder {folder}; stop it, or name another folder with `--state`"
    )]
    Locked {
        /// The folder.
        folder: String,
    },
    /// The state folder cannot be used.
    #[error("the state folder {folder} cannot be used; check that it exists and belongs to you")]
    Folder {
        /// The folder.
        folder: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The ledger cannot be opened.
    #[error(transparent)]
    Ledger(#[from] audit::OpenLedgerError),
    /// The notices cannot be opened.
    #[error(transparent)]
    Notices(#[from] alert::QueueError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Read(#[from] audit::ReadEntriesError),
    /// The start could not be written down.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// The right to write: held from the last look at what is decided on until it is written down.
pub(crate) struct Writing<'a>(#[allow(dead_code, reason = "held for its end")] MutexGuard<'a, ()>);

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl Desk {
    /// Opens the state folder, founds the ledger at the first start, and reads what it says.
    ///
    /// # Errors
    ///
    /// Fails when another process holds the folder, and when anything in it cannot be trusted.
    pub fn open(
        state: &Path,
        origin: &str,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Result<Opened, OpenDeskError> {
        let unusable = |source: io::Error| match source.kind() {
            io::ErrorKind::WouldBlock => OpenDeskError::Locked {
                folder: state.display().to_string(),
            },
            _ => OpenDeskError::Folder {
                folder: state.display().to_string(),
                source,
            },
        };
        let folder = StateFolder::open(state).map_err(unusable)?;
        let secret = folder.secret(&*chance).map_err(unusable)?;
        let vault = Vault::open(state, &secret).map_err(unusable)?;
        let notices = Arc::new(Queue::open(state)?);
        let path = StateFolder::ledger_in(state);
        let opened = Ledger::open(&path, origin, Arc::clone(&clock), Arc::clone(&chance))?;
        if let Some(cut) = opened.cut {
            tracing::warn!(
                entry = cut.entry.0,
                bytes = cut.bytes,
                "the beginning of an entry that was never acknowledged was cut off the ledger"
            );
        }
        let mut register = Register::default();
        for written in &opened.ledger.entries_from(EntryIndex(0))? {
            register.hear(&Heard::of(written));
        }
        // A crash may lie between the founding and the first start, so both count.
        let founded = opened.founded || register.lines.len() <= 1;
        let time = GuardedTime::new(&*clock, register.latest);
        let secret_of_lists = Secret::new(*secret);
        let store = StateFolder::plain_store(state).with_secret(&secret);
        let maker = Arc::new(Here {
            store: store.clone(),
            secret: secret_of_lists.clone(),
        });
        let desk = Self {
            folder,
            ledger: opened.ledger,
            notices,
            secret: secret_of_lists,
            evidence: SealKey::of_evidence(&secret),
            store,
            vault,
            hasher: Hasher::default(),
            clock,
            chance,
            writing: Mutex::default(),
            register: RwLock::new(register),
            force: RwLock::default(),
            gate: OnceLock::new(),
            sessions: Mutex::default(),
            attempts: Mutex::default(),
            rhythm: Mutex::default(),
            time: Mutex::new(time),
            maker: RwLock::new(maker),
            lists: Mutex::default(),
            fresh: Mutex::default(),
            handed: Mutex::default(),
            enrolling: Mutex::default(),
            set_back: RwLock::default(),
            keeping: Mutex::default(),
        };
        let version = json!({ "version": env!("CARGO_PKG_VERSION") });
        desk.write(&desk.hold(), Actor::Gateway, EntryKind::Started, &version)?;
        desk.say_oddities();
        desk.look_for_witness();
        Ok(Opened { desk, founded })
    }

    /// The name of the ledger of a state folder; `None` before the first start.
    pub fn origin_of(state: &Path) -> Option<String> {
        let transcript = audit::Transcript::read(&StateFolder::ledger_in(state)).ok()?;
        Some(transcript.public_key().origin().to_owned())
    }

    /// The ledger.
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The notices.
    pub const fn notices(&self) -> &Arc<Queue> {
        &self.notices
    }

    /// The state folder.
    pub const fn folder(&self) -> &StateFolder {
        &self.folder
    }

    /// The store of fetched lists.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// How changes are decided, as they stand in the policy in force.
    pub fn settings(&self) -> Settings {
        self.force()
            .map_or_else(Settings::default, |force| force.settings.clone())
    }

    /// The moment, past every moment that the ledger has seen lately whatever the clock says.
    pub fn now(&self) -> Moment {
        lock(&self.time).now(&*self.clock)
    }

    /// Writes down that the gateway stops in good order.
    ///
    /// # Errors
    ///
    /// Fails when the ledger does not take the entry.
    pub fn stop(&self) -> Result<EntryIndex, AppendError> {
        self.write(&self.hold(), Actor::Gateway, EntryKind::Stopped, &json!({}))
    }

    /// Says at the start what in the ledger this version cannot follow.
    fn say_oddities(&self) {
        let register = self.register();
        if !register.unread.is_empty() || !register.impossible.is_empty() {
            tracing::error!(
                unread = register.unread.len(),
                impossible = register.impossible.len(),
                first = register.unread.iter().chain(&register.impossible).min(),
                "entries of the change log cannot be followed and have no effect"
            );
        }
    }

    fn hold(&self) -> Writing<'_> {
        // What a panic left behind is no different from a crash: the ledger tells.
        Writing(lock(&self.writing))
    }

    /// Writes an entry down under the policy in force.
    fn write<T: Serialize>(
        &self,
        writing: &Writing<'_>,
        actor: Actor,
        kind: EntryKind,
        payload: &T,
    ) -> Result<EntryIndex, AppendError> {
        let version = self.force().map(|force| force.state.policy().version());
        self.append(writing, actor, kind, version, payload)
    }

    /// Writes an entry down that speaks of a certain policy.
    fn write_as<T: Serialize>(
        &self,
        writing: &Writing<'_>,
        actor: Actor,
        kind: EntryKind,
        version: PolicyVersion,
        payload: &T,
    ) -> Result<EntryIndex, AppendError> {
        self.append(writing, actor, kind, Some(version), payload)
    }

    /// The register hears of an entry once it is on the disk.
    fn append<T: Serialize>(
        &self,
        _writing: &Writing<'_>,
        actor: Actor,
        kind: EntryKind,
        version: Option<PolicyVersion>,
        payload: &T,
    ) -> Result<EntryIndex, AppendError> {
        let payload = serde_json::to_value(payload)?;
        let entry = Entry {
            kind,
            actor,
            policy_version: version,
            payload: payload.clone(),
        };
        let index = match finishes(kind) {
            true => self.ledger.append_from_reserve(entry)?,
            false => self.ledger.append(entry)?,
        };
        let heard = Heard {
            entry: index.0,
            at: self.clock.now(),
            kind: Some(kind),
            actor,
            version,
            payload: Some(&payload),
        };
        self.register_mut().hear(&heard);
        Ok(index)
    }

    fn register(&self) -> RwLockReadGuard<'_, Register> {
        self.register.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn register_mut(&self) -> RwLockWriteGuard<'_, Register> {
        self.register
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn force(&self) -> Option<Arc<Force>> {
        self.force
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What decides now; `None` before anything is in force.
    pub fn state(&self) -> Option<State> {
        self.force().map(|force| force.state.clone())
    }

    /// Hands the gate over: whatever comes into force from now on is swapped into it.
    pub fn attach(&self, gate: Arc<Gate>) {
        let _writing = self.hold();
        if let Some(force) = self.force() {
            gate.swap(force.state.clone());
        }
        if self.gate.set(gate).is_err() {
            tracing::error!("a second gate was handed over; the first one stays");
        }
    }

    /// The digest under which a secret text is kept.
    fn keep_digest(&self, what: &str, text: &str) -> Digest {
        self.vault.digest(what, text)
    }
}

/// Whether an entry finishes what was acknowledged, or closes: it may use up the reserve.
const fn finishes(kind: EntryKind) -> bool {
    matches!(
        kind,
        EntryKind::OverlayEnded
            | EntryKind::ClockBackwards
            | EntryKind::Fault
            | EntryKind::BreakGlass
            | EntryKind::Stopped
    )
}

/// The pseudonym of somebody who acts.
fn actor(acting: &Acting) -> Actor {
    Actor::Account(Pseudonym(acting.account.bytes()))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a token, and no session, speaks.
const fn by_token(acting: &Acting) -> bool {
    match acting.means {
        Means::Session(_) => false,
        Means::Token(_) => true,
    }
}
