use crate::program::schoolgate;
use crate::{Person, Said, School, gateway_command};
use serde_json::Value;
use std::cell::Cell;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A demo of the gateway as a program of its own: a whole school on loopback, whose clock a story
/// moves. It is ended when this is dropped; only this child, by its own id.
#[derive(Debug)]
pub struct Demo {
    folder: TempDir,
    child: Option<Child>,
    addresses: Value,
    now: Cell<i64>,
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
        school.write(folder.path());
        let mut demo = Self {
            folder,
            child: None,
            addresses: Value::Null,
            now: Cell::new(0),
        };
        demo.resume();
        demo
    }

    /// Starts the demo on what is there, as after a power cut.
    pub fn resume(&mut self) {
        let mut child = Command::new(schoolgate())
            .args(["demo", "--folder"])
            .arg(self.folder.path())
            .args([
                "--dns-port",
                "0",
                "--proxy-port",
                "0",
                "--management-port",
                "0",
            ])
            .args(["--faces-port", "0", "--no-accounts"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the demo starts");
        let out = child.stdout.take().expect("its words are a pipe");
        let mut lines = BufReader::new(out).lines().map_while(Result::ok);
        let ready = lines.any(|line| line.starts_with("The gateway runs."));
        assert!(ready, "the demo ended before its gateway ran");
        // Whoever stops reading stops the demo.
        std::thread::spawn(move || lines.count());
        self.child = Some(child);
        let status = self.command(&["status", "--json"]).done();
        let status: Value = serde_json::from_str(&status).expect("status is JSON");
        self.addresses = status["running"]["addresses"].clone();
        self.jump(START);
    }

    /// A path inside the demo's folder.
    pub fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    /// Runs a command of the gateway on the demo's state folder.
    pub fn command(&self, words: &[&str]) -> Said {
        let state = self.path("state");
        let state = state.to_str().expect("a plain path");
        let mut all = words.to_vec();
        all.extend(["--state", state]);
        gateway_command(&all)
    }

    /// Moves the clock to a moment of the day of the story, such as `15:15:00`, in UTC.
    pub fn jump(&self, time: &str) {
        let to = format!("{DAY}T{time}Z");
        self.command(&["clock", &to]).done();
        let mut parts = time
            .split(':')
            .map(|part| part.parse::<i64>().expect("hh:mm:ss"));
        let mut next = || parts.next().unwrap_or_default();
        self.now.set(next() * 3_600 + next() * 60 + next());
    }

    /// Moves the clock on by half a minute, so that a code of the second factor is a new one.
    pub fn wait_for_code(&self) {
        let now = self.now.get() + 31;
        self.jump(&format!(
            "{:02}:{:02}:{:02}",
            now / 3_600,
            now / 60 % 60,
            now % 60
        ));
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

/// The morning after the demo's school day: a Tuesday in term.
const DAY: &str = "2026-11-24";
const DAY_BEGINS: i64 = 1_795_478_400;
const START: &str = "10:15:00";
