use super::clock::DemoClock;
use crate::command::run::Sign;
use crate::failure::Failure;
use crate::gateway::Addresses;
use model::Clock as _;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// When the day begins: a Monday of the autumn term.
pub(crate) const MORNING: &str = "2026-11-23T08:30:00Z";

/// Where the clock stands afterwards: a lesson on the next day.
pub(crate) const NEXT: &str = "2026-11-24T10:15:00Z";

/// What became of the day's questions.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    groups: BTreeMap<&'static str, (u32, u32)>,
    /// Whether somebody stopped the demo meanwhile.
    pub(crate) stopped: bool,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n  {:<14}{:>7}{:>9}", "group", "asked", "refused")?;
        for (group, (asked, refused)) in &self.groups {
            writeln!(f, "  {group:<14}{asked:>7}{refused:>9}")?;
        }
        Ok(())
    }
}

/// Plays the day, five minutes a step, from every group's first addresses.
pub(crate) fn play(
    addresses: &Addresses,
    clock: &DemoClock,
    signs: &Receiver<Sign>,
) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let (Some(&dns), Some(&proxy)) = (addresses.dns.first(), addresses.proxy.first()) else {
        return Ok(tally);
    };
    let mut out = io::stdout().lock();
    for step in 0..STEPS {
        if let Ok(Sign::Stop) = signs.try_recv() {
            tally.stopped = true;
            return Ok(tally);
        }
        for (place, (group, second, hosts)) in GROUPS.iter().enumerate() {
            let client = (step / 4 + place) % 12 + 5;
            let source = Ipv4Addr::new(127, *second, 0, u8::try_from(client).unwrap_or(5));
            let host = hosts[(step * 5 + place + step / hosts.len()) % hosts.len()];
            let count = tally.groups.entry(group).or_default();
            let refused = match (step + place) % 4 {
                0 => fetch(source, proxy, host),
                _ => ask(source, dns, host),
            };
            // A question that was lost on a busy machine is no part of the tally.
            if let Ok(refused) = refused {
                count.0 += 1;
                count.1 += u32::from(refused);
            }
        }
        if step % 6 == 0 {
            write!(out, "  {}", &clock.now().to_string()[11..16])?;
            out.flush()?;
        }
        clock.step(Duration::from_secs(300));
    }
    writeln!(out)?;
    clock.set(NEXT);
    Ok(tally)
}

/// Asks for an address; gives back whether the name was refused.
fn ask(source: Ipv4Addr, dns: SocketAddr, host: &str) -> io::Result<bool> {
    let socket = UdpSocket::bind((source, 0))?;
    socket.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut question = vec![0x5a, 0x47, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in host.split('.') {
        question.push(u8::try_from(label.len()).unwrap_or(63));
        question.extend_from_slice(label.as_bytes());
    }
    question.extend_from_slice(&[0, 0, 1, 0, 1]);
    socket.send_to(&question, dns)?;
    let mut answer = [0; 1500];
    let length = socket.recv(&mut answer)?;
    let head = answer.get(..length.min(12)).filter(|head| head.len() == 12);
    let head = head.ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(head[3] & 15 != 0)
}

/// Fetches a page through the proxy; gives back whether the block page came.
fn fetch(source: Ipv4Addr, proxy: SocketAddr, host: &str) -> io::Result<bool> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.bind(&SockAddr::from(SocketAddr::new(IpAddr::V4(source), 0)))?;
    socket.connect_timeout(&SockAddr::from(proxy), Duration::from_secs(2))?;
    socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut stream = std::net::TcpStream::from(socket);
    write!(
        stream,
        "GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.take(64 * 1024).read_to_end(&mut answer)?;
    Ok(answer.starts_with(b"HTTP/1.1 403"))
}

/// From half past eight to a quarter to four.
const STEPS: usize = 87;

/// Each group with the second part of its addresses and what its people ask for.
const GROUPS: &[(&str, u8, &[&str])] = &[
    (
        "foundation",
        5,
        &[
            "www.bbc.co.uk",
            "www.phonicsplay.co.uk",
            "www.topmarks.co.uk",
            "youtube.com",
            "www.lego.com",
        ],
    ),
    (
        "ks1",
        10,
        &[
            "www.phonicsplay.co.uk",
            "www.bbc.co.uk",
            "www.kiddle.co",
            "www.topmarks.co.uk",
            "poki.com",
            "tiktok.com",
        ],
    ),
    (
        "ks2",
        20,
        &[
            "ttrockstars.com",
            "www.bbc.co.uk",
            "scratch.mit.edu",
            "en.wikipedia.org",
            "roblox.com",
            "www.youtube.com",
            "snapchat.com",
            "www.google.co.uk",
        ],
    ),
    (
        "ks2-y56",
        21,
        &[
            "ttrockstars.com",
            "www.purplemash.com",
            "scratch.mit.edu",
            "discord.com",
            "bet365.com",
            "www.nationalgeographic.com",
        ],
    ),
    (
        "ks3",
        30,
        &[
            "senecalearning.com",
            "www.bbc.co.uk",
            "chatgpt.com",
            "instagram.com",
            "nordvpn.com",
            "www.drfrost.org",
            "open.spotify.com",
        ],
    ),
    (
        "ks4",
        40,
        &[
            "senecalearning.com",
            "www.gcsepod.com",
            "www.aqa.org.uk",
            "www.reddit.com",
            "pornhub.com",
            "www.bbc.co.uk",
            "tiktok.com",
        ],
    ),
    (
        "sixth",
        50,
        &[
            "www.ucas.com",
            "www.khanacademy.org",
            "chatgpt.com",
            "x.com",
            "www.theguardian.com",
            "skybet.com",
        ],
    ),
    (
        "staff",
        60,
        &[
            "www.tes.com",
            "www.gov.uk",
            "www.twinkl.co.uk",
            "facebook.com",
            "www.amazon.co.uk",
            "www.youtube.com",
            "mail.google.com",
        ],
    ),
    (
        "office",
        61,
        &[
            "www.ebay.co.uk",
            "www.gov.uk",
            "www.parentpay.com",
            "www.royalmail.com",
            "paddypower.com",
        ],
    ),
    (
        "supply",
        62,
        &[
            "www.bbc.co.uk",
            "www.tes.com",
            "instagram.com",
            "www.google.com",
        ],
    ),
    (
        "guest",
        70,
        &[
            "www.bbc.co.uk",
            "www.gov.uk",
            "whatsapp.com",
            "onlyfans.com",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moments_of_the_day_can_be_read() {
        for text in [MORNING, NEXT] {
            assert!(text.parse::<model::Moment>().is_ok());
        }
    }
}
