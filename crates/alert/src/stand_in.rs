//! People, letters and moments for the tests of this crate.

use crate::{Contact, Directory, Letter, Notice, Role, Urgency};
use model::Moment;

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
