use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// A web server of one page, on a free port of loopback.
#[derive(Debug)]
pub struct StubOrigin {
    listens: Listens,
}

/// A way in for programs that cannot choose their source address: what connects here reaches the
/// server from that address.
#[derive(Debug)]
pub struct Relay {
    listens: Listens,
}

/// A listener on a thread of its own that serves one connection after the other on more threads.
#[derive(Debug)]
struct Listens {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl StubOrigin {
    /// Starts a server that gives this body to every request.
    pub fn start(body: Vec<u8>) -> Self {
        let body = Arc::new(body);
        Self {
            listens: Listens::start(move |stream| answer(stream, &body)),
        }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.listens.address
    }
}

impl Relay {
    /// Starts a way to `server` by way of `source`.
    pub fn start(source: IpAddr, server: SocketAddr) -> Self {
        Self {
            listens: Listens::start(move |stream| carry(stream, source, server)),
        }
    }

    /// Where to connect.
    pub const fn address(&self) -> SocketAddr {
        self.listens.address
    }
}

impl Listens {
    fn start(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, serve) = (Arc::clone(&stop), Arc::new(serve));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let serve = Arc::clone(&serve);
                std::thread::spawn(move || serve(stream));
            }
        });
        Self {
            address,
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Listens {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // One more connection wakes the thread, which then looks at the word to stop.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer(mut stream: TcpStream, body: &[u8]) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) if head.len() < 16_384 => head.push(byte[0]),
            Ok(_) | Err(_) => return,
        }
    }
    let start = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    let _ = stream
        .write_all(start.as_bytes())
        .and_then(|()| stream.write_all(body));
}

fn carry(mut near: TcpStream, source: IpAddr, server: SocketAddr) {
    let mut far = crate::connect_from(source, server);
    let _ = far.set_read_timeout(None);
    let (Ok(mut near_in), Ok(mut far_out)) = (near.try_clone(), far.try_clone()) else {
        return;
    };
    let outward = std::thread::spawn(move || {
        let _ = std::io::copy(&mut near_in, &mut far_out);
        let _ = far_out.shutdown(std::net::Shutdown::Write);
    });
    let _ = std::io::copy(&mut far, &mut near);
    let _ = near.shutdown(std::net::Shutdown::Both);
    let _ = outward.join();
}
