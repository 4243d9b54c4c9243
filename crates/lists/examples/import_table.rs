//! Reads a folder of published lists and prints what each gives.
//!
//! `cargo run -p lists --example import_table -- DIR`. Every file is either a list of a format
//! that its place in the folder tells, or named at the end as no list. The lines that the parsers
//! counted are compared with those that a plain reading of the unpacked file counts. The peak of
//! memory of a row holds the packed list and the plain reading of it too.

#![allow(clippy::unwrap_used, reason = "a faulty folder ends the program")]

use lists::{Covers, Entry, Format, Import, Item, Parsed, Rules, Suffixes};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("name a folder of lists"));
    let mut files = Vec::new();
    walk(&folder, Path::new(""), &mut files);
    files.sort();
    let mut sum = Row::default();
    let mut left = Vec::new();
    let mut highest = 0;
    println!("{}", Row::HEAD);
    for group in grouped(&files) {
        let Some((format, rest)) = format_of(&group.name) else {
            left.push(group);
            continue;
        };
        let row = group.read(&folder, format, rest, &files);
        println!("{}", row.line(&group.name, format));
        highest = highest.max(row.peak);
        row.reasons(&group.name);
        sum.add(&row);
    }
    sum.peak = highest;
    println!("{}", sum.line("all", Format::Plain));
    for (reason, count) in &sum.parsed.refused.counts {
        println!("{count:>10}  {}", reason.words());
    }
    let lines: usize = left.iter().map(|group| group.lines(&folder)).sum();
    println!("no lists: {} files with {lines} lines", left.len());
    for group in &left {
        println!("    {}", group.name);
    }
}

/// A list: one file, or the files of a folder.
struct Group {
    name: String,
    files: Vec<String>,
}

fn grouped(files: &[String]) -> Vec<Group> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let own = file.starts_with("ut1/plain/") && folder != "ut1/plain";
        let name = if own { folder } else { file };
        groups
            .entry(name.to_owned())
            .or_default()
            .push(file.clone());
    }
    let groups = groups.into_iter();
    groups.map(|(name, files)| Group { name, files }).collect()
}

impl Group {
    fn read(&self, folder: &Path, format: Format, rest: Rest, all: &[String]) -> Row {
        forget_peak();
        let bytes: Vec<(String, Vec<u8>)> = self
            .files
            .iter()
            .map(|file| (file.clone(), std::fs::read(folder.join(file)).unwrap()))
            .collect();
        let single = bytes.len() == 1;
        let files: Vec<(&str, &[u8])> = bytes
            .iter()
            .map(|(name, bytes)| (if single { "" } else { name.as_str() }, bytes.as_slice()))
            .collect();
        let stored: Vec<(&String, Vec<u8>)> = match rest.library {
            None => Vec::new(),
            Some(library) => all
                .iter()
                .filter(|file| file.starts_with(library))
                .map(|file| (file, std::fs::read(folder.join(file)).unwrap()))
                .collect(),
        };
        let library: Vec<(&str, &[u8])> = stored
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
            .collect();
        let rules = Rules {
            covers: rest.covers,
            suffixes: rest.suffixes,
            ..Rules::third_party(format)
        };
        let import = Import {
            encoding: encoding_of(&self.name),
            library: &library,
            ..Import::new(rules)
        };
        let mut row = Row::default();
        let began = Instant::now();
        let parsed = import.read_files(&files, &mut |item| {
            row.count(&item);
            None
        });
        row.seconds = began.elapsed().as_secs_f64();
        row.peak = peak_memory().unwrap_or_default();
        row.parsed = parsed.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        assert!(row.parsed.adds_up(), "{}: {:?}", self.name, row.parsed);
        if library.is_empty() {
            assert_eq!(
                row.parsed.lines,
                self.lines_of(folder, format),
                "{}",
                self.name
            );
        }
        row
    }

    fn lines(&self, folder: &Path) -> usize {
        let read = |file: &String| lines_in(&unpacked(&std::fs::read(folder.join(file)).unwrap()));
        self.files.iter().map(read).sum()
    }

