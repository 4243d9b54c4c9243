//! The first command of the README: a whole school on this machine, and it ends well.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::gateway_command;
use tempfile::TempDir;

#[test]
fn the_demo_plays_a_school_day_and_leaves_a_ledger_that_verifies() {
    let folder = TempDir::new().unwrap();
    let at = folder.path().join("demo");
    std::fs::create_dir(&at).unwrap();
    let words = [
        "demo",
        "--once",
        "--folder",
        at.to_str().unwrap(),
        "--dns-port",
        "0",
        "--proxy-port",
        "0",
        "--management-port",
        "0",
    ];
    let said = gateway_command(&words).done();
    for wanted in ["dig ", "curl ", "explain"] {
        assert!(
            said.contains(wanted),
            "it does not say to try `{wanted}`:\n{said}"
        );
    }
    let state = at.join("state");
    let state = state.to_str().unwrap();
    let verified = gateway_command(&["audit", "verify", "--state", state]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.out, verified.err);
    let blocked = gateway_command(&[
        "audit", "search", "--state", state, "--action", "block", "--json",
    ]);
    assert!(
        blocked.done().lines().count() >= 5,
        "a school day has refusals"
    );
}
