use crate::root;
use gate::{Compiled, Explainer, PhraseBook, State};
use matcher::{Artefact, Secret};
use model::{Digest, Faults, Files, PolicyVersion};
use policy::Overlay;
use std::path::Path;
use std::sync::Arc;

/// The files of a school, to be altered and compiled.
#[derive(Clone, Debug)]
pub struct School {
    files: Files,
}

impl School {
    /// The example school that the project ships.
    pub fn example() -> Self {
        let mut files = Files::default();
        for folder in ["config", "blocklists"] {
            take(&root().join(folder), &format!("{folder}/"), &mut files);
        }
        Self { files }
    }

    /// A small school in two rooms on loopback, for stories that start a gateway often: Key Stage 2
    /// reaches nothing that it is not given, Key Stage 3 all that is not closed.
    pub fn small() -> Self {
        let mut files = Files::default();
        let small = root().join("tests/fixtures/small");
        for folder in ["config", "blocklists"] {
            take(&small.join(folder), &format!("{folder}/"), &mut files);
        }
        Self { files }
    }

    /// The same school in networks of which this machine has every address: `10.x` is `127.x`.
    #[must_use]
    pub fn on_loopback(mut self) -> Self {
        let paths: Vec<String> = self
            .files
            .under("config/")
            .map(|(path, _)| path.to_owned())
            .collect();
        for path in paths {
            let text = self.text(&path);
            self.files.insert(path, on_loopback(&text).into_bytes());
        }
        self
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> String {
        let content = self
            .files
            .content(path)
            .unwrap_or_else(|| panic!("there is no `{path}`"));
        String::from_utf8(content.to_vec()).expect("the project's files are UTF-8")
    }

    /// Puts a file in place of one at the same path, or beside the others.
    pub fn put(&mut self, path: &str, text: &str) {
        self.files.insert(path, text.as_bytes());
    }

    /// Adds lines at the end of a file.
    pub fn append(&mut self, path: &str, text: &str) {
        let whole = format!("{}\n{text}", self.text(path));
        self.put(path, &whole);
    }

    /// Writes all files into a folder.
    pub fn write(&self, root: &Path) {
        for (path, content) in self.files.iter() {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().expect("a file lies in a folder"))
                .expect("the folder is ours");
            let bytes = content.read().expect("the file is in memory");
            std::fs::write(path, bytes).expect("the folder is ours");
        }
    }

    /// The files.
    pub const fn files(&self) -> &Files {
        &self.files
    }

    /// All faults of the policy files.
    pub fn faults(&self) -> Faults {
        let mut faults = Faults::default();
        let _ = self.compile(&mut faults);
        faults
    }

    /// Compiles policy and lists; whoever asks for a state expects no fault.
    pub fn state(&self) -> State {
        let mut faults = Faults::default();
        let compiled = self.compile(&mut faults);
        let compiled = compiled.unwrap_or_else(|| panic!("{faults}"));
        let artefact = self.artefact(&compiled);
        let vocabulary = compiled.policy().vocabulary();
        let phrases = PhraseBook::compile(&self.files, [], vocabulary, &mut faults);
        assert_eq!(faults.errors(), 0, "{faults}");
        let (artefact, phrases) = (Arc::new(artefact), Arc::new(phrases));
        State::new(compiled, artefact, phrases, "Example School")
    }

    /// What would be decided, by these files.
    pub fn explainer(&self) -> Explainer {
        Explainer::new(Arc::new(self.state()))
    }

    fn compile(&self, faults: &mut Faults) -> Option<Compiled> {
        let version = PolicyVersion::from(self.files.digest());
        Compiled::compile(&self.files, &Overlay::default(), version, faults)
    }

    fn artefact(&self, compiled: &Compiled) -> Artefact {
        let inputs = lists::inputs(&self.files).expect("all files are in memory");
        let secret = Secret::new(Digest::of(b"the secret of the tests").0);
        let built = lists::compile(&inputs, compiled.policy().vocabulary(), &secret);
        let (lists, _) = built.unwrap_or_else(|faults| panic!("{faults}"));
        Artefact::from_bytes(lists.bytes().to_vec(), &secret).expect("what was compiled opens")
    }
}

/// The same text with every address `10.x.y.z` as `127.x.y.z`.
pub fn on_loopback(text: &str) -> String {
    let mut moved = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(at) = rest.find("10.") {
        let before = rest[..at]
            .chars()
            .next_back()
            .or_else(|| moved.chars().next_back());
        let starts = before.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '.' && c != '-');
        let after = &rest[at + 3..];
        let dots = after
            .split(|c: char| !c.is_ascii_digit() && c != '.')
            .next()
            .map_or(0, |number| {
                number.bytes().filter(|&byte| byte == b'.').count()
            });
        moved.push_str(&rest[..at]);
        moved.push_str(if starts && dots == 2 { "127." } else { "10." });
        rest = after;
    }
    moved.push_str(rest);
    moved
}

fn take(folder: &Path, prefix: &str, files: &mut Files) {
    let entries = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("`{}` could not be read: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("the folder can be listed").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a plain file name");
        if path.is_dir() {
            take(&path, &format!("{prefix}{name}/"), files);
        } else if name.ends_with(".toml") || name.ends_with(".txt") {
            files.insert(format!("{prefix}{name}"), crate::read(&path).into_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_addresses_move() {
        assert_eq!(
            on_loopback(r#"["10.20.0.0/16", "110.1.2.3"]"#),
            r#"["127.20.0.0/16", "110.1.2.3"]"#
        );
        assert_eq!(
            on_loopback("2026-10.5 and 1.10.2.3"),
            "2026-10.5 and 1.10.2.3"
        );
        assert_eq!(on_loopback("::ffff:10.1.2.3"), "::ffff:127.1.2.3");
    }
}
