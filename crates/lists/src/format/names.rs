use super::{Reader, is_linear, without_comment};
use crate::{Covers, PatternKind, Reason, Scope};
use std::net::IpAddr;

impl Reader<'_> {
    pub(super) fn plain(&mut self, line: &str) {
        if self.is_comment(line, &['#', '!', ';']) {
            return;
        }
        let text = without_comment(line);
        let covers = self.covers(Covers::NameAndBelow);
        match text.strip_prefix('=') {
            Some(name) => self.entry(name, text, Covers::Name),
            // squidGuard's own lists write some names with a leading dot.
            None => self.entry(text.strip_prefix('.').unwrap_or(text), text, covers),
        }
    }

    pub(super) fn wildcard(&mut self, line: &str) {
        if self.is_comment(line, &['#', '!', ';']) {
            return;
        }
        let text = without_comment(line);
        let covers = self.covers(Covers::NameAndBelow);
        let name = text.strip_prefix("*.").or_else(|| text.strip_prefix('.'));
        self.entry(name.unwrap_or(text), text, covers);
    }

    /// As dnscrypt-proxy reads its lists of names.
    pub(super) fn glob(&mut self, line: &str) {
        if self.is_comment(line, &['#', '!', ';']) {
            return;
        }
        let text = without_comment(line);
        if let Some(name) = text.strip_prefix('=') {
            return self.entry(name, text, Covers::Name);
        }
        let rest = text.strip_prefix("*.").unwrap_or(text);
        if !rest.contains(['*', '?', '[']) {
            let covers = self.covers(Covers::NameAndBelow);
            return self.entry(rest.strip_prefix('.').unwrap_or(rest), text, covers);
        }
        if let Some(word) = word_of_glob(text) {
            self.pattern(PatternKind::Word, Scope::Host, word, text);
        } else if text
            .bytes()
            .all(|byte| is_of_name(byte) || b".*?[]".contains(&byte))
            && text.bytes().filter(|&byte| is_of_name(byte)).count() >= LEAST_WORD
        {
            self.pattern(PatternKind::Glob, Scope::Host, text, text);
        } else {
            self.refuse(Reason::OtherFormat, text);
        }
    }

    pub(super) fn hosts(&mut self, line: &str) {
        if self.is_comment(line, &['#', '!', ';']) {
            return;
        }
        let line = line.split('#').next().unwrap_or_default().trim_end();
        let mut words = line.split_whitespace();
        let Some(address) = words.next() else { return };
        let Some(sinks) = is_sink(address) else {
            self.refuse(Reason::OtherFormat, line);
            return;
        };
        let mut any = false;
        for word in words {
            any = true;
            if is_boilerplate(word) {
                self.boilerplate();
            } else if sinks {
                let covers = self.covers(Covers::Name);
                self.entry(word, word, covers);
            } else {
                self.refuse(Reason::Rewrite, line);
            }
        }
        if !any {
            self.refuse(Reason::Syntax, line);
        }
    }

    pub(super) fn doh(&mut self, line: &str) {
        if self.is_comment(line, &['#', '!', ';']) {
            return;
        }
        let text = without_comment(line);
        let schemes = ["https://", "h3://", "tls://", "quic://"];
        let server = schemes.iter().find_map(|scheme| text.strip_prefix(scheme));
        let below = self.covers(match server {
            // The address of a server says nothing of its neighbours.
            Some(_) => Covers::Name,
            None => Covers::NameAndBelow,
        });
        let host = match server {
            Some(rest) => {
                let end = rest.find(['/', '?', '{']).unwrap_or(rest.len());
                without_port(&rest[..end])
            }
            None => without_port(text),
        };
        if host.contains('/')
            || host
                .split_once('-')
                .is_some_and(|(a, _)| a.parse::<IpAddr>().is_ok())
        {
            self.addresses(text);
        } else {
            let host = host.strip_prefix("*.").or_else(|| host.strip_prefix('.'));
            let host = host.unwrap_or_else(|| {
                without_port(server.map_or(text, |rest| {
                    rest.split(['/', '?', '{']).next().unwrap_or_default()
                }))
            });
            self.entry(host, text, below);
        }
    }

    pub(super) fn top_sites(&mut self, line: &str) {
        if self.is_comment(line, &['#']) {
            return;
        }
        let quoted = |field: &str| field.trim().trim_matches('"').to_owned();
        let mut fields = line.split(',').map(quoted);
        let first = fields.next().unwrap_or_default();
        let is_rank = |field: &str| !field.is_empty() && field.bytes().all(|b| b.is_ascii_digit());
        let name = match fields.next() {
            None => first,
            Some(second) if is_rank(&first) => second,
            Some(second) if is_rank(&second) => first,
            // The head of the table.
            Some(_) if self.line == 1 => return self.settings(),
            Some(_) => return self.refuse(Reason::Syntax, line),
        };
        let covers = self.covers(Covers::NameAndBelow);
        self.entry(&name, line, covers);
    }
}

