use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

/// Fetches files over HTTPS.
pub struct Fetcher {
    agent: ureq::Agent,
    limits: FetchLimits,
}

/// How lists are fetched.
#[derive(Clone, Debug, Default)]
pub struct FetchSettings {
    /// The address of a proxy, such as `http://proxy.example:3128`.
    pub proxy: Option<String>,
    /// Certificates that are trusted besides those of the machine, in DER.
    pub extra_roots: Vec<Vec<u8>>,
    /// How much and how long.
    pub limits: FetchLimits,
}

/// How much may be fetched, and how long it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    /// Bytes of one file.
    pub bytes: u64,
    /// Time for one file.
    pub whole: Duration,
    /// Time without a byte.
    pub idle: Duration,
    /// Redirects in a row.
    pub redirects: usize,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            bytes: 512 << 20,
            whole: Duration::from_secs(1200),
            idle: Duration::from_secs(30),
            redirects: 5,
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// The address.
    pub url: &'a str,
    /// What the publisher calls the version that is held.
    pub etag: Option<&'a str>,
    /// When that version was made, as its publisher wrote it.
    pub modified: Option<&'a str>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The publisher has nothing newer.
    Unchanged,
    /// The whole file lies in the partial file.
    Whole {
        /// The address that it came from in the end.
        from: String,
        /// What the publisher calls this version.
        etag: Option<String>,
        /// When the publisher says that it was made.
        modified: Option<String>,
    },
}

/// A file could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No HTTPS.
    #[error("`{url}` is no address that begins with `https://`; correct `sources.toml`")]
    Address {
        /// The address.
        url: String,
    },
    /// The proxy of the settings cannot be used.
    #[error("`{proxy}` is no address of a proxy; correct the settings")]
    Proxy {
        /// The address.
        proxy: String,
    },
    /// No connection, or one that broke.
    #[error("`{url}` could not be reached; see the network and the address")]
    Network {
        /// The address.
        url: String,
        /// Why.
        source: Box<ureq::Error>,
    },
    /// The publisher refuses.
    #[error("`{url}` answered {status}; see whether the list has moved")]
    Status {
        /// The address.
        url: String,
        /// The status.
        status: u16,
    },
    /// One redirect after the other.
    #[error("`{url}` redirects without end; see whether the list has moved")]
    Redirects {
        /// The first address.
        url: String,
    },
    /// Larger than any list.
    #[error("`{url}` is larger than {limit} bytes; raise the limit if it is a list")]
    Large {
        /// The address.
        url: String,
        /// The limit.
        limit: u64,
    },
    /// Too slow.
    #[error("`{url}` took too long; it is tried again later")]
    Slow {
        /// The address.
        url: String,
    },
    /// It ended before its end.
    #[error("`{url}` was cut off after {bytes} bytes; it is tried again later")]
    Cut {
        /// The address.
        url: String,
        /// How many bytes came.
        bytes: u64,
    },
    /// What came is not kept.
    #[error("`{path}` could not be written; see that the disk has room")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl FetchError {
    /// Whether trying again at once may help.
    pub(crate) const fn is_passing(&self) -> bool {
        matches!(self, Self::Cut { .. } | Self::Network { .. })
    }
}

impl Fetcher {
    /// Makes ready; nobody is spoken to yet.
    ///
    /// # Errors
    ///
    /// When the proxy of the settings cannot be used.
    pub fn new(settings: &FetchSettings) -> Result<Self, FetchError> {
        let proxy = match &settings.proxy {
            None => None,
            Some(proxy) => Some(ureq::Proxy::new(proxy).map_err(|_| FetchError::Proxy {
                proxy: proxy.clone(),
            })?),
        };
        let roots = if settings.extra_roots.is_empty() {
            RootCerts::PlatformVerifier
        } else {
            // A machine without certificates of its own trusts the school's alone.
            let machine = rustls_native_certs::load_native_certs().certs;
            let own = settings.extra_roots.iter().map(Vec::as_slice);
            let all = machine.iter().map(AsRef::as_ref).chain(own);
            let all = all.map(|der| Certificate::from_der(der).to_owned());
            RootCerts::Specific(Arc::new(all.collect()))
        };
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(roots)
            .unversioned_rustls_crypto_provider(Arc::new(
                rustls::crypto::aws_lc_rs::default_provider(),
            ))
            .build();
        let limits = settings.limits;
        let agent = ureq::Agent::config_builder()
            .https_only(true)
            .http_status_as_error(false)
            // Redirects are followed here, where each address is looked at.
            .max_redirects(0)
            .proxy(proxy)
            .user_agent("schoolgate")
            // A packed answer would have no ranges and no length.
            .accept_encoding("identity")
            .timeout_global(Some(limits.whole))
            .timeout_connect(Some(limits.idle))
            .timeout_recv_response(Some(limits.idle))
            .timeout_per_read(Some(limits.idle))
            .max_idle_connections_per_host(1)
            .tls_config(tls)
            .build()
            .new_agent();
        Ok(Self { agent, limits })
    }

