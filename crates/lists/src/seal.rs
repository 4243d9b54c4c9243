use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt;

/// The key under which lists of illegal content lie on the disk.
///
/// It is derived from the secret of the installation, so that a copy of the lists alone is of no
/// use to anybody.
#[derive(Clone)]
pub(crate) struct SealKey {
    cipher: [u8; 32],
    nonce: [u8; 32],
}

impl SealKey {
    pub(crate) fn of(secret: &[u8; 32]) -> Self {
        Self {
            cipher: mac(secret, b"schoolgate list seal 1"),
            nonce: mac(secret, b"schoolgate list nonce 1"),
        }
    }

    /// Seals a list; the same text is sealed to the same bytes. `None` where the cipher refuses,
    /// which it does for no list that fits into memory.
    pub(crate) fn seal(&self, text: &[u8]) -> Option<Vec<u8>> {
        // INVARIANT: the nonce is a keyed digest of the text, so no two texts share one.
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&mac(&self.nonce, text)[..NONCE_LEN]);
        let mut sealed = text.to_vec();
        self.key()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(MARK),
                &mut sealed,
            )
            .ok()?;
        Some([MARK, &nonce, &sealed].concat())
    }

    /// Opens what was sealed; `None` where it was sealed by another installation or altered.
    pub(crate) fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let rest = sealed.strip_prefix(MARK)?;
        let (nonce, rest) = rest.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = rest.to_vec();
        let length = self
            .key()?
            .open_in_place(nonce, Aad::from(MARK), &mut text)
            .ok()?
            .len();
        text.truncate(length);
        Some(text)
    }

    fn key(&self) -> Option<LessSafeKey> {
        let key = UnboundKey::new(&AES_256_GCM, &self.cipher).ok()?;
        Some(LessSafeKey::new(key))
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey")
    }
}

/// Whether bytes were sealed.
pub(crate) fn is_sealed(bytes: &[u8]) -> bool {
    bytes.starts_with(MARK)
}

fn mac(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    // INVARIANT: HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        unreachable!("HMAC takes keys of any length")
    };
    mac.update(text);
    mac.finalize().into_bytes().into()
}

const MARK: &[u8] = b"schoolgate sealed list 1\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_opened_by_the_same_installation_alone() {
        let (ours, theirs) = (SealKey::of(&[1; 32]), SealKey::of(&[2; 32]));
        let sealed = ours.seal(b"floor.test\n").unwrap();
        assert!(is_sealed(&sealed));
        assert!(!sealed.windows(5).any(|part| part == b"floor"));
        assert_eq!(ours.open(&sealed).as_deref(), Some(&b"floor.test\n"[..]));
        assert_eq!(theirs.open(&sealed), None);
        assert_eq!(ours.seal(b"floor.test\n").unwrap(), sealed);
    }

    #[test]
    fn no_flipped_byte_goes_unseen() {
        let key = SealKey::of(&[1; 32]);
        let sealed = key.seal(b"floor.test\n").unwrap();
        for place in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[place] ^= 1;
            assert_eq!(key.open(&bad), None, "byte {place}");
            assert_eq!(key.open(&sealed[..place]), None);
        }
    }

    #[test]
    fn a_key_does_not_print_itself() {
        assert_eq!(format!("{:?}", SealKey::of(&[7; 32])), "SealKey");
    }
}
