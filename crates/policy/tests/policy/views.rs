use crate::school::{BREAK, LESSON, School, moment};
use model::{Inspect, SafeSearch, YouTube};

#[test]
fn groups_that_differ_in_nothing_share_a_view() {
    let asking = School::new()
        .pack("bitesize", &["bbc.co.uk"])
        .group("pupils", "title = \"Pupils\"\npacks = [\"bitesize\"]\n[[rule]]\nname = \"r\"\nsites = [\"a.example\"]\naction = \"allow\"\n")
        .group("ks3", "title = \"Key Stage 3\"\nextends = \"pupils\"\n")
        .group("ks4", "title = \"Key Stage 4\"\nextends = \"pupils\"\n[access]\nvideo = \"allow\"\n")
        .open();
    let id = |group, at| asking.view(&asking.subject(group), at).id();
    assert_eq!(id("ks3", LESSON), id("pupils", BREAK));
    assert_ne!(id("ks3", LESSON), id("ks4", LESSON));
}

#[test]
fn a_view_returns_when_its_schedule_does() {
    let asking = School::new()
        .ks2("[access]\ngames = { allow = \"breaks\" }\n")
        .open();
    let subject = asking.subject("ks2");
    let view = |at| asking.view(&subject, at);
    assert_ne!(view(LESSON).id(), view(BREAK).id());
    assert_eq!(view(BREAK).id(), view("2026-11-24T10:35:00Z").id());
    assert_eq!(
        view(BREAK).valid_until(),
        Some(moment("2026-11-23T10:45:00Z"))
    );
    assert_eq!(
        view(LESSON).valid_until(),
        Some(moment("2026-11-23T10:30:00Z"))
    );
    assert_eq!(
        asking.view(&asking.subject("staff"), LESSON).valid_until(),
        None
    );
}

#[test]
fn a_views_end_is_not_past_that_of_its_subject() {
    let asking = School::new().open();
    let mut subject = asking.subject("staff");
    subject.valid_until = Some(moment("2026-11-23T09:20:00Z"));
    assert_eq!(
        asking.view(&subject, LESSON).valid_until(),
        subject.valid_until
    );
}

#[test]
fn a_rule_ends_with_its_last_day() {
    let asking = School::new()
        .ks2("[[rule]]\nname = \"r\"\nsites = [\"a.example\"]\naction = \"allow\"\nfrom = 2026-11-23\nuntil = 2027-04-30\n")
        .open();
    let subject = asking.subject("ks2");
    // The end of the last day lies in summer time.
    assert_eq!(
        asking.view(&subject, LESSON).valid_until(),
        Some(moment("2027-04-30T23:00:00Z"))
    );
    assert_eq!(
        asking.view(&subject, "2026-11-22T12:00:00Z").valid_until(),
        Some(moment("2026-11-23T00:00:00Z"))
    );
    assert!(
        asking
            .said("ks2", "2027-04-30T22:59:59Z", "a.example", &[])
            .0
            .opens()
    );
    assert!(
        !asking
            .said("ks2", "2027-04-30T23:00:00Z", "a.example", &[])
            .0
            .opens()
    );
}

#[test]
fn obligations_follow_the_group_and_the_device() {
    let asking = School::new()
        .ks2("inspect = \"block-page\"\nyoutube = \"moderate\"\n")
        .open();
    let mut subject = asking.subject("ks2");
    let obligations = asking.view(&subject, LESSON).obligations();
    assert_eq!(obligations.safe_search, SafeSearch::Strict);
    assert_eq!(obligations.youtube, YouTube::Moderate);
    assert_eq!(obligations.inspect, Inspect::None);
    subject.zone = asking.roster.zones.find("managed").unwrap();
    assert_eq!(
        asking.view(&subject, LESSON).obligations().inspect,
        Inspect::BlockPage
    );
    let staff = asking.view(&asking.subject("staff"), LESSON).obligations();
    assert_eq!(
        (staff.safe_search, staff.youtube),
        (SafeSearch::Off, YouTube::Off)
    );
}
