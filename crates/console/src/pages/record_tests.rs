//! Lessons, records and the policy, used as people use them.

use super::incident_tests::{HOSTILE, harmless, now, record};
use crate::stand_in::StandIn;
use alert::{IncidentKind, Role};
use audit::{DecisionRow, Known, Unknown};
use axum::http::StatusCode;
use model::{Action, Certainty, Door, PolicyVersion, Rung};
use std::sync::Arc;

#[test]
fn whatever_is_asked_for_stays_text_on_every_page() {
    let school = StandIn::new(&[Role::Headteacher, Role::Technician, Role::Teacher]);
    let hostile = crate::pages::activity::escaped(HOSTILE);
    let pages = [
        (
            Role::Headteacher,
            format!(
                "/activity?site={hostile}&device={hostile}&group={hostile}&category={hostile}&reference={hostile}&from_date={hostile}&page=-1"
            ),
        ),
        (
            Role::Headteacher,
            format!("/activity?user={hostile}&action={hostile}"),
        ),
        (
            Role::Headteacher,
            format!("/activity?names=1&site={hostile}"),
        ),
        (Role::Technician, format!("/activity?user={hostile}")),
        (
            Role::Headteacher,
            format!("/try?address={hostile}&group={hostile}&person={hostile}&class={hostile}"),
        ),
        (
            Role::Headteacher,
            format!("/try?address=museum.example&group=ks2&class={hostile}&person={hostile}"),
        ),
        (
            Role::Headteacher,
            format!("/try?address=museum.example&device={hostile}"),
        ),
        (
            Role::Headteacher,
            format!("/policy/ks2?date={hostile}&time={hostile}"),
        ),
        (
            Role::Headteacher,
            format!("/reports?from={hostile}&until={hostile}&for={hostile}"),
        ),
        (
            Role::Headteacher,
            format!("/block?site={hostile}&whom={hostile}&what={hostile}"),
        ),
        (
            Role::Headteacher,
            format!("/incidents/new?address={hostile}"),
        ),
        (Role::Teacher, format!("/lesson?done={hostile}")),
    ];
    for (role, page) in pages {
        let reply = school.get(Some(role), &page);
        assert!(!reply.status.is_server_error(), "{page}: {}", reply.body);
        harmless(&reply, &page);
    }
    for page in [
        "/policy/nobody",
        "/incidents/1",
        "/incidents/%3Cscript%3E",
        "/reports/x.csv",
        "/activity/export/x",
    ] {
        let reply = school.get(Some(Role::Headteacher), page);
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{page}");
    }
}

// MON-10
#[test]
fn naming_a_person_asks_a_reason_first_and_writes_it_down() {
    let school = StandIn::new(&[Role::Headteacher, Role::Technician]);
    let head = Some(Role::Headteacher);
    let before = school.get(head, "/activity?user=amy.archer");
    assert!(before.body.contains("Say why first") && !before.body.contains("Nothing was found"));
    let export = school.get(head, "/activity/export/activity.csv?user=amy.archer");
    assert_eq!(
        export.status,
        StatusCode::FORBIDDEN,
        "no way around by the file"
    );
    let short = school.post(
        head,
        "/activity/disclose",
        &[("user", "amy.archer"), ("reason", "no")],
    );
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = [
        ("user", "amy.archer"),
        ("reason", "incident 7, with the safeguarding lead"),
    ];
    let done = school.post(head, "/activity/disclose", &form);
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let after = school.get(head, done.location());
    assert!(
        after.body.contains("You are reading about user:amy.archer"),
        "{}",
        after.body
    );
    let other = school.get(head, "/activity?user=ben.brook");
    assert!(
        other.body.contains("Say why first"),
        "a reason is for one person"
    );
    school
        .clock
        .advance(std::time::Duration::from_secs(16 * 60));
    let log = school.desk.ledger().transcript().unwrap();
    let kinds: Vec<_> = log
        .entries()
        .filter_map(|written| written.leaf.kind())
        .collect();
    assert!(kinds.contains(&audit::EntryKind::Disclosure));
    let technician = school.get(Some(Role::Technician), "/activity?user=amy.archer");
    assert!(technician.status != StatusCode::OK || technician.body.contains("you see no names"));
}

