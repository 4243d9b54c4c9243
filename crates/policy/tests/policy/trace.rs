use crate::school::{LESSON, School};
use model::{HostBuffer, Rung, Target};

#[test]
fn a_trace_names_the_rungs_in_order_and_who_spoke() {
    let asking = School::new()
        .ks2("[[rule]]\nname = \"Chess\"\nsites = [\"chess.example\"]\naction = \"allow\"\nreason = \"chess club\"\n")
        .open();
    let view = asking.view(&asking.subject("ks2"), LESSON);
    let mut buffer = HostBuffer::new();
    let target = Target::parse("www.chess.example", &mut buffer).unwrap();
    let trace = asking
        .policy
        .trace(&view, &target, asking.labels(&["games"]));
    let rungs: Vec<(Rung, &str)> = trace
        .passed
        .iter()
        .map(|passed| (passed.rung, passed.words.as_str()))
        .collect();
    insta::assert_debug_snapshot!(rungs, @r#"
    [
        (
            Outside,
            "silent",
        ),
        (
            Floor,
            "silent",
        ),
        (
            Paused,
            "silent",
        ),
        (
            Emergency,
            "silent",
        ),
        (
            Lock,
            "silent",
        ),
        (
            Mode,
            "silent",
        ),
        (
            Plan,
            "silent",
        ),
        (
            Override,
            "silent",
        ),
        (
            Site,
            "allow by `Chess`",
        ),
    ]
    "#);
    let said = |target: &str, labels: &[&str]| {
        let verdict = asking.ask(&asking.subject("ks2"), LESSON, target, labels);
        asking
            .policy
            .sentence(&verdict, asking.policy.groups().find("ks2"))
    };
    insta::assert_snapshot!(said("chess.example", &[]), @"This site is open by “Chess” (chess club).");
    insta::assert_snapshot!(said("x.example", &["gambling"]), @"The category “Gambling” is closed for Key Stage 2.");
    insta::assert_snapshot!(said("x.example", &["proxy"]), @"The category “Proxies” is closed for Key Stage 2, and no unblock lifts that.");
    insta::assert_snapshot!(said("x.example", &[]), @"This site is on no list; such sites are closed for Key Stage 2.");
    insta::assert_snapshot!(said("x.example", &["education"]), @"This site is open: Education.");
    insta::assert_snapshot!(said("x.example", &["illegal-csam"]), @"This is illegal content. It is closed for everybody, always.");
    let rule = asking
        .ask(&asking.subject("ks2"), LESSON, "chess.example", &[])
        .reason
        .rule
        .unwrap();
    assert_eq!(asking.policy.rule_name(rule), "Chess");
}
