//! SEC-18: what two readers could read differently reaches no origin.

use crate::stage::*;
use std::io::Write as _;

#[test]
fn ambiguous_requests_are_refused_first_and_later() {
    let port = mirror();
    let stage = Stage::new(port);
    let line = format!("POST http://school.test:{port}/ HTTP/1.1\r\n");
    let good = format!("GET http://school.test:{port}/first HTTP/1.1\r\nHost: school.test\r\n\r\n");
    for fields in [
        "Host: school.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Host: school.test\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Host: school.test\r\nContent-Length: 5\r\nContent-Length: 0\r\n",
        "Host: school.test\r\nTransfer-Encoding: xchunked\r\n",
        "Host: school.test\r\nTransfer-Encoding:\x0bchunked\r\n",
        "Host: school.test\r\nX: a\r\n folded\r\n",
        "Host: school.test\r\nX : a\r\n",
        "Host: school.test\r\nX: a\nY: b\r\n",
        "Host: school.test\r\nHost: bets.test\r\n",
        "X: no host\r\n",
    ] {
        let bad = format!("{line}{fields}\r\n0\r\n\r\nGET http://bets.test/ HTTP/1.1\r\n\r\n");
        let answer = stage.ask(PLAIN, &bad);
        assert!(answer.starts_with("HTTP/1.1 400 "), "{fields:?} {answer}");

        let mut stream = stage.connect(PLAIN);
        stream.write_all(format!("{good}{bad}").as_bytes()).unwrap();
        let first = answer_of(&mut stream);
        assert!(first.contains("GET /first "), "{fields:?} {first}");
        let second = answer_of(&mut stream);
        assert!(second.starts_with("HTTP/1.1 400 "), "{fields:?} {second}");
        assert_eq!(end(&mut stream).0, b"", "{fields:?}");
    }
}

#[test]
fn a_head_in_pieces_is_held_to_the_same_rules() {
    let port = mirror();
    let stage = Stage::new(port);
    let bad = format!(
        "POST http://school.test:{port}/ HTTP/1.1\r\nHost: school.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    for cut in [1, 20, bad.len() - 3, bad.len() - 1] {
        let mut stream = stage.connect(PLAIN);
        let (one, two) = bad.split_at(cut);
        stream.write_all(one.as_bytes()).unwrap();
        stream.write_all(two.as_bytes()).unwrap();
        assert!(answer_of(&mut stream).starts_with("HTTP/1.1 400 "), "{cut}");
    }
}

#[test]
fn bad_chunks_end_the_connection_and_reach_no_origin_as_a_request() {
    let port = mirror();
    let stage = Stage::new(port);
    let head = format!(
        "POST http://school.test:{port}/ HTTP/1.1\r\nHost: school.test\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    for body in [
        "3\nabc\r\n0\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "zz\r\n",
        "-1\r\n\r\n",
    ] {
        let mut stream = stage.connect(PLAIN);
        stream
            .write_all(format!("{head}{body}").as_bytes())
            .unwrap();
        let (rest, _) = end(&mut stream);
        let text = String::from_utf8_lossy(&rest);
        assert!(
            !text.contains("zz") && text.matches("HTTP/1.1").count() <= 3,
            "{body:?} {text}"
        );
    }
    assert!(stage.counters.malformed.value() >= 4);
}

#[test]
fn a_good_chunked_body_passes() {
    let port = origin(|mut stream| {
        let request = head(&mut stream);
        assert!(request.contains("transfer-encoding: chunked"), "{request}");
        let body = head(&mut stream);
        assert!(body.contains("hello"), "{body}");
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            .unwrap();
    });
    let stage = Stage::new(port);
    let request = format!(
        "POST http://school.test:{port}/ HTTP/1.1\r\nHost: school.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    );
    assert!(stage.ask(PLAIN, &request).ends_with("ok"));
}

fn answer_of(stream: &mut std::net::TcpStream) -> String {
    answer(stream)
}
