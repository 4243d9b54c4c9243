use crate::answer::Answer;
use crate::chart::Chart;
use crate::frame::Frame;
use crate::matter_view::MatterLine;
use crate::pages::requests::{lexicon, requests};
use crate::proof_view::ProofView;
use crate::tally::HourTally;
use crate::when::span;
use crate::{Asked, Console, Refusal};
use alert::Role;
use askama::Template;
use model::Moment;
use std::time::Duration;

#[derive(Template)]
#[template(path = "today.html")]
struct TodayPage {
    frame: Frame,
    proof: ProofView,
    waiting: Vec<MatterLine>,
    requests: usize,
    health: Vec<String>,
    healthy: bool,
    lacking: bool,
    in_force: Vec<InForceLine>,
    refused: Option<RefusedView>,
}

/// What holds for a while.
struct InForceLine {
    id: String,
    words: String,
    left: Option<String>,
}

/// What was refused today, and the days before.
struct RefusedView {
    total: String,
    background: String,
    groups: Vec<CountLine>,
    categories: Vec<CountLine>,
    chart: Chart,
    unfinished: bool,
}

struct CountLine {
    label: String,
    people: String,
    background: String,
}

/// The first page: what was blocked, what waits, and whether all is well.
pub(crate) fn show(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let acting = asked.acting()?;
    let desk = console.desk();
    let lexicon = lexicon(console, acting.role);
    let health = (console.parts().health)();
    let waiting = desk.waiting_for(acting);
    Answer::page(&TodayPage {
        frame: Frame::new(console, asked, "Today"),
        proof: ProofView::new(console, asked),
        waiting: waiting
            .iter()
            .map(|matter| MatterLine::new(matter, &lexicon, &asked.zone, asked.now))
            .collect(),
        requests: open_requests(console, asked)?,
        healthy: health.ready,
        lacking: health.lacking,
        // Which policy it is by number is for the page Health.
        health: health.words.into_iter().skip(1).collect(),
        in_force: in_force(console, asked)?,
        refused: match acting.role {
            Role::Teacher | Role::Support => None,
            Role::Technician
            | Role::Coordinator
            | Role::Headteacher
            | Role::Deputy
            | Role::SafeguardingLead
            | Role::Governor
            | Role::Chair
            | Role::Auditor => Some(refused(console, asked, acting.role)?),
        },
    })
}

fn open_requests(console: &Console, asked: &Asked) -> Result<usize, Refusal> {
    let requests = requests(console, asked)?;
    let open = |request: &&change::Request| request.state == change::RequestState::Open;
    Ok(requests.iter().filter(open).count())
}

/// What holds for a while, as far as this person may know of it.
fn in_force(console: &Console, asked: &Asked) -> Result<Vec<InForceLine>, Refusal> {
    let acting = asked.acting()?;
    let lexicon = lexicon(console, acting.role);
    let line = |held: change::InForce| {
        let words = format!(
            "{}: {} for {}",
            held.what,
            lexicon.sites(&held.sites),
            lexicon.whom(&held.whom)
        );
        InForceLine {
            id: held.id.to_string(),
            words: words.replace(":  for", " for"),
            left: held.until.map(|end| span(asked.now.until(end))),
        }
    };
    let current = console.desk().current(acting);
    Ok(current.into_iter().take(MOST).map(line).collect())
}

fn refused(console: &Console, asked: &Asked, role: Role) -> Result<RefusedView, Refusal> {
    let (now, zone) = (asked.now, &asked.zone);
    let clock = &console.parts().clock;
    let begun = clock.monotonic();
    let go_on = || clock.monotonic().saturating_sub(begun) < PATIENCE;
    let count = |from: Moment, until: Moment| {
        console
            .tally()
            .count(from, until, now, go_on)
            .map_err(|error| Refusal::Failed(error.to_string()))
    };
    let midnight = zone.midnight(now);
    let today = count(midnight, now)?;
    let mut unfinished = today.unfinished;
    let mut columns = Vec::new();
    for days in (1..=6u8).rev() {
        let from = zone.midnight_before(now, days);
        let until = zone.midnight_before(now, days - 1);
        let counted = count(from, until)?;
        unfinished |= counted.unfinished;
        columns.push((zone.day(from), counted.sum.total().people));
    }
    let total = today.sum.total();
    columns.push(("Today".to_owned(), total.people));
    let few = Few::of(role);
    Ok(RefusedView {
        total: few.said(total.people),
        background: few.said(total.background),
        groups: group_lines(&today.sum, console, role, few),
        categories: category_lines(&today.sum, console, role, few),
        chart: Chart::new(&columns),
        unfinished,
    })
}

/// How small a count may be shown: those who oversee learn of no single child (LOG-21).
#[derive(Clone, Copy)]
enum Few {
    Shown,
    Hidden,
}

impl Few {
    const fn of(role: Role) -> Self {
        match role {
            Role::Governor | Role::Chair | Role::Auditor => Self::Hidden,
            Role::Technician
            | Role::Support
            | Role::Coordinator
            | Role::Headteacher
            | Role::Deputy
            | Role::SafeguardingLead
            | Role::Teacher => Self::Shown,
        }
    }

    fn said(self, count: u64) -> String {
        match self {
            Self::Hidden if (1..10).contains(&count) => "fewer than 10".to_owned(),
            Self::Hidden | Self::Shown => count.to_string(),
        }
    }
}

fn group_lines(sum: &HourTally, console: &Console, role: Role, few: Few) -> Vec<CountLine> {
    let lexicon = lexicon(console, role);
    let mut groups: Vec<_> = sum.groups.iter().collect();
    groups.sort_by_key(|(_, refused)| std::cmp::Reverse(refused.people));
    groups
        .into_iter()
        .map(|(group, refused)| CountLine {
            label: lexicon.group(group),
            people: few.said(refused.people),
            background: few.said(refused.background),
        })
        .collect()
}

fn category_lines(sum: &HourTally, console: &Console, role: Role, few: Few) -> Vec<CountLine> {
    let lexicon = lexicon(console, role);
    let mut categories: Vec<_> = sum.categories.iter().collect();
    categories.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    categories
        .into_iter()
        .take(MOST_CATEGORIES)
        .map(|(category, count)| CountLine {
            label: lexicon.category(category),
            people: few.said(*count),
            background: String::new(),
        })
        .collect()
}

const MOST: usize = 50;
const MOST_CATEGORIES: usize = 10;

/// How long the first page may count before it shows what it has.
const PATIENCE: Duration = Duration::from_millis(400);
