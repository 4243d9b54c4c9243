use super::Reader;
use crate::{DigestSalt, Item, Reason, SaltedDigest};

impl Reader<'_> {
    /// `name:<64 digits>` or `url:<64 digits>`, after a head with the salt.
    pub(super) fn digests(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix('#') {
            match rest.trim().split_once(':') {
                Some((key, value)) if key.trim() == "salt" => match DigestSalt::parse(value) {
                    Some(salt) => {
                        self.salt = Some(salt);
                        self.settings();
                    }
                    None => self.refuse(Reason::Syntax, ""),
                },
                Some(_) | None => self.current.comment = true,
            }
            return;
        }
        match (SaltedDigest::parse(line), self.salt.take()) {
            (Some(digest), Some(salt)) => {
                self.give(Item::Digest(digest, &salt), "");
                self.salt = Some(salt);
            }
            // Digests without a salt can be undone by trying all names.
            (Some(_), None) => self.refuse(Reason::OtherFormat, ""),
            (None, salt) => {
                self.salt = salt;
                self.refuse(Reason::Syntax, "");
            }
        }
    }
}
