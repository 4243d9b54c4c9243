use super::bodies::{ScopeWord, TokenBody};
use super::problem::INVALID;
use super::{body, in_person, list, shown};
use crate::{Answer, Asked, Console, Refusal};
use axum::http::StatusCode;
use change::Scope;
use serde_json::json;
use std::time::Duration;

/// One's own tokens, without their secrets.
pub(crate) fn all(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    list(console.desk().tokens(asked.acting()?), usize::MAX)
}

/// Issues a token; its secret is shown this once.
pub(crate) fn issue(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let acting = in_person(asked)?;
    let sent: TokenBody = body(asked)?;
    if !(1..=365).contains(&sent.days) {
        let words = "`days` is a number from 1 to 365".to_owned();
        return Err(Refusal::Desk(INVALID, words));
    }
    let scope = match sent.scope {
        ScopeWord::Read => Scope::Read,
        ScopeWord::Propose => Scope::Propose,
        ScopeWord::Feed => Scope::Feed,
    };
    let confirmed = console.desk().confirm(acting, &sent.password, &sent.code)?;
    let expires = asked
        .now
        .after(Duration::from_secs(u64::from(sent.days) * 86_400));
    let issued = console
        .desk()
        .issue_token(confirmed, scope, sent.feed.as_deref(), expires)?;
    Answer::json(
        StatusCode::CREATED,
        &json!({ "token": issued.token.as_str(), "facts": issued.facts }),
    )
}

/// Takes one's own token back.
pub(crate) fn revoke(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let acting = in_person(asked)?;
    let id = asked.part("id");
    console.desk().revoke_token(acting, id)?;
    shown(&json!({ "revoked": id }))
}
