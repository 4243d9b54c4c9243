use crate::when::When;
use crate::{Asked, Console};

/// The floor and the last check of the change log, shown as a proof.
#[derive(Clone, Debug)]
pub(crate) struct ProofView {
    /// Whether a licensed list of illegal content is loaded.
    pub(crate) floor_listed: bool,
    /// How many kinds of illegal content nobody can open.
    pub(crate) floor: usize,
    /// What the last check found.
    pub(crate) checked: Option<CheckView>,
}

/// What a check of the change log found.
#[derive(Clone, Debug)]
pub(crate) struct CheckView {
    /// When.
    pub(crate) at: When,
    /// Whether all is as it was written.
    pub(crate) good: bool,
    /// How many entries there are.
    pub(crate) entries: u64,
    /// How many a head kept elsewhere vouches for.
    pub(crate) witnessed: Option<u64>,
    /// What is wrong.
    pub(crate) fault: Option<String>,
    /// The fingerprint to hold against the one in the safe.
    pub(crate) fingerprint: String,
}

impl ProofView {
    /// What is so now.
    pub(crate) fn new(console: &Console, asked: &Asked) -> Self {
        let state = console.gate().state();
        let floor = state.policy().vocabulary().floor();
        let lists = state.artefact().lists();
        let checked = console.desk().last_verification();
        Self {
            floor_listed: lists
                .iter()
                .any(|list| list.entries > 0 && list.categories.meets(floor)),
            floor: floor.iter().count(),
            checked: checked.map(|found| CheckView {
                at: asked.zone.when(found.at),
                good: found.fault.is_none(),
                entries: found.entries,
                witnessed: found.witnessed,
                fault: found.fault,
                fingerprint: console.desk().ledger().fingerprint().to_string(),
            }),
        }
    }
}
