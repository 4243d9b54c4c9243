use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A DNS server that knows every name: one IPv4 address for all of them, and an HTTPS record that
/// offers HTTP/3 and an encrypted ClientHello.
#[derive(Debug)]
pub struct StubUpstream {
    address: SocketAddr,
    asked: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl StubUpstream {
    /// Starts one on a free port of loopback that gives this address.
    pub fn start(gives: Ipv4Addr) -> Self {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).expect("loopback has a free port");
        socket
            .set_read_timeout(Some(Duration::from_millis(50)))
            .expect("a time limit");
        let address = socket.local_addr().expect("a bound socket has an address");
        let (asked, stop) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let (count, stopped) = (Arc::clone(&asked), Arc::clone(&stop));
        let thread = std::thread::spawn(move || serve(&socket, gives, &count, &stopped));
        Self {
            address,
            asked,
            stop,
            thread: Some(thread),
        }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
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

fn serve(socket: &UdpSocket, gives: Ipv4Addr, asked: &AtomicU64, stop: &AtomicBool) {
    let mut room = [0; 1500];
    while !stop.load(Ordering::SeqCst) {
        match socket.recv_from(&mut room) {
            Ok((length, from)) => {
                asked.fetch_add(1, Ordering::SeqCst);
                if let Some(answer) = answer(&room[..length], gives) {
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

fn answer(packet: &[u8], gives: Ipv4Addr) -> Option<Vec<u8>> {
    let mut end = 12;
    while *packet.get(end)? != 0 {
        end += usize::from(*packet.get(end)?) + 1;
    }
    let question = packet.get(12..end + 5)?;
    let kind = u16::from_be_bytes([question[question.len() - 4], question[question.len() - 3]]);
    let body: Option<(u8, Vec<u8>)> = match kind {
        1 => Some((1, gives.octets().to_vec())),
        65 => Some((65, https_record())),
        _ => None,
    };
    let mut answer = packet[..2].to_vec();
    answer.extend_from_slice(&[0x81, 0x80, 0, 1, 0, u8::from(body.is_some()), 0, 0, 0, 0]);
    answer.extend_from_slice(question);
    if let Some((kind, body)) = body {
        answer.extend_from_slice(&[0xc0, 12, 0, kind, 0, 1, 0, 0, 1, 44, 0]);
        answer.push(u8::try_from(body.len()).ok()?);
        answer.extend_from_slice(&body);
    }
    Some(answer)
}

/// Priority 1, the name itself, `alpn="h3,h2"`, and an `ech` of eight bytes (RFC 9460, RFC 9848).
fn https_record() -> Vec<u8> {
    let mut bytes = vec![0, 1, 0];
    bytes.extend_from_slice(&[0, 1, 0, 6, 2, b'h', b'3', 2, b'h', b'2']);
    bytes.extend_from_slice(&[0, 5, 0, 8, 0, 6, 0xfe, 0x0d, 0, 2, 1, 2]);
    bytes
}
