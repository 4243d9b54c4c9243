use model::Target;

/// A URL in the parts that matter here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'u> {
    /// The host as written, without port; compared in lower case.
    pub(crate) host: &'u str,
    /// The path, with its first stroke, still encoded.
    pub(crate) path: &'u str,
    /// What stands behind `?`, still encoded; empty where nothing does.
    pub(crate) query: &'u str,
    /// What stands behind `#`.
    pub(crate) fragment: &'u str,
}

impl<'u> Place<'u> {
    /// Takes a URL apart; `None` where it is no URL of the web.
    pub(crate) fn parse(url: &'u str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        if !["http", "https"]
            .iter()
            .any(|web| scheme.eq_ignore_ascii_case(web))
        {
            return None;
        }
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = match before.find('/') {
            Some(at) => before.split_at(at),
            None => (before, "/"),
        };
        let host = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        let host = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            Some(_) | None => host,
        };
        let host = host.trim_end_matches('.');
        (!host.is_empty()).then_some(Self {
            host,
            path,
            query,
            fragment,
        })
    }

    /// The parts of what a door saw, with its host in canonical form; `None` where it saw a host
    /// alone.
    ///
    /// A host that is an address is no site of anybody's table, and stays out.
    pub(crate) fn of_target(target: &'u Target<'_>) -> Option<Self> {
        let url = target.url.as_ref()?;
        Some(Self {
            host: target.host.name().map_or("", |name| name.as_str()),
            path: &url.path,
            query: url.query.unwrap_or_default(),
            fragment: "",
        })
    }

    /// Whether the host is a name or below it.
    pub(crate) fn is_below(&self, name: &str) -> bool {
        let (host, name) = (self.host.as_bytes(), name.as_bytes());
        host.len() >= name.len() && {
            let (before, end) = host.split_at(host.len() - name.len());
            end.eq_ignore_ascii_case(name) && (before.is_empty() || before.ends_with(b"."))
        }
    }
}
