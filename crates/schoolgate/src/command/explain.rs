use crate::arguments;
use crate::failure::Failure;
use crate::offline::Offline;
use crate::screen::Screen;
use change::Past;
use gate::{Explainer, Explanation, Question, SearchExplanation, State};
use model::{Clock, Faults, Moment, SystemClock};
use serde::Serialize;
use serde_json::json;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

mod page;

/// Says what would be decided.
pub(crate) fn explain(asked: &arguments::Explain) -> Result<(), Failure> {
    if let (Some(page), Some(group)) = (&asked.file, &asked.group) {
        let offline = Offline::open_with(&asked.policy, Some(&asked.state))?;
        return page::explain(&offline, page, group, asked.json);
    }
    let now = SystemClock::default().now();
    let state = if asked.in_force {
        was_in_force(&asked.state.state, asked.at.unwrap_or(now))?
    } else {
        Offline::open_with(&asked.policy, Some(&asked.state))?.state
    };
    let book = Arc::clone(state.phrases());
    let mut explainer = Explainer::new(Arc::new(state));
    let mut out = Screen::open();
    if let Some(file) = &asked.batch {
        batch(file, now, &mut explainer, &mut out)?;
        return out.finish();
    }
    let Some(client) = asked.client else {
        return Err(Failure::asked("no client is named", "add `--client`"));
    };
    let mut understood = true;
    for target in &asked.targets {
        let question = Question {
            client,
            user: asked.user.as_deref(),
            group: asked.group.as_deref(),
            at: asked.at.unwrap_or(now),
            target,
            addresses: &asked.address,
        };
        match explainer.explain(&question, true) {
            Ok(explanation) => {
                let search = SearchExplanation::of_url(&book, target);
                if asked.json {
                    out.json(&Shown {
                        explanation: &explanation,
                        search,
                    })?;
                } else {
                    print(&mut out, &explanation)?;
                    page::print_search(&mut out, search.as_ref())?;
                }
            }
            Err(error) => {
                understood = false;
                let error = crate::failure::chain(&error);
                if asked.json {
                    out.json(&json!({ "target": target, "error": error }))?;
                } else {
                    out.line(format_args!("error: {error}"))?;
                }
            }
        }
    }
    out.finish()?;
    if understood { Ok(()) } else { Err(Failure::No) }
}

/// What decided at a moment, by what the state folder keeps of then.
fn was_in_force(folder: &Path, at: Moment) -> Result<State, Failure> {
    let Some(past) = Past::read(folder, at)? else {
        return Err(Failure::asked(
            format!("no policy was in force at {at}"),
            "`schoolgate policy history` lists what was",
        ));
    };
    let mut faults = Faults::default();
    let state = Offline::decides(past.bundle.files(), &past.overlay, folder, &mut faults);
    state.ok_or(Failure::Faults(faults))
}

/// An explanation with the search that the target makes, if it makes one.
#[derive(Serialize)]
struct Shown<'s> {
    #[serde(flatten)]
    explanation: &'s Explanation,
    #[serde(skip_serializing_if = "Option::is_none")]
    search: Option<SearchExplanation>,
}

/// Answers tab-separated lines in order, one JSON object a line.
fn batch(
    file: &Path,
    now: Moment,
    explainer: &mut Explainer,
    out: &mut Screen,
) -> Result<(), Failure> {
    let mut input: Box<dyn BufRead> = if file.as_os_str() == "-" {
        Box::new(BufReader::with_capacity(1 << 16, io::stdin().lock()))
    } else {
        let source = File::open(file).map_err(|source| Failure::File {
            path: file.to_owned(),
            done: "read",
            source,
        })?;
        Box::new(BufReader::with_capacity(1 << 16, source))
    };
    let mut text = Vec::new();
    let mut number = 0u64;
    loop {
        text.clear();
        if read_line(&mut input, &mut text)? == 0 {
            return Ok(());
        }
        number += 1;
        let answer = String::from_utf8(std::mem::take(&mut text));
        match answer {
            Ok(asked) => {
                match question(asked.trim_end_matches(['\n', '\r']), now).and_then(|question| {
                    explainer
                        .explain(&question, false)
                        .map_err(|error| crate::failure::chain(&error))
                }) {
                    Ok(explanation) => out.json(&explanation)?,
                    Err(error) => out.json(&json!({ "line": number, "error": error }))?,
                }
                text = asked.into_bytes();
            }
            Err(_) => out.json(&json!({ "line": number, "error": "the line is not UTF-8" }))?,
        }
    }
}

