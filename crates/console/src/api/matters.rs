use super::bodies::{ApproveBody, RatifyBody, WordsBody};
use super::problem::INVALID;
use super::{body, given, in_person, list, moment, most, shown, text, yes};
use crate::{Answer, Asked, Console, Refusal};
use axum::http::StatusCode;
use change::{ChangeKind, Draft, Filter, Matter, ProposalId, Stage};
use model::Digest;
use serde::de::DeserializeOwned;
use serde::de::IntoDeserializer as _;
use serde::de::value::StrDeserializer;

/// The matters that this account may see, or those that wait for it.
pub(crate) fn all(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let acting = asked.acting()?;
    let most = most(asked)?;
    let filter = Filter {
        stages: word::<Stage>(asked, "stage")?.into_iter().collect(),
        kinds: word::<ChangeKind>(asked, "kind")?.into_iter().collect(),
        proposer: yes(asked, "mine")?.then_some(acting.person),
        since: moment(asked, "since")?,
        until: moment(asked, "until")?,
        text: text(asked, "text"),
        most: most + 1,
    };
    if yes(asked, "waiting")? {
        let mut waiting = console.desk().waiting_for(acting);
        waiting.retain(|matter| filter.takes(matter));
        return list(waiting, most);
    }
    list(console.desk().matters(acting, &filter), most)
}

/// One matter as it stands to the policy of just now.
pub(crate) fn one(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    shown(&seen(console, asked)?)
}

/// Earlier matters about the same sites.
pub(crate) fn similar(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let matter = seen(console, asked)?;
    list(
        console.desk().similar(asked.acting()?, matter.id),
        usize::MAX,
    )
}

/// What a matter would have changed in the last days.
pub(crate) fn replay(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let id: ProposalId = asked.part_as("id")?;
    let days: u32 = given(asked, "days", "a number from 1 to 31")?.unwrap_or(7);
    if !(1..=31).contains(&days) {
        return Err(Refusal::Malformed(
            "`days` is a number from 1 to 31".to_owned(),
        ));
    }
    shown(&console.desk().replay(asked.acting()?, id, days)?)
}

/// Proposes a change.
pub(crate) fn propose(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let draft: Draft = body(asked)?;
    let outcome = console.desk().propose(asked.acting()?, draft)?;
    Answer::json(StatusCode::CREATED, outcome.matter())
}

/// Consents to a matter as it was seen.
pub(crate) fn approve(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let acting = in_person(asked)?;
    let sent: ApproveBody = body(asked)?;
    let matter = seen(console, asked)?;
    let digest: Digest = sent
        .seen
        .parse()
        .map_err(|_| Refusal::Desk(INVALID, "`seen` is no digest of a matter".to_owned()))?;
    let confirmed = console.desk().confirm(acting, &sent.password, &sent.code)?;
    shown(
        &console
            .desk()
            .approve(confirmed, matter.id, digest, &sent.words)?,
    )
}

/// Refuses a matter, with words.
pub(crate) fn refuse(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let acting = in_person(asked)?;
    let sent: WordsBody = body(asked)?;
    let matter = seen(console, asked)?;
    shown(&console.desk().refuse(acting, matter.id, &sent.words)?)
}

/// Consents afterwards to what came into force on one word.
pub(crate) fn ratify(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let acting = in_person(asked)?;
    let sent: RatifyBody = body(asked)?;
    let matter = seen(console, asked)?;
    let confirmed = console.desk().confirm(acting, &sent.password, &sent.code)?;
    shown(&console.desk().ratify(confirmed, matter.id, &sent.words)?)
}

/// Says that what came into force on one word was looked at.
pub(crate) fn review(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let acting = in_person(asked)?;
    let sent: WordsBody = body(asked)?;
    let matter = seen(console, asked)?;
    shown(&console.desk().review(acting, matter.id, &sent.words)?)
}

/// Takes one's own proposal back.
pub(crate) fn withdraw(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let sent: WordsBody = body(asked)?;
    let matter = seen(console, asked)?;
    shown(
        &console
            .desk()
            .withdraw(asked.acting()?, matter.id, &sent.words)?,
    )
}

/// What holds for a while just now.
pub(crate) fn in_force(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    list(console.desk().current(asked.acting()?), most(asked)?)
}

/// The matter of the path, where this account may know of it; else there is none.
fn seen(console: &Console, asked: &Asked) -> Result<Matter, Refusal> {
    let id: ProposalId = asked.part_as("id")?;
    let found = console.desk().matter(asked.acting()?, id)?;
    found.ok_or(Refusal::Missing)
}

/// A word of the query, as JSON has it.
fn word<T: DeserializeOwned>(asked: &Asked, name: &str) -> Result<Option<T>, Refusal> {
    let Some(text) = text(asked, name) else {
        return Ok(None);
    };
    let read: StrDeserializer<'_, serde::de::value::Error> = text.as_str().into_deserializer();
    T::deserialize(read)
        .map(Some)
        .map_err(|_| Refusal::Malformed(format!("`{name}` is none of the known words")))
}
