use crate::school::{LESSON, School};
use model::{Action, Rung};

const FORUM: &str = "[[rule]]\nname = \"forum\"\nsites = [\"example.org/forum\"]\naction = \"block\"\n\
     host_fallback = \"allow\"\n[[rule]]\nname = \"site\"\nsites = [\"=example.org\"]\naction = \"allow\"\n";

#[test]
fn a_path_counts_where_it_is_seen() {
    let asking = School::new().ks2(FORUM).open();
    let said = |target| asking.said("ks2", LESSON, target, &[]).0;
    assert_eq!(said("http://example.org/forum"), Action::Block);
    assert_eq!(said("http://example.org/forum/x?y"), Action::Block);
    assert_eq!(said("http://example.org/%66orum/../forum"), Action::Block);
    assert_eq!(said("http://example.org/forums"), Action::Allow);
    // Over HTTPS without inspection nobody sees the path: the host speaks.
    assert_eq!(said("https://example.org/forum"), Action::Allow);
    assert_eq!(said("example.org"), Action::Allow);
    assert_eq!(said("www.example.org"), Action::Allow);
}

#[test]
fn the_fallback_holds_where_the_path_is_not_seen() {
    let asking = School::new()
        .ks2("unknown = \"allow\"\n[[rule]]\nname = \"forum\"\nsites = [\"example.org/forum\"]\naction = \"allow\"\nhost_fallback = \"block\"\n")
        .open();
    assert_eq!(
        asking.said("ks2", LESSON, "example.org", &[]),
        (Action::Block, Rung::Site)
    );
    assert_eq!(
        asking.said("ks2", LESSON, "http://example.org/forum", &[]),
        (Action::Allow, Rung::Site)
    );
    assert_eq!(
        asking.said("ks2", LESSON, "http://example.org/x", &[]),
        (Action::Allow, Rung::Unknown)
    );
}

#[test]
fn with_full_inspection_the_host_alone_needs_the_url() {
    let school = School::new()
        .group("pupils", "title = \"Pupils\"\ninspect = \"full\"\n")
        .ks2("[[rule]]\nname = \"forum\"\nsites = [\"example.org/forum\"]\naction = \"allow\"\n");
    let asking = school.open();
    let mut subject = asking.subject("ks2");
    // Without the certificate nothing is inspected, and the path is never seen.
    let verdict = asking.ask(&subject, LESSON, "example.org", &[]);
    assert!(!verdict.obligations.needs_url);
    assert_eq!(verdict.action, Action::Block);
    subject.zone = asking.roster.zones.find("managed").unwrap();
    let verdict = asking.ask(&subject, LESSON, "example.org", &[]);
    assert!(verdict.obligations.needs_url);
    let verdict = asking.ask(&subject, LESSON, "https://example.org/forum", &[]);
    assert_eq!(
        (verdict.action, verdict.obligations.needs_url),
        (Action::Allow, false)
    );
    assert_eq!(
        asking
            .ask(&subject, LESSON, "https://example.org/x", &[])
            .action,
        Action::Block
    );
    // A rung above the rule has settled it: no URL is needed.
    let verdict = asking.ask(&subject, LESSON, "example.org", &["proxy"]);
    assert_eq!(
        (verdict.reason.rung, verdict.obligations.needs_url),
        (Rung::Lock, false)
    );
    let gaps = asking.policy.gaps();
    let without = gaps.iter().filter(|gap| gap.contains("do not trust"));
    assert_eq!(without.count(), 3, "{gaps:?}");
    // Banks are never inspected.
    assert_eq!(
        asking
            .ask(&subject, LESSON, "bank.example", &["banking"])
            .obligations
            .inspect,
        model::Inspect::None
    );
}

#[test]
fn a_path_that_nobody_sees_must_say_what_holds() {
    let school = School::new()
        .ks2("[[rule]]\nname = \"forum\"\nsites = [\"example.org/forum\"]\naction = \"allow\"\n");
    let faults = school.faults("config/groups/ks2.toml");
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(
        faults[0].starts_with("6:9 rule `forum` names a path"),
        "{faults:?}"
    );
    assert!(faults[0].contains("host_fallback"), "{faults:?}");
}
