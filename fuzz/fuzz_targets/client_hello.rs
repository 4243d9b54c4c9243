//! The first bytes of a tunnel never make the proxy panic, and an answer once given stays.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proxy::{FirstBytes, MOST_HELLO_BYTES, parse_client_hello};

fuzz_target!(|bytes: &[u8]| {
    let whole = parse_client_hello(bytes);
    if bytes.len() >= MOST_HELLO_BYTES {
        assert_ne!(whole, FirstBytes::Unfinished);
    }
    let half = parse_client_hello(&bytes[..bytes.len() / 2]);
    if half != FirstBytes::Unfinished {
        assert_eq!(
            half, whole,
            "an answer changed with the bytes that came later"
        );
    }
});
