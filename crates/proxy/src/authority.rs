/// Splits `host`, `host:port` or `[v6]:port`; `None` when the port is no port.
///
/// A URL library that drops a port it cannot read would send the request to another port than
/// the one that was judged, so this is done here.
pub(crate) fn split(authority: &str) -> Option<(&str, Option<u16>)> {
    let end = match authority.strip_prefix('[') {
        Some(inner) => inner.find(']')? + 2,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at_checked(end)?;
    if port.is_empty() {
        return Some((host, None));
    }
    let digits = port.strip_prefix(':')?;
    let plain = (1..=5).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let port = digits
        .parse()
        .ok()
        .filter(|&port: &u16| plain && port > 0)?;
    Some((host, Some(port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_a_number_or_the_authority_is_none() {
        assert_eq!(split("a.test"), Some(("a.test", None)));
        assert_eq!(split("a.test:8080"), Some(("a.test", Some(8080))));
        assert_eq!(split("[::1]:443"), Some(("[::1]", Some(443))));
        assert_eq!(split("[::1]"), Some(("[::1]", None)));
        for authority in [
            "a:", "a:0", "a:99999", "a:+1", "a:80:80", "[::1", "[::1]x", "::1",
        ] {
            assert_eq!(split(authority), None, "{authority}");
        }
    }
}
