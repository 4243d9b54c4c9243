//! On a device without the school's certificate no block page can be shown for an encrypted site;
//! its owner opens the page that says why, and asks there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use schoolgate_tests::{Browser, Demo, Person, Relay, connect_from};
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

const WHY: &str = "http://why.hilltop.example";
const TEACHER: Ipv4Addr = Ipv4Addr::new(127, 60, 0, 5);

/// A browser that is refused an encrypted site sees an error of its own and no page.
fn refused_behind_tls(proxy: SocketAddr, from: IpAddr, site: &str) {
    let mut stream = connect_from(from, proxy);
    let ask = format!("CONNECT {site}:443 HTTP/1.1\r\nHost: {site}:443\r\n\r\n");
    stream.write_all(ask.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
}

// CHG-05, REP-10, ACC-01, ACC-04
#[test]
fn a_device_without_the_certificate_learns_why_and_asks() {
    let demo = Demo::start(|_| {});
    let technician = Person::found(&demo, "technician", "technician", &[]);
    let browser = Browser::start();
    let proxy = demo.address("proxy");

    refused_behind_tls(proxy, TEACHER.into(), "chess.com");
    demo.wait_for_visit("chess.com");
    let relay = Relay::start(TEACHER.into(), proxy);
    let teacher = browser.window_behind("teacher", &relay.address().to_string());
    let at = teacher.goto(WHY);
    assert_eq!(at.status, Some(200));
    let page = teacher.text();
    assert!(page.contains("chess.com"), "{page}");
    teacher.look("why-staff");
    teacher.fill("What is it needed for", "the chess club of year 6");
    let asked = teacher.press("Ask");
    assert!(asked.url.ends_with("/ask"), "{}", asked.url);
    teacher.look("why-staff-asked");

    let window = browser.window("technician", 1280);
    window.goto(&demo.console("/sign-in"));
    window
        .fill("Name", &technician.name)
        .fill("Password", &technician.password)
        .fill("Code from your app", &demo.code(&technician));
    window.press("Sign in");
    window.goto(&demo.console("/requests"));
    let requests = window.text();
    assert!(requests.contains("chess.com"), "{requests}");
    assert!(requests.contains("the chess club of year 6"), "{requests}");
}

// ACC-01, ACC-04, ACC-11: each reading level, and nobody sees what another was refused.
#[test]
fn the_pages_for_everybody_suit_who_reads_them() {
    let demo = Demo::start(|_| {});
    let browser = Browser::start();
    let proxy = demo.address("proxy");
    for (level, second) in [("youngest", 10), ("ks2", 21), ("ks3", 30), ("staff", 60)] {
        let from = IpAddr::from([127, second, 0, 77]);
        let site = format!("{level}.bet365.com");
        refused_behind_tls(proxy, from, &site);
        demo.wait_for_visit(&site);
        let relay = Relay::start(from, proxy);
        let window = browser.window_behind(level, &relay.address().to_string());
        for page in ["/", "/tell", "/monitoring", "/rules"] {
            let at = window.goto(&format!("{WHY}{page}"));
            assert_eq!(at.status, Some(200), "{level} {page}");
            window.look(&format!("face-{level}{}", page.replace('/', "-")));
            if page == "/" {
                let text = window.text();
                // Names are no use to who cannot read yet.
                assert_eq!(text.contains(&site), level != "youngest", "{level}: {text}");
                let (own, all) = (text.matches(&site), text.matches("bet365.com"));
                assert_eq!(own.count(), all.count(), "{level}: {text}");
            }
        }
        window.close();
    }
}
