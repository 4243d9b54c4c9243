use model::{Obligations, SafeSearch, YouTube};
use std::net::Ipv4Addr;

/// What stands in the place of a search engine's own answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rewrite {
    /// Another name, whose addresses are looked up live.
    Name(&'static str),
    /// A fixed address; there is no IPv6 one.
    Address(Ipv4Addr),
}

/// Finds how a host is held to its safe mode for these obligations (SAF-01, 03 to 05, 07, 12).
///
/// Hosts match exactly: a rewrite of all of google.com would break everything else there.
/// Where an engine has no moderate mode, moderate is strict.
pub(crate) fn rewrite(host: &str, obligations: Obligations) -> Option<Rewrite> {
    if let Some(target) = youtube(host, obligations.youtube) {
        return Some(Rewrite::Name(target));
    }
    match obligations.safe_search {
        SafeSearch::Off => None,
        SafeSearch::Moderate | SafeSearch::Strict => engine(host),
    }
}

fn youtube(host: &str, mode: YouTube) -> Option<&'static str> {
    let target = match mode {
        YouTube::Off => return None,
        YouTube::Moderate => "restrictmoderate.youtube.com",
        YouTube::Strict => "restrict.youtube.com",
    };
    YOUTUBE.contains(&host).then_some(target)
}

fn engine(host: &str) -> Option<Rewrite> {
    if let Some(country) = host.strip_prefix("www.google.") {
        return GOOGLE
            .binary_search(&country)
            .is_ok()
            .then_some(Rewrite::Name("forcesafesearch.google.com"));
    }
    if let Some(&(_, target)) = HOSTS.iter().find(|&&(name, _)| name == host) {
        return Some(Rewrite::Name(target));
    }
    let bare = host.strip_prefix("www.").unwrap_or(host);
    let yandex = bare
        .strip_prefix("yandex.")
        .is_some_and(|country| YANDEX.contains(&country))
        || bare == "ya.ru";
    yandex.then_some(Rewrite::Address(YANDEX_FAMILY))
}

const YOUTUBE: [&str; 5] = [
    "www.youtube.com",
    "m.youtube.com",
    "youtubei.googleapis.com",
    "youtube.googleapis.com",
    "www.youtube-nocookie.com",
];

const HOSTS: [(&str, &str); 8] = [
    ("www.bing.com", "strict.bing.com"),
    ("edgeservices.bing.com", "strict.bing.com"),
    ("duckduckgo.com", "safe.duckduckgo.com"),
    ("www.duckduckgo.com", "safe.duckduckgo.com"),
    ("start.duckduckgo.com", "safe.duckduckgo.com"),
    ("pixabay.com", "safesearch.pixabay.com"),
    ("www.ecosia.org", "strict-safe-search.ecosia.org"),
    ("search.brave.com", "forcesafe.search.brave.com"),
];

/// The address at which Yandex answers in family mode.
const YANDEX_FAMILY: Ipv4Addr = Ipv4Addr::new(213, 180, 193, 56);

const YANDEX: [&str; 22] = [
    "az", "by", "co.il", "com", "com.am", "com.ge", "com.ru", "com.tr", "com.ua", "ee", "eu", "fr",
    "kg", "kz", "lt", "lv", "md", "net", "ru", "tj", "tm", "uz",
];

