use super::Reader;
use super::names::is_sink;
use crate::{Covers, PatternKind, Reason, Scope};

impl Reader<'_> {
    /// `address=/x/#`, `local=/x/`, `server=/x/`: the name and all below.
    pub(super) fn dnsmasq(&mut self, line: &str) {
        if self.is_comment(line, &['#']) {
            return;
        }
        let line = super::without_comment(line);
        let Some((key, value)) = line.split_once('=') else {
            return self.refuse(Reason::OtherFormat, line);
        };
        match key.trim() {
            "address" | "server" | "local" => self.zones(key.trim(), value.trim(), line),
            "bogus-nxdomain" | "ignore-address" => {
                let address = value.trim();
                self.addresses(address);
            }
            _ => self.refuse(Reason::OtherFormat, line),
        }
    }

    fn zones(&mut self, key: &str, value: &str, line: &str) {
        let Some((names, to)) = value
            .strip_prefix('/')
            .and_then(|rest| rest.rsplit_once('/'))
        else {
            return self.refuse(Reason::OtherFormat, line);
        };
        let closes = match (key, to) {
            (_, "") | ("address", "#") => true,
            // The ordinary servers are asked after all.
            ("server" | "local", "#") => {
                for name in names.split('/') {
                    self.take_back(name, line, Covers::NameAndBelow, false);
                }
                return;
            }
            ("address", to) => is_sink(to).unwrap_or(false),
            (_, _) => false,
        };
        if !closes {
            return self.refuse(Reason::Rewrite, line);
        }
        let covers = self.covers(Covers::NameAndBelow);
        for name in names.split('/') {
            let name = name
                .strip_prefix("*.")
                .or_else(|| name.strip_prefix('.'))
                .unwrap_or(name);
            if name.contains('*') && name.len() > super::names::LEAST_WORD {
                self.pattern(PatternKind::Glob, Scope::Host, name, line);
            } else {
                self.entry(name, line, covers);
            }
        }
    }
}
