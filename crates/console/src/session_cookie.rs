use crate::answer::Cookie;
use axum::http::HeaderValue;
use axum::http::header::{COOKIE, HeaderMap};

/// The token of a session, as the browser sent it.
pub(crate) fn token(headers: &HeaderMap, secure: bool) -> Option<String> {
    let wanted = name(secure);
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == wanted && is_token(value))
        .map(|(_, value)| value.to_owned())
}

/// The header that gives, keeps or takes back a session.
pub(crate) fn header(cookie: Cookie, secure: bool) -> Option<HeaderValue> {
    let name = name(secure);
    let mark = if secure { "; Secure" } else { "" };
    let text = match cookie {
        Cookie::Keep => return None,
        Cookie::Set(token) if is_token(&token) => {
            format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax{mark}")
        }
        Cookie::Set(_) | Cookie::Drop => {
            format!("{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{mark}")
        }
    };
    HeaderValue::from_str(&text).ok()
}

fn is_token(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (16..=128).contains(&text.len()) && text.bytes().all(good)
}

/// A browser takes a cookie of this prefix only over HTTPS, for this host and all its paths.
const fn name(secure: bool) -> &'static str {
    if secure {
        "__Host-schoolgate"
    } else {
        "schoolgate"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_bound_to_this_host_over_https() {
        let token_text = "0123456789abcdef0123456789abcdef";
        let set = header(Cookie::Set(token_text.to_owned()), true).unwrap();
        assert_eq!(
            set.to_str().unwrap(),
            "__Host-schoolgate=0123456789abcdef0123456789abcdef; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        let mut headers = HeaderMap::new();
        let sent = format!("other=1; __Host-schoolgate={token_text}");
        headers.insert(COOKIE, HeaderValue::from_str(&sent).unwrap());
        assert_eq!(token(&headers, true).as_deref(), Some(token_text));
        assert_eq!(token(&headers, false), None);
    }
}
