use http::HeaderMap;
use http::header::{self, HeaderName, HeaderValue};

/// Takes off what belongs to the client's connection and not to the request (RFC 9110, 7.6.1).
///
/// `Host` is set by the caller from the request target, never believed.
pub(crate) fn clean_request(fields: &mut HeaderMap) {
    let trailers = fields
        .get_all(header::TE)
        .iter()
        .any(|value| tokens(value).any(|token| token.eq_ignore_ascii_case("trailers")));
    clean(fields);
    for name in [
        header::PROXY_AUTHORIZATION,
        // The answer to an expectation is given by this door, which also reads the body.
        header::EXPECT,
        header::MAX_FORWARDS,
        // Who asks is the school's business, not the origin's.
        header::FORWARDED,
        X_FORWARDED_FOR,
        X_REAL_IP,
        VIA,
    ] {
        fields.remove(name);
    }
    if trailers {
        fields.insert(header::TE, HeaderValue::from_static("trailers"));
    }
}

/// Takes off what belongs to the origin's connection, and what would lead past this door.
pub(crate) fn clean_response(fields: &mut HeaderMap) {
    clean(fields);
    // An alternative service is QUIC, which no door carries.
    fields.remove(header::ALT_SVC);
    fields.remove(header::PROXY_AUTHENTICATE);
}

fn clean(fields: &mut HeaderMap) {
    if fields.contains_key(header::CONNECTION) {
        let named: Vec<HeaderName> = fields
            .get_all(header::CONNECTION)
            .iter()
            .flat_map(tokens)
            .filter_map(|token| HeaderName::from_bytes(token.as_bytes()).ok())
            // Framing is the engine's; a client must not be able to talk it away (SEC-18).
            .filter(|name| !KEPT.contains(name))
            .collect();
        for name in named {
            fields.remove(name);
        }
        fields.remove(header::CONNECTION);
    }
    for name in [
        KEEP_ALIVE,
        PROXY_CONNECTION,
        header::TE,
        header::TRAILER,
        header::UPGRADE,
        HTTP2_SETTINGS,
    ] {
        fields.remove(name);
    }
}

fn tokens(value: &HeaderValue) -> impl Iterator<Item = &str> {
    let text = value.to_str().unwrap_or_default();
    text.split(',')
        .map(str::trim)
        .filter(|token| !token.is_empty())
}

/// Whether the credentials or the challenge sign a connection in, not a request.
///
/// Such a connection is the person's own: nobody else's request may travel on it.
pub(crate) fn binds_connection(value: &HeaderValue) -> bool {
    let scheme = value.as_bytes().split(|&byte| byte == b' ').next();
    scheme.is_some_and(|scheme| {
        scheme.eq_ignore_ascii_case(b"ntlm") || scheme.eq_ignore_ascii_case(b"negotiate")
    })
}

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const HTTP2_SETTINGS: HeaderName = HeaderName::from_static("http2-settings");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
const VIA: HeaderName = header::VIA;
const KEPT: [HeaderName; 4] = [
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::HOST,
    header::CONTENT_TYPE,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|&(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn what_belongs_to_the_connection_stays_behind() {
        let mut request = fields(&[
            ("connection", "keep-alive, X-Private, content-length"),
            ("x-private", "1"),
            ("content-length", "3"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("proxy-authorization", "Basic eDp5"),
            ("te", "gzip, trailers"),
            ("upgrade", "h2c"),
            ("http2-settings", "AAMA"),
            ("x-forwarded-for", "10.0.0.1"),
            ("expect", "100-continue"),
            ("accept", "*/*"),
        ]);
        clean_request(&mut request);
        let kept = fields(&[
            ("content-length", "3"),
            ("te", "trailers"),
            ("accept", "*/*"),
        ]);
        assert_eq!(request, kept);
    }

    #[test]
    fn an_answer_offers_no_way_past_the_door() {
        let mut response = fields(&[
            ("alt-svc", "h3=\":443\""),
            ("connection", "close"),
            ("content-type", "text/html"),
        ]);
        clean_response(&mut response);
        assert_eq!(response, fields(&[("content-type", "text/html")]));
    }

    #[test]
    fn credentials_of_a_connection_are_known() {
        for (value, binds) in [
            ("NTLM TlRMTVNT", true),
            ("negotiate", true),
            ("Basic eDp5", false),
            ("Bearer ntlm", false),
        ] {
            assert_eq!(binds_connection(&HeaderValue::from_static(value)), binds);
        }
    }
}
