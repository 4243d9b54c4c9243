use crate::answer::Answer;
use crate::frame::Frame;
use crate::lexicon::Lexicon;
use crate::matter_view::MatterLine;
use crate::when::When;
use crate::{Asked, Console, Refusal};
use alert::Role;
use askama::Template;
use change::{Filter, Matter, REQUEST_READERS, RequestId, RequestState, Stage};

#[derive(Template)]
#[template(path = "requests.html")]
struct RequestsPage {
    frame: Frame,
    waiting: Vec<MatterLine>,
    mine: Vec<MatterLine>,
    open: Vec<MatterLine>,
    past: Vec<MatterLine>,
    sites: Option<Vec<SiteLine>>,
}

/// What is asked of one site.
struct SiteLine {
    id: String,
    site: String,
    count: u64,
    last: When,
    notes: Vec<String>,
    groups: String,
    state: &'static str,
    open: bool,
}

/// What waits for this person, what they proposed, what others have open, and what sites are asked for.
pub(crate) fn list(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let acting = asked.acting()?;
    let desk = console.desk();
    let lexicon = lexicon(console, acting.role);
    let lines = |matters: &[Matter]| -> Vec<MatterLine> {
        matters
            .iter()
            .map(|matter| MatterLine::new(matter, &lexicon, &asked.zone, asked.now))
            .collect()
    };
    let some = |stages: &[Stage], most| {
        let stages = stages.to_vec();
        let filter = Filter {
            stages,
            most,
            ..Filter::default()
        };
        desk.matters(acting, &filter)
    };
    let own = Filter {
        proposer: Some(acting.person),
        most: MOST,
        ..Filter::default()
    };
    let mine = desk.matters(acting, &own);
    let waiting = desk.waiting_for(acting);
    let mut open = some(&[Stage::Waiting], MOST);
    // Each stands in one place.
    open.retain(|matter| {
        let mut shown = mine.iter().chain(&waiting);
        shown.all(|shown| shown.id != matter.id)
    });
    Answer::page(&RequestsPage {
        frame: Frame::new(console, asked, "Requests and approvals"),
        waiting: lines(&waiting),
        mine: lines(&mine),
        open: lines(&open),
        past: lines(&some(&PAST, MOST)),
        sites: REQUEST_READERS
            .contains(acting.role)
            .then(|| sites(console, asked, &lexicon))
            .transpose()?,
    })
}

/// Declines what somebody asked for on the block page.
pub(crate) fn decline(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let id: RequestId = asked.part_as("id")?;
    let words = asked.form.text("words");
    console
        .desk()
        .decline(asked.acting()?, id, &words)
        .map_err(|error| Refusal::Refused(error.to_string()))?;
    Ok(Answer::see("/requests?done=declined"))
}

/// The school's own names, with persons where the reader may know them.
pub(crate) fn lexicon(console: &Console, role: Role) -> Lexicon {
    Lexicon::new(console.gate().state(), role != Role::Support)
}

/// What sites are asked for; nothing for those who do not see requests.
pub(crate) fn requests(console: &Console, asked: &Asked) -> Result<Vec<change::Request>, Refusal> {
    let acting = asked.acting()?;
    if !REQUEST_READERS.contains(acting.role) {
        return Ok(Vec::new());
    }
    console
        .desk()
        .requests(acting)
        .map_err(|error| Refusal::Refused(error.to_string()))
}

fn sites(console: &Console, asked: &Asked, lexicon: &Lexicon) -> Result<Vec<SiteLine>, Refusal> {
    let requests = requests(console, asked)?;
    Ok(requests
        .into_iter()
        .take(MOST)
        .map(|request| {
            let mut groups: Vec<String> = request
                .asks
                .iter()
                .filter_map(|asked| asked.ask.group.as_deref())
                .map(|group| lexicon.group(group))
                .collect();
            groups.sort();
            groups.dedup();
            SiteLine {
                id: request.id.to_string(),
                count: request.count,
                last: asked.zone.when(request.last),
                notes: notes(&request),
                groups: groups.join(", "),
                state: state_words(request.state),
                open: request.state == RequestState::Open,
                site: request.site,
            }
        })
        .collect())
}

fn notes(request: &change::Request) -> Vec<String> {
    let mut notes: Vec<String> = request
        .asks
        .iter()
        .map(|asked| asked.ask.note.clone())
        .filter(|note| !note.is_empty())
        .collect();
    notes.dedup();
    notes.truncate(MOST_NOTES);
    notes
}

const fn state_words(state: RequestState) -> &'static str {
    match state {
        RequestState::Open => "nobody has taken it up",
        RequestState::Proposed => "an unblock is proposed",
        RequestState::Granted => "the site was opened",
        RequestState::Declined => "the site stays closed",
    }
}

const PAST: [Stage; 8] = [
    Stage::Refused,
    Stage::Active,
    Stage::Expired,
    Stage::Revoked,
    Stage::Withdrawn,
    Stage::Ratified,
    Stage::Reviewed,
    Stage::Approved,
];

/// What a person can look through.
const MOST: usize = 100;
const MOST_NOTES: usize = 5;
