use crate::arguments::{self, Policy};
use crate::failure::Failure;
use crate::folder::Folders;
use crate::settings::Settings;
use change::StateFolder;
use gate::{Compiled, State};
use lists::{Store, Subscription};
use matcher::{Artefact, Secret};
use model::{Fault, Faults, Files, PolicyVersion, Vocabulary};
use policy::Overlay;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// A policy with its lists, compiled from working files without a state folder.
#[derive(Debug)]
pub(crate) struct Offline {
    /// What decides.
    pub(crate) state: State,
    /// What compiling the lists found.
    pub(crate) report: lists::Report,
    /// What should be looked at.
    pub(crate) warnings: Faults,
}

impl Offline {
    /// Reads and compiles all files.
    ///
    /// # Errors
    ///
    /// Every fault of every file, under the names by which the reader knows them.
    pub(crate) fn open(policy: &Policy) -> Result<Self, Failure> {
        Self::open_with(policy, None)
    }

    /// Reads and compiles all files, with the fetched lists of a state folder.
    ///
    /// # Errors
    ///
    /// As [`Offline::open`].
    pub(crate) fn open_with(
        policy: &Policy,
        state: Option<&arguments::State>,
    ) -> Result<Self, Failure> {
        let store = state.map(|state| StateFolder::store_in(&state.state));
        let folders = Folders::new(&policy.config, policy.blocklists.as_deref());
        let mut faults = Faults::default();
        let files = folders.read(&mut faults);
        if faults.errors() > 0 {
            return Err(Failure::Faults(faults));
        }
        let made = Self::compile(&files, &Overlay::default(), store.as_ref(), &mut faults);
        match made {
            Some((state, report)) => Ok(Self {
                state,
                report,
                warnings: folders.rename(faults),
            }),
            None => Err(Failure::Faults(folders.rename(faults))),
        }
    }

    /// What would decide by some files, with an overlay on top of them.
    pub(crate) fn decides(
        files: &Files,
        overlay: &Overlay,
        state: &Path,
        faults: &mut Faults,
    ) -> Option<State> {
        let store = StateFolder::store_in(state);
        Self::compile(files, overlay, Some(&store), faults).map(|(state, _)| state)
    }

    fn compile(
        files: &Files,
        overlay: &Overlay,
        store: Option<&Store>,
        faults: &mut Faults,
    ) -> Option<(State, lists::Report)> {
        let settings = Settings::read(files, faults);
        let version = PolicyVersion::from(files.digest());
        let compiled = Compiled::compile(files, overlay, version, faults);
        let mut unheard = Faults::default();
        let vocabulary = policy::vocabulary(files, &mut unheard)?;
        let inputs = match inputs(files, &vocabulary, store) {
            Ok(inputs) => inputs,
            Err(more) => {
                faults.append(more);
                return None;
            }
        };
        let phrases = lists::compile_phrases(&inputs, &vocabulary, faults);
        let (lists, report) = match lists::compile(&inputs, &vocabulary, &Secret::new(PASSING)) {
            Ok((lists, report)) => {
                for warning in report.warnings.iter() {
                    faults.push(warning.clone());
                }
                (lists, report)
            }
            Err(more) => {
                faults.append(more);
                return None;
            }
        };
        let artefact = match Artefact::from_bytes(lists.into_bytes(), &Secret::new(PASSING)) {
            Ok(artefact) => artefact,
            Err(error) => {
                let mend = "report this: the program does not read what it wrote";
                faults.push(Fault::of_file("blocklists", error.to_string(), mend));
                return None;
            }
        };
        if faults.errors() > 0 {
            return None;
        }
        let (artefact, phrases) = (Arc::new(artefact), Arc::new(phrases));
        let state = State::new(compiled?, artefact, phrases, &settings.school.name);
        Some((state, report))
    }
}

/// The files of the lists among some files, with those that were fetched.
fn inputs(
    files: &Files,
    vocabulary: &Vocabulary,
    store: Option<&Store>,
) -> Result<lists::Inputs, Faults> {
    let mut inputs = lists::inputs(files)?;
    if let Some(store) = store {
        let subscriptions = Subscription::all(files, vocabulary);
        store.supply(&subscriptions, &BTreeMap::new(), &mut inputs);
    }
    Ok(inputs)
}

/// The secret of an artefact that lives no longer than one command.
///
/// Nobody can profit from a collision there, and two runs on the same files come out alike.
const PASSING: [u8; 32] = [0x5c; 32];
