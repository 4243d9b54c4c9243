//! A DNS message from a client or an upstream never makes the resolver panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use resolver::Settings;
use std::sync::LazyLock;

static SETTINGS: LazyLock<Settings> = LazyLock::new(Settings::default);

fuzz_target!(|bytes: &[u8]| {
    resolver::probe::parse_question(bytes);
    resolver::probe::shape(&SETTINGS, bytes);
});
