use super::*;
use crate::Intent;
use crate::stand_in::monday;

fn opened() -> (tempfile::TempDir, Incidents) {
    let folder = tempfile::tempdir().unwrap();
    let incidents = Incidents::open(folder.path()).unwrap();
    (folder, incidents)
}

fn at(seconds: u64) -> Moment {
    monday().after(Duration::from_secs(seconds))
}

fn visit() -> Incident {
    Incident {
        topic: Some("visit/p.upil/suicide".to_owned()),
        ..Incident::new(IncidentKind::Visit, monday(), "a page was opened")
    }
}

fn closing() -> Closing {
    Closing {
        intent: Intent::Accidental,
        action: "talked with the child".to_owned(),
        outcome: "home work on road safety".to_owned(),
    }
}

// REP-14
#[test]
fn an_incident_is_opened_taken_closed_and_kept() {
    let (folder, incidents) = opened();
    let lead = Person::from("lead");
    let id = incidents.record(visit()).unwrap();
    incidents.take(id, &lead, at(60)).unwrap();
    incidents.note(id, &lead, at(70), "rang home").unwrap();
    incidents.close(id, &lead, at(90), closing()).unwrap();
    let before = incidents.find(id).unwrap();
    assert_eq!(before.state, IncidentState::Closed);
    assert_eq!(before.time_to_take(), Some(Duration::from_secs(60)));
    assert_eq!(before.closed, Some((lead.clone(), at(90), closing())));
    let again = Incidents::open(folder.path()).unwrap();
    assert_eq!(again.find(id), Some(before));
    again.reopen(id, &lead, at(99), "it went on").unwrap();
    assert_eq!(again.find(id).unwrap().state, IncidentState::Open);
    assert!(again.record(visit()).unwrap() > id);
}

#[test]
fn who_is_named_neither_sees_nor_settles_it() {
    let (_folder, incidents) = opened();
    let teacher = Person::from("t.eacher");
    let mut incident = Incident::new(IncidentKind::Staff, monday(), "x");
    incident.concerns = vec![teacher.clone()];
    let id = incidents.record(incident).unwrap();
    for refused in [
        incidents.take(id, &teacher, at(1)),
        incidents.note(id, &teacher, at(1), "nothing"),
        incidents.escalate(id, &teacher, at(1), Role::Chair),
        incidents.close(id, &teacher, at(1), closing()),
        incidents.reopen(id, &teacher, at(1), "x"),
    ] {
        assert!(matches!(refused, Err(IncidentError::Concerned { .. })));
    }
    let seen = |person: &Person, role| incidents.visible_to(person, role, &[]).len();
    assert_eq!(seen(&teacher, Role::Headteacher), 0);
    assert_eq!(seen(&"head".into(), Role::Headteacher), 1);
}

// REP-05, REP-06, MON-05
#[test]
fn each_kind_is_seen_by_its_own_roles() {
    let (_folder, incidents) = opened();
    for kind in IncidentKind::ALL {
        incidents
            .record(Incident::new(kind, monday(), "x"))
            .unwrap();
    }
    let mut about_head = Incident::new(IncidentKind::Staff, monday(), "x");
    about_head.concerns = vec!["head".into()];
    incidents.record(about_head).unwrap();
    let heads = [Person::from("head")];
    let table: Vec<String> = Role::ALL
        .iter()
        .map(|role| {
            let seen = incidents.visible_to(&Person::from(role.word()), *role, &heads);
            let words: Vec<_> = seen.iter().map(|it| it.incident.kind.word()).collect();
            format!("{role}: {}", words.join(" "))
        })
        .collect();
    insta::assert_snapshot!(table.join("\n"), @"
    technician: data-breach technical
    support: 
    coordinator: technical staff-report
    headteacher: data-breach technical complaint staff-report pupil-report staff floor visit
    deputy: data-breach technical complaint staff-report
    safeguarding-lead: staff-report pupil-report floor visit
    teacher: 
    governor: 
    chair: staff
    auditor:
    ");
}

#[test]
fn no_step_is_taken_out_of_turn() {
    let (_folder, incidents) = opened();
    let lead = Person::from("lead");
    let id = incidents.record(visit()).unwrap();
    assert!(matches!(
        incidents.reopen(id, &lead, at(1), "x"),
        Err(IncidentError::NotClosed { .. })
    ));
    let unsaid = Closing {
        outcome: " ".to_owned(),
        ..closing()
    };
    assert!(matches!(
        incidents.close(id, &lead, at(1), unsaid),
        Err(IncidentError::Unsaid { .. })
    ));
    incidents.close(id, &lead, at(1), closing()).unwrap();
    assert!(matches!(
        incidents.take(id, &lead, at(2)),
        Err(IncidentError::Closed { .. })
    ));
    let unknown = IncidentId(99);
    assert!(matches!(
        incidents.take(unknown, &lead, at(2)),
        Err(IncidentError::Unknown { .. })
    ));
}

#[test]
fn handed_on_it_waits_for_the_higher_role() {
    let (_folder, incidents) = opened();
    let id = incidents.record(visit()).unwrap();
    incidents
        .escalate(id, &"lead".into(), at(1), Role::Chair)
        .unwrap();
    let found = incidents.find(id).unwrap();
    assert_eq!(found.state, IncidentState::Escalated);
    assert_eq!(found.owner, None);
    let chair = Person::from("chair");
    assert_eq!(incidents.visible_to(&chair, Role::Chair, &[]).len(), 1);
}

// REP-04
#[test]
fn the_same_within_an_hour_is_one_incident_with_a_count() {
    let (folder, incidents) = opened();
    let id = incidents.record(visit()).unwrap();
    let topic = visit().topic.unwrap();
    let found = |seconds| incidents.same_within_hour(&topic, at(seconds));
    assert_eq!(found(3599).unwrap().id, id);
    assert_eq!(found(3600), None);
    incidents.again(id, at(30), 499).unwrap();
    let again = Incidents::open(folder.path()).unwrap().find(id).unwrap();
    assert_eq!((again.incident.count, again.last), (500, at(30)));
    incidents
        .close(id, &"lead".into(), at(40), closing())
        .unwrap();
    assert_eq!(found(50), None, "what is closed takes in nothing");
}
