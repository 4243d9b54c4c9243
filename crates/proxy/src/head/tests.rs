use super::*;
use proptest::prelude::*;

fn parse(text: &str) -> Result<Option<Head<'_>>, HeadError> {
    parse_head(text.as_bytes(), HeadLimits::default())
}

#[test]
fn a_head_gives_its_parts() {
    let text = "CONNECT Example.Test:443 HTTP/1.1\r\nHost: example.test:443\r\nUser-Agent:\t x \r\n\r\nrest";
    let head = parse(text).unwrap().unwrap();
    assert_eq!(
        (head.method, head.target, head.minor),
        ("CONNECT", "Example.Test:443", 1)
    );
    assert_eq!(head.body, BodyLength::Sized(0));
    assert_eq!(head.field("user-agent"), Some(&b"x"[..]));
    assert_eq!(head.field("absent"), None);
    assert_eq!(&text[head.length..], "rest");
}

#[test]
fn the_body_is_told_by_length_or_chunks() {
    let sized = "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\ncontent-length: 12\r\n\r\n";
    assert_eq!(parse(sized).unwrap().unwrap().body, BodyLength::Sized(12));
    let chunked =
        "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: Chunked\r\n\r\n";
    assert_eq!(parse(chunked).unwrap().unwrap().body, BodyLength::Chunked);
}

// SEC-18
#[test]
fn what_readers_disagree_on_is_refused() {
    let request = "POST http://a.test/ HTTP/1.1\r\nHost: a.test\r\n";
    for (fields, error) in [
        (
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            HeadError::Ambiguous,
        ),
        (
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            HeadError::Ambiguous,
        ),
        (
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            HeadError::Length,
        ),
        (
            "Content-Length: 5\r\nContent-Length: 5\r\n",
            HeadError::Length,
        ),
        ("Content-Length: 5, 5\r\n", HeadError::Length),
        ("Content-Length: +5\r\n", HeadError::Length),
        ("Content-Length: 0x5\r\n", HeadError::Length),
        ("Content-Length: 5 5\r\n", HeadError::Length),
        ("Content-Length:\r\n", HeadError::Length),
        ("Content-Length: 9999999999999999999\r\n", HeadError::Length),
        ("Transfer-Encoding: xchunked\r\n", HeadError::Coding),
        ("Transfer-Encoding: gzip, chunked\r\n", HeadError::Coding),
        (
            "Transfer-Encoding: chunked, identity\r\n",
            HeadError::Coding,
        ),
        (
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            HeadError::Coding,
        ),
        ("Transfer-Encoding: \x0bchunked\r\n", HeadError::FieldValue),
        ("Transfer-Encoding : chunked\r\n", HeadError::FieldName),
        ("Transfer-Encoding\r\n : chunked\r\n", HeadError::FieldName),
        ("X: a\r\n Transfer-Encoding: chunked\r\n", HeadError::Folded),
        ("X: a\nTransfer-Encoding: chunked\r\n", HeadError::Line),
        (
            "X: a\rTransfer-Encoding: chunked\r\n",
            HeadError::FieldValue,
        ),
        ("X: a\0b\r\n", HeadError::FieldValue),
        (": a\r\n", HeadError::FieldName),
        ("Host: b.test\r\n", HeadError::Host),
    ] {
        let text = format!("{request}{fields}\r\n");
        assert_eq!(parse(&text), Err(error), "{fields:?}");
    }
}

#[test]
fn a_malformed_request_line_is_refused() {
    for (line, error) in [
        ("GET  http://a.test/ HTTP/1.1", HeadError::RequestLine),
        ("GET http://a.test/", HeadError::RequestLine),
        ("GET http://a.test/ b HTTP/1.1", HeadError::RequestLine),
        ("GET\thttp://a.test/ HTTP/1.1", HeadError::RequestLine),
        ("G@T http://a.test/ HTTP/1.1", HeadError::RequestLine),
        ("GET http://a.test/\u{e9} HTTP/1.1", HeadError::RequestLine),
        ("GET http://a.test/ HTTP/1.2", HeadError::Version),
        ("GET http://a.test/ HTTP/2.0", HeadError::Version),
        ("GET http://a.test/ http/1.1", HeadError::Version),
    ] {
        let text = format!("{line}\r\nHost: a.test\r\n\r\n");
        assert_eq!(parse(&text), Err(error), "{line}");
    }
    assert_eq!(
        parse("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Err(HeadError::Line)
    );
    assert_eq!(parse("GET / HTTP/1.1\r\n\r\n"), Err(HeadError::Host));
    assert_eq!(
        parse("GET / HTTP/1.0\r\n\r\n").map(|head| head.is_some()),
        Ok(true)
    );
    let coded = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(parse(coded), Err(HeadError::Coding));
}

#[test]
fn a_head_past_its_limits_is_refused_before_it_ends() {
    let limits = HeadLimits {
        bytes: 64,
        fields: 2,
    };
    let long = "GET / HTTP/1.1\r\nX: ".to_owned() + &"a".repeat(64);
    assert_eq!(parse_head(long.as_bytes(), limits), Err(HeadError::Long));
    let many = "GET / HTTP/1.1\r\na:1\r\nb:2\r\nc:3\r\n";
    assert_eq!(parse_head(many.as_bytes(), limits), Err(HeadError::Fields));
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"GET http://a.test/ HTTP/1.1\r\n".to_vec()),
        Just(b"Host: a.test\r\n".to_vec()),
        Just(b"Content-Length: 3\r\n".to_vec()),
        Just(b"Transfer-Encoding: chunked\r\n".to_vec()),
        Just(b" folded\r\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\n".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..8),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_prefix_is_unfinished_or_agrees_with_the_whole(bytes in pieces(), cut in 0usize..200) {
        let limits = HeadLimits { bytes: 120, fields: 3 };
        let whole = parse_head(&bytes, limits);
        let prefix = parse_head(&bytes[..cut.min(bytes.len())], limits);
        if prefix != Ok(None) {
            prop_assert_eq!(prefix.map(|head| head.map(|h| h.length)), whole.map(|head| head.map(|h| h.length)));
        }
    }

    #[test]
    fn the_end_is_found_alike_in_one_piece_and_in_many(bytes in pieces(), step in 1usize..9) {
        let limits = HeadLimits { bytes: 120, fields: 3 };
        let mut end = HeadEnd::default();
        let mut found = Ok(None);
        let mut upto = 0;
        while found == Ok(None) && upto < bytes.len() {
            upto = (upto + step).min(bytes.len());
            found = end.find(&bytes[..upto], limits);
        }
        prop_assert_eq!(found, HeadEnd::default().find(&bytes, limits));
    }

    #[test]
    fn a_byte_is_found_where_it_stands(bytes in proptest::collection::vec(0u8..4, 0..80)) {
        prop_assert_eq!(find_byte(3, &bytes), bytes.iter().position(|&b| b == 3));
    }
}
