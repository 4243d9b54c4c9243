//! The page of a warning, and going on past it.

use crate::stage::*;
use model::{Action, Door};
use std::io::Write as _;
use std::time::Duration;

/// The address to which the form on a page goes.
fn way_on(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("action=\"/.well-known")?;
    let (address, _) = rest.split_once('"')?;
    Some(format!("/.well-known{}", address.replace("&amp;", "&")))
}

fn go_on(stage: &Stage, from: [u8; 4], host: &str, way: &str) -> String {
    let request =
        format!("POST http://{host}{way} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n");
    stage.ask(from, &request)
}

// CAT-30
#[test]
fn who_goes_on_past_a_warning_reaches_the_site_for_a_quarter_of_an_hour() {
    let port = mirror();
    let mut stage = Stage::new(port);
    let host = format!("forum.test:{port}");
    let url = format!("http://{host}/a?q=1&b=%20c");
    let page = stage.get(PLAIN, &url);
    assert!(page.starts_with("HTTP/1.1 403 "), "{page}");
    assert!(page.contains("'self'"), "the form may be sent: {page}");
    let answer = go_on(&stage, PLAIN, &host, &way_on(&page).unwrap());
    assert!(answer.starts_with("HTTP/1.1 303 "), "{answer}");
    assert!(answer.contains(&format!("location: {url}\r\n")), "{answer}");
    assert!(stage.get(PLAIN, &url).starts_with("HTTP/1.1 200 "));

    let other = format!("http://other-forum.test:{port}/");
    assert!(stage.get(PLAIN, &other).starts_with("HTTP/1.1 403 "));
    let neighbour = [127, 0, 3, 2];
    assert!(stage.get(neighbour, &url).starts_with("HTTP/1.1 403 "));

    stage.clock.advance(Duration::from_secs(15 * 60));
    assert!(stage.get(PLAIN, &url).starts_with("HTTP/1.1 403 "));
    stage.stop();
    // Page, going on, the site; the other site, the neighbour, and the page again.
    assert_eq!(stage.decisions(Door::Http, Action::Warn), 6);
}

#[test]
fn a_way_on_is_no_ones_but_theirs_who_saw_the_warning() {
    let port = mirror();
    let stage = Stage::new(port);
    let host = format!("forum.test:{port}");
    let page = stage.get(PLAIN, &format!("http://{host}/"));
    let way = way_on(&page).unwrap();
    let later = way.replace("until=17", "until=18");
    assert_ne!(later, way);
    let other = format!("other-forum.test:{port}");
    let stolen = [
        (STAFF, host.as_str(), way.as_str()),
        ([127, 0, 3, 2], &host, &way),
        (PLAIN, &other, &way),
        (PLAIN, &host, &later),
        (PLAIN, &host, &way.replace("page=/", "page=//bets.test/")),
    ];
    for (from, host, way) in stolen {
        let answer = go_on(&stage, from, host, way);
        assert!(answer.starts_with("HTTP/1.1 403 "), "{way}: {answer}");
    }
    let by_link = stage.get(PLAIN, &format!("http://{host}{way}"));
    assert!(by_link.starts_with("HTTP/1.1 403 "), "fetched, not pressed");
    assert!(
        stage
            .get(PLAIN, &format!("http://{host}/"))
            .starts_with("HTTP/1.1 403 ")
    );
}

#[test]
fn nobody_goes_on_where_many_share_an_address() {
    let port = mirror();
    let stage = Stage::new(port);
    let url = format!("http://forum.test:{port}/");
    for from in [TERMINALS, SIMPLE, PICTURES] {
        let page = stage.get(from, &url);
        assert!(page.starts_with("HTTP/1.1 403 "), "{page}");
        assert_eq!(way_on(&page), None);
    }
}

#[test]
fn a_tunnel_stays_shut_before_a_warning_that_somebody_went_past() {
    let port = mirror();
    let stage = Stage::new(port);
    let host = format!("forum.test:{port}");
    let page = stage.get(PLAIN, &format!("http://{host}/"));
    go_on(&stage, PLAIN, &host, &way_on(&page).unwrap());
    let (_, answer) = stage.open_tunnel(PLAIN, &host);
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

// SCH-09
#[test]
fn what_runs_past_a_warning_is_cut_when_the_hour_of_the_warning_ends() {
    let port = origin(|mut stream| {
        head(&mut stream);
        let begun = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbegun";
        stream.write_all(begun.as_bytes()).unwrap();
        end(&mut stream);
    });
    let stage = Stage::new(port);
    // Lessons end at one o'clock, and so does the warning: then it is closed.
    stage.clock.advance(Duration::from_secs(50 * 60));
    let host = format!("forum.test:{port}");
    let url = format!("http://{host}/");
    let page = stage.get(PLAIN, &url);
    go_on(&stage, PLAIN, &host, &way_on(&page).unwrap());
    let mut stream = stage.connect(PLAIN);
    stream
        .write_all(format!("GET {url} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes())
        .unwrap();
    assert!(head(&mut stream).starts_with("HTTP/1.1 200 "));
    stage.clock.advance(Duration::from_secs(10 * 60));
    let (rest, _) = end(&mut stream);
    assert!(rest.len() < 1_000_000);
    assert!(stage.get(PLAIN, &url).starts_with("HTTP/1.1 403 "));
}
