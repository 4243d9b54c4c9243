//! Rules for URLs: a host, and how the path and query begin.

use crate::Coverage;
use crate::artefact::Artefact;
use crate::hash::{Beginnings, Walk};
use crate::layout::{Section, UrlRow, array};
use crate::probing::probe;
use crate::suffix::crosses;
use model::{Host, Scheme, UrlSeen};

/// A rule for the URLs of a host that begin so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UrlRule<'a> {
    /// The host; `www.` in front of it does not matter.
    pub host: Host<'a>,
    /// Which hosts at or below the name.
    pub coverage: Coverage,
    /// The beginning of path and query, from its first `/` on; case matters.
    pub path: &'a str,
    /// Where the beginning may end in the URL.
    pub end: UrlEnd,
}

/// Where the beginning that a rule names may end in a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UrlEnd {
    /// Anywhere: `/ad` stands for `/adverts` too.
    Anywhere,
    /// At the end of a segment or parameter: `/~ann` stands for `/~ann/x`, not for `/~anna`.
    Segment,
    /// At the end of the URL alone.
    Url,
}

impl UrlEnd {
    pub(crate) const fn flag(self) -> u16 {
        match self {
            Self::Anywhere => 0,
            Self::Segment => UrlRow::WHOLE,
            Self::Url => UrlRow::ALL,
        }
    }
}

/// Longer beginnings are refused; published ones have at most some 400 bytes.
pub(crate) const MOST_URL: usize = 1024;

/// Path and query in the form in which rules and requests are compared.
///
/// Bytes past ASCII are percent-encoded as browsers send them, so what is compared is ASCII; what
/// lies past the longest rule is left out.
pub(crate) struct UrlText {
    bytes: [u8; MOST_URL],
    length: usize,
    /// Whether more followed than there is room for.
    pub(crate) cut: bool,
}

impl UrlText {
    pub(crate) fn of(url: &UrlSeen<'_>) -> Self {
        Self::join(&url.path, url.query)
    }

    /// The same with what follows a `;` in each segment of the path left out; servers that know
    /// such parameters answer both alike.
    fn without_parameters(url: &UrlSeen<'_>) -> Option<Self> {
        url.path.contains(';').then(|| {
            let mut text = Self::empty();
            for (place, segment) in url.path.split('/').enumerate() {
                if place > 0 {
                    text.push(b'/');
                }
                text.push_all(segment.split(';').next().unwrap_or_default());
            }
            text.push_query(url.query);
            text
        })
    }

    /// The canonical text of a rule; `None` when it is too long.
    pub(crate) fn of_rule(path: &str) -> Option<Self> {
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path, None),
        };
        let text = Self::of(&UrlSeen::new(Scheme::Http, path, query));
        (!text.cut && text.length < MOST_URL).then_some(text)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    const fn empty() -> Self {
        Self {
            bytes: [0; MOST_URL],
            length: 0,
            cut: false,
        }
    }

    fn join(path: &str, query: Option<&str>) -> Self {
        let mut text = Self::empty();
        text.push_all(path);
        text.push_query(query);
        text
    }

    fn push_query(&mut self, query: Option<&str>) {
        if let Some(query) = query {
            self.push(b'?');
            self.push_all(query);
        }
    }

    #[inline]
    fn push_all(&mut self, part: &str) {
        let room = self.bytes.get_mut(self.length..self.length + part.len());
        if let (Some(room), true) = (room, part.is_ascii()) {
            room.copy_from_slice(part.as_bytes());
            self.length += part.len();
            return;
        }
        for byte in part.bytes() {
            if byte.is_ascii() {
                self.push(byte);
            } else {
                const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
                self.push(b'%');
                self.push(DIGITS[usize::from(byte >> 4)]);
                self.push(DIGITS[usize::from(byte & 15)]);
            }
        }
    }

    fn push(&mut self, byte: u8) {
        match self.bytes.get_mut(self.length) {
            Some(room) => {
                *room = byte;
                self.length += 1;
            }
            None => self.cut = true,
        }
    }
}

impl Artefact {
    /// The URL rules that a URL of a host falls under, each by its number and label set.
    ///
    /// Most hosts have no rule, and for those nothing but the host is looked at.
    pub(crate) fn url_rules(
        &self,
        host: &Host<'_>,
        url: &UrlSeen<'_>,
        each: &mut dyn FnMut(usize, u32),
    ) {
        if self.url_buckets == 0 {
            return;
        }
        let mut text = None;
        match host {
            Host::Name(name) => self.url_hosts(name.as_str(), &mut |slot, coverage| {
                let text = text.get_or_insert_with(|| UrlText::of(url));
                self.rules_of(slot, coverage, text, each);
            }),
            Host::Address(_) => {
                let name = host.to_string();
                self.url_hosts(&name, &mut |slot, coverage| {
                    // Parts of an address are no parents of it.
                    if coverage == Coverage::NAME {
                        let text = text.get_or_insert_with(|| UrlText::of(url));
                        self.rules_of(slot, coverage, text, each);
                    }
                });
            }
        }
        if text.is_some()
            && let Some(text) = UrlText::without_parameters(url)
            && let Host::Name(name) = host
        {
            self.url_hosts(name.as_str(), &mut |slot, coverage| {
                self.rules_of(slot, coverage, &text, each);
            });
        }
    }