    /// Fetches a file into `partial`, going on where an earlier try ended.
    ///
    /// `progress` is told how many bytes there are and how many there will be.
    ///
    /// # Errors
    ///
    /// When the file is not there whole; what came is left for the next try where that may help.
    pub fn fetch(
        &self,
        wanted: Wanted<'_>,
        partial: &Path,
        progress: &dyn Fn(u64, Option<u64>),
    ) -> Result<Fetched, FetchError> {
        self.fetch_into(wanted, &mut Landing::File(partial), progress)
    }

    /// Fetches what must not lie on a disk in the open.
    pub(crate) fn fetch_into(
        &self,
        wanted: Wanted<'_>,
        landing: &mut Landing<'_>,
        progress: &dyn Fn(u64, Option<u64>),
    ) -> Result<Fetched, FetchError> {
        let mut url = wanted.url.to_owned();
        let began = Instant::now();
        for _ in 0..=self.limits.redirects {
            if !url.starts_with("https://") {
                return Err(FetchError::Address { url });
            }
            let resumed = landing.resumed(&url);
            let mut answer = self.ask(&url, wanted, resumed.as_ref())?;
            let status = answer.status().as_u16();
            match status {
                200 | 206 => {
                    return self.take(&url, &mut answer, resumed, landing, began, progress);
                }
                304 => return Ok(Fetched::Unchanged),
                301 | 302 | 303 | 307 | 308 => match head(&answer, "location") {
                    Some(to) => url = joined(&url, &to),
                    None => return Err(FetchError::Status { url, status }),
                },
                416 if resumed.is_some() => {
                    // What lies here is not the beginning of what lies there.
                    landing.forget();
                }
                _ => return Err(FetchError::Status { url, status }),
            }
        }
        let url = wanted.url.to_owned();
        Err(FetchError::Redirects { url })
    }

    fn ask(
        &self,
        url: &str,
        wanted: Wanted<'_>,
        resumed: Option<&Resumed>,
    ) -> Result<Answer, FetchError> {
        let mut request = self.agent.get(url);
        if let Some(resumed) = resumed {
            request = request
                .header("range", format!("bytes={}-", resumed.bytes))
                .header("if-range", &resumed.etag);
        } else {
            if let Some(etag) = wanted.etag {
                request = request.header("if-none-match", etag);
            }
            if let Some(modified) = wanted.modified {
                request = request.header("if-modified-since", modified);
            }
        }
        request.call().map_err(|error| failure(url, error))
    }

    fn take(
        &self,
        url: &str,
        answer: &mut Answer,
        resumed: Option<Resumed>,
        landing: &mut Landing<'_>,
        began: Instant,
        progress: &dyn Fn(u64, Option<u64>),
    ) -> Result<Fetched, FetchError> {
        let etag = head(answer, "etag");
        let modified = head(answer, "last-modified");
        let from = resumed.filter(|resumed| goes_on(answer, resumed.bytes));
        if from.is_none() && answer.status().as_u16() == 206 {
            // A part from the middle is no list.
            landing.forget();
            let url = url.to_owned();
            return Err(FetchError::Cut { url, bytes: 0 });
        }
        let mut bytes = from.map_or(0, |resumed| resumed.bytes);
        let total = answer.body().content_length().map(|rest| bytes + rest);
        let large = || FetchError::Large {
            url: url.to_owned(),
            limit: self.limits.bytes,
        };
        if total.is_some_and(|total| total > self.limits.bytes) {
            return Err(large());
        }
        let mut open = landing.begin(bytes, url, etag.as_deref())?;
        let mut body = answer.body_mut().with_config().limit(u64::MAX).reader();
        let mut room = vec![0; 64 << 10];
        let cut = loop {
            let count = match body.read(&mut room) {
                Ok(0) => break total.is_some_and(|total| bytes < total),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if is_slow(&error) => {
                    return Err(FetchError::Slow {
                        url: url.to_owned(),
                    });
                }
                Err(_) => break true,
            };
            bytes += count as u64;
            if bytes > self.limits.bytes {
                drop(open);
                landing.forget();
                return Err(large());
            }
            if began.elapsed() > self.limits.whole {
                return Err(FetchError::Slow {
                    url: url.to_owned(),
                });
            }
            open.write(&room[..count])?;
            progress(bytes, total);
        };
        open.finish()?;
        if cut {
            let url = url.to_owned();
            return Err(FetchError::Cut { url, bytes });
        }
        let from = url.to_owned();
        Ok(Fetched::Whole {
            from,
            etag,
            modified,
        })
    }

    /// Fetches something small, such as a file of digests or a signature.
    pub(crate) fn small(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let mut bytes = Vec::new();
        let wanted = Wanted {
            url,
            ..Wanted::default()
        };
        self.fetch_into(wanted, &mut Landing::Memory(&mut bytes), &|_, _| {})?;
        bytes.truncate(MOST_TEXT);
        Ok(bytes)
    }
}

