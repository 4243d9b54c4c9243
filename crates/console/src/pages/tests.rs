//! The pages, used as people use them.

use super::incident_tests::record;
use crate::stand_in::{Reply, StandIn};
use alert::{IncidentKind, Role};
use axum::http::StatusCode;

/// The value of the hidden field `seen`.
fn seen(reply: &Reply) -> String {
    let (_, rest) = reply
        .body
        .split_once("name=\"seen\" value=\"")
        .expect("a form to decide");
    rest.split('"').next().unwrap().to_owned()
}

fn proposal<'a>(reason: &'a str, until: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("sites", "museum.example"),
        ("whom", "group:ks2"),
        ("until_date", until),
        ("until_time", "15:15"),
        ("reason", reason),
    ]
}

/// Proposes an unblock and gives back the path of its page.
fn propose(school: &StandIn, role: Role, reason: &str) -> String {
    let form = proposal(reason, "2026-11-24");
    let reply = school.post(Some(role), "/propose", &form);
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    let path = reply.location().split('?').next().unwrap().to_owned();
    assert!(path.starts_with("/requests/C-"), "{path}");
    path
}

// CHG-03, CHG-04, CHG-06
#[test]
fn a_technician_proposes_and_a_coordinator_decides() {
    let school = StandIn::new(&[Role::Headteacher, Role::Coordinator, Role::Technician]);
    let path = propose(&school, Role::Technician, "Romans, Year 4");

    let own = school.get(Some(Role::Technician), &path);
    assert!(
        !own.body.contains("Your decision"),
        "nobody decides what they proposed"
    );
    let page = school.get(Some(Role::Coordinator), &path);
    assert!(page.body.contains("Romans, Year 4") && page.body.contains("museum.example"));
    assert!(page.body.contains("This opens"), "{}", page.body);

    let approve = format!("{path}/approve");
    let code = school.code(Role::Coordinator);
    let seen = seen(&page);
    let form = |password, code| {
        vec![
            ("seen", seen.as_str()),
            ("words", "yes"),
            ("password", password),
            ("code", code),
        ]
    };
    let wrong = school.post(Some(Role::Coordinator), &approve, &form("not it", &code));
    assert_eq!(
        wrong.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        wrong.body
    );
    let code = school.code(Role::Coordinator);
    let done = school.post(
        Some(Role::Coordinator),
        &approve,
        &form(school.password(), &code),
    );
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert_eq!(done.location(), format!("{path}?done=approved"));
    assert!(
        school
            .get(Some(Role::Technician), &path)
            .body
            .contains("in force")
    );

    let log = school.get(Some(Role::Headteacher), "/changes");
    assert!(log.body.contains("museum.example"), "{}", log.body);
    let again = school.post(
        Some(Role::Coordinator),
        &approve,
        &form(school.password(), &code),
    );
    assert_eq!(
        again.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "a code works once"
    );
}

// CHG-07
#[test]
fn a_refusal_needs_a_reason_and_is_written_down() {
    let school = StandIn::new(&[Role::Headteacher, Role::Coordinator, Role::Technician]);
    let path = propose(&school, Role::Technician, "a game at wet play");
    let refuse = format!("{path}/refuse");
    let empty = school.post(Some(Role::Coordinator), &refuse, &[("words", "")]);
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = school.post(
        Some(Role::Coordinator),
        &refuse,
        &[("words", "not in lessons")],
    );
    assert_eq!(
        done.location(),
        format!("{path}?done=refused"),
        "{}",
        done.body
    );
    assert!(
        school
            .get(Some(Role::Technician), &path)
            .body
            .contains("not in lessons")
    );
}

