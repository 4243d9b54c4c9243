//! No bytes of a list make a parser panic, and every line is counted once.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lists::{Entry, Format, Rules, parse};

fuzz_target!(|bytes: &[u8]| {
    let Some((first, text)) = bytes.split_first() else {
        return;
    };
    let format = [Format::Plain, Format::Wildcard, Format::Hosts][usize::from(*first) % 3];
    let (mut names, mut addresses) = (0, 0);
    let parsed = parse(text, &Rules::third_party(format), |entry| match entry {
        Entry::Name { name, .. } => {
            assert!(
                name.as_str().contains('.'),
                "a single label would close a whole top-level domain"
            );
            names += 1;
        }
        Entry::Address(_) => addresses += 1,
    });
    assert_eq!((parsed.names, parsed.addresses), (names, addresses));
    assert!(parsed.lines <= text.len() + 1);
});
