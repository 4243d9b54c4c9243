use super::bodies::{BindingBody, BindingsBody};
use super::{body, shown};
use crate::{Answer, Asked, Console, Refusal};
use change::{Binding, Scope};
use model::{Certainty, Moment};
use serde_json::json;
use std::time::Duration;

/// Takes in what an identity feed says, each until its end.
pub(crate) fn bind(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let token = match (asked.scope, asked.token.as_deref()) {
        (Some(Scope::Feed), Some(token)) => token,
        (Some(Scope::Feed | Scope::Read | Scope::Propose) | None, _) => {
            return Err(Refusal::Refused(FEEDS_ALONE.to_owned()));
        }
    };
    let sent: BindingsBody = body(asked)?;
    let said = sent.bindings.into_iter();
    let said = said.map(|binding| said_at(binding, asked.now)).collect();
    let from = asked.connection.client();
    let bound = console.desk().bind_by_feed(token, from, said)?;
    shown(&json!({ "bound": bound }))
}

fn said_at(said: BindingBody, now: Moment) -> Binding {
    Binding {
        address: said.address,
        hardware: said.hardware,
        user: said.user,
        group: said.group,
        classes: said.classes,
        // The desk puts the name of the feed here.
        source: String::new(),
        certainty: Certainty::Binding,
        expires: now.after(Duration::from_secs(u64::from(said.minutes) * 60)),
    }
}

const FEEDS_ALONE: &str = "the token of an approved feed alone says who is where";
