use crate::answer::Answer;
use crate::frame::Frame;
use crate::pages::requests::lexicon;
use crate::when::When;
use crate::{Asked, Console, Form, Refusal};
use alert::{
    HELP_LINES, HelpLine, Incident, IncidentId, IncidentKind, IncidentState, Letter, Notice,
    NoticeKind, OUTSIDE_CONTACTS, OutsideContact, Person, Recorded, Role, Urgency,
};
use askama::Template;
use change::{Acting, PersonId, Standing};

#[derive(Template)]
#[template(path = "incidents.html")]
struct IncidentsPage {
    frame: Frame,
    open: Vec<IncidentLine>,
    closed: Vec<IncidentLine>,
    reports: bool,
}

#[derive(Template)]
#[template(path = "report_incident.html")]
struct ReportPage {
    frame: Frame,
    faults: Vec<String>,
    filled: Filled,
    kinds: Vec<(&'static str, &'static str)>,
    staff: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "contacts.html")]
struct ContactsPage {
    frame: Frame,
    contacts: &'static [OutsideContact],
    lines: &'static [HelpLine],
}

/// An incident as a line of a table.
pub(crate) struct IncidentLine {
    id: String,
    title: String,
    state: &'static str,
    urgent: bool,
    at: When,
    group: String,
    owner: String,
    count: u64,
}

/// The form of a report as it was filled in.
#[derive(Clone, Debug, Default)]
struct Filled {
    kind: String,
    address: String,
    date: String,
    time: String,
    about: String,
    words: String,
}

/// The incidents that this person may know of.
pub(crate) fn list(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let acting = asked.acting()?;
    let (closed, open): (Vec<_>, Vec<_>) = visible(console, acting)
        .into_iter()
        .partition(|recorded| recorded.state == IncidentState::Closed);
    let lines = |found: &[Recorded], most: usize| -> Vec<IncidentLine> {
        let found = found.iter().take(most);
        found
            .map(|recorded| line(console, asked, acting.role, recorded))
            .collect()
    };
    Answer::page(&IncidentsPage {
        frame: Frame::new(console, asked, "Incidents"),
        open: lines(&open, MOST_OPEN),
        closed: lines(&closed, MOST_CLOSED),
        reports: true,
    })
}

/// Asks a member of staff what there is to report.
pub(crate) fn report(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let filled = Filled {
        address: asked.query.line("address"),
        date: asked.zone.date_field(asked.now),
        time: asked.zone.hour(asked.now),
        ..Filled::default()
    };
    Answer::page(&report_page(console, asked, filled, Vec::new()))
}

/// Takes a report of staff in: the incident first, then the notice (REP-10, REP-15, REP-16).
pub(crate) fn send_report(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    let filled = Filled::read(&asked.form);
    let kind = KINDS.into_iter().find(|kind| kind.word() == filled.kind);
    let (Some(kind), true) = (kind, filled.words.chars().count() >= 3) else {
        let faults = vec![UNSAID.to_owned()];
        return Answer::again(&report_page(console, asked, filled, faults));
    };
    let acting = asked.acting()?;
    let failed = |error: &dyn std::fmt::Display| Refusal::Failed(error.to_string());
    let at = asked.zone.parse(&filled.date, &filled.time);
    let at = at.map_or(asked.now, |at| at.min(asked.now));
    let mut incident = Incident::new(kind, at, filled.words.clone());
    incident.who = Some(acting.shown.clone());
    incident.host = Some(filled.address.clone()).filter(|address| !address.is_empty());
    let about = filled.about.parse::<PersonId>().ok();
    incident.concerns = about
        .map(|person| Person::new(person.to_string()))
        .into_iter()
        .collect();
    let concerns = incident.concerns.clone();
    let incidents = &console.parts().incidents;
    let id = incidents.record(incident).map_err(|error| failed(&error))?;
    let to = kind.readers().first().copied().unwrap_or(Role::Headteacher);
    let letter = Letter::from(Notice {
        at: asked.now,
        to,
        urgency: Urgency::Soon,
        title: format!("Incident {id}: {}", kind.title().to_lowercase()),
        words: format!("{} reports: {}", acting.shown, filled.words),
        entry: None,
    })
    .kind(NoticeKind::General)
    .concerning(concerns)
    .link(format!("/incidents/{id}"));
    let pushed = console.desk().notices().push(letter);
    pushed.map_err(|error| failed(&error))?;
    Ok(Answer::see("/help?done=reported"))
}

