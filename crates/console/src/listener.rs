use crate::authority::{Authority, CertificateError};
use crate::certificates::{Certificates, Source};
use crate::console::Shown;
use crate::guard::Names;
use crate::route::Face;
use crate::router::router;
use crate::serve::{Door, serve};
use crate::{Console, Settings};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::watch;

/// A bound listener of the console.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    face: Face,
    names: Vec<String>,
    tls: bool,
    files: Option<(PathBuf, PathBuf)>,
}

/// A listener of the console on its own thread.
#[derive(Debug)]
pub struct Running {
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

/// A listener of the console could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address cannot be had.
    #[error("the console cannot listen on {address}; change `listen` under `[{table}]`")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The table of the settings.
        table: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Passwords would cross the network unencrypted.
    #[error(
        "without `tls` the console may listen on the machine itself alone, not on {address}; set `tls = true` under `[management]`, or listen on 127.0.0.1"
    )]
    Plain {
        /// The address.
        address: SocketAddr,
    },
    /// A certificate without its key, or the other way round.
    #[error("`certificate` and `key` under `[management]` belong together; give both or neither")]
    Half,
    /// There is no certificate to show.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The machine gives no thread.
    #[error("the thread of the console could not be started")]
    Thread(#[source] std::io::Error),
}

impl Listener {
    /// Binds the address of the settings; port 0 takes any free one.
    ///
    /// # Errors
    ///
    /// Fails when the address cannot be had, or when it may not be without TLS.
    pub fn bind(settings: &Settings) -> Result<Self, ListenError> {
        let files = match (&settings.certificate, &settings.key) {
            (Some(certificate), Some(key)) => Some((certificate.clone(), key.clone())),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(ListenError::Half),
        };
        if !settings.tls && !settings.listen.ip().is_loopback() {
            return Err(ListenError::Plain {
                address: settings.listen,
            });
        }
        let (socket, address) = bound(settings.listen, "management")?;
        Ok(Self {
            socket,
            address,
            face: Face::Console,
            names: settings.names.clone(),
            tls: settings.tls,
            files,
        })
    }

    /// Binds the listener for approvals off site, where the settings have one.
    ///
    /// # Errors
    ///
    /// Fails when the address cannot be had.
    pub fn bind_off_site(settings: &Settings) -> Result<Option<Self>, ListenError> {
        let Some(off_site) = &settings.off_site else {
            return Ok(None);
        };
        let (socket, address) = bound(off_site.listen, "management.off_site")?;
        Ok(Some(Self {
            socket,
            address,
            face: Face::OffSite,
            names: off_site.names.clone(),
            tls: true,
            files: Some((off_site.certificate.clone(), off_site.key.clone())),
        }))
    }

    /// The address that was bound.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until it is stopped.
    ///
    /// # Errors
    ///
    /// Fails when there is no certificate to show, or when the machine gives no thread.
    pub fn run(self, console: &Arc<Console>) -> Result<Running, ListenError> {
        let door = Arc::new(Door {
            console: Arc::clone(console),
            router: router(console, Names::new(&self.names), self.face),
            certificates: self.certificates(console)?,
        });
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(WAITING_THREADS)
            .enable_all()
            .build()
            .map_err(ListenError::Thread)?;
        let thread = std::thread::Builder::new()
            .name("console".to_owned())
            .spawn(move || {
                if let Err(error) = runtime.block_on(serve(self.socket, door, stopped)) {
                    tracing::error!(%error, "a listener of the console ended");
                }
                runtime.shutdown_background();
            })
            .map_err(ListenError::Thread)?;
        Ok(Running { stop, thread })
    }

    fn certificates(&self, console: &Console) -> Result<Option<Certificates>, CertificateError> {
        if !self.tls {
            return Ok(None);
        }
        let source = match &self.files {
            Some((certificate, key)) => Source::Brought {
                certificate: certificate.clone(),
                key: key.clone(),
            },
            None => {
                let folder = console.parts().state.join(AUTHORITY);
                let listen = self.address.ip();
                let authority = Authority::open(&folder, &self.names, listen, console.now())?;
                console.show_certificate(Shown {
                    pem: authority.pem().to_owned(),
                    fingerprint: authority.fingerprint(),
                });
                Source::Own(authority)
            }
        };
        let clock = Arc::clone(&console.parts().clock);
        Certificates::new(source, clock).map(Some)
    }
}

impl Running {
    /// A listener on its own thread, which ends when `stop` says so.
    pub(crate) const fn new(stop: watch::Sender<bool>, thread: JoinHandle<()>) -> Self {
        Self { stop, thread }
    }

    /// Stops answering and waits for the thread.
    pub fn stop(self) {
        self.stop.send_replace(true);
        // A panic of the thread was printed when it happened.
        let _ended = self.thread.join();
    }
}

fn bound(
    address: SocketAddr,
    table: &'static str,
) -> Result<(TcpListener, SocketAddr), ListenError> {
    let fail = |source| ListenError::Bind {
        address,
        table,
        source,
    };
    let socket = TcpListener::bind(address).map_err(fail)?;
    socket.set_nonblocking(true).map_err(fail)?;
    let address = socket.local_addr().map_err(fail)?;
    Ok((socket, address))
}

/// The folder of the authority in the state folder.
const AUTHORITY: &str = "ca";

/// Answers that wait for the disk at once.
const WAITING_THREADS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::StandIn;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::time::Duration;

    fn settings() -> Settings {
        Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            ..Settings::default()
        }
    }

    fn request(path: &str, host: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    }

    fn answer(mut stream: impl Read + Write, request: &str) -> String {
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // A peer that closes without a farewell has still said everything.
        let _ended = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn dial(address: SocketAddr) -> TcpStream {
        let stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream
    }

    fn over_tls(address: SocketAddr, pem: &str, request: &str) -> String {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
            .unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let client = ClientConnection::new(Arc::new(config), name).unwrap();
        answer(StreamOwned::new(client, dial(address)), request)
    }

    // OPS-08, SEC-14
    #[test]
    fn the_console_speaks_https_and_tells_machines_beside_it_how_it_is() {
        let school = StandIn::new(&[]);
        school.set_clock_to_the_machines();
        let listener = Listener::bind(&settings()).unwrap();
        let address = listener.address();
        let running = listener.run(&school.console).unwrap();
        let shown = school.console.certificate().unwrap().clone();
        let page = over_tls(address, &shown.pem, &request("/sign-in", "localhost"));
        assert!(
            page.starts_with("HTTP/1.1 200") && page.contains("Sign in"),
            "{page}"
        );
        let plain = |path: &str| answer(dial(address), &request(path, "localhost"));
        assert!(plain("/healthz").starts_with("HTTP/1.1 200"));
        assert!(plain("/readyz").contains("a policy is in force"));
        let page = plain("/sign-in");
        assert!(
            page.starts_with("HTTP/1.1 303") && page.contains("https://localhost/sign-in"),
            "{page}"
        );
        running.stop();
    }

    // SEC-14: a password never crosses the network in the clear.
    #[test]
    fn without_encryption_it_listens_to_the_machine_itself_alone() {
        let settings = Settings {
            listen: SocketAddr::from(([0, 0, 0, 0], 0)),
            tls: false,
            ..Settings::default()
        };
        assert!(matches!(
            Listener::bind(&settings),
            Err(ListenError::Plain { .. })
        ));
    }
}
