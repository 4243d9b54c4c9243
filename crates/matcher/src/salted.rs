//! Entries that a list does not tell: salted digests of names and URLs.

use crate::artefact::Artefact;
use crate::suffix::crosses;
use crate::url::UrlText;
use hmac::{Hmac, KeyInit as _, Mac as _};
use model::{Host, UrlSeen};
use sha2::Sha256;
use std::fmt;
use std::ops::Range;

/// The salted digest of a name or URL that a list does not tell.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SaltedDigest {
    /// What it is the digest of.
    pub kind: DigestKind,
    /// HMAC-SHA256 with the salt as key over `name:` or `url:` and the text.
    pub bytes: [u8; 32],
}

/// What a salted digest stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DigestKind {
    /// A host name; the name and all below it are meant.
    Name,
    /// A host with path and query: that page, or a folder where it ends in `/`.
    Url,
}

impl SaltedDigest {
    /// Makes the digest of a canonical host name, or of host and path, as lists hold it.
    pub fn of(salt: &DigestSalt, kind: DigestKind, text: &str) -> Self {
        Self {
            kind,
            bytes: finish(&salt.mac(), kind, &[text.as_bytes()]),
        }
    }

    /// Reads `name:` or `url:` and 64 hexadecimal digits.
    pub fn parse(line: &str) -> Option<Self> {
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
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
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

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn mac(&self) -> Hmac<Sha256> {
        keyed(&self.0)
    }
}

impl fmt::Debug for DigestSalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestSalt(withheld)")
    }
}

fn keyed(salt: &[u8]) -> Hmac<Sha256> {
    // INVARIANT: HMAC takes keys of any length.
    match Hmac::<Sha256>::new_from_slice(salt) {
        Ok(mac) => mac,
        Err(_) => unreachable!("HMAC takes keys of any length"),
    }
}

fn finish(mac: &Hmac<Sha256>, kind: DigestKind, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = mac.clone();
    mac.update(match kind {
        DigestKind::Name => b"name:",
        DigestKind::Url => b"url:",
    });
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The digests of one list with one salt, where they lie in the artefact.
pub(crate) struct SaltedList {
    mac: Hmac<Sha256>,
    names: Range<usize>,
    urls: Range<usize>,
    set: u32,
}

impl SaltedList {
    pub(crate) fn new(salt: &[u8], names: Range<usize>, urls: Range<usize>, set: u32) -> Self {
        Self {
            mac: keyed(salt),
            names,
            urls,
            set,
        }
    }

    pub(crate) const fn set(&self) -> u32 {
        self.set
    }
}

impl Artefact {
    /// The label sets of the salted lists that hold a host.
    ///
    /// A digest of a public suffix says nothing of the sites below it, as no entry does.
    pub(crate) fn salted_names(&self, host: &Host<'_>, each: &mut dyn FnMut(u32)) {
        for list in self.salted.iter().filter(|list| !list.names.is_empty()) {
            let found = match host {
                Host::Name(name) => {
                    let name = name.as_str();
                    suffixes(name)
                        .take_while(|&start| !crosses(name, start))
                        .any(|start| {
                            self.holds(list, DigestKind::Name, &[&name.as_bytes()[start..]])
                        })
                }
                Host::Address(_) => {
                    self.holds(list, DigestKind::Name, &[host.to_string().as_bytes()])
                }
            };
            if found {
                each(list.set);
            }
        }
    }

    /// The label sets of the salted lists that hold a URL: the page, with its query and without,
    /// or one of the folders it lies in.
    pub(crate) fn salted_urls(
        &self,
        host: &Host<'_>,
        url: &UrlSeen<'_>,
        each: &mut dyn FnMut(u32),
    ) {
        if self.salted.iter().all(|list| list.urls.is_empty()) {
            return;
        }
        let text = UrlText::of(url);
        let text = text.bytes();
        let host = host.to_string();
        let bare = host.strip_prefix("www.").filter(|bare| bare.contains('.'));
        let path = text.iter().position(|&byte| byte == b'?');
        let folders = (0..path.unwrap_or(text.len())).rev();
        let folders = folders.filter(|&at| text[at] == b'/').map(|at| at + 1);
        let ends = [Some(text.len()), path].into_iter().flatten();
        for list in self.salted.iter().filter(|list| !list.urls.is_empty()) {
            // Folders past the deepest ones would only cost time.
            let found = ends
                .clone()
                .chain(folders.clone().take(MOST_FOLDERS))
                .any(|end| {
                    [Some(host.as_str()), bare]
                        .into_iter()
                        .flatten()
                        .any(|host| {
                            self.holds(list, DigestKind::Url, &[host.as_bytes(), &text[..end]])
                        })
                });
            if found {
                each(list.set);
            }
        }
    }

    fn holds(&self, list: &SaltedList, kind: DigestKind, parts: &[&[u8]]) -> bool {
        let range = match kind {
            DigestKind::Name => &list.names,
            DigestKind::Url => &list.urls,
        };
        let (digests, _) = self
            .bytes
            .get(range.clone())
            .unwrap_or_default()
            .as_chunks::<32>();
        digests
            .binary_search(&finish(&list.mac, kind, parts))
            .is_ok()
    }
}

/// Where the name and its parents start, the longest first.
fn suffixes(name: &str) -> impl Iterator<Item = usize> {
    std::iter::once(0).chain(name.match_indices('.').map(|(at, _)| at + 1))
}

/// Of a URL that lies in more folders, the deepest are asked for.
const MOST_FOLDERS: usize = 16;
