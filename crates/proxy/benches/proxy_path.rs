//! What one request, one tunnel and bulk bytes cost on the one core that carries them.
//!
//! Criterion times what a client sees; the lines printed first are the CPU time of the worker
//! thread alone, which is the figure to hold against the budgets.

#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]
#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

#[path = "../tests/doors/hello.rs"]
mod hello;
#[allow(dead_code, reason = "the stage has more than a bench needs")]
#[path = "../tests/doors/stage.rs"]
mod stage;

use criterion::{Criterion, criterion_group, criterion_main};
use stage::{PLAIN, Stage, origin};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Instant;

/// An origin that answers every request with one kilobyte.
fn kilobyte() -> u16 {
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n{}",
        "x".repeat(1024)
    );
    origin(move |mut stream| {
        stream.set_nodelay(true).unwrap();
        let mut buffer = [0; 8192];
        while stream.read(&mut buffer).is_ok_and(|count| count > 0) {
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    })
}

fn request(stream: &mut TcpStream, port: u16) {
    let request = format!(
        "GET http://school.test:{port}/a/page.html HTTP/1.1\r\nHost: school.test:{port}\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Encoding: gzip, deflate\r\nAccept-Language: en-GB,en;q=0.9\r\nConnection: keep-alive\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut buffer = [0; 4096];
    let mut got = 0;
    while got < 1024 + 60 {
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0);
        got += count;
        if buffer[..count].ends_with(b"xxxx") {
            break;
        }
    }
}

fn tunnel(stage: &Stage, port: u16, first: &[u8]) {
    let (mut stream, _) = stage.open_tunnel(PLAIN, &format!("school.test:{port}"));
    stream.write_all(first).unwrap();
    let mut got = vec![0; first.len()];
    stream.read_exact(&mut got).unwrap();
    stream.shutdown(Shutdown::Both).unwrap();
}

/// Nanoseconds that the worker thread has run.
fn worker_time() -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    tasks
        .map(|task| task.unwrap().path())
        .filter(|task| {
            std::fs::read_to_string(task.join("comm")).is_ok_and(|c| c.trim() == "proxy-0")
        })
        .map(|task| std::fs::read_to_string(task.join("schedstat")).unwrap())
        .map(|stat| stat.split(' ').next().unwrap().parse::<u64>().unwrap())
        .sum()
}

/// Runs some work and prints the worker's CPU time for each.
fn account(what: &str, count: u64, work: impl FnOnce()) {
    let (cpu, wall) = (worker_time(), Instant::now());
    work();
    let cpu = (worker_time() - cpu) as f64 / 1000.0 / count as f64;
    let wall = wall.elapsed().as_secs_f64();
    eprintln!(
        "{what}: {cpu:.2} µs of the worker's CPU each, {:.0} a second",
        count as f64 / wall
    );
}

fn requests(bench: &mut Criterion) {
    let port = kilobyte();
    let stage = Stage::new(port);
    let mut stream = stage.connect(PLAIN);
    for _ in 0..2000 {
        request(&mut stream, port);
    }
    account("1 KB request, one client", 50_000, || {
        for _ in 0..50_000 {
            request(&mut stream, port);
        }
    });
    account("1 KB request, sixteen clients", 64_000, || {
        std::thread::scope(|scope| {
            for _ in 0..16 {
                let mut stream = stage.connect(PLAIN);
                scope.spawn(move || (0..4000).for_each(|_| request(&mut stream, port)));
            }
        });
    });
    account("refused request with its page", 10_000, || {
        let mut stream = stage.connect(PLAIN);
        for _ in 0..10_000 {
            let request =
                b"GET http://bets.test/ HTTP/1.1\r\nHost: bets.test\r\nAccept: text/html\r\n\r\n";
            stream.write_all(request).unwrap();
            stage::answer(&mut stream);
        }
    });
    bench.bench_function("request_1k", |bencher| {
        bencher.iter(|| request(&mut stream, port))
    });
}

fn tunnels(bench: &mut Criterion) {
    let port = stage::echo();
    let stage = Stage::new(port);
    let first = hello::hello(Some("school.test"), false);
    (0..200).for_each(|_| tunnel(&stage, port, &first));
    account("CONNECT, set up and torn down", 5000, || {
        (0..5000).for_each(|_| tunnel(&stage, port, &first));
    });
    bulk(&first);
    bench.bench_function("connect", |bencher| {
        bencher.iter(|| tunnel(&stage, port, &first))
    });
}

fn bulk(first: &[u8]) {
    const GIGABYTES: u64 = 4;
    let piece = vec![7u8; 1 << 20];
    let port = origin(move |mut stream| {
        let mut buffer = [0; 4096];
        let _ = stream.read(&mut buffer);
        for _ in 0..GIGABYTES << 10 {
            if stream.write_all(&piece).is_err() {
                return;
            }
        }
    });
    let stage = Stage::new(port);
    let (mut stream, _) = stage.open_tunnel(PLAIN, &format!("school.test:{port}"));
    account("bulk through a tunnel, a gigabyte", GIGABYTES, || {
        stream.write_all(first).unwrap();
        let mut buffer = vec![0; 1 << 20];
        while stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
    });
}

criterion_group!(benches, requests, tunnels);
criterion_main!(benches);
