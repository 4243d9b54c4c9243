use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// A DNS server that knows every name: one IPv4 address for all that nothing else is said of, and
/// an HTTPS record that offers HTTP/3 and an encrypted ClientHello.
#[derive(Debug)]
pub struct StubUpstream {
    address: SocketAddr,
    led: Led,
    asked: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// The names of which something is said, each with its addresses.
type Led = Arc<Mutex<BTreeMap<String, Vec<IpAddr>>>>;

impl StubUpstream {
    /// Starts one on a free port of loopback that gives this address.
    pub fn start(gives: Ipv4Addr) -> Self {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).expect("loopback has a free port");
        socket
            .set_read_timeout(Some(Duration::from_millis(50)))
            .expect("a time limit");
        let address = socket.local_addr().expect("a bound socket has an address");
        let (asked, stop) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let led = Led::default();
        let known = Arc::clone(&led);
        let (count, stopped) = (Arc::clone(&asked), Arc::clone(&stop));
        let thread = std::thread::spawn(move || serve(&socket, gives, &known, &count, &stopped));
        Self {
            address,
            led,
            asked,
            stop,
            thread: Some(thread),
        }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Gives these addresses for a name from now on.
    pub fn lead(&self, name: &str, addresses: &[IpAddr]) {
        let mut led = self.led.lock().expect("nobody panicked with it");
        led.insert(name.to_owned(), addresses.to_vec());
    }

    /// How many questions it was asked.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for StubUpstream {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(socket: &UdpSocket, gives: Ipv4Addr, led: &Led, asked: &AtomicU64, stop: &AtomicBool) {
    let mut room = [0; 1500];
    while !stop.load(Ordering::SeqCst) {
        match socket.recv_from(&mut room) {
            Ok((length, from)) => {
                asked.fetch_add(1, Ordering::SeqCst);
                if let Some(answer) = answer(&room[..length], gives, led) {
                    let _ = socket.send_to(&answer, from);
                }
            }
            Err(error) if is_wait(&error) => {}
            Err(_) => return,
        }
    }
}

fn is_wait(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::ConnectionRefused
    )
}

fn answer(packet: &[u8], gives: Ipv4Addr, led: &Led) -> Option<Vec<u8>> {
    let mut end = 12;
    let mut name = String::new();
    while *packet.get(end)? != 0 {
        let next = end + usize::from(*packet.get(end)?) + 1;
        let label = packet.get(end + 1..next)?;
        name += &format!(".{}", String::from_utf8_lossy(label).to_ascii_lowercase());
        end = next;
    }
    let question = packet.get(12..end + 5)?;
    let kind = u16::from_be_bytes([question[question.len() - 4], question[question.len() - 3]]);
    let led = led.lock().expect("nobody panicked with it");
    let led = led.get(name.trim_start_matches('.'));
    let all = led.map_or(vec![IpAddr::V4(gives)], Clone::clone);
    let bodies: Vec<Vec<u8>> = match kind {
        1 | 28 => all.iter().filter_map(|one| bytes_of(*one, kind)).collect(),
        65 => vec![https_record()],
        _ => Vec::new(),
    };
    let mut answer = packet[..2].to_vec();
    let count = u8::try_from(bodies.len()).ok()?;
    answer.extend_from_slice(&[0x81, 0x80, 0, 1, 0, count, 0, 0, 0, 0]);
    answer.extend_from_slice(question);
    for body in bodies {
        let kind = u8::try_from(kind).ok()?;
        answer.extend_from_slice(&[0xc0, 12, 0, kind, 0, 1, 0, 0, 1, 44, 0]);
        answer.push(u8::try_from(body.len()).ok()?);
        answer.extend_from_slice(&body);
    }
    Some(answer)
}

/// An address on the wire, where it is of the family that was asked for.
fn bytes_of(address: IpAddr, kind: u16) -> Option<Vec<u8>> {
    match (address, kind) {
        (IpAddr::V4(v4), 1) => Some(v4.octets().to_vec()),
        (IpAddr::V6(v6), 28) => Some(v6.octets().to_vec()),
        (IpAddr::V4(_) | IpAddr::V6(_), _) => None,
    }
}

/// Priority 1, the name itself, `alpn="h3,h2"`, and an `ech` of eight bytes (RFC 9460, RFC 9848).
fn https_record() -> Vec<u8> {
    let mut bytes = vec![0, 1, 0];
    bytes.extend_from_slice(&[0, 1, 0, 6, 2, b'h', b'3', 2, b'h', b'2']);
    bytes.extend_from_slice(&[0, 5, 0, 8, 0, 6, 0xfe, 0x0d, 0, 2, 1, 2]);
    bytes
}