// Whatever is typed into a form stays text on every page that shows it.
#[test]
fn what_people_type_is_shown_as_text() {
    let school = StandIn::new(&[Role::Headteacher, Role::Coordinator, Role::Technician]);
    let hostile = "<script>alert(1)</script> \" onload='x' {{7*7}} \u{202e}cod";
    let path = propose(&school, Role::Technician, hostile);
    for page in [path.as_str(), "/requests", "/changes", "/"] {
        let reply = school.get(Some(Role::Coordinator), page);
        assert_eq!(reply.status, StatusCode::OK, "{page}");
        assert!(!reply.body.contains("<script"), "{page}");
        assert!(!reply.body.contains("onload='"), "{page}");
        assert!(!reply.body.contains('\u{202e}'), "{page}");
    }
    let query = "/changes?text=%3Cscript%3E%22%27&who=%22%3E%3Cimg%20src%3Dx%3E&since=x&before=-1";
    let reply = school.get(Some(Role::Coordinator), query);
    assert_eq!(reply.status, StatusCode::OK);
    assert!(!reply.body.contains("<script") && !reply.body.contains("<img src=x"));
}

#[test]
fn a_form_that_is_not_whole_comes_back_as_it_was_filled_in() {
    let school = StandIn::new(&[Role::Headteacher, Role::Technician]);
    let mut form = proposal("Romans, Year 4", "2020-01-01");
    form.retain(|(name, _)| *name != "whom");
    let reply = school.post(Some(Role::Technician), "/propose", &form);
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(reply.body.contains("nobody is chosen") && reply.body.contains("before the beginning"));
    assert!(reply.body.contains("Romans, Year 4") && reply.body.contains("museum.example"));
}

