use super::overrides::show;
use crate::act::Act;
use crate::arguments::{self, PolicyCommand};
use crate::control::now;
use crate::failure::Failure;
use crate::folder::Folders;
use crate::offline::Offline;
use crate::person::act;
use audit::{EntryKind, Transcript};
use change::{Bundle, Past, StateFolder};
use gate::State;
use model::{Digest, Faults, Files, Moment, visible};
use serde_json::json;
use std::path::Path;

/// Says what is in force, what was, and what an edit would do.
pub(crate) fn policy(asked: &PolicyCommand) -> Result<(), Failure> {
    match asked {
        PolicyCommand::Show {
            state,
            at,
            files,
            json,
        } => in_force(&state.state, *at, files.as_deref(), *json),
        PolicyCommand::Diff {
            policy,
            state,
            json,
        } => diff(policy, &state.state, *json),
        PolicyCommand::Propose { acting, reason } => {
            let asked = Act::ProposeFiles {
                reason: reason.clone(),
            };
            show(acting, &act(acting, asked)?)
        }
        PolicyCommand::Replay {
            policy,
            state,
            days,
            json,
        } => replay(policy, &state.state, *days, *json),
        PolicyCommand::History { state, json } => history(&state.state, *json),
        PolicyCommand::Rollback {
            acting,
            version,
            reason,
        } => {
            let bundle = version_of(&acting.state.state, version)?;
            let change = change::Change::Rollback { bundle };
            let draft = Box::new(change::Draft::new(change, reason));
            show(acting, &act(acting, Act::Propose { draft })?)
        }
    }
}

/// Says what is in force, or was.
fn in_force(
    state: &Path,
    at: Option<Moment>,
    files: Option<&Path>,
    json: bool,
) -> Result<(), Failure> {
    let past = Past::read(state, at.unwrap_or_else(|| now(state)))?;
    let Some(past) = past else {
        return Err(Failure::asked(
            "no policy was in force then",
            "`schoolgate policy history` lists what was",
        ));
    };
    if let Some(folder) = files {
        let fail = |source| Failure::File {
            path: folder.to_owned(),
            done: "written",
            source,
        };
        std::fs::create_dir(folder).map_err(fail)?;
        crate::shipped::write(past.bundle.files(), folder).map_err(fail)?;
        eprintln!(
            "{} files written into {}",
            past.bundle.files().iter().count(),
            folder.display()
        );
    }
    if json {
        let paths: Vec<&str> = past.bundle.files().iter().map(|(path, _)| path).collect();
        say!(
            "{}",
            json!({
                "policy_version": past.bundle.version(),
                "bundle": past.bundle.digest(),
                "since": past.since,
                "overlay": past.overlay,
                "files": paths,
            })
        );
        return Ok(());
    }
    say!(
        "policy {} in force since {}",
        past.bundle.version(),
        past.since
    );
    for held in past.overlay.overrides.iter().chain(&past.overlay.lessons) {
        let sites = held
            .sites
            .iter()
            .map(|site| visible(site))
            .collect::<Vec<_>>();
        say!(
            "  {}  {:?} {} for {} until {}",
            held.id,
            held.action,
            sites.join(", "),
            held.whom.join(", "),
            held.end
        );
    }
    let others = [
        ("web access paused", past.overlay.pauses.len()),
        ("devices cut off", past.overlay.isolations.len()),
        ("emergency blocks", past.overlay.blocks.len()),
        ("modes", past.overlay.modes.len()),
        ("individual plans", past.overlay.plans.len()),
    ];
    for (what, count) in others.into_iter().filter(|(_, count)| *count > 0) {
        say!("  {what}: {count}");
    }
    Ok(())
}

/// Both sides of an edit: what is in force, and the working files.
struct Sides {
    now: Moment,
    past: Past,
    before: State,
    files: Files,
    after: State,
}

impl Sides {
    fn open(policy: &arguments::Policy, state: &Path) -> Result<Self, Failure> {
        let now = now(state);
        let Some(past) = Past::read(state, now)? else {
            return Err(Failure::asked(
                "no policy was ever in force",
                "start with `schoolgate run`",
            ));
        };
        let folders = Folders::new(&policy.config, policy.blocklists.as_deref());
        let mut faults = Faults::default();
        let files = folders.read(&mut faults);
        let after = Offline::decides(&files, &past.overlay, state, &mut faults);
        let Some(after) = after.filter(|_| faults.errors() == 0) else {
            return Err(Failure::Faults(folders.rename(faults)));
        };
        let mut faults = Faults::default();
        let before = Offline::decides(past.bundle.files(), &past.overlay, state, &mut faults);
        let before = before.ok_or(Failure::Faults(faults))?;
        Ok(Self {
            now,
            past,
            before,
            files,
            after,
        })
    }
}

