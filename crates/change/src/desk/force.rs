use super::activate::ActivateError;
use super::compiled_lists::CompiledLists;
use super::{Desk, Writing};
use crate::proposal::{Approved, Checked, Consent, Proposal, Versions};
use crate::record::{ListsActivated, PolicyActivated};
use crate::state_folder::StateFolder;
use crate::{Active, ActiveError, Bundle, Settings};
use audit::{Actor, EntryIndex, EntryKind};
use gate::{Compiled, State};
use lists::Subscription;
use matcher::Artefact;
use model::{Digest, Faults, PolicyVersion};
use policy::Overlay;
use std::sync::{Arc, PoisonError};

/// What decides, and all that it was made of.
#[derive(Debug)]
pub(crate) struct Force {
    pub(crate) bundle: Bundle,
    pub(crate) school: String,
    pub(crate) state: State,
    pub(crate) overlay: Overlay,
    pub(crate) settings: Settings,
    /// The versions of the fetched lists.
    pub(crate) versions: Versions,
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
}

impl Force {
    pub(super) fn new(
        bundle: Bundle,
        school: String,
        state: State,
        overlay: Overlay,
        versions: Versions,
    ) -> Self {
        Self {
            settings: Settings::of(bundle.files()),
            versions,
            bundle,
            school,
            state,
            overlay,
        }
    }

    /// The same files with something else on top of them, and what should be looked at.
    pub(crate) fn under(&self, overlay: &Overlay) -> Result<(State, Faults), Faults> {
        let mut faults = Faults::default();
        let version = version_of(&self.bundle, overlay);
        let compiled = Compiled::compile(self.bundle.files(), overlay, version, &mut faults);
        match compiled {
            Some(compiled) => {
                let artefact = Arc::clone(self.state.artefact());
                let phrases = Arc::clone(self.state.phrases());
                let state = State::new(compiled, artefact, phrases, &self.school);
                Ok((state, faults))
            }
            None => Err(faults),
        }
    }
}

impl Desk {
    /// What is in force by the word of the ledger; `None` before the first activation.
    ///
    /// # Errors
    ///
    /// Fails when the bundle cannot be read.
    pub fn active(&self) -> Result<Option<Active>, ActiveError> {
        Active::read(self.folder.path())
    }

    /// Makes what the ledger says is in force decide again, for a start without a change; `None`
    /// before the first activation.
    ///
    /// The compiled lists are opened as they lie; where they are gone or of an earlier format they
    /// are compiled anew from the bundle. What was approved and not brought into force before a
    /// crash is brought into force by the next [`Desk::tick`].
    ///
    /// # Errors
    ///
    /// Fails when the bundle does not compile any more.
    pub fn resume(&self) -> Result<Option<State>, ActivateError> {
        let Some(active) = self.register().active().cloned() else {
            return Ok(None);
        };
        let bundle = Bundle::read(&StateFolder::bundles_in(self.folder.path()), active.bundle)?;
        let overlay = self.overlay();
        let version = version_of(&bundle, &overlay);
        let path = self.artefact_path(active.artefact);
        let opened = Artefact::open(&path, &self.secret).ok();
        let mut versions = self.register().versions_in_force();
        let state = match opened.filter(|artefact| artefact.digest() == active.artefact) {
            Some(artefact) => {
                let mut faults = Faults::default();
                let made = Compiled::compile(bundle.files(), &overlay, version, &mut faults);
                let vocabulary = policy::vocabulary(bundle.files(), &mut faults);
                let phrases = vocabulary.map(|vocabulary| {
                    self.phrases(bundle.files(), &versions, &vocabulary, &mut faults)
                });
                let (Some(compiled), Some(phrases), 0) = (made, phrases, faults.errors()) else {
                    return Err(ActivateError::Faults { faults });
                };
                let (artefact, phrases) = (Arc::new(artefact), Arc::new(phrases));
                self.recall_lists(&artefact, &phrases);
                State::new(compiled, artefact, phrases, &active.school)
            }
            None => {
                let made = self
                    .compile(&bundle, &overlay, &versions)
                    .map_err(|faults| ActivateError::Faults { faults })?;
                versions = made.versions;
                let (artefact, phrases) = (made.lists.artefact, made.lists.phrases);
                State::new(made.policy, artefact, phrases, &active.school)
            }
        };
        let school = active.school;
        self.put(Force::new(bundle, school, state.clone(), overlay, versions));
        Ok(Some(state))
    }

