use crate::arguments;
use crate::control::{Answer, Request, ask};
use crate::failure::Failure;
use crate::stock::Stock;
use audit::Transcript;
use change::{Active, StateFolder};
use gate::Compiled;
use lists::Subscription;
use model::{Clock as _, Faults, SystemClock, visible};
use policy::Overlay;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

/// Says what is in force, what is missing, and whether the gateway runs.
pub(crate) fn status(asked: &arguments::Status) -> Result<(), Failure> {
    let state = &asked.state.state;
    let transcript = Transcript::read(&StateFolder::ledger_in(state))?;
    let Some(active) = Active::read(state)? else {
        return Err(Failure::asked(
            "no policy was ever in force",
            "start with `schoolgate run`",
        ));
    };
    let running = match ask(state, &Request::Status) {
        Ok(Answer::Status {
            addresses,
            policy_version,
            names,
            generation,
            lost,
            now,
        }) => Some(json!({
            "addresses": addresses,
            "policy_version": policy_version,
            "names": names,
            "generation": generation,
            "decisions_lost": lost,
            "now": now,
        })),
        Ok(Answer::Done { .. } | Answer::Found { .. } | Answer::Refused { .. }) | Err(_) => None,
    };
    let floor = floor_lists(&active, state);
    let gaps = gaps(&active, &floor);
    let stock = stock(&active, state);
    let now = SystemClock::default().now();
    let head = transcript.head();
    let notices = alert::Queue::open(state)
        .map(|queue| queue.waiting().len())
        .unwrap_or(0);
    if asked.json {
        say!(
            "{}",
            json!({
                "school": active.school,
                "policy_version": active.version(),
                "mode": active.mode,
                "since": active.since,
                "entry": active.entry,
                "running": running,
                "ledger": { "entries": transcript.size(), "root": head.map(|head| head.root()) },
                "notices": notices,
                "illegal_content_lists": floor,
                "lists": stock.iter().map(|held| held.json(now)).collect::<Vec<_>>(),
                "gaps": gaps,
            })
        );
        return Ok(());
    }
    say!("{}", visible(&active.school));
    say!(
        "  policy     {} in force since {}",
        active.version(),
        active.since
    );
    say!(
        "  changes    {}",
        match active.mode.as_str() {
            "commissioning" => "commissioning: the technician's edits take effect at once",
            _decided => "decided by somebody else than who proposes them",
        }
    );
    match &running {
        Some(running) => say!("  gateway    runs: {}", running["addresses"]),
        None => say!("  gateway    does not run on this state folder"),
    }
    say!("  ledger     {} entries", transcript.size());
    say!("  notices    {notices} wait");
    for held in stock.iter().filter(|held| held.list.source.enabled) {
        say!("  lists      {}", held.line(now));
    }
    for gap in &gaps {
        say!("  gap        {}", visible(gap));
    }
    Ok(())
}

/// The ids of the lists of illegal content in force that hold anything, by the compiled lists.
fn floor_lists(active: &Active, state: &Path) -> Vec<String> {
    let vocabulary = policy::vocabulary(active.bundle.files(), &mut Faults::default());
    let artefact = StateFolder::artefact_in(state, active.artefact);
    let (Some(vocabulary), Some(artefact)) = (vocabulary, artefact) else {
        return Vec::new();
    };
    let lists = artefact.lists().iter();
    lists
        .filter(|list| list.entries > 0 && list.categories.meets(vocabulary.floor()))
        .map(|list| list.id.clone())
        .collect()
}

/// How the fetched lists of the policy in force stand.
fn stock(active: &Active, state: &Path) -> Vec<Stock> {
    let files = active.bundle.files();
    let Some(vocabulary) = policy::vocabulary(files, &mut Faults::default()) else {
        return Vec::new();
    };
    let lists = Subscription::all(files, &vocabulary);
    let store = StateFolder::store_in(state);
    Stock::all(lists, &store, &BTreeMap::new())
}

/// The promises that this installation does not keep.
fn gaps(active: &Active, floor: &[String]) -> Vec<String> {
    let mut faults = Faults::default();
    let compiled = Compiled::compile(
        active.bundle.files(),
        &Overlay::default(),
        active.version(),
        &mut faults,
    );
    let mut gaps = Vec::new();
    if floor.is_empty() {
        gaps.push("ILLEGAL-CONTENT LIST NOT PRESENT: no licensed list is loaded".to_owned());
    }
    match compiled {
        Some(compiled) => gaps.extend(compiled.policy().gaps()),
        None => gaps.push("the policy in force does not compile with this version".to_owned()),
    }
    gaps
}
