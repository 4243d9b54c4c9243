use crate::answer::Answer;
use crate::exports::note_export;
use crate::frame::Frame;
use crate::pages::activity::escaped;
use crate::pages::block::block_of;
use crate::pages::incident_evidence::{Evidence, offered};
use crate::pages::incidents::{person, seen, shown};
use crate::pages::propose::proposed;
use crate::pages::requests::lexicon;
use crate::row_view::action;
use crate::when::{When, span};
use crate::{Asked, Console, Refusal};
use alert::{
    Closing, IncidentError, IncidentState, Intent, InvestigationForm, Misclassification,
    MisclassificationBundle, Recorded, Role, School, Sheet,
};
use askama::Template;
use change::{ChangeKind, Draft, IncidentStep, Right};
use model::{HostBuffer, Target};

#[derive(Template)]
#[template(path = "incident.html")]
struct IncidentPage {
    frame: Frame,
    faults: Vec<String>,
    id: String,
    title: String,
    state: &'static str,
    at: When,
    last: Option<When>,
    count: u64,
    facts: Vec<(&'static str, String)>,
    words: String,
    context: Vec<ContextView>,
    notes: Vec<(String, When, String)>,
    closed: Option<ClosedView>,
    /// The site, where one can be blocked.
    site: Option<String>,
    mails: Vec<(&'static str, String)>,
    lists: bool,
    evidence: Evidence,
    roles: Vec<(&'static str, &'static str)>,
    open: bool,
    filled: Filled,
}

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPage {
    frame: Frame,
    id: String,
    stop: &'static str,
    sheet: Sheet,
}

/// What else the device did.
struct ContextView {
    at: When,
    site: String,
    action: &'static str,
    nature: &'static str,
    categories: String,
    count: u64,
}

/// How it was closed.
struct ClosedView {
    by: String,
    at: When,
    intent: &'static str,
    action: String,
    outcome: String,
}

/// The form for closing, as it was filled in.
#[derive(Clone, Debug, Default)]
struct Filled {
    intent: String,
    action: String,
    outcome: String,
}

/// One incident: who saw what, what else happened, and what may be done.
pub(crate) fn show(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let found = seen(console, asked)?;
    told(console, asked, &found, IncidentStep::Viewed)?;
    Answer::page(&page(console, asked, Vec::new())?)
}

/// Takes it on.
pub(crate) fn take(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let (found, by) = (seen(console, asked)?, person(asked.acting()?));
    let taken = console.parts().incidents.take(found.id, &by, asked.now);
    done(console, asked, &found, taken, IncidentStep::Taken)
}

/// Adds a note.
pub(crate) fn note(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let (found, by) = (seen(console, asked)?, person(asked.acting()?));
    let words = asked.form.text("words");
    if words.is_empty() {
        return Answer::again(&page(console, asked, vec!["write the note".to_owned()])?);
    }
    let incidents = &console.parts().incidents;
    let noted = incidents.note(found.id, &by, asked.now, &words);
    done(console, asked, &found, noted, IncidentStep::Noted)
}

/// Hands it on to another role.
pub(crate) fn hand_on(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let (found, by) = (seen(console, asked)?, person(asked.acting()?));
    let role = Role::parse(&asked.form.line("role"));
    let Some(role) = role.filter(|role| HIGHER.contains(role)) else {
        return Answer::again(&page(console, asked, vec!["choose to whom".to_owned()])?);
    };
    let incidents = &console.parts().incidents;
    let handed = incidents.escalate(found.id, &by, asked.now, role);
    done(console, asked, &found, handed, IncidentStep::HandedOn)
}

/// Closes it, with what was done and what came of it (REP-14).
pub(crate) fn close(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let (found, by) = (seen(console, asked)?, person(asked.acting()?));
    let filled = Filled::read(asked);
    let intent = INTENTS.iter().find(|(_, word, _)| *word == filled.intent);
    let Some((intent, _, _)) = intent else {
        let fault = "say whether it was by chance or on purpose, as far as is known";
        return Answer::again(&page(console, asked, vec![fault.to_owned()])?);
    };
    let closing = Closing {
        intent: *intent,
        action: filled.action,
        outcome: filled.outcome,
    };
    let incidents = &console.parts().incidents;
    let closed = incidents.close(found.id, &by, asked.now, closing);
    done(console, asked, &found, closed, IncidentStep::Closed)
}

/// Opens it again.
pub(crate) fn reopen(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let (found, by) = (seen(console, asked)?, person(asked.acting()?));
    let words = asked.form.text("words");
    if words.is_empty() {
        return Answer::again(&page(
            console,
            asked,
            vec!["say why it is opened again".to_owned()],
        )?);
    }
    let incidents = &console.parts().incidents;
    let opened = incidents.reopen(found.id, &by, asked.now, &words);
    done(console, asked, &found, opened, IncidentStep::Reopened)
}

/// Blocks its site at once for everybody, until another confirms or lets it go (REP-12).
pub(crate) fn block(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let found = seen(console, asked)?;
    let Some(site) = site_of(&found) else {
        return Err(Refusal::Refused(NO_SITE.to_owned()));
    };
    let reason = format!(
        "incident {}: {}",
        found.id,
        found.incident.kind.title().to_lowercase()
    );
    let change = block_of(asked, &site, "", BLOCK_HOURS, &reason);
    match console
        .desk()
        .propose(asked.acting()?, Draft::new(change, &reason))
    {
        Ok(outcome) => {
            told(console, asked, &found, IncidentStep::Blocked)?;
            Ok(proposed(&outcome))
        }
        Err(error) => Answer::again(&page(console, asked, vec![error.to_string()])?),
    }
}

/// The record of an investigation, to print and sign (REP-17).
pub(crate) fn record(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let found = seen(console, asked)?;
    let form = form_of(console, asked, &found)?;
    note_export(console, asked, "record of an incident", &found.id)?;
    Answer::page(&RecordPage {
        frame: Frame::new(console, asked, format!("Record of incident {}", found.id)),
        id: found.id.to_string(),
        stop: InvestigationForm::STOP,
        sheet: form.sheet(),
    })
}

/// A file of the incident: the record as a table, the report to pass on, the error of a list.
pub(crate) fn file(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let found = seen(console, asked)?;
    match asked.part("file") {
        "record.csv" => {
            let text = form_of(console, asked, &found)?.sheet().csv();
            note_export(console, asked, "record of an incident", &found.id)?;
            Ok(Answer::download("record.csv", CSV, text))
        }
        "report.txt" => {
            let text = report(console, asked, &found);
            told(console, asked, &found, IncidentStep::Forwarded)?;
            Ok(Answer::download(
                "report.txt",
                "text/plain; charset=utf-8",
                text,
            ))
        }
        "list-error.csv" => {
            let error = misclassified(&found).ok_or(Refusal::Missing)?;
            let list = error.list.clone();
            let text = MisclassificationBundle::of(&list, [error]).csv();
            note_export(console, asked, "error of a list", &found.id)?;
            Ok(Answer::download("list-error.csv", CSV, text))
        }
        _ => Err(Refusal::Missing),
    }
}

/// Writes down in the change log what this person did about an incident.
pub(crate) fn told(
    console: &Console,
    asked: &Asked,
    found: &Recorded,
    step: IncidentStep,
) -> Result<(), Refusal> {
    let noted = console
        .desk()
        .note_incident(asked.acting()?, found.id.0, step);
    noted.map_err(|error| Refusal::Failed(error.to_string()))
}

fn done(
    console: &Console,
    asked: &Asked,
    found: &Recorded,
    result: Result<(), IncidentError>,
    step: IncidentStep,
) -> Result<Answer, Refusal> {
    match result {
        Ok(()) => {
            told(console, asked, found, step)?;
            let word = match step {
                IncidentStep::Viewed => "viewed",
                IncidentStep::Taken => "taken",
                IncidentStep::Noted => "noted",
                IncidentStep::HandedOn => "handed-on",
                IncidentStep::Blocked => "blocked",
                IncidentStep::Forwarded => "forwarded",
                IncidentStep::Closed => "closed",
                IncidentStep::Reopened => "reopened",
            };
            Ok(Answer::see(format!("/incidents/{}?done={word}", found.id)))
        }
        Err(error @ IncidentError::Io { .. }) => Err(Refusal::Failed(error.to_string())),
        Err(
            error @ (IncidentError::Unknown { .. }
            | IncidentError::Concerned { .. }
            | IncidentError::Closed { .. }
            | IncidentError::NotClosed { .. }
            | IncidentError::Unsaid { .. }),
        ) => Answer::again(&page(console, asked, vec![error.to_string()])?),
    }
}

/// The page once more, with what was wrong.
pub(super) fn again(
    console: &Console,
    asked: &Asked,
    faults: Vec<String>,
) -> Result<Answer, Refusal> {
    Answer::again(&page(console, asked, faults)?)
}

/// The page, with its address or what else is to be shown of it.
pub(super) fn with_evidence(
    console: &Console,
    asked: &Asked,
    evidence: Evidence,
) -> Result<Answer, Refusal> {
    Answer::page(&IncidentPage {
        evidence,
        ..page(console, asked, Vec::new())?
    })
}

fn page(console: &Console, asked: &Asked, faults: Vec<String>) -> Result<IncidentPage, Refusal> {
    let (found, acting) = (seen(console, asked)?, asked.acting()?);
    let incident = &found.incident;
    let about = incident
        .theme
        .map_or(String::new(), |theme| format!(": {}", theme.title()));
    let right = Right::of(ChangeKind::Block).propose.contains(acting.role);
    Ok(IncidentPage {
        frame: Frame::new(console, asked, format!("Incident {}", found.id)),
        faults,
        id: found.id.to_string(),
        title: format!("{}{about}", incident.kind.title()),
        state: found.state.word(),
        at: asked.zone.when(incident.at),
        last: (found.last != incident.at).then(|| asked.zone.when(found.last)),
        count: incident.count,
        facts: facts(console, asked, &found, acting.role),
        words: incident.words.clone(),
        context: context(console, asked, &found, acting.role),
        notes: found
            .notes
            .iter()
            .map(|(by, at, words)| (shown(console, by), asked.zone.when(*at), words.clone()))
            .collect(),
        closed: closed(console, asked, &found),
        site: site_of(&found).filter(|_| right),
        mails: mails(console, asked, &found),
        lists: misclassified(&found).is_some(),
        evidence: offered(console, asked, &found)?,
        roles: HIGHER
            .iter()
            .map(|role| (role.word(), role.title()))
            .collect(),
        open: found.state != IncidentState::Closed,
        filled: Filled::read(asked),
    })
}

/// Who, where and what.
fn facts(
    console: &Console,
    asked: &Asked,
    found: &Recorded,
    role: Role,
) -> Vec<(&'static str, String)> {
    let incident = &found.incident;
    let lexicon = lexicon(console, role);
    let or = |text: &Option<String>, other: &str| text.clone().unwrap_or_else(|| other.to_owned());
    let owner = found.owner.as_ref().map(|(owner, since)| {
        format!(
            "{}, since {}",
            shown(console, owner),
            asked.zone.when(*since).text
        )
    });
    let taken = found.time_to_take().map(span);
    let mut facts = vec![
        ("Who", or(&incident.who, "not known")),
        ("Device", or(&incident.device, "not known")),
        (
            "Group",
            incident
                .group
                .as_deref()
                .map_or("not known".to_owned(), |id| lexicon.group(id)),
        ),
        ("Site", or(&incident.host, "not shown")),
        (
            "What the filter did",
            incident.action.map_or("", action).to_owned(),
        ),
        (
            "Page or background",
            incident.nature.map_or("", alert::Nature::words).to_owned(),
        ),
        ("List", or(&incident.list, "")),
        ("Who looks after it", or(&owner, "nobody yet")),
        ("Time until somebody did", or(&taken, "")),
        (
            "Handed on to",
            found.escalated_to.map_or("", Role::title).to_owned(),
        ),
    ];
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

fn context(console: &Console, asked: &Asked, found: &Recorded, role: Role) -> Vec<ContextView> {
    let lexicon = lexicon(console, role);
    let rows = found.incident.context.iter();
    rows.map(|row| {
        let categories: Vec<String> = row
            .categories
            .iter()
            .map(|id| lexicon.category(id))
            .collect();
        ContextView {
            at: asked.zone.when(row.at),
            site: row
                .host
                .clone()
                .unwrap_or_else(|| "illegal content, not shown".to_owned()),
            action: action(row.action),
            nature: row.nature.words(),
            categories: categories.join(", "),
            count: row.count,
        }
    })
    .collect()
}

fn closed(console: &Console, asked: &Asked, found: &Recorded) -> Option<ClosedView> {
    let (by, at, closing) = found.closed.as_ref()?;
    let words = INTENTS
        .iter()
        .find(|(intent, _, _)| *intent == closing.intent);
    Some(ClosedView {
        by: shown(console, by),
        at: asked.zone.when(*at),
        intent: words.map_or("", |(_, _, words)| *words),
        action: closing.action.clone(),
        outcome: closing.outcome.clone(),
    })
}

fn form_of(
    console: &Console,
    asked: &Asked,
    found: &Recorded,
) -> Result<InvestigationForm, Refusal> {
    let state = console.gate().state();
    let school = School::new(state.school(), state.policy().time_zone());
    let school = school.map_err(|error| Refusal::Failed(error.to_string()))?;
    let lexicon = lexicon(console, asked.acting()?.role);
    let mut form = InvestigationForm::of(found, &school);
    form.group = lexicon.group(&form.group);
    Ok(form)
}

/// The site that a block can name; a report may hold any text in its place.
fn site_of(found: &Recorded) -> Option<String> {
    let mut buffer = HostBuffer::new();
    let target = Target::parse(found.incident.host.as_deref()?, &mut buffer).ok()?;
    Some(target.host.to_string())
}

fn misclassified(found: &Recorded) -> Option<Misclassification> {
    let incident = &found.incident;
    Some(Misclassification {
        host: site_of(found)?,
        list: incident.list.clone()?,
        list_version: None,
        given: None,
        right: None,
        reason: format!("found by the school in incident {}", found.id),
        found: incident.at,
    })
}

/// What is passed on outside: no name of any child, and of illegal content no address (ILL-12).
fn report(console: &Console, asked: &Asked, found: &Recorded) -> String {
    let incident = &found.incident;
    let state = console.gate().state();
    let words: Vec<(&str, String)> = vec![
        ("School", state.school().to_owned()),
        ("Our number", format!("incident {}", found.id)),
        ("What", incident.kind.title().to_owned()),
        (
            "About",
            incident.theme.map_or("", alert::Theme::title).to_owned(),
        ),
        (
            "When",
            format!("{} ({})", asked.zone.when(incident.at).text, incident.at),
        ),
        (
            "Site",
            site_of(found).unwrap_or_else(|| "not given".to_owned()),
        ),
        (
            "What the filter did",
            incident.action.map_or("", action).to_owned(),
        ),
        ("List", incident.list.clone().unwrap_or_default()),
    ];
    let lines = words.into_iter().filter(|(_, value)| !value.is_empty());
    let lines: Vec<String> = lines
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    format!(
        "{}\n\nNames are left out; they are told in person where they are needed.\n",
        lines.join("\n")
    )
}

/// Prepared mails, by whom they are for; the school's own mail program sends them.
fn mails(console: &Console, asked: &Asked, found: &Recorded) -> Vec<(&'static str, String)> {
    let body = escaped(&report(console, asked, found));
    let subject = escaped(&format!("Online safety report, our number {}", found.id));
    FORWARDS
        .iter()
        .map(|whom| (*whom, format!("mailto:?subject={subject}&body={body}")))
        .collect()
}

impl Filled {
    fn read(asked: &Asked) -> Self {
        Self {
            intent: asked.form.line("intent"),
            action: asked.form.text("action"),
            outcome: asked.form.text("outcome"),
        }
    }
}

const INTENTS: [(Intent, &str, &str); 3] = [
    (Intent::Accidental, "accidental", "by chance"),
    (Intent::Deliberate, "deliberate", "on purpose"),
    (
        Intent::Unknown,
        "unknown",
        "by chance or on purpose: not known",
    ),
];

/// Whom an incident can be handed on to.
const HIGHER: [Role; 5] = [
    Role::SafeguardingLead,
    Role::Headteacher,
    Role::Deputy,
    Role::Chair,
    Role::Technician,
];

const FORWARDS: [&str; 3] = [
    "the provider of the list",
    "the trust",
    "the local authority",
];
const BLOCK_HOURS: u32 = 24;
const CSV: &str = "text/csv; charset=utf-8";
const NO_SITE: &str = "the incident names no site that could be blocked; block it by hand";
