//! Batched socket calls: one system call takes up to 32 questions, one sends their answers.
//!
//! All pointers that the kernel sees lead into one heap block that is never moved and lives as
//! long as the [`Batch`]; each call sets the lengths anew, for the kernel writes into them.
#![allow(
    unsafe_code,
    reason = "recvmmsg and sendmmsg have no safe face that neither allocates nor borrows anew for each call"
)]

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, UdpSocket};
use std::os::fd::AsRawFd;
use std::{mem, ptr};

/// A bound UDP socket, and whether answers must say which address they leave from.
#[derive(Debug)]
pub(crate) struct Socket {
    socket: UdpSocket,
    /// Bound to all addresses: the kernel would choose the source of an answer by the route.
    wildcard: bool,
}

/// Where a question came from, and the address of ours that it was sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    local: Option<Local>,
}

/// One of our addresses, as a question named it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Local {
    address: IpAddr,
    /// The interface, needed for link-local addresses.
    interface: u32,
}

impl Socket {
    /// Takes a bound socket; on one bound to all addresses, asks to be told each question's own.
    pub(crate) fn new(socket: UdpSocket, wildcard: bool) -> io::Result<Self> {
        if wildcard {
            let (level, option) = if socket.local_addr()?.is_ipv6() {
                (libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO)
            } else {
                (libc::IPPROTO_IP, libc::IP_PKTINFO)
            };
            let on: libc::c_int = 1;
            // SAFETY: the descriptor is open, and `on` outlives the call that reads its four bytes.
            let done = unsafe {
                libc::setsockopt(
                    socket.as_raw_fd(),
                    level,
                    option,
                    ptr::from_ref(&on).cast(),
                    size_of::<libc::c_int>() as libc::socklen_t,
                )
            };
            if done != 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(Self { socket, wildcard })
    }

    /// Another handle to the same socket, for answers that come later.
    pub(crate) fn share(&self) -> io::Result<Self> {
        Ok(Self {
            socket: self.socket.try_clone()?,
            wildcard: self.wildcard,
        })
    }

    /// Sends one answer without waiting for room.
    pub(crate) fn send(&self, answer: &[u8], peer: &Peer) -> io::Result<()> {
        let mut name = empty_address();
        let mut control = Control::new();
        let mut part = libc::iovec {
            iov_base: answer.as_ptr().cast_mut().cast(),
            iov_len: answer.len(),
        };
        let mut header = empty_header();
        header.msg_namelen = store_address(&mut name, peer.address);
        header.msg_name = ptr::from_mut(&mut name).cast();
        header.msg_iov = &raw mut part;
        header.msg_iovlen = 1;
        if let Some(local) = peer.local {
            header.msg_controllen = control.store(local) as _;
            header.msg_control = ptr::from_mut(&mut control).cast();
        }
        // SAFETY: every pointer of the header leads to a local that outlives the call, with the
        // length beside it; the kernel only reads through them when sending.
        let sent = unsafe {
            libc::sendmsg(
                self.socket.as_raw_fd(),
                &raw const header,
                libc::MSG_DONTWAIT,
            )
        };
        if sent < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }
}

/// Room for one batch of questions and one of answers.
pub(crate) struct Batch {
    room: Box<Room>,
    received: usize,
    answers: usize,
}

struct Room {
    in_headers: [libc::mmsghdr; MOST],
    out_headers: [libc::mmsghdr; MOST],
    in_parts: [libc::iovec; MOST],
    out_parts: [libc::iovec; MOST],
    names: [libc::sockaddr_storage; MOST],
    in_controls: [Control; MOST],
    out_controls: [Control; MOST],
    questions: [[u8; MOST_QUESTION]; MOST],
    answers: [[u8; MOST_ANSWER]; MOST],
}

/// Ancillary bytes, aligned as the kernel's headers in them need.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Control([u8; CONTROL]);

// SAFETY: the raw pointers in the headers lead into the same box, which moves with the batch as a
// whole; nothing else holds them.
unsafe impl Send for Batch {}

impl Batch {
    pub(crate) fn new() -> Self {
        // SAFETY: every field is an array of plain C structures or bytes, for which all zeroes is
        // a proper value.
        let room = unsafe { Box::<Room>::new_zeroed().assume_init() };
        Self {
            room,
            received: 0,
            answers: 0,
        }
    }

