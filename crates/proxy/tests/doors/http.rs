//! Plain HTTP.

use crate::stage::*;
use model::{Action, Door};
use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn the_bytes_of_an_allowed_origin_are_unchanged() {
    let body: Vec<u8> = (0..200_000u32).flat_map(u32::to_le_bytes).collect();
    let sent = body.clone();
    let port = origin(move |mut stream| {
        head(&mut stream);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", sent.len());
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&sent).unwrap();
    });
    let stage = Stage::new(port);
    let mut stream = stage.connect(PLAIN);
    let request =
        format!("GET http://school.test:{port}/ HTTP/1.1\r\nHost: school.test:{port}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    assert!(head(&mut stream).starts_with("HTTP/1.1 200 "));
    let mut got = vec![0; body.len()];
    stream.read_exact(&mut got).unwrap();
    assert!(got == body);
}

#[test]
fn the_origin_gets_what_was_judged_and_nothing_of_the_clients_connection() {
    let port = mirror();
    let stage = Stage::new(port);
    let request = format!(
        "GET http://user:pw@SCHOOL.test:{port}/a?q=1 HTTP/1.1\r\nHost: bets.test\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic eA==\r\nConnection: x-drop\r\nX-Drop: 1\r\nX-Forwarded-For: 10.0.0.1\r\nUpgrade: h2c\r\nAccept: */*\r\n\r\n"
    );
    let answer = stage.ask(PLAIN, &request);
    let (head, seen) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(
        seen,
        format!("GET /a?q=1 HTTP/1.1\r\nhost: school.test:{port}\r\naccept: */*\r\n\r\n")
    );
    assert!(!head.to_ascii_lowercase().contains("alt-svc"), "{head}");
}

// REP-10, CHG-05
#[test]
fn the_pages_for_everybody_are_told_who_asks_and_no_client_can_lie_about_it() {
    let stage = Stage::with(mirror(), |settings| {
        settings.faces = Some(proxy::Faces {
            name: "why.school.test".to_owned(),
            address: std::net::SocketAddr::from(([127, 0, 0, 1], mirror())),
            secret: "known to both".to_owned(),
        });
    });
    let lie = format!(
        "GET http://WHY.school.test/ HTTP/1.1\r\nHost: x\r\n{}: 192.0.2.1\r\n{}: guessed\r\n\r\n",
        proxy::CLIENT_FIELD,
        proxy::SECRET_FIELD,
    );
    let answer = stage.ask(PLAIN, &lie);
    let (_, seen) = answer.split_once("\r\n\r\n").unwrap();
    let [a, b, c, d] = PLAIN;
    assert_eq!(
        seen,
        format!(
            "GET / HTTP/1.1\r\nhost: why.school.test\r\nx-schoolgate-client: {a}.{b}.{c}.{d}\r\nx-schoolgate-secret: known to both\r\n\r\n"
        )
    );
    let other = stage.ask(PLAIN, &lie.replace("WHY.school.test", "bets.test"));
    assert!(other.starts_with("HTTP/1.1 403 "), "{other}");
    assert!(!other.contains("known to both"), "{other}");
}

// OPS-11, OPS-12, ACC-03
#[test]
fn each_reading_level_gets_its_own_page() {
    let stage = Stage::new(mirror());
    for (from, heading) in [
        (PICTURES, "<svg"),
        (SIMPLE, "You are not in trouble"),
        (PLAIN, "you have done nothing wrong"),
        (OLDER, "keeps this kind of page closed for your group"),
        (STAFF, "filtering policy closes it"),
    ] {
        let answer = stage.get(from, "http://www.bets.test/odds");
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        assert!(answer.contains(heading), "{answer}");
        assert!(answer.contains("default-src 'none'") && answer.contains("no-store"));
    }
}

#[test]
fn hostile_text_in_the_address_is_shown_and_never_run() {
    let stage = Stage::new(mirror());
    let answer = stage.get(
        PLAIN,
        "http://bets.test/<script>alert(1)</script>\"onload='x",
    );
    // The engine may refuse such an address altogether; it must not echo it as it came.
    assert!(!answer.contains("<script"), "{answer}");
    assert!(!answer.contains("\"onload"), "{answer}");
}

