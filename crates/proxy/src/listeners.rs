use crate::Settings;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpListener};

/// Bound sockets that accept proxy connections, one set a worker.
///
/// Each worker has sockets of its own on the same addresses (SO_REUSEPORT), so that the kernel
/// spreads connections and no worker waits for another.
#[derive(Debug)]
pub struct Listeners {
    workers: Vec<Vec<TcpListener>>,
    addresses: Vec<SocketAddr>,
}

/// An address could not be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The system refused it.
    #[error("the proxy cannot listen on `{address}`; change `proxy.listen` or stop what uses it")]
    Refused {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The settings contradict themselves.
    #[error("the settings of the proxy cannot hold: {fault}")]
    Settings {
        /// The first fault.
        fault: String,
    },
}

impl Listeners {
    /// Binds every address of the settings for every worker.
    ///
    /// # Errors
    ///
    /// Says which address could not be bound, or which setting cannot hold.
    pub fn bind(settings: &Settings) -> Result<Self, BindError> {
        if let Some(fault) = settings.faults().into_iter().next() {
            return Err(BindError::Settings { fault });
        }
        let mut workers: Vec<Vec<TcpListener>> = Vec::new();
        workers.resize_with(settings.worker_count(), Vec::new);
        let mut addresses = Vec::new();
        for &wanted in &settings.listen {
            let refused = |source| BindError::Refused {
                address: wanted,
                source,
            };
            let mut address = wanted;
            for sockets in &mut workers {
                let socket = listen(address).map_err(refused)?;
                // Port 0 becomes a real port with the first worker; the others share it.
                address = socket.local_addr().map_err(refused)?;
                sockets.push(socket);
            }
            addresses.push(address);
        }
        Ok(Self { workers, addresses })
    }

    /// The addresses in the order of the settings, with the real ports.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    pub(crate) fn into_workers(self) -> Vec<Vec<TcpListener>> {
        self.workers
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

const BACKLOG: i32 = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_share_one_port() {
        let settings = Settings {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
            workers: 3,
            ..Settings::default()
        };
        let listeners = Listeners::bind(&settings).unwrap();
        let port = listeners.addresses()[0].port();
        assert_ne!(port, 0);
        let workers = listeners.into_workers();
        assert_eq!(workers.len(), 3);
        for socket in workers.iter().flatten() {
            assert_eq!(socket.local_addr().unwrap().port(), port);
        }
    }
}
