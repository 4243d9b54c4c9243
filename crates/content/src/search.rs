//! Search terms in the addresses of searches.

mod engines;

use crate::percent::{decode, parameters};
use crate::place::Place;
use engines::{ENGINES, Engine, Hosts, Term};
use model::Target;

/// What somebody searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchTerm {
    /// The site, such as `Google`; `site` for the search of any other site.
    pub engine: &'static str,
    /// Whether it is a suggestion that was asked for while somebody typed.
    pub typing: bool,
    /// The term; at most [`SearchTerm::LONGEST`] bytes.
    pub term: String,
}

impl SearchTerm {
    /// Longer ones are cut.
    pub const LONGEST: usize = 512;

    /// Finds the search term of a URL, if it is one of a search.
    ///
    /// ```
    /// use content::SearchTerm;
    ///
    /// let found = SearchTerm::of_url("https://www.google.co.uk/search?q=blue+tits&hl=en").unwrap();
    /// assert_eq!((found.engine, found.term.as_str()), ("Google", "blue tits"));
    /// ```
    pub fn of_url(url: &str) -> Option<Self> {
        Self::of_place(&Place::parse(url)?)
    }

    /// Finds the search term of what a door saw, if it is a search.
    ///
    /// Where it is none, nothing is allocated.
    pub fn of_target(target: &Target<'_>) -> Option<Self> {
        Self::of_place(&Place::of_target(target)?)
    }

    fn of_place(place: &Place<'_>) -> Option<Self> {
        let asks = !place.query.is_empty() || !place.fragment.is_empty();
        if !asks && !may_bear_term(place.path) {
            return None;
        }
        for engine in ENGINES.iter().filter(|engine| engine.is_at(place)) {
            if let Some(found) = engine.term(place) {
                return Some(found);
            }
        }
        of_any_site(place)
    }
}

/// Whether a path begins as those do that bear a term in their next part.
fn may_bear_term(path: &str) -> bool {
    let (first, rest) = path[1.min(path.len())..]
        .split_once('/')
        .unwrap_or_default();
    !rest.is_empty()
        && BEARING
            .iter()
            .any(|bearing| first.eq_ignore_ascii_case(bearing))
}

impl Engine {
    fn is_at(&self, place: &Place<'_>) -> bool {
        match self.hosts {
            Hosts::Below(names) => names.iter().any(|name| place.is_below(name)),
            Hosts::AnyCountry(name) => is_in_any_country(place.host, name),
        }
    }

    fn term(&self, place: &Place<'_>) -> Option<SearchTerm> {
        self.places.iter().find_map(|held| {
            let rest = strip_prefix(place.path, held.path)?;
            let term = match held.term {
                Term::Parameter(names) => {
                    parameter(place.query, names).or_else(|| parameter(place.fragment, names))?
                }
                Term::NextPart => {
                    let part = rest.trim_start_matches('/').split('/').next()?;
                    decode(part, true).replace('-', " ")
                }
            };
            named(self.name, held.typing, &term)
        })
    }
}

/// Whether a host is `www.google.co.uk` or the like of `google`.
fn is_in_any_country(host: &str, name: &str) -> bool {
    let mut behind = host.split('.');
    // The last part of that name counts: what stands before it may be anything.
    let mut found = None;
    while let Some(part) = behind.next() {
        if part.eq_ignore_ascii_case(name) {
            found = Some(behind.clone());
        }
    }
    let Some(mut behind) = found else {
        return false;
    };
    let same =
        |part: &str, words: [&str; 2]| words.iter().any(|word| part.eq_ignore_ascii_case(word));
    match (behind.next(), behind.next(), behind.next()) {
        (Some(end), None, _) => end.len() == 2 || same(end, ["com", "cat"]),
        (Some(second), Some(country), None) => same(second, ["co", "com"]) && country.len() == 2,
        (None, _, _) | (Some(_), Some(_), Some(_)) => false,
    }
}

/// What is behind a prefix, whatever its case.
fn strip_prefix<'p>(path: &'p str, prefix: &str) -> Option<&'p str> {
    let head = path.get(..prefix.len())?;
    let whole =
        prefix.ends_with('/') || matches!(path.as_bytes().get(prefix.len()), None | Some(b'/'));
    (head.eq_ignore_ascii_case(prefix) && whole).then(|| &path[prefix.len()..])
}

fn parameter(query: &str, names: &[&str]) -> Option<String> {
    parameters(query)
        .find(|(name, value)| names.contains(name) && !value.is_empty())
        .map(|(_, value)| decode(value, true))
}

/// The search of a site that the table does not hold.
fn of_any_site(place: &Place<'_>) -> Option<SearchTerm> {
    let searches = place.path.split('/').any(|part| {
        let part = part.split('.').next().unwrap_or(part);
        SEARCH_PATHS
            .iter()
            .any(|word| part.eq_ignore_ascii_case(word))
    });
    let names: &[&str] = if searches { &LOOSE } else { &STRICT };
    named("site", false, &parameter(place.query, names)?)
}

fn named(engine: &'static str, typing: bool, term: &str) -> Option<SearchTerm> {
    let term = term.trim();
    let mut end = term.len().min(SearchTerm::LONGEST);
    while !term.is_char_boundary(end) {
        end -= 1;
    }
    (!term.is_empty()).then(|| SearchTerm {
        engine,
        typing,
        term: term[..end].to_owned(),
    })
}

/// The first parts of the paths that bear a term in the table of engines.
const BEARING: [&str; 8] = [
    "search", "tag", "tagged", "hashtag", "explore", "images", "videos", "s",
];

/// Parts of paths that mean a search.
const SEARCH_PATHS: [&str; 7] = [
    "search",
    "find",
    "suche",
    "results",
    "suggest",
    "autocomplete",
    "chwilio",
];

