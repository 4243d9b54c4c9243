/// What the options of a rule say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Options {
    /// Stronger than rules that open.
    pub(super) important: bool,
    /// The rule cancels the rule that it would be without this option.
    pub(super) cancels: bool,
    /// It leaves out some names.
    pub(super) leaves_out: bool,
    /// It holds for some kinds of DNS questions only.
    pub(super) kinds: bool,
    /// It answers with something else.
    pub(super) rewrites: bool,
    /// It holds for some pages, clients or kinds of content only.
    pub(super) context: bool,
    /// One of them is not known.
    pub(super) unknown: bool,
}

impl Options {
    pub(super) fn parse(text: &str) -> Self {
        let mut options = Self::default();
        for option in text.split(',') {
            let option = option.trim();
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let name = name.trim_start_matches('~').to_ascii_lowercase();
            match name.as_str() {
                "important" => options.important = true,
                "badfilter" => options.cancels = true,
                "denyallow" => options.leaves_out = true,
                "dnstype" => options.kinds = true,
                "dnsrewrite" => options.rewrites |= !closes(value),
                // What a visit to the page itself is, or what changes nothing here.
                "all" | "doc" | "document" | "match-case" | "collapse" | "reason" | "" => {}
                name if name.bytes().all(|byte| byte == b'_') => {}
                name if CONTEXT.contains(&name) => options.context = true,
                _ => options.unknown = true,
            }
        }
        options
    }
}

/// Whether a rewriting closes the name.
fn closes(value: &str) -> bool {
    let value = value.to_ascii_uppercase();
    let value = value.trim_end_matches(';');
    matches!(
        value,
        "NXDOMAIN"
            | "REFUSED"
            | "SERVFAIL"
            | "NOERROR"
            | "0.0.0.0"
            | "::"
            | "NOERROR;A;0.0.0.0"
            | "NOERROR;AAAA;::"
    )
}

/// The text of a rule and its options.
pub(super) fn split(rule: &str) -> (&str, Option<&str>) {
    let is_expression = rule.starts_with('/') && rule.len() > 1;
    if is_expression && rule.ends_with('/') {
        return (rule, None);
    }
    let at = if is_expression {
        rule.rfind("/$").map(|at| at + 1)
    } else {
        rule.rfind('$')
    };
    let Some(at) = at else { return (rule, None) };
    let options = &rule[at + 1..];
    let is_list = options
        .as_bytes()
        .first()
        .is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'~' || byte == b'_');
    if is_list {
        (&rule[..at], Some(options))
    } else {
        (rule, None)
    }
}

/// A rule as rules are compared, without the option that cancels; `None` where it has none.
pub(super) fn comparable(pattern: &str, options: &str) -> String {
    let mut names: Vec<&str> = options
        .split(',')
        .map(str::trim)
        .filter(|option| !option.is_empty() && *option != "badfilter")
        .collect();
    names.sort_unstable();
    format!("{pattern}${}", names.join(","))
}

/// Options that hold for a page, a client or a kind of content, or change what is sent.
const CONTEXT: [&str; 84] = [
    "third-party",
    "3p",
    "first-party",
    "1p",
    "strict1p",
    "strict3p",
    "domain",
    "from",
    "to",
    "script",
    "image",
    "css",
    "stylesheet",
    "xhr",
    "xmlhttprequest",
    "subdocument",
    "frame",
    "object",
    "object-subrequest",
    "media",
    "font",
    "websocket",
    "ws",
    "ping",
    "beacon",
    "other",
    "popup",
    "popunder",
    "webrtc",
    "inline-script",
    "inline-font",
    "generichide",
    "ghide",
    "elemhide",
    "ehide",
    "specifichide",
    "shide",
    "genericblock",
    "csp",
    "redirect",
    "redirect-rule",
    "removeparam",
    "queryprune",
    "removeheader",
    "replace",
    "header",
    "method",
    "permissions",
    "uritransform",
    "urlskip",
    "rewrite",
    "client",
    "ctag",
    "app",
    "jsonprune",
    "xmlprune",
    "hls",
    "cookie",
    "stealth",
    "content",
    "jsinject",
    "urlblock",
    "extension",
    "ipaddress",
    "cname",
    "empty",
    "mp4",
    "sitekey",
    "network",
    "referrerpolicy",
    "hide",
    "requestheader",
    "responseheader",
    "webbundle",
    "speculative",
    "top",
    "scriptlet",
    "background",
    "object_subrequest",
    "preload",
    "fetch",
    "dnsblock",
    "donottrack",
    "trusted",
];