/// Reads a line of which at most 64 KiB are kept.
fn read_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    let mut read = 0;
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(read);
        }
        let end = buffer
            .iter()
            .position(|&byte| byte == b'\n')
            .map(|place| place + 1);
        let used = end.unwrap_or(buffer.len());
        let room = LONGEST.saturating_sub(line.len()).min(used);
        line.extend_from_slice(&buffer[..room]);
        input.consume(used);
        read += used;
        if end.is_some() {
            return Ok(read);
        }
    }
}

fn question(text: &str, now: Moment) -> Result<Question<'_>, String> {
    let mut fields = text.split('\t');
    let (Some(client), Some(at), Some(target), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(
            "a line has three fields with tabs between them: client, moment, target".to_owned(),
        );
    };
    let client: IpAddr = client
        .trim()
        .parse()
        .map_err(|_| format!("`{}` is no address", cut(client)))?;
    let at = match at.trim() {
        "-" => now,
        at => at
            .parse()
            .map_err(|_| format!("`{}` is no moment such as 2026-11-23T10:15:00Z", cut(at)))?,
    };
    Ok(Question {
        client,
        user: None,
        group: None,
        at,
        target,
        addresses: &[],
    })
}

fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Prints an explanation for a person.
fn print(out: &mut Screen, shown: &Explanation) -> Result<(), Failure> {
    let group = shown.group.as_deref().unwrap_or("none");
    let zone = shown.zone.as_deref().unwrap_or("outside every zone");
    out.line(format_args!("{}: {}", shown.host, shown.action))?;
    out.line(format_args!("  why       {}", shown.sentence))?;
    out.line(format_args!(
        "  who       {} in zone {zone}, group {group}",
        shown.client
    ))?;
    if let Some(device) = &shown.device {
        out.line(format_args!("  device    {device}"))?;
    }
    if let Some(user) = &shown.user {
        out.line(format_args!("  user      {user}"))?;
    }
    out.line(format_args!("  at        {}", shown.at))?;
    match shown.valid_until {
        Some(until) => out.line(format_args!("  until     {until}"))?,
        None => out.line(format_args!("  until     the policy or the lists change"))?,
    }
    out.line(format_args!(
        "  seen      the {} alone decides",
        shown.detail
    ))?;
    if !shown.obligations.is_empty() {
        out.line(format_args!("  also      {}", shown.obligations.join(", ")))?;
    }
    if !shown.addresses.is_empty() {
        let addresses: Vec<String> = shown.addresses.iter().map(IpAddr::to_string).collect();
        out.line(format_args!("  leads to  {}", addresses.join(", ")))?;
    }
    for label in &shown.labels {
        out.line(format_args!(
            "  label     {} by list {}, entry {}",
            label.category, label.list, label.entry
        ))?;
    }
    for exception in &shown.exceptions {
        out.line(format_args!(
            "  exception {}: {}",
            exception.name, exception.reason
        ))?;
    }
    for part in &shown.within {
        out.line(format_args!(
            "  within    {} {}: {} by rung {} {}",
            part.kind,
            part.text,
            part.action,
            part.rung,
            part.categories.join(", ")
        ))?;
    }
    for rung in &shown.rungs {
        let mark = if rung.spoke { "->" } else { "  " };
        out.line(format_args!(
            "  {mark} {:<12}{}",
            rung.rung.word(),
            rung.words
        ))?;
    }
    out.line(format_args!("  policy    {}", shown.policy_version))?;
    Ok(())
}

/// A target is a URL at most; what is longer is none.
const LONGEST: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_line_has_three_fields() {
        let now = Moment::from_millis(0);
        assert!(question("10.20.0.5\t-\texample.test", now).is_ok());
        for text in [
            "",
            "10.20.0.5 - example.test",
            "x\t-\ta.test",
            "10.20.0.5\tnoon\ta.test",
            "10.20.0.5\t-\ta\tb",
        ] {
            assert!(question(text, now).is_err(), "{text}");
        }
    }

    #[test]
    fn a_line_without_end_is_cut_and_the_next_one_read() {
        let mut text = vec![b'a'; 3 * LONGEST];
        text.extend_from_slice(b"\nb\n");
        let mut input: Box<dyn BufRead> = Box::new(io::Cursor::new(text));
        let mut line = Vec::new();
        assert_eq!(read_line(&mut input, &mut line).unwrap(), 3 * LONGEST + 1);
        assert_eq!(line.len(), LONGEST);
        line.clear();
        read_line(&mut input, &mut line).unwrap();
        assert_eq!(line, b"b\n");
    }
}
