//! Swaps the lists again and again while clients ask: is any answer lost?
//!
//! `cargo run --release -p schoolgate-tests --example swaps -- [SWAPS] [DNS/s] [HTTP/s] [NAMES]`
//!
//! Unless said: 200 swaps, 5,000 DNS questions and 200 proxied requests a second, 100,000 names.
//! It takes 50 seconds on loopback, and prints what was asked, answered and lost, how long the
//! slowest took, and how much memory the process had before and after. Server and clients share
//! the process, so the memory is that of both.

use schoolgate_tests::{Doors, School};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What one kind of client saw.
#[derive(Default)]
struct Seen {
    asked: AtomicU64,
    wrong: AtomicU64,
    took: Mutex<Vec<u32>>,
}

impl Seen {
    fn answered(&self, since: Instant, good: bool) {
        let micros = u32::try_from(since.elapsed().as_micros()).unwrap_or(u32::MAX);
        if let Ok(mut took) = self.took.lock() {
            took.push(micros);
        }
        if !good {
            self.wrong.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn say(&self, what: &str) {
        let mut took = self
            .took
            .lock()
            .map(|took| took.clone())
            .unwrap_or_default();
        took.sort_unstable();
        let at = |share: f64| {
            let place = (took.len() as f64 * share) as usize;
            took.get(place.min(took.len().saturating_sub(1)))
                .copied()
                .unwrap_or(0)
        };
        let asked = self.asked.load(Ordering::Relaxed);
        println!(
            "{what:<8} {asked} asked, {} answered, {} lost, {} wrong; µs p50 {} p99 {} p99.9 {} most {}",
            took.len(),
            asked - took.len() as u64,
            self.wrong.load(Ordering::Relaxed),
            at(0.5),
            at(0.99),
            at(0.999),
            took.last().copied().unwrap_or(0),
        );
    }
}

fn main() {
    let mut words = std::env::args()
        .skip(1)
        .map(|word| word.parse::<u64>().ok());
    let mut next = |usual: u64| words.next().flatten().unwrap_or(usual);
    let (swaps, dns, http, names) = (next(200), next(5_000), next(200), next(100_000));
    let states = [0, 1].map(|kind| {
        let mut school = School::example().on_loopback();
        school.put("config/expectations.toml", "");
        let mut text = String::from(
            "# title: Many\n# category: gambling\n# written: 2026-11-22\n# source: made up\n\
             # licence: MIT OR Apache-2.0\n\n",
        );
        for n in 0..names {
            text += &format!("many{n}-{kind}.example\n");
        }
        school.put("blocklists/starter/many.txt", &text);
        school.state()
    });
    let now = "2026-11-23T10:15:00Z"
        .parse()
        .unwrap_or_else(|_| unreachable!("a moment"));
    let doors = Doors::open(&School::example().on_loopback(), now);
    doors.swap(states[0].clone());
    let before = resident();
    let stop = AtomicBool::new(false);
    let (asked, carried) = (Arc::new(Seen::default()), Seen::default());
    let reader = UdpSocket::bind((Ipv4Addr::new(127, 60, 0, 20), 0));
    let socket = reader.unwrap_or_else(|error| panic!("no socket: {error}"));
    let began = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| ask(&socket, doors.dns(), dns, &stop, &asked));
        for _ in 0..WORKERS {
            scope.spawn(|| carry(&doors, http, &stop, &carried));
        }
        for swap in 0..swaps {
            doors.swap(states[(swap % 2) as usize].clone());
            std::thread::sleep(Duration::from_millis(250));
        }
        stop.store(true, Ordering::Relaxed);
    });
    println!(
        "{swaps} swaps in {} s, {names} names each",
        began.elapsed().as_secs()
    );
    asked.say("DNS");
    carried.say("proxy");
    println!("resident {} MiB before, {} MiB after", before, resident());
}

/// Asks at a rate; each question is for a name that one of the states closes for staff, or both.
fn ask(socket: &UdpSocket, to: SocketAddr, rate: u64, stop: &AtomicBool, seen: &Arc<Seen>) {
    let sent: Arc<Vec<Mutex<Option<Instant>>>> =
        Arc::new((0..=u16::MAX).map(|_| Mutex::new(None)).collect());
    let _timeout = socket.set_read_timeout(Some(Duration::from_secs(2)));
    let ears = socket
        .try_clone()
        .unwrap_or_else(|error| panic!("no socket: {error}"));
    let (heard, hears) = (Arc::clone(&sent), Arc::clone(seen));
    let listener = std::thread::spawn(move || {
        let mut room = [0; 1500];
        while let Ok(length) = ears.recv(&mut room) {
            let id = u16::from_be_bytes([room[0], room[1]]);
            let since = heard[usize::from(id)]
                .lock()
                .ok()
                .and_then(|mut held| held.take());
            if let Some(since) = since {
                // A name of a gambling site that is on the starter list: closed by both.
                hears.answered(since, length > 12 && room[3] & 15 == 3);
            }
        }
    });
    let began = Instant::now();
    let mut count = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        let due = began.elapsed().as_micros() as u64 * rate / 1_000_000;
        while count < due {
            let id = count as u16;
            if let Ok(mut held) = sent[usize::from(id)].lock() {
                *held = Some(Instant::now());
            }
            seen.asked.fetch_add(1, Ordering::Relaxed);
            let _sent = socket.send_to(&question(id, "www.bet365.com"), to);
            count += 1;
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    let _ended = listener.join();
}

fn question(id: u16, name: &str) -> Vec<u8> {
    let mut bytes = id.to_be_bytes().to_vec();
    bytes.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.split('.') {
        bytes.push(label.len() as u8);
        bytes.extend(label.as_bytes());
    }
    bytes.extend([0, 0, 1, 0, 1]);
    bytes
}

/// Asks the proxy at a share of the rate, one request after the other.
fn carry(doors: &Doors, rate: u64, stop: &AtomicBool, seen: &Seen) {
    let staff = IpAddr::V4(Ipv4Addr::new(127, 60, 0, 20));
    let began = Instant::now();
    let mut count = 0;
    while !stop.load(Ordering::Relaxed) {
        let due = began.elapsed().as_micros() as u64 * rate / WORKERS / 1_000_000;
        if count >= due {
            std::thread::sleep(Duration::from_millis(1));
            continue;
        }
        count += 1;
        seen.asked.fetch_add(1, Ordering::Relaxed);
        let since = Instant::now();
        let (status, _) = doors.get(staff, "http://www.bet365.com/");
        seen.answered(since, status == 403);
    }
}

/// Memory in use, in MiB.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = text
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .unwrap_or(0);
    pages * 4 / 1024
}

const WORKERS: u64 = 4;
