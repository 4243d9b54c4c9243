//! The sentences that every school wants to say.

use crate::school::{LESSON, School, moment};
use model::{Action, Rung};

#[test]
fn year_6_may_use_a_community_site_on_fridays_from_14_to_15() {
    let asking = School::new()
        .pack("scratch-community", &["scratch-community.example"])
        .ks2(
            "[[rule]]\nname = \"Scratch community, Year 6\"\n\
             sites = [\"pack:scratch-community\", \"scratch.mit.edu\"]\nfor = [\"group:ks2-y6\", \"device:head-laptop\"]\n\
             when = \"friday-last-lesson\"\naction = \"allow\"\nuntil = 2026-12-11\nreason = \"computing club\"\n",
        )
        .open();
    let said = |group, at| asking.said(group, at, "www.scratch.mit.edu", &["social"]).0;
    assert_eq!(said("ks2-y6", "2026-11-27T13:59:59Z"), Action::Block);
    assert_eq!(said("ks2-y6", "2026-11-27T14:00:00Z"), Action::Allow);
    assert_eq!(said("ks2-y6", "2026-11-27T15:00:00Z"), Action::Block);
    assert_eq!(said("ks2-y6", "2026-11-26T14:30:00Z"), Action::Block);
    assert_eq!(said("ks2", "2026-11-27T14:30:00Z"), Action::Block);
    // Through the end of its last day, and not on the Friday after.
    assert_eq!(said("ks2-y6", "2026-12-11T14:30:00Z"), Action::Allow);
    assert_eq!(said("ks2-y6", "2026-12-18T14:30:00Z"), Action::Block);
    // It names the head's laptop, whatever the laptop's group.
    let mut head = asking.subject("staff");
    head.device = asking.roster.devices.find("head-laptop");
    let at = "2026-11-27T14:30:00Z";
    assert_eq!(
        asking.ask(&head, at, "scratch.mit.edu", &[]).reason.rung,
        Rung::Site
    );
}

#[test]
fn supply_teachers_are_like_staff_but_without_social_media_and_end_at_16() {
    let asking = School::new()
        .group(
            "supply",
            "title = \"Supply\"\nextends = \"staff\"\n[access]\nsocial = \"block\"\n\
             [[mode]]\nid = \"after-16\"\ntitle = \"After the supply day\"\nkind = \"word\"\naction = \"block\"\nwhen = \"not supply-day\"\n",
        )
        .open();
    let said = |group, at, label: &str| asking.said(group, at, "x.example", &[label]);
    assert_eq!(said("staff", LESSON, "social").0, Action::Allow);
    assert_eq!(said("supply", LESSON, "social").0, Action::Block);
    assert_eq!(said("supply", LESSON, "video").0, Action::Allow);
    assert_eq!(
        said("supply", "2026-11-23T15:59:59Z", "video").0,
        Action::Allow
    );
    assert_eq!(
        said("supply", "2026-11-23T16:00:00Z", "video"),
        (Action::Block, Rung::Mode)
    );
    assert_eq!(
        said("staff", "2026-11-23T16:00:00Z", "video").0,
        Action::Allow
    );
}

#[test]
fn the_office_may_use_one_auction_site_with_its_image_and_payment_hosts() {
    let asking = School::new()
        .pack("auction", &["ebay.co.uk", "ebayimg.com", "=www.paypal.com"])
        .staff("[access]\nshopping = \"block\"\n")
        .group(
            "office",
            "title = \"Office\"\nextends = \"staff\"\n[[rule]]\nname = \"Auction site\"\nsites = [\"pack:auction\"]\naction = \"allow\"\n",
        )
        .open();
    let said = |group, host| asking.said(group, LESSON, host, &["shopping"]).0;
    for host in ["www.ebay.co.uk", "i.ebayimg.com", "www.paypal.com"] {
        assert_eq!(said("office", host), Action::Allow, "{host}");
        assert_eq!(said("staff", host), Action::Block, "{host}");
    }
    assert_eq!(said("office", "shop.example"), Action::Block);
    assert_eq!(said("office", "sub.www.paypal.com"), Action::Block);
}

#[test]
fn the_heads_laptop_is_staff_but_may_reach_one_social_network() {
    let asking = School::new()
        .staff(
            "[access]\nsocial = \"block\"\n[[rule]]\nname = \"Head\"\nsites = [\"linkedin.com\"]\nfor = [\"device:head-laptop\"]\naction = \"allow\"\n",
        )
        .open();
    let mut head = asking.subject("staff");
    head.device = asking.roster.devices.find("head-laptop");
    assert_eq!(
        asking
            .ask(&head, LESSON, "linkedin.com", &["social"])
            .action,
        Action::Allow
    );
    assert_eq!(
        asking
            .ask(&head, LESSON, "other.example", &["social"])
            .action,
        Action::Block
    );
    assert_eq!(
        asking.said("staff", LESSON, "linkedin.com", &["social"]).0,
        Action::Block
    );
}

// The group of the trolley changes by `identity`, which asks the same calendar.
#[test]
fn a_trolley_is_ks1_in_the_morning_and_ks2_in_the_afternoon() {
    let school = School::new()
        .group(
            "ks1",
            "title = \"KS1\"\nextends = \"pupils\"\nwalled_garden = true\n",
        )
        .ks2("unknown = \"allow\"\n");
    let asking = school.open();
    let mut faults = model::Faults::default();
    let vocabulary = policy::vocabulary(&school.files, &mut faults).unwrap();
    let draft = policy::Draft::read(&school.files, &vocabulary, &mut faults);
    let mornings = draft.find_schedule("mornings").unwrap();
    let said = |at| {
        let running = asking
            .policy
            .schedules(moment(at))
            .running
            .contains(mornings);
        asking
            .said(if running { "ks1" } else { "ks2" }, at, "x.example", &[])
            .0
    };
    assert_eq!(said("2026-11-23T11:59:59Z"), Action::Block);
    assert_eq!(said("2026-11-23T12:00:00Z"), Action::Allow);
}
