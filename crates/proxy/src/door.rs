use crate::admission::Place;
use crate::connect;
use crate::core::{Connection, Core};
use crate::guard::Guarded;
use crate::head::{HeadEnd, HeadError, HeadLimits, read};
use crate::visit::Visit;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::rc::Rc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Serves one client connection to its end.
pub(crate) async fn serve(core: Rc<Core>, client: TcpStream, source: IpAddr, place: Place) {
    let connection = Connection::enter(&core, source.to_canonical(), place);
    // Boxed, so that a tunnel does not keep the room of the phases before it while it is open.
    let opened = Box::pin(begin(&connection, client)).await;
    if let Ok(Some(ready)) = opened {
        connect::carry(&connection, ready).await;
    }
}

/// Serves all but the bytes of a tunnel; gives a tunnel back when there is one to carry.
async fn begin(connection: &Connection, client: TcpStream) -> io::Result<Option<connect::Ready>> {
    let local = client.local_addr()?;
    // Answers are written whole; waiting for more to send would only delay them.
    client.set_nodelay(true)?;
    tokio::select! {
        biased;
        ended = sniff(connection, client, local) => ended,
        () = connection.watch.is_cut() => Ok(None),
    }
}

/// Reads the first bytes and chooses: CONNECT is ours, the rest is the HTTP engine's.
async fn sniff(
    connection: &Connection,
    mut client: TcpStream,
    local: SocketAddr,
) -> io::Result<Option<connect::Ready>> {
    let core = &connection.core;
    let mut first = Vec::with_capacity(1024);
    let limit = core.settings.header_limit();
    let found = tokio::time::timeout(limit, read_first(core, &mut client, &mut first)).await;
    match found.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))? {
        First::Connect(length) => {
            let early = first.split_off(length);
            match read(&first) {
                Ok(head) => connect::open(connection, client, head, early).await,
                Err(_) => refuse_head(core, client, HeadError::RequestLine).await,
            }
        }
        First::Refused(error) => refuse_head(core, client, error).await,
        First::Other => {
            connection.watch.allow_idle(core.settings.header_seconds);
            serve_http(connection, client, first, local).await;
            Ok(None)
        }
        First::Nothing => Ok(None),
    }
}

enum First {
    /// A whole head of CONNECT, and its length.
    Connect(usize),
    /// Anything else that may be HTTP.
    Other,
    Refused(HeadError),
    /// The client went without a word.
    Nothing,
}

async fn read_first(core: &Core, client: &mut TcpStream, first: &mut Vec<u8>) -> io::Result<First> {
    let limits = head_limits(core);
    let mut end = HeadEnd::default();
    loop {
        if client.read_buf(first).await? == 0 {
            return Ok(First::Nothing);
        }
        let known = first.len().min(CONNECT.len());
        if first.get(..known) != CONNECT.get(..known) {
            return Ok(First::Other);
        }
        match end.find(first, limits) {
            Ok(Some(length)) => return Ok(First::Connect(length)),
            Ok(None) => {}
            Err(error) => return Ok(First::Refused(error)),
        }
    }
}

async fn refuse_head(
    core: &Core,
    mut client: TcpStream,
    error: HeadError,
) -> io::Result<Option<connect::Ready>> {
    core.counters.malformed.add(1);
    let answer: &[u8] = match error {
        HeadError::Long | HeadError::Fields => TOO_LARGE,
        HeadError::Line
        | HeadError::RequestLine
        | HeadError::Version
        | HeadError::FieldName
        | HeadError::FieldValue
        | HeadError::Folded
        | HeadError::Host
        | HeadError::Length
        | HeadError::Coding
        | HeadError::Ambiguous => BAD_REQUEST,
    };
    client.write_all(answer).await?;
    client.shutdown().await?;
    Ok(None)
}

async fn serve_http(connection: &Connection, client: TcpStream, first: Vec<u8>, local: SocketAddr) {
    let core = &connection.core;
    let limits = head_limits(core);
    let counters = std::sync::Arc::clone(&core.counters);
    let watch = Rc::clone(&connection.watch);
    let stream = Guarded::new(client, first, limits, watch, counters);
    let visit = Rc::new(Visit::new(
        Rc::clone(core),
        Rc::clone(&connection.watch),
        local,
    ));
    let service = service_fn(move |request| {
        let visit = Rc::clone(&visit);
        async move { Ok::<_, Infallible>(visit.answer(request).await) }
    });
    let engine = http1::Builder::new()
        // The watch times everything; the engine's own timers would cost a call a request.
        .header_read_timeout(None)
        .max_headers(limits.fields)
        .max_buf_size(limits.bytes.max(SMALLEST_BUFFER) + 1024)
        .serve_connection(TokioIo::new(stream), service);
    let mut engine = pin!(engine);
    let mut told = false;
    loop {
        tokio::select! {
            biased;
            _ = engine.as_mut() => break,
            () = core.stops(), if !told => {
                told = true;
                engine.as_mut().graceful_shutdown();
            }
        }
    }
}

fn head_limits(core: &Core) -> HeadLimits {
    HeadLimits {
        bytes: core.settings.max_head_bytes as usize,
        fields: usize::from(core.settings.max_headers),
    }
}

const CONNECT: &[u8] = b"CONNECT ";
const SMALLEST_BUFFER: usize = 8192;
const BAD_REQUEST: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
const TOO_LARGE: &[u8] = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
