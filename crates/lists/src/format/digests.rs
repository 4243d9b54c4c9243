use super::Reader;
use crate::{Item, Reason, SaltedDigest};

/// The salt of the digests that follow.
#[derive(Clone, Copy)]
pub(super) struct Salt;

impl Reader<'_> {
    /// `name:<64 digits>` or `url:<64 digits>`, after a head with the salt.
    pub(super) fn digests(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix('#') {
            match rest.trim().split_once(':') {
                Some((key, value)) if key.trim() == "salt" => match crate::DigestSalt::parse(value)
                {
                    Some(_) => {
                        self.salt = Some(Salt);
                        self.settings();
                    }
                    None => self.refuse(Reason::Syntax, ""),
                },
                Some(_) | None => self.current.comment = true,
            }
            return;
        }
        match SaltedDigest::parse(line) {
            // Digests without a salt can be undone by trying all names.
            Some(_) if self.salt.is_none() => self.refuse(Reason::OtherFormat, ""),
            Some(digest) => self.give(Item::Digest(digest), ""),
            None => self.refuse(Reason::Syntax, ""),
        }
    }
}
