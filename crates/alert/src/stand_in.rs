//! People, letters and moments for the tests of this crate.

use crate::{Contact, Directory, Letter, Notice, Role, Urgency};
use audit::{DecisionRow, Known, Unknown};
use model::{Action, Certainty, Door, Moment, PolicyVersion, Rung};
use std::time::Duration;

pub(crate) fn monday() -> Moment {
    "2026-11-23T10:15:00Z".parse().unwrap()
}

pub(crate) fn contact(person: &str, role: Role) -> Contact {
    Contact {
        person: person.into(),
        user: None,
        role,
        name: format!("The {person}"),
        mail: format!("{person}@oakfield.test"),
        deputy_order: 0,
        absent_until: None,
    }
}

pub(crate) fn school_people() -> Directory {
    let mut head = contact("head", Role::Headteacher);
    head.user = Some("h.head".to_owned());
    let mut second = contact("second-lead", Role::SafeguardingLead);
    second.deputy_order = 1;
    Directory {
        people: vec![
            contact("technician", Role::Technician),
            contact("coordinator", Role::Coordinator),
            head,
            contact("deputy", Role::Deputy),
            second,
            contact("lead", Role::SafeguardingLead),
            contact("chair", Role::Chair),
        ],
    }
}

pub(crate) fn letter(to: Role, title: &str) -> Letter {
    Letter::from(Notice {
        at: monday(),
        to,
        urgency: Urgency::Immediate,
        title: title.to_owned(),
        words: "what happened, in plain words".to_owned(),
        entry: Some(7),
    })
}

pub(crate) fn school() -> crate::School {
    crate::School::new("Oakfield Primary", "Europe/London").unwrap()
}

/// Two requests of the day before Monday that were blocked.
pub(crate) fn blocked(group: &str, user: &str, host: &str) -> DecisionRow {
    DecisionRow {
        first: monday().before(Duration::from_secs(86_400)),
        last: monday(),
        count: 2,
        client: "10.20.0.7".parse().unwrap(),
        device: Known::Unknown(Unknown::NotBound),
        user: Known::Named(user.into()),
        certainty: Certainty::SignIn,
        zone: "rooms".into(),
        group: group.into(),
        door: Door::Dns,
        method: None,
        host: host.into(),
        path: None,
        kind: None,
        categories: [].into(),
        action: Action::Block,
        rung: Rung::Category,
        rule: None,
        list: None,
        list_version: None,
        policy_version: PolicyVersion(1),
        bytes: 0,
        duration_ms: 0,
        reference: None,
        alert: false,
        background: false,
        flood: false,
    }
}
