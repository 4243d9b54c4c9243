//! Fetched lists come into force by themselves: within the tolerances that were approved with
//! their source, and with an entry that says what changed (CHG-22).

use super::activate::ActivateError;
use super::force::{Force, version_of};
use super::{Desk, Writing};
use crate::list_maker::ListsMade;
use crate::proposal::Versions;
use crate::record::{ListChange, ListsActivated};
use crate::{ListVersion, Matter};
use alert::{NoticeKind, Role, Urgency};
use audit::{Actor, EntryIndex, EntryKind};
use gate::{Compiled, PhraseBook, State};
use lists::{Difference, Import, Outcome, Subscription};
use matcher::Artefact;
use model::{Digest, Faults};
use serde_json::json;
use std::fmt;
use std::sync::Arc;

/// What a refresh of the fetched lists brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refreshed {
    /// The entry that says so.
    pub entry: EntryIndex,
    /// The lists of which another version came into force.
    pub lists: Vec<RefreshedList>,
}

/// A list of which another version came into force, shown as `id (+2 -1)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshedList {
    /// Its id.
    pub id: String,
    /// How many entries came and went; `None` where the versions could not be compared.
    pub counts: Option<(usize, usize)>,
}

impl From<&ListChange> for RefreshedList {
    fn from(change: &ListChange) -> Self {
        Self {
            id: change.id.clone(),
            counts: change.added.zip(change.removed),
        }
    }
}

impl fmt::Display for RefreshedList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.counts {
            Some((added, removed)) => write!(f, "{} (+{added} -{removed})", self.id),
            None => write!(f, "{} (changes not counted)", self.id),
        }
    }
}

/// Fetched lists could not be brought into force; what was in force stays.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// They do not hold together, or with them the school's own tests fail.
    #[error("with the fetched lists the policy does not hold together:\n{faults}")]
    Faults {
        /// What is wrong.
        faults: Faults,
    },
    /// They could not be kept, opened or written down.
    #[error(transparent)]
    Activate(#[from] ActivateError),
    /// The policy changed again and again meanwhile.
    #[error("the policy changed while lists were compiled; they are tried again")]
    Busy,
}

/// Lists that were compiled for what is in force.
struct Candidate {
    force: Arc<Force>,
    artefact: Arc<Artefact>,
    phrases: Arc<PhraseBook>,
    lists: Arc<ListsMade>,
    versions: Versions,
    changes: Vec<ListChange>,
}

impl Desk {
    /// The subscriptions of the policy in force, those that are not in use included.
    pub fn subscriptions(&self) -> Vec<Subscription> {
        self.force().map_or_else(Vec::new, |force| {
            Subscription::all(force.bundle.files(), force.state.policy().vocabulary())
        })
    }

    /// The files in force.
    pub fn files(&self) -> Option<model::Files> {
        self.force().map(|force| force.bundle.files().clone())
    }

    /// The versions of the fetched lists in force, by list.
    pub fn list_versions(&self) -> std::collections::BTreeMap<String, Digest> {
        self.force()
            .map_or_else(Versions::new, |force| force.versions.clone())
    }

    /// Brings the newest good versions of the fetched lists into force; `None` where they are.
    ///
    /// It compiles on the calling thread, which should not be one that serves.
    ///
    /// # Errors
    ///
    /// What was in force stays.
    pub fn refresh_lists(&self) -> Result<Option<Refreshed>, RefreshError> {
        for _ in 0..MOST_TRIES {
            let Some(force) = self.force() else {
                return Ok(None);
            };
            let wanted = self.newest(&force);
            if wanted == force.versions {
                return Ok(None);
            }
            let candidate = self.compile_lists(force, &wanted)?;
            let writing = self.hold();
            let still = self.force().is_some_and(|now| {
                now.bundle.digest() == candidate.force.bundle.digest()
                    && now.versions == candidate.force.versions
            });
            if still {
                let done = self.swap_lists(&writing, Actor::Gateway, candidate, None)?;
                return Ok(Some(done));
            }
        }
        Err(RefreshError::Busy)
    }

