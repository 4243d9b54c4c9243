//! A school small enough to read, stub origins, and a running proxy on loopback.
//!
//! Clients of different groups come from different addresses of 127.0.0.0/8.

use gate::{Compiled, Gate, PhraseBook, Recorder, State};
use matcher::{Artefact, Compiler, Coverage, ListMeta, Secret};
use model::{
    Action, Clock, Door, Faults, Files, Host, HostBuffer, ManualClock, Name, PolicyVersion,
    Resolve, ResolveError, Resolved, SystemChance, ViewId,
};
use policy::Overlay;
use proxy::{Counters, Listeners, Running, Settings, Shutdown};
use std::future::Future;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) const PICTURES: [u8; 4] = [127, 0, 1, 1];
pub(crate) const SIMPLE: [u8; 4] = [127, 0, 2, 1];
pub(crate) const PLAIN: [u8; 4] = [127, 0, 3, 1];
pub(crate) const OLDER: [u8; 4] = [127, 0, 4, 1];
pub(crate) const STAFF: [u8; 4] = [127, 0, 6, 1];
pub(crate) const VISITOR: [u8; 4] = [127, 0, 7, 1];
/// Many people behind one address.
pub(crate) const TERMINALS: [u8; 4] = [127, 0, 8, 1];
pub(crate) const STRANGER: [u8; 4] = [127, 0, 99, 1];

pub(crate) const NOON: &str = "2026-11-23T12:00:00Z";

const CALENDAR: &str = r#"
time_zone = "Europe/London"
terms = [{ name = "Autumn", start = 2026-09-01, end = 2026-12-18 }]
[[schedules]]
id    = "lessons"
title = "Lessons"
from  = "09:00"
to    = "13:00"
"#;

const NETWORK: &str = r#"
[[device_classes]]
id      = "shared"
title   = "school owned"
network = "full"
[[device_classes]]
id      = "own"
title   = "their own"
network = "internet-only"
[[zones]]
id           = "visitors"
title        = "visitors"
networks     = ["127.0.7.0/24"]
device_class = "own"
group        = "plain"
unidentified = "plain"
[[zones]]
id           = "terminals"
title        = "terminals"
networks     = ["127.0.8.0/24"]
kind         = "shared"
device_class = "shared"
group        = "plain"
unidentified = "plain"
[[local_servers]]
name   = "intranet.test"
reason = "timetables"
"#;

const GROUPS: [(&str, u8, &str, &str); 5] = [
    ("young", 1, "pupils", "pictures"),
    ("simple", 2, "pupils", "simple"),
    ("plain", 3, "pupils", "plain"),
    ("older", 4, "pupils", "older"),
    ("staff", 6, "staff", "professional"),
];

const CATEGORIES: &str = r#"
[[categories]]
id      = "gambling"
title   = "Gambling"
words   = "Betting."
theme   = "Gambling"
class   = "against"
default = "block"
[[categories]]
id      = "video"
title   = "Video"
words   = "Video."
theme   = "School policy"
class   = "against"
default = "pupils"
[[categories]]
id      = "blogs"
title   = "Blogs"
words   = "Blogs."
theme   = "School policy"
class   = "against"
default = "pupils"
[[categories]]
id      = "forums"
title   = "Forums"
words   = "Forums."
theme   = "School policy"
class   = "against"
default = "pupils"
[[categories]]
id      = "education"
title   = "Learning"
words   = "Learning."
theme   = "Allowed"
class   = "allow"
"#;

const PHRASES: &str = r#"
title    = "Gambling"
theme    = "gambling"
category = "gambling"
[phrases.en]
40 = ["casino bonus"]
-30 = ["history of"]
"#;

fn files() -> Files {
    let mut files = Files::default();
    let mut put = |path: &str, text: String| files.insert(path, text.into_bytes());
    put("blocklists/categories.toml", CATEGORIES.to_owned());
    put("config/calendar.toml", CALENDAR.to_owned());
    let mut network = NETWORK.to_owned();
    for (id, third, kind, reading) in GROUPS {
        network += &format!(
            "[[zones]]\nid = \"{id}\"\ntitle = \"{id}\"\nnetworks = [\"127.0.{third}.0/24\"]\ndevice_class = \"shared\"\ngroup = \"{id}\"\nunidentified = \"{id}\"\n"
        );
        put(
            &format!("config/groups/{id}.toml"),
            format!(
                "title = \"{id}\"\nkind = \"{kind}\"\nage = 7\nreading = \"{reading}\"\n[access]\ngambling = {{ block = \"always\", lock = true }}\nvideo = {{ allow = \"lessons\" }}\nblogs = \"permission\"\nforums = {{ warn = \"lessons\" }}\n"
            ),
        );
    }
    put("config/network.toml", network);
    put("blocklists/phrases/gambling.toml", PHRASES.to_owned());
    files
}

