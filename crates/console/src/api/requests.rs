use super::bodies::WordsBody;
use super::{body, list, most, shown};
use crate::{Answer, Asked, Console, Refusal};
use change::{ProposalId, Request, RequestId, RequestState};
use model::Moment;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeSet;

/// What is asked of one site; nobody who asked is named.
#[derive(Serialize)]
struct RequestShown {
    id: RequestId,
    site: String,
    count: u64,
    first: Moment,
    last: Moment,
    state: RequestState,
    proposal: Option<ProposalId>,
    groups: BTreeSet<String>,
    notes: BTreeSet<String>,
}

/// What people asked for on block pages.
pub(crate) fn all(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let found = console.desk().requests(asked.acting()?)?;
    list(found.into_iter().map(request).collect(), most(asked)?)
}

/// Declines one, with words.
pub(crate) fn decline(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let id: RequestId = asked.part_as("id")?;
    let sent: WordsBody = body(asked)?;
    let acting = asked.acting()?;
    let known = console.desk().requests(acting)?;
    if !known.iter().any(|request| request.id == id) {
        return Err(Refusal::Missing);
    }
    console.desk().decline(acting, id, &sent.words)?;
    shown(&json!({ "declined": id }))
}

fn request(request: Request) -> RequestShown {
    let asks = request.asks.iter().map(|asked| &asked.ask);
    let notes = asks.clone().map(|ask| ask.note.clone());
    RequestShown {
        groups: asks.filter_map(|ask| ask.group.clone()).collect(),
        notes: notes.filter(|note| !note.is_empty()).collect(),
        id: request.id,
        site: request.site,
        count: request.count,
        first: request.first,
        last: request.last,
        state: request.state,
        proposal: request.proposal,
    }
}
