use crate::log::Log;
use crate::program::schoolgate;
use crate::{Person, Said, School, SmallDisk};
use serde_json::Value;
use std::cell::Cell;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A demo of the gateway as a program of its own: a whole school on loopback, whose clock a story
/// moves. It is ended when this is dropped; only this child, by its own id.
#[derive(Debug)]
pub struct Demo {
    root: PathBuf,
    /// The root as the gateway sees it, and the process whose mounts it sees, where not ours.
    seen: (PathBuf, Option<u32>),
    /// Removed when the story is over, where the folder is the demo's own.
    _own: Option<TempDir>,
    child: Option<Child>,
    addresses: Value,
    log: Arc<Log>,
    now: Cell<i64>,
    /// Whether each start plays a school day first.
    plays: bool,
}

impl Demo {
    /// Starts the demo of the example school, after the story has altered its files.
    pub fn start(alter: impl FnOnce(&mut School)) -> Self {
        let folder = TempDir::new().expect("a folder for the story");
        let mut school = School::example().on_loopback();
        // This machine's own addresses are a room of Key Stage 2, as in the demo itself.
        let network = school.text("config/network.toml");
        let wider = network.replacen(
            "\"127.20.0.0/16\"",
            "\"127.20.0.0/16\", \"127.0.0.0/24\"",
            1,
        );
        assert!(
            network != wider,
            "the network of Key Stage 2 is written otherwise now"
        );
        school.put("config/network.toml", &wider);
        alter(&mut school);
        let root = folder.path().to_owned();
        Self::begin(&root, Some(folder), &school, true)
    }

    /// Starts the demo of a school of the story's own, without a school day before it.
    pub fn of(school: &School) -> Self {
        let folder = TempDir::new().expect("a folder for the story");
        let root = folder.path().to_owned();
        Self::begin(&root, Some(folder), school, false)
    }

    /// As [`Demo::of`], on a small disk.
    pub fn on(disk: &SmallDisk, school: &School) -> Self {
        let seen = (disk.point().to_owned(), Some(disk.holder()));
        Self::launched(disk.folder(), seen, None, school, false)
    }

    fn begin(root: &Path, own: Option<TempDir>, school: &School, plays: bool) -> Self {
        Self::launched(root, (root.to_owned(), None), own, school, plays)
    }

    fn launched(
        root: &Path,
        seen: (PathBuf, Option<u32>),
        own: Option<TempDir>,
        school: &School,
        plays: bool,
    ) -> Self {
        school.write(root);
        let mut demo = Self {
            root: root.to_owned(),
            seen,
            _own: own,
            child: None,
            addresses: Value::Null,
            log: Log::new(),
            now: Cell::new(seconds(START) - 60),
            plays,
        };
        demo.resume();
        demo
    }

    /// Starts the demo on what is there, as after a power cut, and waits until its gateway runs.
    ///
    /// Its clock goes on a minute after the last moment that was told.
    pub fn resume(&mut self) {
        self.launch();
        let child = self.child.as_mut().expect("it was launched");
        let out = child.stdout.take().expect("its words are a pipe");
        let mut lines = BufReader::new(out).lines().map_while(Result::ok);
        let ready = lines.any(|line| line.starts_with("The gateway runs."));
        assert!(
            ready,
            "the demo ended before its gateway ran:\n{}",
            self.log.text()
        );
        // Whoever stops reading stops the demo.
        std::thread::spawn(move || lines.count());
        let status = self.status();
        self.addresses = status["running"]["addresses"].clone();
        if self.plays {
            self.tell_clock();
        }
    }

    /// Starts the demo on what is there without waiting for anything.
    pub fn launch(&mut self) {
        let mut command = self.start_command();
        let child = command.stderr(Stdio::piped()).spawn();
        let mut child = child.expect("the demo starts");
        self.log = Log::new();
        self.log
            .follow(child.stderr.take().expect("its log is a pipe"));
        self.child = Some(child);
    }

    /// Starts the demo where it is expected to end by itself; gives back its exit code and words.
    pub fn fails_to_start(&mut self) -> Said {
        let mut command = self.start_command();
        let mut child = command
            .stderr(Stdio::piped())
            .spawn()
            .expect("the demo starts");
        let out = child.stdout.take().expect("its words are a pipe");
        let mut lines = BufReader::new(out).lines().map_while(Result::ok);
        let runs = lines.any(|line| line.starts_with("The gateway runs."));
        if runs {
            let _ = child.kill();
        }
        let said = child.wait_with_output().expect("it is our child");
        assert!(!runs, "it runs on what it should refuse");
        said.into()
    }

