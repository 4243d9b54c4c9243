use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A host name in canonical form: lower-case A-labels (UTS 46), no trailing dot, 1 to 253 bytes.
///
/// Underscores are allowed, for live names carry them. A `Name` is never a spelling of an address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name<'a>(&'a str);

impl<'a> Name<'a> {
    /// The text of the name.
    pub const fn as_str(self) -> &'a str {
        self.0
    }

    /// The name and its parents, the longest first, down to the last label.
    pub fn suffixes(self) -> impl Iterator<Item = Name<'a>> {
        std::iter::successors(Some(self), |name| name.parent())
    }

    /// The name without its first label; `None` for a single label.
    pub fn parent(self) -> Option<Self> {
        self.0.split_once('.').map(|(_, rest)| Self(rest))
    }

    /// Whether this is the other name, or stands below it.
    pub fn is_at_or_below(self, other: Name<'_>) -> bool {
        let (name, parent) = (self.0.as_bytes(), other.0.as_bytes());
        name.ends_with(parent)
            && (name.len() == parent.len() || name[name.len() - parent.len() - 1] == b'.')
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0, f)
    }
}

/// What a query asks for: a name or a literal address, in the one form that all doors use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Host<'a> {
    /// A host name.
    Name(Name<'a>),
    /// A literal address; an IPv4-mapped IPv6 address is its IPv4 address.
    Address(IpAddr),
}

/// Room for one canonical name, kept by the caller so that normalising need not allocate.
#[derive(Clone)]
pub struct HostBuffer {
    bytes: [u8; MOST_BYTES],
}

impl HostBuffer {
    /// Makes an empty buffer.
    pub const fn new() -> Self {
        Self {
            bytes: [0; MOST_BYTES],
        }
    }
}

impl Default for HostBuffer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for HostBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostBuffer")
    }
}

/// A text names no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// Nothing there.
    #[error("the host is empty")]
    Empty,
    /// Past 253 bytes.
    #[error("the host is longer than 253 bytes")]
    Long,
    /// An empty label, or one past 63 bytes.
    #[error("a label of the host is empty or longer than 63 bytes")]
    Label,
    /// A character that no host has.
    #[error("the host has a character that no host has")]
    Character,
    /// Neither a name nor an address that can be read.
    #[error("the host looks like an address but is none")]
    Address,
}

impl<'b> Host<'b> {
    /// Brings any spelling of a host into the canonical form.
    ///
    /// Case, one trailing dot, percent-encoding, Unicode (UTS 46, non-transitional) and the
    /// spellings of IPv4 addresses that clients accept (octal, hexadecimal, fewer parts: WHATWG
    /// URL, "ends in a number") all come to the same text. Plain ASCII does not allocate.
    ///
    /// # Errors
    ///
    /// Says what is wrong; the caller refuses the query.
    pub fn normalise(text: &str, buffer: &'b mut HostBuffer) -> Result<Self, HostError> {
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or(HostError::Address)?;
            return inner
                .parse()
                .map(Self::of_v6)
                .map_err(|_| HostError::Address);
        }
        if text.bytes().filter(|&byte| byte == b':').count() > 1 {
            return text
                .parse()
                .map(Self::of_v6)
                .map_err(|_| HostError::Address);
        }
        let text = if text.bytes().all(|byte| byte.is_ascii() && byte != b'%') {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(to_ascii(text)?)
        };
        let text = text.strip_suffix('.').unwrap_or(&text);
        let room = buffer.bytes.get_mut(..text.len()).ok_or(HostError::Long)?;
        room.copy_from_slice(text.as_bytes());
        room.make_ascii_lowercase();
        Self::from_lower(room)
    }

    /// Reads bytes that are already lower-case ASCII without a trailing dot, without copying.
    ///
    /// # Errors
    ///
    /// As [`Host::normalise`]; upper case counts as a character that no host has.
    pub fn from_lower(bytes: &'b [u8]) -> Result<Self, HostError> {
        if bytes.is_empty() {
            return Err(HostError::Empty);
        }
        if bytes.len() > MOST_BYTES {
            return Err(HostError::Long);
        }
        let mut label = 0;
        for &byte in bytes {
            match BYTES[usize::from(byte)] {
                Kind::Dot if label == 0 || label > MOST_LABEL => return Err(HostError::Label),
                Kind::Dot => label = 0,
                Kind::Inside => label += 1,
                Kind::Outside => return Err(HostError::Character),
            }
        }
        if label == 0 || label > MOST_LABEL {
            return Err(HostError::Label);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| HostError::Character)?;
        if ends_in_number(text) {
            return parse_v4(text)
                .map(|v4| Self::Address(v4.into()))
                .ok_or(HostError::Address);
        }
        Ok(Self::Name(Name(text)))
    }

    /// The host of an address, an IPv4-mapped one as its IPv4 address.
    pub const fn of_address(address: IpAddr) -> Self {
        Self::Address(address.to_canonical())
    }

    /// The name, where it is one.
    pub const fn name(self) -> Option<Name<'b>> {
        match self {
            Self::Name(name) => Some(name),
            Self::Address(_) => None,
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        Self::of_address(IpAddr::V6(address))
    }
}

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => fmt::Display::fmt(name, f),
            Self::Address(address) => fmt::Display::fmt(address, f),
        }
    }
}

/// Undoes percent-encoding and maps Unicode to A-labels; the slow way, for what is not plain ASCII.
fn to_ascii(text: &str) -> Result<String, HostError> {
    if text.len() > MOST_BYTES * 9 {
        return Err(HostError::Long);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = after.split_at_checked(2).ok_or(HostError::Character)?;
        let digit = |byte: u8| char::from(byte).to_digit(16).ok_or(HostError::Character);
        let value = digit(digits[0])? * 16 + digit(digits[1])?;
        bytes.push(u8::try_from(value).map_err(|_| HostError::Character)?);
        rest = after;
    }
    let ascii = idna::domain_to_ascii_cow(&bytes, idna::AsciiDenyList::URL)
        .map_err(|_| HostError::Character)?;
    Ok(ascii.into_owned())
}