/// Lists of names and all below them; of a network `a/n` also the names that lead to it.
fn artefact(files: &Files, labelled: &[(&str, &str)]) -> Arc<Artefact> {
    let vocabulary = policy::vocabulary(files, &mut Faults::default()).unwrap();
    let mut compiler = Compiler::new(&vocabulary);
    for (category, name) in labelled {
        let id = vocabulary.find(category).unwrap();
        if let Some((first, bits)) = name.split_once('/') {
            let meta = ListMeta::new(format!("{category} addresses"), Some(id)).of_answers();
            let list = compiler.list(meta);
            compiler.network(list, first.parse().unwrap(), bits.parse().unwrap());
            continue;
        }
        let list = compiler.list(ListMeta::new(*category, Some(id)));
        let mut buffer = HostBuffer::new();
        let name = Host::normalise(name, &mut buffer).unwrap().name().unwrap();
        compiler.entry(list, name, Coverage::NameAndBelow);
    }
    let secret = Secret::new([7; 32]);
    let bytes = compiler.compile(&secret).unwrap().into_bytes();
    Arc::new(Artefact::from_bytes(bytes, &secret).unwrap())
}

const LABELLED: [(&str, &str); 9] = [
    ("forums", "forum.test"),
    ("forums", "other-forum.test"),
    ("education", "intranet.test"),
    ("gambling", "bets.test"),
    ("video", "video.test"),
    ("blogs", "blogs.test"),
    ("education", "school.test"),
    ("education", "private.test"),
    ("illegal-csam", "floor.test"),
];

/// Every name of `.test` lives on this machine, `private.test` in a private network.
struct Names;

impl Resolve for Names {
    fn resolve<'a>(
        &'a self,
        name: Name<'a>,
        _: IpAddr,
        _: ViewId,
    ) -> Pin<Box<dyn Future<Output = Result<Resolved, ResolveError>> + Send + 'a>> {
        let address = match name.as_str() {
            "private.test" => Some(IpAddr::from([10, 9, 9, 9])),
            "absent.school.test" => None,
            _ => Some(IpAddr::from([127, 0, 0, 1])),
        };
        let name = name.as_str().to_owned();
        Box::pin(async move {
            match address {
                Some(address) => Ok(Resolved {
                    addresses: vec![address],
                    valid_until: NOON.parse().unwrap(),
                }),
                None => Err(ResolveError::Absent { name }),
            }
        })
    }
}

pub(crate) struct Stage {
    pub(crate) proxy: SocketAddr,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) counters: Arc<Counters>,
    gate: Arc<Gate>,
    files: Files,
    shutdown: Shutdown,
    running: Option<Running>,
}

impl Stage {
    pub(crate) fn new(origin: u16) -> Self {
        Self::with(origin, |_| {})
    }

    /// Opens a proxy that may reach this machine, on the port of the stub origin.
    pub(crate) fn with(origin: u16, alter: impl FnOnce(&mut Settings)) -> Self {
        let files = files();
        let mut faults = Faults::default();
        let version = PolicyVersion::from(files.digest());
        let compiled = Compiled::compile(&files, &Overlay::default(), version, &mut faults);
        let compiled = compiled.unwrap_or_else(|| panic!("{faults}"));
        let vocabulary = compiled.policy().vocabulary();
        let phrases = PhraseBook::compile(&files, [], vocabulary, &mut faults);
        assert_eq!(faults.errors(), 0, "{faults}");
        let (artefact, phrases) = (artefact(&files, &LABELLED), Arc::new(phrases));
        let state = State::new(compiled, artefact, phrases, "Example School");
        let clock = Arc::new(ManualClock::new(NOON.parse().unwrap()));
        let gate = Gate::new(
            state,
            Arc::clone(&clock) as Arc<dyn Clock>,
            Arc::new(SystemChance),
            Recorder::discarding(),
        );
        let mut settings = Settings {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
            workers: 1,
            http_ports: vec![80, origin],
            connect_ports: vec![443, origin],
            allow_private: vec!["127.0.0.0/8".parse().unwrap()],
            console: "https://console.test".to_owned(),
            drain_seconds: 1,
            ..Settings::default()
        };
        alter(&mut settings);
        let listeners = Listeners::bind(&settings).unwrap();
        let proxy = listeners.addresses()[0];
        let shutdown = Shutdown::new();
        let running = proxy::run(
            listeners,
            Arc::clone(&gate),
            Arc::new(Names),
            settings,
            shutdown.clone(),
        );
        let running = running.unwrap();
        Self {
            proxy,
            clock,
            counters: Arc::clone(running.counters()),
            gate,
            files,
            shutdown,
            running: Some(running),
        }
    }