    /// Compiles files and runs their own tests.
    ///
    /// The compiled lists are on the disk afterwards, under a name that nothing refers to yet.
    ///
    /// # Errors
    ///
    /// Every fault of every file.
    pub fn check(&self, proposal: Proposal) -> Result<Checked, Faults> {
        let versions = self.register().versions_in_force();
        self.check_with(proposal, &versions)
    }

    /// Compiles files with these versions of the fetched lists.
    pub(super) fn check_with(
        &self,
        proposal: Proposal,
        versions: &Versions,
    ) -> Result<Checked, Faults> {
        let bundle = &proposal.bundle;
        let overlay = self.overlay();
        let made = self.compile(bundle, &overlay, versions)?;
        let mut warnings = made.warnings;
        let (artefact, phrases) = (made.lists.artefact, made.lists.phrases);
        let state = State::new(made.policy, artefact, phrases, &proposal.school);
        state.prove(bundle.files(), &mut warnings);
        if warnings.errors() > 0 {
            return Err(warnings);
        }
        Ok(Checked {
            state,
            overlay,
            lists: made.lists.made,
            warnings,
            proposal,
            versions: made.versions,
        })
    }

    /// Brings approved files into force.
    ///
    /// Bundle and lists are on the disk before the ledger entry, the entry before the swap; a
    /// crash between two steps leaves either what was in force, or what the ledger says is.
    ///
    /// # Errors
    ///
    /// What was in force stays.
    pub fn activate(&self, approved: Approved<Checked>) -> Result<Activated, ActivateError> {
        self.activate_under(&self.hold(), approved)
    }

    pub(super) fn activate_under(
        &self,
        writing: &Writing<'_>,
        approved: Approved<Checked>,
    ) -> Result<Activated, ActivateError> {
        let Approved {
            what: mut checked,
            by,
        } = approved;
        let before = self.register().active().cloned();
        let folder = StateFolder::bundles_in(self.folder.path());
        checked.proposal.bundle = checked.proposal.bundle.keep(&folder)?;
        let changed = self.changed(
            &checked.proposal.bundle,
            before.as_ref().map(|old| old.bundle),
        )?;
        let artefact = checked.state.artefact().digest();
        if before
            .as_ref()
            .is_none_or(|before| before.artefact != artefact)
        {
            self.write_lists(writing, &checked)?;
        }
        let Proposal {
            bundle,
            school,
            proposer,
            reason,
        } = checked.proposal;
        let (kind, matter) = match by {
            Consent::Matter {
                id,
                rolls_back: true,
            } => (EntryKind::RolledBack, Some(id)),
            Consent::Matter {
                id,
                rolls_back: false,
            } => (EntryKind::PolicyActivated, Some(id)),
            Consent::Commissioning => (EntryKind::PolicyActivated, None),
        };
        let payload = PolicyActivated {
            bundle: bundle.digest(),
            artefact,
            school: school.clone(),
            mode: by.mode().word().to_owned(),
            reason: reason.clone(),
            before: before.as_ref().map(|before| before.bundle),
            changed: changed.clone(),
            matter,
        };
        let entry = self.write_as(writing, proposer, kind, bundle.version(), &payload)?;
        self.put(Force::new(
            bundle.clone(),
            school,
            checked.state,
            checked.overlay,
            checked.versions,
        ));
        if let Err(error) = self.refresh(writing) {
            tracing::error!(%error, "what holds for a while could not be joined; it is tried again");
        }
        self.sweep(&[Some(artefact), before.map(|before| before.artefact)]);
        self.tell_activation(entry, &reason, &changed, by);
        Ok(Activated {
            version: bundle.version(),
            entry,
            changed,
        })
    }

    fn changed(
        &self,
        bundle: &Bundle,
        before: Option<Digest>,
    ) -> Result<Vec<String>, ActivateError> {
        let Some(before) = before else {
            return Ok(bundle
                .files()
                .iter()
                .map(|(path, _)| path.to_owned())
                .collect());
        };
        let folder = StateFolder::bundles_in(self.folder.path());
        Ok(bundle.differs(&Bundle::read(&folder, before)?))
    }

