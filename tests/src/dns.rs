use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

/// A DNS answer, as far as the tests look at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DnsAnswer {
    /// The response code.
    pub rcode: u8,
    /// Whether the answer says that it was validated.
    pub authentic: bool,
    /// The types and the bytes of the records of the answer section.
    pub records: Vec<(u16, u32, Vec<u8>)>,
    /// The code and text of an Extended DNS Error (RFC 8914).
    pub error: Option<(u16, String)>,
}

impl DnsAnswer {
    /// The IPv4 addresses among the records.
    pub fn addresses(&self) -> Vec<Ipv4Addr> {
        let of = |(kind, _, bytes): &(u16, u32, Vec<u8>)| {
            (*kind == 1).then(|| {
                <[u8; 4]>::try_from(bytes.as_slice())
                    .ok()
                    .map(Ipv4Addr::from)
            })
        };
        self.records.iter().filter_map(of).flatten().collect()
    }
}

/// Asks a DNS server from a source address of this machine, with EDNS; one question, one answer.
pub fn ask_dns(server: SocketAddr, source: IpAddr, name: &str, kind: u16) -> DnsAnswer {
    let socket = UdpSocket::bind((source, 0)).expect("the source address is of this machine");
    socket.connect(server).expect("a route on loopback");
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a time limit");
    socket
        .send(&question(name, kind))
        .expect("the question goes out");
    let mut room = [0; 4096];
    let length = socket.recv(&mut room).unwrap_or_else(|error| {
        panic!("no answer to `{name}` for {source} from {server}: {error}")
    });
    parse(&room[..length]).unwrap_or_else(|| panic!("the answer to `{name}` cannot be read"))
}

fn question(name: &str, kind: u16) -> Vec<u8> {
    let mut packet = vec![0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1];
    for label in name.split('.') {
        packet.push(u8::try_from(label.len()).expect("a label of at most 63 bytes"));
        packet.extend_from_slice(label.as_bytes());
    }
    packet.push(0);
    packet.extend_from_slice(&kind.to_be_bytes());
    packet.extend_from_slice(&[0, 1]);
    // OPT: root, type 41, 1232 bytes, no flags, no options.
    packet.extend_from_slice(&[0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);
    packet
}

fn parse(packet: &[u8]) -> Option<DnsAnswer> {
    let count = |at: usize| {
        Some(usize::from(u16::from_be_bytes(
            packet.get(at..at + 2)?.try_into().ok()?,
        )))
    };
    let mut answer = DnsAnswer {
        rcode: packet.get(3)? & 0x0f,
        authentic: packet.get(3)? & 0x20 != 0,
        ..DnsAnswer::default()
    };
    let mut at = 12;
    for _ in 0..count(4)? {
        at = after_name(packet, at)? + 4;
    }
    let answers = count(6)?;
    for place in 0..answers + count(8)? + count(10)? {
        at = after_name(packet, at)?;
        let kind = u16::from_be_bytes(packet.get(at..at + 2)?.try_into().ok()?);
        let ttl = u32::from_be_bytes(packet.get(at + 4..at + 8)?.try_into().ok()?);
        let length = count(at + 8)?;
        let bytes = packet.get(at + 10..at + 10 + length)?;
        at += 10 + length;
        if place < answers {
            answer.records.push((kind, ttl, bytes.to_vec()));
        } else if kind == 41 {
            answer.error = extended_error(bytes);
        }
    }
    Some(answer)
}

fn after_name(packet: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *packet.get(at)? {
            0 => return Some(at + 1),
            length if length & 0xc0 == 0xc0 => return Some(at + 2),
            length => at += usize::from(length) + 1,
        }
    }
}

fn extended_error(mut options: &[u8]) -> Option<(u16, String)> {
    while let [a, b, c, d, rest @ ..] = options {
        let length = usize::from(u16::from_be_bytes([*c, *d]));
        let (body, next) = rest.split_at_checked(length)?;
        if u16::from_be_bytes([*a, *b]) == 15 {
            let code = u16::from_be_bytes(body.get(..2)?.try_into().ok()?);
            return Some((code, String::from_utf8_lossy(&body[2..]).into_owned()));
        }
        options = next;
    }
    None
}
