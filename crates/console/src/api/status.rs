use super::shown;
use crate::{Answer, Asked, Console, Refusal};
use serde_json::json;

/// Who acts, and what the token may do.
pub(crate) fn me(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let acting = asked.acting()?;
    shown(&json!({
        "account": acting.account,
        "shown": acting.shown,
        "role": acting.role,
        "scope": asked.scope,
        "waiting": console.desk().waiting_for(acting).len(),
    }))
}

/// Whether the gateway does its work, and by what it decides.
pub(crate) fn show(console: &Console, _asked: &Asked) -> Result<Answer, Refusal> {
    let state = console.gate().state();
    let health = (console.parts().health)();
    shown(&json!({
        "school": state.school(),
        "ready": health.ready,
        "words": health.words,
        "policy_version": state.policy().version().to_string(),
        "generation": state.generation(),
        "names": state.artefact().names(),
        "commissioning_until": console.desk().commissioning(),
        "last_verification": console.desk().last_verification(),
        "now": console.now(),
    }))
}
