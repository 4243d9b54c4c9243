use super::{given, moment, shown, text};
use crate::pages::try_address::may_name;
use crate::{Answer, Asked, Console, Refusal};
use gate::{Explainer, Question, Somebody};
use model::Rung;
use std::net::IpAddr;

/// What would be decided of an address, and which steps led there.
pub(crate) fn show(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let role = asked.acting()?.role;
    let wanted = |name: &str| Refusal::Malformed(format!("`{name}` is missing"));
    let target = text(asked, "target").ok_or_else(|| wanted("target"))?;
    let client: Option<IpAddr> = given(asked, "client", "an address such as 192.0.2.20")?;
    let (group, user) = (text(asked, "group"), text(asked, "user"));
    if user.is_some() && !may_name(role) {
        return Err(Refusal::Role);
    }
    let at = moment(asked, "at")?.unwrap_or(asked.now);
    let mut explainer = Explainer::new(console.gate().state());
    let mut found = match client {
        Some(client) => explainer.explain(
            &Question {
                client,
                user: user.as_deref(),
                group: group.as_deref(),
                at,
                target: &target,
                addresses: &[],
            },
            true,
        )?,
        None => {
            let named: Vec<String> = [("class", text(asked, "class")), ("user", user.clone())]
                .into_iter()
                .filter_map(|(kind, name)| Some(format!("{kind}:{}", name?)))
                .collect();
            explainer.explain_somebody(&Somebody {
                group: group
                    .as_deref()
                    .ok_or_else(|| wanted("group` or `client"))?,
                named: &named,
                at,
                target: &target,
            })?
        }
    };
    // Who uses an address is nobody's to learn here; only who was asked for comes back.
    found.user = user;
    found.device = None;
    if found.rung == Rung::Floor {
        found.labels.clear();
        found.exceptions.clear();
        found.category = None;
    }
    shown(&found)
}
