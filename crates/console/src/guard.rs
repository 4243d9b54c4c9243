use crate::{Connection, Refusal};
use axum::http::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use axum::http::{HeaderValue, Method, Uri};
use std::net::IpAddr;

/// The names under which a console may be asked.
#[derive(Clone, Debug)]
pub(crate) struct Names(Vec<String>);

impl Names {
    /// Those of the settings.
    pub(crate) fn new(names: &[String]) -> Self {
        Self(names.iter().map(|name| name.to_ascii_lowercase()).collect())
    }

    /// Whether a request may name this host.
    ///
    /// An address can be named where it is the one that was reached, a name where the settings
    /// give it: a name of somebody else's that was made to point here is refused (rebinding).
    pub(crate) fn know(&self, host: &str, connection: &Connection) -> bool {
        let name = without_port(host).to_ascii_lowercase();
        if let Ok(address) = name.trim_matches(['[', ']']).parse::<IpAddr>() {
            return address.to_canonical() == connection.local.ip().to_canonical();
        }
        let own = name == "localhost" && connection.local.ip().to_canonical().is_loopback();
        own || self.0.contains(&name)
    }
}

/// The host that a request names, where it names exactly one.
pub(crate) fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    if hosts.next().is_some() {
        return None;
    }
    match uri.authority() {
        Some(authority) if host == Some(authority.as_str()) => host,
        Some(_) => None,
        None => host,
    }
}

/// Refuses what does not come from a page of this console.
///
/// A browser says where a request comes from (`Sec-Fetch-Site`), an old one at least its
/// `Origin`; what says neither may read with a cookie, but not act.
pub(crate) fn same_site(
    method: &Method,
    headers: &HeaderMap,
    host: &str,
    secure: bool,
) -> Result<(), Refusal> {
    if method == Method::GET || method == Method::HEAD {
        return Ok(());
    }
    let text = |name: &HeaderName| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    let scheme = if secure { "https" } else { "http" };
    let origin = format!("{scheme}://{host}");
    let same = match (text(&SEC_FETCH_SITE), text(&ORIGIN)) {
        // A page without a referrer policy of its own may send `null`; ours never does.
        (Some(site), Some(found)) => site == "same-origin" && found == origin,
        (Some(site), None) => site == "same-origin",
        (None, Some(found)) => found == origin,
        (None, None) => false,
    };
    same.then_some(()).ok_or(Refusal::OtherSite)
}

/// Sets the headers that every answer bears.
pub(crate) fn dress(headers: &mut HeaderMap, secure: bool) {
    let fixed = [
        ("content-security-policy", CONTENT_POLICY),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), geolocation=(), microphone=()",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    if !headers.contains_key("cache-control") {
        headers.insert("cache-control", HeaderValue::from_static("no-store"));
    }
    if secure {
        headers.insert(
            "strict-transport-security",
            HeaderValue::from_static("max-age=31536000"),
        );
    }
}

fn without_port(host: &str) -> &str {
    match host.rfind(':') {
        Some(at) if host[at + 1..].bytes().all(|byte| byte.is_ascii_digit()) => &host[..at],
        Some(_) | None => host,
    }
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(local: &str) -> Connection {
        Connection {
            peer: "192.0.2.9:1000".parse().unwrap(),
            local: local.parse().unwrap(),
            secure: true,
        }
    }

    #[test]
    fn a_name_that_was_made_to_point_here_is_refused() {
        let names = Names::new(&["Gateway.School.example".to_owned()]);
        let here = connection("192.0.2.1:8480");
        for known in [
            "gateway.school.example",
            "gateway.school.example:8480",
            "192.0.2.1",
        ] {
            assert!(names.know(known, &here), "{known}");
        }
        for other in [
            "attacker.example",
            "192.0.2.2",
            "localhost",
            "",
            "[::1]:8480",
        ] {
            assert!(!names.know(other, &here), "{other}");
        }
        let loopback = connection("[::1]:8480");
        assert!(names.know("localhost:8480", &loopback) && names.know("[::1]:8480", &loopback));
    }

    // SEC-14
    #[test]
    fn an_action_must_come_from_a_page_of_the_console() {
        let ask = |site: Option<&'static str>, origin: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
                if let Some(value) = value {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            same_site(&Method::POST, &headers, "gateway.example", true).is_ok()
        };
        assert!(ask(Some("same-origin"), None));
        assert!(ask(Some("same-origin"), Some("https://gateway.example")));
        assert!(ask(None, Some("https://gateway.example")));
        assert!(!ask(None, None));
        assert!(!ask(Some("none"), None));
        assert!(!ask(Some("same-site"), Some("https://gateway.example")));
        assert!(!ask(Some("cross-site"), None));
        assert!(!ask(None, Some("http://gateway.example")));
        assert!(!ask(Some("same-origin"), Some("https://attacker.example")));
    }
}
