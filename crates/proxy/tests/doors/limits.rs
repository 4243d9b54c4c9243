//! Limits of number, size and time.

use crate::stage::*;
use model::{Action, Door};
use std::io::Write as _;

#[test]
fn one_client_cannot_take_all_connections() {
    let stage = Stage::with(mirror(), |settings| settings.max_connections_per_client = 2);
    let mut held = [stage.connect(PLAIN), stage.connect(PLAIN)];
    for stream in &mut held {
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            .unwrap();
        assert!(answer(stream).starts_with("HTTP/1.1 200 "));
    }
    let mut third = stage.connect(PLAIN);
    assert!(answer(&mut third).starts_with("HTTP/1.1 503 "));
    assert!(
        stage
            .ask(STAFF, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            .starts_with("HTTP/1.1 200 ")
    );
    assert_eq!(stage.counters.turned_away.value(), 1);
}

#[test]
fn a_head_without_end_is_refused() {
    let stage = Stage::with(mirror(), |settings| {
        settings.max_head_bytes = 1024;
        settings.max_headers = 4;
    });
    let long = format!("GET http://school.test/{} HTTP/1.1\r\n", "a".repeat(5000));
    let answer = stage.ask(PLAIN, &long);
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    let many = "CONNECT school.test:443 HTTP/1.1\r\nHost: x\r\na:1\r\nb:2\r\nc:3\r\nd:4\r\n\r\n";
    assert!(stage.ask(PLAIN, many).starts_with("HTTP/1.1 431 "));
}

#[test]
fn whoever_says_nothing_is_sent_away() {
    let stage = Stage::with(mirror(), |settings| {
        settings.header_seconds = 1;
        settings.hello_seconds = 1;
        settings.idle_seconds = 1;
    });
    let mut silent = stage.connect(PLAIN);
    let mut halfway = stage.connect(PLAIN);
    halfway.write_all(b"GET http://school.test/ HT").unwrap();
    let mut kept = stage.connect(PLAIN);
    kept.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    answer(&mut kept);
    for stream in [&mut silent, &mut halfway, &mut kept] {
        let (_, took) = end(stream);
        assert!(took.as_secs() < 6, "{took:?}");
    }
}

#[test]
fn an_origin_that_says_nothing_is_given_up() {
    let port = origin(|mut stream| {
        head(&mut stream);
        head(&mut stream);
    });
    let stage = Stage::with(port, |settings| settings.response_seconds = 1);
    let answer = stage.get(PLAIN, &format!("http://school.test:{port}/"));
    assert!(answer.starts_with("HTTP/1.1 504 "), "{answer}");
}

#[test]
fn every_judged_request_is_one_row() {
    let port = mirror();
    let mut stage = Stage::new(port);
    let url = format!("http://school.test:{port}/");
    for _ in 0..3 {
        stage.get(PLAIN, &url);
    }
    stage.get(PLAIN, "http://bets.test/");
    stage.get(PLAIN, "http://blogs.test/");
    stage.get(PLAIN, "http://absent.school.test/");
    stage.get(PLAIN, "http://school.test:25/");
    stage.open_tunnel(PLAIN, "bets.test:443");
    let (mut fronted, _) = stage.open_tunnel(PLAIN, &format!("school.test:{port}"));
    fronted
        .write_all(&crate::hello::hello(Some("bets.test"), false))
        .unwrap();
    end(&mut fronted);
    let (mut open, _) = stage.open_tunnel(PLAIN, &format!("school.test:{port}"));
    open.write_all(&crate::hello::hello(Some("school.test"), false))
        .unwrap();
    open.shutdown(std::net::Shutdown::Write).unwrap();
    end(&mut open);
    stage.stop();
    let rows = [
        (Door::Http, Action::Allow, 4),
        (Door::Http, Action::Block, 2),
        (Door::Http, Action::Permission, 1),
        (Door::Connect, Action::Block, 2),
        (Door::Connect, Action::Allow, 1),
    ];
    for (door, action, count) in rows {
        assert_eq!(stage.decisions(door, action), count, "{door} {action}");
    }
}

#[test]
fn bytes_that_are_no_http_are_refused() {
    let stage = Stage::new(80);
    for bytes in [
        "\x16\x03\x01\x02\0",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\r\n\r\n",
        "CONNECT \r\n\r\n",
    ] {
        let answer = stage.ask(PLAIN, bytes);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{bytes:?} {answer}"
        );
    }
}
