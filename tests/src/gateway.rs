use crate::log::Log;
use crate::program::schoolgate;
use crate::{Installation, Said};
use serde_json::Value;
use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::fs::FileExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The gateway as a program of its own, on an installation.
///
/// It is ended when this is dropped; only this child, by its own id.
#[derive(Debug)]
pub struct Gateway {
    child: Child,
    log: Arc<Log>,
    dns: SocketAddr,
    proxy: SocketAddr,
    management: SocketAddr,
    /// From the start of the program until it said that it was ready.
    pub took: Duration,
}

impl Gateway {
    /// Starts the gateway and waits until it is ready.
    pub fn start(installation: &Installation) -> Self {
        let began = Instant::now();
        let mut child = Self::command(installation)
            .spawn()
            .expect("the gateway starts");
        let log = Log::new();
        log.follow(child.stderr.take().expect("the log is a pipe"));
        let Some(ready) = log.find(0, "\"message\":\"ready\"") else {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the gateway did not become ready:\n{}", log.text());
        };
        let took = began.elapsed();
        let line: Value = serde_json::from_str(&ready.1).expect("the log is JSON lines");
        let address = |key: &str| {
            let text = line[key]
                .as_str()
                .unwrap_or_default()
                .trim_matches(['[', ']']);
            let first = text.split(", ").next().unwrap_or_default();
            first
                .parse()
                .unwrap_or_else(|error| panic!("`{key}` of {line}: {error}"))
        };
        Self {
            dns: address("dns"),
            proxy: address("proxy"),
            management: address("management"),
            child,
            log,
            took,
        }
    }

    /// Runs the gateway where it is expected to end by itself.
    pub fn run_to_its_end(installation: &Installation) -> Said {
        Self::command(installation)
            .output()
            .expect("the gateway starts")
            .into()
    }

    fn command(installation: &Installation) -> Command {
        let mut command = Command::new(schoolgate());
        command
            .arg("run")
            .args(installation.config())
            .args(installation.state())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    /// Where DNS is answered.
    pub const fn dns(&self) -> SocketAddr {
        self.dns
    }

    /// Where the proxy listens.
    pub const fn proxy(&self) -> SocketAddr {
        self.proxy
    }

    /// Where health and metrics are told.
    pub const fn management(&self) -> SocketAddr {
        self.management
    }

    /// How many lines the gateway has said, to look from there on.
    pub fn said(&self) -> usize {
        self.log.len()
    }

    /// Waits for a line that contains the text, from a line on; gives back the line.
    pub fn wait_for(&self, from: usize, text: &str) -> String {
        let found = self.log.find(from, text);
        found
            .unwrap_or_else(|| panic!("it never said `{text}`:\n{}", self.log.text()))
            .1
    }

    /// All lines so far.
    pub fn log(&self) -> String {
        self.log.text()
    }

    /// What the system says of the process in a file of its folder in `/proc`.
    pub fn process(&self, file: &str) -> String {
        let path = format!("/proc/{}/{file}", self.child.id());
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("`{path}`: {error}"))
    }

    /// How often each of some texts stands in the memory of the process just now.
    pub fn remembered<const N: usize>(&self, texts: [&str; N]) -> [usize; N] {
        let maps = self.process("maps");
        let path = format!("/proc/{}/mem", self.child.id());
        let memory = File::open(&path).unwrap_or_else(|error| panic!("`{path}`: {error}"));
        let mut found = [0; N];
        for line in maps.lines() {
            let mut words = line.split_whitespace();
            let (span, rights) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
            // What the kernel lends is no memory of the process.
            if !rights.starts_with("rw") || line.contains("[v") {
                continue;
            }
            let ends = span.split_once('-').map(|(from, until)| {
                [from, until].map(|end| u64::from_str_radix(end, 16).unwrap_or(0))
            });
            let [from, until] = ends.unwrap_or_default();
            count(&memory, from, until, texts, &mut found);
        }
        found
    }

    /// Tells the gateway to read its files again.
    pub fn reload(&self) {
        self.signal(rustix::process::Signal::HUP);
    }

    /// Tells the gateway to stop and waits until it has; gives back its exit code.
    pub fn stop(mut self) -> Option<i32> {
        self.signal(rustix::process::Signal::TERM);
        self.child.wait().expect("it is our child").code()
    }

    /// Ends the gateway as a power cut does.
    pub fn kill(mut self) {
        self.child.kill().expect("it is our child");
        self.child.wait().expect("it is our child");
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).expect("it is our child");
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Counts texts between two places of a file; one that lies over the edge of two pieces is counted
/// once.
fn count<const N: usize>(
    file: &File,
    from: u64,
    until: u64,
    texts: [&str; N],
    found: &mut [usize; N],
) {
    let longest = texts.iter().map(|text| text.len()).max().unwrap_or(0);
    let mut piece = vec![0; 1 << 20];
    let (mut at, mut held) = (from, 0);
    while at < until {
        let room = (piece.len() - held) as u64;
        let wanted = usize::try_from((until - at).min(room)).unwrap_or(0);
        // What was given back since the map was read is no longer there.
        let Ok(read) = file.read_at(&mut piece[held..held + wanted], at) else {
            break;
        };
        if read == 0 {
            break;
        }
        at += read as u64;
        let whole = &piece[..held + read];
        for (text, found) in texts.iter().zip(&mut *found) {
            // What ends within the held part was counted with the piece before.
            let places = memchr::memmem::find_iter(whole, text.as_bytes());
            *found += places.filter(|place| place + text.len() > held).count();
        }
        let kept = whole.len().min(longest.saturating_sub(1));
        let start = whole.len() - kept;
        piece.copy_within(start..start + kept, 0);
        held = kept;
    }
}
