use crate::certificates::Certificates;
use crate::{Answer, Connection, Console, Refusal, guard, probe};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// What a listener answers with.
pub(crate) struct Door {
    /// The console.
    pub(crate) console: Arc<Console>,
    /// Its pages on this listener.
    pub(crate) router: Router,
    /// The certificate; plain HTTP where absent.
    pub(crate) certificates: Option<Certificates>,
}

/// Takes connections until it is stopped.
pub(crate) async fn serve(
    listener: std::net::TcpListener,
    door: Arc<Door>,
    mut stopped: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stop| *stop) => return Ok(()),
        };
        let Ok((stream, peer)) = accepted else {
            // Out of descriptors: those in use are freed by their time limits.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // SEC-09: who may not come here hears nothing at all.
        if !door.console.allows(peer.ip()) {
            continue;
        }
        let (Ok(permit), Ok(local)) = (Arc::clone(&room).try_acquire_owned(), stream.local_addr())
        else {
            continue;
        };
        let connection = Connection {
            peer,
            local,
            secure: false,
        };
        let door = Arc::clone(&door);
        tokio::spawn(async move {
            let _permit = permit;
            // A connection that breaks or lingers concerns nobody but its client.
            let _ended = tokio::time::timeout(LONGEST, take(stream, connection, door)).await;
        });
    }
}

/// Serves one connection, encrypted or plain as its first byte says.
async fn take(stream: TcpStream, mut connection: Connection, door: Arc<Door>) {
    let Some(certificates) = &door.certificates else {
        let router = door.router.clone();
        return answer(stream, move |request| {
            ask(router.clone(), request, connection)
        })
        .await;
    };
    let mut first = [0; 1];
    let peeked = tokio::time::timeout(LONGEST_HEAD, stream.peek(&mut first)).await;
    if !matches!(peeked, Ok(Ok(1))) {
        return;
    }
    if first[0] == HANDSHAKE {
        let acceptor = TlsAcceptor::from(certificates.config());
        let shaken = tokio::time::timeout(LONGEST_HEAD, acceptor.accept(stream)).await;
        if let Ok(Ok(stream)) = shaken {
            connection.secure = true;
            let router = door.router.clone();
            answer(stream, move |request| {
                ask(router.clone(), request, connection)
            })
            .await;
        }
    } else {
        let plain = Arc::clone(&door);
        answer(stream, move |request| {
            let door = Arc::clone(&plain);
            async move { front(&door.console, &request, connection) }
        })
        .await;
    }
}

/// Answers the requests of one connection, within the limits of every listener.
pub(crate) async fn answer<S, F, A>(stream: S, answer: A)
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: Future<Output = Response<Body>>,
    A: Fn(Request<Incoming>) -> F,
{
    let service = service_fn(|request| {
        let answered = answer(request);
        async move { Ok::<_, Infallible>(answered.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(LONGEST_HEAD)
        .max_headers(64)
        .max_buf_size(32 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    let _ended = connection.await;
}

async fn ask(router: Router, request: Request<Incoming>, connection: Connection) -> Response<Body> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(connection);
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// What is said without encryption where the console is encrypted: the probes of the machine
/// itself, and where the console is.
fn front(console: &Console, request: &Request<Incoming>, connection: Connection) -> Response<Body> {
    let near = connection.client().is_loopback();
    let answer = match request.uri().path() {
        "/healthz" if near => probe::alive(),
        "/readyz" if near => probe::ready(&(console.parts().health)()),
        "/metrics" if near => probe::metrics(&console.parts().registry),
        path => encrypted(request, path),
    };
    let mut response = answer.into_response(|_| None);
    guard::dress(response.headers_mut(), false);
    response
}

fn encrypted(request: &Request<Incoming>, path: &str) -> Answer {
    let host = guard::host(request.uri(), request.headers());
    let plain = |host: &&str| {
        host.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
    };
    match host.filter(plain) {
        Some(host) if HeaderValue::from_str(path).is_ok() => {
            Answer::see(format!("https://{host}{path}"))
        }
        Some(_) | None => {
            Answer::text(StatusCode::BAD_REQUEST, format!("{}\n", Refusal::OtherHost))
        }
    }
}

/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 22;

/// Connections at once: a scraper, and the browsers of a staff room.
const MOST_CONNECTIONS: usize = 256;

/// The longest that one connection is kept.
const LONGEST: Duration = Duration::from_secs(300);

/// The longest that a head or a handshake may take.
const LONGEST_HEAD: Duration = Duration::from_secs(10);
