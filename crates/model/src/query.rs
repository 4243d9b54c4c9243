use crate::{Host, HostBuffer, HostError};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

/// The door at which a query came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Door {
    /// A DNS question.
    Dns,
    /// CONNECT to the proxy.
    Connect,
    /// A plain HTTP request.
    Http,
    /// A request inside TLS that we opened.
    Https,
    /// The command line or the console asks what would be decided; nothing is recorded.
    Explain,
}

impl Door {
    /// The word of the journal.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Http => "http",
            Self::Https => "https",
            Self::Explain => "explain",
        }
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The scheme of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain HTTP, port 80 unless said.
    Http,
    /// HTTP in TLS, port 443 unless said.
    Https,
}

/// The part of a URL that a door saw beyond the host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UrlSeen<'a> {
    /// The scheme.
    pub scheme: Scheme,
    /// The path in canonical form; see [`UrlSeen::new`].
    pub path: Cow<'a, str>,
    /// The query as it was sent, without the question mark. Never recorded.
    pub query: Option<&'a str>,
}

impl<'a> UrlSeen<'a> {
    /// Brings the path into the form that rules are matched against.
    ///
    /// Percent-encoded unreserved characters are decoded once, dot segments are taken out
    /// (RFC 3986, 6.2.2), a backslash is a slash as browsers read it, several slashes are one, an
    /// empty path is `/`.
    pub fn new(scheme: Scheme, path: &'a str, query: Option<&'a str>) -> Self {
        Self {
            scheme,
            path: canonical_path(path),
            query,
        }
    }
}

/// What is asked for, in the detail that the door saw.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target<'a> {
    /// The host in canonical form.
    pub host: Host<'a>,
    /// The port, where the door saw one.
    pub port: Option<u16>,
    /// The rest of the URL, at doors that see it.
    pub url: Option<UrlSeen<'a>>,
}

impl<'a> Target<'a> {
    /// A target of which only the host is seen.
    pub const fn of_host(host: Host<'a>) -> Self {
        Self {
            host,
            port: None,
            url: None,
        }
    }

    /// The same target as a door sees it that sees hosts alone.
    pub const fn without_url(&self) -> Self {
        Self {
            host: self.host,
            port: self.port,
            url: None,
        }
    }

    /// Reads `host`, `host:port`, or an `http` or `https` URL.
    ///
    /// Sign-in details in front of an `@` and a fragment are dropped.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the text.
    pub fn parse(text: &'a str, buffer: &'a mut HostBuffer) -> Result<Self, TargetError> {
        let text = text.trim();
        let Some((scheme, rest)) = text.split_once("://") else {
            let (host, port) = split_port(text)?;
            return Ok(Self {
                host: Host::normalise(host, buffer)?,
                port,
                url: None,
            });
        };
        let scheme = match scheme {
            _ if scheme.eq_ignore_ascii_case("http") => Scheme::Http,
            _ if scheme.eq_ignore_ascii_case("https") => Scheme::Https,
            _ => {
                return Err(TargetError::Scheme {
                    scheme: scheme.chars().take(32).collect(),
                });
            }
        };
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let end = rest.find(['/', '?', '\\']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        let authority = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        let (host, port) = split_port(authority)?;
        let host = Host::normalise(host, buffer)?;
        Ok(Self {
            host,
            port,
            url: Some(UrlSeen::new(scheme, path, query)),
        })
    }
}

/// A text names no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Its host is none.
    #[error(transparent)]
    Host(#[from] HostError),
    /// Its port is none.
    #[error("the port is not a number from 1 to 65535")]
    Port,
    /// A scheme that no door carries.
    #[error("the scheme `{scheme}` is neither `http` nor `https`")]
    Scheme {
        /// The scheme, cut to 32 characters.
        scheme: String,
    },
}

/// One question to the gate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Query<'a> {
    /// What is asked for.
    pub target: Target<'a>,
    /// Where it came in.
    pub door: Door,
    /// The address it came from.
    pub source: IpAddr,
}

