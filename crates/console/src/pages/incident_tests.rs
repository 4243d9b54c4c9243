//! Incidents, used as people use them.

use crate::stand_in::{NOW, Reply, StandIn};
use alert::{ContextRow, Incident, IncidentId, IncidentKind, Nature, Person, Role};
use audit::EntryKind;
use axum::http::StatusCode;
use model::{Action, Moment};

pub(super) const HOSTILE: &str = "<script>alert(1)</script>\"' onload=x {{7*7}} \u{202e}gnp.exe";

pub(super) fn now() -> Moment {
    NOW.parse().unwrap()
}

/// Holds that nothing on a page can act, hide or turn text.
pub(super) fn harmless(reply: &Reply, page: &str) {
    assert!(!reply.body.contains("<script"), "{page}: {}", reply.body);
    assert!(
        !reply.body.contains("\"' onload=x"),
        "{page}: {}",
        reply.body
    );
    assert!(!reply.body.contains('\u{202e}'), "{page}");
    assert!(!reply.body.contains("javascript:"), "{page}");
}

pub(super) fn record(
    school: &StandIn,
    kind: IncidentKind,
    alter: impl FnOnce(&mut Incident),
) -> IncidentId {
    let mut incident = Incident::new(kind, now(), "a page was open that should not be");
    alter(&mut incident);
    school.console.parts().incidents.record(incident).unwrap()
}

#[test]
fn a_hostile_incident_is_harmless_in_every_form() {
    let school = StandIn::new(&[Role::Headteacher, Role::SafeguardingLead]);
    let id = record(&school, IncidentKind::PupilReport, |incident| {
        incident.words = HOSTILE.to_owned();
        incident.who = Some(HOSTILE.to_owned());
        incident.device = Some("=cmd|' /C calc'!A0".to_owned());
        incident.group = Some(HOSTILE.to_owned());
        incident.host = Some(HOSTILE.to_owned());
        incident.list = Some(HOSTILE.to_owned());
        incident.context = vec![ContextRow {
            at: now(),
            host: Some(HOSTILE.to_owned()),
            action: Action::Block,
            nature: Nature::Page,
            categories: vec![HOSTILE.to_owned()],
            count: 1,
        }];
    });
    let lead = Some(Role::SafeguardingLead);
    let note = format!("/incidents/{id}/note");
    assert_eq!(
        school.post(lead, &note, &[("words", HOSTILE)]).status,
        StatusCode::SEE_OTHER
    );
    for page in [
        format!("/incidents/{id}"),
        format!("/incidents/{id}/record"),
        "/incidents".to_owned(),
    ] {
        let reply = school.get(lead, &page);
        assert_eq!(reply.status, StatusCode::OK, "{page}");
        harmless(&reply, &page);
    }
    let csv = school.get(lead, &format!("/incidents/{id}/file/record.csv"));
    assert!(csv.body.contains("'=cmd"), "{}", csv.body);
    assert!(
        csv.headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    let blocked = school.post(lead, &format!("/incidents/{id}/block"), &[]);
    assert_eq!(blocked.status, StatusCode::FORBIDDEN, "text is no site");
}

// REP-14, REP-26
#[test]
fn an_incident_is_taken_noted_closed_and_opened_again() {
    let school = StandIn::new(&[Role::Headteacher, Role::SafeguardingLead]);
    let id = record(&school, IncidentKind::Visit, |_| {});
    let lead = Some(Role::SafeguardingLead);
    let path = format!("/incidents/{id}");
    let act =
        |what: &str, form: &[(&str, &str)]| school.post(lead, &format!("{path}/{what}"), form);
    assert_eq!(act("take", &[]).location(), format!("{path}?done=taken"));
    assert!(
        school
            .get(lead, &path)
            .body
            .contains("Safeguarding lead, since")
    );
    let form = [
        ("intent", "accidental"),
        ("action", "talked to the child"),
        ("outcome", ""),
    ];
    let unsaid = act("close", &form);
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unsaid.body.contains("what was done and what came of it"));
    assert!(
        unsaid.body.contains("talked to the child"),
        "the form comes back as it was"
    );
    let form = [
        ("intent", "accidental"),
        ("action", "talked to the child"),
        ("outcome", "all is well"),
    ];
    assert_eq!(
        act("close", &form).location(),
        format!("{path}?done=closed")
    );
    let page = school.get(lead, &path);
    assert!(page.body.contains("all is well") && page.body.contains("by chance"));
    assert!(!page.body.contains("Take it on"), "it is closed");
    assert_eq!(
        act("reopen", &[("words", "it happened again")]).location(),
        format!("{path}?done=reopened")
    );
    assert_eq!(
        act("hand-on", &[("role", "governor")]).status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        act("hand-on", &[("role", "headteacher")]).location(),
        format!("{path}?done=handed-on")
    );
}

