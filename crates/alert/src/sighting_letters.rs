use crate::incident::{Incident, IncidentId, IncidentKind};
use crate::watch::{Sighting, Watch};
use crate::{Letter, Notice, NoticeKind, Role, Theme};
use model::{Action, Moment};
use std::fmt::Write as _;

impl Watch {
    /// What is to be told of an incident, and to whom.
    ///
    /// What pupils do goes to the safeguarding lead, illegal content to the headteacher too
    /// (ILL-12), and what staff do to the headteacher alone (REP-06).
    pub(crate) fn letters(
        &self,
        id: IncidentId,
        incident: &Incident,
        seen: &Sighting,
        now: Moment,
    ) -> Vec<Letter> {
        let illegal = incident.theme == Some(Theme::Illegal);
        let (roles, kind): (&[Role], _) = match (incident.kind, illegal) {
            (IncidentKind::Staff, false) => (&[Role::Headteacher], NoticeKind::Staff),
            (IncidentKind::Staff, true) => (&[Role::Headteacher], NoticeKind::Illegal),
            (_, true) => (
                &[Role::SafeguardingLead, Role::Headteacher],
                NoticeKind::Illegal,
            ),
            (
                IncidentKind::Visit
                | IncidentKind::Floor
                | IncidentKind::PupilReport
                | IncidentKind::StaffReport
                | IncidentKind::Complaint
                | IncidentKind::Technical
                | IncidentKind::DataBreach,
                false,
            ) => (&[Role::SafeguardingLead], NoticeKind::Safeguarding),
        };
        let words = if illegal {
            self.illegal_words(id, incident)
        } else {
            self.visit_words(incident)
        };
        let letter = |to: &Role| {
            let mut letter = Letter::from(Notice {
                at: now,
                to: *to,
                urgency: seen.urgency,
                title: title(id, incident),
                words: words.clone(),
                entry: None,
            })
            .kind(kind)
            .concerning(incident.concerns.iter().cloned())
            .link(format!("/incidents/{id}"))
            .times(seen.incident.count);
            letter.topic.clone_from(&incident.topic);
            if incident.kind == IncidentKind::Staff {
                letter = letter.confidential();
            }
            letter
        };
        roles.iter().map(letter).collect()
    }

    /// ILL-12: incident, person, device, time and list; never the address.
    fn illegal_words(&self, id: IncidentId, incident: &Incident) -> String {
        let mut words = format!("Incident {id}\n");
        self.who(&mut words, incident);
        if let Some(list) = &incident.list {
            let _ = writeln!(words, "List: {list}");
        }
        words.push_str("It was blocked. The address is kept for the police and is not shown.\n");
        words
    }

    fn visit_words(&self, incident: &Incident) -> String {
        let mut words = String::new();
        self.who(&mut words, incident);
        if let Some(host) = &incident.host {
            let done = incident.action.map_or("asked for", done);
            let _ = writeln!(words, "Site: {host} ({done})");
        }
        if let Some(nature) = incident.nature {
            let _ = writeln!(words, "Kind of request: {}", nature.words());
        }
        if incident.context.is_empty() {
            return words;
        }
        words.push_str("\nWhat the same device did in the five minutes around it:\n");
        let lines = incident.context.iter().rev().take(MOST_LINES).rev();
        for row in lines {
            let host = row.host.as_deref().unwrap_or("(illegal content)");
            let clock = self.school.clock(row.at).strftime("%H:%M:%S");
            let _ = writeln!(words, "  {clock}  {host}  {}", done(row.action));
        }
        words
    }

    fn who(&self, words: &mut String, incident: &Incident) {
        let person = match &incident.who {
            Some(who) => who.clone(),
            None => format!("not known: {}", incident.words),
        };
        let _ = writeln!(words, "Person: {person}");
        if let Some(device) = &incident.device {
            let _ = writeln!(words, "Device: {device}");
        }
        if let Some(group) = incident.group.as_deref().filter(|group| !group.is_empty()) {
            let _ = writeln!(words, "Group: {group}");
        }
        let _ = writeln!(words, "When: {}", self.school.words(incident.at));
    }
}

fn title(id: IncidentId, incident: &Incident) -> String {
    let theme = incident.theme.map_or("", Theme::title);
    format!("Incident {id}: {theme}")
}

const fn done(action: Action) -> &'static str {
    match action {
        Action::Allow => "shown",
        Action::Warn => "a warning stood before it",
        Action::Permission => "blocked until staff permit it",
        Action::Block => "blocked",
    }
}

const MOST_LINES: usize = 40;
