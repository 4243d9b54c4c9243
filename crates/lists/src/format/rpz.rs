use super::Reader;
use super::names::is_sink;
use crate::{Covers, Reason};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far the reading of a zone file has come.
#[derive(Debug, Default)]
pub(super) struct Zone {
    /// The name below which relative owners stand, without its last dot.
    origin: String,
    owner: String,
    /// Inside the brackets of an SOA.
    open: bool,
}

impl Reader<'_> {
    /// `x CNAME .`: the name alone; `*.x CNAME .`: what is below.
    pub(super) fn rpz(&mut self, line: &str) {
        if self.is_comment(line.trim_start(), &[';', '#']) {
            return;
        }
        let text = line.split(';').next().unwrap_or_default().trim_end();
        if self.zone.open {
            self.zone.open = !text.contains(')');
            return self.settings();
        }
        let mut words = text.split_whitespace().peekable();
        if text.starts_with('$') {
            let directive = words.next().unwrap_or_default();
            if directive.eq_ignore_ascii_case("$ORIGIN") {
                let origin = words.next().unwrap_or_default();
                self.zone.origin = origin.trim_end_matches('.').to_ascii_lowercase();
            } else if !directive.eq_ignore_ascii_case("$TTL") {
                return self.refuse(Reason::OtherFormat, text);
            }
            return self.settings();
        }
        if !text.starts_with([' ', '\t']) {
            self.zone.owner = words.next().unwrap_or_default().to_owned();
        }
        let is_time = |word: &str| word.as_bytes().first().is_some_and(u8::is_ascii_digit);
        while words
            .next_if(|word| word.eq_ignore_ascii_case("IN") || is_time(word))
            .is_some()
        {}
        let Some(kind) = words.next() else {
            return self.refuse(Reason::Syntax, text);
        };
        let to = words.next().unwrap_or_default();
        self.record(&kind.to_ascii_uppercase(), to, text);
    }

    fn record(&mut self, kind: &str, to: &str, text: &str) {
        let owner = self.owner();
        match kind {
            "SOA" => {
                self.zone.open = text.contains('(') && !text.contains(')');
                self.settings();
            }
            "NS" => self.settings(),
            "CNAME" => match to.to_ascii_lowercase().as_str() {
                "." | "*." | "rpz-drop." => self.trigger(&owner, text, true),
                "rpz-passthru." => self.trigger(&owner, text, false),
                // The older way to say so.
                target if target.trim_end_matches('.') == owner => {
                    self.trigger(&owner, text, false)
                }
                "rpz-tcp-only." => self.refuse(Reason::NotEnforcedKind, text),
                "" => self.refuse(Reason::Syntax, text),
                _ => self.refuse(Reason::Rewrite, text),
            },
            "A" | "AAAA" if is_sink(to) == Some(true) => self.trigger(&owner, text, true),
            "A" | "AAAA" | "TXT" | "MX" | "SRV" | "DNAME" => self.refuse(Reason::Rewrite, text),
            _ => self.refuse(Reason::OtherFormat, text),
        }
    }

    /// The owner below the zone, in lower case.
    fn owner(&self) -> String {
        let owner = self.zone.owner.to_ascii_lowercase();
        let absolute = owner.strip_suffix('.');
        let origin = &self.zone.origin;
        match absolute {
            Some(absolute) if !origin.is_empty() => absolute
                .strip_suffix(origin.as_str())
                .and_then(|rest| rest.strip_suffix('.'))
                .unwrap_or(absolute)
                .to_owned(),
            Some(absolute) => absolute.to_owned(),
            None => owner,
        }
    }

    fn trigger(&mut self, owner: &str, text: &str, closes: bool) {
        let labels: Vec<&str> = owner.split('.').collect();
        let rpz = labels.iter().rposition(|label| label.starts_with("rpz-"));
        if let Some(at) = rpz {
            return match labels[at] {
                "rpz-ip" if closes => self.answer_address(&labels[..at], text),
                "rpz-ip" => self.refuse(Reason::NotEnforcedLift, text),
                "rpz-client-ip" => self.refuse(Reason::Context, text),
                _ => self.refuse(Reason::NotEnforcedKind, text),
            };
        }
        let (name, covers) = match owner.strip_prefix("*.") {
            Some(name) => (name, Covers::Below),
            None => (owner, Covers::Name),
        };
        if closes {
            let covers = self.covers(covers);
            self.entry(name, text, covers);
        } else {
            self.take_back(name, text, covers, false);
        }
    }

    /// `24.0.2.0.192`: prefix first, then the address backwards; `zz` stands for `::`.
    fn answer_address(&mut self, labels: &[&str], text: &str) {
        // One publisher writes plain addresses; they cannot be mistaken for anything else.
        if let [a, b, c, d] = labels {
            let plain = [a, b, c, d].map(|label| label.parse::<u8>());
            if let [Ok(a), Ok(b), Ok(c), Ok(d)] = plain {
                self.mended();
                return self.address(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), text);
            }
        }
        let network = match labels.split_first() {
            Some((prefix, [d, c, b, a])) if !labels.contains(&"zz") => {
                network(&format!("{a}.{b}.{c}.{d}"), prefix)
            }
            Some((prefix, groups)) => {
                let mut groups: Vec<&str> = groups.iter().rev().copied().collect();
                let gap = groups.iter().position(|group| *group == "zz");
                if let Some(gap) = gap {
                    let missing = 9usize.saturating_sub(groups.len());
                    groups.splice(gap..=gap, std::iter::repeat_n("0", missing));
                }
                network_v6(&groups, prefix)
            }
            None => None,
        };
        match network {
            Some(network) => self.network(network, text),
            None => self.refuse(Reason::Address, text),
        }
    }
}

fn network(address: &str, prefix: &str) -> Option<IpNet> {
    IpNet::new(address.parse().ok()?, prefix.parse().ok()?).ok()
}

fn network_v6(groups: &[&str], prefix: &str) -> Option<IpNet> {
    let groups: Vec<u16> = groups
        .iter()
        .map(|group| u16::from_str_radix(group, 16).ok())
        .collect::<Option<_>>()?;
    let groups: [u16; 8] = groups.try_into().ok()?;
    IpNet::new(Ipv6Addr::from(groups).into(), prefix.parse().ok()?).ok()
}
