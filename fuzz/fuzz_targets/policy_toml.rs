//! A file of the policy never makes the compiler panic, and every refusal names a fault.
#![no_main]

use gate::Compiled;
use libfuzzer_sys::fuzz_target;
use model::{Faults, Files, PolicyVersion};
use policy::Overlay;

/// The file that the bytes stand for, by the first of them.
const PATHS: [&str; 8] = [
    "config/groups/ks2.toml",
    "config/network.toml",
    "config/calendar.toml",
    "config/classes.toml",
    "config/conduct.toml",
    "config/expectations.toml",
    "blocklists/categories.toml",
    "blocklists/packs/bitesize.toml",
];

fn example() -> Files {
    let mut files = Files::default();
    files.insert(PATHS[0], *include_bytes!("../example/group.toml"));
    files.insert(PATHS[1], *include_bytes!("../example/network.toml"));
    files.insert(PATHS[2], *include_bytes!("../example/calendar.toml"));
    files.insert(PATHS[6], *include_bytes!("../example/categories.toml"));
    files
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, text)) = bytes.split_first() else {
        return;
    };
    let mut files = example();
    files.insert(PATHS[usize::from(*first) % PATHS.len()], text.to_vec());
    let mut faults = Faults::default();
    let compiled = Compiled::compile(&files, &Overlay::default(), PolicyVersion(1), &mut faults);
    if compiled.is_none() {
        assert!(
            faults.errors() > 0,
            "the policy was refused without a fault"
        );
    }
    let _ = faults.to_string();
});
