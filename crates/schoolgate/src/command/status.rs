use crate::arguments;
use crate::control::{Answer, Request, ask};
use crate::failure::Failure;
use crate::offline::Offline;
use audit::Transcript;
use change::{Active, StateFolder};
use gate::Compiled;
use model::Faults;
use policy::Overlay;
use serde_json::json;

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
    let floor = Offline::floor_lists(active.bundle.files());
    let gaps = gaps(&active, &floor);
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
                "gaps": gaps,
            })
        );
        return Ok(());
    }
    say!("{}", active.school);
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
    for gap in &gaps {
        say!("  gap        {gap}");
    }
    Ok(())
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
