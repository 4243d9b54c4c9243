use crate::core::{Core, Ruling};
use model::{Host, NetworkAccess, ResolveError};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;

/// An origin could not be reached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    #[error("the name could not be looked up")]
    Resolve(#[from] ResolveError),
    #[error("the address is private and the school has not named it as its own")]
    Private,
    #[error("the request would come back to this gateway")]
    Loop,
    #[error("the site does not answer")]
    Connect(#[source] io::Error),
    #[error("the site does not answer in time")]
    Slow,
}

/// Connects to a host in the view of the client; one limit of time for all of it.
pub(crate) async fn dial(
    core: &Core,
    ruling: &Ruling,
    host: Host<'_>,
    port: u16,
) -> Result<TcpStream, DialError> {
    let result = tokio::time::timeout(
        core.settings.connect_limit(),
        reach(core, ruling, host, port),
    )
    .await
    .unwrap_or(Err(DialError::Slow));
    match &result {
        Ok(_) => {}
        Err(DialError::Private | DialError::Loop) => core.counters.private_refused.add(1),
        Err(DialError::Resolve(_) | DialError::Connect(_) | DialError::Slow) => {
            core.counters.origin_failures.add(1);
        }
    }
    result
}

async fn reach(
    core: &Core,
    ruling: &Ruling,
    host: Host<'_>,
    port: u16,
) -> Result<TcpStream, DialError> {
    if let Some(faces) = core.faces(&host, port) {
        let stream = TcpStream::connect(faces.address).await;
        return stream.map_err(DialError::Connect);
    }
    let addresses = match host {
        Host::Address(address) => vec![address],
        Host::Name(name) => {
            core.resolve
                .resolve(name, ruling.client.source, ruling.client.view)
                .await?
                .addresses
        }
    };
    let (mut last, mut looped) = (None, false);
    let named = ruling.network == NetworkAccess::Full && core.is_local_server(&host);
    let wanted: Vec<IpAddr> = addresses
        .into_iter()
        .filter(|&address| named || core.destinations.permits(address, ruling.network))
        .collect();
    for (place, &address) in wanted.iter().enumerate().take(MOST_ADDRESSES) {
        let socket = SocketAddr::new(address, port);
        if core.destinations.is_own(socket) {
            looped = true;
            continue;
        }
        let socket = core.settings.every_origin.unwrap_or(socket);
        // A dead address must not eat the time of the next one.
        let limit = if place + 1 < wanted.len() { EACH } else { LAST };
        match tokio::time::timeout(limit, TcpStream::connect(socket)).await {
            Ok(Ok(stream)) => {
                // Small writes are answers and handshakes; delaying them helps nobody.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => last = Some(DialError::Connect(error)),
            Err(_) => last = Some(DialError::Slow),
        }
    }
    Err(match last {
        Some(error) => error,
        None if looped => DialError::Loop,
        None => DialError::Private,
    })
}

const EACH: Duration = Duration::from_secs(2);
const LAST: Duration = Duration::from_secs(60);
const MOST_ADDRESSES: usize = 6;
