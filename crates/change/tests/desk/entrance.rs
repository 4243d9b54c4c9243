//! Sign-in, second factor, sessions, tokens.

use crate::school::{FROM, STAFF, School};
use alert::Role;
use change::{
    AccountChange, BindError, Change, ConfirmError, DecideError, Draft, FeedChange, NewAccount,
    Next, ProposeError, Scope, SecretError, SessionError, SignInError, TokenError,
};
use std::time::Duration;

// SEC-02, SEC-04
#[test]
fn a_temporary_password_leads_nowhere_but_to_a_new_one_and_an_authenticator() {
    let mut school = School::with(&[]);
    let handed = school
        .desk
        .found_account(1000, &NewAccount::new("head", "Jo Head", Role::Headteacher))
        .unwrap();
    let first = school
        .desk
        .sign_in("head", &handed.password, None, FROM)
        .unwrap();
    assert_eq!(first.next, Next::ChangePassword);
    let draft = Draft::new(Change::EndCommissioning, "a reason");
    assert!(matches!(
        school.desk.propose(&first.acting, draft),
        Err(ProposeError::Session(SessionError::NotReady))
    ));
    assert!(matches!(
        school.desk.begin_second_factor(&first.acting),
        Err(SecretError::Session(SessionError::NotReady))
    ));
    let next = school
        .desk
        .change_password(&first.acting, &handed.password, "violet tractor seven")
        .unwrap();
    assert_eq!(next.next, Next::EnrolSecondFactor);
    assert_eq!(
        school.desk.acting(&first.token).unwrap_err(),
        SessionError::Over,
        "the session goes on under another token"
    );
    school.people.clear();
}

// SEC-03, SEC-10: nothing secret is in what the ledger or the folder holds in clear.
#[test]
fn no_secret_is_in_the_ledger() {
    let school = School::with(&STAFF);
    let transcript = school.desk.ledger().transcript().unwrap();
    let mut text = Vec::new();
    transcript.export(&mut text).unwrap();
    let text = String::from_utf8_lossy(&text);
    assert!(!text.contains("violet tractor"));
    for person in &school.people {
        assert!(!text.contains(&person.totp.secret().to_base32()));
    }
    for file in std::fs::read_dir(school.folder.path().join("credentials")).unwrap() {
        let kept = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!kept.contains("violet tractor"));
    }
}

// SEC-02
#[test]
fn a_code_is_asked_for_and_opens_once() {
    let school = School::with(&STAFF);
    let password = school.people[2].password.clone();
    let sign_in = |code: Option<&str>| school.desk.sign_in("head", &password, code, FROM);
    assert!(matches!(sign_in(None), Err(SignInError::CodeNeeded)));
    assert!(matches!(sign_in(Some("000000")), Err(SignInError::Wrong)));
    let code = school.code("head");
    let signed = sign_in(Some(&code)).unwrap();
    assert!(
        matches!(sign_in(Some(&code)), Err(SignInError::Wrong)),
        "replayed"
    );
    assert!(
        matches!(
            school.desk.confirm(&signed.acting, &password, &code),
            Err(ConfirmError::SignIn(SignInError::Wrong))
        ),
        "nor does it confirm"
    );
    let school = school.restart();
    let again = school.desk.sign_in("head", &password, Some(&code), FROM);
    assert!(
        matches!(again, Err(SignInError::Wrong)),
        "nor after a restart"
    );
}

// SEC-06
#[test]
fn the_eleventh_guess_is_not_heard_even_when_it_is_right() {
    let school = School::with(&[("head", Role::Headteacher)]);
    for _ in 0..10 {
        let wrong = school.desk.sign_in("head", "wrong wrong wrong", None, FROM);
        assert!(matches!(wrong, Err(SignInError::Wrong)));
    }
    let password = school.people[0].password.clone();
    let code = school.code("head");
    let right = school.desk.sign_in("head", &password, Some(&code), FROM);
    assert!(matches!(right, Err(SignInError::Often { .. })));
    school.clock.advance(Duration::from_secs(300));
    school.sign_in("head");
}

#[test]
fn a_session_ends_after_fifteen_idle_minutes_and_with_its_account() {
    let school = School::with(&STAFF);
    let head = school.sign_in("head");
    school.clock.advance(Duration::from_secs(15 * 60));
    let late = school.desk.propose(
        &head,
        Draft::new(school.unblock("a.test", "group:ks2", 5), "why"),
    );
    assert!(matches!(
        late,
        Err(ProposeError::Session(SessionError::Over))
    ));

    let teacher = school.sign_in("teacher");
    let suspend = Change::Account(AccountChange::Suspend {
        account: teacher.account,
    });
    let matter = school.propose("tech", suspend);
    school.approve("head", matter.id);
    let after = school.desk.propose(
        &teacher,
        Draft::new(school.unblock("a.test", "class:year-6", 5), "why"),
    );
    assert!(matches!(
        after,
        Err(ProposeError::Session(SessionError::Changed))
    ));
}

