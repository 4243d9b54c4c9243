use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// A site that answers for every host with a page of its own.
#[derive(Debug)]
pub(crate) struct StubOrigin {
    address: SocketAddr,
}

impl StubOrigin {
    /// Answers on a free loopback port for as long as the process lives.
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        std::thread::Builder::new()
            .name("stub-origin".to_owned())
            .spawn(move || {
                for stream in listener.incoming().flatten() {
                    let served = std::thread::Builder::new().name("stub-site".to_owned());
                    // A connection that breaks concerns its client alone.
                    let _started = served.spawn(move || serve(&stream));
                }
            })?;
        Ok(Self { address })
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }
}

fn serve(stream: &TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut host = String::new();
        let mut path = String::new();
        let mut first = true;
        loop {
            let mut line = String::new();
            if reader.by_ref().take(LONGEST).read_line(&mut line)? == 0 {
                return Ok(());
            }
            let text = line.trim_end();
            if text.is_empty() {
                break;
            }
            if first {
                path = text.split(' ').nth(1).unwrap_or("/").to_owned();
                first = false;
            } else if let Some(("host", value)) = text
                .split_once(':')
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .as_ref()
                .map(|(name, value)| (name.as_str(), *value))
            {
                host = value.trim().to_owned();
            }
        }
        (&*stream).write_all(&page(&host, &path))?;
    }
}

fn page(host: &str, path: &str) -> Vec<u8> {
    let safe = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    };
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{host}</title>\
         <h1>{host}</h1><p>This stub site stands for {host}{path}. The gateway let you through.</p>\n",
        host = safe(host),
        path = safe(path),
    );
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The longest header line that is read.
const LONGEST: u64 = 16 * 1024;
