use crate::key::{PrivateKey, PublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Digest;
use std::fmt;
use std::str::FromStr;

/// A signed statement of the ledger's size and root: a head.
///
/// Its text form is a C2SP tlog-checkpoint, a signed note of origin, size and root. A parsed
/// checkpoint is a claim until [`Checkpoint::verify`] accepts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Digest,
    signer: [u8; 4],
    signature: [u8; 64],
}

impl Checkpoint {
    pub(crate) fn sign(key: &PrivateKey, size: u64, root: Digest) -> Self {
        let public = key.public();
        let signature = key.sign(body(public.origin(), size, root).as_bytes());
        Self {
            origin: public.origin().to_owned(),
            size,
            root,
            signer: public.id(),
            signature,
        }
    }

    /// The name of the ledger.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many entries it speaks for.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree over those entries.
    pub const fn root(&self) -> Digest {
        self.root
    }

    /// Whether this key signed the checkpoint.
    pub fn verify(&self, key: &PublicKey) -> bool {
        self.origin == key.origin()
            && self.signer == key.id()
            && key.verifies(
                body(&self.origin, self.size, self.root).as_bytes(),
                &self.signature,
            )
    }

    /// The length of the text form of any checkpoint of this origin and size.
    pub(crate) fn text_length(origin: &str, size: u64) -> usize {
        // Two line feeds in the body, the root, an empty line, the dash and two spaces.
        let digits = size.checked_ilog10().map_or(1, |tens| tens as usize + 1);
        origin.len() + 1 + digits + 1 + 45 + 1 + (3 + 1 + origin.len() + 1 + 92 + 1)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut signature = self.signer.to_vec();
        signature.extend_from_slice(&self.signature);
        let body = body(&self.origin, self.size, self.root);
        writeln!(
            f,
            "{body}\n\u{2014} {} {}",
            self.origin,
            STANDARD.encode(signature)
        )
    }
}

/// A text is not a checkpoint of a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a ledger's head: it is five lines, the origin, the size, the root, an empty line and a \
     signature that begins with a dash; copy all five"
)]
pub struct ParseCheckpointError;

impl FromStr for Checkpoint {
    type Err = ParseCheckpointError;

    /// Reads the canonical text form; spaces around it, as mail programs add, are dropped.
    fn from_str(text: &str) -> Result<Self, ParseCheckpointError> {
        parse(text.trim()).ok_or(ParseCheckpointError)
    }
}

fn parse(text: &str) -> Option<Checkpoint> {
    let mut lines = text.lines();
    let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
    let (empty, line) = (lines.next()?, lines.next()?);
    let (name, signature) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    let size_number: u64 = size.parse().ok()?;
    let signature = STANDARD.decode(signature).ok()?;
    let (signer, signature) = signature.split_first_chunk::<4>()?;
    let found = Checkpoint {
        origin: origin.to_owned(),
        size: size_number,
        root: Digest(STANDARD.decode(root).ok()?.try_into().ok()?),
        signer: *signer,
        signature: signature.try_into().ok()?,
    };
    // One statement, one text: `007` and `+7` are no sizes.
    let canonical = size == size_number.to_string() && empty.is_empty() && name == origin;
    (canonical && lines.next().is_none()).then_some(found)
}

fn body(origin: &str, size: u64, root: Digest) -> String {
    format!("{origin}\n{size}\n{}\n", STANDARD.encode(root.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Chance;

    struct Fixed(u8);

    impl Chance for Fixed {
        fn fill(&self, buffer: &mut [u8]) -> std::io::Result<()> {
            buffer.fill(self.0);
            Ok(())
        }
    }

    fn key(seed: u8) -> PrivateKey {
        PrivateKey::make("ledger.school.test", &Fixed(seed)).unwrap()
    }

    #[test]
    fn a_checkpoint_is_a_signed_note() {
        let head = Checkpoint::sign(&key(7), 3, Digest::of(b""));
        insta::assert_snapshot!(head.to_string(), @r#"
        ledger.school.test
        3
        47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=

        — ledger.school.test yyXVoZWyp9NY03oMKKrEcvAAj2i4bWfPVRCwoc/cZ2fAU4ZOge0C+5SrTPfdD6EfFAdzSBfFMn8tCRMcecHBP6+ahAw=
        "#);
    }

    #[test]
    fn a_checkpoint_reads_its_own_text_form_and_knows_its_length() {
        for size in [0, 1, 9, 10, 99, 100, u64::MAX] {
            let head = Checkpoint::sign(&key(7), size, Digest::of(b"root"));
            let text = head.to_string();
            assert_eq!(
                text.len(),
                Checkpoint::text_length("ledger.school.test", size)
            );
            let read: Checkpoint = text.parse().unwrap();
            assert!(read.verify(&key(7).public()));
            assert!(!read.verify(&key(8).public()));
            assert_eq!(read, head);
        }
    }

    #[test]
    fn a_size_in_another_spelling_is_refused() {
        let text = Checkpoint::sign(&key(7), 7, Digest::of(b"")).to_string();
        for size in ["07", "+7", " 7"] {
            assert!(
                text.replacen("\n7\n", &format!("\n{size}\n"), 1)
                    .parse::<Checkpoint>()
                    .is_err()
            );
        }
    }
}