    /// Waits for at least one question and takes what is there, up to the batch.
    ///
    /// An error of kind `WouldBlock` says that none came within the socket's time.
    pub(crate) fn receive(&mut self, socket: &Socket) -> io::Result<usize> {
        self.received = 0;
        self.answers = 0;
        let room = &mut *self.room;
        for place in 0..MOST {
            room.in_parts[place] = libc::iovec {
                iov_base: room.questions[place].as_mut_ptr().cast(),
                iov_len: MOST_QUESTION,
            };
            let header = &mut room.in_headers[place].msg_hdr;
            header.msg_name = (&raw mut room.names[place]).cast();
            header.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            header.msg_iov = &raw mut room.in_parts[place];
            header.msg_iovlen = 1;
            header.msg_flags = 0;
            if socket.wildcard {
                header.msg_control = (&raw mut room.in_controls[place]).cast();
                header.msg_controllen = CONTROL as _;
            } else {
                header.msg_control = ptr::null_mut();
                header.msg_controllen = 0;
            }
        }
        // SAFETY: the headers were just set to lead into `room`, each with its true length, and
        // `room` is borrowed exclusively until the call returns.
        let count = unsafe {
            libc::recvmmsg(
                socket.socket.as_raw_fd(),
                room.in_headers.as_mut_ptr(),
                MOST as libc::c_uint,
                libc::MSG_WAITFORONE,
                ptr::null_mut(),
            )
        };
        if count < 0 {
            return Err(io::Error::last_os_error());
        }
        self.received = usize::try_from(count).unwrap_or(0).min(MOST);
        Ok(self.received)
    }

    /// A question and the room for its answer.
    ///
    /// `None` past the last one, for one that was cut, and for one from no known address.
    pub(crate) fn take(&mut self, place: usize) -> Option<(&[u8], Peer, &mut [u8])> {
        if place >= self.received {
            return None;
        }
        let room = &mut *self.room;
        let header = &room.in_headers[place];
        let length = usize::try_from(header.msg_len).ok()?;
        if header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0 {
            return None;
        }
        let question = room.questions[place].get(..length)?;
        let peer = Peer {
            address: load_address(&room.names[place])?,
            local: room.in_controls[place].load(&header.msg_hdr),
        };
        // A spoofed port 0 cannot be answered.
        if peer.address.port() == 0 {
            return None;
        }
        Some((question, peer, &mut room.answers[self.answers]))
    }

    /// Puts the answer just written in the room of [`Batch::take`] on its way to a peer.
    pub(crate) fn answer(&mut self, place: usize, length: usize, peer: &Peer) {
        let slot = self.answers;
        if slot >= MOST || place >= self.received {
            return;
        }
        let room = &mut *self.room;
        room.out_parts[slot] = libc::iovec {
            iov_base: room.answers[slot].as_mut_ptr().cast(),
            iov_len: length.min(MOST_ANSWER),
        };
        let named = room.in_headers[place].msg_hdr.msg_namelen;
        let header = &mut room.out_headers[slot].msg_hdr;
        header.msg_name = (&raw mut room.names[place]).cast();
        header.msg_namelen = named;
        header.msg_iov = &raw mut room.out_parts[slot];
        header.msg_iovlen = 1;
        header.msg_flags = 0;
        match peer.local {
            Some(local) => {
                header.msg_controllen = room.out_controls[slot].store(local) as _;
                header.msg_control = (&raw mut room.out_controls[slot]).cast();
            }
            None => {
                header.msg_control = ptr::null_mut();
                header.msg_controllen = 0;
            }
        }
        self.answers += 1;
    }

    /// Sends all answers of the batch; gives back how many the machine did not take.
    pub(crate) fn send(&mut self, socket: &Socket) -> usize {
        let mut sent = 0;
        let mut failed = 0;
        while sent < self.answers {
            let left = &mut self.room.out_headers[sent..self.answers];
            // SAFETY: the headers of `left` were set by `answer` to lead into the same box with
            // their true lengths; the box is borrowed exclusively until the call returns.
            let count = unsafe {
                libc::sendmmsg(
                    socket.socket.as_raw_fd(),
                    left.as_mut_ptr(),
                    left.len() as libc::c_uint,
                    0,
                )
            };
            match usize::try_from(count) {
                Ok(count) if count > 0 => sent += count,
                Ok(_) | Err(_) => {
                    if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted {
                        continue;
                    }
                    // The first of the rest cannot be sent: one client's trouble, not the others'.
                    failed += 1;
                    sent += 1;
                }
            }
        }
        self.answers = 0;
        failed
    }
}

impl Control {
    const fn new() -> Self {
        Self([0; CONTROL])
    }