#[test]
fn what_a_page_fetches_by_itself_gets_a_line_of_text() {
    let stage = Stage::new(mirror());
    for fields in [
        "Accept: image/avif,image/webp",
        "Accept: text/html\r\nSec-Fetch-Dest: iframe",
    ] {
        let request =
            format!("GET http://bets.test/ HTTP/1.1\r\nHost: bets.test\r\n{fields}\r\n\r\n");
        let answer = stage.ask(PLAIN, &request);
        assert!(
            answer.starts_with("HTTP/1.1 403 ") && !answer.contains("<html"),
            "{answer}"
        );
        assert!(answer.contains("Reference "), "{answer}");
    }
}

#[test]
fn a_category_that_staff_may_unlock_says_so() {
    let stage = Stage::new(mirror());
    let answer = stage.get(PLAIN, "http://blogs.test/");
    assert!(
        answer.contains("a member of staff can unlock it for a lesson"),
        "{answer}"
    );
}

// ILL-09, ILL-10
#[test]
fn the_floor_is_answered_as_the_settings_say() {
    let page = Stage::new(mirror());
    let answer = page.get(OLDER, "http://floor.test/secret");
    assert!(
        answer.starts_with("HTTP/1.1 403 ") && !answer.contains("floor.test"),
        "{answer}"
    );
    let missing = Stage::with(80, |settings| {
        settings.floor_answer = proxy::FloorAnswer::NotFound;
    });
    assert!(
        missing
            .get(OLDER, "http://floor.test/")
            .starts_with("HTTP/1.1 404 ")
    );
    let reset = Stage::with(80, |settings| {
        settings.floor_answer = proxy::FloorAnswer::Reset
    });
    assert_eq!(reset.get(OLDER, "http://floor.test/"), "");
}

#[test]
fn a_stranger_is_refused_and_sent_away() {
    let stage = Stage::new(mirror());
    let answer = stage.get(STRANGER, "http://school.test/");
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert!(
        answer.to_ascii_lowercase().contains("connection: close"),
        "{answer}"
    );
}

