use super::Reader;
use super::names::{is_of_name, is_sink, word_of_glob};
use super::options::{Options, comparable, split};
use crate::{Covers, PatternKind, Reason, Scope};
use matcher::UrlEnd;
use model::{Host, HostBuffer};

/// Whether a rule closes or opens, and how strongly.
#[derive(Clone, Copy, Debug)]
struct Force {
    opens: bool,
    important: bool,
}

impl Reader<'_> {
    /// Rules of Adblock Plus, uBlock Origin and AdGuard, and the host names and hosts lines
    /// between them.
    pub(super) fn adblock(&mut self, line: &str) {
        if self.is_comment(line, &['!']) {
            return;
        }
        if is_cosmetic(line) {
            return self.refuse(Reason::Cosmetic, line);
        }
        if self.is_comment(line, &['#']) {
            return;
        }
        if line.starts_with('[') {
            return match line.ends_with(']') {
                true => self.settings(),
                false => self.refuse(Reason::Context, line),
            };
        }
        let first = line.split_whitespace().next().unwrap_or_default();
        if first.len() < line.len() && is_sink(first).is_some() {
            return self.hosts(line);
        }
        let (rule, opens) = line
            .strip_prefix("@@")
            .map_or((line, false), |rule| (rule, true));
        let (pattern, options) = split(rule);
        let told = options.map(Options::parse).unwrap_or_default();
        if told.cancels {
            if self.ahead {
                let marked = if opens {
                    format!("@@{pattern}")
                } else {
                    pattern.to_owned()
                };
                self.back
                    .cancel(comparable(&marked, options.unwrap_or_default()));
            }
            self.current.taken_back = true;
            return;
        }
        if self.back.cancels() && !self.ahead {
            let marked = if opens {
                format!("@@{pattern}")
            } else {
                pattern.to_owned()
            };
            let rule = comparable(&marked, options.unwrap_or_default());
            if self.back.is_cancelled(&rule) {
                return self.refuse(Reason::Cancelled, line);
            }
        }
        if let Some(reason) = reason_of(told) {
            return self.refuse(reason, line);
        }
        let force = Force {
            opens,
            important: told.important,
        };
        self.rule(pattern, line, force);
    }

    fn rule(&mut self, pattern: &str, line: &str, force: Force) {
        let inner = pattern
            .strip_prefix('/')
            .and_then(|rest| rest.strip_suffix('/'));
        if let Some(expression) = inner.filter(|inner| !inner.is_empty()) {
            if force.opens {
                self.refuse(Reason::NotEnforcedLift, line);
            } else {
                self.expression(expression, Scope::Url, line);
            }
        } else if let Some(rest) = pattern.strip_prefix("||") {
            self.anchored(rest, line, force, Covers::NameAndBelow);
        } else if let Some(rest) = pattern.strip_prefix('|') {
            let bare = ["https://", "http://", "://"];
            let bare = bare.iter().find_map(|scheme| rest.strip_prefix(scheme));
            self.anchored(bare.unwrap_or(rest), line, force, Covers::Name);
        } else if is_host(pattern) {
            // A bare name is a hosts entry for AdGuard and stands for itself.
            self.host(pattern, line, force, Covers::Name);
        } else {
            self.unanchored(pattern, line, force);
        }
    }

    /// A rule that begins with a host.
    fn anchored(&mut self, rest: &str, line: &str, force: Force, covers: Covers) {
        let (rest, covers) = match rest.strip_prefix("*.") {
            Some(rest) => (rest, Covers::Below),
            None => (rest, covers),
        };
        let end = if rest.starts_with('[') {
            rest.find(']').map(|end| end + 1)
        } else {
            rest.find(['/', '^', '*', '|', '?', ':'])
        };
        let (host, tail) = rest.split_at(end.unwrap_or(rest.len()));
        // A path is a path on every port; a whole port is not the whole host.
        let after = tail
            .strip_prefix(':')
            .map(|port| port.trim_start_matches(|c: char| c.is_ascii_digit()));
        let tail = after
            .filter(|path| path.len() > 1 && path.starts_with('/'))
            .unwrap_or(tail);
        match tail {
            "^" | "^|" | "|" | "^*" | "/" | "/*" | "/^" => self.host(host, line, force, covers),
            "" if is_host(host) => self.host(host, line, force, covers),
            _ => {
                // A last `*` says nothing; an end mark says where the rule ends.
                let end = match tail.as_bytes().last() {
                    Some(b'^') => UrlEnd::Segment,
                    Some(b'|') => UrlEnd::Url,
                    Some(_) | None => UrlEnd::Anywhere,
                };
                let path = tail
                    .strip_prefix('^')
                    .filter(|path| path.starts_with('/'))
                    .unwrap_or(tail);
                let path = path.trim_end_matches(['*', '|', '^']);
                let plain = path.starts_with(['/', '?']) && !path.contains(['*', '^', '|']);
                if plain && !host.contains('*') && !host.is_empty() {
                    if force.opens {
                        self.refuse(Reason::NotEnforcedLift, line);
                    } else {
                        self.url_prefix(host, path, covers.into(), end, line);
                    }
                } else {
                    let mark = match covers {
                        // What may begin with anything begins nowhere.
                        _ if rest.starts_with('*') => "",
                        Covers::NameAndBelow | Covers::Below => "||",
                        Covers::Name => "|",
                    };
                    self.unanchored(&format!("{mark}{rest}"), line, force);
                }
            }
        }
    }

    fn host(&mut self, host: &str, line: &str, force: Force, covers: Covers) {
        let host = host.strip_prefix('.').unwrap_or(host);
        if force.opens {
            self.take_back(host, line, covers, force.important);
        } else {
            let covers = self.covers(covers);
            self.entry_of(host, line, covers, force.important);
        }
    }

    /// A text with wildcards, somewhere in the URL.
    fn unanchored(&mut self, pattern: &str, line: &str, force: Force) {
        let word = pattern.strip_suffix('^').and_then(word_of_glob);
        let letters = pattern.bytes().filter(|&byte| is_of_name(byte)).count();
        if letters == 0 || pattern.contains([' ', '\t']) {
            self.refuse(Reason::Syntax, line);
        } else if force.opens {
            self.refuse(Reason::NotEnforcedLift, line);
        } else if let Some(word) = word {
            self.pattern(PatternKind::Word, Scope::Host, word, line);
        } else {
            self.pattern(PatternKind::Glob, Scope::Url, pattern, line);
        }
    }
}

