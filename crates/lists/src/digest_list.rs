use crate::{Format, Import, ImportError, Item, Rules};
use matcher::{DigestKind, DigestSalt, SaltedDigest};
use std::fmt;

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
        let mut salt = None;
        Import::new(rules).read(bytes, &mut |item| {
            if let Item::Digest(digest, with) = item {
                digests.push(digest);
                salt.get_or_insert_with(|| with.clone());
            }
            None
        })?;
        digests.sort_unstable();
        digests.dedup();
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
