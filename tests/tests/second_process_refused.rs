//! Two gateways never write to one state folder.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{Gateway, Installation, Wiring, gateway_command};

#[test]
fn a_second_gateway_on_the_same_state_is_refused() {
    let installation = Installation::new(&Wiring::default());
    let first = Gateway::start(&installation);

    let second = Gateway::run_to_its_end(&installation);
    assert_eq!(second.code, Some(4), "{}", second.err);
    assert!(
        second
            .err
            .contains("another gateway runs on the state folder"),
        "{}",
        second.err
    );

    let [flag, state] = installation.state();
    let status = gateway_command(&["status", &flag, &state, "--json"]).done();
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert!(
        status["running"].is_object(),
        "the first one went on: {status}"
    );
    assert_eq!(first.stop(), Some(0));

    // The lock goes with its holder.
    assert_eq!(Gateway::start(&installation).stop(), Some(0));
}
