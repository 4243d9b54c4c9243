use crate::{Asked, Console, Refusal};
use change::ExportError;
use serde::Serialize;

/// Writes down in the change log that this person takes records out; without the entry nothing is
/// handed over.
pub(crate) fn note_export(
    console: &Console,
    asked: &Asked,
    what: &str,
    of: &impl Serialize,
) -> Result<(), Refusal> {
    match console.desk().note_export(asked.acting()?, what, of) {
        Ok(_) => Ok(()),
        Err(error @ (ExportError::Session(_) | ExportError::Role { .. } | ExportError::Reason)) => {
            Err(Refusal::Refused(error.to_string()))
        }
        Err(error @ (ExportError::Gather(_) | ExportError::Read(_) | ExportError::Ledger(_))) => {
            Err(Refusal::Failed(error.to_string()))
        }
    }
}
