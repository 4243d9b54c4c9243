use audit::{DecisionRow, Search, SearchError};
use model::Moment;
use std::path::Path;

/// Hands out all decisions that began in a span, whatever their number, each once, the oldest
/// first within a file of the journal; gives back which files were closed to a key.
pub(crate) fn each_row(
    journal: &Path,
    from: Moment,
    until: Moment,
    take: &mut dyn FnMut(DecisionRow),
) -> Result<Vec<String>, SearchError> {
    let asked = Search {
        since: Some(from),
        until: Some(until),
        ..Search::default()
    };
    audit::each_open_row(journal, &asked, |row| {
        // A row that began before and lasted into the span belongs to the span before.
        if row.first >= from {
            take(row);
        }
        Ok(())
    })
}
