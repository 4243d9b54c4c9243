use crate::Coverage;
use crate::url::{UrlEnd, UrlRule, UrlText};

/// A rule as the compiler keeps it.
pub(super) struct UrlRecord {
    pub(super) list: u16,
    pub(super) coverage: u8,
    pub(super) end: UrlEnd,
    pub(super) host: Box<str>,
    /// In canonical form, ASCII.
    pub(super) path: Box<str>,
}

/// Why a URL rule was not taken; the compiler goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Its path is longer than any published one.
    #[error("the path is longer than 1023 bytes; name a shorter beginning of it")]
    Long,
}

impl UrlRecord {
    pub(super) fn new(list: u16, rule: &UrlRule<'_>) -> Result<Self, UrlError> {
        let text = UrlText::of_rule(rule.path).ok_or(UrlError::Long)?;
        Ok(Self {
            list,
            coverage: rule.coverage.bits() & (Coverage::NAME | Coverage::BELOW),
            end: rule.end,
            host: rule.host.to_string().into(),
            path: String::from_utf8_lossy(text.bytes()).into(),
        })
    }

    /// What tells it from others, for the digest of the input.
    pub(super) fn parts(&self) -> [&[u8]; 3] {
        let flags: &[u8] = match (self.end, self.coverage) {
            (UrlEnd::Anywhere, 1) => b"a1",
            (UrlEnd::Anywhere, 2) => b"a2",
            (UrlEnd::Anywhere, _) => b"a3",
            (UrlEnd::Segment, 1) => b"s1",
            (UrlEnd::Segment, 2) => b"s2",
            (UrlEnd::Segment, _) => b"s3",
            (UrlEnd::Url, 1) => b"u1",
            (UrlEnd::Url, 2) => b"u2",
            (UrlEnd::Url, _) => b"u3",
        };
        [flags, self.host.as_bytes(), self.path.as_bytes()]
    }

    /// As people read it: `host/path`, `*` where it may go on within a word, `|` where it may not
    /// go on at all.
    pub(super) fn text(&self) -> String {
        let end = match self.end {
            UrlEnd::Anywhere => "*",
            UrlEnd::Segment => "",
            UrlEnd::Url => "|",
        };
        format!("{}{}{end}", self.host, self.path)
    }
}
