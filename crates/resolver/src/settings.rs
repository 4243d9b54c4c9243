use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

/// The settings of the DNS doors; `[dns]` in `schoolgate.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Addresses and ports at which questions are taken, by UDP and TCP both.
    #[schemars(with = "Vec<String>")]
    pub listen: Vec<SocketAddr>,
    /// UDP threads for each address; 0 for one a core. At most 64.
    pub workers: u16,
    /// What a closed name is answered with.
    pub blocked: BlockedShape,
    /// The servers that are asked what we do not know; at least one.
    pub upstreams: Vec<Upstream>,
    /// The certificates that TLS and HTTPS upstreams are checked by: `bundled`, or a PEM file.
    #[schemars(with = "String")]
    pub roots: Roots,
    /// Whether signatures (DNSSEC) are checked here rather than by the upstreams.
    pub validate: bool,
    /// Whether names go to UDP upstreams in mixed case, which a forger must guess (0x20).
    pub mix_case: bool,
    /// How long an upstream may take, in milliseconds; 200 to 30,000.
    pub upstream_timeout_ms: u64,
    /// Zones that other servers are asked about: the directory's, the reverse ones. Their names
    /// may have private addresses, as those of `local_zones` may.
    pub forwards: Vec<Forward>,
    /// Names that are answered from here.
    pub records: Vec<LocalRecord>,
    /// Zones whose names may have private addresses: the school's own.
    pub local_zones: Vec<String>,
    /// Whether the names that switch filtering off are denied to unfiltered groups as well.
    pub canaries_for_all: bool,
    /// Questions a second that one client may ask of one thread, twice that in a burst; 0 for
    /// no limit.
    pub client_rate: u32,
    /// Questions that may wait for upstreams at a time; what comes beyond is answered SERVFAIL.
    /// 16 to 65,536.
    pub most_waiting: u32,
    /// Shaped answers that each thread keeps; 64 to 1,048,576.
    pub kept_answers: u32,
    /// Answers of upstreams that are kept for all threads; 64 to 4,194,304.
    pub kept_upstream: u32,
    /// How long past its time an answer may be given when no upstream answers, in seconds; 0
    /// for never, at most 259,200 (RFC 8767).
    pub stale_seconds: u32,
    /// TCP connections at a time, over all clients; 1 to 65,536.
    pub tcp_connections: u32,
    /// TCP connections at a time from one client; 1 to 65,536.
    pub tcp_per_client: u32,
    /// How long a TCP connection may say nothing, in milliseconds; 100 to 120,000.
    pub tcp_idle_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 5300))],
            workers: 0,
            blocked: BlockedShape::default(),
            upstreams: Vec::new(),
            roots: Roots::default(),
            validate: false,
            mix_case: true,
            upstream_timeout_ms: 4000,
            forwards: Vec::new(),
            records: Vec::new(),
            local_zones: Vec::new(),
            canaries_for_all: false,
            client_rate: 5000,
            most_waiting: 4096,
            kept_answers: 16_384,
            kept_upstream: 32_768,
            stale_seconds: 86_400,
            tcp_connections: 1024,
            tcp_per_client: 32,
            tcp_idle_ms: 10_000,
        }
    }
}

/// What a closed name is answered with.
///
/// `blocked = "nxdomain"`, `blocked = "zero"` or `blocked = { page = ["192.0.2.1", "2001:db8::1"] }`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BlockedShape {
    /// That it does not exist: programs understand it best.
    #[default]
    Nxdomain,
    /// The addresses 0.0.0.0 and ::, for programs that ask again and again otherwise.
    Zero,
    /// The addresses of a block page, at most one of each family.
    #[schemars(with = "Vec<String>")]
    Page(Vec<IpAddr>),
}

/// [`BlockedShape`], checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blocked {
    Nxdomain,
    Zero,
    Page(Option<Ipv4Addr>, Option<Ipv6Addr>),
}

