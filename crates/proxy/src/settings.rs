use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

/// The settings of the proxy doors: the table `[proxy]` of `schoolgate.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Addresses to listen on, each `address:port`. Port 0 takes any free one.
    #[schemars(with = "Vec<String>")]
    pub listen: Vec<SocketAddr>,
    /// Threads that carry connections; 0 means one a core. At most 64.
    pub workers: u16,
    /// Connections open at once, over all clients. 1 or more.
    pub max_connections: u32,
    /// Connections open at once from one address. 1 or more; raise it for shared addresses.
    pub max_connections_per_client: u32,
    /// Seconds within which the head of a request must have come.
    pub header_seconds: u32,
    /// Seconds within which the ClientHello must have come after CONNECT.
    pub hello_seconds: u32,
    /// Seconds for reaching an origin, all its addresses together.
    pub connect_seconds: u32,
    /// Seconds that an origin may take until its answer begins.
    pub response_seconds: u32,
    /// Seconds without a byte after which a plain connection is closed.
    pub idle_seconds: u32,
    /// Seconds without a byte after which a tunnel is closed.
    pub tunnel_idle_seconds: u32,
    /// Seconds that running requests and tunnels get when the gateway stops.
    pub drain_seconds: u32,
    /// Bytes of the head of one request, 1,024 to 131,072.
    pub max_head_bytes: u32,
    /// Header fields of one request, 1 to 256.
    pub max_headers: u16,
    /// Ports that plain HTTP may be asked for.
    pub http_ports: Vec<u16>,
    /// Ports that CONNECT may be asked for.
    pub connect_ports: Vec<u16>,
    /// What happens to TLS without a server name, and to what is no TLS, in a tunnel of a client
    /// whose policy closes anything. Clients whose policy closes nothing are let through.
    pub no_sni: NoSni,
    /// The school's own networks that may be reached through the proxy, for example
    /// `10.0.5.0/24`. Every other private address is refused, whatever name leads to it.
    pub local_networks: Vec<Network>,
    /// Private networks that tests and the demo may reach; leave it empty in a school.
    pub allow_private: Vec<Network>,
    /// How a request is answered that no policy may open: a page, `404`, or a cut connection.
    pub floor_answer: FloorAnswer,
    /// The text of that page for older pupils and adults, where the school's provider has agreed
    /// one; see the note on its wording in the manual. Empty for the one we ship.
    pub floor_words: String,
    /// Where the buttons of the block page lead: the address of the console that clients can
    /// reach, for example `https://gateway.school.example:8443`. Empty: the page says who to ask.
    pub console: String,
    /// Who to ask or tell, shown on the block page, for example `the school office`.
    pub contact: String,
    /// Where every connection to an origin goes instead, whatever its name and port. No file can
    /// set it: it keeps the demo and tests on this machine.
    #[serde(skip)]
    pub every_origin: Option<SocketAddr>,
    /// The pages for everybody, to which requests for their name are carried whatever the policy.
    /// The binary sets it; no file can.
    #[serde(skip)]
    pub faces: Option<Faces>,
    /// What `/proxy.pac` names as the proxy, `host:port`. Empty: the address the client asked at.
    pub advertise: String,
    /// Names that browsers ask for directly, with all below them, for example
    /// `school.example`. Single-label names always are.
    pub direct: Vec<String>,
    /// Whether a `Via` field is sent to origins. It tells them that there is a proxy.
    pub via: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 3128))],
            workers: 0,
            max_connections: 16_384,
            max_connections_per_client: 512,
            header_seconds: 15,
            hello_seconds: 10,
            connect_seconds: 10,
            response_seconds: 120,
            idle_seconds: 60,
            tunnel_idle_seconds: 600,
            drain_seconds: 10,
            max_head_bytes: 32 * 1024,
            max_headers: 100,
            http_ports: vec![80, 8000, 8080],
            connect_ports: vec![443],
            no_sni: NoSni::Block,
            local_networks: Vec::new(),
            allow_private: Vec::new(),
            floor_answer: FloorAnswer::Page,
            floor_words: String::new(),
            console: String::new(),
            contact: String::new(),
            every_origin: None,
            faces: None,
            advertise: String::new(),
            direct: Vec::new(),
            via: false,
        }
    }
}

/// Where the pages for everybody are: why something is closed, ask for it, tell an adult.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faces {
    /// Their host name in lower case, such as `why.oakfield.example`; asked for at port 80.
    pub name: String,
    /// Where they listen.
    pub address: SocketAddr,
    /// What proves to them that [`CLIENT_FIELD`] was written by this proxy.
    pub secret: String,
}

