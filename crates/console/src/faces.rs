//! The pages for everybody in the school: why something is closed, ask for it, tell an adult,
//! the notice of monitoring and the rules.

mod asker;
mod door;
mod front;
mod open_page;
mod pages;
mod rate;
mod settings;
mod words;

#[cfg(test)]
mod tests;

use crate::Running;
use alert::{Duty, TellError, Telling, Told};
use change::Desk;
use front::Front;
use gate::Gate;
use model::{Clock, Moment};
use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

pub use settings::FacesSettings;

/// The bound listener of the pages for everybody.
///
/// It speaks plain HTTP, for it answers devices that trust no certificate of the school; nothing
/// is signed in to, and nobody is shown anything but what their own device was refused just now.
#[derive(Debug)]
pub struct Faces {
    socket: TcpListener,
    address: SocketAddr,
    name: String,
}

/// Takes in what somebody tells.
pub type Tell = dyn Fn(&Telling) -> Result<Told, TellError> + Send + Sync;

/// What the pages for everybody show and do things with.
pub struct FacesParts {
    /// The desk, which takes requests in.
    pub desk: Arc<Desk>,
    /// The gate, for who asks and what decides now.
    pub gate: Arc<Gate>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The folder of the journal.
    pub journal: PathBuf,
    /// Who answers for children at a moment.
    pub duty: Box<dyn Fn(Moment) -> Duty + Send + Sync>,
    /// Takes in what somebody tells, as [`alert::OnDuty::tell`] does.
    pub tell: Box<Tell>,
    /// How the proxy of this process shows whose request it brings.
    pub proxy: Option<ProxyWord>,
}

/// How the proxy of this process shows that the word for who asks is its own.
#[derive(Clone)]
pub struct ProxyWord {
    /// The field that holds the client's address.
    pub client_field: &'static str,
    /// The field that holds the secret.
    pub secret_field: &'static str,
    /// What both know.
    pub secret: String,
}

/// The pages for everybody could not be offered.
#[derive(Debug, thiserror::Error)]
pub enum FacesError {
    /// The address cannot be had.
    #[error("the pages for everybody cannot listen on {address}; change `listen` under `[faces]`")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The machine gives no thread.
    #[error("the thread of the pages for everybody could not be started")]
    Thread(#[source] std::io::Error),
}

impl Faces {
    /// Binds the address of the settings; port 0 takes any free one.
    ///
    /// `name` is the host name where the settings give none: `why.` in front of the school's zone.
    ///
    /// # Errors
    ///
    /// Fails when the address cannot be had.
    pub fn bind(settings: &FacesSettings, name: &str) -> Result<Self, FacesError> {
        let address = settings.listen;
        let fail = |source| FacesError::Bind { address, source };
        let socket = TcpListener::bind(address).map_err(fail)?;
        socket.set_nonblocking(true).map_err(fail)?;
        let address = socket.local_addr().map_err(fail)?;
        let name = settings.name.as_deref().unwrap_or(name);
        Ok(Self {
            socket,
            address,
            name: name.to_ascii_lowercase(),
        })
    }

    /// The address that was bound.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The host name under which the pages are asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Answers until it is stopped.
    ///
    /// # Errors
    ///
    /// Fails when the machine gives no thread.
    pub fn run(self, parts: FacesParts) -> Result<Running, FacesError> {
        let front = Arc::new(Front::new(parts, &self.name));
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(WAITING_THREADS)
            .enable_all()
            .build()
            .map_err(FacesError::Thread)?;
        let thread = std::thread::Builder::new()
            .name("faces".to_owned())
            .spawn(move || {
                if let Err(error) = runtime.block_on(door::serve(self.socket, front, stopped)) {
                    tracing::error!(%error, "the listener of the pages for everybody ended");
                }
                runtime.shutdown_background();
            })
            .map_err(FacesError::Thread)?;
        Ok(Running::new(stop, thread))
    }
}

impl fmt::Debug for ProxyWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyWord")
            .field("client_field", &self.client_field)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for FacesParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FacesParts").finish_non_exhaustive()
    }
}

/// Answers that wait for the disk at once.
const WAITING_THREADS: usize = 4;
