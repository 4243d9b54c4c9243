//! Four designs of an index of names, and the rules for URLs, in one run.
//!
//! `cargo bench -p matcher --bench index -- [FILE]`: names are generated, or read from
//! a file of one name a line, each once, and filled up with generated ones. A look-up is of a host
//! of three labels: all its suffixes are asked. `alone` means that each waits for the one before,
//! as a single question does; `batched` that they do not. Hosts are in canonical form before the
//! clock starts, for all designs alike; what that costs is told apart.
#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

mod others;
mod urls;

use matcher::{Artefact, Compiler, Coverage, ListMeta, Secret};
use model::{Category, CategoryClass, Host, HostBuffer, Name, Vocabulary};
use std::borrow::Cow;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::time::Instant;

const SIZES: [usize; 2] = [5_000_000, 1_000_000];
const ASKED: usize = 200_000;

fn main() {
    let file = std::env::args().skip(1).find(|text| !text.starts_with('-'));
    urls::urls();
    // The largest comes first and ours first of all, so that the memory told is that of compiling.
    for size in SIZES {
        println!("\n{size} names");
        let artefact = compiled(file.as_deref(), size);
        let names = Names::read(file.as_deref(), size);
        normalising(&names);
        ours(&artefact, &names);
        drop(artefact);
        others::strings(&names);
        others::sorted(&names);
        others::perfect(&names);
    }
}

/// The names that are listed, and others that are not.
struct Names {
    /// The names of the file, each ended by a line end.
    text: String,
    /// Where each starts, and one more for the end.
    starts: Vec<usize>,
    size: usize,
}

impl Names {
    fn read(file: Option<&str>, size: usize) -> Self {
        let (mut text, mut starts) = (String::new(), vec![0]);
        each_listed(file, size, &mut |name| {
            text.push_str(name);
            text.push('\n');
            starts.push(text.len());
        });
        Self { text, starts, size }
    }

    fn at(&self, place: usize) -> Cow<'_, str> {
        match self.starts.get(place..place + 2) {
            Some(pair) => Cow::Borrowed(&self.text[pair[0]..pair[1] - 1]),
            None => Cow::Owned(generated(place as u64)),
        }
    }

    /// Listed names, spread over all of them.
    fn hits(&self) -> Vec<String> {
        let spread = |n: usize| n.wrapping_mul(0xd134_2543_de82_ef95) % self.size;
        (0..ASKED)
            .map(|n| self.at(spread(n)).into_owned())
            .collect()
    }

    fn below(&self) -> Vec<String> {
        let hits = self.hits().into_iter();
        hits.map(|name| format!("w3.{name}")).collect()
    }

    fn misses(&self) -> Vec<String> {
        let other = |n| format!("www.{}", generated((self.size + n) as u64));
        (0..ASKED).map(other).collect()
    }
}

/// Reads the names of the file that are sound, at most so many, holding one at a time; gives how
/// many there were.
fn each_listed(file: Option<&str>, size: usize, each: &mut dyn FnMut(&str)) -> usize {
    let Some(file) = file else { return 0 };
    let mut room = HostBuffer::new();
    let (mut lines, mut line) = (BufReader::new(File::open(file).unwrap()), String::new());
    let mut count = 0;
    while count < size && lines.read_line(&mut line).unwrap() > 0 {
        let host = Host::normalise(line.trim_end(), &mut room);
        let name = host.ok().and_then(Host::name);
        if let Some(name) = name.filter(|name| name.as_str().contains('.')) {
            each(name.as_str());
            count += 1;
        }
        line.clear();
    }
    count
}

/// Names that look like those of published lists.
fn generated(number: u64) -> String {
    let mixed = (number ^ 0x5851_f42d_4c95_7f2d).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let top = ["com", "net", "org", "co.uk", "info", "online"][(mixed >> 8) as usize % 6];
    match mixed % 3 {
        0 => format!("www.{:x}.{top}", mixed >> 20),
        1 => format!("site-{:x}.{top}", mixed >> 12),
        _ => format!("a{}.host{:x}.{top}", mixed % 97, mixed >> 24),
    }
}

fn vocabulary() -> Vocabulary {
    Vocabulary::new(vec![Category {
        id: "games".into(),
        title: "Games".into(),
        words: "Games.".into(),
        theme: "School policy".into(),
        theme_2023: None,
        offence: None,
        class: CategoryClass::Against,
        default: None,
        locked: false,
        alert: false,
        minimum_age: None,
    }])
    .unwrap()
}

