use crate::active::{Active, ActiveError};
use crate::bundle::{Bundle, BundleError};
use crate::proposal::{Approved, Checked, Mode, Proposal};
use crate::state_folder::StateFolder;
use alert::{Notice, Queue, Role, Urgency};
use audit::{Actor, Entry, EntryIndex, EntryKind, Ledger};
use gate::{Compiled, Gate, State};
use matcher::{Artefact, Secret};
use model::{Chance, Clock, Faults, PolicyVersion};
use policy::Overlay;
use serde_json::json;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The one way by which policy and lists change.
pub struct Desk {
    folder: StateFolder,
    ledger: Ledger,
    notices: Queue,
    secret: Secret,
    clock: Arc<dyn Clock>,
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
    Read(#[from] audit::ReadTranscriptError),
    /// The start could not be written down.
    #[error(transparent)]
    Append(#[from] audit::AppendError),
}

/// A change could not be brought into force; what was in force stays.
#[derive(Debug, thiserror::Error)]
pub enum ActivateError {
    /// The bundle could not be kept.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The compiled lists could not be kept.
    #[error(transparent)]
    Lists(#[from] matcher::CompileError),
    /// The compiled lists could not be opened.
    #[error(transparent)]
    Open(#[from] matcher::OpenError),
    /// The ledger did not take the entry.
    #[error(transparent)]
    Ledger(#[from] audit::AppendError),
    /// What is in force cannot be told.
    #[error(transparent)]
    Active(#[from] ActiveError),
    /// What is in force does not compile any more.
    #[error("the policy in force does not compile with this version of the program:\n{faults}")]
    Faults {
        /// What is wrong.
        faults: Faults,
    },
}

/// What came into force.
#[derive(Debug)]
pub struct Activated {
    /// The policy.
    pub version: PolicyVersion,
    /// The entry that says so.
    pub entry: EntryIndex,
    /// The files that changed.
    pub changed: Vec<String>,
    /// The state to decide by, where no gate was there to take it.
    pub state: Option<State>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl Desk {
    /// Opens the state folder, and founds the ledger at the first start.
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
        let shown = || state.display().to_string();
        let folder = StateFolder::open(state).map_err(|source| match source.kind() {
            io::ErrorKind::WouldBlock => OpenDeskError::Locked { folder: shown() },
            _ => OpenDeskError::Folder {
                folder: shown(),
                source,
            },
        })?;
        let secret = folder
            .secret(&*chance)
            .map_err(|source| OpenDeskError::Folder {
                folder: shown(),
                source,
            })?;
        let notices = Queue::open(state)?;
        let path = StateFolder::ledger_in(state);
        let opened = Ledger::open(&path, origin, Arc::clone(&clock), chance)?;
        if let Some(cut) = opened.cut {
            tracing::warn!(
                entry = cut.entry.0,
                bytes = cut.bytes,
                "the beginning of an entry that was never acknowledged was cut off the ledger"
            );
        }
        let desk = Self {
            folder,
            ledger: opened.ledger,
            notices,
            secret,
            clock,
        };
        // A crash may lie between the founding and this entry, so it is asked for each time.
        let transcript = desk.ledger.transcript()?;
        let said = transcript
            .entries()
            .any(|written| written.leaf.kind() == Some(EntryKind::Unattended));
        if !said {
            desk.write(EntryKind::Unattended, None, json!({
                "words": "changes take effect on one person's word until change control is set up",
            }))?;
        }
        desk.write(
            EntryKind::Started,
            None,
            json!({ "version": env!("CARGO_PKG_VERSION") }),
        )?;
        Ok(Opened {
            desk,
            founded: !said,
        })
    }

    /// The name of the ledger of a state folder; `None` before the first start.
    pub fn origin_of(state: &Path) -> Option<String> {
        let transcript = audit::Transcript::read(&StateFolder::ledger_in(state)).ok()?;
        Some(transcript.public_key().origin().to_owned())
    }

    /// How changes are decided.
    pub const fn mode(&self) -> Mode {
        Mode::Unattended
    }

    /// The ledger.
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The notices that wait.
    pub const fn notices(&self) -> &Queue {
        &self.notices
    }

    /// The state folder.
    pub const fn folder(&self) -> &StateFolder {
        &self.folder
    }

    /// What is in force; `None` before the first activation.
    ///
    /// # Errors
    ///
    /// Fails when the ledger or the bundle cannot be read.
    pub fn active(&self) -> Result<Option<Active>, ActiveError> {
        Active::read(self.folder.path())
    }

    /// Compiles a proposal and runs its own tests.
    ///
    /// The compiled lists are on the disk afterwards, under a name that nothing refers to yet.
    ///
    /// # Errors
    ///
    /// Every fault of every file.
    pub fn check(&self, proposal: Proposal) -> Result<Checked, Faults> {
        let bundle = &proposal.bundle;
        let (compiled, lists, report, mut warnings) = compile(bundle, &self.secret)?;
        let path = lists.write_to(&StateFolder::lists_in(self.folder.path()));
        let opened = path
            .map_err(|error| unkept(&error))
            .and_then(|path| Artefact::open(&path, &self.secret).map_err(|error| unkept(&error)));
        let artefact = match opened {
            Ok(artefact) => artefact,
            Err(fault) => {
                warnings.push(fault);
                return Err(warnings);
            }
        };
        let state = State::new(compiled, Arc::new(artefact), &proposal.school);
        state.prove(bundle.files(), &mut warnings);
        if warnings.errors() > 0 {
            return Err(warnings);
        }
        Ok(Checked {
            state,
            report,
            warnings,
            proposal,
        })
    }

    /// Brings an approved proposal into force.
    ///
    /// Bundle and lists are on the disk before the ledger entry, the entry before the swap; a
    /// crash between two steps leaves either what was in force, or what the ledger says is.
    ///
    /// # Errors
    ///
    /// What was in force stays.
    pub fn activate(
        &self,
        approved: Approved<Checked>,
        gate: Option<&Gate>,
    ) -> Result<Activated, ActivateError> {
        let Approved { what: checked, by } = approved;
        let Proposal {
            bundle,
            school,
            proposer,
            reason,
        } = checked.proposal;
        let before = self.active()?;
        bundle.keep(&StateFolder::bundles_in(self.folder.path()))?;
        let artefact = checked.state.artefact().digest();
        let version = bundle.version();
        let changed = match &before {
            Some(before) => bundle.differs(&before.bundle),
            None => bundle
                .files()
                .iter()
                .map(|(path, _)| path.to_owned())
                .collect(),
        };
        if before
            .as_ref()
            .is_none_or(|before| before.artefact != artefact)
        {
            self.write(
                EntryKind::ListsActivated,
                Some(version),
                json!({
                    "artefact": artefact,
                    "names": checked.report.compiled.names,
                    "lists": checked.report.lists.iter().map(|list| json!({
                        "id": list.id,
                        "digest": list.digest,
                        "names": list.names,
                        "refused": list.refused.total(),
                    })).collect::<Vec<_>>(),
                }),
            )?;
        }
        let entry = self.append(
            proposer,
            EntryKind::PolicyActivated,
            Some(version),
            json!({
                "bundle": bundle.digest(),
                "artefact": artefact,
                "school": school,
                "mode": by.word(),
                "reason": reason,
                "before": before.as_ref().map(|before| before.bundle.digest()),
                "changed": changed,
            }),
        )?;
        let state = match gate {
            Some(gate) => {
                gate.swap(checked.state);
                None
            }
            None => Some(checked.state),
        };
        self.tell(entry, &reason, &changed);
        self.sweep(&[Some(artefact), before.map(|before| before.artefact)]);
        Ok(Activated {
            version,
            entry,
            changed,
            state,
        })
    }

    /// Makes the state that is in force, for a start without a change.
    ///
    /// The compiled lists are opened as they lie; where they are gone or of an earlier format they
    /// are compiled anew from the bundle.
    ///
    /// # Errors
    ///
    /// Fails when the bundle does not compile any more.
    pub fn resume(&self, active: &Active) -> Result<State, ActivateError> {
        let folder = StateFolder::lists_in(self.folder.path());
        let path = folder.join(format!("{}.artefact", active.artefact));
        if let Ok(artefact) = Artefact::open(&path, &self.secret)
            && artefact.digest() == active.artefact
        {
            let mut faults = Faults::default();
            let overlay = Overlay::default();
            let made = Compiled::compile(
                active.bundle.files(),
                &overlay,
                active.version(),
                &mut faults,
            );
            let compiled = made.ok_or(ActivateError::Faults { faults })?;
            return Ok(State::new(compiled, Arc::new(artefact), &active.school));
        }
        let (compiled, lists, _, _) = compile(&active.bundle, &self.secret)
            .map_err(|faults| ActivateError::Faults { faults })?;
        let artefact = Artefact::open(&lists.write_to(&folder)?, &self.secret)?;
        Ok(State::new(compiled, Arc::new(artefact), &active.school))
    }

    /// Writes down that the gateway stops in good order.
    ///
    /// # Errors
    ///
    /// Fails when the ledger does not take the entry.
    pub fn stop(&self) -> Result<EntryIndex, audit::AppendError> {
        self.write(EntryKind::Stopped, None, json!({}))
    }

    /// Writes down that somebody bound an address by hand.
    ///
    /// # Errors
    ///
    /// Fails when the ledger does not take the entry; the binding must not take effect then.
    pub fn bind(
        &self,
        gate: &Gate,
        binding: identity::Binding,
        who: Actor,
    ) -> Result<EntryIndex, audit::AppendError> {
        let entry = self.append(
            who,
            EntryKind::IdentityBound,
            None,
            json!({ "binding": &binding }),
        )?;
        gate.bind(binding);
        Ok(entry)
    }

    /// Writes down that a proposal was refused because of its faults, and tells the technician.
    ///
    /// # Errors
    ///
    /// Fails when the ledger does not take the entry.
    pub fn refuse(&self, faults: &Faults) -> Result<EntryIndex, audit::AppendError> {
        let words: String = faults.to_string().chars().take(MOST_WORDS).collect();
        let entry = self.write(
            EntryKind::Fault,
            None,
            json!({
                "what": "the edited files do not hold together; the policy in force stays",
                "errors": faults.errors(),
                "words": words,
            }),
        )?;
        self.notify(
            Role::Technician,
            Urgency::Soon,
            "the edited policy was refused",
            words,
            entry,
        );
        Ok(entry)
    }

    fn tell(&self, entry: EntryIndex, reason: &str, changed: &[String]) {
        let words = format!("{reason}; files that changed: {}", changed.join(", "));
        self.notify(
            Role::Headteacher,
            Urgency::Digest,
            "a policy came into force",
            words,
            entry,
        );
    }

    fn notify(&self, to: Role, urgency: Urgency, title: &str, words: String, entry: EntryIndex) {
        let notice = Notice {
            at: self.clock.now(),
            to,
            urgency,
            title: title.to_owned(),
            words,
            entry: Some(entry.0),
        };
        // The ledger holds the change already; a notice that cannot be kept must not undo it.
        if let Err(error) = self.notices.push(notice) {
            tracing::error!(%error, entry = entry.0, "a notice could not be kept");
        }
    }

    fn write(
        &self,
        kind: EntryKind,
        policy_version: Option<PolicyVersion>,
        payload: serde_json::Value,
    ) -> Result<EntryIndex, audit::AppendError> {
        self.append(Actor::Gateway, kind, policy_version, payload)
    }

    fn append(
        &self,
        actor: Actor,
        kind: EntryKind,
        policy_version: Option<PolicyVersion>,
        payload: serde_json::Value,
    ) -> Result<EntryIndex, audit::AppendError> {
        self.ledger.append(Entry {
            kind,
            actor,
            policy_version,
            payload,
        })
    }

    /// Removes compiled lists that are neither in force nor were before.
    fn sweep(&self, keep: &[Option<model::Digest>]) {
        let folder = StateFolder::lists_in(self.folder.path());
        let kept: Vec<String> = keep
            .iter()
            .flatten()
            .map(|digest| format!("{digest}.artefact"))
            .collect();
        for file in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = file.file_name();
            let old = name.to_str().is_some_and(|name| {
                name.ends_with(".artefact") && !kept.iter().any(|kept| kept == name)
            });
            if old && let Err(error) = std::fs::remove_file(file.path()) {
                tracing::warn!(%error, ?name, "an old artefact could not be removed");
            }
        }
    }
}

fn unkept(error: &dyn std::error::Error) -> model::Fault {
    let mend = "check the disk and the rights of the state folder";
    model::Fault::of_file("blocklists", error.to_string(), mend)
}

type Made = (Compiled, matcher::Compiled, lists::Report, Faults);

/// Compiles policy and lists of a bundle; all faults of both.
fn compile(bundle: &Bundle, secret: &Secret) -> Result<Made, Faults> {
    let mut faults = Faults::default();
    let compiled = Compiled::compile(
        bundle.files(),
        &Overlay::default(),
        bundle.version(),
        &mut faults,
    );
    let mut unheard = Faults::default();
    let vocabulary = policy::vocabulary(bundle.files(), &mut unheard);
    let lists = vocabulary.map(|vocabulary| {
        let inputs: BTreeMap<String, Arc<[u8]>> = bundle
            .files()
            .under(BLOCKLISTS)
            .map(|(path, content)| (path[BLOCKLISTS.len()..].to_owned(), Arc::clone(content)))
            .collect();
        lists::compile(&inputs, &vocabulary, secret)
    });
    match (compiled, lists) {
        (Some(compiled), Some(Ok((lists, report)))) => Ok((compiled, lists, report, faults)),
        (_, Some(Err(more))) => {
            faults.append(more);
            Err(faults)
        }
        (_, None | Some(Ok(_))) => Err(faults),
    }
}

const BLOCKLISTS: &str = "blocklists/";

/// A ledger entry is no place for a novel.
const MOST_WORDS: usize = 20_000;