fn row() -> DecisionRow {
    DecisionRow {
        first: now(),
        last: now(),
        count: 3,
        client: "192.0.2.70".parse().unwrap(),
        device: Known::Named("ipad-7".into()),
        user: Known::Named("amy.archer".into()),
        certainty: Certainty::SignIn,
        zone: "rooms".into(),
        group: "ks2".into(),
        door: Door::Http,
        method: Some("GET".into()),
        host: "friends.test".into(),
        path: Some("/<script>".into()),
        kind: None,
        categories: ["social".into()].into(),
        action: Action::Block,
        rung: Rung::Category,
        rule: None,
        list: None,
        list_version: None,
        policy_version: PolicyVersion(1),
        bytes: 0,
        duration_ms: 1,
        reference: None,
        alert: false,
        background: false,
        flood: false,
    }
}

// LOG-11, LOG-14, ILL-12
#[test]
fn a_row_shows_only_what_its_reader_may_know() {
    use crate::row_view::{Persons, RowView};
    let school = StandIn::new(&[]);
    let lexicon = crate::lexicon::Lexicon::new(school.console.gate().state(), true);
    let zone = school.console.zone();
    let view = |row: &DecisionRow, persons| RowView::new(row, persons, &lexicon, &zone);
    let masked = view(&row(), Persons::Masked);
    assert_eq!(
        (masked.who.as_str(), masked.device.as_str()),
        ("somebody, name hidden", "")
    );
    let technical = view(&row(), Persons::Devices);
    assert_eq!(
        (technical.who.as_str(), technical.device.as_str()),
        ("somebody, name hidden", "ipad-7, 192.0.2.70")
    );
    let named = view(&row(), Persons::Named);
    assert_eq!(
        (named.who.as_str(), named.group.as_str()),
        ("amy.archer", "Key Stage 2")
    );
    let mut help = row();
    help.categories = ["help".into()].into();
    assert_eq!(view(&help, Persons::Named).who, "somebody, name hidden");
    let mut floor = row();
    floor.rung = Rung::Floor;
    floor.user = Known::Unknown(Unknown::NotBound);
    let floor = view(&floor, Persons::Named);
    assert!(!floor.site.contains("friends") && !floor.named);
    assert_eq!(floor.who, "not known: nobody was signed in");
}

fn keep(school: &StandIn, rows: &[DecisionRow]) {
    let parts = school.console.parts();
    let folder = change::StateFolder::journal_in(&parts.state);
    let mut journal = audit::Journal::open(&folder, Arc::clone(&parts.clock)).unwrap();
    journal.write(rows).unwrap();
}

fn row_of(
    user: &str,
    group: &str,
    host: &str,
    alter: impl FnOnce(&mut DecisionRow),
) -> DecisionRow {
    let mut row = row();
    row.user = Known::Named(user.into());
    row.group = group.into();
    row.host = host.into();
    alter(&mut row);
    row
}

// LOG-11, LOG-14, MON-05, MON-10, REP-19
#[test]
fn a_search_finds_rows_and_each_reader_sees_their_part() {
    let school = StandIn::new(&[Role::Headteacher, Role::SafeguardingLead, Role::Technician]);
    keep(
        &school,
        &[
            row(),
            row_of("amy.archer", "ks2", "talk.test", |row| {
                row.categories = ["help".into()].into();
                row.path = None;
            }),
            row_of("s.whitfield", "staff", "shop.test", |_| {}),
            row_of("ben.brook", "ks2", "worst.test", |row| {
                row.rung = Rung::Floor
            }),
        ],
    );
    let technician = school.get(Some(Role::Technician), "/activity");
    harmless(&technician, "/activity");
    assert!(
        technician.body.contains("ipad-7, 192.0.2.70"),
        "{}",
        technician.body
    );
    assert!(technician.body.contains("/propose?site=friends.test"));
    for hidden in ["amy.archer", "ben.brook", "s.whitfield", "worst.test"] {
        assert!(!technician.body.contains(hidden), "{hidden}");
    }
    let none = school.get(Some(Role::Technician), "/activity?action=allow");
    assert!(none.body.contains("Nothing was found"));
    let some = school.get(
        Some(Role::Technician),
        "/activity?category=social&site=friends.test",
    );
    assert!(some.body.contains("friends.test") && !some.body.contains("shop.test"));

    let lead = Some(Role::SafeguardingLead);
    let named = |user: &str| {
        let form = [("user", user), ("reason", "incident 7, looked at by two")];
        let done = school.post(lead, "/activity/disclose", &form);
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        done.location().to_owned()
    };
    let path = named("amy.archer");
    let page = school.get(lead, &path);
    assert!(
        page.body.contains("amy.archer; Key Stage 2"),
        "{}",
        page.body
    );
    assert!(
        !page.body.contains("talk.test"),
        "who asked for help is nobody's to know"
    );
    let csv = school.get(
        lead,
        &path.replace("/activity?", "/activity/export/activity.csv?"),
    );
    assert!(
        csv.body.contains("\"amy.archer\"") && !csv.body.contains("talk.test"),
        "{}",
        csv.body
    );
    let path = named("s.whitfield");
    assert!(
        !school.get(lead, &path).body.contains("shop.test"),
        "staff are the headteacher's"
    );
    let all = school.get(Some(Role::Headteacher), "/activity?site=worst.test");
    assert!(!all.body.contains("ben.brook") && all.body.contains("Nothing was found"));
}

