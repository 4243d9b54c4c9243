use super::{Desk, lock};
use crate::record::WAITS;
use crate::register::Leap;
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
    /// What a hold keeps could not be copied, or its copy not be deleted.
    #[error(transparent)]
    Hold(#[from] audit::HoldError),
    /// A hold names nobody.
    #[error(transparent)]
    Subject(#[from] audit::ParseSubjectError),
    /// The ledger did not take the proof; nothing was deleted without it.
    #[error(transparent)]
    Ledger(#[from] AppendError),
}

impl Desk {
    /// Copies what holds keep, deletes the records whose time is over, proof first, and seals the
    /// days that are past (LOG-03). To be called now and then, on a thread of its own.
    ///
    /// # Errors
    ///
    /// Fails at the first that cannot be done; the next call takes it up again. A hold that fails
    /// keeps nothing else from being done.
    pub fn keep_records(&self, settings: &audit::Settings) -> Result<(), RecordsError> {
        let held = self.keep_holds(settings, None);
        let _keeping = lock(&self.keeping);
        self.delete_expired(settings)?;
        self.seal_past(settings)?;
        held
    }

    fn delete_expired(&self, settings: &audit::Settings) -> Result<(), RecordsError> {
        // The earlier of the two clocks: what is deleted does not come back.
        let now = self.now().min(self.clock.now());
        let journal = StateFolder::journal_in(self.folder.path());
        let spared = self.spared();
        let expiry = Expiry::find(&journal, settings, now, &spared)?;
        if expiry.proofs().is_empty() {
            return Ok(());
        }
        // The register must not be held while an entry is written.
        let leap = self.register().leaps.standing(now);
        if let Some(leap) = leap {
            return self.wait_for_clock(&leap);
        }
        let writing = self.hold();
        // INVARIANT: no hold comes between this look and the deletion; one that came before it is
        // copied first, and the next call deletes.
        if self.spared() != spared {
            return Ok(());
        }
        let payload = json!({ "deleted": expiry.proofs() });
        self.write(&writing, Actor::Gateway, EntryKind::Retention, &payload)?;
        expiry.delete()?;
        Ok(())
    }

    /// Says once that nothing is deleted because the clock jumped.
    fn wait_for_clock(&self, leap: &Leap) -> Result<(), RecordsError> {
        if leap.told {
            return Ok(());
        }
        let payload = json!({ WAITS: { "from": leap.from, "to": leap.to } });
        self.write(&self.hold(), Actor::Gateway, EntryKind::Retention, &payload)?;
        let words = format!(
            "from {} to {}. Records whose time seems to be over are kept until the change log shows \
             five days of ordinary running, or the clock is set right. Set it right now if it is \
             wrong",
            leap.from, leap.to
        );
        let title = "the machine's clock jumped, so no records are deleted";
        let roles = [Role::Technician, Role::Headteacher];
        self.tell_roles(&roles, Urgency::Soon, "clock-jumped", title, &words);
        Ok(())
    }

    fn seal_past(&self, settings: &audit::Settings) -> Result<(), RecordsError> {
        let journal = StateFolder::journal_in(self.folder.path());
        let recipient = settings.recipient().map_err(RecordsError::Recipient)?;
        let mut sealed: Vec<SealedDay> = Vec::new();
        let spared = self.spared();
        let result = seal_days(&journal, recipient.as_ref(), self.now(), &spared, |day| {
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

    // LOG-03: what a wrong clock deletes does not come back.
    #[test]
    fn nothing_is_deleted_by_a_clock_that_jumped() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new("2026-11-23T10:00:00Z".parse().unwrap()));
        let opened = Desk::open(
            folder.path(),
            "school.test/ledger",
            Arc::<ManualClock>::clone(&clock),
            Arc::new(SystemChance),
        );
        let desk = opened.unwrap().desk;
        let journal = StateFolder::journal_in(folder.path());
        std::fs::create_dir_all(&journal).unwrap();
        let today = journal.join("2026-11-23.browse.sqlite");
        std::fs::write(&today, b"").unwrap();
        let waits = || {
            let log = Transcript::read(&StateFolder::ledger_in(folder.path())).unwrap();
            let told = log.entries().filter(|written| {
                written.leaf.kind() == Some(EntryKind::Retention)
                    && written.payload.as_ref().unwrap().get(WAITS).is_some()
            });
            told.count()
        };
        let settings = audit::Settings::default();
        clock.set("2031-01-01T10:00:00Z".parse().unwrap());
        desk.delete_expired(&settings).unwrap();
        desk.tick().unwrap();
        desk.delete_expired(&settings).unwrap();
        assert!(today.exists());
        assert_eq!(waits(), 1, "it is told once");
        assert!(desk.notices.knows_topic("clock-jumped"));
        // The clock is set right, and time goes on as it should: the record lives its 28 days.
        clock.set("2026-11-23T11:00:00Z".parse().unwrap());
        for day in 0..29 {
            desk.tick().unwrap();
            desk.delete_expired(&settings).unwrap();
            assert!(today.exists(), "day {day}");
            clock.advance(std::time::Duration::from_secs(86_400));
        }
        desk.tick().unwrap();
        desk.delete_expired(&settings).unwrap();
        assert!(!today.exists());
    }
}
