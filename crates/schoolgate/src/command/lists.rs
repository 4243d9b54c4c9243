mod compile;
mod fetch;
mod progress;
mod show;

use crate::arguments;
use crate::failure::Failure;
use crate::offline::Offline;
use crate::screen::Screen;
use model::{HostBuffer, Target};
use serde_json::json;

/// Fetches, compiles, shows or explains the lists.
pub(crate) fn lists(asked: &arguments::Lists) -> Result<(), Failure> {
    match asked {
        arguments::Lists::Compile {
            policy,
            state,
            json,
        } => compile::compile(&Offline::open_with(policy, Some(state))?, state, *json),
        arguments::Lists::Fetch {
            policy,
            state,
            json,
            names,
        } => fetch::fetch(policy, state, names, *json),
        arguments::Lists::Take {
            policy,
            state,
            json,
            name,
            file,
            signature,
        } => fetch::take(policy, state, name, (file, signature.as_deref()), *json),
        arguments::Lists::Show {
            policy,
            state,
            json,
            notice,
            name,
        } => match notice {
            true => show::notice(policy),
            false => show::show(policy, state, name.as_deref(), *json),
        },
        arguments::Lists::Diff {
            policy,
            state,
            name,
            from,
            to,
        } => show::diff(policy, state, name, (from.as_deref(), to.as_deref())),
        arguments::Lists::Rollback {
            policy,
            acting,
            name,
            version,
            reason,
        } => {
            let version = show::target(policy, &acting.state, name, version.as_deref())?;
            let list = name.clone();
            let change = change::Change::ListRollback(change::ListVersion { list, version });
            crate::command::overrides::propose(acting, change, reason)
        }
        arguments::Lists::Why {
            policy,
            state,
            json,
            target,
        } => why(&Offline::open_with(policy, Some(state))?, *json, target),
    }
}

fn why(offline: &Offline, json: bool, text: &str) -> Result<(), Failure> {
    let mut buffer = HostBuffer::new();
    let target = Target::parse(text, &mut buffer).map_err(|error| {
        Failure::asked(
            format!("`{}` is no target: {error}", model::visible(text)),
            "name a host or a URL",
        )
    })?;
    let why = offline.state.artefact().why_target(&target);
    let vocabulary = offline.state.policy().vocabulary();
    let mut out = Screen::open();
    if json {
        let value = json!({
            "target": text,
            "host": target.host.to_string(),
            "labels": why.labels.iter().map(|label| json!({
                "category": vocabulary.word(label.category),
                "list": label.list,
                "entry": label.entry,
            })).collect::<Vec<_>>(),
            "exceptions": why.exceptions.iter().map(|held| json!({
                "name": held.name,
                "reason": held.reason,
            })).collect::<Vec<_>>(),
        });
        out.json(&value)?;
        return out.finish();
    }
    out.line(format_args!("{}", target.host))?;
    if why.labels.is_empty() && why.exceptions.is_empty() {
        out.line(format_args!("  on no list"))?;
    }
    for label in &why.labels {
        out.line(format_args!(
            "  {} by list {}, entry {}",
            vocabulary.word(label.category),
            label.list,
            label.entry
        ))?;
    }
    for held in &why.exceptions {
        out.line(format_args!("  exception {}: {}", held.name, held.reason))?;
    }
    out.finish()
}