// SCH-06
#[test]
fn a_teacher_unlocks_extends_and_ends_for_their_own_class() {
    let school = StandIn::new(&[Role::Headteacher, Role::Teacher]);
    let teacher = Some(Role::Teacher);
    let page = school.get(teacher, "/lesson");
    assert!(
        page.body.contains("value=\"news\"") && !page.body.contains("value=\"social\""),
        "{}",
        page.body
    );
    let form = |class| {
        [
            ("class", class),
            ("category", "news"),
            ("minutes", "30"),
            ("reason", "newspapers"),
        ]
    };
    let other = school.post(teacher, "/lesson", &form("year-9"));
    assert_eq!(
        other.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "not their class"
    );
    let done = school.post(teacher, "/lesson", &form("year-6"));
    assert_eq!(done.location(), "/lesson?done=unlocked", "{}", done.body);
    let page = school.get(teacher, "/lesson");
    assert!(
        page.body.contains("<strong>30 minutes</strong>"),
        "{}",
        page.body
    );
    let id = page
        .body
        .split("/lesson/")
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    let more = school.post(
        teacher,
        &format!("/lesson/{id}/extend"),
        &[("minutes", "50")],
    );
    assert_eq!(more.location(), "/lesson?done=extended", "{}", more.body);
    let page = school.get(teacher, "/lesson");
    let id = page
        .body
        .split("/lesson/")
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    let ended = school.post(teacher, &format!("/lesson/{id}/end"), &[]);
    assert_eq!(ended.location(), "/lesson?done=ended", "{}", ended.body);
    assert!(
        school
            .get(teacher, "/lesson")
            .body
            .contains("Nothing is unlocked")
    );
}

// OPS-13, MON-12
#[test]
fn the_policy_is_shown_as_it_is_enforced() {
    let school = StandIn::new(&[Role::Governor, Role::Support]);
    let page = school.get(Some(Role::Governor), "/policy");
    assert!(
        page.body
            .contains("Every mark that a network can keep is kept"),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("polite (see the rules)") && page.body.contains("for people to keep")
    );
    assert!(
        page.body.contains("mobile data")
            && page.body.contains("none replaces an adult in the room")
    );
    let group = school.get(Some(Role::Support), "/policy/ks2");
    assert!(
        group.body.contains("What Key Stage 2 gets"),
        "{}",
        group.body
    );
    assert!(
        group
            .body
            .contains("closed, a teacher may unlock it for a lesson")
    );
    assert!(group.body.contains("illegal: closed for everybody, always"));
}

#[test]
fn an_address_is_tried_for_a_group_without_a_trace() {
    let school = StandIn::new(&[Role::Technician]);
    let asked = |query: &str| school.get(Some(Role::Technician), &format!("/try?{query}"));
    let page = asked("address=https://www.friends.test/x&group=ks2");
    assert!(
        page.body
            .contains("www.friends.test is <span class=\"mark is-shut\">blocked</span>"),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("<strong>block for `social`</strong>")
            || page.body.contains("Social media")
    );
    assert!(
        asked("address=friends.test&device=192.0.2.200")
            .body
            .contains(">open</span>")
    );
    assert!(
        asked("address=friends.test&device=198.51.100.1")
            .body
            .contains("This device may not use this network")
    );
    let nobody = asked("address=friends.test");
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nobody.body.contains("nobody is chosen"));
}

