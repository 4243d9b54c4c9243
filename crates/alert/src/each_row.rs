use audit::{DecisionRow, Search, SearchError, search};
use model::Moment;
use std::path::Path;
use std::time::Duration;

/// Hands out all decisions that began in a span, whatever their number, each once, the oldest
/// first save within a day.
///
/// One search gives a bounded number of rows: a span that meets the bound is halved.
pub(crate) fn each_row(
    journal: &Path,
    from: Moment,
    until: Moment,
    take: &mut dyn FnMut(DecisionRow),
) -> Result<(), SearchError> {
    let mut start = from;
    while start < until {
        let end = start.after(WINDOW).min(until);
        halved(journal, start, end, take)?;
        start = end;
    }
    Ok(())
}

fn halved(
    journal: &Path,
    from: Moment,
    until: Moment,
    take: &mut dyn FnMut(DecisionRow),
) -> Result<(), SearchError> {
    let asked = Search {
        since: Some(from),
        until: Some(until),
        ..Search::default()
    };
    let rows = search(journal, &asked)?;
    let span = from.until(until);
    if rows.len() >= Search::LIMIT && span > Duration::from_millis(1) {
        let middle = from.after(span / 2);
        halved(journal, from, middle, take)?;
        return halved(journal, middle, until, take);
    }
    // A row that began before and lasted into the span was handed out with the span before.
    let own = rows.into_iter().rev().filter(|row| row.first >= from);
    own.for_each(take);
    Ok(())
}

const WINDOW: Duration = Duration::from_secs(24 * 3600);
