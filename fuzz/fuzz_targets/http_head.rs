//! A request head never makes the proxy panic, and cutting it elsewhere changes no answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proxy::{HeadLimits, parse_head};

fuzz_target!(|bytes: &[u8]| {
    let limits = HeadLimits {
        bytes: 4096,
        fields: 20,
    };
    let whole = parse_head(bytes, limits);
    if let Ok(Some(head)) = &whole {
        assert!(head.length <= bytes.len());
        // What stands behind the head is not looked at.
        assert_eq!(
            parse_head(&bytes[..head.length], limits).as_ref(),
            Ok(&Some(*head))
        );
        assert!(head.field("host").is_some() || head.minor == 0);
    }
    match parse_head(&bytes[..bytes.len() / 2], limits) {
        Ok(None) => {}
        half @ (Ok(Some(_)) | Err(_)) => {
            assert_eq!(
                half, whole,
                "an answer changed with the bytes that came later"
            );
        }
    }
});
