use crate::answer::Answer;
use crate::frame::Frame;
use crate::pages::policy::moment;
use crate::pages::requests::lexicon;
use crate::row_view::{action, rung_words};
use crate::when::When;
use crate::{Asked, Console, Refusal};
use alert::Role;
use askama::Template;
use change::{ChangeKind, Right};
use gate::{Explainer, Explanation, Question, Somebody};
use model::Rung;
use std::net::IpAddr;

#[derive(Template)]
#[template(path = "try_address.html")]
struct TryPage {
    frame: Frame,
    faults: Vec<String>,
    filled: Filled,
    groups: Vec<(String, String)>,
    classes: Vec<String>,
    may_name: bool,
    may_propose: bool,
    answer: Option<AnswerView>,
}

/// The form as it was filled in.
#[derive(Clone, Debug, Default)]
struct Filled {
    address: String,
    group: String,
    class: String,
    person: String,
    device: String,
    date: String,
    time: String,
}

/// What would happen.
struct AnswerView {
    host: String,
    action: &'static str,
    shut: bool,
    sentence: String,
    whom: String,
    at: When,
    until: Option<When>,
    kinds: Vec<KindView>,
    exceptions: Vec<String>,
    steps: Vec<StepView>,
    floor: bool,
}

/// A kind of site that the address belongs to, and who says so.
struct KindView {
    title: String,
    list: String,
    entry: String,
}

/// One step on the way to the answer.
struct StepView {
    what: &'static str,
    spoke: bool,
    words: String,
}

/// Says what would happen to an address, and which steps led there.
pub(crate) fn show(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let acting = asked.acting()?;
    let filled = Filled::read(asked);
    let may_name = may_name(acting.role);
    let mut faults = Vec::new();
    let answer = match filled.address.is_empty() {
        true => None,
        false => match ask(console, asked, &filled, may_name) {
            Ok(answer) => Some(answer),
            Err(fault) => {
                faults.push(fault);
                None
            }
        },
    };
    let lexicon = lexicon(console, acting.role);
    let page = TryPage {
        frame: Frame::new(console, asked, "Try an address"),
        groups: lexicon.groups(),
        classes: lexicon.classes(),
        may_name,
        may_propose: Right::of(ChangeKind::Override)
            .propose
            .contains(acting.role),
        answer,
        filled,
        faults,
    };
    match page.faults.is_empty() {
        true => Answer::page(&page),
        false => Answer::again(&page),
    }
}

/// Who may ask for a person: an individual plan would show.
pub(crate) const fn may_name(role: Role) -> bool {
    match role {
        Role::Coordinator
        | Role::Headteacher
        | Role::Deputy
        | Role::SafeguardingLead
        | Role::Chair => true,
        Role::Technician | Role::Support | Role::Teacher | Role::Governor | Role::Auditor => false,
    }
}

fn ask(
    console: &Console,
    asked: &Asked,
    filled: &Filled,
    may_name: bool,
) -> Result<AnswerView, String> {
    let at = moment(asked);
    let person = Some(filled.person.as_str()).filter(|name| may_name && !name.is_empty());
    let group = Some(filled.group.as_str()).filter(|group| !group.is_empty());
    let mut explainer = Explainer::new(console.gate().state());
    let found = match filled.device.is_empty() {
        false => {
            let client: IpAddr = filled.device.parse().map_err(|_| NO_DEVICE.to_owned())?;
            let question = Question {
                client,
                user: person,
                group,
                at,
                target: &filled.address,
                addresses: &[],
            };
            explainer.explain(&question, true)
        }
        true => {
            let mut named = Vec::new();
            if !filled.class.is_empty() {
                named.push(format!("class:{}", filled.class));
            }
            named.extend(person.map(|person| format!("user:{person}")));
            explainer.explain_somebody(&Somebody {
                group: group.ok_or_else(|| NO_GROUP.to_owned())?,
                named: &named,
                at,
                target: &filled.address,
            })
        }
    };
    let found = found.map_err(|error| error.to_string())?;
    Ok(view(console, asked, filled, &found))
}

fn view(console: &Console, asked: &Asked, filled: &Filled, found: &Explanation) -> AnswerView {
    let lexicon = crate::lexicon::Lexicon::new(console.gate().state(), true);
    let floor = found.rung == Rung::Floor;
    let mut whom = found.group.as_deref().map_or_else(
        || "a device of no known network".to_owned(),
        |group| lexicon.group(group),
    );
    if !filled.class.is_empty() {
        whom.push_str(&format!(", class {}", filled.class));
    }
    AnswerView {
        host: found.host.clone(),
        action: action(found.action),
        shut: !found.action.opens(),
        sentence: found.sentence.clone(),
        whom,
        at: asked.zone.when(found.at),
        until: asked.zone.when_some(found.valid_until),
        // Which list has it and by which line is nobody's to know of illegal content.
        kinds: found
            .labels
            .iter()
            .filter(|_| !floor)
            .map(|label| KindView {
                title: lexicon.category(&label.category),
                list: label.list.clone(),
                entry: label.entry.clone(),
            })
            .collect(),
        exceptions: found
            .exceptions
            .iter()
            .filter(|_| !floor)
            .map(|held| format!("{}: {}", held.name, held.reason))
            .collect(),
        steps: found
            .rungs
            .iter()
            .map(|step| StepView {
                what: rung_words(step.rung),
                spoke: step.spoke,
                words: if step.spoke {
                    step.words.clone()
                } else {
                    String::new()
                },
            })
            .collect(),
        floor,
    }
}

impl Filled {
    fn read(asked: &Asked) -> Self {
        let query = &asked.query;
        let at = moment(asked);
        Self {
            address: query.line("address"),
            group: query.line("group"),
            class: query.line("class"),
            person: query.line("person"),
            device: query.line("device"),
            date: asked.zone.date_field(at),
            time: asked.zone.hour(at),
        }
    }
}

const NO_GROUP: &str = "nobody is chosen; choose a group, or give the address of a device";
const NO_DEVICE: &str =
    "the device cannot be read; give its address in the network, such as 192.0.2.20";
