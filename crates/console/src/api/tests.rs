use super::openapi::{document, operation};
use super::operations::OPERATIONS;
use crate::route::{Reach, Verb, Who};
use crate::routes::ROUTES;
use crate::stand_in::{Reply, StandIn};
use alert::Role;
use axum::http::StatusCode;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

fn send(school: &StandIn, method: &str, who: Option<Role>, path: &str, body: &Value) -> Reply {
    let text = if method == "GET" {
        String::new()
    } else {
        body.to_string()
    };
    let mut request = school.request(method, who, path, &text);
    let json = "application/json".parse().unwrap();
    request.headers_mut().insert("content-type", json);
    school.send(request, false)
}

fn with_token(school: &StandIn, token: &str, method: &str, path: &str, body: &Value) -> Reply {
    let text = if method == "GET" {
        String::new()
    } else {
        body.to_string()
    };
    let mut request = school.request(method, None, path, &text);
    let bearer = format!("Bearer {token}").parse().unwrap();
    request.headers_mut().insert("authorization", bearer);
    // A program is no browser.
    request.headers_mut().remove("sec-fetch-site");
    request.headers_mut().remove("origin");
    school.send(request, false)
}

fn read(reply: &Reply) -> Value {
    serde_json::from_str(&reply.body).unwrap_or_else(|_| panic!("{}", reply.body))
}

fn token(school: &StandIn, role: Role, scope: &str) -> String {
    let body = json!({
        "scope": scope, "days": 30, "password": school.password(), "code": school.code(role),
    });
    let reply = send(school, "POST", Some(role), "/api/v1/tokens", &body);
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    read(&reply)["token"].as_str().unwrap().to_owned()
}

fn unblock() -> Value {
    json!({
        "change": {
            "kind": "override", "id": "", "for": ["group:ks2"], "sites": ["friends.test"],
            "action": "allow", "start": "2026-11-23T10:15:00Z", "end": "2026-11-25T15:15:00Z",
            "reason": "a lesson about friends",
        },
        "reason": "a lesson about friends",
    })
}

fn filled(path: &str) -> String {
    path.replace("{id}", "C-9999")
}

#[test]
fn each_route_for_programs_is_described_and_nothing_else_is() {
    let routes = || ROUTES.iter().filter(|route| route.reach == Reach::Program);
    for route in routes() {
        assert!(operation(route).is_some(), "{}", route.path);
    }
    assert_eq!(routes().count(), OPERATIONS.len());
    let mut names: Vec<_> = OPERATIONS.iter().map(|operation| operation.id).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), OPERATIONS.len());
}

#[test]
fn the_description_holds_together() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(
                    fields
                        .get("$ref")
                        .and_then(Value::as_str)
                        .map(str::to_owned),
                );
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let document = document().unwrap();
    assert_eq!(
        document["paths"]["/api/v1/matters"]["post"]["operationId"],
        "propose"
    );
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let path = reference.trim_start_matches('#');
        assert!(document.pointer(path).is_some(), "{reference}");
    }
}

// SEC-01
#[test]
fn each_role_does_what_the_table_says_and_nothing_else() {
    let school = StandIn::new(&Role::ALL);
    for route in ROUTES.iter().filter(|route| route.reach == Reach::Program) {
        let method = if route.verb == Verb::Show {
            "GET"
        } else {
            "POST"
        };
        let path = filled(route.path);
        for role in Role::ALL {
            let reply = send(&school, method, Some(role), &path, &json!({}));
            let refused =
                reply.status == StatusCode::FORBIDDEN && reply.body.contains("Not for your role");
            assert_eq!(
                refused,
                !route.who.admits(role),
                "{role} {path}: {}",
                reply.body
            );
            assert!(
                !reply.status.is_server_error(),
                "{role} {path}: {}",
                reply.body
            );
        }
        let reply = send(&school, method, None, &path, &json!({}));
        let open = route.who == Who::Anybody;
        assert_eq!(reply.status == StatusCode::UNAUTHORIZED, !open, "{path}");
    }
}

#[test]
fn a_refusal_is_a_problem_that_programs_can_read() {
    let school = StandIn::new(&[]);
    let reply = send(&school, "GET", None, "/api/v1/me", &json!({}));
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(reply.headers["www-authenticate"], "Bearer");
    assert_eq!(reply.headers["content-type"], "application/problem+json");
    assert_eq!(read(&reply)["status"], 401);
    let reply = with_token(
        &school,
        "sg.unknown.unknown",
        "GET",
        "/api/v1/me",
        &json!({}),
    );
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    let reply = send(&school, "GET", None, "/api/v1/nothing", &json!({}));
    assert_eq!(reply.headers["content-type"], "application/problem+json");
}

#[test]
fn two_people_change_something_by_the_api_as_they_do_on_the_pages() {
    let school = StandIn::new(&[Role::Technician, Role::Coordinator]);
    let reply = send(
        &school,
        "POST",
        Some(Role::Technician),
        "/api/v1/matters",
        &unblock(),
    );
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    let matter = read(&reply);
    assert_eq!(matter["stage"], "waiting");
    let path = format!("/api/v1/matters/{}", matter["id"].as_str().unwrap());
    let consent = |role: Role, seen: &Value| {
        let body = json!({
            "seen": seen, "words": "", "password": school.password(), "code": school.code(role),
        });
        send(
            &school,
            "POST",
            Some(role),
            &format!("{path}/approve"),
            &body,
        )
    };
    let other = json!("00".repeat(32));
    let reply = consent(Role::Coordinator, &other);
    assert_eq!(reply.status, StatusCode::CONFLICT, "{}", reply.body);
    let seen = read(&send(
        &school,
        "GET",
        Some(Role::Coordinator),
        &path,
        &json!({}),
    ));
    let reply = consent(Role::Coordinator, &seen["digest"]);
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(read(&reply)["stage"], "active");
    let holds = send(
        &school,
        "GET",
        Some(Role::Technician),
        "/api/v1/in-force",
        &json!({}),
    );
    assert_eq!(read(&holds)["items"][0]["id"], matter["id"]);
}

