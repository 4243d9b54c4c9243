use crate::batch::Socket;
use crate::plan::{Plan, SettingsError};
use crate::settings::Settings;
use socket2::{Domain, Protocol, SockAddr, Type};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

/// The bound sockets of the DNS doors; nothing is answered before [`run`](crate::run).
#[derive(Debug)]
pub struct Listeners {
    pub(crate) plan: Arc<Plan>,
    pub(crate) udp: Vec<Socket>,
    pub(crate) tcp: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
}

/// The DNS doors could not be bound.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// The settings do not hold together.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// An address could not be listened at.
    #[error(
        "`{address}` could not be listened at for DNS: it is in use, not ours, or needs rights"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the machine said.
        #[source]
        source: io::Error,
    },
}

impl Listeners {
    /// Checks the settings and binds all sockets, UDP and TCP at each address.
    ///
    /// Port 0 takes a free port, the same for both.
    ///
    /// # Errors
    ///
    /// Says which setting is wrong or which address could not be had.
    pub fn bind(settings: &Settings) -> Result<Self, BindError> {
        let plan = Arc::new(Plan::compile(settings)?);
        let workers = match settings.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => usize::from(workers),
        };
        let mut listeners = Self {
            plan,
            udp: Vec::new(),
            tcp: Vec::new(),
            addresses: Vec::new(),
        };
        for &address in &settings.listen {
            listeners
                .add(address, workers)
                .map_err(|source| BindError::Listen { address, source })?;
        }
        Ok(listeners)
    }

    /// The addresses as they were bound, in the order of the settings.
    pub fn local_addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    fn add(&mut self, address: SocketAddr, workers: usize) -> io::Result<()> {
        let (tcp, bound) = bind_both(address)?;
        let Both { tcp, udp } = tcp;
        self.tcp.push(tcp);
        self.udp.push(udp);
        for _ in 1..workers {
            self.udp.push(bind_udp(bound)?);
        }
        self.addresses.push(bound);
        Ok(())
    }
}

struct Both {
    tcp: TcpListener,
    udp: Socket,
}

/// Binds TCP and the first UDP socket; with port 0 until one port is free for both.
fn bind_both(address: SocketAddr) -> io::Result<(Both, SocketAddr)> {
    let mut attempts = if address.port() == 0 { 16 } else { 1 };
    loop {
        attempts -= 1;
        let tcp = bind_tcp(address)?;
        let bound = tcp.local_addr()?;
        match bind_udp(bound) {
            Ok(udp) => return Ok((Both { tcp, udp }, bound)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && attempts > 0 => {}
            Err(error) => return Err(error),
        }
    }
}

fn bind_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket2::Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.bind(&SockAddr::from(address))?;
    socket.listen(512)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

fn bind_udp(address: SocketAddr) -> io::Result<Socket> {
    let socket = socket2::Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_port(true)?;
    // A burst of questions must outlast one turn of the scheduler. The machine may grant less.
    let _ = socket.set_recv_buffer_size(BUFFER);
    let _ = socket.set_send_buffer_size(BUFFER);
    // The wait also bounds how long a worker goes without looking at the word to stop.
    socket.set_read_timeout(Some(IDLE))?;
    socket.bind(&SockAddr::from(address))?;
    Socket::new(socket.into(), address.ip().is_unspecified())
}

const BUFFER: usize = 4 << 20;

/// The longest that a worker waits for a question before it sees to its other duties.
pub(crate) const IDLE: std::time::Duration = std::time::Duration::from_millis(100);
