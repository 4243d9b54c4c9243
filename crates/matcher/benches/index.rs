//! Four designs of an index of names, and the rules for URLs, in one run.
//!
//! `cargo bench -p matcher --bench index -- [FILE]`: names are generated, or read from
//! a file of one name a line and filled up with generated ones. A look-up is of a host of three
//! labels: all its suffixes are asked. `alone` means that each waits for the one before, as a
//! single question does; `batched` that they do not.
#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

use matcher::{Artefact, Compiler, Coverage, ListMeta, Secret, UrlEnd, UrlRule};
use model::{Category, CategoryClass, Host, HostBuffer, Target, Vocabulary};
use std::collections::HashMap;
use std::hint::black_box;
use std::time::Instant;

const SIZES: [usize; 2] = [1_000_000, 5_000_000];
const ASKED: usize = 200_000;

fn main() {
    let file = std::env::args().skip(1).find(|text| !text.starts_with('-'));
    let listed = file.map_or_else(Vec::new, |file| {
        let text = std::fs::read_to_string(file).unwrap();
        let mut room = HostBuffer::new();
        let sound = |line: &&str| Host::normalise(line, &mut room).is_ok_and(is_name);
        text.lines().filter(sound).map(str::to_owned).collect()
    });
    // The largest comes first and ours first of all, so that the memory told is that of compiling.
    for size in SIZES.into_iter().rev() {
        let names = Names {
            listed: &listed,
            size,
        };
        println!("\n{size} names");
        ours(&names);
        strings(&names);
        sorted(&names);
        perfect(&names);
    }
    urls();
}

fn is_name(host: Host<'_>) -> bool {
    host.name().is_some_and(|name| name.as_str().contains('.'))
}

/// The names that are listed, and others that are not.
struct Names<'a> {
    listed: &'a [String],
    size: usize,
}

impl Names<'_> {
    fn at(&self, place: usize) -> String {
        match self.listed.get(place) {
            Some(name) => name.clone(),
            None => generated(place as u64),
        }
    }

    /// Below listed names, spread over all of them.
    fn hits(&self) -> Vec<String> {
        let spread = |n: usize| n.wrapping_mul(0xd134_2543_de82_ef95) % self.size;
        (0..ASKED).map(|n| self.at(spread(n))).collect()
    }

    fn misses(&self) -> Vec<String> {
        let other = |n| format!("www.{}", generated((self.size + n) as u64));
        (0..ASKED).map(other).collect()
    }
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

