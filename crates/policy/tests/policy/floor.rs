//! The floor stands whatever files and overlays say.

use crate::school::{School, moment, texts};
use model::{
    Access, Action, CategorySet, FLOOR, HostBuffer, LabelSet, Labels, NetworkAccess, Rung, Target,
};
use policy::{ModeSwitch, Override, Plan};
use proptest::prelude::*;

const WORDS: [&str; 5] = ["allow", "monitor", "warn", "permission", "block"];
const AGAINST: [&str; 8] = [
    "gambling",
    "social",
    "games",
    "video",
    "shopping",
    "blogs",
    "news",
    "self-harm",
];
const WHENS: [&str; 4] = ["always", "lessons", "not breaks", "night"];
const SITES: [&str; 6] = [
    "evil.example",
    "=evil.example",
    "*.example.org",
    "category:games",
    "pack:p",
    "192.0.2.7",
];

/// A group file that says anything at all.
fn group() -> impl Strategy<Value = String> {
    let word = prop::sample::select(&WORDS[..]);
    let access = prop::collection::vec(
        (
            prop::sample::select(&AGAINST[..]),
            word.clone(),
            prop::sample::select(&WHENS[..]),
        ),
        0..5,
    );
    let rules = prop::collection::vec(
        (
            prop::collection::vec(prop::sample::select(&SITES[..]), 1..4),
            word.clone(),
            prop::sample::select(&WHENS[..]),
        ),
        0..5,
    );
    (word.clone(), word, any::<bool>(), any::<bool>(), access, rules).prop_map(
        |(unknown, established, walled, mode, access, rules)| {
            let mut text = format!(
                "unknown = \"{unknown}\"\nestablished = \"{established}\"\nwalled_garden = {walled}\nliteral_addresses = \"allow\"\npacks = [\"p\"]\n[access]\n"
            );
            let mut seen = std::collections::BTreeSet::new();
            for (id, word, when) in access {
                if seen.insert(id) {
                    text.push_str(&format!("{id} = {{ {word} = \"{when}\" }}\n"));
                }
            }
            for (place, (sites, action, when)) in rules.iter().enumerate() {
                text.push_str(&format!("[[rule]]\nname = \"r{place}\"\nsites = {sites:?}\naction = \"{action}\"\nwhen = \"{when}\"\n"));
            }
            if mode {
                text.push_str("[[mode]]\nid = \"m\"\ntitle = \"M\"\nkind = \"word\"\naccess = { games = \"allow\", social = \"allow\" }\n");
            }
            text
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    // ILL-03: there is no way to say that illegal content is open.
    #[test]
    fn a_floor_label_is_closed_whatever_files_and_overlay_say(
        ks2 in group(),
        staff in group(),
        network in prop::sample::select(&[NetworkAccess::Full, NetworkAccess::InternetOnly, NetworkAccess::None][..]),
        hours in 0u64..24 * 14,
        floor in 0..FLOOR.len(),
        others in any::<u128>(),
        target in prop::sample::select(&["evil.example", "a.evil.example", "x.example.org", "192.0.2.7", "http://evil.example/a"][..]),
    ) {
        let mut school = School::new().pack("p", &["evil.example"]).ks2(&ks2).staff(&staff).zone("any", network, true, "ks2");
        let (start, end) = (moment("2026-11-01T00:00:00Z"), moment("2027-01-01T00:00:00Z"));
        let (whom, sites) = (texts(&["group:ks2", "group:staff"]), texts(&["evil.example", "category:games"]));
        school.overlay.overrides = vec![Override { id: "o".into(), whom: whom.clone(), sites: sites.clone(), action: Access::Allow, start, end, reason: "x".into(), trial: None, }];
        school.overlay.plans = vec![Plan { id: "p".into(), whom: whom.clone(), sites, action: Access::Allow, when: None, start, end, reason: "x".into() }];
        school.overlay.modes = vec![ModeSwitch { mode: "m".into(), whom, start, end }];
        let (policy, _) = school.read();
        // A configuration that is refused opens nothing.
        let Some(policy) = policy else { return Ok(()) };
        let at = moment("2026-11-20T00:00:00Z").after(std::time::Duration::from_secs(hours * 3600));
        let mut categories = CategorySet::from_bits(others);
        categories.insert(policy.vocabulary().find(FLOOR[floor].id).unwrap());
        let labels = Labels { categories, set: LabelSet::NONE, excepted: false };
        let mut buffer = HostBuffer::new();
        let target = Target::parse(target, &mut buffer).unwrap();
        for group in ["ks2", "ks2-y6", "pupils", "staff"] {
            let mut subject = policy.subject_of(policy.groups().find(group).unwrap());
            subject.zone = school.roster.zones.find("any").unwrap();
            let view = policy.view(&subject, &policy.schedules(at));
            let verdict = policy.decide(&view, &target, labels);
            prop_assert_eq!(verdict.action, Action::Block);
            prop_assert_eq!(verdict.reason.rung, Rung::Floor);
            prop_assert!(verdict.obligations.alert);
        }
    }

    // One implementation: what is explained is what is decided.
    #[test]
    fn explaining_never_differs_from_deciding(
        ks2 in group(),
        hours in 0u64..24 * 14,
        bits in any::<u128>(),
        target in prop::sample::select(&["evil.example", "x.example.org", "other.example", "192.0.2.7"][..]),
    ) {
        let (policy, _) = School::new().pack("p", &["evil.example"]).ks2(&ks2).read();
        let Some(policy) = policy else { return Ok(()) };
        let at = moment("2026-11-20T00:00:00Z").after(std::time::Duration::from_secs(hours * 3600));
        let known: CategorySet = policy.vocabulary().iter().map(|(id, _)| id).collect();
        let labels = Labels { categories: CategorySet::from_bits(bits) & known, set: LabelSet::NONE, excepted: false };
        let mut buffer = HostBuffer::new();
        let target = Target::parse(target, &mut buffer).unwrap();
        let view = policy.view(&policy.subject_of(policy.groups().find("ks2").unwrap()), &policy.schedules(at));
        let trace = policy.trace(&view, &target, labels);
        let verdict = policy.decide(&view, &target, labels);
        prop_assert_eq!(trace.verdict, verdict);
        let spoke = trace.passed.iter().any(|passed| passed.spoke && passed.rung == verdict.reason.rung);
        prop_assert!(spoke, "{:?}", trace);
        // Until it says otherwise, the answer holds.
        if let Some(until) = verdict.valid_until {
            prop_assert!(until > at);
            let just_before = until.before(std::time::Duration::from_millis(1));
            let view = policy.view(&policy.subject_of(policy.groups().find("ks2").unwrap()), &policy.schedules(just_before));
            let later = policy.decide(&view, &target, labels);
            prop_assert_eq!((later.action, later.reason), (verdict.action, verdict.reason));
        }
    }
}
