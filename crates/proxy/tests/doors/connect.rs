//! CONNECT and tunnels.

use crate::hello::hello;
use crate::stage::*;
use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::time::Duration;

const ACCESS_DENIED: [u8; 7] = [21, 3, 3, 0, 2, 2, 49];
const UNRECOGNIZED_NAME: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];

#[test]
fn a_closed_host_is_refused_with_a_reference() {
    let stage = Stage::new(echo());
    let (mut stream, head) = stage.open_tunnel(PLAIN, "bets.test:443");
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
    let (body, _) = end(&mut stream);
    assert!(String::from_utf8(body).unwrap().contains("Reference "));
    assert_eq!(stage.counters.tunnels_refused.value(), 1);
}

#[test]
fn an_open_tunnel_carries_every_byte_both_ways() {
    let port = echo();
    let stage = Stage::new(port);
    let (mut stream, head) = stage.open_tunnel(PLAIN, &format!("School.test:{port}"));
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let first = hello(Some("school.test"), true);
    // Enough to go from copying to splicing and back to waiting.
    let bulk: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
    let sent = [first, bulk].concat();
    let mut writer = stream.try_clone().unwrap();
    let expected = sent.clone();
    let writing = std::thread::spawn(move || {
        for piece in sent.chunks(77_777) {
            writer.write_all(piece).unwrap();
        }
        writer.shutdown(Shutdown::Write).unwrap();
    });
    let mut got = Vec::new();
    stream.read_to_end(&mut got).unwrap();
    writing.join().unwrap();
    assert!(got == expected, "{} of {}", got.len(), expected.len());
    assert_eq!(stage.counters.encrypted_hellos.value(), 1);
}

#[test]
fn a_hello_sent_with_the_head_is_judged_and_carried() {
    let port = echo();
    let stage = Stage::new(port);
    let mut stream = stage.connect(PLAIN);
    let first = hello(Some("school.test"), false);
    let request = format!("CONNECT school.test:{port} HTTP/1.1\r\nHost: school.test\r\n\r\n");
    stream
        .write_all(&[request.as_bytes(), &first].concat())
        .unwrap();
    assert!(head(&mut stream).starts_with("HTTP/1.1 200 "));
    let mut got = vec![0; first.len()];
    stream.read_exact(&mut got).unwrap();
    assert!(got == first);
}

// CIR-15
#[test]
fn a_hello_that_names_another_host_is_refused() {
    let port = echo();
    let stage = Stage::new(port);
    for (from, name, alert) in [
        (PLAIN, "bets.test", ACCESS_DENIED),
        (PLAIN, "www.school.test", UNRECOGNIZED_NAME),
        (STAFF, "www.school.test", UNRECOGNIZED_NAME),
    ] {
        let (mut stream, head) = stage.open_tunnel(from, &format!("school.test:{port}"));
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        stream.write_all(&hello(Some(name), false)).unwrap();
        assert_eq!(end(&mut stream).0, alert, "{name}");
    }
    assert_eq!(stage.counters.mismatches.value(), 3);
}

// CIR-14
#[test]
fn a_pupil_cannot_hide_where_a_tunnel_goes() {
    let port = echo();
    let stage = Stage::new(port);
    let target = format!("school.test:{port}");
    let (mut stream, _) = stage.open_tunnel(PLAIN, &target);
    stream.write_all(&hello(None, false)).unwrap();
    assert_eq!(end(&mut stream).0, ACCESS_DENIED);
    for first in [&b"SSH-2.0-x\r\n"[..], b"GET / HTTP/1.1\r\n\r\n"] {
        let (mut stream, _) = stage.open_tunnel(PLAIN, &target);
        stream.write_all(first).unwrap();
        assert_eq!(end(&mut stream).0, b"", "{first:?}");
    }
    let (_, head) = stage.open_tunnel(PLAIN, &format!("127.0.0.1:{port}"));
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
    let lenient = Stage::with(port, |settings| settings.no_sni = proxy::NoSni::Allow);
    let (mut stream, _) = lenient.open_tunnel(PLAIN, &target);
    stream.write_all(b"SSH-2.0-x\r\n").unwrap();
    let mut got = [0; 11];
    stream.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"SSH-2.0-x\r\n");
}

// CIR-18
#[test]
fn only_the_ports_of_the_settings_are_connected_to() {
    let stage = Stage::new(echo());
    for port in [22, 25, 80, 3389, 8443] {
        let (_, head) = stage.open_tunnel(STAFF, &format!("school.test:{port}"));
        assert!(head.starts_with("HTTP/1.1 403 "), "{port} {head}");
    }
    for target in [
        "school.test",
        "school.test:0",
        "school.test:x",
        ":443",
        "a b:443",
    ] {
        let (_, head) = stage.open_tunnel(STAFF, target);
        assert!(head.starts_with("HTTP/1.1 400 "), "{target} {head}");
    }
}

// SCH-09
#[test]
fn a_tunnel_is_cut_when_the_lists_close_its_host() {
    let port = echo();
    let stage = Stage::new(port);
    let mut stream = open(&stage, port, "school.test");
    let mut other = open(&stage, port, "video.test");
    stage.label(&[("gambling", "school.test"), ("video", "video.test")]);
    let (_, took) = end(&mut stream);
    assert!(took < Duration::from_secs(5), "{took:?}");
    other.write_all(b"still open").unwrap();
    let mut got = [0; 10];
    other.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"still open");
}

// CIR-23
#[test]
fn a_tunnel_is_refused_or_cut_when_the_lists_close_its_address() {
    let port = echo();
    let stage = Stage::new(port);
    let mut stream = open(&stage, port, "school.test");
    stage.label(&[("gambling", "127.0.0.1/32"), ("education", "school.test")]);
    let (_, took) = end(&mut stream);
    assert!(took < Duration::from_secs(5), "{took:?}");
    for target in ["school.test", "other.test", "127.0.0.1"] {
        let (_, head) = stage.open_tunnel(PLAIN, &format!("{target}:{port}"));
        assert!(head.starts_with("HTTP/1.1 403 "), "{target} {head}");
    }
    stage.label(&[("gambling", "127.0.0.2/32"), ("education", "school.test")]);
    open(&stage, port, "school.test");
}

// SCH-09
#[test]
fn a_tunnel_is_cut_when_its_window_closes() {
    let port = echo();
    let stage = Stage::new(port);
    let mut stream = open(&stage, port, "video.test");
    stage.clock.advance(Duration::from_secs(3600));
    let (_, took) = end(&mut stream);
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(stage.counters.cut.value(), 1);
    let (_, head) = stage.open_tunnel(PLAIN, &format!("video.test:{port}"));
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
}

#[test]
fn stopping_lets_tunnels_drain_and_then_cuts_them() {
    let port = echo();
    let mut stage = Stage::new(port);
    let mut stream = open(&stage, port, "school.test");
    let took = stage.stop();
    assert!(took < Duration::from_secs(4), "{took:?}");
    end(&mut stream);
    assert_eq!(
        stage.counters.connections.value(),
        stage.counters.connections_closed.value()
    );
    assert!(std::net::TcpStream::connect(stage.proxy).is_err());
}

fn open(stage: &Stage, port: u16, host: &str) -> std::net::TcpStream {
    let (mut stream, head) = stage.open_tunnel(PLAIN, &format!("{host}:{port}"));
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let first = hello(Some(host), false);
    stream.write_all(&first).unwrap();
    let mut got = vec![0; first.len()];
    stream.read_exact(&mut got).unwrap();
    stream
}
