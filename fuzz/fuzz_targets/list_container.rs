//! No packed list panics, leaves its folder, or unpacks to more than its limit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lists::{Format, Import, Limits, Rules};

fuzz_target!(|bytes: &[u8]| {
    let Some((first, packed)) = bytes.split_first() else {
        return;
    };
    let import = Import {
        folder: (first & 1 == 1).then_some("games"),
        limits: Limits {
            bytes: 1 << 20,
            ratio: 250,
            members: 100,
        },
        ..Import::new(Rules::third_party(Format::Squidguard))
    };
    if let Ok(parsed) = import.read(packed, &mut |item| item.not_enforced()) {
        assert!(parsed.adds_up(), "{parsed:?}");
        assert!(parsed.lines <= (1 << 20) + 100);
    }
});
