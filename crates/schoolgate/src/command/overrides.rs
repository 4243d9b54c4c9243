use crate::act::Act;
use crate::arguments::{Acting, AtOnce, Lesson, OverrideCommand};
use crate::failure::Failure;
use crate::person::act;
use change::{Change, Draft, ProposalId};
use model::{Access, Digest, Moment, visible};
use policy::{EmergencyBlock, Isolation, Override, Pause, Trial};
use serde_json::Value;
use std::time::Duration;

/// Asks for exceptions, and decides what waits.
pub(crate) fn overrides(asked: &OverrideCommand) -> Result<(), Failure> {
    match asked {
        OverrideCommand::Request {
            acting,
            sites,
            whom,
            action,
            from,
            until,
            try_with,
            try_until,
            reason,
        } => {
            let trial = try_until.map(|until| Trial {
                whom: try_with.clone(),
                until,
            });
            let change = Change::Override(Override {
                id: String::new(),
                whom: whom.clone(),
                sites: sites.clone(),
                action: if action == "block" {
                    Access::Block
                } else {
                    Access::Allow
                },
                start: from.unwrap_or_else(|| now(acting)),
                end: *until,
                reason: reason.clone(),
                trial,
            });
            propose(acting, change, reason)
        }
        OverrideCommand::Approve {
            acting,
            id,
            seen,
            reason,
        } => {
            let seen = seen.as_deref().map(mark).transpose()?;
            let asked = Act::Approve {
                id: matter(id)?,
                seen,
                words: reason.clone(),
            };
            show(acting, &act(acting, asked)?)
        }
        OverrideCommand::Refuse { acting, id, reason } => {
            let asked = Act::Refuse {
                id: matter(id)?,
                words: reason.clone(),
            };
            show(acting, &act(acting, asked)?)
        }
        OverrideCommand::Revoke { acting, id, reason } => {
            let asked = Act::Revoke {
                id: matter(id)?,
                words: reason.clone(),
            };
            show(acting, &act(acting, asked)?)
        }
        OverrideCommand::Ratify { acting, id, reason } => {
            let asked = Act::Ratify {
                id: matter(id)?,
                words: reason.clone(),
            };
            show(acting, &act(acting, asked)?)
        }
        OverrideCommand::List { acting, all } => {
            let found = act(acting, Act::Matters { all: *all })?;
            let matters = found.as_array().cloned().unwrap_or_default();
            for matter in &matters {
                show(acting, matter)?;
            }
            if matters.is_empty() && !acting.json {
                eprintln!("nothing waits, and nothing holds on top of the files");
            }
            Ok(())
        }
    }
}

/// Unlocks for a lesson, and ends that.
pub(crate) fn lesson(asked: &Lesson) -> Result<(), Failure> {
    match asked {
        Lesson::Unlock {
            acting,
            class,
            sites,
            minutes,
            reason,
        } => {
            let start = now(acting);
            let change = Change::Lesson(Override {
                id: String::new(),
                whom: vec![format!("class:{class}")],
                sites: sites.iter().map(|site| site_or_category(site)).collect(),
                action: Access::Allow,
                start,
                end: start.after(span(minutes.unwrap_or(USUAL_LESSON))),
                reason: reason.clone(),
                trial: None,
            });
            propose(acting, change, reason)
        }
        Lesson::End { acting, id } => {
            let asked = Act::Revoke {
                id: matter(id)?,
                words: "the lesson ended early".to_owned(),
            };
            show(acting, &act(acting, asked)?)
        }
    }
}

/// Pauses the web for somebody.
pub(crate) fn pause(asked: &AtOnce) -> Result<(), Failure> {
    let start = now(&asked.acting);
    let change = Change::Pause(Pause {
        id: String::new(),
        whom: asked.whom.clone(),
        start,
        end: start.after(span(asked.minutes)),
        reason: asked.reason.clone(),
    });
    propose(&asked.acting, change, &asked.reason)
}

/// Cuts a device off.
pub(crate) fn isolate(asked: &AtOnce) -> Result<(), Failure> {
    let start = now(&asked.acting);
    let change = Change::Isolation(Isolation {
        id: String::new(),
        whom: asked.whom.clone(),
        start,
        end: Some(start.after(span(asked.minutes))),
        reason: asked.reason.clone(),
    });
    propose(&asked.acting, change, &asked.reason)
}

/// Closes a site at once.
pub(crate) fn block(asked: &AtOnce) -> Result<(), Failure> {
    let start = now(&asked.acting);
    let change = Change::Block(EmergencyBlock {
        id: String::new(),
        sites: asked.sites.clone(),
        whom: asked.whom.clone(),
        start,
        end: start.after(span(asked.minutes)),
        reason: asked.reason.clone(),
    });
    propose(&asked.acting, change, &asked.reason)
}

pub(crate) fn propose(acting: &Acting, change: Change, reason: &str) -> Result<(), Failure> {
    let draft = Box::new(Draft::new(change, reason));
    show(acting, &act(acting, Act::Propose { draft })?)
}

/// Prints a matter as people read it, or as it is.
pub(crate) fn show(acting: &Acting, matter: &Value) -> Result<(), Failure> {
    if acting.json {
        say!("{matter}");
        return Ok(());
    }
    let text = |key: &str| matter[key].as_str().unwrap_or_default().to_owned();
    let proposer = matter["proposer"]["shown"].as_str().unwrap_or_default();
    say!(
        "{}  {}  {}  proposed by {}",
        text("id"),
        text("stage"),
        matter["change"]["kind"].as_str().unwrap_or_default(),
        visible(proposer)
    );
    say!("  why        {}", visible(&text("reason")));
    for (what, key) in [("sites", "sites"), ("for", "for")] {
        let all: Vec<_> = matter["change"][key]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(visible)
            .collect();
        if !all.is_empty() {
            say!("  {what:<10} {}", all.join(", "));
        }
    }
    for (what, key) in [("from", "start"), ("until", "end")] {
        if let Some(moment) = matter[key].as_str() {
            say!("  {what:<10} {moment}");
        }
    }
    for line in matter["effect"]["lines"].as_array().into_iter().flatten() {
        let direction = line["direction"].as_str().unwrap_or_default();
        let words = line["words"].as_str().unwrap_or_default();
        say!("  {direction:<10} {}", visible(words));
    }
    if let Some(role) = matter["decider"]["role"].as_str() {
        say!("  waits for  {role}");
        say!("  seen       {}", text("digest"));
    }
    Ok(())
}

fn matter(text: &str) -> Result<ProposalId, Failure> {
    text.parse()
        .map_err(|error| Failure::asked(format!("{error}"), "`override list` shows the numbers"))
}

fn mark(text: &str) -> Result<Digest, Failure> {
    text.parse().map_err(|_| {
        Failure::asked(
            format!("`{text}` is no mark of what was seen"),
            "copy it from `override list`",
        )
    })
}

fn site_or_category(text: &str) -> String {
    if text.contains('.') || text.contains(':') {
        text.to_owned()
    } else {
        format!("category:{text}")
    }
}

/// The moment by the clock of the gateway that is asked.
fn now(acting: &Acting) -> Moment {
    crate::control::now(&acting.state.state)
}

fn span(minutes: u32) -> Duration {
    Duration::from_secs(u64::from(minutes) * 60)
}

/// The desk cuts it to what is left of the lesson.
const USUAL_LESSON: u32 = 60;