fn split_port(text: &str) -> Result<(&str, Option<u16>), TargetError> {
    let colons = text.bytes().filter(|&byte| byte == b':').count();
    let split = match text.rfind(']') {
        Some(end) if text.starts_with('[') => Some(end + 1),
        _ if colons == 1 => text.find(':'),
        _ => None,
    };
    let Some(split) = split else {
        return Ok((text, None));
    };
    let (host, port) = text.split_at(split);
    match port.strip_prefix(':') {
        None if port.is_empty() => Ok((host, None)),
        Some("") => Ok((host, None)),
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits
            .parse()
            .ok()
            .filter(|&port| port > 0)
            .map(|port| (host, Some(port)))
            .ok_or(TargetError::Port),
        None | Some(_) => Err(TargetError::Port),
    }
}

fn canonical_path(raw: &str) -> Cow<'_, str> {
    if raw.is_empty() {
        return Cow::Borrowed("/");
    }
    let plain = raw.starts_with('/')
        && !raw.contains(['%', '\\'])
        && !raw.contains("/.")
        && !raw.contains("//");
    if plain {
        return Cow::Borrowed(raw);
    }
    let decoded = decode_unreserved(raw);
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = decoded.split('/').peekable();
    if decoded.starts_with('/') {
        segments.next();
    }
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." if last => kept.push(""),
            "." => {}
            ".." => {
                kept.pop();
                if last {
                    kept.push("");
                }
            }
            // Servers read a doubled slash as one; a rule must not be evaded by it.
            "" if !last => {}
            _ => kept.push(segment),
        }
    }
    let mut path = String::with_capacity(decoded.len() + 1);
    for segment in kept {
        path.push('/');
        path.push_str(segment);
    }
    if path.is_empty() {
        path.push('/');
    }
    Cow::Owned(path)
}

/// Decodes `%41` and its like once; what is reserved stays encoded, in upper-case digits.
fn decode_unreserved(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw.chars();
    while let Some(character) = rest.next() {
        match character {
            '\\' => text.push('/'),
            '%' => {
                let after = rest.as_str();
                let digits = after
                    .get(..2)
                    .filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()));
                let Some(digits) = digits else {
                    text.push('%');
                    continue;
                };
                rest = after[2..].chars();
                match u8::from_str_radix(digits, 16).map(char::from) {
                    Ok(plain) if plain.is_ascii_alphanumeric() || "-._~".contains(plain) => {
                        text.push(plain)
                    }
                    Ok(_) | Err(_) => {
                        text.push('%');
                        text.push_str(&digits.to_ascii_uppercase());
                    }
                }
            }
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(raw: &str) -> String {
        canonical_path(raw).into_owned()
    }

    // CIR-23
    #[test]
    fn spellings_of_one_path_come_to_one_text() {
        for raw in [
            "/a/b",
            "/a/./b",
            "/a/x/../b",
            "/%61/b",
            "\\a\\b",
            "/a/%2e/b",
            "/../a/b",
            "a/b",
            "//a///b",
            "/a/..//a/b",
        ] {
            assert_eq!(path(raw), "/a/b", "{raw}");
        }
        assert_eq!(path(""), "/");
        assert_eq!(path("/a/.."), "/");
        assert_eq!(path("/%2f%zz%"), "/%2F%zz%");
    }

    #[test]
    fn a_target_is_a_host_or_a_url() {
        let mut buffer = HostBuffer::new();
        let target =
            Target::parse("HTTPS://user:pw@Example.Test:8443/A?q=1#x", &mut buffer).unwrap();
        assert_eq!(target.host.to_string(), "example.test");
        assert_eq!(target.port, Some(8443));
        assert_eq!(
            target.url,
            Some(UrlSeen {
                scheme: Scheme::Https,
                path: "/A".into(),
                query: Some("q=1")
            })
        );
        let mut buffer = HostBuffer::new();
        let target = Target::parse("[2001:db8::1]:443", &mut buffer).unwrap();
        assert_eq!(
            (target.host.to_string().as_str(), target.port),
            ("2001:db8::1", Some(443))
        );
    }

    #[test]
    fn what_is_no_target_is_refused() {
        for text in [
            "ftp://example.test",
            "http://",
            "example.test:0",
            "example.test:http",
            "http://[::1]x/",
            "a b",
        ] {
            let mut buffer = HostBuffer::new();
            assert!(Target::parse(text, &mut buffer).is_err(), "{text}");
        }
    }
}
