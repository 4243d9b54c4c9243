use super::Desk;
use crate::state_folder::StateFolder;
use alert::{Role, Urgency};
use audit::{Actor, AppendError, EntryIndex, EntryKind, Expiry, SealedDay, seal_days};
use serde_json::json;

/// The records could not be kept as the settings say.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// Files whose time is over could not be found or deleted.
    #[error(transparent)]
    Retention(#[from] audit::RetentionError),
    /// A past day could not be sealed.
    #[error(transparent)]
    Seal(#[from] audit::SealDayError),
    /// Whom days are closed to cannot be read.
    #[error("`seal_to` under `[records]` is no recipient such as `age1...`")]
    Recipient(#[source] audit::ParseEnvelopeError),
    /// The ledger did not take the proof; nothing was deleted without it.
    #[error(transparent)]
    Ledger(#[from] AppendError),
}

impl Desk {
    /// Deletes the records whose time is over, proof first, and seals the days that are past
    /// (LOG-03). To be called now and then, on a thread of its own.
    ///
    /// # Errors
    ///
    /// Fails at the first that cannot be done; the next call takes it up again.
    pub fn keep_records(&self, settings: &audit::Settings) -> Result<(), RecordsError> {
        let journal = StateFolder::journal_in(self.folder.path());
        let recipient = settings.recipient().map_err(RecordsError::Recipient)?;
        let expiry = Expiry::find(&journal, settings, self.now())?;
        if !expiry.proofs().is_empty() {
            let payload = json!({ "deleted": expiry.proofs() });
            self.write(&self.hold(), Actor::Gateway, EntryKind::Retention, &payload)?;
            expiry.delete()?;
        }
        let mut sealed: Vec<SealedDay> = Vec::new();
        let result = seal_days(&journal, recipient.as_ref(), self.now(), |day| {
            sealed.push(day)
        });
        if !sealed.is_empty() {
            let payload = json!({ "sealed": sealed });
            self.write(&self.hold(), Actor::Gateway, EntryKind::Retention, &payload)?;
        }
        Ok(result?)
    }

    /// Writes down that files of the journal were removed while they were written, and tells it:
    /// what they held is gone, and somebody did that.
    ///
    /// # Errors
    ///
    /// Fails when the ledger does not take the entry.
    pub fn note_removed(&self, files: u64) -> Result<EntryIndex, AppendError> {
        let what = format!(
            "{files} files of the records of visits were removed while they were written; what \
             they held is gone, and new ones were begun"
        );
        let payload = json!({ "what": what, "files": files });
        let entry = self.write(&self.hold(), Actor::Gateway, EntryKind::Fault, &payload)?;
        let roles = [Role::Headteacher, Role::SafeguardingLead, Role::Technician];
        let title = "records of visits were removed";
        self.tell_roles(&roles, Urgency::Soon, "records-removed", title, &what);
        Ok(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use audit::Transcript;
    use model::{ManualClock, SystemChance};
    use std::sync::Arc;

    // LOG-03: the proof stands in the change log before the file is gone.
    #[test]
    fn a_day_whose_time_is_over_is_deleted_and_its_proof_stays() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new("2026-11-23T10:00:00Z".parse().unwrap()));
        let opened = Desk::open(
            folder.path(),
            "school.test/ledger",
            clock,
            Arc::new(SystemChance),
        );
        let desk = opened.unwrap().desk;
        let journal = StateFolder::journal_in(folder.path());
        std::fs::create_dir_all(&journal).unwrap();
        let (old, young) = ("2026-01-05.browse.sqlite", "2026-11-23.browse.sqlite");
        for name in [old, young] {
            std::fs::write(journal.join(name), b"").unwrap();
        }
        desk.keep_records(&audit::Settings::default()).unwrap();
        assert!(!journal.join(old).exists());
        assert!(journal.join(young).exists());
        let log = Transcript::read(&StateFolder::ledger_in(folder.path())).unwrap();
        let told = log.entries().any(|written| {
            written.leaf.kind() == Some(EntryKind::Retention)
                && written.payload.unwrap()["deleted"][0]["file"] == old
        });
        assert!(told);
    }
}
