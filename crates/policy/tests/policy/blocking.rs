//! Zones: what a device class may reach at all.

use crate::school::{LESSON, School};
use model::{Action, PolicyVersion, Rung};
use policy::Policy;

// BYO-03
#[test]
fn a_zone_without_network_access_is_refused() {
    let asking = School::new().ks2("unknown = \"allow\"\n").open();
    let mut subject = asking.subject("ks2");
    subject.zone = asking.roster.zones.find("visitors").unwrap();
    let verdict = asking.ask(&subject, LESSON, "x.example", &[]);
    assert_eq!(
        (verdict.action, verdict.reason.rung),
        (Action::Block, Rung::Outside)
    );
    // Illegal content is told as what it is, even there.
    assert_eq!(
        asking
            .ask(&subject, LESSON, "x.example", &["illegal-csam"])
            .reason
            .rung,
        Rung::Floor
    );
}

// BYO-05
#[test]
fn the_internet_alone_does_not_reach_the_schools_networks() {
    let mut school = School::new().ks2("unknown = \"allow\"\nliteral_addresses = \"allow\"\n[[rule]]\nname = \"r\"\nsites = [\"intranet.school.example\"]\naction = \"allow\"\n");
    school.roster.local_names = vec!["school.example".to_owned()];
    let asking = school.open();
    let mut subject = asking.subject("ks2");
    let inside = [
        "10.0.0.1",
        "192.168.1.1",
        "127.0.0.1",
        "169.254.1.1",
        "100.64.0.1",
        "0.0.0.0",
        "[::1]",
        "[fd00::1]",
        "[fe80::1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::a00:1]",
        "[2002:a00:1::]",
        "intranet.school.example",
        "school.example",
    ];
    for target in inside {
        assert_eq!(
            asking.ask(&subject, LESSON, target, &[]).action,
            Action::Allow,
            "{target}"
        );
    }
    subject.zone = asking.roster.zones.find("byod").unwrap();
    for target in inside {
        let verdict = asking.ask(&subject, LESSON, target, &[]);
        assert_eq!(
            (verdict.action, verdict.reason.rung),
            (Action::Block, Rung::Outside),
            "{target}"
        );
    }
    for target in [
        "192.0.2.1",
        "[2001:db8::1]",
        "x.example",
        "notschool.example",
    ] {
        assert_eq!(
            asking.ask(&subject, LESSON, target, &[]).action,
            Action::Allow,
            "{target}"
        );
    }
}

#[test]
fn a_client_outside_every_zone_is_refused() {
    let verdict = Policy::outside(PolicyVersion(7));
    assert_eq!(
        (verdict.action, verdict.reason.rung),
        (Action::Block, Rung::Outside)
    );
    assert_eq!(verdict.policy_version, PolicyVersion(7));
}

#[test]
fn a_place_of_another_policy_is_refused() {
    let asking = School::new().open();
    let mut subject = asking.subject("staff");
    subject.group = model::GroupIndex(99);
    assert_eq!(
        asking.ask(&subject, LESSON, "x.example", &[]).reason.rung,
        Rung::Outside
    );
    let mut subject = asking.subject("staff");
    subject.zone = model::ZoneIndex(99);
    assert_eq!(
        asking.ask(&subject, LESSON, "x.example", &[]).reason.rung,
        Rung::Outside
    );
}
