/// A site with searches.
pub(super) struct Engine {
    /// Name for people.
    pub(super) name: &'static str,
    pub(super) hosts: Hosts,
    /// Where its searches are; the first that fits counts.
    pub(super) places: &'static [SearchPlace],
}

/// Where a site is.
#[derive(Clone, Copy)]
pub(super) enum Hosts {
    /// At these names and below them.
    Below(&'static [&'static str]),
    /// At this name under the endings of all countries.
    AnyCountry(&'static str),
}

/// Where a search of a site is.
pub(super) struct SearchPlace {
    /// The path, or its beginning as far as a stroke.
    pub(super) path: &'static str,
    pub(super) term: Term,
    /// Whether it suggests while somebody types.
    pub(super) typing: bool,
}

/// Where the term stands.
#[derive(Clone, Copy)]
pub(super) enum Term {
    /// In the first of these parameters.
    Parameter(&'static [&'static str]),
    /// In the next part of the path.
    NextPart,
}

const fn asks(path: &'static str, names: &'static [&'static str]) -> SearchPlace {
    SearchPlace {
        path,
        term: Term::Parameter(names),
        typing: false,
    }
}

const fn suggests(path: &'static str, names: &'static [&'static str]) -> SearchPlace {
    SearchPlace {
        path,
        term: Term::Parameter(names),
        typing: true,
    }
}

const fn bears(path: &'static str) -> SearchPlace {
    SearchPlace {
        path,
        term: Term::NextPart,
        typing: false,
    }
}

/// The sites whose searches are known. A table: one row a site.
pub(super) const ENGINES: [Engine; 50] = [
    Engine {
        name: "Google",
        hosts: Hosts::AnyCountry("google"),
        places: &[
            suggests("/complete/search", &["q"]),
            suggests("/s", &["q"]),
            asks("/search", &["q"]),
            asks("/images", &["q"]),
            asks("/scholar", &["q"]),
            asks("/maps/search", &["q", "query"]),
            asks("/", &["q"]),
        ],
    },
    Engine {
        name: "Google",
        hosts: Hosts::Below(&[
            "clients1.google.com",
            "suggestqueries.google.com",
            "suggestqueries-clients6.youtube.com",
        ]),
        places: &[suggests("/complete/search", &["q"])],
    },
    Engine {
        name: "Bing",
        hosts: Hosts::Below(&["bing.com"]),
        places: &[
            suggests("/AS/Suggestions", &["qry", "q"]),
            suggests("/osjson.aspx", &["query"]),
            asks("/search", &["q"]),
            asks("/images/search", &["q"]),
            asks("/videos/search", &["q"]),
            asks("/news/search", &["q"]),
            asks("/shop", &["q"]),
            asks("/chat", &["q"]),
        ],
    },
    Engine {
        name: "DuckDuckGo",
        hosts: Hosts::Below(&["duckduckgo.com"]),
        places: &[suggests("/ac/", &["q"]), asks("/", &["q"])],
    },
    Engine {
        name: "Yahoo",
        hosts: Hosts::Below(&["yahoo.com", "yahoo.co.jp"]),
        places: &[
            suggests("/sugg/gossip/", &["command", "p"]),
            asks("/search", &["p"]),
            asks("/images", &["p"]),
            asks("/image", &["p"]),
            asks("/", &["p"]),
        ],
    },
    Engine {
        name: "Ecosia",
        hosts: Hosts::Below(&["ecosia.org"]),
        places: &[asks("/", &["q"])],
    },
    Engine {
        name: "Qwant",
        hosts: Hosts::Below(&["qwant.com", "qwantjunior.com"]),
        places: &[asks("/", &["q"])],
    },
    Engine {
        name: "Startpage",
        hosts: Hosts::Below(&["startpage.com"]),
        places: &[asks("/", &["query", "q"])],
    },
    Engine {
        name: "Brave",
        hosts: Hosts::Below(&["search.brave.com"]),
        places: &[suggests("/api/suggest", &["q"]), asks("/", &["q"])],
    },
    Engine {
        name: "Yandex",
        hosts: Hosts::Below(&["yandex.ru", "yandex.com", "ya.ru", "yandex.kz", "yandex.by"]),
        places: &[suggests("/suggest", &["part"]), asks("/", &["text"])],
    },
    Engine {
        name: "Baidu",
        hosts: Hosts::Below(&["baidu.com"]),
        places: &[
            suggests("/sugrec", &["wd"]),
            asks("/", &["wd", "word", "kw"]),
        ],
    },
    Engine {
        name: "Naver",
        hosts: Hosts::Below(&["naver.com"]),
        places: &[asks("/", &["query"])],
    },
    Engine {
        name: "Mojeek",
        hosts: Hosts::Below(&["mojeek.com"]),
        places: &[asks("/", &["q"])],
    },
    Engine {
        name: "Ask",
        hosts: Hosts::Below(&["ask.com"]),
        places: &[asks("/", &["q"])],
    },
    Engine {
        name: "AOL",
        hosts: Hosts::Below(&["aol.com", "aol.co.uk"]),
        places: &[asks("/", &["q", "query"])],
    },
    Engine {
        name: "Swisscows",
        hosts: Hosts::Below(&["swisscows.com"]),
        places: &[asks("/", &["query"])],
    },
    Engine {
        name: "Kiddle",
        hosts: Hosts::Below(&["kiddle.co"]),
        places: &[asks("/", &["q"])],
    },
    Engine {
        name: "Kagi",
        hosts: Hosts::Below(&["kagi.com"]),
        places: &[asks("/", &["q"])],
    },
    Engine {
        name: "Seznam",
        hosts: Hosts::Below(&["seznam.cz"]),
        places: &[asks("/", &["q"])],
    },
    Engine {
        name: "Perplexity",
        hosts: Hosts::Below(&["perplexity.ai"]),
        places: &[asks("/", &["q"])],
    },
    Engine {
        name: "ChatGPT",
        hosts: Hosts::Below(&["chatgpt.com", "chat.openai.com"]),
        places: &[asks("/", &["q", "prompt"])],
    },
    Engine {
        name: "YouTube",
        hosts: Hosts::Below(&["youtube.com", "youtubekids.com"]),
        places: &[asks("/results", &["search_query"]), asks("/search", &["q"])],
    },
    Engine {
        name: "Vimeo",
        hosts: Hosts::Below(&["vimeo.com"]),
        places: &[asks("/search", &["q"])],
    },
    Engine {
        name: "Dailymotion",
        hosts: Hosts::Below(&["dailymotion.com"]),
        places: &[bears("/search")],
    },
    Engine {
        name: "TikTok",
        hosts: Hosts::Below(&["tiktok.com"]),
        places: &[
            asks("/api/search", &["keyword"]),
            asks("/search", &["q"]),
            bears("/tag"),
        ],
    },
    Engine {
        name: "Twitch",
        hosts: Hosts::Below(&["twitch.tv"]),
        places: &[asks("/search", &["term"])],
    },
    Engine {
        name: "Rumble",
        hosts: Hosts::Below(&["rumble.com"]),
        places: &[asks("/search", &["q"])],
    },
    Engine {
        name: "Bilibili",
        hosts: Hosts::Below(&["bilibili.com"]),
        places: &[asks("/", &["keyword"])],
    },
    Engine {
        name: "Wikipedia",
        hosts: Hosts::Below(&[
            "wikipedia.org",
            "wiktionary.org",
            "wikimedia.org",
            "wikibooks.org",
            "simple.wikipedia.org",
        ]),
        places: &[
            suggests(
                "/w/api.php",
                &["srsearch", "search", "gsrsearch", "gpssearch"],
            ),
            suggests("/w/rest.php", &["q"]),
            asks("/w/index.php", &["search"]),
            asks("/wiki/", &["search"]),
        ],
    },
    Engine {
        name: "Britannica",
        hosts: Hosts::Below(&["britannica.com"]),
        places: &[asks("/", &["query"])],
    },
    Engine {
        name: "Fandom",
        hosts: Hosts::Below(&["fandom.com"]),
        places: &[asks("/", &["query", "search"])],
    },
    Engine {
        name: "Reddit",
        hosts: Hosts::Below(&["reddit.com"]),
        places: &[asks("/", &["q"])],
    },
    Engine {
        name: "X",
        hosts: Hosts::Below(&["x.com", "twitter.com"]),
        places: &[asks("/search", &["q"]), bears("/hashtag")],
    },
    Engine {
        name: "Instagram",
        hosts: Hosts::Below(&["instagram.com"]),
        places: &[bears("/explore/tags"), asks("/explore/search", &["q"])],
    },
    Engine {
        name: "Pinterest",
        hosts: Hosts::Below(&["pinterest.com", "pinterest.co.uk"]),
        places: &[asks("/search", &["q"])],
    },
    Engine {
        name: "Tumblr",
        hosts: Hosts::Below(&["tumblr.com"]),
        places: &[bears("/search"), bears("/tagged")],
    },
    Engine {
        name: "GIPHY",
        hosts: Hosts::Below(&["giphy.com"]),
        places: &[bears("/search")],
    },
    Engine {
        name: "Tenor",
        hosts: Hosts::Below(&["tenor.com"]),
        places: &[bears("/search")],
    },
    Engine {
        name: "Pixabay",
        hosts: Hosts::Below(&["pixabay.com"]),
        places: &[bears("/images/search"), bears("/videos/search")],
    },
    Engine {
        name: "Unsplash",
        hosts: Hosts::Below(&["unsplash.com"]),
        places: &[bears("/s/photos")],
    },
    Engine {
        name: "Pexels",
        hosts: Hosts::Below(&["pexels.com"]),
        places: &[bears("/search")],
    },
    Engine {
        name: "Flickr",
        hosts: Hosts::Below(&["flickr.com"]),
        places: &[asks("/search", &["text"])],
    },
    Engine {
        name: "DeviantArt",
        hosts: Hosts::Below(&["deviantart.com"]),
        places: &[asks("/search", &["q"])],
    },
    Engine {
        name: "Spotify",
        hosts: Hosts::Below(&["open.spotify.com"]),
        places: &[bears("/search")],
    },
    Engine {
        name: "SoundCloud",
        hosts: Hosts::Below(&["soundcloud.com"]),
        places: &[asks("/search", &["q"])],
    },
    Engine {
        name: "Amazon",
        hosts: Hosts::AnyCountry("amazon"),
        places: &[asks("/s", &["k", "field-keywords"])],
    },
    Engine {
        name: "eBay",
        hosts: Hosts::AnyCountry("ebay"),
        places: &[asks("/sch", &["_nkw"])],
    },
    Engine {
        name: "Etsy",
        hosts: Hosts::Below(&["etsy.com"]),
        places: &[asks("/", &["q"])],
    },
    Engine {
        name: "Archive",
        hosts: Hosts::Below(&["archive.org"]),
        places: &[
            asks("/search", &["query"]),
            asks("/advancedsearch.php", &["q"]),
        ],
    },
    Engine {
        name: "Roblox",
        hosts: Hosts::Below(&["roblox.com"]),
        places: &[asks("/", &["Keyword", "keyword"])],
    },
];