/// A server that is asked what we do not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// How it is asked.
    pub protocol: Protocol,
    /// Its address, with a port where that is not the usual one: `192.0.2.53` or `192.0.2.53:5353`.
    pub address: String,
    /// The name on its certificate; needed for `tls` and `https`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The path of its questions; for `https`, `/dns-query` unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// How an upstream is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// Plain UDP, and TCP where an answer is too long.
    Udp,
    /// Plain TCP.
    Tcp,
    /// DNS over TLS (RFC 7858).
    Tls,
    /// DNS over HTTPS (RFC 8484).
    Https,
}

impl Protocol {
    pub(crate) const fn port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => 53,
            Self::Tls => 853,
            Self::Https => 443,
        }
    }
}

/// Where the certificates come from that upstreams are checked by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Roots {
    /// Those that browsers trust, compiled in.
    #[default]
    Bundled,
    /// Those of a PEM file.
    File(PathBuf),
}

impl From<String> for Roots {
    fn from(text: String) -> Self {
        if text == BUNDLED {
            Self::Bundled
        } else {
            Self::File(text.into())
        }
    }
}

impl From<Roots> for String {
    fn from(roots: Roots) -> Self {
        match roots {
            Roots::Bundled => BUNDLED.to_owned(),
            Roots::File(path) => path.to_string_lossy().into_owned(),
        }
    }
}

/// A zone that other servers are asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Forward {
    /// The zone: all names at or below it.
    pub zone: String,
    /// Its servers, asked by UDP and TCP: `10.0.0.5` or `10.0.0.5:5353`.
    pub servers: Vec<String>,
}

/// A name that is answered from here.
///
/// `cname` stands alone; the other values may stand together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalRecord {
    /// The name.
    pub name: String,
    /// Its IPv4 addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub a: Vec<Ipv4Addr>,
    /// Its IPv6 addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub aaaa: Vec<Ipv6Addr>,
    /// The name that it is another name of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cname: Option<String>,
    /// For a reverse name, the name that it leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ptr: Option<String>,
}

const BUNDLED: &str = "bundled";

#[cfg(test)]
mod tests {
    use super::*;

    const EVERYTHING: &str = r#"
listen    = ["0.0.0.0:53", "[::]:53"]
blocked   = { page = ["192.0.2.1", "2001:db8::1"] }
roots     = "bundled"
local_zones = ["school.example"]

[[upstreams]]
protocol = "tls"
address  = "192.0.2.53"
name     = "dns.example"

[[upstreams]]
protocol = "https"
address  = "[2001:db8::53]:8443"
name     = "dns.example"
path     = "/dns-query"

[[forwards]]
zone    = "school.local"
servers = ["10.0.0.5"]

[[records]]
name = "why.school.example"
a    = ["10.0.0.1"]
"#;

    #[test]
    fn settings_are_read_as_the_manual_shows_them() {
        let settings: Settings = toml::from_str(EVERYTHING).unwrap();
        settings.check().unwrap();
        let page = vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
        assert_eq!(settings.blocked, BlockedShape::Page(page));
        assert_eq!(settings.roots, Roots::Bundled);
        let zero: Settings = toml::from_str("blocked = \"zero\"").unwrap();
        assert_eq!(zero.blocked, BlockedShape::Zero);
        assert!(toml::from_str::<Settings>("blockd = \"zero\"").is_err());
    }

    #[test]
    fn a_fault_says_how_to_mend_it() {
        let faults = [
            (
                "upstreams = []",
                "`upstreams` is empty: name at least one server that is asked what we do not know",
            ),
            (
                "upstreams = [{ protocol = \"tls\", address = \"192.0.2.53\" }]",
                "the upstream `192.0.2.53` needs `name`: the name on its certificate",
            ),
            (
                "upstreams = [{ protocol = \"udp\", address = \"dns.example\" }]",
                "`dns.example` in `upstreams.address` is no address such as `192.0.2.53` or `192.0.2.53:5353`",
            ),
            (
                "most_waiting = 1",
                "`most_waiting` is 1; it must be from 16 to 65536",
            ),
        ];
        for (text, message) in faults {
            let settings: Settings = toml::from_str(text).unwrap();
            assert_eq!(settings.check().unwrap_err().to_string(), message);
        }
    }
}