// AGE-11
#[test]
fn what_each_group_may_reach_is_signed_off_once_a_year() {
    let school = StandIn::new(&[Role::Headteacher, Role::Technician]);
    let head = Some(Role::Headteacher);
    assert!(
        school
            .get(head, "/reviews")
            .body
            .contains("Nobody has signed it off yet")
    );
    let done = school.post(
        head,
        "/reviews/access",
        &[("words", "all groups, nothing to alter")],
    );
    assert_eq!(done.location(), "/reviews?done=signed-off", "{}", done.body);
    let page = school.get(Some(Role::Technician), "/reviews");
    assert!(page.body.contains("Last signed off"), "{}", page.body);
    assert!(
        !page.body.contains("id=\"words\""),
        "a technician signs nothing off"
    );
}

#[test]
fn settings_are_shown_and_two_people_look_after_a_social_media_account() {
    let school = StandIn::new(&[Role::Headteacher, Role::Technician]);
    let page = school.get(Some(Role::Technician), "/settings");
    assert!(
        page.body.contains("config/groups/ks2.toml"),
        "{}",
        page.body
    );
    assert!(
        page.body
            .contains("the files in the folder are those in force")
    );
    let stale = school.post(
        Some(Role::Technician),
        "/settings/propose",
        &[("seen", "0"), ("reason", "an edit")],
    );
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let accounts = school.desk.accounts();
    let ids: Vec<String> = accounts
        .iter()
        .map(|account| account.id.to_string())
        .collect();
    let form = |staff: &[&str]| -> Vec<(String, String)> {
        let fixed = [
            ("what", "register"),
            ("name", "@oakfield"),
            ("platform", "a network"),
            ("purpose", "news for parents"),
            ("reason", "agreed with governors"),
        ];
        let staff = staff.iter().map(|id| ("staff", *id));
        fixed
            .into_iter()
            .chain(staff)
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    };
    let send = |form: &[(String, String)]| {
        let form: Vec<(&str, &str)> = form
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        school.post(Some(Role::Technician), "/social", &form)
    };
    assert_eq!(
        send(&form(&[&ids[0]])).status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "one is not two"
    );
    let done = send(&form(&[&ids[0], &ids[1]]));
    assert!(done.location().starts_with("/requests/C-"), "{}", done.body);
}

// REP-07
#[test]
fn governors_read_a_report_that_names_nobody() {
    let school = StandIn::new(&[Role::Headteacher, Role::Governor]);
    record(&school, IncidentKind::Visit, |incident| {
        incident.at = now().before(std::time::Duration::from_secs(3 * 86_400));
        incident.who = Some("amy.archer".to_owned());
    });
    let page = school.get(Some(Role::Governor), "/reports");
    assert!(
        page.body.contains("This report names nobody"),
        "{}",
        page.body
    );
    assert!(page.body.contains("fewer than five") && !page.body.contains("amy.archer"));
    assert_eq!(
        school.get(Some(Role::Governor), "/reports/week.csv").status,
        StatusCode::FORBIDDEN
    );
    let csv = school.get(Some(Role::Governor), "/reports/governors.csv");
    assert_eq!(csv.status, StatusCode::OK);
    let full = school.get(Some(Role::Headteacher), "/reports");
    assert!(full.body.contains("Report of the week"), "{}", full.body);
    assert!(
        school
            .get(Some(Role::Headteacher), "/reports?for=governors")
            .body
            .contains("names nobody")
    );
}

#[test]
fn off_site_there_are_incidents_and_no_records() {
    let school = StandIn::new(&[Role::Headteacher]);
    let head = Some(Role::Headteacher);
    assert_eq!(
        school.get_off_site(head, "/incidents").status,
        StatusCode::OK
    );
    for page in ["/activity", "/reports", "/settings", "/policy"] {
        assert_eq!(
            school.get_off_site(head, page).status,
            StatusCode::NOT_FOUND,
            "{page}"
        );
    }
}
