use super::bodies::DiscloseBody;
use super::{body, in_person, list, most, shown};
use crate::pages::activity::{give_reason, rows};
use crate::{Answer, Asked, Console, Form, Refusal};
use serde_json::json;

/// What was asked for on the network, with as much of who it was as this account may know.
pub(crate) fn all(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let most = most(asked)?;
    list(rows(console, asked, &asked.query, most + 1)?, most)
}

/// Writes down why a named person's history is read; the search may then name them for a while.
pub(crate) fn disclose(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    in_person(asked)?;
    let sent: DiscloseBody = body(asked)?;
    let search = Form::new(sent.search.into_iter().collect());
    let entry = give_reason(console, asked, &search, &sent.reason)?;
    shown(&json!({ "entry": entry }))
}