    /// The hosts at or above a name that have rules, each with what their rules must cover.
    fn url_hosts(&self, name: &str, each: &mut dyn FnMut(u32, u8)) {
        let (buckets, _) = self.section(Section::UrlHosts).as_chunks::<64>();
        let deepest = 127 - self.url_depths.leading_zeros().min(127);
        let mut walk = Walk::new(name.as_bytes(), self.key);
        for depth in 1..=deepest {
            let Some(start) = walk.step() else { return };
            if self.url_depths & 1 << depth == 0 {
                continue;
            }
            let lanes = walk.lanes();
            let home = lanes.home(self.url_buckets);
            let Some((slot, _)) = probe(buckets, home, lanes.mark(), self.url_reach) else {
                continue;
            };
            if start == 0 {
                each(slot, Coverage::NAME);
            } else if !crosses(name, start) {
                let www = start == 4 && name.starts_with("www.");
                let also = if www { Coverage::NAME } else { 0 };
                each(slot, Coverage::BELOW | also);
            }
        }
    }

    fn rules_of(&self, slot: u32, coverage: u8, text: &UrlText, each: &mut dyn FnMut(usize, u32)) {
        let starts = self.section(Section::UrlStarts);
        let start = |slot: usize| u32::from_le_bytes(array(starts, slot * 4)) as usize;
        let (rules, _) = self
            .section(Section::UrlRules)
            .as_chunks::<{ UrlRow::BYTES }>();
        let (first, end) = (start(slot as usize), start(slot as usize + 1));
        let Some(mut rest) = rules.get(first..end) else {
            return;
        };
        let text = text.bytes();
        let mut beginnings = Beginnings::new(text, self.key);
        let mut at = first;
        while let Some(length) = rest.first().map(|row| UrlRow::read(row).length) {
            if usize::from(length) > text.len() {
                return;
            }
            let run = rest.partition_point(|row| UrlRow::read(row).length <= length);
            let (same, others) = rest.split_at(run.max(1));
            let hash = beginnings.hash(usize::from(length));
            let from = same.partition_point(|row| UrlRow::read(row).hash < hash);
            for (place, row) in same.iter().enumerate().skip(from) {
                let row = UrlRow::read(row);
                if row.hash != hash {
                    break;
                }
                let covers = row.flags & u16::from(coverage) != 0;
                if covers && ends(text, usize::from(length), row.flags) {
                    each(at + place, row.set);
                }
            }
            at += same.len();
            rest = others;
        }
    }
}

/// Whether a rule may end after so many bytes of a text.
fn ends(text: &[u8], length: usize, flags: u16) -> bool {
    let Some(next) = text.get(length) else {
        return true;
    };
    if flags & UrlRow::ALL != 0 {
        return false;
    }
    if flags & UrlRow::WHOLE == 0 {
        return true;
    }
    let last = length.checked_sub(1).and_then(|last| text.get(last));
    b"/?;&".contains(next) || last.is_some_and(|last| b"/?;&=".contains(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(path: &str) -> String {
        String::from_utf8(UrlText::of_rule(path).unwrap().bytes().to_vec()).unwrap()
    }

    // CIR-23
    #[test]
    fn rules_and_requests_come_to_one_text() {
        assert_eq!(rule("/%7Eann/./x//y"), "/~ann/x/y");
        assert_eq!(rule("/caf\u{e9}?q=\u{e9}"), "/caf%C3%A9?q=%C3%A9");
        let url = UrlSeen::new(Scheme::Https, "/caf%c3%a9", Some("q=\u{e9}"));
        assert_eq!(UrlText::of(&url).bytes(), b"/caf%C3%A9?q=%C3%A9");
        let url = UrlSeen::new(Scheme::Https, "/a;v=1/b;w", Some("q"));
        let bare = UrlText::without_parameters(&url).unwrap();
        assert_eq!(bare.bytes(), b"/a/b?q");
    }

    #[test]
    fn what_is_too_long_is_no_rule_and_never_a_panic() {
        assert!(UrlText::of_rule(&format!("/{}", "a".repeat(MOST_URL))).is_none());
        assert!(UrlText::of_rule(&"\u{e9}".repeat(MOST_URL / 4)).is_none());
        let long = "\u{e9}".repeat(MOST_URL);
        let text = UrlText::of(&UrlSeen::new(Scheme::Http, &long, Some(&long)));
        assert_eq!((text.bytes().len(), text.cut), (MOST_URL, true));
    }

    #[test]
    fn a_segment_ends_where_the_next_begins() {
        let whole = UrlEnd::Segment.flag();
        for (text, length, fits) in [
            ("/~ann/x", 5, true),
            ("/~anna", 5, false),
            ("/~ann", 5, true),
            ("/~ann?x", 5, true),
            ("/d/x", 3, true),
            ("/w?v=1&t=2", 6, true),
            ("/w?v=12", 6, false),
        ] {
            assert_eq!(ends(text.as_bytes(), length, whole), fits, "{text}");
        }
        assert!(ends(b"/adverts", 3, UrlEnd::Anywhere.flag()));
        assert!(!ends(b"/a/b", 2, UrlEnd::Url.flag()));
    }
}
