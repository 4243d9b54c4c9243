use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What tells whether a file of the journal changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp {
    path: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    /// Whether the file was closed to a key that lies elsewhere.
    pub(crate) fn is_closed(&self) -> bool {
        self.path.extension().is_some_and(|end| end == "age")
    }
}

/// The files of a folder that a name belongs to, in order. Where the folder cannot be read there
/// are none; who reads the rows learns why.
pub(crate) fn stamp(journal: &Path, wanted: impl Fn(&str) -> bool) -> Vec<Stamp> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(journal).into_iter().flatten().flatten() {
        let name = entry.file_name();
        // Who reads makes an empty log and an index beside a file; neither says that it changed.
        let wanted = |name: &str| wanted(name) && !name.ends_with("-shm");
        if name.to_str().is_some_and(wanted)
            && let Ok(known) = entry.metadata()
            && known.len() > 0
        {
            found.push(Stamp {
                path: entry.path(),
                length: known.len(),
                modified: known.modified().ok(),
            });
        }
    }
    found.sort();
    found
}
