use hmac::{Hmac, KeyInit, Mac};
use model::Digest;
use sha2::Sha256;
use std::fmt;

/// The secret of the installation, from which the keys of every artefact are derived.
///
/// Whoever does not know it can neither craft a name that is taken for a listed one nor read
/// from an artefact which names a floor list holds.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Makes a secret from 32 bytes that nobody can foretell.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash key for one input; another `attempt` gives another key, after a collision.
    pub(crate) fn lane_keys(&self, input: Digest, attempt: u32) -> [u64; 2] {
        let made = self.mac(&[b"schoolgate lanes\0", &input.0, &attempt.to_le_bytes()]);
        let word = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&made[at..at + 8]);
            u64::from_le_bytes(word)
        };
        [word(0), word(8)]
    }

    /// What proves that an artefact was made by this installation.
    pub(crate) fn seal(&self, head: &[u8]) -> [u8; 32] {
        self.mac(&[b"schoolgate artefact\0", head])
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        // INVARIANT: HMAC takes a key of any length, so this branch cannot be left unkeyed.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            unreachable!("HMAC takes keys of every length")
        };
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", Secret::new([65; 32])), "Secret");
    }

    #[test]
    fn keys_differ_by_secret_input_and_attempt() {
        let (one, two) = (Secret::new([1; 32]), Secret::new([2; 32]));
        let input = Digest::of(b"input");
        let keys = one.lane_keys(input, 0);
        assert_eq!(keys, one.lane_keys(input, 0));
        assert_ne!(keys, one.lane_keys(input, 1));
        assert_ne!(keys, two.lane_keys(input, 0));
        assert_ne!(keys, one.lane_keys(Digest::of(b"other"), 0));
    }
}
