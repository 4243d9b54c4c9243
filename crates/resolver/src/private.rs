use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address has no business in the answer to a public name.
///
/// A page of a public site whose name turns to such an address would let a stranger's script
/// speak to the school's own machines (DNS rebinding). IPv4 addresses inside IPv6 ones count as
/// what they lead to.
pub(crate) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_private_v4(v4),
        IpAddr::V6(v6) => is_private_v6(v6),
    }
}

fn is_private_v4(v4: Ipv4Addr) -> bool {
    match v4.octets() {
        // This network, private, loopback, shared (CGNAT), link-local.
        [0 | 10 | 127, ..] | [172, 16..=31, ..] | [192, 168, ..] => true,
        [100, 64..=127, ..] | [169, 254, ..] => true,
        // Protocol assignments, benchmarks, multicast, reserved, broadcast.
        [192, 0, 0, _] | [198, 18..=19, ..] | [224..=255, ..] => true,
        _ => false,
    }
}

fn is_private_v6(v6: Ipv6Addr) -> bool {
    let [s0, s1, s2, s3, s4, s5, s6, s7] = v6.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match [s0, s1, s2, s3, s4, s5] {
        // Unspecified, loopback, IPv4-compatible.
        [0, 0, 0, 0, 0, 0] => true,
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => is_private_v4(v4(s6, s7)),
        [0x64, 0xff9b, 1, ..] => true,
        [0x2002, high, low, ..] => is_private_v4(v4(high, low)),
        // Unique local, link-local, site-local, multicast.
        [0xfc00..=0xfdff, ..] | [0xfe80..=0xfeff, ..] | [0xff00..=0xffff, ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // CIR-21
    #[test]
    fn addresses_of_the_inside_are_private_in_every_spelling() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:0a00:0001::1",
            "fd00::1",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(is_private(text.parse().unwrap()), "{text}");
        }
        for text in [
            "172.32.0.1",
            "100.128.0.1",
            "192.0.2.1",
            "198.51.100.1",
            "203.0.113.1",
            "216.239.38.120",
            "2001:db8::1",
            "2001:4860:4802:32::78",
            "64:ff9b::192.0.2.1",
            "::ffff:192.0.2.1",
        ] {
            assert!(!is_private(text.parse().unwrap()), "{text}");
        }
    }
}
