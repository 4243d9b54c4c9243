//! Addresses within addresses: translators, caches, archives, redirects, web proxies.

use crate::percent::{MOST, decode, parameters};
use crate::place::Place;
use model::Target;

/// An address that a URL carries within itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NestedUrl {
    /// The address.
    pub url: String,
    /// Whether what is there comes from the site that is asked, as from a translator, a cache or
    /// a web proxy; else the address is named and may be gone to, as by a redirect.
    pub carried: bool,
}

/// Finds the addresses that a URL carries within itself, the outermost first.
///
/// What a translator or a cache is asked for is as good as visited. Whole URLs are found wherever
/// they stand: in parameters, in the path, in the fragment, written as base64; bare names only in
/// parameters that mean an address. Addresses within those are followed, three deep, and eight are
/// found at most.
///
/// ```
/// let found = content::nested_urls("https://translate.google.com/translate?sl=en&u=games.test%2Fa");
/// assert_eq!((found[0].url.as_str(), found[0].carried), ("http://games.test/a", true));
/// ```
pub fn nested_urls(url: &str) -> Vec<NestedUrl> {
    let mut found = Vec::new();
    if let Some(place) = Place::parse(url)
        && url.len() <= LONGEST
    {
        follow(&place, true, 0, &mut found);
    }
    found
}

/// Finds the addresses within what a door saw; see [`nested_urls`].
///
/// Where it cannot carry any, which is nearly always, nothing is allocated.
pub fn nested_in(target: &Target<'_>) -> Vec<NestedUrl> {
    let mut found = Vec::new();
    if let Some(place) = Place::of_target(target)
        && place.path.len() + place.query.len() <= LONGEST
    {
        follow(&place, true, 0, &mut found);
    }
    found
}

fn follow(place: &Place<'_>, carried: bool, depth: usize, found: &mut Vec<NestedUrl>) {
    if depth == DEPTH {
        return;
    }
    let mut inner = Vec::new();
    of_host(place, &mut inner);
    of_path(place, &mut inner);
    let carrier = TRANSLATORS.iter().any(|name| place.is_below(name));
    for part in [place.query, place.fragment] {
        if may_name_address(part) {
            for (name, value) in parameters(part) {
                of_value(name, value, carrier, &mut inner);
            }
        }
    }
    for mut one in inner {
        if found.len() == MOST_FOUND {
            return;
        }
        one.carried &= carried;
        if found.iter().any(|held| held.url == one.url) {
            continue;
        }
        let (url, carried) = (one.url.clone(), one.carried);
        found.push(one);
        if let Some(place) = Place::parse(&url) {
            follow(&place, carried, depth + 1, found);
        }
    }
}

/// Whether a query could name an address at all: it needs a stop, a colon or two strokes, plain or
/// encoded, or base64 of `http`.
fn may_name_address(query: &str) -> bool {
    let bytes = query.as_bytes();
    memchr::memchr3(b'.', b':', b'%', bytes).is_some()
        || memchr::memchr2_iter(b'/', b'H', bytes)
            .any(|at| bytes[at..].starts_with(b"//") || bytes[at..].starts_with(b"HR0c"))
}

/// Hosts that are made of another one: `games-test.translate.goog`.
fn of_host(place: &Place<'_>, found: &mut Vec<NestedUrl>) {
    for end in MADE_OF_ANOTHER {
        if !place.is_below(&end[1..]) {
            continue;
        }
        let host = place.host.to_ascii_lowercase();
        if let Some(label) = host.strip_suffix(end)
            && !label.is_empty()
            && !label.contains('.')
        {
            let name = label
                .replace("--", "\0")
                .replace('-', ".")
                .replace('\0', "-");
            add(&format!("https://{name}{}", place.path), true, found);
        }
    }
}

/// A URL in the path: `/web/2024/https://games.test/`.
fn of_path(place: &Place<'_>, found: &mut Vec<NestedUrl>) {
    let carrier = CARRIERS.iter().any(|(host, _)| place.is_below(host));
    if !carrier && memchr::memchr2(b':', b'%', place.path.as_bytes()).is_none() {
        return;
    }
    let path = decode(place.path, false);
    for scheme in ["https:/", "http:/"] {
        if let Some(at) = path.find(scheme) {
            let rest = path[at + scheme.len()..].trim_start_matches('/');
            let query = if place.query.is_empty() { "" } else { "?" };
            add(
                &format!("{scheme}/{rest}{query}{}", place.query),
                true,
                found,
            );
            return;
        }
    }
    // Archives and caches leave the scheme out.
    let bare = CARRIERS.iter().find_map(|(host, before)| {
        place
            .is_below(host)
            .then(|| path.strip_prefix(before))
            .flatten()
    });
    if let Some(bare) = bare {
        let bare = bare.trim_start_matches(|c: char| c.is_ascii_digit() || c == '*' || c == '/');
        if is_name(bare) {
            add(&format!("http://{bare}"), true, found);
        }
    }
}

