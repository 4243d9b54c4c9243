use crate::failure::chain;
use crate::rounds::{LOOKS_AN_HOUR, Rounds};
use change::Desk;
use std::io;
use std::sync::Arc;

/// Deletes and seals old records each hour, and copies what a hold keeps within a second: it may
/// take minutes, and what is due at its minute must not wait for it.
pub(crate) fn start(desk: &Arc<Desk>, settings: audit::Settings) -> io::Result<Rounds> {
    let desk = Arc::clone(desk);
    let (mut looks, mut failed) = (0, Vec::new());
    Rounds::start("records", move || {
        let wanted = desk.holds_to_keep();
        // What failed is tried again with the rest, not each second.
        if looks % LOOKS_AN_HOUR == 0 || wanted != failed {
            if let Err(error) = desk.keep_records(&settings) {
                tracing::error!(error = %chain(&error), "records are not kept as they should be");
            }
            failed = desk.holds_to_keep();
        }
        looks += 1;
    })
}
