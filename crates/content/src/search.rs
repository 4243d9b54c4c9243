//! Search terms in the addresses of searches.

mod engines;

use crate::percent::{decode, parameters};
use crate::place::Place;
use engines::{ENGINES, Engine, Hosts, Term};

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
        let place = Place::parse(url)?;
        for engine in ENGINES.iter().filter(|engine| engine.is_at(&place)) {
            if let Some(found) = engine.term(&place) {
                return Some(found);
            }
        }
        of_any_site(&place)
    }
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
    let host = host.to_ascii_lowercase();
    let parts: Vec<&str> = host.split('.').collect();
    let Some(place) = parts.iter().rposition(|part| *part == name) else {
        return false;
    };
    match parts[place + 1..] {
        ["com" | "cat"] => true,
        [country] => country.len() == 2,
        [second, country] => matches!(second, "co" | "com") && country.len() == 2,
        _ => false,
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
    let path = place.path.to_ascii_lowercase();
    let searches = path.split('/').any(|part| {
        let part = part.split('.').next().unwrap_or(part);
        SEARCH_PATHS.contains(&part)
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