// REP-05, REP-06, MON-05, LOG-11
#[test]
fn an_incident_is_seen_by_its_readers_and_by_nobody_it_concerns() {
    let roles = [
        Role::Headteacher,
        Role::Chair,
        Role::Technician,
        Role::SafeguardingLead,
    ];
    let school = StandIn::new(&roles);
    let staff = record(&school, IncidentKind::Staff, |_| {});
    let broken = record(&school, IncidentKind::Technical, |incident| {
        incident.who = Some("amy.archer".to_owned());
    });
    let heads = school.desk.accounts();
    let head = heads
        .iter()
        .find(|account| account.role == Role::Headteacher)
        .unwrap();
    let about = record(&school, IncidentKind::Complaint, |incident| {
        incident.concerns = vec![Person::new(head.person.to_string())];
    });
    let sees = |role, id: IncidentId| school.get(Some(role), &format!("/incidents/{id}")).status;
    assert_eq!(sees(Role::Headteacher, staff), StatusCode::OK);
    assert_eq!(sees(Role::SafeguardingLead, staff), StatusCode::NOT_FOUND);
    assert_eq!(sees(Role::Headteacher, about), StatusCode::NOT_FOUND);
    assert_eq!(sees(Role::Chair, about), StatusCode::OK);
    let page = school.get(Some(Role::Technician), &format!("/incidents/{broken}"));
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        !page.body.contains("amy.archer"),
        "a technician reads no names"
    );
    let list = school.get(Some(Role::Technician), "/incidents");
    assert!(!list.body.contains(&format!("/incidents/{staff}\"")));
}

// REP-12, CHG-13
#[test]
fn a_reported_site_is_blocked_in_one_step_and_waits_to_be_confirmed() {
    let school = StandIn::new(&[Role::Headteacher, Role::SafeguardingLead]);
    let id = record(&school, IncidentKind::PupilReport, |incident| {
        incident.host = Some("https://odd.test/page?q=1".to_owned());
    });
    let lead = Some(Role::SafeguardingLead);
    assert!(
        school
            .get(lead, &format!("/incidents/{id}"))
            .body
            .contains("Block odd.test now")
    );
    let done = school.post(lead, &format!("/incidents/{id}/block"), &[]);
    assert!(
        done.location().ends_with("?done=in-force"),
        "{} {}",
        done.location(),
        done.body
    );
    let tried = school.get(lead, "/try?address=odd.test&group=staff");
    assert!(
        tried.body.contains("blocked in an emergency"),
        "{}",
        tried.body
    );
    let due = school.get(Some(Role::Headteacher), "/reviews");
    assert!(due.body.contains("odd.test"), "{}", due.body);
}

