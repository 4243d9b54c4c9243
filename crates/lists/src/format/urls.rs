use super::{Reader, reason_of};
use crate::{Covers, Item, Reason, Scope, UrlPrefix};
use matcher::{Coverage, UrlEnd};
use model::{Host, HostBuffer};

impl Reader<'_> {
    /// `host/path`; scheme, user, `www.` and port do not matter.
    ///
    /// A `#` is a comment in the first column alone: elsewhere it is part of the URL.
    pub(super) fn urls(&mut self, line: &str) {
        if !self.is_comment(line, &['#']) {
            let covers = self.covers(Covers::Name);
            self.url(line, covers);
        }
    }

    /// Takes a URL, or its host where it has no path.
    pub(super) fn url(&mut self, line: &str, covers: Covers) {
        let rest = line.split_once("://").map_or(line, |(scheme, rest)| {
            let plain = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if plain { rest } else { line }
        });
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let host = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        let host = super::names::without_port(host);
        let bare = host
            .get(..4)
            .filter(|start| start.eq_ignore_ascii_case("www."));
        let host = match bare {
            Some(_) if host[4..].contains('.') => &host[4..],
            Some(_) | None => host,
        };
        if matches!(path, "" | "/") {
            self.entry(host, line, covers);
        } else {
            self.url_prefix(host, path, covers.into(), UrlEnd::Segment, line);
        }
    }

    pub(super) fn url_prefix(
        &mut self,
        host: &str,
        path: &str,
        coverage: Coverage,
        end: UrlEnd,
        text: &str,
    ) {
        if path.bytes().any(|byte| byte.is_ascii_control()) {
            self.refuse(Reason::Character, text);
            return;
        }
        // What follows a `#` never reaches a server; a published URL with one still means the page.
        let path = path.split('#').next().unwrap_or_default();
        let rooted;
        let path = if path.starts_with('/') {
            path
        } else {
            rooted = format!("/{path}");
            &rooted
        };
        let mut room = HostBuffer::new();
        match Host::normalise(host, &mut room) {
            Ok(Host::Name(name)) if !name.as_str().contains('.') => {
                self.refuse(Reason::SingleLabel, text);
            }
            Ok(host) => {
                let url = UrlPrefix {
                    host,
                    coverage,
                    path,
                    end,
                };
                self.give(Item::Url(url), text);
            }
            Err(error) => self.refuse(reason_of(error), text),
        }
    }

    /// One expression a line, on the URL without its scheme.
    pub(super) fn expressions(&mut self, line: &str) {
        if self.is_comment(line, &['#']) {
            return;
        }
        let bare = line
            .strip_prefix('/')
            .and_then(|rest| rest.strip_suffix('/'));
        let inner = bare.filter(|inner| !inner.is_empty()).unwrap_or(line);
        self.expression(inner, Scope::Url, line);
    }
}
