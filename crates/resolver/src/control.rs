/// A name by which programs find a way around the filter, or ask whether they should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    /// A name whose absence tells a program to leave the network's own resolver in charge.
    Canary,
    /// The name by which a resolver would announce an encrypted one (RFC 9462).
    Discovery,
    /// The name from which programs fetch proxy settings by themselves.
    ProxySettings,
}

/// Finds whether a name is one of those.
///
/// They are answered with a bare denial, never with an address and never with silence: the
/// programs read anything else as "the network is broken" and go their own way.
pub(crate) fn control(name: &str) -> Option<Control> {
    match name {
        "use-application-dns.net"
        | "mask.icloud.com"
        | "mask-h2.icloud.com"
        | "mask-api.icloud.com"
        | "mask-canary.icloud.com"
        | "mask.apple-dns.net"
        | "mask-t.apple-dns.net"
        | "mask-api.fe.apple-dns.net"
        | "doh.dns.apple.com"
        | "doh.dns.apple.com.v.aaplimg.com" => Some(Control::Canary),
        "_dns.resolver.arpa" | "resolver.arpa" => Some(Control::Discovery),
        "wpad" => Some(Control::ProxySettings),
        _ if name.starts_with("wpad.") => Some(Control::ProxySettings),
        _ => None,
    }
}

/// A name that the standards keep off the public DNS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Special {
    /// The asking machine itself (RFC 6761).
    Localhost,
    /// Nothing that a public server could know; asking would only leak the question.
    Nowhere,
}

/// Finds whether a name is a special one, unless the school has a server for it.
pub(crate) fn special(name: &str) -> Option<Special> {
    let last = name.rsplit('.').next().unwrap_or(name);
    match last {
        "localhost" => return Some(Special::Localhost),
        "invalid" | "onion" | "local" | "internal" => {
            return Some(Special::Nowhere);
        }
        "arpa" => {}
        _ => return None,
    }
    PRIVATE_REVERSE
        .iter()
        .any(|zone| {
            name.strip_suffix(zone)
                .is_some_and(|below| below.is_empty() || below.ends_with('.'))
        })
        .then_some(Special::Nowhere)
}

/// The reverse zones of private addresses (RFC 6303) and the home network's (RFC 8375).
const PRIVATE_REVERSE: [&str; 29] = [
    "10.in-addr.arpa",
    "16.172.in-addr.arpa",
    "17.172.in-addr.arpa",
    "18.172.in-addr.arpa",
    "19.172.in-addr.arpa",
    "20.172.in-addr.arpa",
    "21.172.in-addr.arpa",
    "22.172.in-addr.arpa",
    "23.172.in-addr.arpa",
    "24.172.in-addr.arpa",
    "25.172.in-addr.arpa",
    "26.172.in-addr.arpa",
    "27.172.in-addr.arpa",
    "28.172.in-addr.arpa",
    "29.172.in-addr.arpa",
    "30.172.in-addr.arpa",
    "31.172.in-addr.arpa",
    "168.192.in-addr.arpa",
    "254.169.in-addr.arpa",
    "127.in-addr.arpa",
    "0.in-addr.arpa",
    "255.255.255.255.in-addr.arpa",
    "d.f.ip6.arpa",
    "8.e.f.ip6.arpa",
    "9.e.f.ip6.arpa",
    "a.e.f.ip6.arpa",
    "b.e.f.ip6.arpa",
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
    "home.arpa",
];

#[cfg(test)]
mod tests {
    use super::*;

    // CIR-07, CIR-08, CIR-09, CIR-28
    #[test]
    fn names_that_lead_around_the_filter_are_known() {
        assert_eq!(control("use-application-dns.net"), Some(Control::Canary));
        assert_eq!(control("mask-h2.icloud.com"), Some(Control::Canary));
        assert_eq!(control("_dns.resolver.arpa"), Some(Control::Discovery));
        assert_eq!(control("wpad.school.example"), Some(Control::ProxySettings));
        assert_eq!(control("www.icloud.com"), None);
        assert_eq!(control("wpad2.example"), None);
    }

    #[test]
    fn private_reverse_names_never_leave() {
        assert_eq!(special("5.0.0.10.in-addr.arpa"), Some(Special::Nowhere));
        assert_eq!(special("d.f.ip6.arpa"), Some(Special::Nowhere));
        assert_eq!(special("110.in-addr.arpa"), None);
        assert_eq!(special("8.8.8.8.in-addr.arpa"), None);
        assert_eq!(special("www.localhost"), Some(Special::Localhost));
        assert_eq!(special("abc.onion"), Some(Special::Nowhere));
        assert_eq!(special("onion.example"), None);
    }
}