    /// The versions in use in the store, for the lists in use.
    fn newest(&self, force: &Force) -> Versions {
        let lists = Subscription::all(force.bundle.files(), force.state.policy().vocabulary());
        let used = lists.into_iter().filter(|list| list.source.enabled);
        let newest = used.filter_map(|list| {
            let id = list.source.id;
            let newest = self.store.history(&id).ok().and_then(|held| held.in_use);
            // A record that is gone takes nothing out of force.
            let held = newest.or_else(|| force.versions.get(&id).copied())?;
            Some((id, held))
        });
        newest.collect()
    }

    fn compile_lists(
        &self,
        force: Arc<Force>,
        wanted: &Versions,
    ) -> Result<Candidate, RefreshError> {
        let faulty = |faults| RefreshError::Faults { faults };
        let made = self
            .compile(&force.bundle, &force.overlay, wanted)
            .map_err(faulty)?;
        let artefact = made.lists.artefact;
        let phrases = Arc::clone(&made.lists.phrases);
        let state = State::new(made.policy, Arc::clone(&artefact), phrases, &force.school);
        // A list that closes what the school tests for, or opens it, does not come into force.
        let mut faults = Faults::default();
        state.prove(force.bundle.files(), &mut faults);
        if faults.errors() > 0 {
            return Err(faulty(faults));
        }
        let changes = self.changes(&force, &made.versions);
        Ok(Candidate {
            force,
            artefact,
            phrases: made.lists.phrases,
            lists: made.lists.made,
            versions: made.versions,
            changes,
        })
    }

    /// What changed in each list whose version changed.
    fn changes(&self, force: &Force, versions: &Versions) -> Vec<ListChange> {
        let lists = Subscription::all(force.bundle.files(), force.state.policy().vocabulary());
        let mut changes = Vec::new();
        for list in &lists {
            let id = &list.source.id;
            let (before, after) = (force.versions.get(id), versions.get(id));
            if before == after {
                continue;
            }
            let found = self.difference(list, before, after);
            changes.push(ListChange {
                id: id.clone(),
                before: before.copied(),
                after: after.copied(),
                added: found.as_ref().map(|found| found.added),
                removed: found.as_ref().map(|found| found.removed),
            });
        }
        changes
    }

    /// How two versions of a list differ; `None` where that cannot be known.
    fn difference(
        &self,
        list: &Subscription,
        before: Option<&Digest>,
        after: Option<&Digest>,
    ) -> Option<Difference> {
        // A list that is new, or gone, has no text on one side.
        let text = |digest: Option<&Digest>| match digest {
            Some(digest) => self.store.bytes(&list.source.id, *digest).ok(),
            None => Some(Vec::new()),
        };
        let import = Import::of_source(&list.source, list.withheld)?;
        Difference::between(&text(before)?, &text(after)?, &import).ok()
    }

    /// Entry first, then the swap.
    fn swap_lists(
        &self,
        writing: &Writing<'_>,
        who: Actor,
        candidate: Candidate,
        matter: Option<&Matter>,
    ) -> Result<Refreshed, ActivateError> {
        let Candidate {
            force,
            artefact,
            phrases,
            lists,
            versions,
            changes,
        } = candidate;
        let overlay = self.overlay();
        let mut faults = Faults::default();
        let version = version_of(&force.bundle, &overlay);
        let compiled = Compiled::compile(force.bundle.files(), &overlay, version, &mut faults);
        let policy = compiled.ok_or(ActivateError::Faults { faults })?;
        let digest = artefact.digest();
        let state = State::new(policy, artefact, phrases, &force.school);
        let before = self.register().active().map(|active| active.artefact);
        let payload = ListsActivated {
            artefact: digest,
            names: lists.names,
            lists: lists.lists.clone(),
            versions: versions.clone(),
            changes: Some(changes.clone()),
            matter: matter.map(|matter| matter.id),
        };
        let entry = self.write(writing, who, EntryKind::ListsActivated, &payload)?;
        let (bundle, school) = (force.bundle.clone(), force.school.clone());
        self.put(Force::new(bundle, school, state, overlay, versions));
        self.sweep(&[Some(digest), before]);
        Ok(Refreshed {
            entry,
            lists: changes.iter().map(RefreshedList::from).collect(),
        })
    }

    /// The versions in force with one of them as a change wants it.
    pub(super) fn versions_with(&self, force: &Force, to: &ListVersion) -> Versions {
        let mut versions = force.versions.clone();
        versions.insert(to.list.clone(), to.version);
        versions
    }