    /// Reads the address that a question was sent to.
    fn load(&self, header: &libc::msghdr) -> Option<Local> {
        let length = header.msg_controllen.min(CONTROL);
        let bytes = self.0.get(..length)?;
        let head_size = size_of::<libc::cmsghdr>();
        if bytes.len() < head_size {
            return None;
        }
        // SAFETY: at least as many bytes as a header has are there, and any bytes make a header.
        let head = unsafe { bytes.as_ptr().cast::<libc::cmsghdr>().read_unaligned() };
        let value = bytes.get(CONTROL_HEAD..head.cmsg_len)?;
        match (head.cmsg_level, head.cmsg_type) {
            (libc::IPPROTO_IP, libc::IP_PKTINFO)
                if value.len() >= size_of::<libc::in_pktinfo>() =>
            {
                // SAFETY: the length was checked, and any bytes make this structure.
                let seen = unsafe { value.as_ptr().cast::<libc::in_pktinfo>().read_unaligned() };
                let address = Ipv4Addr::from_bits(u32::from_be(seen.ipi_addr.s_addr));
                // No interface: the route to the client may lead out of another one.
                Some(Local {
                    address: address.into(),
                    interface: 0,
                })
            }
            (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO)
                if value.len() >= size_of::<libc::in6_pktinfo>() =>
            {
                // SAFETY: the length was checked, and any bytes make this structure.
                let seen = unsafe { value.as_ptr().cast::<libc::in6_pktinfo>().read_unaligned() };
                let address = Ipv6Addr::from(seen.ipi6_addr.s6_addr);
                let interface = if address.is_unicast_link_local() {
                    seen.ipi6_ifindex
                } else {
                    0
                };
                Some(Local {
                    address: address.into(),
                    interface,
                })
            }
            _ => None,
        }
    }

    /// Writes the address that an answer leaves from; gives back the bytes used.
    fn store(&mut self, local: Local) -> usize {
        self.0 = [0; CONTROL];
        match local.address {
            IpAddr::V4(address) => {
                let value = libc::in_pktinfo {
                    ipi_ifindex: 0,
                    ipi_spec_dst: libc::in_addr {
                        s_addr: address.to_bits().to_be(),
                    },
                    ipi_addr: libc::in_addr { s_addr: 0 },
                };
                self.put(libc::IPPROTO_IP, libc::IP_PKTINFO, value)
            }
            IpAddr::V6(address) => {
                let value = libc::in6_pktinfo {
                    ipi6_addr: libc::in6_addr {
                        s6_addr: address.octets(),
                    },
                    ipi6_ifindex: local.interface as _,
                };
                self.put(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, value)
            }
        }
    }

    fn put<T: Copy>(&mut self, level: libc::c_int, kind: libc::c_int, value: T) -> usize {
        const { assert!(CONTROL_HEAD + size_of::<T>() <= CONTROL) };
        // SAFETY: zeroes are a proper header.
        let mut head: libc::cmsghdr = unsafe { mem::zeroed() };
        head.cmsg_len = (CONTROL_HEAD + size_of::<T>()) as _;
        head.cmsg_level = level;
        head.cmsg_type = kind;
        // SAFETY: header and value fit, as asserted above; the bytes are written unaligned.
        unsafe {
            self.0
                .as_mut_ptr()
                .cast::<libc::cmsghdr>()
                .write_unaligned(head);
            self.0
                .as_mut_ptr()
                .add(CONTROL_HEAD)
                .cast::<T>()
                .write_unaligned(value);
        }
        (CONTROL_HEAD + size_of::<T>()).next_multiple_of(align_of::<libc::cmsghdr>())
    }
}

fn empty_address() -> libc::sockaddr_storage {
    // SAFETY: zeroes are a proper value of this plain C structure.
    unsafe { mem::zeroed() }
}

fn empty_header() -> libc::msghdr {
    // SAFETY: zeroes (null pointers with no length) are a proper value of this C structure.
    unsafe { mem::zeroed() }
}

fn load_address(storage: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match i32::from(storage.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says which structure it is, and storage has room and alignment
            // for each of them.
            let v4 = unsafe { &*ptr::from_ref(storage).cast::<libc::sockaddr_in>() };
            let address = Ipv4Addr::from_bits(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddrV4::new(address, u16::from_be(v4.sin_port)).into())
        }
        libc::AF_INET6 => {
            // SAFETY: as above.
            let v6 = unsafe { &*ptr::from_ref(storage).cast::<libc::sockaddr_in6>() };
            let address = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            let port = u16::from_be(v6.sin6_port);
            Some(SocketAddrV6::new(address, port, v6.sin6_flowinfo, v6.sin6_scope_id).into())
        }
        _ => None,
    }
}