    /// The lines of the files that the format reads, counted without the parsers.
    fn lines_of(&self, folder: &Path, format: Format) -> usize {
        let belongs = |path: &str| {
            let file = path.rsplit('/').next().unwrap();
            let of_kind = |kind: &str| file == kind || file.starts_with(&format!("{kind}_"));
            match format {
                Format::Squidguard => matches!(file, "domains" | "urls" | "expressions"),
                Format::PhrasesBanned => of_kind("banned"),
                Format::PhrasesWeighted => of_kind("weighted"),
                Format::PhrasesException => of_kind("exception"),
                _ => true,
            }
        };
        let mut lines = 0;
        for file in &self.files {
            let text = unpacked(&std::fs::read(folder.join(file)).unwrap());
            if file.ends_with(".tar.gz") {
                for entry in tar::Archive::new(&*text).entries().unwrap() {
                    let mut entry = entry.unwrap();
                    if entry.header().entry_type().is_file()
                        && belongs(&entry.path().unwrap().to_string_lossy())
                    {
                        let mut text = Vec::new();
                        entry.read_to_end(&mut text).unwrap();
                        lines += lines_in(&text);
                    }
                }
            } else if self.files.len() == 1 || belongs(file) {
                lines += lines_in(&text);
            }
        }
        lines
    }
}

fn lines_in(text: &[u8]) -> usize {
    let ends = text.iter().filter(|&&byte| byte == b'\n').count();
    ends + usize::from(text.last().is_some_and(|&byte| byte != b'\n'))
}

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::MultiGzDecoder::new(bytes)
            .read_to_end(&mut text)
            .unwrap();
    } else if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let mut decoder = ruzstd::decoding::StreamingDecoder::new(bytes).unwrap();
        decoder.read_to_end(&mut text).unwrap();
    } else {
        text.extend_from_slice(bytes);
    }
    text
}

/// One row of the table.
#[derive(Default)]
struct Row {
    parsed: Parsed,
    networks: usize,
    urls: usize,
    patterns: usize,
    phrases: usize,
    not_enforced: usize,
    seconds: f64,
    /// Mebibytes.
    peak: u64,
}

impl Row {
    const HEAD: &'static str = "source                                                        format                   lines     names addresses networks     urls patterns phrases  refused taken-back not-enforced seconds peak-MiB";

    fn count(&mut self, item: &Item<'_>) {
        self.not_enforced += usize::from(item.not_enforced().is_some());
        match item {
            Item::Entry(Entry::Name { .. } | Entry::Address(_)) | Item::Digest(..) => {}
            Item::Network(_) => self.networks += 1,
            Item::Url(_) => self.urls += 1,
            Item::Pattern(_) => self.patterns += 1,
            Item::Phrase(_) => self.phrases += 1,
        }
    }

    fn add(&mut self, other: &Self) {
        self.parsed.lines += other.parsed.lines;
        self.parsed.names += other.parsed.names;
        self.parsed.addresses += other.parsed.addresses;
        self.parsed.refused_lines += other.parsed.refused_lines;
        self.parsed.taken_back += other.parsed.taken_back;
        for (reason, count) in &other.parsed.refused.counts {
            *self.parsed.refused.counts.entry(*reason).or_default() += count;
        }
        self.networks += other.networks;
        self.urls += other.urls;
        self.patterns += other.patterns;
        self.phrases += other.phrases;
        self.not_enforced += other.not_enforced;
        self.seconds += other.seconds;
    }

    fn line(&self, name: &str, format: Format) -> String {
        let (parsed, format) = (&self.parsed, format!("{format:?}"));
        format!(
            "{name:<60}  {format:<20} {:>9} {:>9} {:>9} {:>8} {:>8} {:>8} {:>7} {:>8} {:>10} {:>12} {:>7.2} {:>8}",
            parsed.lines,
            parsed.names,
            parsed.addresses,
            self.networks,
            self.urls,
            self.patterns,
            self.phrases,
            parsed.refused_lines,
            parsed.taken_back,
            self.not_enforced,
            self.seconds,
            self.peak,
        )
    }

    fn reasons(&self, name: &str) {
        for (reason, count) in &self.parsed.refused.counts {
            let first = self
                .parsed
                .refused
                .first
                .iter()
                .find(|line| line.reason == *reason);
            let first = first.map(|line| {
                let text = line.text.as_deref().unwrap_or("").replace(name, "");
                format!("line {}: {text}", line.line)
            });
            println!(
                "    {count:>9}  {:<58} {}",
                reason.words(),
                first.unwrap_or_default()
            );
        }
    }
}

/// What the place of a file tells besides its format.
#[derive(Clone, Copy)]
struct Rest {
    covers: Option<Covers>,
    suffixes: Suffixes,
    library: Option<&'static str>,
}