// SEC-07
#[test]
fn the_sealed_account_alarms_everybody_and_decides_nothing() {
    let mut school = School::commissioning();
    school.enrol(
        "tech",
        &NewAccount::new("tech", "Sam Tech", Role::Technician),
    );
    let sealed = NewAccount {
        sealed: true,
        ..NewAccount::new("envelope", "The envelope", Role::Headteacher)
    };
    let handed = school.desk.found_account(1000, &sealed).unwrap();
    assert!(matches!(
        school
            .desk
            .sign_in("envelope", &handed.password, None, FROM),
        Err(SignInError::Wrong)
    ));
    let before = school.desk.notices().waiting().len();
    school
        .desk
        .unseal("envelope", &handed.password, "nobody can sign in", FROM)
        .unwrap();
    assert!(school.desk.notices().waiting().len() > before + 3);
    assert!(school.kinds().contains(&audit::EntryKind::BreakGlass));
}

#[test]
fn a_reset_password_is_handed_to_who_decided_and_to_nobody_else() {
    let school = School::with(&STAFF);
    let teacher = school.sign_in("teacher");
    let reset = Change::Account(AccountChange::ResetPassword {
        account: teacher.account,
    });
    let matter = school.propose("tech", reset);
    school.approve("head", matter.id);
    let tech = school.sign_in("tech");
    assert!(matches!(
        school.desk.collect(&tech, matter.id),
        Err(DecideError::Role { .. })
    ));
    let head = school.sign_in("head");
    let handed = school.desk.collect(&head, matter.id).unwrap().unwrap();
    assert!(
        school.desk.collect(&head, matter.id).unwrap().is_none(),
        "once"
    );
    let signed = school.desk.sign_in(
        "teacher",
        &handed.password,
        Some(&school.code("teacher")),
        FROM,
    );
    assert_eq!(signed.unwrap().next, Next::ChangePassword);
}

// CHG-31
#[test]
fn a_token_proposes_and_never_decides() {
    let school = School::with(&STAFF);
    let expires = school.in_minutes(600);
    let token = school
        .desk
        .issue_token(school.confirm("head"), Scope::Propose, None, expires)
        .unwrap();
    let (acting, scope) = school.desk.acting_by_token(&token.token, FROM).unwrap();
    assert_eq!(scope, Scope::Propose);
    let matter = school.propose("tech", school.unblock("museum.test", "group:ks2", 60));
    assert!(matches!(
        school.desk.refuse(&acting, matter.id, "no no no"),
        Err(DecideError::Role { .. })
    ));
    assert!(matches!(
        school.desk.confirm(&acting, "violet tractor", "000000"),
        Err(ConfirmError::Token)
    ));
    let end = Draft::new(
        Change::End {
            id: matter.id.to_string(),
        },
        "a reason",
    );
    assert!(
        school.desk.propose(&acting, end).is_err(),
        "nor what needs no decision"
    );
    school.clock.advance(Duration::from_secs(600 * 60));
    assert!(matches!(
        school.desk.acting_by_token(&token.token, FROM),
        Err(TokenError::Unknown)
    ));
}

// CHG-30: a copied identity-feed token is worth nothing elsewhere.
#[test]
fn a_feed_token_speaks_from_the_approved_address_alone() {
    let school = School::with(&STAFF);
    let open = Change::Feed(FeedChange::Open {
        name: "directory".to_owned(),
        from: vec![FROM],
    });
    let expires = school.in_minutes(600);
    let early = school.desk.issue_token(
        school.confirm("tech"),
        Scope::Feed,
        Some("directory"),
        expires,
    );
    assert!(
        matches!(early, Err(TokenError::Feed { .. })),
        "nobody approved it"
    );
    let matter = school.propose("tech", open);
    school.approve("head", matter.id);
    let token = school
        .desk
        .issue_token(
            school.confirm("tech"),
            Scope::Feed,
            Some("directory"),
            expires,
        )
        .unwrap();
    assert!(school.desk.acting_by_token(&token.token, FROM).is_ok());
    assert!(matches!(
        school
            .desk
            .acting_by_token(&token.token, "192.0.2.8".parse().unwrap()),
        Err(TokenError::Elsewhere)
    ));
    let told = school.desk.notices().waiting();
    let copied = told
        .iter()
        .filter(|notice| notice.letter.notice.title == "a token was copied");
    assert_eq!(copied.count(), 2, "headteacher and technician, once each");

    let said = |address: &str, user: &str| change::Binding {
        address: address.parse().unwrap(),
        hardware: None,
        user: Some(user.to_owned()),
        group: None,
        classes: Vec::new(),
        source: "somebody else".to_owned(),
        certainty: model::Certainty::Binding,
        expires: school.in_minutes(60),
    };
    let gate = school.gate();
    let pupil = said("10.20.5.9", "pupil.one");
    let elsewhere = "192.0.2.8".parse().unwrap();
    let refused = school
        .desk
        .bind_by_feed(&token.token, elsewhere, vec![pupil.clone()]);
    assert!(
        matches!(refused, Err(BindError::Token(TokenError::Elsewhere))),
        "{refused:?}"
    );
    let late = change::Binding {
        expires: school.in_minutes(25 * 60),
        ..pupil.clone()
    };
    for wrong in [
        vec![],
        vec![pupil.clone(), said("192.0.2.9", "x")],
        vec![late],
    ] {
        assert!(school.desk.bind_by_feed(&token.token, FROM, wrong).is_err());
    }
    assert_eq!(gate.state().bindings().iter().count(), 0, "all or nothing");
    let bound = school.desk.bind_by_feed(&token.token, FROM, vec![pupil]);
    assert_eq!(bound.unwrap(), 1);
    let state = gate.state();
    let held: Vec<_> = state.bindings().iter().collect();
    assert_eq!(held[0].source, "feed directory", "in its own name alone");
}
