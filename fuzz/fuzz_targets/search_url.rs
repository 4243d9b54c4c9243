//! No URL makes the search terms and the addresses within it panic or grow without bound.
#![no_main]

use content::{SearchTerm, nested_in, nested_urls};
use libfuzzer_sys::fuzz_target;
use model::{HostBuffer, Target};

fuzz_target!(|bytes: &[u8]| {
    let url = String::from_utf8_lossy(bytes);
    if let Some(found) = SearchTerm::of_url(&url) {
        assert!(!found.term.is_empty() && found.term.len() <= SearchTerm::LONGEST);
    }
    let found = nested_urls(&url);
    assert!(found.len() <= 8);
    for nested in &found {
        assert!(nested.url.len() <= 2048 && nested.url.contains("://"));
    }
    let mut room = HostBuffer::new();
    if let Ok(target) = Target::parse(&url, &mut room) {
        assert!(nested_in(&target).len() <= 8);
        let _ = SearchTerm::of_target(&target);
    }
});
