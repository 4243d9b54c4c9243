use crate::{Network, Settings};
use model::NetworkAccess;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Which addresses the proxy may connect to.
///
/// A name of the internet that leads to a private address is either a mistake or an attack (DNS
/// rebinding), and a private address typed in is a way round the school's own walls.
#[derive(Debug)]
pub(crate) struct Destinations {
    local: Vec<Network>,
    always: Vec<Network>,
    own: Vec<SocketAddr>,
}

impl Destinations {
    pub(crate) fn new(settings: &Settings, own: Vec<SocketAddr>) -> Self {
        Self {
            local: settings.local_networks.clone(),
            always: settings.allow_private.clone(),
            own,
        }
    }

    /// Whether a connection to the address may be opened.
    ///
    /// The school's own networks are open to devices that the policy gives full access, and to
    /// none that it gives the internet only (BYO-05).
    pub(crate) fn permits(&self, address: IpAddr, network: NetworkAccess) -> bool {
        let address = address.to_canonical();
        let among = |networks: &[Network]| networks.iter().any(|net| net.contains(address));
        let local = match network {
            NetworkAccess::Full => among(&self.local),
            NetworkAccess::InternetOnly | NetworkAccess::None => false,
        };
        !is_private(address) || local || among(&self.always)
    }

    /// Whether the address is one of our own doors, so that a request would come back to us.
    pub(crate) fn is_own(&self, wanted: SocketAddr) -> bool {
        self.own.iter().any(|own| {
            own.port() == wanted.port()
                && (own.ip().to_canonical() == wanted.ip().to_canonical()
                    || own.ip().is_unspecified() && is_private(wanted.ip().to_canonical()))
        })
    }
}

/// Whether an address is not of the public internet.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_private_v4(v4),
        IpAddr::V6(v6) => is_private_v6(v6),
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    matches!(
        (a, b, c),
        (0 | 10 | 127 | 224.., _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0)
            | (192, 168, _)
            | (198, 18..=19, _)
    )
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    match segments {
        // Translated, tunnelled and compatible addresses are as private as what they hold.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0, 0, 0, 0, 0, 0, high, low] => {
            is_private_v4(joined(high, low))
        }
        [0x2002, high, low, ..] => is_private_v4(joined(high, low)),
        // Global unicast is 2000::/3; Teredo in it hides an address behind a mask.
        [0x2001, 0, ..] => true,
        [first, ..] => first & 0xe000 != 0x2000,
    }
}

fn joined(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn destinations(permitted: &[&str]) -> Destinations {
        let settings = Settings {
            local_networks: permitted.iter().map(|net| net.parse().unwrap()).collect(),
            ..Settings::default()
        };
        Destinations::new(&settings, vec!["0.0.0.0:3128".parse().unwrap()])
    }

    // BYO-05
    #[test]
    fn private_addresses_are_refused_in_every_spelling() {
        let destinations = destinations(&[]);
        for address in [
            "10.1.2.3",
            "127.0.0.1",
            "169.254.169.254",
            "172.31.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fd00::1",
            "fe80::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "::10.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:a00:1::1",
            "2001:0:1::1",
        ] {
            assert!(
                !destinations.permits(address.parse().unwrap(), NetworkAccess::Full),
                "{address}"
            );
        }
        for address in [
            "93.184.216.34",
            "172.32.0.1",
            "2606:2800::1",
            "64:ff9b::5db8:d822",
        ] {
            assert!(
                destinations.permits(address.parse().unwrap(), NetworkAccess::Full),
                "{address}"
            );
        }
    }

    #[test]
    fn the_schools_own_networks_may_be_reached() {
        let destinations = destinations(&["10.0.5.0/24", "192.168.7.7"]);
        assert!(destinations.permits("10.0.5.9".parse().unwrap(), NetworkAccess::Full));
        assert!(destinations.permits("::ffff:10.0.5.9".parse().unwrap(), NetworkAccess::Full));
        assert!(destinations.permits("192.168.7.7".parse().unwrap(), NetworkAccess::Full));
        assert!(!destinations.permits("10.0.6.9".parse().unwrap(), NetworkAccess::Full));
        let visitor = NetworkAccess::InternetOnly;
        assert!(!destinations.permits("10.0.5.9".parse().unwrap(), visitor));
    }

    #[test]
    fn our_own_door_is_known_on_every_local_address() {
        let destinations = destinations(&[]);
        assert!(destinations.is_own("127.0.0.1:3128".parse().unwrap()));
        assert!(destinations.is_own("10.0.0.1:3128".parse().unwrap()));
        assert!(!destinations.is_own("10.0.0.1:80".parse().unwrap()));
    }
}
