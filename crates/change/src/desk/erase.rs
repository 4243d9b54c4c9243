use super::{ActivateError, Desk, InvalidChange, Writing};
use crate::Matter;
use crate::register::{Heard, Register};
use audit::{Actor, EntryIndex, Written};
use std::collections::BTreeSet;

impl Desk {
    /// Whether entries can lose their words (LOG-04): they are there, still have them, and nothing
    /// that is in force or waits is known from them alone.
    pub(super) fn check_erasure(&self, entries: &[u64]) -> Result<(), InvalidChange> {
        let no = |why: String| Err(InvalidChange::Erase { why });
        let wanted: BTreeSet<u64> = entries.iter().copied().collect();
        if wanted.is_empty() || wanted.len() > MOST || wanted.len() != entries.len() {
            return no(format!("name 1 to {MOST} entries, each once"));
        }
        let all = match self.ledger.entries_from(EntryIndex(0)) {
            Ok(all) => all,
            Err(error) => return no(error.to_string()),
        };
        for entry in &wanted {
            let place = usize::try_from(*entry).ok();
            let Some(written) = place.and_then(|place| all.get(place)) else {
                return no(format!("there is no entry {entry} in the change log"));
            };
            if written.payload.is_none() {
                return no(format!("the words of entry {entry} are erased already"));
            }
            if written
                .leaf
                .kind()
                .is_none_or(audit::EntryKind::is_structural)
            {
                return no(format!(
                    "the log could not be verified without entry {entry}"
                ));
            }
        }
        let whole = read(&all, &BTreeSet::new());
        if !whole.leaves_in_force(&read(&all, &wanted)) {
            return no(NEEDED.to_owned());
        }
        Ok(())
    }

    /// Destroys the words of entries. The one entry that says so brings the matter into force, and
    /// a crash in the midst of it is made good at the next start.
    pub(super) fn erase_words(
        &self,
        writing: &Writing<'_>,
        who: Actor,
        matter: &Matter,
        entries: &[u64],
    ) -> Result<(), ActivateError> {
        // What waited since may have come to be needed.
        if self.check_erasure(entries).is_err() {
            return Err(ActivateError::Gone { id: matter.id });
        }
        let entries: Vec<EntryIndex> = entries.iter().copied().map(EntryIndex).collect();
        let named = matter.id.to_string();
        let done = self
            .ledger
            .erase(&entries, who, &matter.reason, Some(&named));
        self.catch_up(writing);
        done?;
        self.forget_words();
        Ok(())
    }

    /// Reads the ledger anew, so that not even memory keeps what was erased.
    fn forget_words(&self) {
        match self.ledger.entries_from(EntryIndex(0)) {
            Ok(all) => *self.register_mut() = read(&all, &BTreeSet::new()),
            Err(error) => {
                tracing::error!(%error, "the change log could not be read after an erasure")
            }
        }
    }
}

/// What entries say when some of them have lost their words.
fn read(all: &[Written], without: &BTreeSet<u64>) -> Register {
    let mut register = Register::default();
    for written in all {
        let mut heard = Heard::of(written);
        if without.contains(&heard.entry) {
            heard.payload = None;
        }
        register.hear(&heard);
    }
    register
}

const MOST: usize = 1_000;
const NEEDED: &str = "what is in force, or waits, is known from one of these entries alone; end it \
                      first, or leave that entry out";
