use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// A publisher of lists over HTTPS on this machine, with a certificate of its own, that says
/// whatever a test wants.
#[derive(Debug)]
pub struct Publisher {
    address: SocketAddr,
    root: String,
    pages: Arc<Mutex<BTreeMap<String, Page>>>,
}

/// What a publisher says of a path.
#[derive(Clone, Debug)]
pub enum Page {
    /// A file.
    File(Vec<u8>),
    /// A file that breaks off in the middle.
    CutOff(Vec<u8>),
    /// Go to another path.
    Moved(String),
}

impl Publisher {
    /// Starts it on a free port of loopback.
    pub fn start() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("a certificate with its key");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let publisher = Self {
            address: listener.local_addr().expect("it is bound"),
            root: cert.pem(),
            pages: Arc::default(),
        };
        let (pages, config) = (Arc::clone(&publisher.pages), Arc::new(config));
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (pages, config) = (Arc::clone(&pages), Arc::clone(&config));
                std::thread::spawn(move || {
                    // A client that goes away is no fault of the publisher.
                    let _gone = serve(socket, config, &pages);
                });
            }
        });
        publisher
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    /// Its certificate in PEM.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Says something else of a path from now on.
    pub fn says(&self, path: &str, page: Page) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.insert(path.to_owned(), page);
    }
}

fn serve(
    socket: TcpStream,
    config: Arc<ServerConfig>,
    pages: &Mutex<BTreeMap<String, Page>>,
) -> io::Result<()> {
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, socket);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let page = {
        let pages = pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.get(path).cloned()
    };
    let (status, more, body, sent) = match page {
        Some(Page::File(body)) => ("200 OK", String::new(), body.clone(), body.len()),
        Some(Page::CutOff(body)) => ("200 OK", String::new(), body.clone(), body.len() / 2),
        Some(Page::Moved(to)) => ("302 Found", format!("location: {to}\r\n"), Vec::new(), 0),
        None => ("404 Not Found", String::new(), Vec::new(), 0),
    };
    let length = body.len();
    let text =
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{more}\r\n");
    stream.write_all(text.as_bytes())?;
    stream.write_all(&body[..sent])?;
    stream.flush()?;
    if sent == length {
        stream.conn.send_close_notify();
        stream.flush()?;
    }
    Ok(())
}
