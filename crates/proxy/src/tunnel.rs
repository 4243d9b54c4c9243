use crate::pipes::{PIPE, Pipe, Room};
use crate::watch::Watch;
use rustix::pipe::{SpliceFlags, splice};
use socket2::SockRef;
use std::io;
use std::net::Shutdown;
use tokio::io::Interest;
use tokio::net::TcpStream;

/// How many bytes a tunnel carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Carried {
    pub(crate) up: u64,
    pub(crate) down: u64,
}

/// Carries bytes both ways until both sides have ended, or one fails.
///
/// The end of one side is passed on and the other side goes on. Time limits are the watch's.
pub(crate) async fn carry(
    client: &TcpStream,
    origin: &TcpStream,
    room: &Room,
    watch: &Watch,
    carried: &std::cell::Cell<Carried>,
) -> io::Result<()> {
    let up = pump(client, origin, room, |count| {
        let sum = carried.get();
        carried.set(Carried {
            up: sum.up + count,
            ..sum
        });
        watch.touch();
        watch.add_bytes(count);
    });
    let down = pump(origin, client, room, |count| {
        let sum = carried.get();
        carried.set(Carried {
            down: sum.down + count,
            ..sum
        });
        watch.touch();
        watch.add_bytes(count);
    });
    tokio::try_join!(up, down).map(|_| ())
}

/// Carries bytes one way until their end, and passes the end on.
async fn pump(
    from: &TcpStream,
    to: &TcpStream,
    room: &Room,
    moved: impl Fn(u64),
) -> io::Result<()> {
    let mut total = 0u64;
    loop {
        // Nothing is held here: a tunnel that waits costs its two sockets and this future.
        from.readable().await?;
        let pipe = if total >= BULK {
            room.take_pipe()
        } else {
            None
        };
        let burst = match pipe {
            Some(pipe) => burst_by_splice(from, to, room, pipe, &moved).await?,
            None => burst_by_copy(from, to, room, &moved).await?,
        };
        total += burst.bytes;
        if burst.ended {
            return match SockRef::from(to).shutdown(Shutdown::Write) {
                Err(error) if error.kind() != io::ErrorKind::NotConnected => Err(error),
                Ok(()) | Err(_) => Ok(()),
            };
        }
    }
}

/// What was moved until the source had nothing more to give at once.
#[derive(Default)]
struct Burst {
    bytes: u64,
    ended: bool,
}

async fn burst_by_copy(
    from: &TcpStream,
    to: &TcpStream,
    room: &Room,
    moved: &impl Fn(u64),
) -> io::Result<Burst> {
    let mut buffer = room.take_buffer();
    let mut burst = Burst::default();
    while burst.bytes < BULK {
        let count = match from.try_read(&mut buffer) {
            Ok(0) => {
                burst.ended = true;
                break;
            }
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        };
        let mut left = buffer.get(..count).unwrap_or_default();
        while !left.is_empty() {
            match to.try_write(left) {
                Ok(written) => left = left.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => to.writable().await?,
                Err(error) => return Err(error),
            }
        }
        burst.bytes += count as u64;
        moved(count as u64);
        // A buffer that was not filled has emptied the socket: no second call to hear it say so.
        if count < buffer.len() {
            break;
        }
    }
    room.give_buffer(buffer);
    Ok(burst)
}

/// As [`burst_by_copy`], but the bytes never leave the kernel.
async fn burst_by_splice(
    from: &TcpStream,
    to: &TcpStream,
    room: &Room,
    pipe: Pipe,
    moved: &impl Fn(u64),
) -> io::Result<Burst> {
    let mut burst = Burst::default();
    let flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
    while burst.bytes < FAIR {
        let read = from.try_io(Interest::READABLE, || {
            splice(from, None, &pipe.into, None, PIPE, flags).map_err(io::Error::from)
        });
        let count = match read {
            Ok(0) => {
                burst.ended = true;
                break;
            }
            Ok(count) => count,
            // INVARIANT: the pipe is empty here, so the socket is what would block.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        };
        let mut left = count;
        while left > 0 {
            let written = to.try_io(Interest::WRITABLE, || {
                splice(&pipe.out, None, to, None, left, flags).map_err(io::Error::from)
            });
            match written {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => left -= written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => to.writable().await?,
                // The pipe still holds bytes of this tunnel: it is dropped, never lent again.
                Err(error) => return Err(error),
            }
        }
        burst.bytes += count as u64;
        moved(count as u64);
    }
    room.give_pipe(pipe);
    Ok(burst)
}

/// Past this many bytes one way a tunnel is bulk, and splicing pays for its system calls.
const BULK: u64 = 256 * 1024;

/// After this many bytes the other connections of the worker get their turn.
const FAIR: u64 = 2 * 1024 * 1024;
