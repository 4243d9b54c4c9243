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
