use crate::answer::Answer;
use crate::frame::Frame;
use crate::matter_view::MatterLine;
use crate::pages::requests::lexicon;
use crate::when::{When, span};
use crate::{Asked, Console, Refusal};
use askama::Template;
use audit::EntryIndex;
use change::{HistoryFilter, SIGNERS};
use std::time::Duration;

#[derive(Template)]
#[template(path = "reviews.html")]
struct ReviewsPage {
    frame: Frame,
    faults: Vec<String>,
    overdue: Vec<MatterLine>,
    waiting: Vec<MatterLine>,
    ending: Vec<EndingLine>,
    access: AccessReview,
    accounts: Vec<(String, String)>,
    rules: Vec<RuleLine>,
    signer: bool,
    words: String,
}

/// Something that holds for a while and ends soon.
struct EndingLine {
    id: String,
    what: String,
    whom: String,
    until: When,
    left: String,
    reason: String,
}

/// When it was last signed off what each group may reach (AGE-11).
struct AccessReview {
    last: Option<(When, String)>,
    due: Option<When>,
    overdue: bool,
}

/// A sentence of the policy that opens without an end, or ends soon.
struct RuleLine {
    group: String,
    name: String,
    reason: String,
    until: Option<When>,
}

/// What must be looked at again, and by when.
pub(crate) fn show(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    Answer::page(&page(console, asked, Vec::new())?)
}

/// Signs off that what each group may reach was looked through, for a year.
pub(crate) fn sign_off_access(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let acting = asked.acting()?;
    let words = asked.form.text("words");
    if words.chars().count() < 3 {
        return Answer::again(&page(console, asked, vec![NO_WORDS.to_owned()])?);
    }
    let newest = console
        .desk()
        .history(
            acting,
            &HistoryFilter {
                routine: true,
                most: 1,
                ..HistoryFilter::default()
            },
        )
        .map_err(|error| Refusal::Refused(error.to_string()))?;
    let upto = EntryIndex(newest.first().map_or(0, |line| line.entry));
    match console
        .desk()
        .sign_off(acting, upto, &format!("{ACCESS}{words}"))
    {
        Ok(_) => Ok(Answer::see("/reviews?done=signed-off")),
        Err(error) => Answer::again(&page(console, asked, vec![error.to_string()])?),
    }
}

fn page(console: &Console, asked: &Asked, faults: Vec<String>) -> Result<ReviewsPage, Refusal> {
    let acting = asked.acting()?;
    let desk = console.desk();
    let lexicon = lexicon(console, acting.role);
    let overdue = desk.due(acting);
    let line = |matter: &change::Matter| MatterLine::new(matter, &lexicon, &asked.zone, asked.now);
    let waiting = desk.waiting_for(acting);
    let later = waiting
        .iter()
        .filter(|matter| !overdue.iter().any(|other| other.id == matter.id))
        .filter(|matter| matter.wants_ratification() || matter.wants_review());
    let ending = desk
        .ending_within(acting, SOON_DAYS)
        .into_iter()
        .filter_map(|held| {
            let until = held.until?;
            Some(EndingLine {
                id: held.id.to_string(),
                what: format!("{}: {}", held.what, lexicon.sites(&held.sites)),
                whom: lexicon.whom(&held.whom),
                until: asked.zone.when(until),
                left: span(asked.now.until(until)),
                reason: held.reason,
            })
        });
    let accounts = desk.accounts_review().into_iter();
    Ok(ReviewsPage {
        frame: Frame::new(console, asked, "Reviews due"),
        faults,
        waiting: later.map(line).collect(),
        overdue: overdue.iter().map(line).collect(),
        ending: ending.collect(),
        access: access(console, asked),
        accounts: accounts
            .filter(|review| !review.remarks.is_empty())
            .map(|review| (review.account.shown, review.remarks.join("; ")))
            .collect(),
        rules: rules(console, asked),
        signer: SIGNERS.contains(acting.role),
        words: asked.form.text("words"),
    })
}

fn access(console: &Console, asked: &Asked) -> AccessReview {
    let signed = console.desk().sign_offs();
    let last = signed
        .iter()
        .rev()
        .find(|held| held.words.starts_with(ACCESS));
    let due = last.map(|held| held.at.after(YEAR));
    AccessReview {
        last: last.map(|held| {
            let who = format!("{}, {}", held.shown, held.role.title());
            (asked.zone.when(held.at), who)
        }),
        due: asked.zone.when_some(due),
        overdue: due.is_none_or(|due| due <= asked.now),
    }
}

/// Sentences of the files that open something for good, and those that end soon.
fn rules(console: &Console, asked: &Asked) -> Vec<RuleLine> {
    let state = console.gate().state();
    let mut found: Vec<RuleLine> = Vec::new();
    let soon = asked
        .now
        .after(Duration::from_secs(u64::from(SOON_DAYS) * 86_400));
    let policy = state.policy();
    for (_, group) in policy.groups().iter() {
        let Some(sheet) = state.sheet(group, asked.now) else {
            continue;
        };
        for rule in sheet.rules {
            let opens = rule
                .sites
                .iter()
                .chain(&rule.categories)
                .any(|(_, word)| word.action().opens());
            let wanted = match rule.until {
                Some(until) => until <= soon && asked.now < until,
                None => opens && !rule.mode,
            };
            // A sentence that several groups inherit is told once, at the first.
            if wanted && !found.iter().any(|held| held.name == rule.name) {
                found.push(RuleLine {
                    group: sheet.title.clone(),
                    name: rule.name,
                    reason: rule.reason.unwrap_or_default(),
                    until: asked.zone.when_some(rule.until),
                });
            }
        }
    }
    found.truncate(MOST_RULES);
    found
}

/// How the words of a sign-off begin that is about what each group may reach.
const ACCESS: &str = "What each group may reach was reviewed: ";
const NO_WORDS: &str = "say what you looked at and what you found";
const SOON_DAYS: u32 = 30;
const YEAR: Duration = Duration::from_secs(365 * 86_400);
const MOST_RULES: usize = 200;
