//! Asks a person at the terminal who they are.

use crate::act::{Act, Credential};
use crate::arguments::{Acting, Person};
use crate::control::{Answer, Request, ask};
use crate::failure::Failure;
use serde_json::Value;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read as _, Write as _};
use std::path::Path;
use zeroize::Zeroizing;

/// Has the running gateway do something in a person's name.
///
/// # Errors
///
/// Fails when no gateway runs, and with the desk's own words when it says no.
pub(crate) fn act(asked: &Acting, act: Act) -> Result<Value, Failure> {
    let who = credential(&asked.person)?;
    send(&asked.state.state, &Request::Act { who, act })
}

/// Enrols a second factor at the terminal: shows the secret, asks for its first code.
///
/// # Errors
///
/// Fails as [`act`] does.
pub(crate) fn enrol(
    asked: &Acting,
    new: Option<Zeroizing<String>>,
    show: impl FnOnce(&Value) -> Result<(), Failure>,
) -> Result<Value, Failure> {
    let state = &asked.state.state;
    let who = credential(&asked.person)?;
    let begun = send(
        state,
        &Request::Act {
            who,
            act: Act::Enrol { new },
        },
    )?;
    show(&begun)?;
    let code = visible("First code: ")?;
    let token = Zeroizing::new(begun["session"].as_str().unwrap_or_default().to_owned());
    let who = Credential::Session { token };
    send(
        state,
        &Request::Act {
            who,
            act: Act::FinishEnrolment { code },
        },
    )
}

/// Sends a request to the gateway that runs on a state folder.
pub(crate) fn send(state: &Path, request: &Request) -> Result<Value, Failure> {
    match ask(state, request) {
        Ok(Answer::Found { value }) => Ok(value),
        Ok(Answer::Refused { error }) => Err(Failure::Refused(error)),
        Ok(Answer::Done { .. } | Answer::Status { .. }) => Ok(Value::Null),
        Err(error) => Err(Failure::asked(
            format!("no gateway answers on `{}`: {error}", state.display()),
            "start it with `schoolgate run`, or name its folder with `--state`",
        )),
    }
}

/// Reads a secret from a file's first line, or asks for it.
pub(crate) fn secret(file: Option<&Path>, what: &str) -> Result<Vec<Zeroizing<String>>, Failure> {
    let Some(path) = file else {
        return Ok(vec![Zeroizing::new(hidden(what)?)]);
    };
    let fail = |source| Failure::File {
        path: path.to_owned(),
        done: "read",
        source,
    };
    let mut text = Zeroizing::new(String::new());
    if path == Path::new("-") {
        let read = io::stdin().lock().take(LONGEST).read_to_string(&mut text);
        read.map_err(fail)?;
    } else {
        let file = std::fs::File::open(path).map_err(fail)?;
        BufReader::new(file.take(LONGEST))
            .read_to_string(&mut text)
            .map_err(fail)?;
    }
    Ok(text
        .lines()
        .map(|line| Zeroizing::new(line.to_owned()))
        .collect())
}

fn credential(person: &Person) -> Result<Credential, Failure> {
    if let Some(path) = &person.token_file {
        let token = secret(Some(path), "")?
            .into_iter()
            .next()
            .unwrap_or_default();
        return Ok(Credential::Token { token });
    }
    let name = person.name.clone().unwrap_or_default();
    let what = format!("Password of {name}: ");
    let mut lines = secret(person.secret_file.as_deref(), &what)?.into_iter();
    let password = lines.next().unwrap_or_default();
    let in_file = lines.next().map(|code| code.trim().to_owned());
    let code = match person.code.clone().or(in_file) {
        Some(code) => Some(code),
        None if person.secret_file.is_none() => Some(visible("Code of the second factor: ")?),
        None => None,
    };
    Ok(Credential::Person {
        name,
        password,
        code: code.filter(|code| !code.is_empty()),
    })
}

fn hidden(what: &str) -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::asked(
            "there is no terminal to ask for the password at",
            "give it with `--secret-file FILE`, or `--secret-file -` for standard input",
        ));
    }
    Ok(rpassword::prompt_password(what)?)
}

pub(crate) fn visible(what: &str) -> Result<String, Failure> {
    eprint!("{what}");
    io::stderr().flush()?;
    let mut line = String::new();
    io::stdin().lock().take(LONGEST).read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// A file of two lines.
const LONGEST: u64 = 4096;