    /// Swaps the lists, as an activation does.
    pub(crate) fn label(&self, labelled: &[(&str, &str)]) {
        self.gate.swap_lists(artefact(&self.files, labelled));
    }

    pub(crate) fn connect(&self, from: [u8; 4]) -> TcpStream {
        let kind = socket2::Type::STREAM;
        let socket = socket2::Socket::new(socket2::Domain::IPV4, kind, None).unwrap();
        socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
        socket.connect(&self.proxy.into()).unwrap();
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends some bytes and reads until the proxy closes or has sent a whole answer.
    pub(crate) fn ask(&self, from: [u8; 4], request: &str) -> String {
        let mut stream = self.connect(from);
        stream.write_all(request.as_bytes()).unwrap();
        answer(&mut stream)
    }

    pub(crate) fn get(&self, from: [u8; 4], url: &str) -> String {
        let host = url.trim_start_matches("http://").split('/').next().unwrap();
        self.ask(
            from,
            &format!("GET {url} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n\r\n"),
        )
    }

    /// Opens a tunnel up to the answer of the proxy.
    pub(crate) fn open_tunnel(&self, from: [u8; 4], target: &str) -> (TcpStream, String) {
        let mut stream = self.connect(from);
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let answer = head(&mut stream);
        (stream, answer)
    }

    /// Rows that the journal took, once the proxy has stopped.
    pub(crate) fn decisions(&self, door: Door, action: Action) -> u64 {
        self.gate.counters().decisions(door, action)
    }

    pub(crate) fn stop(&mut self) -> Duration {
        let began = Instant::now();
        self.shutdown.begin();
        if let Some(running) = self.running.take() {
            running.join().unwrap();
        }
        began.elapsed()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.shutdown.begin();
    }
}

/// One answer with its body, as far as its head or the end of the stream tells.
pub(crate) fn answer(stream: &mut TcpStream) -> String {
    let mut text = head(stream);
    let length = text.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .strip_prefix("content-length: ")
            .map(|n| n.parse::<usize>().unwrap())
    });
    match length {
        Some(length) => {
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            text += &String::from_utf8(body).unwrap();
        }
        None => {
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).unwrap();
            text += &String::from_utf8_lossy(&rest);
        }
    }
    text
}

/// Up to the empty line, or to the end of the stream.
pub(crate) fn head(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => bytes.push(byte[0]),
            Ok(_) => break,
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&bytes)),
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Waits for the end of the stream; gives back what came before it and how long it took.
pub(crate) fn end(stream: &mut TcpStream) -> (Vec<u8>, Duration) {
    let began = Instant::now();
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error}"),
    }
    (rest, began.elapsed())
}

/// A stub origin; `serve` gets each connection on a thread of its own.
pub(crate) fn origin(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (serve, stream) = (Arc::clone(&serve), stream.unwrap());
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            std::thread::spawn(move || serve(stream));
        }
    });
    port
}

/// An origin that answers each request with its own head as it arrived.
pub(crate) fn mirror() -> u16 {
    origin(|mut stream| {
        loop {
            let request = head(&mut stream);
            if request.is_empty() {
                return;
            }
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nAlt-Svc: h3=\":443\"\r\nContent-Length: {}\r\n\r\n{request}",
                request.len()
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
    })
}

/// An origin that sends back every byte.
pub(crate) fn echo() -> u16 {
    origin(|mut stream| {
        let mut other = stream.try_clone().unwrap();
        let _ = std::io::copy(&mut stream, &mut other);
        let _ = other.shutdown(std::net::Shutdown::Write);
    })
}

const PATIENCE: Duration = Duration::from_secs(20);
