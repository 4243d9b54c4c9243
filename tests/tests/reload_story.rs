//! An edited file comes into force by itself, whole, and on the record.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{Gateway, Installation, StubUpstream, Wiring, ask_dns, gateway_command};
use std::net::{IpAddr, Ipv4Addr};

const GROUP: &str = "config/groups/ks2.toml";
const SITE: &str = "allotment-society.example";
const RULE: &str = "\n[[rule]]\nname = \"Gardening club\"\nsites = [\"allotment-society.example\"]\n\
                    action = \"allow\"\nreason = \"the school's own beds\"\n";

#[test]
fn an_edited_file_comes_into_force_and_into_the_ledger() {
    let upstream = StubUpstream::start(Ipv4Addr::new(203, 0, 113, 7));
    let wiring = Wiring {
        upstream: Some(upstream.address()),
        ..Wiring::default()
    };
    let installation = Installation::new(&wiring);
    let gateway = Gateway::start(&installation);
    let ks2: IpAddr = "127.20.0.20".parse().unwrap();
    let rcode = || ask_dns(gateway.dns(), ks2, SITE, 1).rcode;
    assert_eq!(rcode(), 3, "a site on no list is closed for KS2");

    // The gateway watches its files; the new policy decides from its first word on.
    let whole = installation.text(GROUP);
    let from = gateway.said();
    installation.write(GROUP, &format!("{whole}{RULE}"));
    gateway.wait_for(from, "a policy came into force");
    assert_eq!(rcode(), 0, "the opened site is open");

    // Back again, this time by the signal.
    let from = gateway.said();
    installation.write(GROUP, &whole);
    gateway.reload();
    gateway.wait_for(from, "a policy came into force");
    assert_eq!(rcode(), 3, "no answer from before outlives the policy");

    let [flag, state] = installation.state();
    let entries = gateway_command(&["audit", "list", &flag, &state, "--json"]).done();
    let activations = entries
        .lines()
        .filter(|line| line.contains("policy_activated") || line.contains("policy-activated"));
    assert!(activations.count() >= 3, "{entries}");
    assert_eq!(gateway.stop(), Some(0));
    let verified = gateway_command(&["audit", "verify", &flag, &state]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.out, verified.err);
}
