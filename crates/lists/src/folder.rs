use crate::{Format, Report, SourcesFile, compile};
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
            if source.enabled && is_inside(&path) {
                take_source(folder, &path, source.format, &mut loaded, &mut faults);
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

/// Takes the file of a source, all files of its folder, or those that it may include.
fn take_source(
    folder: &Path,
    path: &str,
    format: Format,
    loaded: &mut Loaded,
    faults: &mut Faults,
) {
    let Ok(metadata) = std::fs::symlink_metadata(folder.join(path)) else {
        return;
    };
    let parent = path.rsplit_once('/').map(|(parent, _)| parent);
    let tree = if metadata.is_dir() {
        Some(path)
    } else {
        take(folder, path, loaded, faults);
        parent.filter(|parent| format.may_include() && *parent != "fetched")
    };
    let Some(tree) = tree else { return };
    let mut names = Vec::new();
    if let Err(error) = walk(folder, tree, 0, &mut names) {
        let what = format!("the folder could not be read: {error}");
        let mend = "restore the folder or its rights";
        faults.push(Fault::of_file(&shown(tree), what, mend));
    }
    names.sort();
    for name in names {
        if !loaded.files.contains_key(&name) {
            take(folder, &name, loaded, faults);
        }
    }
}

/// The ordinary files below a folder; links are left out.
fn walk(folder: &Path, tree: &str, depth: usize, names: &mut Vec<String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder.join(tree))? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = format!("{tree}/{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() && depth < MOST_DEPTH {
            walk(folder, &path, depth + 1, names)?;
        } else if kind.is_file() {
            names.push(path);
        }
        if names.len() > MOST_FILES {
            return Err(std::io::Error::other("it has more files than any list"));
        }
    }
    Ok(())
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
pub(crate) const FETCHED: &str = "fetched/";

/// The largest tree of phrases has some 250 files, four folders deep.
const MOST_FILES: usize = 20_000;
const MOST_DEPTH: usize = 8;

/// The largest published list has about 120 MB of text.
const MOST_BYTES: u64 = 512 << 20;
