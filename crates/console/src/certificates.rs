use crate::authority::{Authority, CertificateError, LEAF_DAYS, brought};
use model::{Clock, Moment};
use rustls::ServerConfig;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The certificate that the console shows, made or read anew before it runs out.
pub(crate) struct Certificates {
    source: Source,
    clock: Arc<dyn Clock>,
    held: Mutex<Held>,
}

/// Where the certificate comes from.
pub(crate) enum Source {
    /// The gateway's own authority.
    Own(Authority),
    /// Files that the school keeps fresh.
    Brought {
        /// The certificate with its chain.
        certificate: PathBuf,
        /// Its key.
        key: PathBuf,
    },
}

struct Held {
    config: Arc<ServerConfig>,
    renew: Moment,
}

impl Certificates {
    /// Makes or reads the first certificate.
    ///
    /// # Errors
    ///
    /// Fails when there is none to be had.
    pub(crate) fn new(source: Source, clock: Arc<dyn Clock>) -> Result<Self, CertificateError> {
        let now = clock.now();
        let held = Mutex::new(Held {
            config: source.take(now)?,
            renew: source.renew(now),
        });
        Ok(Self {
            source,
            clock,
            held,
        })
    }

    /// What the next connection is served with.
    ///
    /// Where a fresh certificate cannot be had the last one stays, and the fault is logged.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        let now = self.clock.now();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.renew <= now {
            match self.source.take(now) {
                Ok(config) => held.config = config,
                Err(error) => tracing::error!(%error, "the console's certificate stays as it was"),
            }
            held.renew = self.source.renew(now);
        }
        Arc::clone(&held.config)
    }
}

impl Source {
    fn take(&self, now: Moment) -> Result<Arc<ServerConfig>, CertificateError> {
        match self {
            Self::Own(authority) => authority.issue(now),
            Self::Brought { certificate, key } => brought(certificate, key),
        }
    }

    fn renew(&self, now: Moment) -> Moment {
        now.after(match self {
            Self::Own(_) => Duration::from_secs(u64::from(LEAF_DAYS / 2) * 86_400),
            Self::Brought { .. } => LOOK_AGAIN,
        })
    }
}

/// How often the school's own files are read again.
const LOOK_AGAIN: Duration = Duration::from_secs(3_600);
