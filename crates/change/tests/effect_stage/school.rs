#![allow(dead_code, reason = "each test file uses a part of it")]

use gate::{Compiled, PhraseBook, State};
use matcher::{Artefact, Secret};
use model::{Digest, Faults, Files, PolicyVersion};
use policy::Overlay;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

/// A policy that a test edits: the one whose files are shipped as the example.
#[derive(Clone)]
pub(crate) struct School {
    pub(crate) files: Files,
    pub(crate) overlay: Overlay,
}

impl School {
    /// The school whose files are shipped as the example.
    pub(crate) fn example() -> Self {
        static FILES: OnceLock<Files> = OnceLock::new();
        let files = FILES.get_or_init(|| {
            let mut files = Files::default();
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
            for folder in ["config", "blocklists"] {
                gather(&root.join(folder), folder, &mut files);
            }
            files
        });
        Self {
            files: files.clone(),
            overlay: Overlay::default(),
        }
    }

    /// Puts one text in place of another, which must be there once.
    pub(crate) fn edit(mut self, path: &str, from: &str, to: &str) -> Self {
        let text = self.text(path);
        assert_eq!(text.matches(from).count(), 1, "`{from}` in {path}");
        self.files.insert(path, text.replace(from, to).into_bytes());
        self
    }

    pub(crate) fn append(mut self, path: &str, more: &str) -> Self {
        let text = self.text(path) + more;
        self.files.insert(path, text.into_bytes());
        self
    }

    pub(crate) fn text(&self, path: &str) -> String {
        let content = self.files.content(path).map(|content| content.to_vec());
        String::from_utf8(content.unwrap_or_default()).unwrap()
    }

    /// Whether the files hold together.
    pub(crate) fn compiles(&self) -> bool {
        let version = PolicyVersion::from(self.files.digest());
        let mut faults = Faults::default();
        Compiled::compile(&self.files, &self.overlay, version, &mut faults).is_some()
    }

    pub(crate) fn state(&self) -> State {
        let mut faults = Faults::default();
        let version = PolicyVersion::from(self.files.digest());
        let compiled = Compiled::compile(&self.files, &self.overlay, version, &mut faults);
        let compiled = compiled.unwrap_or_else(|| panic!("{faults}"));
        // What phrases say is not among what is compared.
        let phrases = Arc::new(PhraseBook::empty());
        State::new(compiled, artefact(&self.files), phrases, "Hilltop School")
    }
}

fn gather(folder: &Path, prefix: &str, files: &mut Files) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}/{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            gather(&path, &name, files);
        } else if name.ends_with(".toml") || name.ends_with(".txt") {
            files.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

/// The compiled lists of some files, each set of lists compiled once.
fn artefact(files: &Files) -> Arc<Artefact> {
    static HELD: Mutex<BTreeMap<Digest, Arc<Artefact>>> = Mutex::new(BTreeMap::new());
    let inputs = lists::inputs(files).unwrap();
    let mut lists = Files::default();
    for (path, content) in files.under("blocklists/") {
        lists.put(path, content.clone());
    }
    let mut held = HELD.lock().unwrap();
    let made = held.entry(lists.digest()).or_insert_with(|| {
        let secret = Secret::new([7; 32]);
        let vocabulary = policy::vocabulary(files, &mut Faults::default()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (compiled, _) = lists::compile(&inputs, &vocabulary, &secret)
            .unwrap_or_else(|faults| panic!("{faults}"));
        let path = compiled.write_to(folder.path()).unwrap();
        Arc::new(Artefact::open(&path, &secret).unwrap())
    });
    Arc::clone(made)
}
