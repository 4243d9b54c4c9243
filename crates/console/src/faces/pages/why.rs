use crate::faces::asker::Place;
use crate::faces::front::{FaceAsked, Front};
use crate::faces::open_page::FacePage;
use crate::when::When;
use crate::{Answer, Refusal};
use askama::Template;
use audit::{DecisionRow, Known, Search};
use gate::{Judgement, Reading};
use model::{Action, Host, HostBuffer, Rung, Target};
use std::time::Duration;

#[derive(Template)]
#[template(path = "faces/why.html")]
struct WhyPage {
    page: FacePage,
    lead: &'static str,
    closed: Vec<ClosedLine>,
}

/// One site that was refused.
struct ClosedLine {
    /// Its host; absent where it may not be named.
    host: Option<String>,
    at: When,
    words: Vec<String>,
    reference: String,
    may_ask: bool,
}

/// What this device was refused just now, and what can be done about it.
///
/// Nobody else's is shown: nothing on an address that many share, and nothing of who used the
/// device before.
pub(crate) fn show(front: &Front, asked: &mut FaceAsked) -> Result<Answer, Refusal> {
    let words = front.page(asked, "").words;
    let page = front.page(asked, words.why_title);
    let rows = match asked.asker.place {
        Place::Own => rows(front, asked)?,
        Place::Shared | Place::Outside => Vec::new(),
    };
    let lead = match asked.asker.place {
        Place::Own if rows.is_empty() => words.nothing,
        Place::Own => words.why_lead,
        Place::Shared => words.shared,
        Place::Outside => words.outside,
    };
    let closed = match asked.asker.reading {
        // A picture of a gate says it; names are no use to who cannot read yet.
        Reading::Pictures => Vec::new(),
        Reading::Simple | Reading::Plain | Reading::Older | Reading::Professional => {
            rows.iter().map(|row| line(asked, row)).collect()
        }
    };
    Answer::page(&WhyPage { page, lead, closed })
}

/// The last refusals, one a site, the newest first; what may not be named is one line.
fn rows(front: &Front, asked: &FaceAsked) -> Result<Vec<DecisionRow>, Refusal> {
    let mut found = Vec::new();
    for action in [Action::Block, Action::Permission, Action::Warn] {
        let search = Search {
            client: Some(asked.asker.client),
            action: Some(action),
            since: Some(asked.now.before(SHOWN)),
            limit: Some(MOST_ROWS),
            ..Search::default()
        };
        let rows = audit::search(&front.parts().journal, &search)
            .map_err(|error| Refusal::Failed(error.to_string()))?;
        found.extend(rows);
    }
    found.retain(|row| !row.background && row.rung != Rung::Outside && is_theirs(asked, row));
    found.sort_by_key(|row| std::cmp::Reverse(row.last));
    let mut kept: Vec<DecisionRow> = Vec::new();
    for row in found {
        let floor = is_floor(&row);
        let known = kept
            .iter()
            .any(|held| (floor && is_floor(held)) || held.host == row.host);
        if !known && kept.len() < MOST_LINES {
            kept.push(row);
        }
    }
    Ok(kept)
}

/// A tablet goes from hand to hand: what was refused to another person is nothing for this one.
fn is_theirs(asked: &FaceAsked, row: &DecisionRow) -> bool {
    match (&row.user, &asked.asker.user) {
        (Known::Named(then), Some(now)) => **then == **now,
        (Known::Unknown(_), None) => true,
        (Known::Named(_), None) | (Known::Unknown(_), Some(_)) => false,
    }
}

fn is_floor(row: &DecisionRow) -> bool {
    row.rung == Rung::Floor
}

fn line(asked: &mut FaceAsked, row: &DecisionRow) -> ClosedLine {
    let mut line = ClosedLine {
        host: None,
        at: asked.zone.when(row.last),
        words: Vec::new(),
        reference: row.reference.as_deref().unwrap_or_default().to_owned(),
        may_ask: false,
    };
    let Some(judgement) = judge(asked, &row.host).filter(|_| !is_floor(row)) else {
        return line;
    };
    if judgement.verdict.reason.rung == Rung::Floor {
        return line;
    }
    line.host = Some(row.host.to_string());
    let words = super::super::words::level(asked.asker.reading);
    if judgement.verdict.action == Action::Allow && row.path.is_none() {
        line.words.push(words.open_now.to_owned());
        return line;
    }
    let said = match row.rung {
        Rung::Paused => words.paused,
        Rung::Mode => words.mode,
        Rung::Floor
        | Rung::Outside
        | Rung::Emergency
        | Rung::Lock
        | Rung::Plan
        | Rung::Override
        | Rung::Site
        | Rung::Category
        | Rung::Established
        | Rung::Unknown => match row.action {
            Action::Permission => words.permission,
            Action::Allow | Action::Warn | Action::Block => words.closed,
        },
    };
    line.words.push(said.to_owned());
    line.words.extend(reasons(asked, &judgement));
    line.may_ask = !matches!(row.rung, Rung::Paused | Rung::Mode);
    line
}

/// Kind of site and reason, for who reads sentences; a pupil is not told which way around the
/// filter was recognised (CIR-32).
fn reasons(asked: &mut FaceAsked, judgement: &Judgement) -> Vec<String> {
    let said = asked.session.words(&asked.known, judgement);
    let sentences = match said.reading {
        Reading::Pictures | Reading::Simple => false,
        Reading::Plain | Reading::Older | Reading::Professional => true,
    };
    let bypass = said
        .category
        .as_deref()
        .is_some_and(|id| BYPASS.contains(&id));
    if !sentences || (said.pupil && bypass) || judgement.verdict.action == Action::Allow {
        return Vec::new();
    }
    said.category_title
        .into_iter()
        .chain([said.sentence])
        .collect()
}

/// What is decided of an address just now; `None` for what is no address.
pub(crate) fn judge(asked: &mut FaceAsked, address: &str) -> Option<Judgement> {
    let mut buffer = HostBuffer::new();
    if let Ok(host) = Host::normalise(address, &mut buffer) {
        let target = Target::of_host(host);
        return Some(asked.session.judge(&asked.known, &target));
    }
    let mut buffer = HostBuffer::new();
    let target = Target::parse(address, &mut buffer).ok()?;
    Some(asked.session.judge(&asked.known, &target))
}

/// For so long a refusal is shown.
const SHOWN: Duration = Duration::from_secs(600);
const MOST_ROWS: usize = 300;
const MOST_LINES: usize = 10;

/// Categories of ways round the filter.
const BYPASS: [&str; 5] = ["proxy", "doh", "remote", "translation", "web-cache"];