/// Says how the working files differ from what is in force, and what that opens or closes.
fn diff(policy: &arguments::Policy, state: &Path, json: bool) -> Result<(), Failure> {
    let sides = Sides::open(policy, state)?;
    let overlay = &sides.past.overlay;
    let before = change::Side {
        state: &sides.before,
        files: sides.past.bundle.files(),
        overlay,
    };
    let after = change::Side {
        state: &sides.after,
        files: &sides.files,
        overlay,
    };
    let effect = change::compare(&before, &after, sides.now);
    let changed = Bundle::new(sides.files.clone()).differs(&sides.past.bundle);
    if json {
        say!("{}", json!({ "files": changed, "effect": effect }));
        return Ok(());
    }
    if changed.is_empty() {
        say!("the working files are what is in force");
        return Ok(());
    }
    for path in &changed {
        say!("  file       {}", visible(path));
    }
    for line in &effect.lines {
        let direction = match line.direction {
            change::Direction::Nothing => "same",
            change::Direction::Closes => "closes",
            change::Direction::Opens => "opens",
        };
        say!("  {direction:<10} {}", visible(&line.words));
    }
    if effect.more > 0 {
        say!("  and {} more", effect.more);
    }
    if effect.lines.is_empty() {
        say!("  no decision changes");
    }
    Ok(())
}

/// Says what the working files would have decided otherwise.
fn replay(policy: &arguments::Policy, state: &Path, days: u32, json: bool) -> Result<(), Failure> {
    let sides = Sides::open(policy, state)?;
    let until = sides.now;
    let span = change::Span {
        from: Moment::from_millis(until.millis() - i64::from(days) * 86_400_000),
        until,
    };
    let mut told = 0;
    let mut progress = |progress: change::Progress| {
        if progress.rows >= told + TELL_EACH {
            told = progress.rows;
            eprintln!(
                "{:>3} %  {} decisions",
                progress.thousandths / 10,
                progress.rows
            );
        }
    };
    let journal = StateFolder::journal_in(state);
    let found = change::replay(&journal, span, &sides.before, &sides.after, &mut progress);
    let found = found.map_err(|error| {
        Failure::asked(
            crate::failure::chain(&error),
            "`audit search` reads the same files",
        )
    })?;
    if json {
        say!("{}", json!(found));
        return Ok(());
    }
    say!("{}", found.summary());
    for (what, sites) in [
        ("opened", &found.sites_opened),
        ("closed", &found.sites_closed),
    ] {
        for site in sites.iter().take(MOST_SITES) {
            say!(
                "  {what:<8} {:<40} {:>7} requests  {}",
                visible(&site.host),
                site.requests,
                site.groups.join(", ")
            );
        }
    }
    Ok(())
}

/// Lists what was ever in force.
fn history(state: &Path, json: bool) -> Result<(), Failure> {
    let transcript = Transcript::read(&StateFolder::ledger_in(state))?;
    let activations = transcript
        .entries()
        .filter(|written| written.leaf.kind() == Some(EntryKind::PolicyActivated));
    for written in activations {
        let payload = written.payload.clone().unwrap_or_default();
        let text = |key: &str| payload[key].as_str().unwrap_or_default().to_owned();
        let version = written.leaf.policy_version;
        if json {
            say!(
                "{}",
                json!({
                    "entry": written.leaf.index,
                    "at": written.leaf.time,
                    "policy_version": version,
                    "bundle": text("bundle"),
                    "reason": text("reason"),
                    "changed": payload["changed"],
                })
            );
            continue;
        }
        let version = version
            .map(|version| version.to_string())
            .unwrap_or_default();
        say!(
            "{:>6}  {}  {version}  {}",
            written.leaf.index,
            written.leaf.time,
            visible(&text("reason"))
        );
    }
    Ok(())
}

/// The bundle of a version that was in force once; the last one of several.
fn version_of(state: &Path, version: &str) -> Result<Digest, Failure> {
    let transcript = Transcript::read(&StateFolder::ledger_in(state))?;
    let found = transcript
        .entries()
        .filter(|written| written.leaf.kind() == Some(EntryKind::PolicyActivated))
        .filter(|written| {
            let named = written.leaf.policy_version;
            named.is_some_and(|named| named.to_string() == version)
        })
        .filter_map(|written| written.payload?.get("bundle")?.as_str()?.parse().ok())
        .last();
    found.ok_or_else(|| {
        Failure::asked(
            format!("no policy `{}` was ever in force", visible(version)),
            "`schoolgate policy history` lists the versions",
        )
    })
}

/// A line of progress for so many decisions.
const TELL_EACH: u64 = 100_000;

/// More than anybody reads; `--json` has them all.
const MOST_SITES: usize = 20;