/// Compiles the names, and opens what came of it.
fn compiled(file: Option<&str>, size: usize) -> Artefact {
    let vocabulary = vocabulary();
    let games = vocabulary.find("games").unwrap();
    let mut compiler = Compiler::new(&vocabulary);
    let list = compiler.list(ListMeta::new("bench", [games]).third_party());
    let began = Instant::now();
    let mut room = HostBuffer::new();
    let mut take = |text: &str| {
        let name = Host::normalise(text, &mut room).unwrap().name().unwrap();
        compiler.entry(list, name, Coverage::NameAndBelow);
    };
    let listed = each_listed(file, size, &mut take);
    for place in listed..size {
        take(&generated(place as u64));
    }
    let read = began.elapsed().as_secs_f64();
    let secret = Secret::new([1; 32]);
    let began = Instant::now();
    let mut stages = Vec::new();
    let compiled = compiler.compile_watched(&secret, &mut |progress| {
        if progress.done == progress.total {
            let at = began.elapsed().as_secs_f64();
            stages.push(format!("{:?} by {at:.2}", progress.stage));
        }
        ControlFlow::Continue(())
    });
    let compiled = compiled.unwrap();
    let seconds = began.elapsed().as_secs_f64();
    let report = compiled.report().clone();
    println!(
        "  {listed} names of the file; {read:.2} s to read or generate and take in, {seconds:.2} s to compile ({}), {} MiB most memory",
        stages.join(", "),
        memory("VmHWM:"),
    );
    println!(
        "  {:.2} bytes a name that look-up reads, {:.1} MB in all",
        report.hot_bytes as f64 / report.names as f64,
        report.bytes as f64 / 1e6,
    );
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let path = compiled.write_to(folder.path()).unwrap();
    println!("  written in {:.2} s", began.elapsed().as_secs_f64());
    drop(compiled);
    let before = memory("VmRSS:");
    let began = Instant::now();
    let artefact = Artefact::open(&path, &secret).unwrap();
    println!(
        "  opened and checked in {:.1} ms, {} MiB more resident",
        began.elapsed().as_secs_f64() * 1000.0,
        memory("VmRSS:").saturating_sub(before),
    );
    artefact
}

fn ours(artefact: &Artefact, names: &Names) {
    let before = memory("RssFile:");
    tell("artefact (this crate)", names, &mut |host| {
        !artefact.label(host).categories.is_empty()
    });
    println!(
        "  {} MiB of files resident before, {} after the look-ups",
        before,
        memory("RssFile:"),
    );
}

/// What it costs to read a host, and to bring one into the canonical form.
fn normalising(names: &Names) {
    let texts = names.hits();
    tell("no index at all", names, &mut |host| {
        let text = host.name().map(Name::as_str).unwrap_or_default();
        text.as_bytes().first() != Some(&0)
    });
    let lower = least(|| {
        let sound = |text: &&String| Host::from_lower(text.as_bytes()).is_ok();
        texts.iter().filter(sound).count()
    });
    let mut room = HostBuffer::new();
    let any = least(|| {
        let sound = |text: &&String| Host::normalise(text, &mut room).is_ok();
        texts.iter().filter(sound).count()
    });
    println!("  canonical form: {lower:.0} ns to check, {any:.0} ns to make");
}

/// Tells the times of one design for hosts that are listed, lie below a listed one, or neither.
fn tell(design: &str, names: &Names, look: &mut dyn FnMut(&Host<'_>) -> bool) {
    print!("  {design:<22}");
    let kinds = [
        ("hit", names.hits()),
        ("below", names.below()),
        ("miss", names.misses()),
    ];
    for (kind, texts) in kinds {
        let hosts = texts.iter().map(|text| Host::from_lower(text.as_bytes()));
        let hosts: Vec<Host<'_>> = hosts.map(Result::unwrap).collect();
        let (alone, batched) = (alone(&hosts, look), batched(&hosts, look));
        let found = hosts.iter().filter(|host| look(host)).count();
        print!("  {kind} {alone:>4.0} {batched:>4.0} ns, {found} found");
    }
    println!("   (each: alone, batched)");
}

/// The least of several passes, in nanoseconds a look-up.
fn least(mut pass: impl FnMut() -> usize) -> f64 {
    let time = |_| {
        let began = Instant::now();
        black_box(pass());
        began.elapsed().as_nanos() as f64 / ASKED as f64
    };
    (0..7).map(time).fold(f64::INFINITY, f64::min)
}

fn batched(hosts: &[Host<'_>], look: &mut dyn FnMut(&Host<'_>) -> bool) -> f64 {
    least(|| hosts.iter().filter(|host| look(host)).count())
}

fn alone(hosts: &[Host<'_>], look: &mut dyn FnMut(&Host<'_>) -> bool) -> f64 {
    least(|| {
        let mut at = 0;
        for _ in 0..hosts.len() {
            // Where to go next depends on the answer.
            let answer = usize::from(look(&hosts[at]));
            at = (at + 7 + (black_box(answer) >> 1)) % hosts.len();
        }
        at
    })
}

/// A line of what the kernel says of this process, in MiB.
fn memory(line: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = status.lines().find_map(|text| text.strip_prefix(line));
    let number = found.and_then(|text| text.split_whitespace().next()?.parse::<usize>().ok());
    number.unwrap_or(0) / 1024
}