/// What follows `www.google.` in the list of domains that Google publishes as supported; sorted.
const GOOGLE: [&str; 187] = [
    "ad", "ae", "al", "am", "as", "at", "az", "ba", "be", "bf", "bg", "bi", "bj", "bs", "bt", "by",
    "ca", "cat", "cd", "cf", "cg", "ch", "ci", "cl", "cm", "cn", "co.ao", "co.bw", "co.ck",
    "co.cr", "co.id", "co.il", "co.in", "co.jp", "co.ke", "co.kr", "co.ls", "co.ma", "co.mz",
    "co.nz", "co.th", "co.tz", "co.ug", "co.uk", "co.uz", "co.ve", "co.vi", "co.za", "co.zm",
    "co.zw", "com", "com.af", "com.ag", "com.ar", "com.au", "com.bd", "com.bh", "com.bn", "com.bo",
    "com.br", "com.bz", "com.co", "com.cu", "com.cy", "com.do", "com.ec", "com.eg", "com.et",
    "com.fj", "com.gh", "com.gi", "com.gt", "com.hk", "com.jm", "com.kh", "com.kw", "com.lb",
    "com.ly", "com.mm", "com.mt", "com.mx", "com.my", "com.na", "com.ng", "com.ni", "com.np",
    "com.om", "com.pa", "com.pe", "com.pg", "com.ph", "com.pk", "com.pr", "com.py", "com.qa",
    "com.sa", "com.sb", "com.sg", "com.sl", "com.sv", "com.tj", "com.tr", "com.tw", "com.ua",
    "com.uy", "com.vc", "com.vn", "cv", "cz", "de", "dj", "dk", "dm", "dz", "ee", "es", "fi", "fm",
    "fr", "ga", "ge", "gg", "gl", "gm", "gr", "gy", "hn", "hr", "ht", "hu", "ie", "im", "iq", "is",
    "it", "je", "jo", "kg", "ki", "kz", "la", "li", "lk", "lt", "lu", "lv", "md", "me", "mg", "mk",
    "ml", "mn", "mu", "mv", "mw", "ne", "nl", "no", "nr", "nu", "pl", "pn", "ps", "pt", "ro", "rs",
    "ru", "rw", "sc", "se", "sh", "si", "sk", "sm", "sn", "so", "sr", "st", "td", "tg", "tl", "tm",
    "tn", "to", "tt", "vu", "ws",
];

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: Obligations = Obligations {
        monitor: false,
        alert: false,
        needs_url: false,
        safe_search: SafeSearch::Strict,
        youtube: YouTube::Strict,
        inspect: model::Inspect::None,
    };

    // SAF-12
    #[test]
    fn every_google_country_is_held() {
        assert!(GOOGLE.is_sorted());
        for country in GOOGLE {
            assert_eq!(
                rewrite(&format!("www.google.{country}"), STRICT),
                Some(Rewrite::Name("forcesafesearch.google.com")),
                "{country}"
            );
        }
        for host in [
            "google.com",
            "mail.google.com",
            "www.google.test",
            "docs.google.co.uk",
        ] {
            assert_eq!(rewrite(host, STRICT), None, "{host}");
        }
    }

    // SAF-05
    #[test]
    fn youtube_has_its_own_word() {
        let moderate = Obligations {
            safe_search: SafeSearch::Off,
            youtube: YouTube::Moderate,
            ..STRICT
        };
        for host in YOUTUBE {
            assert_eq!(
                rewrite(host, STRICT),
                Some(Rewrite::Name("restrict.youtube.com"))
            );
            assert_eq!(
                rewrite(host, moderate),
                Some(Rewrite::Name("restrictmoderate.youtube.com"))
            );
        }
        assert_eq!(rewrite("www.bing.com", moderate), None);
        assert_eq!(rewrite("i.ytimg.com", STRICT), None);
    }

    // SAF-03, SAF-04, SAF-07
    #[test]
    fn other_engines_are_held_at_their_exact_hosts() {
        for (host, target) in HOSTS {
            assert_eq!(rewrite(host, STRICT), Some(Rewrite::Name(target)));
            assert_eq!(rewrite(host, Obligations::default()), None);
        }
        for host in ["ya.ru", "yandex.com", "www.yandex.com.tr"] {
            assert_eq!(rewrite(host, STRICT), Some(Rewrite::Address(YANDEX_FAMILY)));
        }
        assert_eq!(rewrite("mail.yandex.ru", STRICT), None);
    }
}
