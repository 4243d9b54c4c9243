use model::{Host, HostBuffer, Scheme, UrlSeen};
use std::net::IpAddr;

/// What one entry of `sites` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    /// A host name, perhaps with a path.
    Name(NameSite),
    /// A literal address.
    Address(IpAddr),
    /// The sites of a pack.
    Pack(String),
    /// A category.
    Category(String),
}

/// A host name of a rule, and how far it reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NameSite {
    pub(crate) name: String,
    pub(crate) reach: Reach,
    /// The path in canonical form, where one is meant.
    pub(crate) path: Option<String>,
}

/// How far a name reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// All below, also where each belongs to somebody else.
    Wild,
    /// Itself and all below that belongs to the same.
    Below,
    /// Itself alone.
    Exact,
}

/// A text names no site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SiteFault {
    pub(crate) what: String,
    pub(crate) mend: String,
}

impl Site {
    /// Reads one entry of `sites`.
    pub(crate) fn parse(text: &str) -> Result<Self, SiteFault> {
        let fault = |what: String, mend: &str| SiteFault {
            what,
            mend: mend.to_owned(),
        };
        if let Some(id) = text.strip_prefix("pack:") {
            return Ok(Self::Pack(id.to_owned()));
        }
        if let Some(id) = text.strip_prefix("category:") {
            return Ok(Self::Category(id.to_owned()));
        }
        if let Some((_, rest)) = text.split_once("://") {
            return Err(SiteFault {
                what: format!("`{text}` is an address line, not a site"),
                mend: format!("write `{}`", rest.trim_end_matches('/')),
            });
        }
        let (reach, rest) = match (text.strip_prefix('='), text.strip_prefix("*.")) {
            (Some(rest), _) => (Reach::Exact, rest),
            (None, Some(rest)) => (Reach::Wild, rest),
            (None, None) => (Reach::Below, text),
        };
        let (host, path) = match rest.find('/') {
            Some(at) => (&rest[..at], Some(&rest[at..])),
            None => (rest, None),
        };
        let mut buffer = HostBuffer::new();
        let name = match Host::normalise(host, &mut buffer) {
            Ok(Host::Name(name)) => name,
            Ok(Host::Address(address)) if path.is_none() && reach == Reach::Below => {
                return Ok(Self::Address(address));
            }
            Ok(Host::Address(_)) => {
                return Err(fault(
                    format!("`{text}` mixes an address with more"),
                    "write the address alone",
                ));
            }
            Err(error) => {
                return Err(fault(
                    format!("`{text}` is no site: {error}"),
                    "write a host name, such as `example.org`",
                ));
            }
        };
        if !name.as_str().contains('.') && reach == Reach::Wild {
            return Err(fault(
                format!("`{text}` reaches a whole top-level domain"),
                "name the sites",
            ));
        }
        if reach == Reach::Wild && is_registry(name.as_str()) {
            return Err(fault(
                format!("`{text}` reaches all that a registry sells"),
                "name the sites",
            ));
        }
        let path = path.filter(|path| *path != "/").map(|path| {
            let canonical = UrlSeen::new(Scheme::Https, path, None).path.into_owned();
            canonical.trim_end_matches('/').to_owned()
        });
        Ok(Self::Name(NameSite {
            name: name.as_str().to_owned(),
            reach,
            path: path.filter(|path| !path.is_empty()),
        }))
    }
}

/// The length of the public suffix of a name, private ones included; zero where none is known.
pub(crate) fn suffix_length(name: &str) -> usize {
    psl::suffix(name.as_bytes())
        .filter(|suffix| suffix.is_known())
        .map_or(0, |suffix| suffix.as_bytes().len())
}

/// Whether the name is itself a public suffix, so that names below it belong to others.
pub(crate) fn is_suffix(name: &str) -> bool {
    suffix_length(name) == name.len()
}

fn is_registry(name: &str) -> bool {
    psl::suffix(name.as_bytes()).is_some_and(|suffix| {
        suffix.as_bytes().len() == name.len() && suffix.typ() == Some(psl::Type::Icann)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> (String, Reach, Option<String>) {
        match Site::parse(text).unwrap() {
            Site::Name(site) => (site.name, site.reach, site.path),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_site_is_a_name_with_reach_and_path() {
        assert_eq!(
            name("Example.ORG."),
            ("example.org".into(), Reach::Below, None)
        );
        assert_eq!(
            name("=example.org"),
            ("example.org".into(), Reach::Exact, None)
        );
        assert_eq!(name("*.github.io"), ("github.io".into(), Reach::Wild, None));
        assert_eq!(
            name("example.org/a/./b/"),
            ("example.org".into(), Reach::Below, Some("/a/b".into()))
        );
        assert_eq!(
            name("example.org/"),
            ("example.org".into(), Reach::Below, None)
        );
        assert_eq!(
            Site::parse("10.0.0.1"),
            Ok(Site::Address("10.0.0.1".parse().unwrap()))
        );
        assert_eq!(Site::parse("pack:x"), Ok(Site::Pack("x".into())));
    }

    #[test]
    fn what_is_no_site_is_refused_with_a_mend() {
        let mend = |text: &str| Site::parse(text).unwrap_err().mend;
        assert_eq!(mend("https://example.org/a"), "write `example.org/a`");
        assert_eq!(mend("*.co.uk"), "name the sites");
        assert_eq!(mend("*.com"), "name the sites");
        assert!(Site::parse("a b").is_err());
    }
}
