use super::*;
use proptest::prelude::*;

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    let mut bytes = kind.to_be_bytes().to_vec();
    bytes.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
    bytes.extend(content);
    bytes
}

fn name_extension(name: &str) -> Vec<u8> {
    let length = u16::try_from(name.len()).unwrap();
    let mut list = (length + 3).to_be_bytes().to_vec();
    list.push(0);
    list.extend(length.to_be_bytes());
    list.extend(name.as_bytes());
    extension(0, &list)
}

fn message(extensions: &[Vec<u8>]) -> Vec<u8> {
    let extensions = extensions.concat();
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.push(32);
    body.extend([9; 32]);
    body.extend([0, 4, 0x1a, 0x1a, 0x13, 0x01, 1, 0]);
    body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
    body.extend(extensions);
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[1], &length[1..], &body].concat()
}

fn records(message: &[u8], size: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in message.chunks(size) {
        bytes.extend([22, 3, 1]);
        bytes.extend(u16::try_from(piece.len()).unwrap().to_be_bytes());
        bytes.extend(piece);
    }
    bytes
}

/// A ClientHello as browsers send it: GREASE first, an ML-KEM share, the name in the middle.
pub(crate) fn browser_hello(name: Option<&str>, encrypted: bool) -> Vec<u8> {
    let mut extensions = vec![extension(0x0a0a, &[]), extension(51, &[5; 1216 + 43])];
    extensions.extend(name.map(name_extension));
    if encrypted {
        extensions.push(extension(0xfe0d, &[6; 200]));
    }
    extensions.push(extension(21, &[0; 200]));
    extensions.push(extension(0x3a3a, &[0]));
    records(&message(&extensions), MOST_RECORD)
}

fn hello(name: Option<&str>, encrypted: bool) -> FirstBytes {
    FirstBytes::Hello(ClientHello {
        server_name: name.map(str::to_owned),
        encrypted,
    })
}

#[test]
fn the_name_is_found_among_grease_and_large_key_shares() {
    let bytes = browser_hello(Some("www.example.test"), false);
    assert!(bytes.len() > 1460);
    assert_eq!(
        parse_client_hello(&bytes),
        hello(Some("www.example.test"), false)
    );
}

// CIR-11
#[test]
fn an_encrypted_hello_is_noted_and_its_outer_name_read() {
    let bytes = browser_hello(Some("public.example"), true);
    assert_eq!(
        parse_client_hello(&bytes),
        hello(Some("public.example"), true)
    );
}

#[test]
fn a_hello_without_a_name_is_a_hello() {
    assert_eq!(
        parse_client_hello(&browser_hello(None, false)),
        hello(None, false)
    );
    let mut bare = vec![3, 3];
    bare.extend([0; 32]);
    bare.extend([0, 0, 2, 0x13, 1, 1, 0]);
    let length = u8::try_from(bare.len()).unwrap();
    let message = [&[1, 0, 0, length], &*bare].concat();
    assert_eq!(
        parse_client_hello(&records(&message, 100)),
        hello(None, false)
    );
}

#[test]
fn a_name_split_over_many_records_is_found() {
    let whole = message(&[name_extension("split.example.test")]);
    for size in [1, 2, 3, 7, 50] {
        let bytes = records(&whole, size);
        assert_eq!(
            parse_client_hello(&bytes),
            hello(Some("split.example.test"), false)
        );
    }
}

#[test]
fn what_is_no_hello_is_known_by_its_first_bytes() {
    for bytes in [
        &b"GET / HTTP/1.1"[..],
        b"SSH-2.0-x",
        &[22, 2],
        &[23, 3, 3],
        &[22, 3, 1, 0, 0],
        &[22, 3, 1, 0x40, 1],
        &[22, 3, 1, 0, 1, 2],
    ] {
        assert_eq!(parse_client_hello(bytes), FirstBytes::Other, "{bytes:?}");
    }
}

#[test]
fn a_hello_that_two_readers_could_read_differently_is_none() {
    let twice = message(&[name_extension("a.test"), name_extension("b.test")]);
    assert_eq!(parse_client_hello(&records(&twice, 999)), FirstBytes::Other);
    let list = [&[0, 18][..], b"\0\0\x06a.test\0\0\x06b.test"].concat();
    let two = message(&[extension(0, &list)]);
    assert_eq!(parse_client_hello(&records(&two, 999)), FirstBytes::Other);
    let mut followed = message(&[name_extension("a.test")]);
    followed.extend([1, 0, 0, 0]);
    assert_eq!(
        parse_client_hello(&records(&followed, 999)),
        FirstBytes::Other
    );
}

#[test]
fn a_hello_past_the_bound_is_none() {
    let mut bytes = vec![22, 3, 1, 0x40, 0, 1, 0, 0xff, 0xff];
    bytes.resize(RECORD_HEADER + MOST_RECORD, 0);
    while bytes.len() < MOST_HELLO_BYTES {
        assert_eq!(parse_client_hello(&bytes), FirstBytes::Unfinished);
        bytes.extend([22, 3, 1, 0x40, 0]);
        bytes.extend([0; MOST_RECORD]);
    }
    assert_eq!(parse_client_hello(&bytes), FirstBytes::Other);
}

proptest! {
    #[test]
    fn every_prefix_of_a_hello_is_unfinished(size in 1usize..60, cut in 0usize..4000) {
        let bytes = records(&message(&[name_extension("a.example.test")]), size);
        let cut = cut.min(bytes.len() - 1);
        prop_assert_eq!(parse_client_hello(&bytes[..cut]), FirstBytes::Unfinished);
    }

    #[test]
    fn no_bytes_panic_and_final_answers_stay(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..300),
        framed in any::<bool>(),
        at in 0usize..300,
        byte in any::<u8>(),
    ) {
        if framed {
            bytes = browser_hello(Some("a.test"), false);
            let place = at % bytes.len();
            bytes[place] = byte;
        }
        let prefix = parse_client_hello(&bytes[..at.min(bytes.len())]);
        let whole = parse_client_hello(&bytes);
        if prefix == FirstBytes::Other {
            prop_assert_eq!(whole, FirstBytes::Other);
        }
    }
}
