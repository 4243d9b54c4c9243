use md5::Md5;
use sha2::Sha256;
use sha2::digest::Digest as _;

/// The digest of a file as its publisher tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublishedDigest {
    digits: String,
}

impl PublishedDigest {
    /// Finds the digest of a file in what `md5sum`, `sha256sum` or their BSD kin wrote.
    pub(crate) fn find(text: &str, url: &str) -> Option<Self> {
        let file = url.split(['?', '#']).next()?.rsplit('/').next()?;
        text.lines().find_map(|line| {
            let words = line
                .split([' ', '\t', '(', ')', '='])
                .filter(|word| !word.is_empty());
            let words: Vec<&str> = words.collect();
            let names = |word: &&str| {
                let word = word.trim_start_matches('*');
                word.rsplit('/').next() == Some(file)
            };
            words.iter().find(|word| names(word))?;
            let digits = words.iter().find(|word| {
                matches!(word.len(), 32 | 64) && word.bytes().all(|byte| byte.is_ascii_hexdigit())
            })?;
            let digits = digits.to_ascii_lowercase();
            Some(Self { digits })
        })
    }

    /// Whether the bytes have this digest.
    pub(crate) fn is_of(&self, bytes: &[u8]) -> bool {
        let hex = |bytes: &[u8]| {
            bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        };
        self.digits
            == match self.digits.len() {
                // It tells a broken file from a whole one; who would forge a list owns its
                // publisher's server and could write any digest there.
                32 => hex(&Md5::digest(bytes)),
                _ => hex(&Sha256::digest(bytes)),
            }
    }
}