/// Whether the last label is a number, so that clients would read the host as an IPv4 address.
fn ends_in_number(text: &str) -> bool {
    let last = text.rsplit_once('.').map_or(text, |(_, last)| last);
    let digits = last.as_bytes();
    if !digits.first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    digits.iter().all(u8::is_ascii_digit)
        || last
            .strip_prefix("0x")
            .is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Reads the spellings of an IPv4 address that browsers and C libraries accept.
fn parse_v4(text: &str) -> Option<Ipv4Addr> {
    let mut value: u64 = 0;
    let mut parts = 0u32;
    let mut labels = text.split('.').peekable();
    while let Some(label) = labels.next() {
        let number = parse_number(label)?;
        parts += 1;
        if parts > 4 {
            return None;
        }
        if labels.peek().is_some() {
            if number > 255 {
                return None;
            }
            value = value << 8 | number;
        } else {
            let width = 8 * (5 - parts);
            if number >= 1 << width {
                return None;
            }
            value = value << width | number;
        }
    }
    u32::try_from(value).ok().map(Ipv4Addr::from)
}

fn parse_number(label: &str) -> Option<u64> {
    if let Some(hex) = label.strip_prefix("0x") {
        return if hex.is_empty() {
            Some(0)
        } else {
            u64::from_str_radix(hex, 16).ok()
        };
    }
    if label.len() > 1 && label.starts_with('0') {
        return u64::from_str_radix(label, 8).ok();
    }
    if label.bytes().all(|byte| byte.is_ascii_digit()) {
        label.parse().ok()
    } else {
        None
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Inside,
    Dot,
    Outside,
}

const MOST_BYTES: usize = 253;
const MOST_LABEL: usize = 63;

const BYTES: [Kind; 256] = {
    let mut kinds = [Kind::Outside; 256];
    let mut byte = 0usize;
    while byte < 256 {
        let kind = match byte as u8 {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => Kind::Inside,
            b'.' => Kind::Dot,
            _ => Kind::Outside,
        };
        kinds[byte] = kind;
        byte += 1;
    }
    kinds
};

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Result<String, HostError> {
        let mut buffer = HostBuffer::new();
        Host::normalise(text, &mut buffer).map(|host| host.to_string())
    }

    // CIR-23
    #[test]
    fn spellings_of_one_name_come_to_one_text() {
        for text in [
            "www.example.test",
            "WWW.Example.TEST",
            "www.example.test.",
            "www%2Eexample.test",
            "www。example.test",
        ] {
            assert_eq!(canonical(text).as_deref(), Ok("www.example.test"), "{text}");
        }
        assert_eq!(
            canonical("bücher.example").as_deref(),
            Ok("xn--bcher-kva.example")
        );
        assert_eq!(
            canonical("B%C3%BCcher.example").as_deref(),
            Ok("xn--bcher-kva.example")
        );
        assert_eq!(
            canonical("_dmarc.example.test").as_deref(),
            Ok("_dmarc.example.test")
        );
    }

    // CIR-14, CIR-23
    #[test]
    fn spellings_of_one_address_come_to_one_address() {
        for text in [
            "127.0.0.1",
            "127.1",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "0x7f000001",
            "2130706433",
            "127.0.1",
            "[::ffff:127.0.0.1]",
            "::ffff:7f00:1",
            "127.0.0.1.",
            "127.0.0.0x1",
            "１２７.0.0.1",
            "%31%32%37.0.0.1",
        ] {
            assert_eq!(canonical(text).as_deref(), Ok("127.0.0.1"), "{text}");
        }
        assert_eq!(canonical("[2001:DB8::1]").as_deref(), Ok("2001:db8::1"));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        let long = format!("{}.test", "a".repeat(64));
        for (text, error) in [
            ("", HostError::Empty),
            (".", HostError::Empty),
            ("a..test", HostError::Label),
            (".test", HostError::Label),
            (&*long, HostError::Label),
            ("a b.test", HostError::Character),
            ("a/b", HostError::Character),
            ("1.2.3.4.5", HostError::Address),
            ("256.1.1.1", HostError::Address),
            ("1.2.3.09", HostError::Address),
            ("[::1", HostError::Address),
            ("[fe80::1%25lo]", HostError::Address),
            ("a%zz.test", HostError::Character),
        ] {
            assert_eq!(canonical(text), Err(error), "{text}");
        }
        assert_eq!(
            canonical(&format!("{}test", "a.".repeat(200))),
            Err(HostError::Long)
        );
    }

    #[test]
    fn a_canonical_name_is_its_own_canonical_form() {
        for text in [
            "www.example.test",
            "xn--bcher-kva.example",
            "1.example",
            "0x.test",
            "10.0.0.1",
        ] {
            let once = canonical(text).unwrap();
            assert_eq!(canonical(&once).unwrap(), once);
        }
    }

    #[test]
    fn a_name_stands_below_its_parents_only() {
        let mut buffer = HostBuffer::new();
        let name = Host::normalise("a.b.test", &mut buffer)
            .unwrap()
            .name()
            .unwrap();
        assert_eq!(
            name.suffixes().map(Name::as_str).collect::<Vec<_>>(),
            ["a.b.test", "b.test", "test"]
        );
        assert!(name.is_at_or_below(Name("b.test")));
        assert!(!name.is_at_or_below(Name(".test")));
        assert!(!Name("ab.test").is_at_or_below(Name("b.test")));
    }
}
