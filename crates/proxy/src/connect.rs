use crate::asked::Asked;
use crate::authority;
use crate::block_page;
use crate::client_hello::{ClientHello, FirstBytes, MOST_HELLO_BYTES, parse_client_hello};
use crate::core::{Connection, Core, Ruling, may_carry};
use crate::dial::{DialError, Reached, dial};
use crate::head::Head;
use crate::settings::NoSni;
use crate::tunnel;
use crate::visit::closed;
use gate::Facts;
use model::{Door, Host, HostBuffer, ResolveError};
use std::cell::Cell;
use std::io;
use std::net::IpAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Both ends of a tunnel whose first bytes were judged and sent on.
pub(crate) struct Ready {
    pub(crate) client: TcpStream,
    pub(crate) origin: TcpStream,
}

/// Judges a CONNECT, reaches its host, and judges what the client says first.
///
/// `None` when it was refused and the client was told; `early` are bytes that came with the head.
pub(crate) async fn open(
    connection: &Connection,
    mut client: TcpStream,
    head: Head<'_>,
    early: Vec<u8>,
) -> io::Result<Option<Ready>> {
    let core = &connection.core;
    core.journal_ready().await;
    let Some((asked, port)) = target(head.target) else {
        core.counters.malformed.add(1);
        say(
            &mut client,
            "400 Bad Request",
            "CONNECT names no host and port",
        )
        .await?;
        return Ok(None);
    };
    let Some(ruling) = core.judge(connection.watch.source, &asked) else {
        core.counters.malformed.add(1);
        say(&mut client, "400 Bad Request", "CONNECT names no host").await?;
        return Ok(None);
    };
    core.counters.tunnels.add(1);
    if !may_carry(&ruling, Door::Connect) || !core.settings.connect_ports.contains(&port) {
        refuse(core, &mut client, &asked, &closed_if_open(&ruling)).await?;
        return Ok(None);
    }
    let reached = match reach(core, &ruling, &asked).await {
        Ok(reached) => reached,
        Err(error) => {
            fail(core, &mut client, &asked, &ruling, &error).await?;
            return Ok(None);
        }
    };
    let Reached {
        stream: origin,
        addresses,
        ruling,
    } = reached;
    core.begin(&connection.watch, asked.clone(), &ruling, facts());
    core.led_to(&connection.watch, &addresses, &ruling);
    client.write_all(ESTABLISHED).await?;
    let limit = core.settings.hello_limit();
    let first = tokio::time::timeout(limit, first_bytes(&mut client, early)).await;
    let Ok((first, bytes)) = first.unwrap_or(Ok((FirstBytes::Other, Vec::new()))) else {
        return Ok(None);
    };
    match judge_first(core, &ruling, &asked, &first) {
        Passage::Open => {}
        Passage::Shut(shut, alert) => {
            shut_down(connection, &mut client, shut, alert).await;
            return Ok(None);
        }
    }
    let mut ready = Ready { client, origin };
    ready.origin.write_all(&bytes).await?;
    connection.watch.add_bytes(bytes.len() as u64);
    core.counters.bytes_up.add(bytes.len() as u64);
    Ok(Some(ready))
}

/// Carries the tunnel until it ends or is cut.
pub(crate) async fn carry(connection: &Connection, ready: Ready) {
    let core = &connection.core;
    let carried = Cell::default();
    connection
        .watch
        .allow_idle(core.settings.tunnel_idle_seconds);
    let done = tunnel::carry(
        &ready.client,
        &ready.origin,
        &core.room,
        &connection.watch,
        &carried,
    );
    tokio::select! {
        // An error ends the tunnel as its end does; which side failed is nobody's concern.
        _ = done => {}
        () = connection.watch.is_cut() => {}
    }
    let tunnel::Carried { up, down } = carried.get();
    core.counters.bytes_up.add(up);
    core.counters.bytes_down.add(down);
}

enum Passage {
    Open,
    /// Shut, with the host to be recorded and the TLS alert to be sent.
    Shut(Box<(Asked, Ruling)>, Option<u8>),
}

/// Judges the first bytes of a tunnel.
fn judge_first(core: &Core, ruling: &Ruling, asked: &Asked, first: &FirstBytes) -> Passage {
    let hello = match first {
        FirstBytes::Hello(hello) => Some(hello),
        FirstBytes::Unfinished | FirstBytes::Other => None,
    };
    if hello.is_some_and(|hello| hello.encrypted) {
        core.counters.encrypted_hellos.add(1);
    }
    let named = hello.and_then(server_name);
    let Some(name) = named else {
        // CIR-14. Whoever has nothing closed has nothing to go round.
        let lets_through = core.settings.no_sni == NoSni::Allow || !ruling.client.filtered;
        let silent = hello.is_none_or(|hello| hello.server_name.is_none());
        if lets_through && silent {
            return Passage::Open;
        }
        let alert = hello.map(|_| ACCESS_DENIED);
        return Passage::Shut(Box::new((asked.clone(), closed(ruling))), alert);
    };
    let Asked::Host { host, port } = asked else {
        return Passage::Shut(Box::new((asked.clone(), closed(ruling))), None);
    };
    let said = Asked::Host {
        host: name.into(),
        port: *port,
    };
    // CIR-15. Both are canonical, so one name has one spelling.
    if said == *asked {
        return Passage::Open;
    }
    let literal = canonical(host, |host| match host {
        Host::Address(address) => Some(address),
        Host::Name(_) => None,
    });
    let literal = literal.flatten();
    let led: &[IpAddr] = literal.as_slice();
    let Some(second) = core.judge_reached(ruling.client.source, &said, led) else {
        return Passage::Shut(
            Box::new((asked.clone(), closed(ruling))),
            Some(UNRECOGNIZED_NAME),
        );
    };
    let by_address = literal.is_some();
    if by_address && may_carry(&second, Door::Connect) {
        return Passage::Open;
    }
    if !by_address {
        core.counters.mismatches.add(1);
    }
    let (shut, alert) = if may_carry(&second, Door::Connect) {
        (closed(&second), UNRECOGNIZED_NAME)
    } else {
        (closed_if_open(&second), ACCESS_DENIED)
    };
    Passage::Shut(Box::new((said, shut)), Some(alert))
}

