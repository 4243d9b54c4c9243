//! What a URL asks for within itself: searches, and addresses of other sites.

use crate::stage::*;

// CAT-40, ILL-18: the words of a search are judged, whatever the site that searches is.
#[test]
fn a_search_for_closed_things_is_closed_at_an_open_site() {
    let port = mirror();
    let stage = Stage::new(port);
    let status = |from, path: &str| {
        let answer = stage.get(from, &format!("http://school.test:{port}{path}"));
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    for path in [
        "/search?q=casino+bonus",
        "/search?page=2&q=C%41SINO%20bonus",
        "/find/all.php?keyword=c4sino+bonus",
        "/?search_query=casino+bonus",
    ] {
        assert_eq!(status(PLAIN, path), "403", "{path}");
        assert_eq!(status(STAFF, path), "403", "{path}");
    }
    for path in [
        "/search?q=bonus+casino",
        "/search?q=history+of+the+casino+bonus",
        "/list?note=casino+bonus",
        "/search/",
    ] {
        assert_eq!(status(PLAIN, path), "200", "{path}");
    }
}

// CIR-17
#[test]
fn an_address_within_an_address_is_judged_as_any_other() {
    let port = mirror();
    let stage = Stage::new(port);
    let status = |path: &str| {
        let answer = stage.get(PLAIN, &format!("http://school.test:{port}{path}"));
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    for path in [
        "/go?url=http://bets.test/a",
        "/go?url=https%3A%2F%2Fwww.bets.test%2F",
        "/go?u=aHR0cDovL2JldHMudGVzdC8=",
        "/http://bets.test/",
        "/x?next=https://translate.google.com/translate%3Fu=bets.test",
        "/go?url=http://blogs.test/",
    ] {
        assert_eq!(status(path), "403", "{path}");
    }
    // That a redirect leads to a site on no list is judged when the browser goes there.
    for path in ["/go?url=http://school.test/a", "/go?url=http://new.test/"] {
        assert_eq!(status(path), "200", "{path}");
    }
    // What comes through the site itself is not.
    assert_eq!(status("/http://new.test/"), "403");
}

// ILL-05: nothing opens the floor, and no page shows its address.
#[test]
fn a_nested_address_of_the_floor_is_told_as_the_floor() {
    let port = mirror();
    let stage = Stage::new(port);
    let answer = stage.get(
        STAFF,
        &format!("http://school.test:{port}/?u=http://floor.test/"),
    );
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert!(!answer.contains("floor.test"), "{answer}");
}