    fn start_command(&mut self) -> Command {
        let mut command = self.program();
        command.args(["demo", "--no-accounts", "--folder"]);
        command.arg(&self.seen.0);
        for door in ["dns", "proxy", "management", "faces"] {
            command.args([&format!("--{door}-port"), "0"]);
        }
        self.now.set(self.now.get() + 60);
        if !self.plays {
            command.args(["--at", &moment(self.now.get())]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }

    /// The gateway's program, among the mounts of the disk that it works on.
    fn program(&self) -> Command {
        let Some(holder) = self.seen.1 else {
            return Command::new(schoolgate());
        };
        let mut command = Command::new("nsenter");
        command.args(["-U", "-m", "--preserve-credentials", "-t"]);
        command.arg(holder.to_string()).arg(schoolgate());
        command
    }

    /// What `status --json` says.
    pub fn status(&self) -> Value {
        let status = self.command(&["status", "--json"]).done();
        serde_json::from_str(&status).expect("status is JSON")
    }

    /// A path inside the demo's folder.
    pub fn path(&self, inside: &str) -> PathBuf {
        self.root.join(inside)
    }

    /// Runs a command of the gateway on the demo's state folder.
    pub fn command(&self, words: &[&str]) -> Said {
        let ended = self.spawn(words).wait_with_output();
        ended.expect("it is our child").into()
    }

    /// Starts a command of the gateway on the demo's state folder; what it says is kept in pipes.
    pub fn spawn(&self, words: &[&str]) -> Child {
        self.program()
            .args(words)
            .arg("--state")
            .arg(self.seen.0.join("state"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs")
    }

    /// The lines that it logged since it was started last.
    pub fn log(&self) -> String {
        self.log.text()
    }

    /// Moves the clock to a moment of the day of the story, such as `15:15:00`, in UTC; `39:15:00`
    /// is a quarter past three on the next one.
    pub fn jump(&self, time: &str) {
        self.now.set(seconds(time));
        self.tell_clock();
    }

    fn tell_clock(&self) {
        self.command(&["clock", &moment(self.now.get())]).done();
    }

    /// Moves the clock on by half a minute, so that a code of the second factor is a new one.
    pub fn wait_for_code(&self) {
        self.now.set(self.now.get() + 31);
        self.tell_clock();
    }

    /// The code that somebody's telephone shows now; a new one each time.
    pub fn code(&self, person: &Person) -> String {
        self.wait_for_code();
        person.code(DAY_BEGINS + self.now.get())
    }

    /// The first address of a door: `dns`, `proxy`, `management` or `faces`.
    pub fn address(&self, door: &str) -> SocketAddr {
        let found = &self.addresses[door];
        let text = found.as_str().or_else(|| found[0].as_str());
        let text = text.unwrap_or_else(|| panic!("no `{door}` in {}", self.addresses));
        text.parse().expect("an address")
    }

    /// The address of a page of the console.
    pub fn console(&self, path: &str) -> String {
        format!("https://{}{path}", self.address("management"))
    }

    /// The number of the gateway's process.
    pub fn process(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// What the gateway says of its own health, to anybody on this machine.
    pub fn health(&self) -> String {
        let mut stream = TcpStream::connect(self.address("management")).expect("it listens");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("a time limit");
        let ask = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
        stream.write_all(ask).expect("it reads");
        let mut said = String::new();
        stream.read_to_string(&mut said).expect("it answers");
        said
    }

    /// Waits until the gateway's health says something, or says it no longer.
    pub fn wait_for_health(&self, words: &str, says: bool) -> String {
        let began = Instant::now();
        loop {
            let said = self.health();
            if said.contains(words) == says {
                return said;
            }
            let over = began.elapsed() > PATIENCE;
            assert!(!over, "`{words}` in its health, wanted {says}: {said}");
            std::thread::yield_now();
        }
    }

    /// Waits until a visit to a host is written down: the journal runs behind the doors.
    pub fn wait_for_visit(&self, host: &str) {
        let began = Instant::now();
        while self.command(&["audit", "search", "--host", host]).code != Some(0) {
            assert!(
                began.elapsed() < PATIENCE,
                "no visit to {host} in the journal"
            );
        }
    }

    /// Ends the gateway as a power cut does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it is our child");
            child.wait().expect("it is our child");
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A moment of the day of the story or of the next ones, by its seconds.
fn moment(now: i64) -> String {
    let (days, hours) = (now / 86_400, now / 3_600 % 24);
    let (minutes, seconds) = (now / 60 % 60, now % 60);
    let day = DAY + days;
    format!("2026-11-{day:02}T{hours:02}:{minutes:02}:{seconds:02}Z")
}

fn seconds(time: &str) -> i64 {
    let parts = time.split(':').map(|part| part.parse::<i64>());
    parts.fold(0, |sum, part| sum * 60 + part.expect("hh:mm:ss"))
}

/// The morning after the demo's school day: a Tuesday in term.
const DAY: i64 = 24;
const DAY_BEGINS: i64 = 1_795_478_400;
const START: &str = "10:15:00";

/// A gateway on a loaded machine may be slow; one that has not done it by then never will.
const PATIENCE: Duration = Duration::from_secs(120);