// SEC-04, SEC-02
#[test]
fn the_first_sign_in_asks_for_a_password_of_ones_own_and_a_second_factor() {
    let school = StandIn::new(&[Role::Headteacher]);
    let new = change::NewAccount::new("ann", "Ann Example", Role::Coordinator);
    let handed = school.desk.found_account(1000, &new).unwrap();
    let sign_in = |password: &str| {
        school.post(
            None,
            "/sign-in",
            &[
                ("name", "ann"),
                ("password", password),
                ("then", "/changes"),
            ],
        )
    };
    assert_eq!(sign_in("wrong").status, StatusCode::UNPROCESSABLE_ENTITY);
    let first = sign_in(&handed.password);
    assert_eq!(first.location(), "/password", "{}", first.body);
    let cookie = first.headers.get("set-cookie").unwrap().to_str().unwrap();
    assert!(
        cookie.starts_with("__Host-schoolgate=") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let session = cookie.split(';').next().unwrap().to_owned();
    let mut request = school.request("GET", None, "/changes", "");
    request
        .headers_mut()
        .insert("cookie", session.parse().unwrap());
    let early = school.send(request, false);
    assert_eq!(early.location(), "/password", "nothing else opens before");
}

#[test]
fn signing_out_ends_the_session() {
    let school = StandIn::new(&[Role::Headteacher]);
    assert_eq!(
        school.get(Some(Role::Headteacher), "/").status,
        StatusCode::OK
    );
    let out = school.post(Some(Role::Headteacher), "/sign-out", &[]);
    assert!(
        out.headers
            .get("set-cookie")
            .unwrap()
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    assert_eq!(
        school.get(Some(Role::Headteacher), "/").status,
        StatusCode::SEE_OTHER
    );
}

// CHG-12, CHG-18
#[test]
fn a_governor_checks_takes_the_proof_away_and_signs_off() {
    let school = StandIn::new(&[Role::Headteacher, Role::Governor]);
    let governor = Some(Role::Governor);
    let page = school.post(governor, "/changes/verify", &[]);
    assert!(
        page.body.contains("The change log is whole"),
        "{}",
        page.body
    );
    for file in [
        "change-log.bin",
        "public-key.txt",
        "head.txt",
        "verify.html",
        "verify_ledger.py",
    ] {
        let reply = school.get(governor, &format!("/changes/proof/{file}"));
        assert_eq!(reply.status, StatusCode::OK, "{file}");
        let kept = reply
            .headers
            .get("content-disposition")
            .unwrap()
            .to_str()
            .unwrap();
        assert_eq!(kept, format!("attachment; filename=\"{file}\""));
        assert!(!reply.body.is_empty());
    }
    assert_eq!(
        school.get(governor, "/changes/proof/secret.key").status,
        StatusCode::NOT_FOUND
    );
    let page = school.get(governor, "/changes");
    let (_, rest) = page.body.split_once("name=\"upto\" value=\"").unwrap();
    let upto = rest.split('"').next().unwrap();
    let done = school.post(
        governor,
        "/changes/sign-off",
        &[("upto", upto), ("words", "looked at with the headteacher")],
    );
    assert_eq!(done.location(), "/changes?done=signed-off", "{}", done.body);
}

// ACC-01, ACC-02, ACC-06: what can be checked without a browser.
#[test]
fn every_page_has_a_title_a_heading_a_language_and_labels() {
    let school = StandIn::new(&[Role::Headteacher]);
    for path in [
        "/",
        "/requests",
        "/propose",
        "/changes",
        "/accounts",
        "/health",
        "/help",
        "/password",
    ] {
        let page = school.get(Some(Role::Headteacher), path).body;
        assert!(
            page.contains("<html lang=\"en-GB\">") && page.contains("<title>"),
            "{path}"
        );
        assert_eq!(page.matches("<h1").count(), 1, "{path}");
        assert!(
            page.contains("class=\"skip\"") && page.contains("id=\"main\""),
            "{path}"
        );
        assert!(
            !page.contains("style=\"") && !page.contains("<script"),
            "{path}"
        );
        assert_eq!(
            page.matches("<table").count(),
            page.matches("<caption").count(),
            "{path}"
        );
        for field in page.split("<input ").skip(1) {
            let field = field.split('>').next().unwrap();
            let free = field.contains("type=\"hidden\"") || field.contains("type=\"checkbox\"");
            if let Some((_, rest)) = field.split_once("id=\"") {
                let id = rest.split('"').next().unwrap();
                assert!(
                    page.contains(&format!("<label for=\"{id}\"")),
                    "{path}: {id}"
                );
            } else {
                assert!(free, "{path}: {field}");
            }
        }
    }
}

// ILL-13
#[test]
fn the_address_of_illegal_content_is_read_by_the_two_who_agreed() {
    let roles = [Role::Headteacher, Role::SafeguardingLead, Role::Deputy];
    let school = StandIn::new(&roles);
    let (lead, head) = (Some(Role::SafeguardingLead), Some(Role::Headteacher));
    let sealed = school.console.desk().seal()("abyss.example/page");
    let id = record(&school, IncidentKind::Floor, |incident| {
        incident.sealed = sealed
    });
    let path = format!("/incidents/{id}");
    let evidence = format!("{path}/evidence");
    assert!(school.get(lead, &path).body.contains("Ask to open it"));
    let alone = school.post(lead, &evidence, &[]);
    assert_eq!(alone.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!alone.body.contains("abyss.example"), "{}", alone.body);

    let reason = [("reason", "the police ask for it")];
    let asked = school.post(lead, &format!("{path}/unseal"), &reason);
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.body);
    let matter = asked.location().split('?').next().unwrap().to_owned();
    let waiting = school.get(lead, &path).body;
    assert!(
        waiting.contains("has yet to agree") && waiting.contains(&matter),
        "{waiting}"
    );
    let shown = seen(&school.get(head, &matter));
    let code = school.code(Role::Headteacher);
    let form = [
        ("seen", shown.as_str()),
        ("words", "yes"),
        ("password", school.password()),
        ("code", &code),
    ];
    let agreed = school.post(head, &format!("{matter}/approve"), &form);
    assert_eq!(agreed.status, StatusCode::SEE_OTHER, "{}", agreed.body);
    for who in [lead, head] {
        assert!(!school.get(who, &path).body.contains("abyss.example"));
        let read = school.post(who, &evidence, &[]);
        assert_eq!(read.status, StatusCode::OK, "{}", read.body);
        assert!(read.body.contains("abyss.example/page"), "{}", read.body);
    }
    let third = school.post(Some(Role::Deputy), &evidence, &[]);
    assert_eq!(
        third.status,
        StatusCode::NOT_FOUND,
        "a deputy reads no such incident"
    );
    assert!(!third.body.contains("abyss.example"), "{}", third.body);
    let log = school.get(head, "/changes").body;
    assert!(log.contains("its sealed address was read"), "{log}");
    assert!(!log.contains("abyss.example"), "{log}");
}
