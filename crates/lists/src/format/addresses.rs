use super::Reader;
use crate::Reason;
use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};
use std::net::{IpAddr, Ipv4Addr};

impl Reader<'_> {
    /// `a`, `a/n`, `a-b`, or `a-n` with the last number alone; a comment may follow.
    pub(super) fn addresses(&mut self, line: &str) {
        if self.is_comment(line, &['#', ';', '!']) {
            return;
        }
        let text = line.split(['#', ';']).next().unwrap_or_default().trim();
        if let Ok(address) = text.parse::<IpAddr>() {
            self.address(address.to_canonical(), text);
        } else if let Ok(network) = text.parse::<IpNet>() {
            self.network(network, text);
        } else if let Some((first, last)) = text.split_once('-') {
            self.range(first.trim(), last.trim(), text);
        } else if text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"./".contains(&byte))
        {
            self.refuse(Reason::Address, text);
        } else {
            self.refuse(Reason::OtherFormat, text);
        }
    }

    fn range(&mut self, first: &str, last: &str, text: &str) {
        let Ok(first) = first.parse::<IpAddr>() else {
            return self.refuse(Reason::OtherFormat, text);
        };
        let last = match (first, last.parse::<u8>()) {
            (IpAddr::V4(v4), Ok(number)) => {
                let [a, b, c, _] = v4.octets();
                Ok(IpAddr::V4(Ipv4Addr::new(a, b, c, number)))
            }
            (IpAddr::V4(_) | IpAddr::V6(_), _) => last.parse::<IpAddr>(),
        };
        let Ok(last) = last else {
            return self.refuse(Reason::Address, text);
        };
        // A range is at most twice as many networks as an address has bits.
        let networks: Vec<IpNet> = match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => {
                Ipv4Subnets::new(first, last, 0).map(IpNet::V4).collect()
            }
            (IpAddr::V6(first), IpAddr::V6(last)) if first <= last => {
                Ipv6Subnets::new(first, last, 0).map(IpNet::V6).collect()
            }
            (IpAddr::V4(_) | IpAddr::V6(_), IpAddr::V4(_) | IpAddr::V6(_)) => Vec::new(),
        };
        if networks.is_empty() {
            return self.refuse(Reason::Syntax, text);
        }
        for network in networks {
            self.network(network, text);
        }
    }
}
