//! No bytes of an exported ledger make the reader or the verifier panic.
#![no_main]

use audit::{EntryIndex, Transcript, verify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(transcript) = Transcript::decode(bytes) else {
        return;
    };
    let _ = verify(&transcript, transcript.public_key(), None);
    let _ = transcript.head();
    let _ = transcript.tail(3);
    for index in [0, transcript.size() / 2, transcript.size(), u64::MAX] {
        let _ = transcript.prove_inclusion(EntryIndex(index));
        let _ = transcript.prove_consistency(index);
    }
    let mut again = Vec::new();
    transcript
        .export(&mut again)
        .expect("memory takes all that is written");
    assert_eq!(again, bytes, "an export is not what was read");
});
