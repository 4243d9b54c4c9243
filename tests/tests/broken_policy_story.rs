//! A broken file is told of in full, and never alters what is in force.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{Gateway, Installation, Wiring, ask_dns, gateway_command};
use std::net::IpAddr;

const GROUP: &str = "config/groups/ks2.toml";
const NETWORK: &str = "config/network.toml";

fn check(installation: &Installation, json: bool) -> schoolgate_tests::Said {
    let [flag, config] = installation.config();
    let mut words = vec!["check", &flag, &config];
    if json {
        words.push("--json");
    }
    gateway_command(&words)
}

// AGE-13
#[test]
fn every_fault_of_every_file_is_told_with_its_place_and_mend() {
    let installation = Installation::new(&Wiring::default());
    let sound = check(&installation, false);
    assert_eq!(sound.code, Some(0), "{}{}", sound.out, sound.err);

    let group = installation.text(GROUP).replace("extends = ", "extendz = ");
    installation.write(
        GROUP,
        &format!("{group}\ngamblin = \"block\"\nsocial = \"sometimes\"\n"),
    );
    let network = installation
        .text(NETWORK)
        .replacen("127.20.0.0/16", "127.20.0.0/99", 1);
    installation.write(NETWORK, &network);

    let said = check(&installation, false);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    for wanted in [
        "ks2.toml:5:",
        "`extendz`",
        "`extends`",
        "`gamblin`",
        "`gambling`",
        "sometimes",
        "network.toml:",
        "127.20.0.0/99",
        "mend: ",
    ] {
        assert!(
            said.err.contains(wanted),
            "`{wanted}` is not in:\n{}",
            said.err
        );
    }

    let machine = check(&installation, true);
    assert_eq!(machine.code, Some(1));
    let told: serde_json::Value = serde_json::from_str(&machine.out).unwrap();
    let faults = told["faults"].as_array().unwrap();
    assert!(faults.len() >= 4, "{told:#}");
    for fault in faults {
        assert!(
            fault["file"].is_string() && fault["what"].is_string(),
            "{fault}"
        );
    }
}

#[test]
fn a_running_gateway_keeps_its_policy_when_a_file_breaks() {
    let installation = Installation::new(&Wiring::default());
    let gateway = Gateway::start(&installation);
    let ks2: IpAddr = "127.20.0.20".parse().unwrap();
    let before = ask_dns(gateway.dns(), ks2, "pornhub.com", 1);
    assert_eq!(before.rcode, 3);

    let from = gateway.said();
    let whole = installation.text(GROUP);
    installation.write(
        GROUP,
        "title = \"Key Stage 2\"\nextends = \"nobody\"\n[access\n",
    );
    gateway.reload();
    gateway.wait_for(from, "the policy in force stays");
    assert_eq!(ask_dns(gateway.dns(), ks2, "pornhub.com", 1), before);

    // The refusal itself is on the record.
    let [flag, state] = installation.state();
    let entries = gateway_command(&["audit", "list", &flag, &state, "--json"]).done();
    assert!(entries.contains("refused"), "{entries}");

    // A gateway that starts on broken files decides by what was in force.
    assert_eq!(gateway.stop(), Some(0));
    let again = Gateway::start(&installation);
    assert_eq!(ask_dns(again.dns(), ks2, "pornhub.com", 1).rcode, 3);
    drop(again);

    installation.write(GROUP, &whole);
    assert_eq!(check(&installation, false).code, Some(0));
}