fn store_address(storage: &mut libc::sockaddr_storage, address: SocketAddr) -> libc::socklen_t {
    match address {
        SocketAddr::V4(address) => {
            // SAFETY: storage has room and alignment for every kind of address.
            let v4 = unsafe { &mut *ptr::from_mut(storage).cast::<libc::sockaddr_in>() };
            v4.sin_family = libc::AF_INET as libc::sa_family_t;
            v4.sin_port = address.port().to_be();
            v4.sin_addr.s_addr = address.ip().to_bits().to_be();
            size_of::<libc::sockaddr_in>() as libc::socklen_t
        }
        SocketAddr::V6(address) => {
            // SAFETY: as above.
            let v6 = unsafe { &mut *ptr::from_mut(storage).cast::<libc::sockaddr_in6>() };
            v6.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            v6.sin6_port = address.port().to_be();
            v6.sin6_addr.s6_addr = address.ip().octets();
            v6.sin6_flowinfo = address.flowinfo();
            v6.sin6_scope_id = address.scope_id();
            size_of::<libc::sockaddr_in6>() as libc::socklen_t
        }
    }
}

/// Questions taken with one call.
pub(crate) const MOST: usize = 32;

/// The longest question that is read: a name, an OPT record and its padding (RFC 8467).
const MOST_QUESTION: usize = 1024;

/// The longest answer by UDP.
const MOST_ANSWER: usize = crate::reply::MOST_UDP;

/// Room for one header and the larger of the two structures.
const CONTROL: usize = 64;

/// Where the value stands behind its header.
const CONTROL_HEAD: usize =
    size_of::<libc::cmsghdr>().next_multiple_of(align_of::<libc::cmsghdr>());

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn bound(text: &str) -> (Socket, SocketAddr) {
        let socket = UdpSocket::bind(text).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        let address = socket.local_addr().unwrap();
        let wildcard = address.ip().is_unspecified();
        (Socket::new(socket, wildcard).unwrap(), address)
    }

    fn echo_all(socket: &Socket, batch: &mut Batch) -> usize {
        let count = batch.receive(socket).unwrap();
        for place in 0..count {
            let (question, peer, room) = batch.take(place).unwrap();
            room[..question.len()].copy_from_slice(question);
            let length = question.len();
            batch.answer(place, length, &peer);
        }
        assert_eq!(batch.send(socket), 0);
        count
    }

    #[test]
    fn every_question_of_a_batch_gets_its_own_answer() {
        let (server, address) = bound("127.0.0.1:0");
        let clients: Vec<UdpSocket> = (0..40)
            .map(|number: u8| {
                let client = UdpSocket::bind("127.0.0.1:0").unwrap();
                client
                    .set_read_timeout(Some(Duration::from_secs(5)))
                    .unwrap();
                client.send_to(&[number; 20], address).unwrap();
                client
            })
            .collect();
        let mut batch = Batch::new();
        let mut answered = 0;
        while answered < clients.len() {
            answered += echo_all(&server, &mut batch);
        }
        for (number, client) in (0u8..).zip(&clients) {
            let mut answer = [0; 64];
            let (length, from) = client.recv_from(&mut answer).unwrap();
            assert_eq!((&answer[..length], from), (&[number; 20][..], address));
        }
    }

    #[test]
    fn an_answer_leaves_from_the_address_that_was_asked() {
        for (any, asked) in [("0.0.0.0:0", "127.0.0.7"), ("[::]:0", "::1")] {
            let (server, address) = bound(any);
            let later = server.share().unwrap();
            let asked = SocketAddr::new(asked.parse().unwrap(), address.port());
            let client = UdpSocket::bind(if asked.is_ipv4() {
                "127.0.0.1:0"
            } else {
                "[::1]:0"
            })
            .unwrap();
            client
                .set_read_timeout(Some(Duration::from_secs(5)))
                .unwrap();
            client.send_to(b"now", asked).unwrap();
            let mut batch = Batch::new();
            assert_eq!(batch.receive(&server).unwrap(), 1);
            let (_, peer, room) = batch.take(0).unwrap();
            room[..3].copy_from_slice(b"now");
            batch.answer(0, 3, &peer);
            assert_eq!(batch.send(&server), 0);
            later.send(b"later", &peer).unwrap();
            let mut answer = [0; 64];
            for expected in ["now", "later"] {
                let (length, from) = client.recv_from(&mut answer).unwrap();
                assert_eq!((&answer[..length], from), (expected.as_bytes(), asked));
            }
        }
    }

    #[test]
    fn a_question_too_long_to_be_one_is_passed_over() {
        let (server, address) = bound("127.0.0.1:0");
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        client.send_to(&[1; MOST_QUESTION + 1], address).unwrap();
        let mut batch = Batch::new();
        assert_eq!(batch.receive(&server).unwrap(), 1);
        assert!(batch.take(0).is_none());
        assert!(batch.take(1).is_none());
    }
}
