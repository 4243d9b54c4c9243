use crate::private::is_private;
use crate::settings::{Blocked, BlockedShape, LocalRecord, Protocol, Roots, Settings, Upstream};
use hickory_resolver::config::{ConnectionConfig, NameServerConfig};
use model::{Host, HostBuffer, HostError};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The settings do not hold together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A number out of its bounds.
    #[error("`{key}` is {value}; it must be from {least} to {most}")]
    Range {
        /// The key.
        key: &'static str,
        /// What was set.
        value: u64,
        /// The least that may be set.
        least: u64,
        /// The most that may be set.
        most: u64,
    },
    /// Nowhere to listen.
    #[error("`listen` is empty: name at least one address, such as \"127.0.0.1:5300\"")]
    Listen,
    /// Nobody to ask.
    #[error("`upstreams` is empty: name at least one server that is asked what we do not know")]
    NoUpstream,
    /// An address that is none.
    #[error("`{text}` in `{key}` is no address such as `192.0.2.53` or `192.0.2.53:5353`")]
    Address {
        /// The key.
        key: &'static str,
        /// What was set.
        text: String,
    },
    /// An encrypted upstream whose certificate has nothing to be checked against.
    #[error("the upstream `{address}` needs `name`: the name on its certificate")]
    Certificate {
        /// Its address.
        address: String,
    },
    /// A forwarded zone without servers.
    #[error("the forwarded zone `{zone}` has no `servers`")]
    NoServer {
        /// The zone.
        zone: String,
    },
    /// A name that is none.
    #[error("`{text}` in `{key}` is no name")]
    Name {
        /// The key.
        key: &'static str,
        /// What was set.
        text: String,
        /// What is wrong with it.
        #[source]
        source: HostError,
    },
    /// A literal address where a name belongs.
    #[error("`{text}` in `{key}` is an address, not a name")]
    Literal {
        /// The key.
        key: &'static str,
        /// What was set.
        text: String,
    },
    /// A record that is another name and something else at once, or nothing at all.
    #[error("the record `{name}` needs either `cname` alone or at least one other value")]
    Record {
        /// Its name.
        name: String,
    },
    /// More than one address of a family for the block page, or none at all.
    #[error("`blocked.page` takes one IPv4 address, one IPv6 address, or one of each")]
    Page,
    /// Certificates that could not be read.
    #[error("the certificates in `{}` could not be read; mend `roots`", path.display())]
    Roots {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: pem::Error,
    },
    /// A file without one usable certificate.
    #[error("`{}` holds no certificate; mend `roots`", path.display())]
    NoRoots {
        /// The file.
        path: PathBuf,
    },
    /// TLS could not be set up.
    #[error("TLS for upstreams could not be set up")]
    Tls(#[source] rustls::Error),
}

/// The settings, checked and in the form that questions are answered by.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) settings: Settings,
    pub(crate) blocked: Blocked,
    pub(crate) upstreams: Vec<NameServerConfig>,
    pub(crate) forwards: Vec<(Box<str>, Vec<NameServerConfig>)>,
    pub(crate) tls: rustls::ClientConfig,
    local_zones: Vec<Box<str>>,
    records: HashMap<Box<str>, LocalNode>,
}

/// What is known here of one name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LocalNode {
    pub(crate) a: Vec<Ipv4Addr>,
    pub(crate) aaaa: Vec<Ipv6Addr>,
    pub(crate) cname: Option<Box<str>>,
    pub(crate) ptr: Option<Box<str>>,
}

impl Settings {
    /// Checks that the settings hold together, files they name included.
    ///
    /// # Errors
    ///
    /// Says which key is wrong and how to mend it.
    pub fn check(&self) -> Result<(), SettingsError> {
        Plan::compile(self).map(drop)
    }
}