fn of_value(name: &str, value: &str, carrier: bool, found: &mut Vec<NestedUrl>) {
    if !may_name_address(value) {
        return;
    }
    let value = decode(value, true);
    let value = value.trim();
    // Redirects are encoded twice as a matter of course.
    let twice = decode(value, false);
    for text in [value, twice.trim()] {
        let cached = text
            .strip_prefix("cache:")
            .map(|rest| rest.split_once(':').map_or(rest, |(_, url)| url));
        let carried = carrier || cached.is_some();
        let text = cached.unwrap_or(text);
        if is_web(text) {
            add(text, carried, found);
        } else if let Some(rest) = text.strip_prefix("//") {
            add(&format!("http://{rest}"), carried, found);
        } else if (cached.is_some() || ADDRESSES.contains(&name)) && is_name(text) {
            add(&format!("http://{text}"), carried, found);
        }
    }
    if let Some(text) = base64(value)
        && is_web(&text)
    {
        add(&text, carrier, found);
    }
}

fn is_web(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    })
}

/// Whether a text begins with a name of the web, such as `games.test/a`.
fn is_name(text: &str) -> bool {
    let name = text.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let labels = || name.split('.');
    name.len() <= 253
        && labels().count() > 1
        && labels().all(|label| {
            let inside = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
            !label.is_empty() && label.chars().all(inside)
        })
        && labels()
            .next_back()
            .is_some_and(|last| last.chars().all(char::is_alphabetic))
}

fn add(url: &str, carried: bool, found: &mut Vec<NestedUrl>) {
    let sound = Place::parse(url).is_some() && url.len() <= MOST;
    if sound && found.len() < MOST_FOUND && !found.iter().any(|held| held.url == url) {
        found.push(NestedUrl {
            url: url.to_owned(),
            carried,
        });
    }
}

/// Reads base64 of either alphabet, of what begins as an encoded `http` does.
fn base64(text: &str) -> Option<String> {
    if !text.starts_with("aHR0c") {
        return None;
    }
    let (mut held, mut bits, mut bytes) = (0u32, 0, Vec::new());
    for byte in text.bytes().take(MOST) {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' | b' ' => 62,
            b'/' | b'_' => 63,
            _ => break,
        };
        held = held << 6 | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}

/// How many addresses within addresses are followed.
const DEPTH: usize = 3;
const MOST_FOUND: usize = 8;
/// What is longer is no address that a server takes.
const LONGEST: usize = 16 * 1024;

/// Endings of hosts that are made of another one.
const MADE_OF_ANOTHER: [&str; 2] = [".translate.goog", ".cdn.ampproject.org"];

/// Hosts whose paths carry an address without its scheme, and what stands before it.
const CARRIERS: [(&str, &str); 6] = [
    ("archive.org", "/web/"),
    ("archive.ph", "/"),
    ("archive.is", "/"),
    ("archive.today", "/"),
    ("cdn.ampproject.org", "/c/s/"),
    ("google.com", "/amp/s/"),
];

/// Hosts that show what is at the address in their parameters.
const TRANSLATORS: [&str; 7] = [
    "translate.google.com",
    "translate.googleusercontent.com",
    "webcache.googleusercontent.com",
    "translate.yandex.com",
    "translate.yandex.ru",
    "translatetheweb.com",
    "cc.bingj.com",
];

/// Names of parameters that mean an address.
const ADDRESSES: [&str; 26] = [
    "a",
    "dest",
    "destination",
    "domain",
    "goto",
    "host",
    "href",
    "image",
    "img",
    "imgurl",
    "link",
    "next",
    "page",
    "q",
    "r",
    "redirect",
    "redirect_url",
    "ref",
    "site",
    "src",
    "target",
    "to",
    "u",
    "uri",
    "url",
    "website",
];

