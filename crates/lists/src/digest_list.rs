use crate::{Format, Import, ImportError, Item, Rules};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt;

/// The salted digest of a name or URL that a list does not tell.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SaltedDigest {
    /// What it is the digest of.
    pub kind: DigestKind,
    bytes: [u8; 32],
}

/// What a salted digest stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DigestKind {
    /// A host name; the name and all below it are meant.
    Name,
    /// A host with path and query, exactly.
    Url,
}

impl SaltedDigest {
    /// Makes the digest of a canonical host name, or of host and path, as lists hold it.
    ///
    /// HMAC-SHA256 with the salt as key over `name:` or `url:` and the text, so that the digest of
    /// a name is never that of a URL.
    pub fn of(salt: &DigestSalt, kind: DigestKind, text: &str) -> Self {
        // INVARIANT: HMAC takes keys of any length.
        let mut mac = match Hmac::<Sha256>::new_from_slice(&salt.0) {
            Ok(mac) => mac,
            Err(_) => unreachable!("HMAC takes keys of any length"),
        };
        mac.update(match kind {
            DigestKind::Name => b"name:",
            DigestKind::Url => b"url:",
        });
        mac.update(text.as_bytes());
        Self {
            kind,
            bytes: mac.finalize().into_bytes().into(),
        }
    }

    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (kind, digits) = line.split_once(':')?;
        let kind = match kind {
            "name" => DigestKind::Name,
            "url" => DigestKind::Url,
            _ => return None,
        };
        let digest: model::Digest = digits.trim().parse().ok()?;
        Some(Self {
            kind,
            bytes: digest.0,
        })
    }

    /// The digest as a line of a list.
    pub fn line(&self) -> String {
        let kind = match self.kind {
            DigestKind::Name => "name",
            DigestKind::Url => "url",
        };
        format!("{kind}:{}", model::Digest(self.bytes))
    }
}

impl fmt::Debug for SaltedDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SaltedDigest(withheld)")
    }
}

/// What is mixed into the digests of one list.
#[derive(Clone)]
pub struct DigestSalt(Vec<u8>);

impl DigestSalt {
    /// Reads 32 to 128 hexadecimal digits.
    pub fn parse(digits: &str) -> Option<Self> {
        let digits = digits.trim();
        if !(32..=128).contains(&digits.len())
            || !digits.len().is_multiple_of(2)
            || !digits.is_ascii()
        {
            return None;
        }
        let pairs = digits.as_bytes().chunks_exact(2);
        let bytes = pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        bytes.collect::<Option<_>>().map(Self)
    }
}

impl fmt::Debug for DigestSalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestSalt(withheld)")
    }
}

/// A list of salted digests, to be asked.
pub struct DigestList {
    salt: DigestSalt,
    digests: Vec<SaltedDigest>,
}

impl DigestList {
    /// Reads a list; `None` where it has no salt or no digest.
    ///
    /// # Errors
    ///
    /// When the packed list cannot be read to its end.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, ImportError> {
        let rules = Rules {
            withheld: true,
            ..Rules::third_party(Format::Digests)
        };
        let mut digests = Vec::new();
        Import::new(rules).read(bytes, &mut |item| {
            if let Item::Digest(digest) = item {
                digests.push(digest);
            }
            None
        })?;
        digests.sort_unstable();
        digests.dedup();
        let salt = std::str::from_utf8(bytes).ok().and_then(|text| {
            let heads = text
                .lines()
                .filter_map(|line| line.strip_prefix('#')?.trim().split_once(':'));
            let mut salts = heads.filter(|(key, _)| key.trim() == "salt");
            salts.find_map(|(_, value)| DigestSalt::parse(value))
        });
        Ok(salt
            .filter(|_| !digests.is_empty())
            .map(|salt| Self { salt, digests }))
    }

    /// How many digests there are.
    pub fn len(&self) -> usize {
        self.digests.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.digests.is_empty()
    }

    /// Whether the list holds this host name or one above it.
    pub fn holds_name(&self, name: model::Name<'_>) -> bool {
        let mut at = Some(name);
        while let Some(name) = at {
            if self.holds(DigestKind::Name, name.as_str()) {
                return true;
            }
            at = name.parent();
        }
        false
    }

    /// Whether the list holds exactly this host and path.
    pub fn holds_url(&self, host_and_path: &str) -> bool {
        self.holds(DigestKind::Url, host_and_path)
    }

    fn holds(&self, kind: DigestKind, text: &str) -> bool {
        let digest = SaltedDigest::of(&self.salt, kind, text);
        self.digests.binary_search(&digest).is_ok()
    }
}

impl fmt::Debug for DigestList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestList")
            .field("digests", &self.digests.len())
            .finish_non_exhaustive()
    }
}