/// A host without the port that follows it.
pub(super) fn without_port(text: &str) -> &str {
    if let Some(end) = text.find(']').filter(|_| text.starts_with('[')) {
        return &text[..=end];
    }
    match text.rsplit_once([':', '#']) {
        Some((host, port))
            if !host.contains(':')
                && !port.is_empty()
                && port.bytes().all(|b| b.is_ascii_digit()) =>
        {
            host
        }
        Some(_) | None => text,
    }
}

/// The name that an expression for hosts means, where it means no more than one.
///
/// Published lists of expressions are for a good part lists of names: `^(.*\.)?games\.test$`.
pub(super) fn name_of_expression(expression: &str) -> Option<(String, Covers)> {
    let body = expression.strip_suffix('$')?;
    let starts = [
        (r"^(.*\.)?", Covers::NameAndBelow),
        (r"^(.+\.)?", Covers::NameAndBelow),
        (r"^(?:.*\.)?", Covers::NameAndBelow),
        (r"(^|\.)", Covers::NameAndBelow),
        (r"(\.|^)", Covers::NameAndBelow),
        (r"^", Covers::Name),
    ];
    let (body, covers) = starts
        .into_iter()
        .find_map(|(start, covers)| Some((body.strip_prefix(start)?, covers)))?;
    let mut name = String::with_capacity(body.len());
    let mut bytes = body.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => name.push(char::from(
                bytes.next().filter(|&next| next == b'.' || next == b'-')?,
            )),
            _ if is_of_name(byte) => name.push(char::from(byte)),
            _ => return None,
        }
    }
    (name.contains('.') && is_linear(expression)).then_some((name, covers))
}

/// The word of `*word*`, where it is long enough to mean anything.
pub(super) fn word_of_glob(text: &str) -> Option<&str> {
    let word = text.strip_prefix('*')?.strip_suffix('*')?;
    (word.len() >= LEAST_WORD && word.bytes().all(is_of_name)).then_some(word)
}

pub(super) const fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// Whether the first word of a hosts line closes names; `None` when it is no address.
pub(super) fn is_sink(word: &str) -> Option<bool> {
    // Scoped addresses stand in the boilerplate of every hosts file.
    let address: IpAddr = word.split('%').next()?.parse().ok()?;
    Some(match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_unspecified() || v4.is_loopback() || v4.is_broadcast(),
        IpAddr::V6(v6) => v6.is_unspecified() || v6.is_loopback(),
    })
}

fn is_boilerplate(word: &str) -> bool {
    const WORDS: [&str; 11] = [
        "localhost",
        "localhost.localdomain",
        "localhost4",
        "localhost6",
        "local",
        "broadcasthost",
        "0.0.0.0",
        "127.0.0.1",
        "::1",
        "loopback",
        "255.255.255.255",
    ];
    let word = word.to_ascii_lowercase();
    WORDS.contains(&word.as_str()) || word.starts_with("ip6-")
}

/// Shorter words stand in half of all names.
pub(super) const LEAST_WORD: usize = 4;