#[cfg(test)]
mod tests {
    use super::*;

    // CIR: translators, caches, archives and proxies carry what they are asked for.
    #[test]
    fn addresses_within_addresses_are_found() {
        for (url, wanted) in [
            (
                "https://translate.google.com/translate?hl=en&u=https://games.test/a",
                "https://games.test/a",
            ),
            (
                "https://games-test.translate.goog/a?_x_tr_sl=en",
                "https://games.test/a",
            ),
            (
                "https://my--site-example.translate.goog/",
                "https://my-site.example/",
            ),
            (
                "https://webcache.googleusercontent.com/search?q=cache:abc:games.test/a",
                "http://games.test/a",
            ),
            (
                "https://web.archive.org/web/20240101000000/http://games.test/a?b=c",
                "http://games.test/a?b=c",
            ),
            (
                "https://web.archive.org/web/2024/games.test/a",
                "http://games.test/a",
            ),
            (
                "https://www.google.com/url?q=https%3A%2F%2Fgames.test%2F",
                "https://games.test/",
            ),
            (
                "https://proxy.example/browse?u=aHR0cHM6Ly9nYW1lcy50ZXN0L2E=",
                "https://games.test/a",
            ),
            ("https://proxy.example/#url=games.test", "http://games.test"),
            (
                "https://proxy.example/x?url=https%253A%252F%252Fgames.test",
                "https://games.test",
            ),
            (
                "https://proxy.example/https:/games.test/a",
                "https://games.test/a",
            ),
            (
                "https://www.google.com/imgres?imgurl=//games.test/p.png",
                "http://games.test/p.png",
            ),
        ] {
            let found = nested_urls(url);
            assert!(
                found.iter().any(|held| held.url == wanted),
                "{url}: {found:?}"
            );
        }
    }

    #[test]
    fn plain_addresses_carry_none() {
        for url in [
            "https://www.example.test/a/b?c=d&page=2&q=blue+tits",
            "https://www.google.com/search?q=what+is+3.5",
            "https://www.example.test/files/readme.html?v=1.2",
            "no address",
        ] {
            assert_eq!(nested_urls(url), [], "{url}");
        }
    }

    #[test]
    fn following_ends() {
        let mut url = "https://games.test/".to_owned();
        for _ in 0..6 {
            url = format!(
                "https://proxy.example/?url={}",
                url.replace('%', "%25").replace(['/', ':'], "%2F")
            );
        }
        assert!(nested_urls(&url).len() <= MOST_FOUND);
        let wide = format!("https://proxy.example/?{}", "u=https://a.test&".repeat(500));
        let found = nested_urls(&wide);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].url, "https://a.test");
    }

    // CIR-17: what comes through a carrier is told from what is named alone.
    #[test]
    fn a_carrier_is_told_from_a_redirect() {
        let carried = |url: &str| -> Vec<bool> {
            let found = nested_urls(url);
            found.iter().map(|one| one.carried).collect()
        };
        for url in [
            "https://translate.google.com/translate?u=https://games.test/a",
            "https://games-test.translate.goog/a?_x_tr_sl=en",
            "https://www.google.com/search?q=cache:abc:games.test/a",
            "https://web.archive.org/web/2024/games.test/a",
            "http://proxy.example/http:/games.test/",
        ] {
            assert_eq!(carried(url), [true], "{url}");
        }
        for url in [
            "https://www.google.com/url?q=https%3A%2F%2Fgames.test%2F",
            "https://sign-in.example/?next=games.test",
        ] {
            assert_eq!(carried(url), [false], "{url}");
        }
        let both = "https://sign-in.example/?next=https://translate.google.com/t?u=games.test";
        assert_eq!(carried(both), [false, false]);
    }

    #[test]
    fn a_door_finds_what_a_reader_finds() {
        for url in [
            "http://games-test.translate.goog/a?_x_tr_sl=en",
            "http://proxy.example/http:/games.test/a",
            "http://proxy.example/a%3A?u=aHR0cHM6Ly9nYW1lcy50ZXN0L2E=",
            "http://192.0.2.1/?url=games.test",
            "http://www.example.test/a/b?c=d&page=2",
        ] {
            let mut room = model::HostBuffer::new();
            let target = Target::parse(url, &mut room).unwrap();
            assert_eq!(nested_in(&target), nested_urls(url), "{url}");
        }
    }
}
