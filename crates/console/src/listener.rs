use crate::answer::answer;
use crate::{Health, Settings};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus::Registry;
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// The bound management listener.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

/// The management listener on its own thread.
#[derive(Debug)]
pub struct Running {
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

/// The management listener could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address cannot be had.
    #[error(
        "the management listener cannot listen on {address}; change `listen` under `[management]`"
    )]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The machine gives no thread.
    #[error("the thread of the management listener could not be started")]
    Thread(#[source] std::io::Error),
}

impl Listener {
    /// Binds the address of the settings; port 0 takes any free one.
    ///
    /// # Errors
    ///
    /// Fails when the address cannot be had.
    pub fn bind(settings: &Settings) -> Result<Self, ListenError> {
        let address = settings.listen;
        let fail = |source| ListenError::Bind { address, source };
        let socket = TcpListener::bind(address).map_err(fail)?;
        socket.set_nonblocking(true).map_err(fail)?;
        let address = socket.local_addr().map_err(fail)?;
        Ok(Self { socket, address })
    }

    /// The address that was bound.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until it is stopped.
    ///
    /// # Errors
    ///
    /// Fails when the machine gives no thread.
    pub fn run(
        self,
        registry: Registry,
        health: impl Fn() -> Health + Send + Sync + 'static,
    ) -> Result<Running, ListenError> {
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(ListenError::Thread)?;
        let thread = std::thread::Builder::new()
            .name("management".to_owned())
            .spawn(move || {
                if let Err(error) = runtime.block_on(serve(self.socket, registry, health, stopped))
                {
                    tracing::error!(%error, "the management listener ended");
                }
            })
            .map_err(ListenError::Thread)?;
        Ok(Running { stop, thread })
    }
}

impl Running {
    /// Stops answering and waits for the thread.
    pub fn stop(self) {
        self.stop.send_replace(true);
        // A panic of the thread was printed when it happened.
        let _ended = self.thread.join();
    }
}

async fn serve(
    socket: TcpListener,
    registry: Registry,
    health: impl Fn() -> Health + Send + Sync + 'static,
    mut stopped: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(socket)?;
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let asked = Arc::new((registry, health));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stop| *stop) => return Ok(()),
        };
        let Ok((stream, _)) = accepted else {
            // Out of descriptors: those in use are freed by their time limits.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
            continue;
        };
        let asked = Arc::clone(&asked);
        tokio::spawn(async move {
            let _permit = permit;
            let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                let asked = Arc::clone(&asked);
                async move {
                    let (registry, health) = &*asked;
                    Ok::<_, Infallible>(answer(
                        request.method(),
                        request.uri().path(),
                        registry,
                        health,
                    ))
                }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(10))
                .max_headers(64)
                .max_buf_size(16 * 1024)
                .serve_connection(TokioIo::new(stream), service);
            // A connection that breaks or lingers concerns nobody but its client.
            let _ended = tokio::time::timeout(LONGEST, connection).await;
        });
    }
}

/// Connections at once: a scraper, a browser, a few checks.
const MOST_CONNECTIONS: usize = 64;

/// The longest that one connection is kept.
const LONGEST: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpStream;

    fn ask(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn get(address: SocketAddr, path: &str) -> String {
        ask(
            address,
            &format!("GET {path} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n"),
        )
    }

    // OPS-08
    #[test]
    fn health_readiness_and_metrics_are_answered() {
        let settings = Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        let listener = Listener::bind(&settings).unwrap();
        let address = listener.address();
        let registry = Registry::new();
        let counter = prometheus::IntCounter::new("schoolgate_test_total", "A test.").unwrap();
        counter.inc();
        registry.register(Box::new(counter)).unwrap();
        let running = listener
            .run(registry, || {
                Health::ready("in force").but("the disk is full")
            })
            .unwrap();
        assert!(get(address, "/healthz").starts_with("HTTP/1.1 200"));
        let ready = get(address, "/readyz");
        assert!(
            ready.starts_with("HTTP/1.1 503") && ready.contains("the disk is full"),
            "{ready}"
        );
        assert!(get(address, "/metrics").contains("schoolgate_test_total 1"));
        assert!(get(address, "/nothing").starts_with("HTTP/1.1 404"));
        let post = ask(
            address,
            "POST /metrics HTTP/1.1\r\nHost: g\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
        assert!(post.starts_with("HTTP/1.1 405"), "{post}");
        running.stop();
    }
}
