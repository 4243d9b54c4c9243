use super::Reader;
use super::names::is_sink;
use crate::{Covers, Reason};

impl Reader<'_> {
    /// `local-zone: "x." always_null`: the zone and all below.
    pub(super) fn unbound(&mut self, line: &str) {
        if self.is_comment(line, &['#']) {
            return;
        }
        let line = super::without_comment(line);
        let Some((key, value)) = line.split_once(':') else {
            return self.refuse(Reason::OtherFormat, line);
        };
        let value = value.trim();
        match (key.trim(), value) {
            ("server", "") => self.settings(),
            ("local-zone", value) => self.local_zone(value, line),
            ("local-data", value) => self.local_data(value, line),
            (_, _) => self.refuse(Reason::OtherFormat, line),
        }
    }

    fn local_zone(&mut self, value: &str, line: &str) {
        let mut words = value.split_whitespace().map(|word| word.trim_matches('"'));
        let (Some(name), Some(kind), None) = (words.next(), words.next(), words.next()) else {
            return self.refuse(Reason::Syntax, line);
        };
        match kind {
            "always_null" | "always_nxdomain" | "always_refuse" | "always_deny"
            | "always_nodata" | "deny" | "refuse" | "static" | "redirect" | "inform_deny"
            | "inform_redirect" | "block_a" => {
                let covers = self.covers(Covers::NameAndBelow);
                self.entry(name, line, covers);
            }
            "transparent" | "typetransparent" | "always_transparent" | "inform" | "nodefault"
            | "ipset" | "noview" => self.take_back(name, line, Covers::NameAndBelow, false),
            _ => self.refuse(Reason::Option, line),
        }
    }

    /// `local-data: "x A 0.0.0.0"`: the name alone.
    fn local_data(&mut self, value: &str, line: &str) {
        let record = value.trim_matches(['"', '\'']);
        let mut words = record.split_whitespace();
        let Some(name) = words.next() else {
            return self.refuse(Reason::Syntax, line);
        };
        let rest = words.skip_while(|word| {
            word.eq_ignore_ascii_case("IN") || word.bytes().all(|byte| byte.is_ascii_digit())
        });
        let rest: Vec<&str> = rest.collect();
        match rest[..] {
            [kind, to] if kind.eq_ignore_ascii_case("A") || kind.eq_ignore_ascii_case("AAAA") => {
                if is_sink(to).unwrap_or(false) {
                    let covers = self.covers(Covers::Name);
                    self.entry(name, line, covers);
                } else {
                    self.refuse(Reason::Rewrite, line);
                }
            }
            [] | [_] => self.refuse(Reason::Syntax, line),
            [_, _, ..] => self.refuse(Reason::NotEnforcedKind, line),
        }
    }
}
