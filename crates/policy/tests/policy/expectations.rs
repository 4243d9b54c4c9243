use crate::school::School;
use model::Labels;
use policy::Outcome;

const EXPECT: &str = r#"
[[expect]]
group = "ks2"
target = "games.example"
at = 2026-11-23T10:15:00Z
action = "block"
rung = "unknown"
[[expect]]
group = "staff"
target = "https://games.example/x"
at = "2026-11-23T10:15:00Z"
action = "block"
[[expect]]
client = "10.20.0.5"
target = "games.example"
at = "2026-11-23T10:15:00Z"
action = "block"
"#;

#[test]
fn a_test_of_the_policy_is_met_or_missed() {
    let asking = School::new()
        .file("config/expectations.toml", EXPECT)
        .open();
    let outcomes: Vec<Outcome> = asking
        .policy
        .expectations()
        .iter()
        .map(|test| asking.policy.expect(test, |_| Labels::NONE).unwrap())
        .collect();
    assert_eq!(outcomes[0], Outcome::Met);
    assert_eq!(outcomes[2], Outcome::Client);
    let Outcome::Missed(words) = &outcomes[1] else {
        panic!("{outcomes:?}")
    };
    insta::assert_snapshot!(words, @"group `staff` gets allow by `unknown` for `https://games.example/x`, expected block");
}

#[test]
fn a_test_must_ask_for_somebody_and_something() {
    let school = School::new().file(
        "config/expectations.toml",
        "[[expect]]\ngroup = \"ks3\"\ntarget = \"a b\"\nat = \"2026-11-23T10:15:00Z\"\naction = \"blok\"\n\
         [[expect]]\ngroup = \"ks3\"\ntarget = \"a b\"\nat = \"2026-11-23T10:15:00Z\"\naction = \"block\"\n\
         [[expect]]\ntarget = \"a.example\"\nat = \"2026-11-23T10:15:00Z\"\naction = \"block\"\n",
    );
    insta::assert_debug_snapshot!(school.faults("config/expectations.toml"), @r#"
    [
        "5:10 unknown word `blok` for `action` -> did you mean `block`? known words: `allow`, `warn`, `permission`, `block`",
        "7:9 no group `ks3` -> did you mean `ks2`?",
        "8:10 `a b`: the host has a character that no host has -> write a host, or a URL",
        "12:10 a test is for a group or for a client -> write `group` or `client`, one of them",
    ]
    "#);
}