    /// Brings an earlier version of a list into force again, on a decision.
    pub(super) fn roll_list_back(
        &self,
        writing: &Writing<'_>,
        who: Actor,
        matter: &Matter,
        to: &ListVersion,
    ) -> Result<(), ActivateError> {
        let gone = || ActivateError::Gone { id: matter.id };
        let force = self.force().ok_or_else(gone)?;
        let wanted = self.versions_with(&force, to);
        let candidate = match self.compile_lists(force, &wanted) {
            Ok(candidate) => candidate,
            Err(RefreshError::Faults { faults }) => return Err(ActivateError::Faults { faults }),
            Err(RefreshError::Activate(error)) => return Err(error),
            Err(RefreshError::Busy) => return Err(gone()),
        };
        if candidate.versions.get(&to.list) != Some(&to.version) {
            return Err(gone());
        }
        // Should the machine stop between, the store is one refresh behind the change log, and
        // the decision is taken up at the next start.
        let words = format!("taken back by {}", matter.id);
        self.store
            .return_to(&to.list, to.version, &words)
            .map_err(|_| gone())?;
        self.swap_lists(writing, who, candidate, Some(matter))?;
        Ok(())
    }

    /// Writes down what was put aside, and tells who must look.
    ///
    /// # Errors
    ///
    /// Fails when the ledger does not take an entry.
    pub fn note_outcome(
        &self,
        list: &Subscription,
        outcome: &Outcome,
    ) -> Result<(), audit::AppendError> {
        match outcome {
            Outcome::Quarantined {
                reasons,
                kept,
                again: false,
            } => {
                let id = &list.source.id;
                let payload = json!({
                    "what": format!("list `{id}` was put aside: {}", reasons.join("; ")),
                    "list": id,
                    "reasons": reasons,
                    "kept": kept,
                });
                let entry = self.write(&self.hold(), Actor::Gateway, EntryKind::Fault, &payload)?;
                let stays = match kept {
                    Some(_) => "the last good version stays in use",
                    None => "there is no earlier version, so nothing of it is in use",
                };
                let words = format!("{}; {stays}", reasons.join("; "));
                let title = format!("the list “{}” was put aside", list.source.title);
                self.tell_of_list(list, &title, words, Some(entry));
                Ok(())
            }
            Outcome::Quarantined { again: true, .. }
            | Outcome::Taken { .. }
            | Outcome::Unchanged
            | Outcome::Waits { .. }
            | Outcome::Failed { .. } => Ok(()),
        }
    }

    /// Tells who must look that a list is no longer fresh.
    pub fn tell_stale(&self, list: &Subscription, reasons: &[String]) {
        let title = format!("the list “{}” is out of date", list.source.title);
        let why = match reasons.is_empty() {
            true => "nothing was heard of its publisher".to_owned(),
            false => reasons.join("; "),
        };
        let words = format!("{why}; the last good version stays in use");
        self.tell_of_list(list, &title, words, None);
    }

    /// Tells the technician that fetched lists could not come into force.
    pub fn tell_not_refreshed(&self, error: &RefreshError) {
        let letter = self
            .letter(
                Role::Technician,
                Urgency::Soon,
                "fetched lists could not come into force",
                format!("{error}; the lists in force stay"),
                None,
            )
            .kind(NoticeKind::Technical)
            .topic("lists");
        self.send(letter);
    }

    fn tell_of_list(
        &self,
        list: &Subscription,
        title: &str,
        words: String,
        entry: Option<EntryIndex>,
    ) {
        // Without a list of illegal content the school breaks a duty, so more people hear of it.
        let (roles, urgency): (&[Role], Urgency) = match list.withheld || list.source.required {
            true => (
                &[Role::Technician, Role::Headteacher, Role::SafeguardingLead],
                Urgency::Immediate,
            ),
            false => (&[Role::Technician], Urgency::Soon),
        };
        for role in roles {
            let letter = self
                .letter(*role, urgency, title, words.clone(), entry)
                .kind(NoticeKind::Technical)
                .topic(format!("list-{}-{role}", list.source.id))
                .link("/health");
            self.send(letter);
        }
    }
}

/// A policy that changes three times while lists are compiled can wait for the next look.
const MOST_TRIES: usize = 3;
