use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use model::{Chance, Digest};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;

/// The public key of a ledger, with the origin that it speaks for.
///
/// Its text form is the verifier key of a C2SP signed note: `<origin>+<key id>+<base64>`.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    origin: String,
    key: VerifyingKey,
}

impl PublicKey {
    /// The name of the ledger that the key speaks for.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What a person compares: printed at founding, kept in the headteacher's safe.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(Digest::of(self.to_string().as_bytes()))
    }

    /// The first four bytes of the digest of name and key, which a note's signature line bears.
    pub(crate) fn id(&self) -> [u8; 4] {
        key_id(&self.origin, &self.key)
    }

    /// Whether this is the signature part of a note with this body: an empty line and one line.
    pub(crate) fn signed_note(&self, body: &str, rest: &str) -> bool {
        let start = format!("\n\u{2014} {} ", self.origin);
        let signature = rest
            .strip_prefix(&*start)
            .and_then(|rest| rest.strip_suffix('\n'))
            .and_then(|text| STANDARD.decode(text).ok());
        let Some((id, signature)) = signature
            .as_deref()
            .and_then(<[u8]>::split_first_chunk::<4>)
        else {
            return false;
        };
        let signature: Option<&[u8; 64]> = signature.try_into().ok();
        *id == self.id() && signature.is_some_and(|one| self.verifies(body.as_bytes(), one))
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.key
            .verify_strict(message, &Signature::from_bytes(signature))
            .is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tagged = tagged(self.key.as_bytes());
        write!(
            f,
            "{}+{}+{}",
            self.origin,
            hex(self.id()),
            STANDARD.encode(tagged)
        )
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// A text is not the public key of a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a ledger's public key: it looks like `origin+0123abcd+AZ...`, on one line")]
pub struct ParsePublicKeyError;

impl FromStr for PublicKey {
    type Err = ParsePublicKeyError;

    fn from_str(text: &str) -> Result<Self, ParsePublicKeyError> {
        let (origin, id, bytes) = split(text.trim()).ok_or(ParsePublicKeyError)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| ParsePublicKeyError)?;
        if hex(key_id(origin, &key)) != id {
            return Err(ParsePublicKeyError);
        }
        Ok(Self {
            origin: origin.to_owned(),
            key,
        })
    }
}

/// The digest of a ledger's public key, in groups of four for reading aloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(Digest);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (head, rest) = self.0.0.split_at(2);
        f.write_str(&hex(head))?;
        rest.chunks(2)
            .try_for_each(|pair| write!(f, " {}", hex(pair)))
    }
}

/// The private key of a ledger. It has no text form but the one of its file.
pub(crate) struct PrivateKey {
    origin: String,
    key: SigningKey,
}

impl PrivateKey {
    /// Makes a key; the origin is one that [`is_origin`] accepts.
    pub(crate) fn make(origin: &str, chance: &dyn Chance) -> std::io::Result<Self> {
        let mut seed = [0; 32];
        chance.fill(&mut seed)?;
        Ok(Self {
            origin: origin.to_owned(),
            key: SigningKey::from_bytes(&seed),
        })
    }

    pub(crate) fn public(&self) -> PublicKey {
        PublicKey {
            origin: self.origin.clone(),
            key: self.key.verifying_key(),
        }
    }

    /// Signs a text as a C2SP note: the text, an empty line, and the signature.
    pub(crate) fn sign_note(&self, body: &str) -> String {
        let mut signature = self.public().id().to_vec();
        signature.extend_from_slice(&self.sign(body.as_bytes()));
        let (origin, signature) = (&self.origin, STANDARD.encode(signature));
        format!("{body}\n\u{2014} {origin} {signature}\n")
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// The content of the key's file: the signer key of a C2SP signed note and a line feed.
    pub(crate) fn file(&self) -> String {
        let tagged = tagged(self.key.as_bytes());
        format!(
            "{PRIVATE}{}+{}+{}\n",
            self.origin,
            hex(self.public().id()),
            STANDARD.encode(tagged)
        )
    }

    /// Reads the content of a key's file; `None` for anything that [`PrivateKey::file`] does not
    /// write, to the last byte.
    pub(crate) fn parse(file: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(file).ok()?;
        let (origin, _, seed) = split(text.strip_prefix(PRIVATE)?.strip_suffix('\n')?)?;
        let found = Self {
            origin: origin.to_owned(),
            key: SigningKey::from_bytes(&seed),
        };
        (found.file().as_bytes() == file).then_some(found)
    }
}

/// Whether a name can stand in a signed note: not empty, at most 200 bytes, no space, no `+`.
pub(crate) fn is_origin(name: &str) -> bool {
    (1..=200).contains(&name.len())
        && name
            .chars()
            .all(|c| !c.is_whitespace() && !c.is_control() && c != '+')
}

fn split(text: &str) -> Option<(&str, &str, [u8; 32])> {
    let mut parts = text.split('+');
    let (origin, id) = (parts.next()?, parts.next()?);
    // Base64 has plus signs of its own, so what follows the second one is taken whole.
    let bytes = text.get(origin.len() + id.len() + 2..)?;
    let bytes = STANDARD.decode(bytes).ok()?;
    let (&ED25519, key) = bytes.split_first()? else {
        return None;
    };
    is_origin(origin).then_some((origin, id, key.try_into().ok()?))
}

fn tagged(key: &[u8; 32]) -> Vec<u8> {
    let mut bytes = vec![ED25519];
    bytes.extend_from_slice(key);
    bytes
}

fn key_id(origin: &str, key: &VerifyingKey) -> [u8; 4] {
    let digest = Sha256::new()
        .chain_update(origin)
        .chain_update([b'\n', ED25519])
        .chain_update(key.as_bytes())
        .finalize();
    let mut id = [0; 4];
    id.copy_from_slice(&digest[..4]);
    id
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

const PRIVATE: &str = "PRIVATE+KEY+";

/// The signature type of a C2SP signed note.
const ED25519: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Chance for Fixed {
        fn fill(&self, buffer: &mut [u8]) -> std::io::Result<()> {
            buffer.fill(7);
            Ok(())
        }
    }

    #[test]
    fn a_public_key_reads_its_own_text_form() {
        let key = PrivateKey::make("ledger.school.test", &Fixed)
            .unwrap()
            .public();
        assert_eq!(key.to_string().parse::<PublicKey>(), Ok(key));
    }

    #[test]
    fn no_altered_byte_of_the_private_key_file_is_accepted_as_the_same_key() {
        let key = PrivateKey::make("ledger.school.test", &Fixed).unwrap();
        let file = key.file().into_bytes();
        for at in 0..file.len() {
            for bit in 0..8 {
                let mut altered = file.clone();
                altered[at] ^= 1 << bit;
                let read = PrivateKey::parse(&altered);
                assert!(read.is_none(), "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn a_fingerprint_is_sixteen_groups_of_four() {
        let key = PrivateKey::make("ledger.school.test", &Fixed)
            .unwrap()
            .public();
        let text = key.fingerprint().to_string();
        assert_eq!(text.split(' ').map(str::len).collect::<Vec<_>>(), [4; 16]);
    }

    #[test]
    fn an_origin_that_would_break_a_note_is_refused() {
        for name in ["", "two words", "a+b", "line\nfeed", "tab\t"] {
            assert!(!is_origin(name), "{name:?}");
        }
        assert!(is_origin("schoolgate.example/ledger"));
    }
}
