mod fetch;
mod progress;
mod show;

use crate::arguments;
use crate::failure::{Failure, summary, tell};
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
        } => compile(&Offline::open_with(policy, Some(state))?, *json),
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

fn compile(offline: &Offline, json: bool) -> Result<(), Failure> {
    let mut out = Screen::open();
    let report = &offline.report;
    let found = &report.compiled;
    let vocabulary = offline.state.policy().vocabulary();
    let refused: usize = report.lists.iter().map(|list| list.refused.total()).sum();
    if json {
        let value = json!({
            "artefact": offline.state.artefact().digest(),
            "lists": report.lists.len(),
            "names": found.names,
            "addresses": found.addresses,
            "label_sets": found.sets,
            "bytes": found.bytes,
            "hot_bytes": found.hot_bytes,
            "refused": refused,
            "exceptions_fired": found.exceptions_fired.iter().map(|fired| json!({
                "exception": fired.exception,
                "list": fired.list,
                "category": vocabulary.word(fired.category),
                "entry": fired.entry,
                "entries": fired.entries,
            })).collect::<Vec<_>>(),
            "guarded": found.guarded.iter().map(|held| json!({ "name": held.name })).collect::<Vec<_>>(),
        });
        out.json(&value)?;
        return out.finish();
    }
    out.line(format_args!(
        "{} lists, {} names, {} addresses",
        report.lists.len(),
        found.names,
        found.addresses
    ))?;
    out.line(format_args!(
        "{} label sets, {} bytes, {} of them read by look-up",
        found.sets, found.bytes, found.hot_bytes
    ))?;
    out.line(format_args!("{refused} lines refused, {} exceptions fired, {} entries would have covered a guarded name",
        found.exceptions_fired.len(),
        found.guarded.len()))?;
    for list in report.lists.iter().filter(|list| list.refused.total() > 0) {
        out.line(format_args!(
            "  {}: {} lines refused",
            list.id,
            list.refused.total()
        ))?;
    }
    if !offline.report.warnings.is_empty() {
        tell(format_args!(
            "\n{}\n{}",
            offline.report.warnings,
            summary(&offline.report.warnings)
        ));
    }
    out.finish()
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
