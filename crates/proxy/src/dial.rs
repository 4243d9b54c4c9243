use crate::asked::Asked;
use crate::core::{Core, Ruling};
use model::{Host, NetworkAccess, ResolveError};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;
use tokio::net::TcpStream;

/// An origin could not be reached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    #[error("the name could not be looked up")]
    Resolve(#[from] ResolveError),
    #[error("the address is private and the school has not named it as its own")]
    Private,
    #[error("the gate closes the name for the addresses that it leads to")]
    Closed(Box<Ruling>),
    #[error("the request would come back to this gateway")]
    Loop,
    #[error("the site does not answer")]
    Connect(#[source] io::Error),
    #[error("the site does not answer in time")]
    Slow,
}

/// A connection, and the addresses that its host led to.
#[derive(Debug)]
pub(crate) struct Reached {
    pub(crate) stream: TcpStream,
    pub(crate) addresses: Rc<[IpAddr]>,
    /// What the gate said, the addresses heeded.
    pub(crate) ruling: Ruling,
}

/// Connects to what was asked for in the view of the client; one limit of time for all of it.
pub(crate) async fn dial(
    core: &Core,
    ruling: &Ruling,
    asked: &Asked,
    host: Host<'_>,
    port: u16,
) -> Result<Reached, DialError> {
    let result = tokio::time::timeout(
        core.settings.connect_limit(),
        reach(core, ruling, asked, host, port),
    )
    .await
    .unwrap_or(Err(DialError::Slow));
    match &result {
        // Closed is what the gate said, and its caller counts it.
        Ok(_) | Err(DialError::Closed(_)) => {}
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
    asked: &Asked,
    host: Host<'_>,
    port: u16,
) -> Result<Reached, DialError> {
    if let Some(faces) = core.faces(&host, port) {
        let stream = TcpStream::connect(faces.address).await;
        let stream = stream.map_err(DialError::Connect)?;
        return Ok(Reached {
            stream,
            addresses: Rc::default(),
            ruling: *ruling,
        });
    }
    let addresses: Rc<[IpAddr]> = match host {
        Host::Address(address) => [address].into(),
        Host::Name(name) => {
            let resolved = core
                .resolve
                .resolve(name, ruling.client.source, ruling.client.view);
            resolved.await?.addresses.into()
        }
    };
    let ruling = core.judge_led(ruling, asked, &addresses)?;
    let (mut last, mut looped) = (None, false);
    let named = ruling.network == NetworkAccess::Full && core.is_local_server(&host);
    let wanted: Vec<IpAddr> = addresses
        .iter()
        .copied()
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
                return Ok(Reached {
                    stream,
                    addresses,
                    ruling,
                });
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
