use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// The settings of the pages for everybody: the table `[faces]` of `schoolgate.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FacesSettings {
    /// Address to listen on, `address:port`. Pupils' devices reach it through the gateway.
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// The host name, such as `why.oakfield.example`. Left out, it is `why.` in front of the
    /// school's own zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Default for FacesSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8481)),
            name: None,
        }
    }
}