const fn reason_of(told: Options) -> Option<Reason> {
    if told.unknown {
        Some(Reason::Option)
    } else if told.context {
        Some(Reason::Context)
    } else if told.rewrites {
        Some(Reason::Rewrite)
    } else if told.kinds {
        Some(Reason::NotEnforcedKind)
    } else if told.leaves_out {
        // To close the name without what it leaves out would close too much.
        Some(Reason::NotEnforcedLift)
    } else {
        None
    }
}

/// Whether a text is a host and nothing else.
fn is_host(text: &str) -> bool {
    let plain = |byte: u8| is_of_name(byte) || b".:[]".contains(&byte) || !byte.is_ascii();
    let whole = text.contains('.') || text.contains(':');
    whole
        && !text.starts_with(['.', '-'])
        && !text.ends_with(['.', '-'])
        && text.bytes().all(plain)
        && Host::normalise(text, &mut HostBuffer::new()).is_ok()
}

/// Whether a rule hides parts of pages: `##`, `#@#`, `#?#`, `#$#`, `#%#`, `$$` and the like.
fn is_cosmetic(line: &str) -> bool {
    let mut rest = line;
    while let Some(at) = rest.find('#') {
        rest = &rest[at + 1..];
        let mark = rest.trim_start_matches(['@', '?', '$', '%']);
        if rest.len() - mark.len() <= 3
            && let Some(selector) = mark.strip_prefix('#')
        {
            // `###id` hides an element; `### Title ###` and `####` are banners of comments.
            let inner = selector.strip_prefix('#').unwrap_or(selector);
            return !inner.is_empty() && !inner.starts_with([' ', '#']) && !line.starts_with("# ");
        }
    }
    line.find("$$")
        .is_some_and(|at| line[at + 2..].starts_with(|next: char| next.is_ascii_alphabetic()))
}
