//! Globs: of URLs, run here; of hosts, run as expressions.

use super::{Haystack, LEAST_LITERAL};

/// A glob of URLs.
///
/// Parts between `*` are looked for one behind the other, each as early as it stands, which finds
/// a match wherever there is one; the cost is bounded by the length of text and glob.
pub(super) struct UrlGlob {
    start: Start,
    /// Whether the last part must stand at the end.
    at_end: bool,
    parts: Vec<Box<[u8]>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    Anywhere,
    Host,
    Label,
}

impl UrlGlob {
    pub(super) fn new(text: &str) -> Self {
        let lower = text.to_ascii_lowercase();
        let (start, rest) = if let Some(rest) = lower.strip_prefix("||") {
            (Start::Label, rest)
        } else if let Some(rest) = lower.strip_prefix('|') {
            (Start::Host, rest)
        } else {
            (Start::Anywhere, lower.as_str())
        };
        let (rest, at_end) = match rest.strip_suffix('|') {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        Self {
            start,
            at_end,
            parts: rest.split('*').map(|part| part.as_bytes().into()).collect(),
        }
    }

    pub(super) fn matches(&self, text: &Haystack<'_>) -> bool {
        let Some((first, others)) = self.parts.split_first() else {
            return false;
        };
        let (from, end) = text.host;
        let follows = |at: usize| {
            fits(first, text.bytes, at).is_some_and(|at| self.rest(others, text.bytes, at))
        };
        match self.start {
            Start::Host => follows(from),
            Start::Label => (from..end)
                .filter(|&at| at == from || text.bytes.get(at - 1) == Some(&b'.'))
                .any(follows),
            // The earliest place is as good as any, but for a lone part that must end the URL.
            Start::Anywhere if others.is_empty() && self.at_end => (0..=text.bytes.len())
                .any(|at| fits(first, text.bytes, at) == Some(text.bytes.len())),
            Start::Anywhere => {
                find(first, text.bytes, 0).is_some_and(|at| self.rest(others, text.bytes, at))
            }
        }
    }

    /// Whether the other parts follow from a place on.
    fn rest(&self, others: &[Box<[u8]>], text: &[u8], mut at: usize) -> bool {
        let Some((last, between)) = others.split_last() else {
            return !self.at_end || at == text.len();
        };
        for part in between {
            match find(part, text, at) {
                Some(end) => at = end,
                None => return false,
            }
        }
        if self.at_end {
            (at..=text.len()).any(|at| fits(last, text, at) == Some(text.len()))
        } else {
            find(last, text, at).is_some()
        }
    }
}

/// Where a part ends that stands first from a place on.
fn find(part: &[u8], text: &[u8], from: usize) -> Option<usize> {
    (from..=text.len()).find_map(|at| fits(part, text, at))
}

/// Where a part ends that stands at a place.
fn fits(part: &[u8], text: &[u8], mut at: usize) -> Option<usize> {
    for (place, &byte) in part.iter().enumerate() {
        match (byte, text.get(at)) {
            (b'^', Some(&found)) if is_separator(found) => at += 1,
            // The end of the URL ends its last word too.
            (b'^', None) if place + 1 == part.len() => return Some(at),
            (b'^', Some(_) | None) => return None,
            (byte, Some(&found)) if byte == found => at += 1,
            (_, Some(_) | None) => return None,
        }
    }
    Some(at)
}

const fn is_separator(byte: u8) -> bool {
    !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'%') || byte >= 0x80)
}

/// The longest text in a glob of URLs that stands for itself.
pub(super) fn literal(text: &str) -> Option<Vec<u8>> {
    let runs = text.split(['*', '^', '|']);
    let longest = runs.max_by_key(|run| run.len())?;
    (longest.len() >= LEAST_LITERAL).then(|| longest.to_ascii_lowercase().into_bytes())
}

/// The expression that a glob of hosts means.
pub(super) fn expression(text: &str) -> String {
    let mut out = String::from("^");
    let mut inside = false;
    for character in text.chars() {
        match character {
            '*' if !inside => out.push_str(".*"),
            '?' if !inside => out.push('.'),
            '[' => {
                inside = true;
                out.push('[');
            }
            ']' => {
                inside = false;
                out.push(']');
            }
            '-' if inside => out.push('-'),
            '^' | '!' if inside && out.ends_with('[') => out.push('^'),
            letter if letter.is_ascii_alphanumeric() || letter == '_' => out.push(letter),
            other => {
                out.push('\\');
                out.push(other);
            }
        }
    }
    out.push('$');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(glob: &str, url: &str) -> bool {
        let host = url[3..].find('/').map_or(url.len(), |at| at + 3);
        UrlGlob::new(glob).matches(&Haystack {
            bytes: url.as_bytes(),
            host: (3, host),
            path: host,
        })
    }

    #[test]
    fn globs_of_urls_mean_what_their_publishers_say() {
        let url = "://www.shop.example/ads/banner_1.gif?size=2";
        for (glob, found) in [
            ("/ads/*.gif", true),
            ("/ads/*.png", false),
            ("/ads^banner", true),
            ("/ads^^banner", false),
            ("||shop.example^*/banner", true),
            ("||hop.example^", false),
            ("|www.shop.example/", true),
            ("|shop.example/", false),
            ("size=2|", true),
            ("size=|", false),
            ("banner*=2|", true),
            ("size=2^", true),
            ("://www.", true),
            ("BANNER_", true),
            ("a*a*a*a*a*a*b", false),
        ] {
            assert_eq!(matches(glob, url), found, "{glob}");
        }
    }

    #[test]
    fn the_longest_text_is_looked_for() {
        assert_eq!(literal("||ads.*/banner^").unwrap(), b"/banner");
        assert_eq!(literal("^a*b^|"), None);
    }

    #[test]
    fn globs_of_hosts_become_expressions() {
        assert_eq!(expression("ads[0-9]*.x?-"), r"^ads[0-9].*\.x.\-$");
        assert_eq!(expression("[!a]"), "^[^a]$");
    }
}
