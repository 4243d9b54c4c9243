use crate::{Report, SourcesFile, compile};
use model::{Document, Fault, Faults, Vocabulary};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// The files of a folder of block lists, by their path inside it.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Each file; paths have `/` between their parts.
    pub files: BTreeMap<String, Arc<[u8]>>,
}

impl Loaded {
    /// Compiles the files; see [`compile()`](crate::compile()).
    ///
    /// # Errors
    ///
    /// All faults of all files.
    pub fn compile(
        &self,
        vocabulary: &Vocabulary,
        secret: &matcher::Secret,
    ) -> Result<(matcher::Compiled, Report), Faults> {
        compile(&self.files, vocabulary, secret)
    }
}

/// Reads the files of a folder that compiling its lists takes.
///
/// These are `sources.toml`, `exceptions.toml`, `guard.txt`, `starter/*.txt`, and of the sources
/// in use their `file`, or `fetched/<id>` for those with a `url`. Links are not followed.
///
/// # Errors
///
/// All files that could not be read.
pub fn load(folder: &Path) -> Result<Loaded, Faults> {
    let mut loaded = Loaded::default();
    let mut faults = Faults::default();
    for name in [SOURCES, EXCEPTIONS, GUARD] {
        if folder.join(name).exists() {
            take(folder, name, &mut loaded, &mut faults);
        }
    }
    match starters(&folder.join("starter")) {
        Ok(names) => {
            for name in names {
                take(
                    folder,
                    &format!("{STARTER}{name}"),
                    &mut loaded,
                    &mut faults,
                );
            }
        }
        Err(error) => {
            let what = format!("the folder of starter lists could not be read: {error}");
            faults.push(Fault::of_file(
                "blocklists/starter",
                what,
                "restore the folder",
            ));
        }
    }
    let sources = loaded
        .files
        .get(SOURCES)
        .and_then(|bytes| std::str::from_utf8(bytes).ok());
    if let Some(text) = sources {
        // Its faults are told when it is compiled.
        let mut later = Faults::default();
        let (_, sources) = Document::parse::<SourcesFile>(SOURCES, text, &mut later);
        for source in sources.unwrap_or_default().sources {
            let path = path_of(&source);
            if source.enabled && is_inside(&path) && folder.join(&path).exists() {
                take(folder, &path, &mut loaded, &mut faults);
            }
        }
    }
    if faults.is_empty() {
        Ok(loaded)
    } else {
        Err(faults)
    }
}

/// Where the text of a source lies.
pub(crate) fn path_of(source: &crate::Source) -> String {
    source
        .file
        .clone()
        .unwrap_or_else(|| format!("{FETCHED}{}", source.id))
}

/// Whether a path leads nowhere but down.
pub(crate) fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.contains(['\\', '\0'])
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn starters(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    if !folder.exists() {
        return Ok(names);
    }
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if let Ok(name) = entry.file_name().into_string()
            && name.ends_with(".txt")
        {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn take(folder: &Path, name: &str, loaded: &mut Loaded, faults: &mut Faults) {
    match read(&folder.join(name)) {
        Ok(bytes) => {
            loaded.files.insert(name.to_owned(), bytes.into());
        }
        Err(error) => {
            let what = format!("the file could not be read: {error}");
            faults.push(Fault::of_file(
                &shown(name),
                what,
                "restore the file or its rights",
            ));
        }
    }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    if !std::fs::symlink_metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is no ordinary file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(std::io::Error::other("it is larger than 512 MiB"));
    }
    Ok(bytes)
}

/// A file as faults name it.
pub(crate) fn shown(path: &str) -> String {
    format!("blocklists/{path}")
}

pub(crate) const SOURCES: &str = "sources.toml";
pub(crate) const EXCEPTIONS: &str = "exceptions.toml";
pub(crate) const GUARD: &str = "guard.txt";
pub(crate) const STARTER: &str = "starter/";
const FETCHED: &str = "fetched/";

/// The largest published list has about 120 MB of text.
const MOST_BYTES: u64 = 512 << 20;