impl Plan {
    pub(crate) fn compile(settings: &Settings) -> Result<Self, SettingsError> {
        check_ranges(settings)?;
        if settings.listen.is_empty() {
            return Err(SettingsError::Listen);
        }
        if settings.upstreams.is_empty() {
            return Err(SettingsError::NoUpstream);
        }
        let upstreams = settings
            .upstreams
            .iter()
            .map(server)
            .collect::<Result<_, _>>()?;
        let mut forwards = Vec::new();
        for forward in &settings.forwards {
            let zone = name("forwards.zone", &forward.zone)?;
            if forward.servers.is_empty() {
                return Err(SettingsError::NoServer {
                    zone: forward.zone.clone(),
                });
            }
            let servers = forward
                .servers
                .iter()
                .map(|text| plain("forwards.servers", text));
            forwards.push((zone, servers.collect::<Result<_, _>>()?));
        }
        // The longest zone that fits is asked.
        forwards.sort_by_key(|(zone, _)| std::cmp::Reverse(zone.len()));
        let mut records = HashMap::<Box<str>, LocalNode>::new();
        for record in &settings.records {
            add_record(&mut records, record)?;
        }
        let zones = settings
            .local_zones
            .iter()
            .map(|zone| name("local_zones", zone));
        Ok(Self {
            blocked: blocked(&settings.blocked)?,
            upstreams,
            forwards,
            tls: tls(&settings.roots)?,
            local_zones: zones.collect::<Result<_, _>>()?,
            records,
            settings: settings.clone(),
        })
    }

    /// What is known here of a name.
    pub(crate) fn record(&self, name: &str) -> Option<&LocalNode> {
        self.records.get(name)
    }

    /// The place of the forwarded zone that a name belongs to.
    pub(crate) fn forward(&self, name: &str) -> Option<usize> {
        self.forwards
            .iter()
            .position(|(zone, _)| is_at_or_below(name, zone))
    }

    /// Whether addresses may be given to a name: public ones always, private ones to the
    /// school's own.
    pub(crate) fn allows(&self, local: bool, address: IpAddr) -> bool {
        local || !is_private(address)
    }

    /// Whether a name is the school's own: in a zone said to be, in one that the school's own
    /// servers are asked about, or answered from here.
    pub(crate) fn is_local(&self, name: &str) -> bool {
        if self.forward(name).is_some() || self.record(name).is_some() {
            return true;
        }
        self.local_zones
            .iter()
            .any(|zone| is_at_or_below(name, zone))
    }
}

pub(crate) fn is_at_or_below(name: &str, zone: &str) -> bool {
    name.strip_suffix(zone)
        .is_some_and(|below| below.is_empty() || below.ends_with('.'))
}

fn check_ranges(settings: &Settings) -> Result<(), SettingsError> {
    let ranges = [
        ("workers", u64::from(settings.workers), 0, 64),
        (
            "upstream_timeout_ms",
            settings.upstream_timeout_ms,
            200,
            30_000,
        ),
        ("most_waiting", settings.most_waiting.into(), 16, 65_536),
        ("kept_answers", settings.kept_answers.into(), 64, 1 << 20),
        ("kept_upstream", settings.kept_upstream.into(), 64, 1 << 22),
        ("stale_seconds", settings.stale_seconds.into(), 0, 259_200),
        (
            "tcp_connections",
            settings.tcp_connections.into(),
            1,
            65_536,
        ),
        ("tcp_per_client", settings.tcp_per_client.into(), 1, 65_536),
        ("tcp_idle_ms", settings.tcp_idle_ms, 100, 120_000),
    ];
    for (key, value, least, most) in ranges {
        if !(least..=most).contains(&value) {
            return Err(SettingsError::Range {
                key,
                value,
                least,
                most,
            });
        }
    }
    Ok(())
}

fn name(key: &'static str, text: &str) -> Result<Box<str>, SettingsError> {
    let mut buffer = HostBuffer::new();
    match Host::normalise(text, &mut buffer) {
        Ok(Host::Name(name)) => Ok(name.as_str().into()),
        Ok(Host::Address(_)) => Err(SettingsError::Literal {
            key,
            text: text.to_owned(),
        }),
        Err(source) => Err(SettingsError::Name {
            key,
            text: text.to_owned(),
            source,
        }),
    }
}

fn address(key: &'static str, text: &str, port: u16) -> Result<SocketAddr, SettingsError> {
    text.parse()
        .or_else(|_| text.parse().map(|address| SocketAddr::new(address, port)))
        .map_err(|_| SettingsError::Address {
            key,
            text: text.to_owned(),
        })
}

