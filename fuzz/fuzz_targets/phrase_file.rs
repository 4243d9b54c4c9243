//! No text makes the parser of phrase files panic, and what it takes can be compiled.
#![no_main]

use content::{PhraseFile, Phrases};
use libfuzzer_sys::fuzz_target;
use model::{Faults, Vocabulary};
use std::sync::LazyLock;

/// The floor alone.
static VOCABULARY: LazyLock<Vocabulary> =
    LazyLock::new(|| Vocabulary::new(Vec::new()).expect("the floor is sound"));

fuzz_target!(|text: &str| {
    let mut faults = Faults::default();
    let read = PhraseFile::parse(
        "blocklists/phrases/fuzz.toml",
        text,
        &VOCABULARY,
        &mut faults,
    );
    assert!(read.is_some() || faults.errors() > 0);
    if let Some(read) = read {
        let given = read.pages.len();
        let (phrases, refused) = Phrases::compile(read.pages);
        assert!(refused.is_empty() && phrases.len() <= given);
    }
});