// SEC-01: a token does no more than its scope, and never decides.
#[test]
fn a_token_does_what_its_scope_says() {
    let school = StandIn::new(&[Role::Technician, Role::Coordinator]);
    let reads = token(&school, Role::Technician, "read");
    let me = with_token(&school, &reads, "GET", "/api/v1/me", &json!({}));
    assert_eq!(read(&me)["scope"], "read");
    let reply = with_token(&school, &reads, "POST", "/api/v1/matters", &unblock());
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.body);
    let proposes = token(&school, Role::Technician, "propose");
    let reply = with_token(&school, &proposes, "POST", "/api/v1/matters", &unblock());
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    let matter = read(&reply);
    let path = format!("/api/v1/matters/{}/approve", matter["id"].as_str().unwrap());
    let decides = token(&school, Role::Coordinator, "propose");
    let body = json!({
        "seen": matter["digest"], "password": school.password(),
        "code": school.code(Role::Coordinator),
    });
    let reply = with_token(&school, &decides, "POST", &path, &body);
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.body);
    let reply = with_token(&school, &decides, "GET", "/", &json!({}));
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "a token opens no page");
}

#[test]
fn a_wrong_method_is_told_which_ones_the_path_takes() {
    let school = StandIn::new(&[Role::Technician]);
    for (method, path, takes) in [
        ("POST", "/api/v1/me", "GET,HEAD"),
        ("PUT", "/api/v1/matters", "GET,HEAD,POST"),
        ("DELETE", "/api/v1/identity/bindings", "POST"),
    ] {
        let reply = send(&school, method, Some(Role::Technician), path, &json!({}));
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        let mut allowed: Vec<_> = reply.headers["allow"]
            .to_str()
            .unwrap()
            .split(',')
            .map(str::trim)
            .collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(","), takes, "{path}");
        assert_eq!(read(&reply)["status"], 405);
    }
}

// CHG-30
#[test]
fn who_is_where_is_said_by_the_token_of_a_feed_and_nothing_else() {
    let school = StandIn::new(&[Role::Technician]);
    let path = "/api/v1/identity/bindings";
    let body = json!({ "bindings": [{ "address": "10.20.0.5", "minutes": 60 }] });
    let person = send(&school, "POST", Some(Role::Technician), path, &body);
    assert_eq!(person.status, StatusCode::FORBIDDEN, "{}", person.body);
    for scope in ["read", "propose"] {
        let token = token(&school, Role::Technician, scope);
        let reply = with_token(&school, &token, "POST", path, &body);
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.body);
    }
}

// SEC-14
#[test]
fn a_page_of_another_site_does_nothing_with_a_session() {
    let school = StandIn::new(&[Role::Technician]);
    let body = unblock().to_string();
    let mut request = school.request("POST", Some(Role::Technician), "/api/v1/matters", &body);
    request
        .headers_mut()
        .insert("sec-fetch-site", "cross-site".parse().unwrap());
    assert_eq!(school.send(request, false).status, StatusCode::FORBIDDEN);
    let listed = send(
        &school,
        "GET",
        Some(Role::Technician),
        "/api/v1/matters",
        &json!({}),
    );
    assert_eq!(read(&listed)["items"], json!([]));
}

fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        proptest::sample::select(vec![
            "change", "reason", "kind", "id", "for", "sites", "action", "start", "end", "words",
            "seen", "password", "code", "upto", "files", "search", "user", "scope", "days",
            "intent", "outcome", "concerns", "asks", "new", "what", "account", "bundle", "base",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    let text = prop_oneof![
        proptest::sample::select(vec![
            "override",
            "policy",
            "account",
            "feed",
            "hold",
            "end",
            "extend",
            "rollback",
            "allow",
            "2026-11-23T10:15:00Z",
            "group:ks2",
            "user:x",
            "friends.test",
            "C-0001",
            "read",
            "a reason that is long enough",
            "config/network.toml",
            "category:illegal-csam",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

// TST-14: whatever is sent, it is the sender's fault or it is done.
#[test]
fn nothing_that_is_sent_breaks_the_api() {
    let school = StandIn::new(&[Role::Headteacher]);
    let routes: Vec<_> = ROUTES
        .iter()
        .filter(|route| route.reach == Reach::Program)
        .collect();
    let part = prop_oneof![
        Just("C-0001".to_owned()),
        Just("1".to_owned()),
        Just("%00".to_owned()),
        "[a-zA-Z0-9%._~-]{1,20}",
    ];
    let query = "[a-z]{1,9}=[a-zA-Z0-9%._:+-]{0,20}";
    let strategy = (0..routes.len(), part, query, any_json());
    let config = Config {
        cases: 400,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&strategy, |(place, part, query, body)| {
            let route = routes[place];
            let path = format!("{}?{query}", route.path.replace("{id}", &part));
            let method = if route.verb == Verb::Show {
                "GET"
            } else {
                "POST"
            };
            let reply = send(&school, method, Some(Role::Headteacher), &path, &body);
            prop_assert!(!reply.status.is_server_error(), "{} {}", path, reply.body);
            if !reply.status.is_success() {
                prop_assert!(
                    reply.headers["content-type"] == "application/problem+json",
                    "{}",
                    path
                );
            }
            Ok(())
        })
        .unwrap();
}