fn plain(key: &'static str, text: &str) -> Result<NameServerConfig, SettingsError> {
    let at = address(key, text, Protocol::Udp.port())?;
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
    Ok(joined(at, connections.into()))
}

fn server(upstream: &Upstream) -> Result<NameServerConfig, SettingsError> {
    let at = address(
        "upstreams.address",
        &upstream.address,
        upstream.protocol.port(),
    )?;
    let certificate = || {
        let text = upstream.name.as_deref().ok_or(SettingsError::Certificate {
            address: upstream.address.clone(),
        })?;
        Ok(Arc::from(name("upstreams.name", text)?))
    };
    let connections = match upstream.protocol {
        Protocol::Udp => vec![ConnectionConfig::udp(), ConnectionConfig::tcp()],
        Protocol::Tcp => vec![ConnectionConfig::tcp()],
        Protocol::Tls => vec![ConnectionConfig::tls(certificate()?)],
        Protocol::Https => {
            let path = upstream.path.as_deref().map(Arc::from);
            vec![ConnectionConfig::https(certificate()?, path)]
        }
    };
    Ok(joined(at, connections))
}

fn joined(at: SocketAddr, mut connections: Vec<ConnectionConfig>) -> NameServerConfig {
    for connection in &mut connections {
        connection.port = at.port();
    }
    NameServerConfig::new(at.ip(), true, connections)
}

fn blocked(shape: &BlockedShape) -> Result<Blocked, SettingsError> {
    let addresses = match shape {
        BlockedShape::Nxdomain => return Ok(Blocked::Nxdomain),
        BlockedShape::Zero => return Ok(Blocked::Zero),
        BlockedShape::Page(addresses) => addresses,
    };
    let (mut v4, mut v6) = (None, None);
    for &address in addresses {
        let before = match address {
            IpAddr::V4(address) => v4.replace(address).is_some(),
            IpAddr::V6(address) => v6.replace(address).is_some(),
        };
        if before {
            return Err(SettingsError::Page);
        }
    }
    if v4.is_none() && v6.is_none() {
        return Err(SettingsError::Page);
    }
    Ok(Blocked::Page(v4, v6))
}

fn add_record(
    records: &mut HashMap<Box<str>, LocalNode>,
    record: &LocalRecord,
) -> Result<(), SettingsError> {
    let optional =
        |key, text: &Option<String>| text.as_deref().map(|text| name(key, text)).transpose();
    let node = records
        .entry(name("records.name", &record.name)?)
        .or_default();
    node.a.extend(&record.a);
    node.aaaa.extend(&record.aaaa);
    node.cname = optional("records.cname", &record.cname)?.or(node.cname.take());
    node.ptr = optional("records.ptr", &record.ptr)?.or(node.ptr.take());
    let values = !node.a.is_empty() || !node.aaaa.is_empty() || node.ptr.is_some();
    if values == node.cname.is_some() {
        return Err(SettingsError::Record {
            name: record.name.clone(),
        });
    }
    Ok(())
}

fn tls(roots: &Roots) -> Result<rustls::ClientConfig, SettingsError> {
    let mut store = RootCertStore::empty();
    match roots {
        Roots::Bundled => {
            return hickory_resolver::net::tls::client_config().map_err(SettingsError::Tls);
        }
        Roots::File(path) => add_file(&mut store, path)?,
    }
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    Ok(
        rustls::ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .map_err(SettingsError::Tls)?
            .with_root_certificates(store)
            .with_no_client_auth(),
    )
}

fn add_file(store: &mut RootCertStore, path: &Path) -> Result<(), SettingsError> {
    let fault = |source| SettingsError::Roots {
        path: path.to_owned(),
        source,
    };
    for certificate in CertificateDer::pem_file_iter(path).map_err(fault)? {
        store
            .add(certificate.map_err(fault)?)
            .map_err(SettingsError::Tls)?;
    }
    if store.is_empty() {
        return Err(SettingsError::NoRoots {
            path: path.to_owned(),
        });
    }
    Ok(())
}
