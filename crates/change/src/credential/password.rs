use super::{CredentialError, text};
use argon2::{Algorithm, Argon2, Params, Version};
use model::{Chance, Digest};
use serde::{Deserialize, Serialize};
use std::sync::{Condvar, Mutex, PoisonError};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// What is kept of a password: Argon2id over it and a salt (RFC 9106).
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hash {
    salt: String,
    hash: Digest,
}

/// Hashes passwords, two at a time at most: each takes 19 MiB for a moment.
#[derive(Debug, Default)]
pub(crate) struct Hasher {
    busy: Mutex<u8>,
    freed: Condvar,
}

/// A password is too easy to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPasswordError {
    /// Short.
    #[error("a password has at least 12 characters; three words that do not belong together do")]
    Short,
    /// Longer than anybody types.
    #[error("a password has at most 200 characters")]
    Long,
    /// The name, or the school.
    #[error("the password holds your name; choose one that does not")]
    Name,
    /// One of those that are tried first, or few different characters.
    #[error("this password is one of those that are tried first; choose another")]
    Common,
    /// The one that was replaced.
    #[error("this is the old password; choose another")]
    Same,
}

impl Hasher {
    pub(crate) fn hash(
        &self,
        password: &str,
        chance: &dyn Chance,
    ) -> Result<Hash, CredentialError> {
        let salt = text(chance, 26)?.to_string();
        let hash = Digest(self.work(password, &salt));
        Ok(Hash { salt, hash })
    }

    /// Whether the password is the one; takes as long where there is none to compare it with.
    pub(crate) fn verify(&self, password: &str, held: Option<&Hash>) -> bool {
        let salt = held.map_or("nobody-has-this-account-00", |held| held.salt.as_str());
        let found = self.work(password, salt);
        match held {
            Some(held) => bool::from(found.ct_eq(&held.hash.0)),
            None => false,
        }
    }

    fn work(&self, password: &str, salt: &str) -> [u8; 32] {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        while *busy >= AT_ONCE {
            busy = self
                .freed
                .wait(busy)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *busy += 1;
        drop(busy);
        let mut hash = [0; 32];
        // What is longer than a password may be is cut: nobody is to buy work with length.
        let cut: Zeroizing<String> = Zeroizing::new(password.chars().take(LONGEST + 1).collect());
        let made = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).and_then(|params| {
            Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
                cut.as_bytes(),
                salt.as_bytes(),
                &mut hash,
            )
        });
        *self.busy.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.freed.notify_one();
        if let Err(error) = made {
            // A hash that nothing has: the sign-in fails, and never opens.
            tracing::error!(%error, "a password could not be hashed");
            return [0xff; 32];
        }
        hash
    }
}

/// Whether a new password is hard enough to guess.
pub(crate) fn judge(password: &str, names: &[&str]) -> Result<(), WeakPasswordError> {
    let count = password.chars().count();
    if count < SHORTEST {
        return Err(WeakPasswordError::Short);
    }
    if count > LONGEST {
        return Err(WeakPasswordError::Long);
    }
    let lower = password.to_lowercase();
    let held = |name: &&&str| name.chars().count() > 2 && lower.contains(&name.to_lowercase());
    let parts = names.iter().flat_map(|name| name.split(['.', ' ', '-']));
    let parts: Vec<&str> = parts.collect();
    if parts.iter().any(|part| held(&part)) {
        return Err(WeakPasswordError::Name);
    }
    let mut different: Vec<char> = lower.chars().collect();
    different.sort_unstable();
    different.dedup();
    let stem: String = lower.chars().filter(|c| c.is_alphabetic()).collect();
    let listed = COMMON.iter().any(|common| {
        stem == *common || lower.contains(common) && common.len() * 3 >= lower.len() * 2
    });
    if different.len() < FEWEST_DIFFERENT || listed || is_run(&lower) {
        return Err(WeakPasswordError::Common);
    }
    Ok(())
}

/// Whether it only counts up or down, or walks along the keys.
fn is_run(lower: &str) -> bool {
    let rows = [
        "01234567890123456789",
        "abcdefghijklmnopqrstuvwxyz",
        "qwertyuiopasdfghjklzxcvbnm",
    ];
    rows.iter().any(|row| {
        let back: String = row.chars().rev().collect();
        row.contains(lower) || back.contains(lower)
    })
}

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const AT_ONCE: u8 = 2;
const SHORTEST: usize = 12;
const LONGEST: usize = 200;
const FEWEST_DIFFERENT: usize = 5;

/// What is tried first, with digits and signs left out.
const COMMON: [&str; 24] = [
    "password",
    "passwordpassword",
    "letmein",
    "letmeinplease",
    "welcome",
    "administrator",
    "changeme",
    "changemeplease",
    "qwerty",
    "qwertyuiop",
    "iloveyou",
    "iloveschool",
    "schoolgate",
    "headteacher",
    "technician",
    "computing",
    "correcthorsebatterystaple",
    "trustno",
    "sunshine",
    "football",
    "liverpool",
    "manchester",
    "christmas",
    "temporary",
];

#[cfg(test)]
mod tests {
    use super::*;
    use model::SystemChance;

    // SEC-03
    #[test]
    fn a_password_is_found_by_its_hash_alone() {
        let hasher = Hasher::default();
        let held = hasher.hash("violet tractor seven", &SystemChance).unwrap();
        assert!(hasher.verify("violet tractor seven", Some(&held)));
        assert!(!hasher.verify("violet tractor eight", Some(&held)));
        assert!(!hasher.verify("violet tractor seven", None));
        assert!(!serde_json::to_string(&held).unwrap().contains("violet"));
    }

    #[test]
    fn what_is_tried_first_is_no_password() {
        for (password, wrong) in [
            ("short words", WeakPasswordError::Short),
            ("j.ahmed likes tea", WeakPasswordError::Name),
            ("Password12345!", WeakPasswordError::Common),
            ("aaaaaaaaaaaaaaab", WeakPasswordError::Common),
            ("1234567890123", WeakPasswordError::Common),
            ("qwertyuiop1234", WeakPasswordError::Common),
            (&"x7".repeat(101), WeakPasswordError::Long),
        ] {
            assert_eq!(
                judge(password, &["j.ahmed", "Jo Ahmed"]),
                Err(wrong),
                "{password}"
            );
        }
        assert_eq!(
            judge("violet tractor seven", &["j.ahmed", "Jo Ahmed"]),
            Ok(())
        );
    }
}