fn tell(
    design: &str,
    names: &Names<'_>,
    seconds: f64,
    bytes: f64,
    look: &mut dyn FnMut(&str) -> bool,
) {
    let (hits, misses) = (names.hits(), names.misses());
    let times = [&hits, &misses].map(|texts| [alone(texts, look), batched(texts, look)]);
    let found = hits.iter().filter(|text| look(text)).count();
    assert_eq!(found, hits.len(), "{design}");
    let false_ones = misses.iter().filter(|text| look(text)).count();
    println!(
        "  {design:<22} {seconds:>6.2} s  {bytes:>6.2} bytes a name  hit {:>4.0} alone {:>4.0} batched  miss {:>4.0} alone {:>4.0} batched ns  {false_ones} false",
        times[0][0], times[0][1], times[1][0], times[1][1],
    );
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

fn batched(texts: &[String], look: &mut dyn FnMut(&str) -> bool) -> f64 {
    least(|| texts.iter().filter(|text| look(text)).count())
}

fn alone(texts: &[String], look: &mut dyn FnMut(&str) -> bool) -> f64 {
    least(|| {
        let mut at = 0;
        for _ in 0..texts.len() {
            // Where to go next depends on the answer.
            let answer = usize::from(look(&texts[at]));
            at = (at + 7 + (black_box(answer) >> 1)) % texts.len();
        }
        at
    })
}

fn ours(names: &Names<'_>) {
    let vocabulary = vocabulary();
    let games = vocabulary.find("games").unwrap();
    let mut compiler = Compiler::new(&vocabulary);
    let list = compiler.list(ListMeta::new("bench", [games]));
    let mut room = HostBuffer::new();
    let began = Instant::now();
    for place in 0..names.size {
        let text = names.at(place);
        let name = Host::normalise(&text, &mut room).unwrap().name().unwrap();
        compiler.entry(list, name, Coverage::NameAndBelow);
    }
    let read = began.elapsed().as_secs_f64();
    let secret = Secret::new([1; 32]);
    let began = Instant::now();
    let compiled = compiler.compile(&secret).unwrap();
    let seconds = began.elapsed().as_secs_f64();
    let report = compiled.report().clone();
    let folder = tempfile::tempdir().unwrap();
    let path = compiled.write_to(folder.path()).unwrap();
    println!(
        "  {read:.2} s to generate and take in, {seconds:.2} s to compile, {} MB most memory, file {} MB",
        memory("VmHWM:"),
        report.bytes / 1_000_000
    );
    drop(compiled);
    let before = memory("VmRSS:");
    let began = Instant::now();
    let artefact = Artefact::open(&path, &secret).unwrap();
    let opened = began.elapsed().as_secs_f64() * 1000.0;
    println!(
        "  opened and checked in {opened:.0} ms, {} MB more resident",
        memory("VmRSS:").saturating_sub(before)
    );
    let bytes = report.hot_bytes as f64 / report.names as f64;
    tell("artefact", names, seconds, bytes, &mut |text| {
        let host = Host::from_lower(text.as_bytes()).unwrap();
        !artefact.label(&host).categories.is_empty()
    });
}

/// A line of what the kernel says of this process, in megabytes.
fn memory(line: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = status.lines().find_map(|text| text.strip_prefix(line));
    let number = found.and_then(|text| text.split_whitespace().next()?.parse::<usize>().ok());
    number.unwrap_or(0) / 1024
}

/// The text and its parents.
fn suffixes(text: &str) -> impl Iterator<Item = &str> {
    let parents = text.match_indices('.').map(|(at, _)| &text[at + 1..]);
    std::iter::once(text).chain(parents)
}

fn strings(names: &Names<'_>) {
    let before = memory("VmRSS:");
    let began = Instant::now();
    let mut map: HashMap<Box<str>, u16, foldhash::fast::FixedState> = HashMap::default();
    map.reserve(names.size);
    for place in 0..names.size {
        map.insert(names.at(place).into(), 1);
    }
    let seconds = began.elapsed().as_secs_f64();
    let bytes = memory("VmRSS:").saturating_sub(before) as f64 * 1_048_576.0 / names.size as f64;
    tell("hash map of strings", names, seconds, bytes, &mut |text| {
        suffixes(text).any(|suffix| map.contains_key(suffix))
    });
}

fn hash(text: &str) -> u64 {
    use std::hash::BuildHasher as _;
    foldhash::quality::FixedState::with_seed(7).hash_one(text)
}

/// Hashes in the order of a search tree, so that a search reads lines near each other first.
fn sorted(names: &Names<'_>) {
    let began = Instant::now();
    let mut hashes: Vec<u64> = (0..names.size)
        .map(|place| hash(&names.at(place)))
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    let mut tree = vec![0u64; hashes.len() + 1];
    let sets = vec![1u16; hashes.len() + 1];
    lay(&hashes, &mut tree, 1, &mut 0);
    let seconds = began.elapsed().as_secs_f64();
    tell("sorted hashes, tree", names, seconds, 10.0, &mut |text| {
        suffixes(text).any(|suffix| {
            let wanted = hash(suffix);
            let mut at = 1;
            while at < tree.len() {
                if tree[at] == wanted {
                    return sets[at] != 0;
                }
                at = 2 * at + usize::from(tree[at] < wanted);
            }
            false
        })
    });
}

fn lay(hashes: &[u64], tree: &mut [u64], at: usize, next: &mut usize) {
    if at < tree.len() {
        lay(hashes, tree, 2 * at, next);
        tree[at] = hashes[*next];
        *next += 1;
        lay(hashes, tree, 2 * at + 1, next);
    }
}

/// A perfect hash by displacement, with 32 bits to tell strangers by.
fn perfect(names: &Names<'_>) {
    let began = Instant::now();
    let mut hashes: Vec<u64> = (0..names.size)
        .map(|place| hash(&names.at(place)))
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    let buckets = hashes.len() / 4 + 1;
    let slots = hashes.len() * 100 / 96 + 1;
    let bucket_of = |hash: u64| ((u128::from(hash) * buckets as u128) >> 64) as usize;
    let slot_of = |hash: u64, seed: u16| {
        let mixed = (hash ^ u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .wrapping_mul(0xd6e8_feb8_6659_fd93);
        let mixed = (mixed ^ mixed >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
        ((u128::from(mixed) * slots as u128) >> 64) as usize
    };
    let mut groups: Vec<&[u64]> = hashes
        .chunk_by(|&one, &two| bucket_of(one) == bucket_of(two))
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let mut seeds = vec![0u16; buckets];
    let mut table = vec![(0u32, 0u16); slots];
    for group in groups {
        let fits = |seed: &u16| {
            let places: Vec<usize> = group.iter().map(|&one| slot_of(one, *seed)).collect();
            let own = |at: usize| places[..at].iter().all(|&other| other != places[at]);
            (0..places.len()).all(|at| table[places[at]].1 == 0 && own(at))
        };
        let seed = (0..=u16::MAX).find(fits).unwrap();
        seeds[bucket_of(group[0])] = seed;
        for &one in group {
            table[slot_of(one, seed)] = (one as u32, 1);
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let bytes = (seeds.len() * 2 + slots * 6) as f64 / hashes.len() as f64;
    tell("perfect hash", names, seconds, bytes, &mut |text| {
        suffixes(text).any(|suffix| {
            let hash = hash(suffix);
            let found = table[slot_of(hash, seeds[bucket_of(hash)])];
            found.0 == hash as u32 && found.1 != 0
        })
    });
}

/// 40,000 rules for URLs.
fn urls() {
    let vocabulary = vocabulary();
    let games = vocabulary.find("games").unwrap();
    let mut compiler = Compiler::new(&vocabulary);
    let list = compiler.list(ListMeta::new("bench", [games]));
    let mut room = HostBuffer::new();
    for number in 0..40_000u64 {
        // Some hosts have many.
        let host = generated(number - number % (1 + number % 7));
        let path = format!("/folder{}/page-{number}.html", number % 13);
        let rule = UrlRule {
            host: Host::normalise(&host, &mut room).unwrap(),
            coverage: Coverage::NameAndBelow,
            path: &path,
            end: UrlEnd::Segment,
        };
        compiler.url(list, &rule).unwrap();
    }
    let secret = Secret::new([1; 32]);
    let compiled = compiler.compile(&secret).unwrap();
    let artefact = Artefact::from_bytes(compiled.into_bytes(), &secret).unwrap();
    println!("\n40000 rules for URLs");
    let url = |host: String, number: u64| {
        format!(
            "https://{host}/folder{}/page-{number}.html?x=1",
            number % 13
        )
    };
    for (kind, texts) in [
        (
            "listed page",
            (0..40_000)
                .map(|n| url(generated(n - n % (1 + n % 7)), n))
                .collect(),
        ),
        (
            "listed host, other page",
            (0..40_000).map(|n| url(generated(n), n + 1)).collect(),
        ),
        (
            "other host",
            (0..40_000)
                .map(|n| url(generated(n + 50_000), n))
                .collect::<Vec<_>>(),
        ),
    ] {
        let mut rooms: Vec<HostBuffer> = texts.iter().map(|_| HostBuffer::new()).collect();
        let targets: Vec<Target<'_>> = texts
            .iter()
            .zip(&mut rooms)
            .map(|(text, room)| Target::parse(text, room).unwrap())
            .collect();
        let hosts = least_of(&targets, |target| {
            !artefact.label(&target.host).categories.is_empty()
        });
        let all = least_of(&targets, |target| {
            !artefact.label_target(target).categories.is_empty()
        });
        println!(
            "  {kind:<24} {:>5.0} ns, of which the host {hosts:>3.0}",
            all
        );
    }
}

fn least_of(targets: &[Target<'_>], look: impl Fn(&Target<'_>) -> bool) -> f64 {
    let pass = |_| {
        let began = Instant::now();
        black_box(targets.iter().filter(|target| look(target)).count());
        began.elapsed().as_nanos() as f64 / targets.len() as f64
    };
    (0..9).map(pass).fold(f64::INFINITY, f64::min)
}
