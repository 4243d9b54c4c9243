use crate::answer::Answer;
use crate::frame::Frame;
use crate::pages::requests::lexicon;
use crate::when::{When, span};
use crate::{Asked, Console, Refusal};
use askama::Template;
use change::{Change, Draft, Override, ProposalId};
use model::Access;
use std::time::Duration;

#[derive(Template)]
#[template(path = "lesson.html")]
struct LessonPage {
    frame: Frame,
    faults: Vec<String>,
    classes: Vec<ClassView>,
    running: Vec<RunningView>,
    minutes: Vec<u32>,
    longest: u32,
    filled: Filled,
}

/// A class that this person teaches, and what may be unlocked for it now.
struct ClassView {
    id: String,
    categories: Vec<(String, String)>,
}

/// A lesson that runs.
struct RunningView {
    id: String,
    what: String,
    whom: String,
    until: When,
    left: String,
    by: String,
}

/// The form as it was filled in.
#[derive(Clone, Debug, Default)]
struct Filled {
    class: String,
    categories: Vec<String>,
    minutes: u32,
    reason: String,
}

/// What a teacher may unlock for a lesson, and what is unlocked.
pub(crate) fn show(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let filled = Filled {
        minutes: USUAL,
        ..Filled::default()
    };
    Answer::page(&page(console, asked, filled, Vec::new())?)
}

/// Unlocks for a lesson; it is in force when this answers (SCH-06).
pub(crate) fn unlock(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let form = &asked.form;
    let filled = Filled {
        class: form.line("class"),
        categories: form.all("category"),
        minutes: form.line("minutes").parse().unwrap_or(0),
        reason: form.text("reason"),
    };
    let sites = filled.categories.iter().map(|id| format!("category:{id}"));
    let lesson = Override {
        id: String::new(),
        whom: vec![format!("class:{}", filled.class)],
        sites: sites.collect(),
        action: Access::Allow,
        start: asked.now,
        end: asked.now.after(minutes(filled.minutes)),
        reason: filled.reason.clone(),
        trial: None,
    };
    let change = Change::Lesson(lesson);
    let reason = filled.reason.clone();
    send(console, asked, change, &reason, "unlocked", filled)
}

/// Gives a lesson another end.
pub(crate) fn extend(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let id: ProposalId = asked.part_as("id")?;
    let more = asked.form.line("minutes").parse().unwrap_or(0);
    let change = Change::Extend {
        id: id.to_string(),
        end: asked.now.after(minutes(more)),
    };
    send(
        console,
        asked,
        change,
        EXTENDED,
        "extended",
        Filled::default(),
    )
}

/// Ends a lesson early.
pub(crate) fn end(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let id: ProposalId = asked.part_as("id")?;
    let change = Change::End { id: id.to_string() };
    send(console, asked, change, ENDED, "ended", Filled::default())
}

fn send(
    console: &Console,
    asked: &Asked,
    change: Change,
    reason: &str,
    done: &str,
    filled: Filled,
) -> Result<Answer, Refusal> {
    match console
        .desk()
        .propose(asked.acting()?, Draft::new(change, reason))
    {
        Ok(change::Outcome::Active(_)) => Ok(Answer::see(format!("/lesson?done={done}"))),
        Ok(change::Outcome::Waiting(matter)) => Ok(Answer::see(format!(
            "/requests/{}?done=proposed",
            matter.id
        ))),
        Err(error) => Answer::again(&page(console, asked, filled, vec![error.to_string()])?),
    }
}

fn page(
    console: &Console,
    asked: &Asked,
    filled: Filled,
    faults: Vec<String>,
) -> Result<LessonPage, Refusal> {
    let acting = asked.acting()?;
    let desk = console.desk();
    let accounts = desk.accounts();
    let own = accounts
        .into_iter()
        .find(|account| account.id == acting.account);
    let classes = own.map(|account| account.classes).unwrap_or_default();
    let lexicon = lexicon(console, acting.role);
    let longest = desk.settings().lesson;
    let running = desk
        .current(acting)
        .into_iter()
        .filter(|held| matches!(desk.in_force(held.id), Some(Change::Lesson(_))))
        .filter(|held| {
            let whom = held.whom.iter();
            let mut ids = whom.filter_map(|text| text.strip_prefix("class:"));
            ids.any(|id| classes.iter().any(|class| class == id))
        })
        .filter_map(|held| {
            let until = held.until?;
            Some(RunningView {
                id: held.id.to_string(),
                what: lexicon.sites(&held.sites),
                whom: lexicon.whom(&held.whom),
                until: asked.zone.when(until),
                left: span(asked.now.until(until)),
                by: held.by,
            })
        })
        .collect();
    Ok(LessonPage {
        frame: Frame::new(console, asked, "Lesson"),
        faults,
        classes: classes
            .into_iter()
            .map(|id| ClassView {
                categories: unlockable(console, &id),
                id,
            })
            .collect(),
        running,
        minutes: OFFERED
            .into_iter()
            .filter(|count| *count <= longest)
            .collect(),
        longest,
        filled,
    })
}

/// The categories that the desk would unlock for a class now, by id and title.
fn unlockable(console: &Console, class: &str) -> Vec<(String, String)> {
    let lifted = console.desk().unlockable(class);
    let state = console.gate().state();
    let vocabulary = state.policy().vocabulary().iter();
    vocabulary
        .filter(|(id, _)| lifted.contains(*id))
        .map(|(_, category)| (category.id.clone(), category.title.clone()))
        .collect()
}

fn minutes(count: u32) -> Duration {
    Duration::from_secs(u64::from(count) * 60)
}

const OFFERED: [u32; 7] = [10, 20, 30, 40, 50, 60, 90];
const USUAL: u32 = 30;
const EXTENDED: &str = "the lesson needs longer";
const ENDED: &str = "the lesson is over";
