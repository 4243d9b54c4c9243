use ipnet::IpNet;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A hardware address (EUI-48).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hardware(pub [u8; 6]);

/// A text is no hardware address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hardware address has six pairs of hexadecimal digits, such as 02:00:5e:00:53:01")]
pub struct ParseHardwareError;

impl FromStr for Hardware {
    type Err = ParseHardwareError;

    fn from_str(text: &str) -> Result<Self, ParseHardwareError> {
        let mut bytes = [0; 6];
        let mut parts = text.split([':', '-']);
        for byte in &mut bytes {
            let part = parts
                .next()
                .filter(|part| part.len() == 2)
                .ok_or(ParseHardwareError)?;
            *byte = u8::from_str_radix(part, 16).map_err(|_| ParseHardwareError)?;
        }
        if parts.next().is_some() {
            Err(ParseHardwareError)
        } else {
            Ok(Self(bytes))
        }
    }
}

impl fmt::Display for Hardware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// What a list of devices may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// A hardware address.
    Hardware(Hardware),
    /// An address or a network.
    Network(IpNet),
    /// A device by its id.
    Device(String),
    /// A device set by its id.
    Set(String),
}

/// A text names no device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this names no device")]
pub struct ParseMemberError;

impl FromStr for Member {
    type Err = ParseMemberError;

    fn from_str(text: &str) -> Result<Self, ParseMemberError> {
        if let Some(id) = text.strip_prefix("device:") {
            return Ok(Self::Device(id.to_owned()));
        }
        if let Some(id) = text.strip_prefix("set:") {
            return Ok(Self::Set(id.to_owned()));
        }
        if let Ok(hardware) = text.parse() {
            return Ok(Self::Hardware(hardware));
        }
        parse_network(text)
            .map(Self::Network)
            .ok_or(ParseMemberError)
    }
}

/// Reads an address or a network; an IPv4-mapped IPv6 network is its IPv4 network.
pub(crate) fn parse_network(text: &str) -> Option<IpNet> {
    let network = match text.parse::<IpNet>() {
        Ok(network) => network,
        Err(_) => IpNet::from(text.parse::<IpAddr>().ok()?),
    };
    let canonical = network.addr().to_canonical();
    match (network.addr(), canonical) {
        (IpAddr::V6(_), IpAddr::V4(_)) => {
            IpNet::new(canonical, network.prefix_len().checked_sub(96)?).ok()
        }
        (IpAddr::V4(_), _) | (IpAddr::V6(_), IpAddr::V6(_)) => Some(network),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_hardware_network_device_or_set() {
        assert!(matches!(
            "02-00-5E-00-53-01".parse(),
            Ok(Member::Hardware(_))
        ));
        assert!(matches!("10.20.9.0/26".parse(), Ok(Member::Network(_))));
        assert!(matches!("2001:db8::1".parse(), Ok(Member::Network(_))));
        assert_eq!(
            "device:head-laptop".parse(),
            Ok(Member::Device("head-laptop".to_owned()))
        );
        assert_eq!("trolley".parse::<Member>(), Err(ParseMemberError));
        assert_eq!(
            "02:00:5e:00:53".parse::<Hardware>(),
            Err(ParseHardwareError)
        );
    }

    #[test]
    fn a_mapped_network_is_its_ipv4_network() {
        assert_eq!(
            parse_network("::ffff:10.0.0.0/104"),
            "10.0.0.0/8".parse().ok()
        );
        assert_eq!(parse_network("::ffff:10.0.0.0/64"), None);
    }
}
