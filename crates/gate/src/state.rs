use crate::explain::seen;
use content::PhraseBook;
use identity::{Bindings, Identifier};
use matcher::Artefact;
use model::{Faults, Files, GroupIndex, PolicyVersion, Target, Verdict};
use policy::{Overlay, Policy, View};
use std::sync::Arc;

/// Policy and identity, compiled from files that hold together.
#[derive(Debug)]
pub struct Compiled {
    pub(crate) policy: Policy,
    pub(crate) identifier: Identifier,
    local_servers: Vec<identity::LocalServer>,
}

impl Compiled {
    /// Compiles all policy files, adding every fault of every file to `faults`.
    ///
    /// `None` when at least one of them stops the policy.
    pub fn compile(
        files: &Files,
        overlay: &Overlay,
        version: PolicyVersion,
        faults: &mut Faults,
    ) -> Option<Self> {
        let vocabulary = policy::vocabulary(files, faults)?;
        let network = identity::Draft::read(files, faults);
        let rules = policy::Draft::read(files, &vocabulary, faults);
        let identifier = network.compile(rules.groups(), |id| rules.find_schedule(id), faults);
        let policy = rules.compile(network.roster(), overlay, version, faults);
        if faults.errors() > 0 {
            return None;
        }
        let local_servers = network.network().local_servers.clone();
        Some(Self {
            policy: policy?,
            identifier: identifier?,
            local_servers,
        })
    }

    /// The compiled policy.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Who there is.
    pub const fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    /// The school's own servers.
    pub fn local_servers(&self) -> &[identity::LocalServer] {
        &self.local_servers
    }
}

/// All that decides at one moment: policy, identities and lists of one generation.
#[derive(Clone, Debug)]
pub struct State {
    pub(crate) compiled: Arc<Compiled>,
    pub(crate) artefact: Arc<Artefact>,
    pub(crate) phrases: Arc<PhraseBook>,
    pub(crate) bindings: Arc<Bindings>,
    pub(crate) school: Arc<str>,
    pub(crate) generation: u64,
}

impl State {
    /// Joins a compiled policy with lists and phrases; the school's name stands on its pages.
    pub fn new(
        compiled: Compiled,
        artefact: Arc<Artefact>,
        phrases: Arc<PhraseBook>,
        school: &str,
    ) -> Self {
        Self {
            compiled: Arc::new(compiled),
            artefact,
            phrases,
            bindings: Arc::default(),
            school: school.into(),
            generation: 0,
        }
    }

    /// The compiled policy.
    pub fn policy(&self) -> &Policy {
        &self.compiled.policy
    }

    /// Who there is.
    pub fn identifier(&self) -> &Identifier {
        &self.compiled.identifier
    }

    /// The lists.
    pub const fn artefact(&self) -> &Arc<Artefact> {
        &self.artefact
    }

    /// The phrases for pages and searches.
    pub const fn phrases(&self) -> &Arc<PhraseBook> {
        &self.phrases
    }

    /// What feeds say of addresses.
    pub const fn bindings(&self) -> &Arc<Bindings> {
        &self.bindings
    }

    /// Decides one query of a view of a group as the doors do: in the detail that its door would
    /// see.
    pub fn judge(&self, view: &View, group: GroupIndex, target: Target<'_>) -> Verdict {
        let target = seen(target, view.obligations().inspect);
        let labels = self.artefact.label_target(&target);
        self.decide(view, group, &target, labels).verdict
    }

    /// The id of a group; empty for a place of another policy.
    pub fn group_name(&self, group: GroupIndex) -> String {
        self.policy()
            .groups()
            .name(group)
            .unwrap_or_default()
            .to_owned()
    }

    /// The files that made the policy, and what they say of the school's own servers.
    pub const fn compiled(&self) -> &Arc<Compiled> {
        &self.compiled
    }

    /// The name of the school.
    pub fn school(&self) -> &str {
        &self.school
    }

    /// Counts swaps of policy, lists and identities since the start.
    pub const fn generation(&self) -> u64 {
        self.generation
    }
}
