use crate::answer::Answer;
use crate::frame::Frame;
use crate::lexicon::Lexicon;
use crate::pages::propose::proposed;
use crate::pages::requests::lexicon;
use crate::{Asked, Console, Form, Refusal};
use askama::Template;
use change::{Change, Draft, EmergencyBlock, Isolation, Pause};
use std::time::Duration;

#[derive(Template)]
#[template(path = "block.html")]
struct BlockPage {
    frame: Frame,
    faults: Vec<String>,
    filled: Filled,
    groups: Vec<(String, String)>,
}

/// The form as it was filled in.
#[derive(Clone, Debug, Default)]
struct Filled {
    what: String,
    site: String,
    group: String,
    whom: String,
    hours: u32,
    reason: String,
}

/// Asks what shall be closed at once.
pub(crate) fn show(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let query = &asked.query;
    let filled = Filled {
        what: query.line("what"),
        site: query.line("site"),
        whom: query.line("whom"),
        hours: USUAL,
        ..Filled::default()
    };
    Answer::page(&page(console, asked, filled, Vec::new())?)
}

/// Closes it on this person's word; another confirms it within a day (CHG-13).
pub(crate) fn close(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let filled = Filled::read(&asked.form);
    let change = match filled.change(asked) {
        Ok(change) => change,
        Err(fault) => return again(console, asked, filled, fault.to_owned()),
    };
    let draft = Draft::new(change, &filled.reason);
    match console.desk().propose(asked.acting()?, draft) {
        Ok(outcome) => Ok(proposed(&outcome)),
        Err(error) => again(console, asked, filled, error.to_string()),
    }
}

/// A block of one site for everybody, or one group, from now on.
pub(crate) fn block_of(asked: &Asked, site: &str, group: &str, hours: u32, reason: &str) -> Change {
    let whom = match group {
        "" => Vec::new(),
        group => vec![format!("group:{group}")],
    };
    Change::Block(EmergencyBlock {
        id: String::new(),
        sites: vec![site.to_owned()],
        whom,
        start: asked.now,
        end: asked.now.after(span(hours)),
        reason: reason.to_owned(),
    })
}

fn again(
    console: &Console,
    asked: &Asked,
    filled: Filled,
    fault: String,
) -> Result<Answer, Refusal> {
    Answer::again(&page(console, asked, filled, vec![fault])?)
}

fn page(
    console: &Console,
    asked: &Asked,
    filled: Filled,
    faults: Vec<String>,
) -> Result<BlockPage, Refusal> {
    let lexicon: Lexicon = lexicon(console, asked.acting()?.role);
    Ok(BlockPage {
        frame: Frame::new(console, asked, "Close something at once"),
        faults,
        filled,
        groups: lexicon.groups(),
    })
}

impl Filled {
    fn read(form: &Form) -> Self {
        Self {
            what: form.line("what"),
            site: form.line("site"),
            group: form.line("group"),
            whom: form.line("whom"),
            hours: form.line("hours").parse().unwrap_or(0),
            reason: form.text("reason"),
        }
    }

    fn change(&self, asked: &Asked) -> Result<Change, &'static str> {
        let (id, reason) = (String::new(), self.reason.clone());
        let (start, end) = (asked.now, asked.now.after(span(self.hours)));
        let whom = vec![self.whom.clone()];
        let named = ["user:", "device:", "class:"];
        let somebody = named.iter().any(|kind| self.whom.starts_with(kind));
        match self.what.as_str() {
            "site" if self.site.is_empty() => Err("write the site that shall be closed"),
            "site" => Ok(block_of(
                asked,
                &self.site,
                &self.group,
                self.hours,
                &self.reason,
            )),
            "pause" | "isolation" if !somebody => Err(WHOM),
            "pause" => Ok(Change::Pause(Pause {
                id,
                whom,
                start,
                end,
                reason,
            })),
            "isolation" => Ok(Change::Isolation(Isolation {
                id,
                whom,
                start,
                end: Some(end),
                reason,
            })),
            _ => Err("choose what shall be closed"),
        }
    }
}

fn span(hours: u32) -> Duration {
    Duration::from_secs(u64::from(hours) * 3_600)
}

const USUAL: u32 = 24;
const WHOM: &str = "say for whom: `user:` or `device:` and the name that stands under Activity, or `class:` and a class";
