//! The actions of the console as JSON, for programs: the same table of routes, the same desk.
//!
//! A program shows a token; a browser its session, and then the request must come from a page of
//! this console. A token never decides, signs off or reads a named person's history: that takes a
//! session, with password and code where a decision is made.

pub(crate) mod accounts;
pub(crate) mod activity;
pub(crate) mod bindings;
mod bodies;
pub(crate) mod changes;
pub(crate) mod incidents;
pub(crate) mod matters;
pub(crate) mod openapi;
mod operations;
pub(crate) mod policy;
mod problem;
pub(crate) mod requests;
pub(crate) mod status;
pub(crate) mod tokens;
pub(crate) mod try_address;

#[cfg(test)]
mod tests;

use crate::{Answer, Asked, Refusal};
use axum::http::StatusCode;
use change::Acting;
use model::Moment;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Some of a list, and whether there is more.
#[derive(Serialize)]
struct List<T> {
    items: Vec<T>,
    more: bool,
}

/// Reads the body as JSON of a known form.
fn body<T: DeserializeOwned>(asked: &Asked) -> Result<T, Refusal> {
    serde_json::from_slice(&asked.body).map_err(|error| {
        let words: String = error.to_string().chars().take(300).collect();
        Refusal::Malformed(format!(
            "the body is not the JSON that is wanted here: {words}"
        ))
    })
}

/// Answers with one thing.
fn shown(value: &impl Serialize) -> Result<Answer, Refusal> {
    Answer::json(StatusCode::OK, value)
}

/// Answers with a list that was cut after `most`.
fn list<T: Serialize>(mut items: Vec<T>, most: usize) -> Result<Answer, Refusal> {
    let more = items.len() > most;
    items.truncate(most);
    shown(&List { items, more })
}

/// How many are asked for.
fn most(asked: &Asked) -> Result<usize, Refusal> {
    let text = asked.query.line("limit");
    if text.is_empty() {
        return Ok(USUAL);
    }
    text.parse()
        .ok()
        .filter(|most| (1..=MOST).contains(most))
        .ok_or_else(|| Refusal::Malformed(format!("`limit` is a number from 1 to {MOST}")))
}

/// A text of the query, where it is given.
fn text(asked: &Asked, name: &str) -> Option<String> {
    Some(asked.query.line(name)).filter(|text| !text.is_empty())
}

/// Something of the query, read as what it must be.
fn given<T: std::str::FromStr>(
    asked: &Asked,
    name: &str,
    what: &str,
) -> Result<Option<T>, Refusal> {
    text(asked, name)
        .map(|text| text.parse())
        .transpose()
        .map_err(|_| Refusal::Malformed(format!("`{name}` is {what}")))
}

/// A moment of the query.
fn moment(asked: &Asked, name: &str) -> Result<Option<Moment>, Refusal> {
    given(asked, name, "a moment such as 2026-11-23T10:15:00Z")
}

/// Whether the query says yes to something.
fn yes(asked: &Asked, name: &str) -> Result<bool, Refusal> {
    Ok(given(asked, name, "`true` or `false`")?.unwrap_or(false))
}

/// Who asks, where it is a person at a browser and no program.
fn in_person(asked: &Asked) -> Result<&Acting, Refusal> {
    let acting = asked.acting()?;
    match asked.scope {
        None => Ok(acting),
        Some(_) => Err(Refusal::Refused(IN_PERSON.to_owned())),
    }
}

const IN_PERSON: &str = "a token may not do this; sign in as a person";

/// Items where nobody says how many.
const USUAL: usize = 100;
/// The most items of one answer.
const MOST: usize = 500;
