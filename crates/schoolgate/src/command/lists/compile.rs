use crate::arguments::State;
use crate::failure::{Failure, summary, tell};
use crate::offline::Offline;
use crate::screen::Screen;
use change::{Active, StateFolder};
use lists::{ListReport, RefusedLine};
use matcher::ListChange;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Says what compiling the lists found, and what each gained and lost since what is in force.
pub(super) fn compile(offline: &Offline, state: &State, json: bool) -> Result<(), Failure> {
    let found = Found::new(offline, state);
    let mut out = Screen::open();
    if json {
        out.json(&found.json())?;
        return out.finish();
    }
    found.table(&mut out)?;
    found.refused(&mut out)?;
    found.fired(&mut out)?;
    found.labelled(&mut out)?;
    if !offline.report.warnings.is_empty() {
        tell(format_args!(
            "\n{}\n{}",
            offline.report.warnings,
            summary(&offline.report.warnings)
        ));
    }
    out.finish()
}

/// What there is to tell.
struct Found<'o> {
    offline: &'o Offline,
    /// What each list gained and lost; `None` where nothing is in force to compare with.
    changes: Option<BTreeMap<String, ListChange>>,
}

impl<'o> Found<'o> {
    fn new(offline: &'o Offline, state: &State) -> Self {
        let active = Active::read(&state.state).ok().flatten();
        let before =
            active.and_then(|active| StateFolder::artefact_in(&state.state, active.artefact));
        let changes = before.map(|before| {
            let all = offline.state.artefact().changes_since(&before);
            all.into_iter().map(|one| (one.list.clone(), one)).collect()
        });
        Self { offline, changes }
    }

    /// New and lost entries of a list.
    fn change(&self, id: &str) -> (usize, usize) {
        let changes = self.changes.as_ref();
        let change = changes.and_then(|changes| changes.get(id));
        change.map_or((0, 0), |change| (change.new, change.lost))
    }

    /// The lists that are in force and no longer in use.
    fn gone(&self) -> impl Iterator<Item = &ListChange> {
        let lists = &self.offline.report.lists;
        let used = |id: &str| id == "exceptions" || lists.iter().any(|list| list.id == id);
        let changes = self.changes.iter().flat_map(BTreeMap::values);
        changes.filter(move |change| !used(&change.list))
    }

    fn table(&self, out: &mut Screen) -> Result<(), Failure> {
        let report = &self.offline.report;
        let compiled = &report.compiled;
        out.line(format_args!(
            "{} lists, {} names, {} addresses and networks, {} rules for URLs, {} patterns, {} digests",
            report.lists.len(),
            compiled.names,
            compiled.addresses,
            compiled.urls,
            compiled.patterns,
            compiled.digests
        ))?;
        out.line(format_args!(
            "{} label sets, {} bytes, {} of them read by look-up",
            compiled.sets, compiled.bytes, compiled.hot_bytes
        ))?;
        if self.changes.is_none() {
            out.line("nothing is in force yet, so nothing is new or lost")?;
        }
        out.line("")?;
        out.line(format_args!(
            "{:<30} {:>9} {:>9} {:>8} {:>13} {:>8} {:>8}",
            "list", "lines", "entries", "refused", "not enforced", "new", "lost"
        ))?;
        for list in &report.lists {
            let (new, lost) = self.change(&list.id);
            out.line(format_args!(
                "{:<30} {:>9} {:>9} {:>8} {:>13} {:>8} {:>8}",
                list.id,
                list.lines,
                list.entries(),
                list.refused.total() - list.refused.not_enforced(),
                list.refused.not_enforced(),
                new,
                lost
            ))?;
        }
        for change in self.gone() {
            out.line(format_args!(
                "{:<30} no longer in use: {} entries lost",
                change.list, change.lost
            ))?;
        }
        Ok(())
    }

    /// The refused lines of each list by reason, with the first of each.
    fn refused(&self, out: &mut Screen) -> Result<(), Failure> {
        let lists = &self.offline.report.lists;
        let refused: usize = lists.iter().map(|list| list.refused.total()).sum();
        out.line("")?;
        out.line(format_args!("{refused} lines gave no entry"))?;
        for list in lists {
            for (&reason, count) in &list.refused.counts {
                let first = list.refused.first.iter().find(|line| line.reason == reason);
                let place = first.map_or_else(String::new, place);
                let words = reason.words();
                out.line(format_args!("  {}: {count} {words}{place}", list.id))?;
            }
        }
        Ok(())
    }