/// Names of parameters that mean a search on any path.
const STRICT: [&str; 6] = [
    "search_query",
    "searchterm",
    "search_term",
    "searchquery",
    "search-term",
    "keywords",
];

/// Names of parameters that mean a search on the path of one.
const LOOSE: [&str; 14] = [
    "q",
    "query",
    "search",
    "s",
    "k",
    "term",
    "keyword",
    "text",
    "search_query",
    "searchterm",
    "search_term",
    "searchquery",
    "search-term",
    "keywords",
];

#[cfg(test)]
mod tests {
    use super::*;

    // CAT-40: engines, video sites, encyclopaedias, suggestions, the search of any site.
    #[test]
    fn terms_are_found_on_searches() {
        for (url, engine, typing, term) in [
            (
                "https://www.google.com/search?hl=en&q=blue+tit",
                "Google",
                false,
                "blue tit",
            ),
            (
                "https://google.co.uk/search?q=caf%C3%A9",
                "Google",
                false,
                "café",
            ),
            (
                "https://www.google.de/complete/search?client=x&q=bl",
                "Google",
                true,
                "bl",
            ),
            ("https://www.google.com/#q=old", "Google", false, "old"),
            (
                "https://suggestqueries.google.com/complete/search?ds=yt&q=ca",
                "Google",
                true,
                "ca",
            ),
            (
                "https://www.bing.com/images/search?q=tit",
                "Bing",
                false,
                "tit",
            ),
            (
                "https://www.bing.com/AS/Suggestions?qry=ti",
                "Bing",
                true,
                "ti",
            ),
            (
                "https://duckduckgo.com/?q=a%20b&ia=web",
                "DuckDuckGo",
                false,
                "a b",
            ),
            ("https://duckduckgo.com/ac/?q=a", "DuckDuckGo", true, "a"),
            (
                "https://uk.search.yahoo.com/search?p=one",
                "Yahoo",
                false,
                "one",
            ),
            (
                "https://yandex.ru/search/?text=%D0%B4%D0%B0",
                "Yandex",
                false,
                "да",
            ),
            (
                "https://www.youtube.com/results?search_query=fox",
                "YouTube",
                false,
                "fox",
            ),
            ("https://vimeo.com/search?q=fox", "Vimeo", false, "fox"),
            (
                "https://www.dailymotion.com/search/red%20fox/videos",
                "Dailymotion",
                false,
                "red fox",
            ),
            (
                "https://www.tiktok.com/search?q=fox",
                "TikTok",
                false,
                "fox",
            ),
            (
                "https://cy.wikipedia.org/w/index.php?search=llwynog",
                "Wikipedia",
                false,
                "llwynog",
            ),
            (
                "https://en.wikipedia.org/w/api.php?action=opensearch&search=fo",
                "Wikipedia",
                true,
                "fo",
            ),
            (
                "https://en.wikipedia.org/wiki/Special:Search?search=fox",
                "Wikipedia",
                false,
                "fox",
            ),
            (
                "https://www.britannica.com/search?query=fox",
                "Britannica",
                false,
                "fox",
            ),
            (
                "https://giphy.com/search/red-fox",
                "GIPHY",
                false,
                "red fox",
            ),
            ("https://shop.example/find?q=shoes", "site", false, "shoes"),
            (
                "http://shop.example:8080/a/search.php?keyword=x",
                "site",
                false,
                "x",
            ),
            (
                "https://shop.example/list?search_query=x",
                "site",
                false,
                "x",
            ),
        ] {
            let found = SearchTerm::of_url(url).unwrap_or_else(|| panic!("{url}"));
            assert_eq!(
                (found.engine, found.typing, found.term.as_str()),
                (engine, typing, term),
                "{url}"
            );
        }
    }

    #[test]
    fn every_path_that_bears_a_term_is_looked_at() {
        let places = ENGINES.iter().flat_map(|engine| engine.places);
        for place in places.filter(|place| matches!(place.term, Term::NextPart)) {
            assert!(
                may_bear_term(&format!("{}/term", place.path)),
                "{}",
                place.path
            );
        }
        for path in ["", "/", "/search", "/search/", "/a/b"] {
            assert!(!may_bear_term(path), "{path}");
        }
    }

    #[test]
    fn a_door_finds_what_a_reader_finds() {
        for url in [
            "http://www.google.co.uk/search?q=blue+tits",
            "http://giphy.com/Search/red-fox",
            "http://shop.example:8080/a/search.php?keyword=x",
            "http://192.0.2.7/search?q=fox",
            "http://www.example.test/a/b?c=d",
        ] {
            let mut room = model::HostBuffer::new();
            let target = Target::parse(url, &mut room).unwrap();
            assert_eq!(
                SearchTerm::of_target(&target),
                SearchTerm::of_url(url),
                "{url}"
            );
        }
    }

    #[test]
    fn other_addresses_have_none() {
        for url in [
            "https://www.google.com/",
            "https://www.google.com/search?q=",
            "https://google.com.evil.example/maps?q=x",
            "https://notgoogle.com/?q=x",
            "https://shop.example/list?q=x",
            "ftp://www.google.com/search?q=x",
            "www.google.com/search?q=x",
            "https://en.wikipedia.org/wiki/Fox",
            "https://",
        ] {
            assert_eq!(SearchTerm::of_url(url), None, "{url}");
        }
    }

    #[test]
    fn a_term_is_bounded() {
        let url = format!("https://www.google.com/search?q={}", "%C3%A9".repeat(5000));
        let found = SearchTerm::of_url(&url).unwrap();
        assert!(found.term.len() <= SearchTerm::LONGEST);
        assert!(found.term.chars().all(|character| character == 'é'));
    }
}
