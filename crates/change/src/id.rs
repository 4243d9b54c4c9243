use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A text is not the name of what it should name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}")]
pub struct ParseIdError {
    text: String,
    what: &'static str,
}

impl ParseIdError {
    fn new(text: &str, what: &'static str) -> Self {
        Self {
            text: text.chars().take(80).collect(),
            what,
        }
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(crate) [u8; 16]);

        impl $name {
            /// The sixteen bytes, as the header of an entry of the ledger holds them.
            pub const fn bytes(self) -> [u8; 16] {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                sixteen(text).map(Self).ok_or_else(|| ParseIdError::new(text, $what))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

number!(
    /// One human being, however many accounts; nobody decides what the same person proposed.
    PersonId,
    "the number of a person"
);
number!(
    /// One account; the pseudonym under which entries of the ledger know it.
    AccountId,
    "the number of an account"
);

fn sixteen(text: &str) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

macro_rules! counted {
    ($(#[$doc:meta])* $name:ident, $letter:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "-{:04}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                text.strip_prefix(concat!($letter, "-"))
                    .filter(|digits| digits.len() <= 10 && digits.bytes().all(|b| b.is_ascii_digit()))
                    .and_then(|digits| digits.parse().ok())
                    .map(Self)
                    .ok_or_else(|| ParseIdError::new(text, $what))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

counted!(
    /// A proposal, and all that came of it; people call it by this, such as `C-0042`.
    ProposalId,
    "C",
    "a proposal such as `C-0042`"
);
counted!(
    /// A request for a site, such as `R-0007`; those for one site share it.
    RequestId,
    "R",
    "a request such as `R-0007`"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let id = ProposalId(42);
        assert_eq!(id.to_string(), "C-0042");
        assert_eq!("C-0042".parse(), Ok(id));
        assert_eq!("C-123456".parse(), Ok(ProposalId(123_456)));
        let account = AccountId([0xab; 16]);
        assert_eq!(account.to_string().parse(), Ok(account));
    }

    #[test]
    fn other_texts_are_no_names() {
        for text in ["", "C-", "c-1", "C-+1", "C-99999999999", "C-1x", "42"] {
            assert!(text.parse::<ProposalId>().is_err(), "{text}");
        }
        for text in ["", "+1", &"é".repeat(16), &"g".repeat(32)] {
            assert!(text.parse::<AccountId>().is_err(), "{text}");
        }
    }
}