// BYO-05
#[test]
fn a_name_that_leads_to_a_private_address_is_refused() {
    let port = mirror();
    let stage = Stage::new(port);
    let answer = stage.get(PLAIN, &format!("http://private.test:{port}/"));
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert_eq!(stage.counters.private_refused.value(), 1);
    let strict = Stage::with(port, |settings| settings.allow_private.clear());
    let answer = strict.get(PLAIN, &format!("http://school.test:{port}/"));
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

// BYO-05
#[test]
fn the_schools_own_servers_are_open_to_its_own_devices_only() {
    let port = mirror();
    let servers = Stage::with(port, |settings| settings.allow_private.clear());
    let networks = Stage::with(port, |settings| {
        settings.local_networks = std::mem::take(&mut settings.allow_private);
    });
    for (stage, host) in [(&servers, "intranet.test"), (&networks, "school.test")] {
        let url = format!("http://{host}:{port}/");
        let answer = stage.get(PLAIN, &url);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{host} {answer}");
        // A connection that a school device opened is not lent to a visitor's either.
        let answer = stage.get(VISITOR, &url);
        assert!(answer.starts_with("HTTP/1.1 403 "), "{host} {answer}");
    }
    let answer = servers.get(PLAIN, &format!("http://school.test:{port}/"));
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

#[test]
fn other_ports_schemes_and_methods_are_refused() {
    let stage = Stage::new(mirror());
    assert!(
        stage
            .get(PLAIN, "http://school.test:25/")
            .starts_with("HTTP/1.1 403 ")
    );
    assert!(
        stage
            .get(PLAIN, "https://school.test/")
            .starts_with("HTTP/1.1 400 ")
    );
    let trace = "TRACE http://school.test/ HTTP/1.1\r\nHost: school.test\r\n\r\n";
    assert!(stage.ask(PLAIN, trace).starts_with("HTTP/1.1 405 "));
}

#[test]
fn an_origin_that_is_not_there_is_said_to_be_away() {
    let stage = Stage::new(1);
    let answer = stage.get(PLAIN, "http://absent.school.test/");
    assert!(answer.starts_with("HTTP/1.1 502 ") && answer.contains("no site of this name"));
    assert!(
        stage
            .get(PLAIN, "http://school.test:1/")
            .starts_with("HTTP/1.1 502 ")
    );
}

#[test]
fn browsers_find_their_settings_and_no_request_comes_back_to_us() {
    let stage = Stage::new(80);
    let own = stage.proxy;
    let pac = stage.ask(
        PLAIN,
        &format!("GET /proxy.pac HTTP/1.1\r\nHost: {own}\r\n\r\n"),
    );
    assert!(pac.contains("application/x-ns-proxy-autoconfig"), "{pac}");
    assert!(pac.contains(&format!("return \"PROXY {own}\"")), "{pac}");
    assert!(
        stage
            .get(PLAIN, &format!("http://{own}/wpad.dat"))
            .contains("FindProxyForURL")
    );
    let stage = Stage::with(80, |settings| {
        settings.http_ports = (1..=u16::MAX).collect()
    });
    let answer = stage.get(
        PLAIN,
        &format!("http://school.test:{}/", stage.proxy.port()),
    );
    assert!(answer.starts_with("HTTP/1.1 508 "), "{answer}");
}

#[test]
fn one_connection_to_an_origin_serves_many_clients() {
    let opened = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&opened);
    let port = counted_mirror(count, "");
    let stage = Stage::new(port);
    for _ in 0..5 {
        stage.get(PLAIN, &format!("http://school.test:{port}/"));
    }
    assert_eq!(opened.load(Ordering::SeqCst), 1);
}

// CIR-23
#[test]
fn a_site_is_closed_by_the_address_that_it_leads_to() {
    let opened = Arc::new(AtomicUsize::new(0));
    let port = counted_mirror(Arc::clone(&opened), "");
    let mut stage = Stage::new(port);
    let url = format!("http://school.test:{port}/");
    assert!(stage.get(PLAIN, &url).starts_with("HTTP/1.1 200 "));
    stage.label(&[("gambling", "127.0.0.0/8"), ("education", "school.test")]);
    let answer = stage.get(PLAIN, &url);
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert!(answer.contains("</html>"), "{answer}");
    assert_eq!(opened.load(Ordering::SeqCst), 1);
    stage.label(&[("gambling", "127.0.0.2/32"), ("education", "school.test")]);
    for _ in 0..3 {
        assert!(stage.get(PLAIN, &url).starts_with("HTTP/1.1 200 "));
    }
    assert_eq!(opened.load(Ordering::SeqCst), 2);
    stage.stop();
    assert_eq!(stage.decisions(Door::Http, Action::Block), 1);
}

#[test]
fn a_connection_that_somebody_signed_in_is_nobody_elses() {
    let opened = Arc::new(AtomicUsize::new(0));
    let port = counted_mirror(Arc::clone(&opened), "WWW-Authenticate: NTLM\r\n");
    let stage = Stage::new(port);
    let request = format!("GET http://school.test:{port}/ HTTP/1.1\r\nHost: school.test\r\n\r\n");
    let mut one = stage.connect(PLAIN);
    for _ in 0..3 {
        one.write_all(request.as_bytes()).unwrap();
        answer(&mut one);
    }
    assert_eq!(opened.load(Ordering::SeqCst), 1);
    stage.ask(PLAIN, &request);
    assert_eq!(opened.load(Ordering::SeqCst), 2);
}

fn counted_mirror(opened: Arc<AtomicUsize>, field: &'static str) -> u16 {
    origin(move |mut stream| {
        opened.fetch_add(1, Ordering::SeqCst);
        while !head(&mut stream).is_empty() {
            let answer = format!("HTTP/1.1 200 OK\r\n{field}Content-Length: 2\r\n\r\nok");
            stream.write_all(answer.as_bytes()).unwrap();
        }
    })
}

// SCH-09
#[test]
fn a_long_answer_is_cut_when_its_site_is_closed() {
    let port = origin(|mut stream| {
        head(&mut stream);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbegin")
            .unwrap();
        let _ = stream.read(&mut [0]);
    });
    let stage = Stage::new(port);
    let mut stream = stage.connect(PLAIN);
    let request = format!("GET http://school.test:{port}/ HTTP/1.1\r\nHost: school.test\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    assert!(head(&mut stream).starts_with("HTTP/1.1 200 "));
    stage.label(&[("gambling", "school.test")]);
    let (_, took) = end(&mut stream);
    assert!(took.as_secs() < 5, "{took:?}");
    assert_eq!(stage.counters.cut.value(), 1);
}