/// Whom to turn to outside the school (REP-30).
pub(crate) fn contacts(console: &Console, asked: &Asked) -> Result<Answer, Refusal> {
    Answer::page(&ContactsPage {
        frame: Frame::new(console, asked, "Whom to turn to outside"),
        contacts: OUTSIDE_CONTACTS,
        lines: HELP_LINES,
    })
}

/// The incidents that somebody may see, the newest first; none that is about them.
pub(crate) fn visible(console: &Console, acting: &Acting) -> Vec<Recorded> {
    let accounts = console.desk().accounts();
    let person = person(acting);
    let names = |of: &change::Account| {
        let user = of.user.as_deref().map(Person::from);
        std::iter::once(Person::new(of.person.to_string())).chain(user)
    };
    let heads: Vec<Person> = accounts
        .iter()
        .filter(|account| account.role == Role::Headteacher && account.standing != Standing::Closed)
        .flat_map(names)
        .collect();
    let own: Vec<Person> = accounts
        .iter()
        .filter(|account| account.person == acting.person)
        .flat_map(names)
        .collect();
    let incidents = &console.parts().incidents;
    let mut found = incidents.visible_to(&person, acting.role, &heads);
    found.retain(|recorded| {
        let incident = &recorded.incident;
        let about = |own: &Person| {
            incident.concerns.contains(own)
                || incident.kind == IncidentKind::Staff
                    && incident.who.as_deref() == Some(own.as_str())
        };
        !own.iter().any(about)
    });
    if matches!(acting.role, Role::Technician) {
        // Whoever keeps the network running reads what happened, and no names (LOG-11).
        for recorded in &mut found {
            let who = &mut recorded.incident.who;
            *who = who.take().map(|_| HIDDEN.to_owned());
        }
    }
    found
}

/// One incident, where this person may know of it; else there is none.
pub(crate) fn seen(console: &Console, asked: &Asked) -> Result<Recorded, Refusal> {
    let id = IncidentId(asked.part_as("id")?);
    visible(console, asked.acting()?)
        .into_iter()
        .find(|recorded| recorded.id == id)
        .ok_or(Refusal::Missing)
}

/// The person as the record of incidents knows them.
pub(crate) fn person(acting: &Acting) -> Person {
    Person::new(acting.person.to_string())
}

/// The name that people read of somebody in the record of incidents.
pub(crate) fn shown(console: &Console, person: &Person) -> String {
    let id: Option<PersonId> = person.as_str().parse().ok();
    id.and_then(|id| console.desk().shown_name(id))
        .unwrap_or_else(|| person.to_string())
}

fn line(console: &Console, asked: &Asked, role: Role, recorded: &Recorded) -> IncidentLine {
    let incident = &recorded.incident;
    let lexicon = lexicon(console, role);
    let about = incident
        .theme
        .map_or(String::new(), |theme| format!(": {}", theme.title()));
    let owner = recorded.owner.as_ref();
    IncidentLine {
        id: recorded.id.to_string(),
        title: format!("{}{about}", incident.kind.title()),
        state: recorded.state.word(),
        urgent: recorded.state != IncidentState::Closed && owner.is_none(),
        at: asked.zone.when(incident.at),
        group: incident
            .group
            .as_deref()
            .map_or_else(String::new, |group| lexicon.group(group)),
        owner: owner.map_or_else(
            || "nobody yet".to_owned(),
            |(owner, _)| shown(console, owner),
        ),
        count: incident.count,
    }
}

fn report_page(
    console: &Console,
    asked: &Asked,
    filled: Filled,
    faults: Vec<String>,
) -> ReportPage {
    let accounts = console.desk().accounts().into_iter();
    ReportPage {
        frame: Frame::new(console, asked, "Report something"),
        faults,
        filled,
        kinds: KINDS.map(|kind| (kind.word(), kind.title())).to_vec(),
        staff: accounts
            .filter(|account| account.standing == Standing::Active && !account.sealed)
            .map(|account| (account.person.to_string(), account.shown))
            .collect(),
    }
}

impl Filled {
    fn read(form: &Form) -> Self {
        Self {
            kind: form.line("kind"),
            address: form.line("address"),
            date: form.line("date"),
            time: form.line("time"),
            about: form.line("about"),
            words: form.text("words"),
        }
    }
}

/// What staff can report.
const KINDS: [IncidentKind; 4] = [
    IncidentKind::StaffReport,
    IncidentKind::Complaint,
    IncidentKind::Technical,
    IncidentKind::DataBreach,
];

const MOST_OPEN: usize = 300;
const MOST_CLOSED: usize = 100;
const HIDDEN: &str = "known; the name is hidden from your role";
const UNSAID: &str = "choose what kind of matter it is, and say what happened";
