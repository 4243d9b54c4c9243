use super::progress::Meter;
use crate::arguments::{Policy, State};
use crate::board::{Board, Shown};
use crate::control::{Answer, Request, ask};
use crate::failure::Failure;
use crate::folder::Folders;
use crate::subscriber::{Delivery, Terms, chosen, delivered, take_in};
use change::StateFolder;
use lists::{Progress, Subscription, Subscriptions};
use model::{Faults, SystemChance, SystemClock};
use serde_json::json;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Fetches lists: the running gateway does so, or this command where none runs.
pub(super) fn fetch(
    policy: &Policy,
    state: &State,
    names: &[String],
    json: bool,
) -> Result<(), Failure> {
    let request = Request::Fetch {
        names: names.to_vec(),
    };
    let shown = match asked(&state.state, &request, json)? {
        Some(shown) => shown,
        None => alone(policy, &state.state, json, |subscriptions, lists, board| {
            let lists = chosen(lists, names)?;
            board.begin(lists.iter().map(|list| list.source.id.clone()));
            subscriptions.fetch(&lists, true, &|progress| board.hear(progress));
            Ok(())
        })?,
    };
    finish(&shown, json)
}

/// Takes a list that is handed over.
pub(super) fn take(
    policy: &Policy,
    state: &State,
    name: &str,
    files: (&Path, Option<&Path>),
    json: bool,
) -> Result<(), Failure> {
    let whole = |path: &Path| {
        std::path::absolute(path).map_err(|source| Failure::File {
            path: path.to_owned(),
            done: "read",
            source,
        })
    };
    let file: PathBuf = whole(files.0)?;
    let signature = files.1.map(whole).transpose()?;
    let request = Request::Take {
        name: name.to_owned(),
        file: file.clone(),
        signature: signature.clone(),
    };
    let shown = match asked(&state.state, &request, json)? {
        Some(shown) => shown,
        None => alone(policy, &state.state, json, |subscriptions, lists, board| {
            let list = delivered(lists, name)?;
            board.begin(std::iter::once(name.to_owned()));
            let delivery = Delivery { file, signature };
            let outcome = take_in(subscriptions, &list, &delivery)?;
            board.hear(Progress::Ended {
                id: name,
                outcome: &outcome,
            });
            Ok(())
        })?,
    };
    finish(&shown, json)
}

/// Asks the gateway that runs, and looks on; `None` where none runs.
fn asked(state: &Path, request: &Request, json: bool) -> Result<Option<Shown>, Failure> {
    match ask(state, request) {
        Ok(Answer::Refused { error }) => return Err(Failure::Refused(error)),
        Ok(Answer::Done { .. } | Answer::Found { .. } | Answer::Status { .. }) => {}
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    }
    let mut meter = Meter::stderr();
    loop {
        let value = crate::person::send(state, &Request::Fetching)?;
        let shown: Shown = serde_json::from_value(value).map_err(io::Error::other)?;
        if !json {
            meter.draw(&shown)?;
        }
        if !shown.busy {
            return Ok(Some(shown));
        }
        std::thread::sleep(GLANCE);
    }
}

/// Works on a state folder on which no gateway runs; what comes decides from the next start on.
fn alone(
    policy: &Policy,
    state: &Path,
    json: bool,
    work: impl FnOnce(&Subscriptions<'_>, Vec<Subscription>, &Board) -> Result<(), String> + Send,
) -> Result<Shown, Failure> {
    let folders = Folders::new(&policy.config, policy.blocklists.as_deref());
    let mut faults = Faults::default();
    let files = folders.read(&mut faults);
    let vocabulary = policy::vocabulary(&files, &mut faults);
    let Some(vocabulary) = vocabulary.filter(|_| faults.errors() == 0) else {
        return Err(Failure::Faults(folders.rename(faults)));
    };
    let opened = StateFolder::lock_store(state, &SystemChance);
    let (_lock, store) = opened.map_err(|source| Failure::File {
        path: state.to_owned(),
        done: "locked",
        source,
    })?;
    let terms = Terms::of(&files);
    let fetcher = terms.settings.lists.fetcher();
    let fetcher = fetcher.map_err(|error| Failure::door(&error))?;
    let clock = SystemClock::default();
    let subscriptions = Subscriptions {
        store: &store,
        fetcher: &fetcher,
        sanity: &terms.sanity,
        clock: &clock,
    };
    let lists = Subscription::all(&files, &vocabulary);
    let board = Board::default();
    let mut meter = Meter::stderr();
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| work(&subscriptions, lists, &board));
        while !worker.is_finished() {
            if !json {
                meter.draw(&board.shown())?;
            }
            std::thread::sleep(GLANCE);
        }
        match worker.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(Failure::Refused(error)),
            Err(_) => return Err(Failure::Refused("fetching broke off".to_owned())),
        }
        let words = "no gateway runs here: what came decides from its next start on";
        board.end(vec![words.to_owned()], false);
        let shown = board.shown();
        if !json {
            meter.draw(&shown)?;
        }
        Ok(shown)
    })
}

fn finish(shown: &Shown, json: bool) -> Result<(), Failure> {
    if json {
        for row in &shown.rows {
            let (what, words) = match &row.ended {
                Some(ended) => (json!(ended.what), ended.words.as_str()),
                None => (json!("failed"), "it was not tried"),
            };
            say!(
                "{}",
                json!({ "list": row.id, "what": what, "words": words, "bytes": row.bytes })
            );
        }
    } else {
        if shown.rows.is_empty() {
            say!("no fetched list is in use; `enabled = true` in sources.toml uses one");
        }
        for words in &shown.words {
            say!("{}", model::visible(words));
        }
    }
    if shown.is_well() {
        Ok(())
    } else {
        Err(Failure::No)
    }
}

/// So often the progress is looked at.
const GLANCE: Duration = Duration::from_millis(100);