    fn write_lists(&self, writing: &Writing<'_>, checked: &Checked) -> Result<(), ActivateError> {
        let payload = ListsActivated {
            artefact: checked.state.artefact().digest(),
            names: checked.lists.names,
            lists: checked.lists.lists.clone(),
            versions: checked.versions.clone(),
            changes: None,
            matter: None,
        };
        let version = checked.proposal.bundle.version();
        self.write_as(
            writing,
            Actor::Gateway,
            EntryKind::ListsActivated,
            version,
            &payload,
        )?;
        Ok(())
    }

    /// Joins what stands on top of the files with them, and swaps it in; nothing where it is so.
    pub(super) fn refresh(&self, _writing: &Writing<'_>) -> Result<(), ActivateError> {
        let Some(force) = self.force() else {
            return Ok(());
        };
        let overlay = self.overlay();
        if overlay == force.overlay {
            return Ok(());
        }
        let (state, _) = force
            .under(&overlay)
            .map_err(|faults| ActivateError::Faults { faults })?;
        let (bundle, school) = (force.bundle.clone(), force.school.clone());
        let versions = force.versions.clone();
        self.put(Force::new(bundle, school, state, overlay, versions));
        Ok(())
    }

    /// Lets a state decide from now on.
    pub(super) fn put(&self, force: Force) {
        if let Some(gate) = self.gate.get() {
            gate.swap(force.state.clone());
        }
        *self.force.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(force));
    }

    /// Removes compiled lists that are neither in force nor were before.
    pub(super) fn sweep(&self, keep: &[Option<Digest>]) {
        let folder = StateFolder::lists_in(self.folder.path());
        let kept: Vec<String> = keep
            .iter()
            .flatten()
            .flat_map(|digest| [format!("{digest}.artefact"), format!("{digest}.json")])
            .collect();
        for file in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = file.file_name();
            let old = name.to_str().is_some_and(|name| {
                let ours = name.ends_with(".artefact") || name.ends_with(".json");
                ours && !kept.iter().any(|kept| kept == name)
            });
            if old && let Err(error) = std::fs::remove_file(file.path()) {
                tracing::warn!(%error, ?name, "an old artefact could not be removed");
            }
        }
    }
}

/// The version that decisions name: that of the bundle while nothing stands on top of it.
pub(crate) fn version_of(bundle: &Bundle, overlay: &Overlay) -> PolicyVersion {
    if *overlay == Overlay::default() {
        return bundle.version();
    }
    let mut bytes = bundle.digest().0.to_vec();
    bytes.extend(serde_json::to_vec(overlay).unwrap_or_default());
    PolicyVersion::from(Digest::of(&bytes))
}

/// Policy and lists, compiled.
pub(super) struct Made {
    pub(super) policy: Compiled,
    pub(super) lists: CompiledLists,
    pub(super) warnings: Faults,
    pub(super) versions: Versions,
}

impl Desk {
    /// Compiles policy and lists of a bundle; all faults of both.
    ///
    /// Of each fetched list the version that `wanted` names is taken, and the one in use in the
    /// store where it names none or it cannot be read.
    pub(super) fn compile(
        &self,
        bundle: &Bundle,
        overlay: &Overlay,
        wanted: &Versions,
    ) -> Result<Made, Faults> {
        let mut faults = Faults::default();
        let version = version_of(bundle, overlay);
        let compiled = Compiled::compile(bundle.files(), overlay, version, &mut faults);
        let mut unheard = Faults::default();
        let vocabulary = policy::vocabulary(bundle.files(), &mut unheard);
        let mut versions = Versions::new();
        let lists = vocabulary.map(|vocabulary| {
            let subscriptions = Subscription::all(bundle.files(), &vocabulary);
            let made = self.compiled_lists(bundle.files(), &subscriptions, wanted, &vocabulary)?;
            versions.clone_from(&made.made.versions);
            Ok(made)
        });
        match (compiled, lists) {
            (Some(policy), Some(Ok(lists))) if faults.errors() == 0 => {
                faults.append(lists.made.warnings.clone());
                Ok(Made {
                    policy,
                    lists,
                    warnings: faults,
                    versions,
                })
            }
            (_, Some(Err(more))) => {
                faults.append(more);
                Err(faults)
            }
            (_, None | Some(Ok(_))) => Err(faults),
        }
    }
}
