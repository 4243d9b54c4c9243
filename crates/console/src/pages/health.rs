use crate::answer::Answer;
use crate::frame::Frame;
use crate::proof_view::ProofView;
use crate::{Asked, Console, Refusal};
use alert::Role;
use askama::Template;
use model::{Action, Door};

#[derive(Template)]
#[template(path = "health.html")]
struct HealthPage {
    frame: Frame,
    proof: ProofView,
    ready: bool,
    lacking: bool,
    words: Vec<String>,
    gaps: Vec<String>,
    warnings: Vec<String>,
    version: String,
    generation: u64,
    names: u64,
    lists: Vec<ListLine>,
    doors: Vec<DoorLine>,
    lost: u64,
    waited: u64,
    fingerprint: Option<String>,
    technical: bool,
}

struct ListLine {
    id: String,
    entries: u64,
}

struct DoorLine {
    door: &'static str,
    counts: [u64; 4],
}

/// Whether the gateway does its work, and what it cannot do here.
pub(crate) fn show(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let state = console.gate().state();
    let health = (console.parts().health)();
    let counters = console.gate().counters();
    let doors = DOORS.map(|(door, shown)| DoorLine {
        door: shown,
        counts: ACTIONS.map(|action| counters.decisions(door, action)),
    });
    let lists = state.artefact().lists();
    Answer::page(&HealthPage {
        frame: Frame::new(console, asked, "Health"),
        proof: ProofView::new(console, asked),
        ready: health.ready,
        lacking: health.lacking,
        words: health.words,
        gaps: state.policy().gaps(),
        warnings: state
            .policy()
            .warnings()
            .iter()
            .map(|fault| fault.to_string().trim_end().to_owned())
            .collect(),
        version: state.policy().version().to_string(),
        generation: state.generation(),
        names: u64::try_from(state.artefact().names()).unwrap_or(u64::MAX),
        lists: lists
            .iter()
            .map(|list| ListLine {
                id: list.id.to_string(),
                entries: list.entries,
            })
            .collect(),
        doors: doors.into(),
        lost: counters.lost(),
        waited: counters.waited(),
        fingerprint: console.certificate().map(|shown| shown.fingerprint.clone()),
        technical: matches!(asked.acting()?.role, Role::Technician | Role::Support),
    })
}

const DOORS: [(Door, &str); 4] = [
    (Door::Dns, "Look-ups of names (DNS)"),
    (Door::Connect, "Encrypted pages (CONNECT)"),
    (Door::Http, "Plain pages (HTTP)"),
    (Door::Https, "Inspected pages (HTTPS)"),
];

const ACTIONS: [Action; 4] = [
    Action::Allow,
    Action::Warn,
    Action::Permission,
    Action::Block,
];