// ILL-12: what goes out of the school names no child, and of illegal content no address.
#[test]
fn a_report_that_is_passed_on_names_no_child() {
    let school = StandIn::new(&[Role::Headteacher]);
    let id = record(&school, IncidentKind::Visit, |incident| {
        incident.who = Some("amy.archer".to_owned());
        incident.host = Some("odd.test".to_owned());
        incident.action = Some(Action::Allow);
        incident.list = Some("starter-social".to_owned());
    });
    let report = school.get(
        Some(Role::Headteacher),
        &format!("/incidents/{id}/file/report.txt"),
    );
    assert_eq!(
        report.body,
        "School: Oakfield School\nOur number: incident 1\nWhat: Visit to harmful content\n\
         When: Mon 23 Nov 2026, 10:15 (2026-11-23T10:15:00Z)\nSite: odd.test\n\
         What the filter did: open\nList: starter-social\n\n\
         Names are left out; they are told in person where they are needed.\n"
    );
    let page = school.get(Some(Role::Headteacher), &format!("/incidents/{id}"));
    assert!(
        page.body.contains("href=\"mailto:?subject="),
        "{}",
        page.body
    );
    let error = school.get(
        Some(Role::Headteacher),
        &format!("/incidents/{id}/file/list-error.csv"),
    );
    assert!(error.body.contains("odd.test,none,none"), "{}", error.body);
}

// REP-10, REP-15
#[test]
fn staff_report_a_breach_and_those_who_look_after_it_are_told() {
    let school = StandIn::new(&[Role::Headteacher, Role::Teacher]);
    let form = [
        ("kind", "data-breach"),
        ("words", "a list of pupils was sent to the wrong parents"),
    ];
    let sent = school.post(Some(Role::Teacher), "/incidents/new", &form);
    assert_eq!(sent.location(), "/help?done=reported", "{}", sent.body);
    let list = school.get(Some(Role::Headteacher), "/incidents");
    assert!(list.body.contains("Breach of personal data"));
    let waiting = school.desk.notices().waiting();
    assert!(
        waiting
            .iter()
            .any(|held| held.notice().title.contains("breach of personal data"))
    );
    assert_eq!(
        school.get(Some(Role::Teacher), "/incidents").status,
        StatusCode::FORBIDDEN
    );
}

// MON-10, REP-17: who saw an incident, what was done and what was taken out stands in the log.
#[test]
fn looks_steps_and_downloads_are_entries_of_the_change_log() {
    let school = StandIn::new(&[Role::Headteacher, Role::SafeguardingLead]);
    let id = record(&school, IncidentKind::PupilReport, |_| {});
    let lead = Some(Role::SafeguardingLead);
    let told = |kind: EntryKind| -> Vec<String> {
        let transcript = school.console.desk().ledger().transcript().unwrap();
        let of = transcript.entries().filter_map(|written| {
            let payload = (written.leaf.kind() == Some(kind)).then_some(written.payload)??;
            let words = payload.get("done").or_else(|| payload.get("what"))?;
            Some(words.as_str()?.to_owned())
        });
        of.collect()
    };
    for _ in 0..2 {
        let page = school.get(lead, &format!("/incidents/{id}"));
        assert_eq!(page.status, StatusCode::OK);
    }
    assert_eq!(told(EntryKind::Incident), ["viewed"], "once for a person");
    school.get(Some(Role::Headteacher), &format!("/incidents/{id}"));
    school.get(lead, &format!("/incidents/{id}/file/report.txt"));
    school.get(lead, &format!("/incidents/{id}/file/record.csv"));
    let closing = [
        ("intent", "accidental"),
        ("action", "talked with the class"),
        ("outcome", "nothing more"),
    ];
    school.post(lead, &format!("/incidents/{id}/close"), &closing);
    assert_eq!(
        told(EntryKind::Incident),
        [
            "viewed",
            "viewed",
            "the report to pass on was taken",
            "closed"
        ]
    );
    school.get(lead, "/activity/export/activity.csv");
    school.get(Some(Role::Headteacher), "/changes/proof/change-log.bin");
    assert_eq!(
        told(EntryKind::Export),
        ["record of an incident", "decisions", "the change log"]
    );
}
