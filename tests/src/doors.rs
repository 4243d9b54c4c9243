use crate::{School, StubUpstream};
use gate::{Gate, Recorder};
use model::{ManualClock, Moment, Name, Resolve, ResolveError, Resolved, SystemChance, ViewId};
use std::collections::BTreeMap;
use std::future::Future;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The DNS and proxy doors of one gate, in this process, by a clock that the test moves.
///
/// Nothing behind the proxy exists: a request that is let through ends in 502, one that is not
/// in 403. So no test of verdicts ever opens a connection to anybody.
#[derive(Debug)]
pub struct Doors {
    clock: Arc<ManualClock>,
    gate: Arc<Gate>,
    dns: SocketAddr,
    proxy: SocketAddr,
    upstream: StubUpstream,
    names: Arc<Led>,
    /// Taken and never listened on: what the proxy would connect to is refused here.
    _nobody: socket2::Socket,
    running: Option<(resolver::Running, proxy::Running)>,
    stop: (resolver::Shutdown, proxy::Shutdown),
}

impl Doors {
    /// Opens the doors of a school on free ports of loopback.
    pub fn open(school: &School, now: Moment) -> Self {
        let clock = Arc::new(ManualClock::new(now));
        let gate = Gate::new(
            school.state(),
            Arc::<ManualClock>::clone(&clock),
            Arc::new(SystemChance),
            Recorder::discarding(),
        );
        let upstream = StubUpstream::start(ELSEWHERE);
        let stop = (resolver::Shutdown::new(), proxy::Shutdown::new());
        let settings = resolver::Settings {
            listen: vec![LOOPBACK],
            workers: 1,
            client_rate: 0,
            upstreams: vec![resolver::Upstream {
                protocol: resolver::Protocol::Udp,
                address: upstream.address().to_string(),
                name: None,
                path: None,
            }],
            ..resolver::Settings::default()
        };
        let listeners = resolver::Listeners::bind(&settings).expect("free ports for DNS");
        let dns = listeners.local_addresses()[0];
        let resolver = resolver::run(listeners, &gate, &stop.0).expect("the DNS doors open");
        let nobody = stream_socket(LOOPBACK);
        nobody
            .bind(&LOOPBACK.into())
            .expect("loopback has a free port");
        let every_origin = nobody.local_addr().ok().and_then(|own| own.as_socket());
        let settings = proxy::Settings {
            listen: vec![LOOPBACK],
            workers: 1,
            every_origin,
            ..proxy::Settings::default()
        };
        let listeners = proxy::Listeners::bind(&settings).expect("a free port for the proxy");
        let proxy = listeners.addresses()[0];
        let names = Arc::<Led>::default();
        let carrier = proxy::run(
            listeners,
            Arc::clone(&gate),
            Arc::<Led>::clone(&names),
            settings,
            stop.1.clone(),
        );
        let carrier = carrier.expect("the proxy doors open");
        Self {
            clock,
            gate,
            dns,
            proxy,
            upstream,
            names,
            _nobody: nobody,
            running: Some((resolver, carrier)),
            stop,
        }
    }

    /// Lets another state decide from now on.
    pub fn swap(&self, state: gate::State) {
        self.gate.swap(state);
    }

    /// Where DNS is answered.
    pub const fn dns(&self) -> SocketAddr {
        self.dns
    }

    /// Where the proxy listens.
    pub const fn proxy(&self) -> SocketAddr {
        self.proxy
    }

    /// The server that DNS asks.
    pub const fn upstream(&self) -> &StubUpstream {
        &self.upstream
    }

    /// Lets a name lead to these addresses, at every door.
    pub fn lead(&self, name: &str, addresses: &[IpAddr]) {
        self.upstream.lead(name, addresses);
        let mut led = self.names.0.lock().expect("nobody panicked with it");
        led.insert(name.to_owned(), addresses.to_vec());
    }

    /// Moves the clock forward to a moment.
    pub fn at(&self, moment: Moment) {
        use model::Clock as _;
        let now = self.clock.now();
        assert!(moment >= now, "the clock of the doors runs forward only");
        self.clock.advance(now.until(moment));
    }

    /// The status that the proxy gives to a request, and its body.
    pub fn request(&self, source: IpAddr, head: &str) -> (u16, String) {
        let mut stream = connect_from(source, self.proxy);
        stream
            .write_all(head.as_bytes())
            .expect("the proxy takes the request");
        let mut bytes = Vec::new();
        // The proxy may cut a refused client off; what came before counts.
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let status = text.get(9..12).and_then(|digits| digits.parse().ok());
        (
            status.unwrap_or_else(|| panic!("no answer to {head:?} for {source}: {text:?}")),
            text,
        )
    }

    /// The status of a plain request for a URL.
    pub fn get(&self, source: IpAddr, url: &str) -> (u16, String) {
        let host = url
            .trim_start_matches("http://")
            .split('/')
            .next()
            .unwrap_or_default();
        let head = format!(
            "GET {url} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
        );
        self.request(source, &head)
    }

    /// The status of a CONNECT.
    pub fn connect(&self, source: IpAddr, host: &str) -> u16 {
        let head = format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n");
        self.request(source, &head).0
    }
}

impl Drop for Doors {
    fn drop(&mut self) {
        self.stop.0.trigger();
        self.stop.1.begin();
        if let Some((resolver, carrier)) = self.running.take() {
            resolver.join();
            let _ = carrier.join();
        }
    }
}

/// Connects from a chosen address of this machine.
pub fn connect_from(source: IpAddr, to: SocketAddr) -> TcpStream {
    let socket = stream_socket(to);
    socket
        .bind(&SocketAddr::new(source, 0).into())
        .expect("the source is of this machine");
    socket
        .connect(&to.into())
        .unwrap_or_else(|error| panic!("{source} -> {to}: {error}"));
    let stream = TcpStream::from(socket);
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a time limit");
    stream
}

fn stream_socket(to: SocketAddr) -> socket2::Socket {
    socket2::Socket::new(
        socket2::Domain::for_address(to),
        socket2::Type::STREAM,
        Some(socket2::Protocol::TCP),
    )
    .expect("a socket")
}

/// Knows no name but those that were led somewhere.
#[derive(Debug, Default)]
struct Led(Mutex<BTreeMap<String, Vec<IpAddr>>>);

impl Resolve for Led {
    fn resolve<'a>(
        &'a self,
        name: Name<'a>,
        _source: IpAddr,
        _view: ViewId,
    ) -> Pin<Box<dyn Future<Output = Result<Resolved, ResolveError>> + Send + 'a>> {
        Box::pin(async move {
            let led = self.0.lock().expect("nobody panicked with it");
            let addresses = led.get(name.as_str()).cloned();
            let absent = || ResolveError::Absent {
                name: name.to_string(),
            };
            Ok(Resolved {
                addresses: addresses.ok_or_else(absent)?,
                valid_until: Moment::from_millis(i64::MAX),
            })
        })
    }
}

const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// An address for documentation (RFC 5737): public in form, and nobody's.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);
