use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt;

/// The key under which what stands on a list of illegal content lies on the disk: lists, and the
/// addresses that somebody asked for.
///
/// It is derived from the secret of the installation, so that a copy of the disk without the
/// secret is of no use to anybody.
#[derive(Clone)]
pub struct SealKey {
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

    /// The key of the addresses that somebody asked for; it opens no list.
    pub fn of_evidence(secret: &[u8; 32]) -> Self {
        Self {
            cipher: mac(secret, b"schoolgate evidence seal 1"),
            nonce: mac(secret, b"schoolgate evidence nonce 1"),
        }
    }

    /// Seals an address into a line of text. `None` where the cipher refuses.
    pub fn seal_text(&self, text: &str) -> Option<String> {
        use std::fmt::Write as _;
        let mut line = SEALED_TEXT.to_owned();
        for byte in self.seal(text.as_bytes())?.get(MARK.len()..)? {
            // Writing to a string cannot fail.
            let _ = write!(line, "{byte:02x}");
        }
        Some(line)
    }

    /// Opens what [`SealKey::seal_text`] made; `None` where it was altered, or made by another
    /// installation.
    pub fn open_text(&self, line: &str) -> Option<String> {
        let (pairs, []) = line.strip_prefix(SEALED_TEXT)?.as_bytes().as_chunks::<2>() else {
            return None;
        };
        let digit = |digit: u8| char::from(digit).to_digit(16);
        let byte = |pair: &[u8; 2]| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok();
        let sealed: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        String::from_utf8(self.open(&[MARK, &sealed?].concat())?).ok()
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

/// How the line of a sealed address begins.
const SEALED_TEXT: &str = "sealed:";

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

    // ILL-13
    #[test]
    fn a_sealed_address_is_a_line_that_nobody_else_opens() {
        let ours = SealKey::of_evidence(&[1; 32]);
        let line = ours.seal_text("floor.test/page").unwrap();
        assert!(
            line.starts_with("sealed:") && !line.contains("floor"),
            "{line}"
        );
        assert_eq!(ours.open_text(&line).as_deref(), Some("floor.test/page"));
        let theirs = SealKey::of_evidence(&[2; 32]);
        assert_eq!(theirs.open_text(&line), None);
        assert_eq!(SealKey::of(&[1; 32]).open_text(&line), None);
        for bad in [
            "",
            "sealed:",
            "sealed:0",
            "sealed:zz",
            &line[..line.len() - 2],
        ] {
            assert_eq!(ours.open_text(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_key_does_not_print_itself() {
        assert_eq!(format!("{:?}", SealKey::of(&[7; 32])), "SealKey");
    }
}
