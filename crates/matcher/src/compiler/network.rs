use std::net::{IpAddr, Ipv6Addr};

/// A network of a list; a single address is one of all bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Network {
    pub(super) address: IpAddr,
    pub(super) bits: u8,
    pub(super) list: u16,
}

impl Network {
    /// A network with the bits past its length taken out; an IPv4 network that is written as an
    /// IPv6 one is what it stands for.
    pub(super) fn new(list: u16, address: IpAddr, bits: u8) -> Self {
        let (address, bits) = match address {
            IpAddr::V6(v6) if bits >= 96 && v6.to_ipv4_mapped().is_some() => {
                (address.to_canonical(), bits - 96)
            }
            IpAddr::V4(_) | IpAddr::V6(_) => (address, bits),
        };
        match address {
            IpAddr::V4(v4) => {
                let bits = bits.min(32);
                let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
                Self {
                    address: IpAddr::V4((u32::from(v4) & mask).into()),
                    bits,
                    list,
                }
            }
            IpAddr::V6(v6) => {
                let bits = bits.min(128);
                let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
                Self {
                    address: IpAddr::V6((u128::from(v6) & mask).into()),
                    bits,
                    list,
                }
            }
        }
    }

    /// Its first and last address as numbers.
    pub(super) fn range(self) -> (u128, u128) {
        match self.address {
            IpAddr::V4(v4) => {
                let rest = u32::MAX.checked_shr(u32::from(self.bits)).unwrap_or(0);
                let first = u32::from(v4);
                (first.into(), (first | rest).into())
            }
            IpAddr::V6(v6) => {
                let rest = u128::MAX.checked_shr(u32::from(self.bits)).unwrap_or(0);
                let first = u128::from(v6);
                (first, first | rest)
            }
        }
    }

    /// The 20 bytes of the section that is read for people.
    pub(super) fn cold(self) -> [u8; 20] {
        let (address, bits): (Ipv6Addr, u8) = match self.address {
            IpAddr::V4(v4) => (v4.to_ipv6_mapped(), self.bits + 96),
            IpAddr::V6(v6) => (v6, self.bits),
        };
        let mut row = [0; 20];
        row[..16].copy_from_slice(&address.octets());
        row[16] = bits;
        row[18..].copy_from_slice(&self.list.to_le_bytes());
        row
    }
}