fn format_of(path: &str) -> Option<(Format, Rest)> {
    let file = path.rsplit('/').next()?;
    let mut rest = Rest {
        covers: None,
        suffixes: Suffixes::Refuse,
        library: None,
    };
    if file.starts_with("spam-tlds") {
        rest.suffixes = Suffixes::Take;
    }
    if file.ends_with(".json") || file.to_ascii_lowercase().starts_with("license") {
        return None;
    }
    let format = match path.split('/').collect::<Vec<_>>()[..] {
        ["ut1", "archive", _] | ["adult-large", "adult.tar.gz"] => Format::Squidguard,
        ["ut1", "plain", category]
            if !category.contains("SYMLINKS") && category != "global_usage" =>
        {
            Format::Squidguard
        }
        ["ut1", "older-2025-07-13", ..] => Format::Plain,
        ["stevenblack", "whitelist"] => Format::Plain,
        ["stevenblack", .., "hosts" | "hosts.zst"] | ["hagezi", "hosts", _] => Format::Hosts,
        ["hagezi", "adblock" | "adguard", _] => Format::Adblock,
        ["hagezi", "dnsmasq", _] => Format::Dnsmasq,
        ["hagezi", "domains", _] => {
            rest.covers = Some(Covers::Name);
            Format::Plain
        }
        ["hagezi", "ips", _] => Format::Addresses,
        ["hagezi", "rpz", _] => Format::Rpz,
        ["hagezi", "wildcard", _] => Format::Wildcard,
        ["oisd", file] if file.starts_with("dnsmasq") => Format::Dnsmasq,
        ["oisd", file] if file.starts_with("domains") => Format::Wildcard,
        ["oisd", file] if file.starts_with("rpz") => Format::Rpz,
        ["oisd", file] if file.starts_with("unbound") => Format::Unbound,
        ["oisd", _] => Format::Adblock,
        ["blocklistproject", "adguard", _] => Format::Adblock,
        ["blocklistproject", "alt-version", _] => Format::Plain,
        ["blocklistproject", "dnsmasq-version", _] => Format::Dnsmasq,
        ["blocklistproject", "tracking.ip"] => Format::Addresses,
        ["blocklistproject", _] => Format::Hosts,
        ["dibdot", _] => Format::Doh,
        ["tor", file] if file.ends_with(".lst") => Format::Addresses,
        ["x4b", ..] => Format::Addresses,
        ["top", _] => Format::TopSites,
        ["ublock-origin-debian", file] if file.starts_with("effective_tld") => return None,
        ["ublock-origin-debian", _] => Format::Adblock,
        ["adblock-rust", "data", "test", file] => match file.split('.').next()? {
            "disconnect-simple-malware" | "malwaredomains" => Format::Plain,
            "malwaredomainlist" => Format::Hosts,
            "short-sitelist" | "sitelist" => Format::Urls,
            _ => Format::Adblock,
        },
        ["e2guardian-upstream", _] => Format::PhrasesWeighted,
        ["e2guardian", "lists", "phraselists", .., file] => match file.split('_').next()? {
            "banned" => Format::PhrasesBanned,
            "exception" => Format::PhrasesException,
            _ => Format::PhrasesWeighted,
        },
        ["e2guardian", "lists", .., file] => {
            rest.library = Some("e2guardian/lists/");
            e2guardian(file)?
        }
        _ => return None,
    };
    Some((format, rest))
}

fn e2guardian(file: &str) -> Option<Format> {
    let ends = |end: &str| file.ends_with(end);
    Some(match file {
        _ if ends("weightedphraselist") => Format::PhrasesWeighted,
        _ if ends("exceptionphraselist") => Format::PhrasesException,
        _ if ends("phraselist") => Format::PhrasesBanned,
        _ if ends("siteiplist") || ends("bannediplist") || ends("exceptioniplist") => {
            Format::Addresses
        }
        _ if ends("sitelist") || file == "domainsnobypass" => Format::E2guardianSites,
        _ if ends("regexpurllist") || ends("regexplist") => Format::E2guardianExpressions,
        _ if ends("urllist") || file == "urlnobypass" => Format::E2guardianUrls,
        _ => return None,
    })
}

fn encoding_of(path: &str) -> &'static encoding_rs::Encoding {
    match path {
        _ if path.contains("1251") || path.ends_with("weighted_russian") => {
            encoding_rs::WINDOWS_1251
        }
        _ if path.contains("koi8-r") => encoding_rs::KOI8_R,
        _ if path.contains("big5") => encoding_rs::BIG5,
        _ if path.contains("gb2312") || path.contains("chinese") => encoding_rs::GBK,
        _ if path.contains("japanese") => encoding_rs::SHIFT_JIS,
        _ if path.contains("polish") => encoding_rs::ISO_8859_2,
        _ => encoding_rs::WINDOWS_1252,
    }
}

fn walk(folder: &Path, below: &Path, files: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder.join(below)).unwrap() {
        let entry = entry.unwrap();
        let path = below.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            walk(folder, &path, files);
        } else {
            files.push(path.to_str().unwrap().to_owned());
        }
    }
}

/// Lets the peak of memory begin anew (proc(5)); where that cannot be, peaks only grow.
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The most memory held since, in mebibytes.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes / 1024)
}
