//! A power cut under load loses no acknowledged entry, and no altered entry goes unseen.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{Gateway, Installation, Wiring, ask_dns, gateway_command};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

const GROUP: &str = "config/groups/ks2.toml";

/// Asks for closed names until told to stop; gives back how many were answered.
fn load(dns: SocketAddr, stop: &AtomicBool, answered: &AtomicU64) {
    let source: IpAddr = "127.20.0.20".parse().unwrap();
    let socket = std::net::UdpSocket::bind((source, 0)).unwrap();
    socket.connect(dns).unwrap();
    socket
        .set_read_timeout(Some(std::time::Duration::from_millis(200)))
        .unwrap();
    let packet =
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07pornhub\x03com\x00\x00\x01\x00\x01";
    let mut room = [0; 512];
    while !stop.load(Ordering::SeqCst) {
        // Once the gateway is gone sending fails; until the word to stop that is no matter.
        if socket.send(packet).is_ok() && socket.recv(&mut room).is_ok() {
            answered.fetch_add(1, Ordering::SeqCst);
        }
    }
}

fn entries(installation: &Installation) -> Vec<String> {
    let [flag, state] = installation.state();
    let text = gateway_command(&["audit", "list", &flag, &state, "--json"]).done();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn nothing_acknowledged_is_lost_when_the_power_fails() {
    let installation = Installation::new(&Wiring::default());
    let gateway = Gateway::start(&installation);
    let (stop, answered) = (AtomicBool::new(false), AtomicU64::new(0));
    let dns = gateway.dns();
    let whole = installation.text(GROUP);

    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| load(dns, &stop, &answered));
        }
        // Three changes, each acknowledged in the log once it is on the disk.
        for number in 1..=3 {
            let from = gateway.said();
            installation.write(GROUP, &format!("{whole}\n# change {number}\n"));
            gateway.reload();
            gateway.wait_for(from, "a policy came into force");
        }
        while answered.load(Ordering::SeqCst) < 1_000 {
            std::thread::yield_now();
        }
        gateway.kill();
        stop.store(true, Ordering::SeqCst);
    });

    let kept = entries(&installation);
    let activations = kept
        .iter()
        .filter(|line| line.contains("activated"))
        .count();
    assert!(
        activations >= 4,
        "three changes and the founding one: {kept:#?}"
    );
    let [flag, state] = installation.state();
    let verified = gateway_command(&["audit", "verify", &flag, &state]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.out, verified.err);

    let again = Gateway::start(&installation);
    println!(
        "ready {} ms after the power cut (debug build)",
        again.took.as_millis()
    );
    assert_eq!(
        ask_dns(
            again.dns(),
            "127.20.0.20".parse().unwrap(),
            "pornhub.com",
            1
        )
        .rcode,
        3
    );
    assert_eq!(again.stop(), Some(0));
    let later = entries(&installation);
    assert_eq!(
        later[..kept.len()],
        kept[..],
        "what was kept before is kept after"
    );
    let verified = gateway_command(&["audit", "verify", &flag, &state]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.out, verified.err);
}

#[test]
fn an_export_verifies_alone_and_a_flipped_byte_is_named() {
    let installation = Installation::new(&Wiring::default());
    assert_eq!(Gateway::start(&installation).stop(), Some(0));
    let [flag, state] = installation.state();
    let head = gateway_command(&["audit", "head", &flag, &state]).done();
    let file = installation.path("ledger.export");
    let path = file.to_str().unwrap();
    gateway_command(&["audit", "export", &flag, &state, path]).done();

    let verify = || gateway_command(&["audit", "verify", "--file", path]);
    let alone = verify();
    assert_eq!(alone.code, Some(0), "{}{}", alone.out, alone.err);
    assert!(
        alone.out.contains("unwitnessed"),
        "no head was kept elsewhere: {}",
        alone.out
    );

    // With a head that was kept elsewhere it is witnessed.
    let kept = installation.path("head");
    std::fs::write(&kept, head).unwrap();
    let witnessed = gateway_command(&[
        "audit",
        "verify",
        "--file",
        path,
        "--checkpoint",
        kept.to_str().unwrap(),
    ]);
    assert_eq!(
        witnessed.code,
        Some(0),
        "{}{}",
        witnessed.out,
        witnessed.err
    );
    assert!(!witnessed.out.contains("unwitnessed"), "{}", witnessed.out);

    let whole = std::fs::read(&file).unwrap();
    let step = (whole.len() / 24).max(1);
    for at in (0..whole.len()).step_by(step) {
        let mut altered = whole.clone();
        altered[at] ^= 0x04;
        std::fs::write(&file, &altered).unwrap();
        let said = verify();
        assert_ne!(
            said.code,
            Some(0),
            "byte {at} was altered unseen: {}",
            said.out
        );
        assert!(said.code.is_some(), "byte {at} broke the verifier");
    }
}
