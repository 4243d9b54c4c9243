use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;

/// The settings of the management listener: the table `[management]` of `schoolgate.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Address to listen on, `address:port`. Keep it where no pupil's device can reach it.
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// Whether the console speaks HTTPS. Without, it may listen on the machine itself alone,
    /// behind a proxy that speaks HTTPS for it.
    pub tls: bool,
    /// The names under which staff open the console, such as `gateway.oakfield.example`. A
    /// request for any other name is refused; addresses of the gateway itself are known anyway.
    pub names: Vec<String>,
    /// A certificate of the school's own in PEM form, with its chain. Left out, the gateway
    /// makes one, signed by an authority of its own.
    #[schemars(with = "Option<String>")]
    pub certificate: Option<PathBuf>,
    /// The key of `certificate`, in PEM form.
    #[schemars(with = "Option<String>")]
    pub key: Option<PathBuf>,
    /// A second listener with approvals and incidents alone, for a telephone off site. Put it
    /// behind the school's own VPN or reverse proxy.
    pub off_site: Option<OffSite>,
}

/// The listener for approvals off site: the table `[management.off_site]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OffSite {
    /// Address to listen on, `address:port`.
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// The names under which it is opened.
    pub names: Vec<String>,
    /// A certificate that telephones trust, in PEM form, with its chain.
    #[schemars(with = "String")]
    pub certificate: PathBuf,
    /// The key of `certificate`, in PEM form.
    #[schemars(with = "String")]
    pub key: PathBuf,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8480)),
            tls: true,
            names: Vec::new(),
            certificate: None,
            key: None,
            off_site: None,
        }
    }
}