/// Where what is fetched comes to lie.
pub(crate) enum Landing<'a> {
    /// A file; a later try goes on at its end.
    File(&'a Path),
    /// Memory alone.
    Memory(&'a mut Vec<u8>),
}

/// A landing that is being written to.
enum Open<'a> {
    File(&'a Path, File),
    Memory(&'a mut Vec<u8>),
}

impl Landing<'_> {
    fn resumed(&self, url: &str) -> Option<Resumed> {
        match self {
            Self::File(partial) => Resumed::find(partial, url),
            Self::Memory(_) => None,
        }
    }

    fn forget(&mut self) {
        match self {
            Self::File(partial) => forget(partial),
            Self::Memory(bytes) => bytes.clear(),
        }
    }

    fn begin(&mut self, bytes: u64, url: &str, etag: Option<&str>) -> Result<Open<'_>, FetchError> {
        match self {
            Self::File(partial) => {
                let file = begin(partial, bytes, url, etag);
                let file = file.map_err(|source| unwritten(partial, source))?;
                Ok(Open::File(partial, file))
            }
            Self::Memory(room) => {
                room.clear();
                Ok(Open::Memory(room))
            }
        }
    }
}

impl Open<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        match self {
            Self::File(path, file) => file
                .write_all(bytes)
                .map_err(|source| unwritten(path, source)),
            Self::Memory(room) => {
                room.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    fn finish(self) -> Result<(), FetchError> {
        match self {
            Self::File(path, file) => file.sync_all().map_err(|source| unwritten(path, source)),
            Self::Memory(_) => Ok(()),
        }
    }
}

fn unwritten(path: &Path, source: io::Error) -> FetchError {
    FetchError::File {
        path: path.to_owned(),
        source,
    }
}

type Answer = ureq::http::Response<ureq::Body>;

/// The beginning of a file that an earlier try left.
struct Resumed {
    bytes: u64,
    etag: String,
}

impl Resumed {
    /// Only a version that its publisher names can be gone on with.
    fn find(partial: &Path, url: &str) -> Option<Self> {
        let note = fs::read_to_string(note_of(partial)).ok()?;
        let (from, etag) = note.split_once('\n')?;
        let bytes = fs::metadata(partial).ok()?.len();
        let strong = !etag.is_empty() && !etag.starts_with("W/");
        (from == url && bytes > 0 && strong).then(|| Self {
            bytes,
            etag: etag.to_owned(),
        })
    }
}

/// Takes away what an earlier try left.
pub(crate) fn forget(partial: &Path) {
    let _ = fs::remove_file(partial);
    let _ = fs::remove_file(note_of(partial));
}

fn begin(partial: &Path, bytes: u64, url: &str, etag: Option<&str>) -> io::Result<File> {
    if bytes > 0 {
        return OpenOptions::new().append(true).open(partial);
    }
    fs::write(
        note_of(partial),
        format!("{url}\n{}", etag.unwrap_or_default()),
    )?;
    File::create(partial)
}

fn note_of(partial: &Path) -> PathBuf {
    partial.with_extension("note")
}

/// Whether an answer goes on where the file ends.
fn goes_on(answer: &Answer, bytes: u64) -> bool {
    let range = head(answer, "content-range");
    let start = range.as_deref().and_then(|range| {
        let (start, _) = range.strip_prefix("bytes ")?.split_once('-')?;
        start.parse::<u64>().ok()
    });
    answer.status().as_u16() == 206 && start == Some(bytes)
}

fn head(answer: &Answer, name: &str) -> Option<String> {
    let value = answer.headers().get(name)?.to_str().ok()?;
    (value.len() <= MOST_HEAD && !value.contains(['\r', '\n'])).then(|| value.to_owned())
}

/// Whether reading ended because nothing came for too long.
fn is_slow(error: &io::Error) -> bool {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<ureq::Error>());
    error.kind() == io::ErrorKind::TimedOut || matches!(inner, Some(ureq::Error::Timeout(_)))
}

fn failure(url: &str, error: ureq::Error) -> FetchError {
    let url = url.to_owned();
    match error {
        ureq::Error::Timeout(_) => FetchError::Slow { url },
        other => FetchError::Network {
            url,
            source: Box::new(other),
        },
    }
}

/// An address as another one refers to it.
fn joined(base: &str, to: &str) -> String {
    let authority = base["https://".len()..]
        .find('/')
        .map_or(base.len(), |at| at + "https://".len());
    if to.contains("://") {
        to.to_owned()
    } else if let Some(rest) = to.strip_prefix("//") {
        format!("https://{rest}")
    } else if to.starts_with('/') {
        format!("{}{to}", &base[..authority])
    } else {
        let path = base.split(['?', '#']).next().unwrap_or(base);
        let folder = path[authority.min(path.len())..]
            .rfind('/')
            .map_or(authority, |at| authority + at);
        format!("{}/{to}", &path[..folder.min(path.len())])
    }
}

const MOST_HEAD: usize = 1024;

/// A file of digests has a line for each file of its publisher.
const MOST_TEXT: usize = 4 << 20;
