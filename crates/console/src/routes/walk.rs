//! The table of routes, walked for each role and for nobody (SEC-01).

use super::{ALL, ROUTES};
use crate::route::{Reach, Verb, Who};
use crate::stand_in::{Reply, StandIn};
use alert::Role;
use axum::http::StatusCode;
use std::collections::BTreeSet;

/// A path with something in place of its parts.
fn filled(path: &str) -> String {
    path.replace("{id}", "C-9999")
        .replace("{file}", "head.txt")
        .replace("{name}", "0.css")
}

fn is_refused(reply: &Reply) -> bool {
    reply.status == StatusCode::FORBIDDEN && reply.body.contains("Not for your role")
}

#[test]
fn each_role_opens_what_the_table_says_and_nothing_else() {
    let school = StandIn::new(&Role::ALL);
    for route in ROUTES.iter().filter(|route| route.reach != Reach::Program) {
        // They end the session that the walk needs; a wrong password does as well.
        if route.path == "/sign-out" || (route.path == "/password" && route.verb == Verb::Act) {
            continue;
        }
        let path = filled(route.path);
        for role in Role::ALL {
            let reply = match route.verb {
                Verb::Show => school.get(Some(role), &path),
                Verb::Act => school.post(Some(role), &path, &[]),
            };
            let allowed = route.who.admits(role);
            let out = reply.status == StatusCode::UNAUTHORIZED
                || reply.location().starts_with("/sign-in");
            assert!(!out, "{role} {path}: the session is gone");
            assert_eq!(
                is_refused(&reply),
                !allowed,
                "{role} {path}: {}",
                reply.status
            );
            assert!(
                !reply.status.is_server_error(),
                "{role} {path}: {}",
                reply.body
            );
        }
    }
}

#[test]
fn nobody_opens_anything_but_the_way_in() {
    let school = StandIn::new(&[]);
    for route in ROUTES.iter().filter(|route| route.reach != Reach::Program) {
        let path = filled(route.path);
        let reply = match route.verb {
            Verb::Show => school.get(None, &path),
            Verb::Act => school.post(None, &path, &[]),
        };
        assert!(!reply.status.is_server_error(), "{path}: {}", reply.body);
        match (route.who, route.verb) {
            (Who::Anybody, _) => {}
            (Who::Begun | Who::Only(_), Verb::Show) => {
                assert_eq!(reply.status, StatusCode::SEE_OTHER, "{path}");
                assert!(reply.location().starts_with("/sign-in"), "{path}");
            }
            (Who::Begun | Who::Only(_), Verb::Act) => {
                assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{path}");
            }
        }
    }
}

#[test]
fn another_method_is_refused_and_the_right_ones_are_named() {
    let school = StandIn::new(&[Role::Headteacher]);
    let asked = [
        ("DELETE", "/api/v1/me", "GET,HEAD"),
        ("PUT", "/api/v1/matters", "GET,HEAD,POST"),
        ("GET", "/api/v1/changes/verify", "POST"),
        ("GET", "/sign-out", "POST"),
        ("PATCH", "/", "GET,HEAD"),
    ];
    for (method, path, right) in asked {
        let request = school.request(method, Some(Role::Headteacher), path, "");
        let reply = school.send(request, false);
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        let named = reply.headers.get("allow").unwrap().to_str().unwrap();
        let named: BTreeSet<&str> = named.split(',').map(str::trim).collect();
        assert_eq!(named, right.split(',').collect(), "{method} {path}");
    }
}

#[test]
fn every_answer_bears_the_headers() {
    let school = StandIn::new(&[]);
    for path in ["/sign-in", "/nothing", "/healthz", "/requests"] {
        let reply = school.get(None, path);
        let header = |name: &str| reply.headers.get(name).map(|value| value.to_str().unwrap());
        let policy = header("content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(header("cache-control"), Some("no-store"), "{path}");
        assert!(header("strict-transport-security").is_some(), "{path}");
    }
}

// SEC-14
#[test]
fn a_page_of_another_site_makes_the_console_do_nothing() {
    let school = StandIn::new(&[Role::Headteacher]);
    let mut request = school.request("POST", Some(Role::Headteacher), "/sign-out", "");
    request
        .headers_mut()
        .insert("sec-fetch-site", "cross-site".parse().unwrap());
    assert_eq!(school.send(request, false).status, StatusCode::FORBIDDEN);
    let mut request = school.request("POST", Some(Role::Headteacher), "/sign-out", "");
    request.headers_mut().remove("sec-fetch-site");
    request.headers_mut().remove("origin");
    assert_eq!(school.send(request, false).status, StatusCode::FORBIDDEN);
    assert_eq!(
        school.get(Some(Role::Headteacher), "/").status,
        StatusCode::OK
    );
}

#[test]
fn a_name_that_was_made_to_point_here_gets_no_page() {
    let school = StandIn::new(&[]);
    let mut request = school.request("GET", None, "/sign-in", "");
    request
        .headers_mut()
        .insert("host", "attacker.example".parse().unwrap());
    assert_eq!(
        school.send(request, false).status,
        StatusCode::MISDIRECTED_REQUEST
    );
}

#[test]
fn off_site_there_are_approvals_and_nothing_else() {
    let school = StandIn::new(&[Role::Headteacher]);
    assert!(ALL.contains(Role::Headteacher));
    for route in ROUTES.iter().filter(|route| route.verb == Verb::Show) {
        let reply = school.get_off_site(Some(Role::Headteacher), &filled(route.path));
        if route.reach != Reach::OffSite {
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{}", route.path);
        }
    }
    let reply = school.get_off_site(Some(Role::Headteacher), "/requests");
    assert_eq!(reply.status, StatusCode::OK);
    assert!(
        !reply.body.contains("href=\"/accounts\""),
        "no link that leads nowhere"
    );
}

#[test]
fn what_is_too_much_or_no_form_is_refused() {
    let school = StandIn::new(&[]);
    let much = format!("name={}", "a".repeat(100_000));
    let reply = school.send(school.request("POST", None, "/sign-in", &much), false);
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    let reply = school.send(
        school.request("POST", None, "/sign-in", "name=%FF%00&&=&="),
        false,
    );
    assert!(reply.status.is_client_error(), "{}", reply.status);
}
