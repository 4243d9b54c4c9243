//! Five sentences that schools say, as policy: each holds to the minute and for nobody else.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use gate::{Explainer, Explanation, Question};
use model::{Action, Moment, Rung};
use schoolgate_tests::School;

/// Asks the example school; moments of November 2026 are the school's own clock.
struct Asker(Explainer);

impl Asker {
    fn new() -> Self {
        Self(School::example().explainer())
    }

    fn ask(&mut self, client: &str, at: &str, target: &str) -> Explanation {
        let client = client.parse().unwrap();
        let at: Moment = at.parse().unwrap();
        let question = Question {
            client,
            user: None,
            group: None,
            at,
            target,
            addresses: &[],
        };
        self.0.explain(&question, false).unwrap()
    }

    fn action(&mut self, client: &str, at: &str, target: &str) -> Action {
        self.ask(client, at, target).action
    }
}

const YEAR_5: &str = "10.21.0.20";
const YEAR_6: &str = "10.21.6.20";
const STAFF: &str = "10.60.0.20";
const HEAD: &str = "10.60.1.10";
const OFFICE: &str = "10.61.0.20";
const SUPPLY: &str = "10.62.0.20";
const TROLLEY: &str = "10.20.9.5";

// AGE-03, SCH-01: "Year 6 may use a named community site on Fridays 14:00-15:00."
#[test]
fn year_6_has_the_scratch_community_on_fridays_from_two_to_three() {
    let mut asker = Asker::new();
    for (at, open) in [
        ("2026-11-27T13:59:59.999Z", false),
        ("2026-11-27T14:00:00Z", true),
        ("2026-11-27T14:59:59.999Z", true),
        ("2026-11-27T15:00:00Z", false),
        ("2026-11-26T14:30:00Z", false),
    ] {
        let found = asker.ask(YEAR_6, at, "scratch.mit.edu");
        assert_eq!(
            found.action == Action::Allow,
            open,
            "{at}: {}",
            found.sentence
        );
        assert_eq!(found.rung == Rung::Site, open, "{at}: {}", found.sentence);
    }
    let during = asker.ask(YEAR_6, "2026-11-27T14:30:00Z", "scratch.mit.edu");
    assert_eq!(during.rule.as_deref(), Some("Scratch community, Year 6"));
    assert_eq!(
        during.valid_until,
        Some("2026-11-27T15:00:00Z".parse().unwrap())
    );
    assert_ne!(
        asker.action(YEAR_5, "2026-11-27T14:30:00Z", "scratch.mit.edu"),
        Action::Allow
    );
}

// SCH-05: in summer the same lesson is an hour earlier in UTC.
#[test]
fn the_friday_lesson_keeps_the_schools_own_clock_in_summer() {
    let mut asker = Asker::new();
    assert_eq!(
        asker.action(YEAR_6, "2027-06-11T13:30:00Z", "scratch.mit.edu"),
        Action::Allow
    );
    assert_ne!(
        asker.action(YEAR_6, "2027-06-11T14:30:00Z", "scratch.mit.edu"),
        Action::Allow
    );
}

// AGE-19: "Supply teachers are like staff but without social media and end at 16:00."
#[test]
fn supply_teachers_are_like_staff_without_social_media_until_four() {
    let mut asker = Asker::new();
    let lesson = "2026-11-23T10:15:00Z";
    for target in [
        "theguardian.com",
        "nhs.uk",
        "thenational.academy",
        "youtube.com",
        "bbc.co.uk",
    ] {
        let staff = asker.action(STAFF, lesson, target);
        assert_eq!(asker.action(SUPPLY, lesson, target), staff, "{target}");
    }
    let lunch = "2026-11-23T12:30:00Z";
    assert_eq!(asker.action(SUPPLY, lunch, "facebook.com"), Action::Block);
    let last = asker.ask(SUPPLY, "2026-11-23T15:59:59.999Z", "theguardian.com");
    assert_eq!(last.action, Action::Allow, "{}", last.sentence);
    assert_eq!(
        last.valid_until,
        Some("2026-11-23T16:00:00Z".parse().unwrap())
    );
    let over = asker.ask(SUPPLY, "2026-11-23T16:00:00Z", "theguardian.com");
    assert_eq!((over.action, over.rung), (Action::Block, Rung::Mode));
    assert_eq!(
        asker.action(STAFF, "2026-11-23T16:00:00Z", "theguardian.com"),
        Action::Allow
    );
}

// AGE-19, CAT-19: "The office may use one auction site with its image and payment hosts."
#[test]
fn the_office_has_one_auction_site_with_pictures_and_payment() {
    let mut asker = Asker::new();
    let at = "2026-11-23T10:15:00Z";
    for target in [
        "www.ebay.co.uk",
        "i.ebayimg.com",
        "ir.ebaystatic.com",
        "www.paypal.com",
        "www.paypalobjects.com",
    ] {
        let found = asker.ask(OFFICE, at, target);
        assert_eq!(
            (found.action, found.rung),
            (Action::Allow, Rung::Site),
            "{target}"
        );
    }
    assert_eq!(asker.action(OFFICE, at, "www.amazon.co.uk"), Action::Block);
    assert_eq!(asker.action(STAFF, at, "www.ebay.co.uk"), Action::Block);
}

// AGE-19, CAT-13: "The head's laptop is staff but may reach one social network."
#[test]
fn the_heads_laptop_has_one_social_network() {
    let mut asker = Asker::new();
    let at = "2026-11-23T10:15:00Z";
    let found = asker.ask(HEAD, at, "www.linkedin.com");
    assert_eq!((found.action, found.rung), (Action::Allow, Rung::Site));
    assert_eq!(
        (found.group.as_deref(), found.device.as_deref()),
        (Some("staff"), Some("head-laptop"))
    );
    assert_eq!(asker.action(HEAD, at, "www.facebook.com"), Action::Block);
    assert_eq!(asker.action(STAFF, at, "www.linkedin.com"), Action::Block);
}

// IDN-10, SCH-01: "A trolley of tablets is KS1 in the morning and KS2 in the afternoon."
#[test]
fn a_trolley_of_tablets_changes_its_group_at_noon() {
    let mut asker = Asker::new();
    for (at, group) in [
        ("2026-11-23T08:00:00Z", "ks1"),
        ("2026-11-23T12:14:59.999Z", "ks1"),
        ("2026-11-23T12:15:00Z", "ks2"),
        ("2026-11-23T15:59:59.999Z", "ks2"),
        ("2026-11-23T16:00:00Z", "ks1"),
    ] {
        let found = asker.ask(TROLLEY, at, "wikipedia.org");
        assert_eq!(found.group.as_deref(), Some(group), "{at}");
    }
    let morning = asker.ask(TROLLEY, "2026-11-23T10:00:00Z", "wikipedia.org");
    let until = morning.valid_until.unwrap();
    assert!(
        until <= "2026-11-23T12:15:00Z".parse().unwrap(),
        "held until {until}"
    );
}
