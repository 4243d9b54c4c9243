use super::bodies::SignOffBody;
use super::problem::CANNOT;
use super::{body, given, in_person, list, moment, most, shown, text, yes};
use crate::{Answer, Asked, Console, Refusal};
use audit::EntryIndex;
use change::{Direction, HistoryFilter};
use serde_json::json;

/// The change log in plain words, the newest first.
pub(crate) fn all(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let most = most(asked)?;
    let direction = match text(asked, "direction").as_deref() {
        None => None,
        Some("opens") => Some(Direction::Opens),
        Some("closes") => Some(Direction::Closes),
        Some(_) => return Err(Refusal::Malformed(WAYS.to_owned())),
    };
    let filter = HistoryFilter {
        since: moment(asked, "since")?,
        until: moment(asked, "until")?,
        direction,
        who: text(asked, "who"),
        text: text(asked, "text"),
        unsigned: yes(asked, "unsigned")?,
        routine: yes(asked, "routine")?,
        before: given(asked, "before", "the number of an entry")?,
        most: most + 1,
        ..HistoryFilter::default()
    };
    list(console.desk().history(asked.acting()?, &filter)?, most)
}

/// What the last verification found.
pub(crate) fn verification(console: &Console, _asked: &Asked) -> Result<Answer, Refusal> {
    shown(&json!({ "last": console.desk().last_verification() }))
}

/// Verifies the change log now, from its files.
pub(crate) fn verify(console: &Console, _asked: &Asked) -> Result<Answer, Refusal> {
    let found = console
        .desk()
        .verify_now()
        .map_err(|error| Refusal::Desk(CANNOT, error.to_string()))?;
    shown(&found)
}

/// Signs the change log off up to an entry.
pub(crate) fn sign_off(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let acting = in_person(asked)?;
    let sent: SignOffBody = body(asked)?;
    let entry = console
        .desk()
        .sign_off(acting, EntryIndex(sent.upto), &sent.words)?;
    shown(&json!({ "entry": entry.0 }))
}

const WAYS: &str = "`direction` is `opens` or `closes`";