/// The field in which the pages for everybody are told whose request the proxy brings.
pub const CLIENT_FIELD: &str = "x-schoolgate-client";

/// The field that holds [`Faces::secret`]. Neither field of a client's own is ever passed on.
pub const SECRET_FIELD: &str = "x-schoolgate-secret";

/// What happens to a tunnel that does not say where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoSni {
    /// It is closed.
    Block,
    /// It is carried; the name or address of the CONNECT alone was judged.
    Allow,
}

/// How a request for illegal content is answered (ILL-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FloorAnswer {
    /// 403 with a page.
    Page,
    /// 404 without a word.
    NotFound,
    /// The connection ends.
    Reset,
}

/// A network in the form `10.0.0.0/8` or `fd00::/8`; a bare address is a network of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transparent)]
pub struct Network(#[schemars(with = "String")] IpNet);

impl Network {
    /// Whether the address lies in the network.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

/// A text is no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no network; write it as `10.0.5.0/24`")]
pub struct ParseNetworkError {
    text: String,
}

impl FromStr for Network {
    type Err = ParseNetworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<IpNet>()
            .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
            .map(Self)
            .map_err(|_| ParseNetworkError {
                text: text.chars().take(64).collect(),
            })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Serialize for Network {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Settings {
    /// Says what in the settings cannot hold, one sentence a fault.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut need = |holds: bool, fault: &str| {
            if !holds {
                faults.push(fault.to_owned());
            }
        };
        need(self.workers <= 64, "`workers` is past 64");
        need(
            self.max_connections > 0,
            "`max_connections` is 0: nobody could connect",
        );
        need(
            self.max_connections_per_client > 0,
            "`max_connections_per_client` is 0: nobody could connect",
        );
        need(
            (1024..=131_072).contains(&self.max_head_bytes),
            "`max_head_bytes` is not from 1024 to 131072",
        );
        need(
            (1..=256).contains(&self.max_headers),
            "`max_headers` is not from 1 to 256",
        );
        let console = self.console.is_empty() || console_origin(&self.console).is_some();
        need(
            console,
            "`console` is not an address such as `https://gateway.school.example:8443`",
        );
        need(
            self.advertise.is_empty() || is_authority(&self.advertise),
            "`advertise` is not `host:port`",
        );
        need(
            self.direct.iter().all(|name| is_name(name)),
            "`direct` holds something that is no host name",
        );
        faults
    }

    pub(crate) fn header_limit(&self) -> Duration {
        seconds(self.header_seconds)
    }

    pub(crate) fn hello_limit(&self) -> Duration {
        seconds(self.hello_seconds)
    }

    pub(crate) fn connect_limit(&self) -> Duration {
        seconds(self.connect_seconds)
    }

    pub(crate) fn drain_limit(&self) -> Duration {
        seconds(self.drain_seconds)
    }

    pub(crate) fn worker_count(&self) -> usize {
        match self.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            count => usize::from(count.min(64)),
        }
    }
}

/// The scheme and authority of the console's address, safe to stand in a header field.
pub(crate) fn console_origin(console: &str) -> Option<&str> {
    let (scheme, rest) = console.split_once("://")?;
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let plain = matches!(scheme, "http" | "https") && is_authority(authority);
    plain.then(|| &console[..scheme.len() + 3 + authority.len()])
}

fn is_authority(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    !text.is_empty() && text.len() <= 270 && text.bytes().all(plain)
}

fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !text.is_empty() && text.len() <= 253 && text.bytes().all(plain)
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(u64::from(count.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_have_no_fault() {
        assert!(Settings::default().faults().is_empty());
    }

    #[test]
    fn every_default_stands_in_its_own_text_form() {
        let text = toml::to_string(&Settings::default()).unwrap();
        assert_eq!(
            toml::from_str::<Settings>(&text).unwrap(),
            Settings::default()
        );
    }

    #[test]
    fn a_misspelt_setting_is_refused() {
        assert!(toml::from_str::<Settings>("worker = 2").is_err());
    }

    #[test]
    fn an_address_that_could_leave_its_header_field_is_a_fault() {
        for console in [
            "https://a;script-src *",
            "javascript:alert(1)",
            "https://a/b",
            "https://",
        ] {
            let settings = Settings {
                console: console.to_owned(),
                ..Settings::default()
            };
            assert_eq!(settings.faults().len(), 1, "{console}");
        }
    }
}