/// The canonical server name; `None` for an address, which no server name may be (RFC 6066, 3).
fn server_name(hello: &ClientHello) -> Option<String> {
    let said = hello.server_name.as_deref()?;
    canonical(said, |host| {
        host.name().map(|name| name.as_str().to_owned())
    })
    .flatten()
}

fn canonical<R>(text: &str, call: impl FnOnce(Host<'_>) -> R) -> Option<R> {
    let mut buffer = HostBuffer::new();
    Host::normalise(text, &mut buffer).ok().map(call)
}

/// The host in canonical form, and the port, which must be given.
fn target(text: &str) -> Option<(Asked, u16)> {
    let (host, port) = authority::split(text)?;
    let port = port?;
    let host = canonical(host, |host| host.to_string())?.into();
    Some((Asked::Host { host, port }, port))
}

async fn reach(core: &Core, ruling: &Ruling, asked: &Asked) -> Result<Reached, DialError> {
    let Asked::Host { host, port } = asked else {
        return Err(DialError::Private);
    };
    let mut buffer = HostBuffer::new();
    let host = Host::normalise(host, &mut buffer).map_err(|_| DialError::Private)?;
    dial(core, ruling, asked, host, *port).await
}

/// Reads until the ClientHello is whole or known to be none.
async fn first_bytes(
    client: &mut TcpStream,
    mut bytes: Vec<u8>,
) -> io::Result<(FirstBytes, Vec<u8>)> {
    bytes.reserve(2048);
    // Each read looks at all bytes anew; a client that sends one by one gets so many looks.
    for _ in 0..MOST_READS {
        if !bytes.is_empty() {
            match parse_client_hello(&bytes) {
                FirstBytes::Unfinished => {}
                known => return Ok((known, bytes)),
            }
        }
        if bytes.len() > MOST_HELLO_BYTES || client.read_buf(&mut bytes).await? == 0 {
            break;
        }
    }
    Ok((FirstBytes::Other, bytes))
}

fn facts() -> Facts {
    Facts::request(Door::Connect, "CONNECT")
}

/// What is refused is recorded as closed even where the gate would open the host.
fn closed_if_open(ruling: &Ruling) -> Ruling {
    if ruling.opens() {
        closed(ruling)
    } else {
        *ruling
    }
}

async fn refuse(
    core: &Core,
    client: &mut TcpStream,
    asked: &Asked,
    ruling: &Ruling,
) -> io::Result<()> {
    core.counters.tunnels_refused.add(1);
    let reference = core.reference();
    core.record(
        asked,
        ruling,
        Facts {
            reference,
            ..facts()
        },
    );
    let reference = reference.map(|reference| reference.to_string());
    say(
        client,
        "403 Forbidden",
        &block_page::short_text(reference.as_deref()),
    )
    .await
}

async fn fail(
    core: &Core,
    client: &mut TcpStream,
    asked: &Asked,
    ruling: &Ruling,
    error: &DialError,
) -> io::Result<()> {
    let status = match error {
        DialError::Closed(second) => {
            return refuse(core, client, asked, &closed_if_open(second)).await;
        }
        DialError::Private
        | DialError::Loop
        | DialError::Resolve(ResolveError::Private { .. } | ResolveError::Refused { .. }) => {
            return refuse(core, client, asked, &closed(ruling)).await;
        }
        DialError::Slow => "504 Gateway Timeout",
        DialError::Connect(_)
        | DialError::Resolve(ResolveError::Absent { .. } | ResolveError::Upstream { .. }) => {
            "502 Bad Gateway"
        }
    };
    core.record(asked, ruling, facts());
    say(client, status, "the site does not answer").await
}

/// Ends a tunnel that was promised: by a TLS alert where TLS is spoken.
async fn shut_down(
    connection: &Connection,
    client: &mut TcpStream,
    shut: Box<(Asked, Ruling)>,
    alert: Option<u8>,
) {
    let core = &connection.core;
    core.counters.tunnels_refused.add(1);
    // The row of the CONNECT becomes the row of the refusal: one request, one decision.
    connection.watch.carried.borrow_mut().take();
    let (asked, ruling) = *shut;
    core.record(&asked, &ruling, facts());
    if let Some(alert) = alert {
        // A client that has gone hears nothing.
        let _ = client.write_all(&[21, 3, 3, 0, 2, 2, alert]).await;
    }
    let _ = client.shutdown().await;
}

async fn say(client: &mut TcpStream, status: &'static str, words: &str) -> io::Result<()> {
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en-GB\"><title>{status}</title>\n<h1>{status}</h1>\n<p>{}</p></html>\n",
        words.trim_end()
    );
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
        page.len()
    );
    client.write_all((head + &page).as_bytes()).await?;
    client.shutdown().await
}

const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
const ACCESS_DENIED: u8 = 49;
const UNRECOGNIZED_NAME: u8 = 112;
const MOST_READS: usize = 256;
