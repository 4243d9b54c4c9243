use super::entrance::SessionError;
use super::{Desk, actor};
use crate::record::IncidentNoted;
use crate::rights::DISCLOSERS;
use crate::{Acting, IncidentStep};
use alert::Role;
use audit::{DecisionRow, EntryIndex, EntryKind, Evidence};
use serde::Serialize;
use serde_json::{Value, json};

/// What evidence is to hold.
#[derive(Clone, Debug, Default)]
pub struct EvidenceOrder {
    /// The incident it is about; the entries that tell of it come along.
    pub incident: Option<u64>,
    /// Other entries.
    pub entries: Vec<u64>,
    /// Decisions.
    pub rows: Vec<DecisionRow>,
    /// Why it is handed over, and to whom.
    pub reason: String,
}

/// Evidence that was put together, and the entry that says so, which is part of it.
#[derive(Debug)]
pub struct Gathered {
    /// The set of files.
    pub evidence: Evidence,
    /// The entry.
    pub entry: EntryIndex,
}

/// Something was not handed out.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The session is over.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Not in this role.
    #[error("as {role} you cannot hand this out")]
    Role {
        /// The role.
        role: Role,
    },
    /// A reason is wanted.
    #[error("say why it is handed over and to whom, in 10 to 2,000 characters")]
    Reason,
    /// The set could not be put together.
    #[error(transparent)]
    Gather(#[from] audit::GatherError),
    /// The entries could not be read.
    #[error(transparent)]
    Read(#[from] audit::ReadEntriesError),
    /// It could not be written down, so it is not handed out.
    #[error(transparent)]
    Ledger(#[from] audit::AppendError),
}

impl Desk {
    /// Writes down that somebody takes records out of the gateway; to be called before they are
    /// handed over.
    ///
    /// # Errors
    ///
    /// Fails when the session is over or the ledger does not take the entry: then nothing is
    /// handed over.
    pub fn note_export(
        &self,
        acting: &Acting,
        what: &str,
        of: &impl Serialize,
    ) -> Result<EntryIndex, ExportError> {
        self.still(acting)?;
        let of = serde_json::to_value(of).map_err(audit::AppendError::from)?;
        Ok(self.write_export(acting, what, of)?)
    }

    /// Writes down what somebody did about an incident. Looking at it is written down once for
    /// each person.
    ///
    /// # Errors
    ///
    /// As [`Desk::note_export`].
    pub fn note_incident(
        &self,
        acting: &Acting,
        incident: u64,
        step: IncidentStep,
    ) -> Result<(), ExportError> {
        self.still(acting)?;
        let seen = || self.register().seen.contains(&(incident, acting.person));
        if step == IncidentStep::Viewed && seen() {
            return Ok(());
        }
        let payload = IncidentNoted {
            incident,
            done: step.word().to_owned(),
            by: acting.who(),
        };
        self.write(&self.hold(), actor(acting), EntryKind::Incident, &payload)?;
        Ok(())
    }

    /// Puts evidence together for somebody outside. That it was is an entry, and part of it.
    ///
    /// # Errors
    ///
    /// Refuses other roles and reasons of less than ten characters.
    pub fn gather_evidence(
        &self,
        acting: &Acting,
        order: &EvidenceOrder,
    ) -> Result<Gathered, ExportError> {
        self.still(acting)?;
        if !DISCLOSERS.contains(acting.role) {
            return Err(ExportError::Role { role: acting.role });
        }
        let reason = order.reason.trim();
        if !(10..=2_000).contains(&reason.chars().count()) {
            return Err(ExportError::Reason);
        }
        let mut entries = order.entries.clone();
        if let Some(incident) = order.incident {
            entries.extend(self.entries_of_incident(incident)?);
        }
        let of = json!({
            "incident": order.incident,
            "entries": entries,
            "decisions": order.rows.len(),
            "reason": reason,
        });
        let entry = self.write_export(acting, "evidence", of)?;
        entries.push(entry.0);
        entries.sort_unstable();
        entries.dedup();
        let entries: Vec<EntryIndex> = entries.into_iter().map(EntryIndex).collect();
        let evidence = Evidence::gather(
            &self.ledger,
            &entries,
            &order.rows,
            reason,
            self.clock.now(),
        )?;
        Ok(Gathered { evidence, entry })
    }

    fn write_export(
        &self,
        acting: &Acting,
        what: &str,
        of: Value,
    ) -> Result<EntryIndex, audit::AppendError> {
        let payload = json!({ "what": what, "of": of, "by": acting.who() });
        self.write(&self.hold(), actor(acting), EntryKind::Export, &payload)
    }

    /// The entries that tell of an incident.
    fn entries_of_incident(&self, incident: u64) -> Result<Vec<u64>, audit::ReadEntriesError> {
        let all = self.ledger.entries_from(EntryIndex(0))?;
        let told = all.iter().filter(|written| {
            let number = written.payload.as_ref().and_then(|of| of.get("incident"));
            written.leaf.kind() == Some(EntryKind::Incident)
                && number.and_then(Value::as_u64) == Some(incident)
        });
        Ok(told.map(|written| written.leaf.index.0).collect())
    }
}
