use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A mail server on loopback that keeps what it is given, and that can be told to refuse.
#[derive(Debug)]
pub struct MailSink {
    address: SocketAddr,
    inside: Arc<Inside>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Inside {
    letters: Mutex<Vec<Letter>>,
    grown: Condvar,
    refuses: AtomicBool,
    down: AtomicBool,
    stops: AtomicBool,
}

/// A mail as the server got it.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Whom it is for.
    pub to: Vec<String>,
    /// Head and body, as they came over the wire.
    pub text: String,
}

impl MailSink {
    /// Starts the server on a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let inside = Arc::new(Inside::default());
        let shared = Arc::clone(&inside);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if shared.stops.load(Ordering::SeqCst) {
                    return;
                }
                if shared.down.load(Ordering::SeqCst) {
                    continue;
                }
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || shared.serve(&stream));
            }
        });
        Self {
            address,
            inside,
            thread: Some(thread),
        }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on every mail is refused for a while, or taken again.
    pub fn refuse(&self, refuses: bool) {
        self.inside.refuses.store(refuses, Ordering::SeqCst);
    }

    /// From now on nobody is served, as while the server is down, or everybody is again.
    pub fn down(&self, down: bool) {
        self.inside.down.store(down, Ordering::SeqCst);
    }

    /// All mails so far.
    pub fn letters(&self) -> Vec<Letter> {
        self.inside.lock().clone()
    }

    /// Waits for a mail that contains the text.
    pub fn wait_for(&self, text: &str) -> Letter {
        let mut letters = self.inside.lock();
        loop {
            if let Some(letter) = letters.iter().find(|letter| letter.text.contains(text)) {
                return letter.clone();
            }
            let waited = self.inside.grown.wait_timeout(letters, PATIENCE);
            let (held, timed) = waited.unwrap_or_else(PoisonError::into_inner);
            assert!(!timed.timed_out(), "no mail says `{text}`: {held:#?}");
            letters = held;
        }
    }
}

impl Inside {
    fn lock(&self) -> MutexGuard<'_, Vec<Letter>> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One conversation by RFC 5321, as far as a sender needs it.
    fn serve(&self, stream: &TcpStream) -> Option<()> {
        let mut out = stream;
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        let mut say = |words: &str| out.write_all(format!("{words}\r\n").as_bytes()).ok();
        say("220 sink.test ESMTP")?;
        let mut to = Vec::new();
        while let Some(line) = lines.next() {
            let word = line.get(..4).unwrap_or(&line).to_ascii_uppercase();
            match word.as_str() {
                "EHLO" => say("250-sink.test\r\n250 8BITMIME")?,
                "HELO" | "NOOP" => say("250 ok")?,
                "RSET" => {
                    to.clear();
                    say("250 ok")?;
                }
                "MAIL" if self.refuses.load(Ordering::SeqCst) => say("451 not now")?,
                "MAIL" => say("250 ok")?,
                "RCPT" => {
                    to.push(line.get(8..).unwrap_or_default().to_owned());
                    say("250 ok")?;
                }
                "DATA" => {
                    say("354 go on")?;
                    let text: Vec<String> = lines.by_ref().take_while(|line| line != ".").collect();
                    let letter = Letter {
                        to: std::mem::take(&mut to),
                        text: text.join("\n"),
                    };
                    self.lock().push(letter);
                    self.grown.notify_all();
                    say("250 taken")?;
                }
                "QUIT" => return say("221 bye"),
                _ => say("502 not known")?,
            }
        }
        None
    }
}

impl Drop for MailSink {
    fn drop(&mut self) {
        self.inside.stops.store(true, Ordering::SeqCst);
        // One more connection wakes the thread, which then looks at the word to stop.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A gateway on a loaded machine may be slow; one that writes no mail for so long never will.
const PATIENCE: Duration = Duration::from_secs(120);