    /// The exceptions that took labels away, and the entries that would have covered a guarded
    /// name.
    fn fired(&self, out: &mut Screen) -> Result<(), Failure> {
        let compiled = &self.offline.report.compiled;
        let vocabulary = self.offline.state.policy().vocabulary();
        out.line("")?;
        out.line(format_args!(
            "{} times an exception took the entries of a list away",
            compiled.exceptions_fired.len()
        ))?;
        for fired in &compiled.exceptions_fired {
            out.line(format_args!(
                "  {}: {} of list {}, {} entries, first {}",
                fired.exception,
                vocabulary.word(fired.category),
                fired.list,
                fired.entries,
                fired.entry
            ))?;
        }
        out.line("")?;
        out.line(format_args!(
            "{} entries would have covered a guarded name",
            compiled.guarded.len()
        ))?;
        for held in &compiled.guarded {
            out.line(format_args!(
                "  {}: entry {} of list {}",
                held.name, held.entry, held.list
            ))?;
        }
        Ok(())
    }

    /// The long-standing sites with a label against them.
    fn labelled(&self, out: &mut Screen) -> Result<(), Failure> {
        let compiled = &self.offline.report.compiled;
        out.line("")?;
        out.line(format_args!(
            "{} long-standing sites bear a label against them",
            compiled.established_labelled
        ))?;
        for name in &compiled.established_first {
            out.line(format_args!("  {name}"))?;
        }
        let more = compiled.established_labelled - compiled.established_first.len();
        if more > 0 && !compiled.established_first.is_empty() {
            out.line(format_args!("  and {more} more"))?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let report = &self.offline.report;
        let compiled = &report.compiled;
        let vocabulary = self.offline.state.policy().vocabulary();
        let refused: usize = report.lists.iter().map(|list| list.refused.total()).sum();
        json!({
            "artefact": self.offline.state.artefact().digest(),
            "compared": self.changes.is_some(),
            "names": compiled.names,
            "addresses": compiled.addresses,
            "urls": compiled.urls,
            "patterns": compiled.patterns,
            "digests": compiled.digests,
            "label_sets": compiled.sets,
            "bytes": compiled.bytes,
            "hot_bytes": compiled.hot_bytes,
            "refused": refused,
            "lists": report.lists.iter().map(|list| self.list_json(list)).collect::<Vec<_>>(),
            "no_longer_in_use": self.gone().map(|change| json!({
                "id": change.list,
                "lost": change.lost,
            })).collect::<Vec<_>>(),
            "exceptions_fired": compiled.exceptions_fired.iter().map(|fired| json!({
                "exception": fired.exception,
                "list": fired.list,
                "category": vocabulary.word(fired.category),
                "entry": fired.entry,
                "entries": fired.entries,
            })).collect::<Vec<_>>(),
            "guarded": compiled.guarded.iter().map(|held| json!({
                "name": held.name,
                "list": held.list,
                "entry": held.entry,
            })).collect::<Vec<_>>(),
            "established_labelled": compiled.established_labelled,
            "established_first": compiled.established_first,
        })
    }

    fn list_json(&self, list: &ListReport) -> Value {
        let (new, lost) = self.change(&list.id);
        json!({
            "id": list.id,
            "digest": list.digest,
            "category": list.category,
            "lines": list.lines,
            "names": list.names,
            "addresses": list.addresses,
            "networks": list.networks,
            "urls": list.urls,
            "patterns": list.patterns,
            "digests": list.digests,
            "refused": list.refused,
            "new": self.changes.is_some().then_some(new),
            "lost": self.changes.is_some().then_some(lost),
        })
    }
}

/// Where a refused line stands, and what it says where that may be told.
fn place(line: &RefusedLine) -> String {
    let mut words = "; first at ".to_owned();
    if let Some(file) = &line.file {
        words += &format!("{file}:");
    }
    words += &line.line.to_string();
    if let Some(text) = &line.text {
        words += &format!(" `{text}`");
    }
    words
}
