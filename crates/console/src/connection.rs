use std::net::{IpAddr, SocketAddr};

/// What is known of the connection that a request came over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connection {
    /// Who is at the other end.
    pub(crate) peer: SocketAddr,
    /// The address that was reached.
    pub(crate) local: SocketAddr,
    /// Whether it is encrypted.
    pub(crate) secure: bool,
}

impl Connection {
    /// The address at the other end, an IPv4 one always as such.
    pub(crate) fn client(&self) -> IpAddr {
        self.peer.ip().to_canonical()
    }
}
