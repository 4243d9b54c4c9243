use crate::known_files::KnownFiles;
use model::{Content, Digest, Fault, Faults, Files};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the working files lie.
#[derive(Clone, Debug)]
pub(crate) struct Folders {
    /// The folder of the policy.
    pub(crate) config: PathBuf,
    /// The folder of the lists.
    pub(crate) blocklists: PathBuf,
    /// What a running gateway remembers of large lists.
    known: Option<Arc<KnownFiles>>,
}

impl Folders {
    /// The lists lie beside the policy unless they are named.
    pub(crate) fn new(config: &Path, blocklists: Option<&Path>) -> Self {
        let beside = || match config.parent() {
            Some(parent) => parent.join("blocklists"),
            None => PathBuf::from("blocklists"),
        };
        Self {
            config: config.to_owned(),
            blocklists: blocklists.map_or_else(beside, Path::to_owned),
            known: None,
        }
    }

    /// The same folders, whose large lists are not read again while they are as a state folder
    /// remembers them.
    pub(crate) fn remembered_in(self, state: &Path) -> Self {
        Self {
            known: Some(Arc::new(KnownFiles::open(state))),
            ..self
        }
    }

    /// Has the state folder remember what was read. It must be locked by this process.
    pub(crate) fn remember(&self) {
        if let Some(Err(error)) = self.known.as_ref().map(|known| known.keep()) {
            tracing::warn!(%error, "the next start reads all lists, for what they hold could not be noted");
        }
    }

    /// Reads all files that a bundle is made of; one that cannot be read hides no other.
    pub(crate) fn read(&self, faults: &mut Faults) -> Files {
        let mut files = Files::default();
        for (folder, prefix) in [(&self.config, "config/"), (&self.blocklists, "blocklists/")] {
            self.read_below(folder, prefix, 0, &mut files, faults);
        }
        files
    }

    /// The name of a file of a bundle as the reader named its folder.
    pub(crate) fn shown(&self, path: &str) -> String {
        for (folder, prefix) in [(&self.config, "config/"), (&self.blocklists, "blocklists/")] {
            if let Some(rest) = path.strip_prefix(prefix) {
                return folder.join(rest).display().to_string();
            }
        }
        path.to_owned()
    }

    /// The same faults, their files as the reader named the folders.
    pub(crate) fn rename(&self, faults: Faults) -> Faults {
        faults.renamed(|path| self.shown(path))
    }

    /// Reads the TOML and text files of a folder; hidden ones and those of editors are left out.
    fn read_below(
        &self,
        folder: &Path,
        prefix: &str,
        depth: u8,
        files: &mut Files,
        faults: &mut Faults,
    ) {
        let listed =
            fs::read_dir(folder).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
        let mut entries = match listed {
            Ok(entries) => entries,
            Err(error) => {
                let what = format!(
                    "the folder `{}` could not be read: {error}",
                    folder.display()
                );
                let mend =
                    "name the folder with `--config` or `--blocklists`, or run `schoolgate init`";
                faults.push(Fault::of_file(&folder.display().to_string(), what, mend));
                return;
            }
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else {
                continue;
            };
            let path = entry.path();
            let inside = format!("{prefix}{name}");
            match self.read_entry(&path, name, &inside) {
                Ok(Found::Folder) if depth < DEEPEST => {
                    self.read_below(&path, &format!("{inside}/"), depth + 1, files, faults);
                }
                Ok(Found::File(content)) => files.put(inside, content),
                Ok(Found::Folder | Found::Other) => {}
                Err(error) => {
                    let what = format!("the file could not be read: {error}");
                    let mend = "mend it, or move it out of the folder";
                    faults.push(Fault::of_file(&path.display().to_string(), what, mend));
                }
            }
        }
    }

    fn read_entry(&self, path: &Path, name: &str, inside: &str) -> io::Result<Found> {
        let kind = fs::metadata(path)?;
        if kind.is_dir() {
            return Ok(Found::Folder);
        }
        if !kind.is_file() || !(name.ends_with(".toml") || name.ends_with(".txt")) {
            return Ok(Found::Other);
        }
        if kind.len() > LARGEST {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "it is larger than 64 MiB",
            ));
        }
        if !Files::may_stay_on_disk(inside, kind.len()) {
            return Ok(Found::File(Content::held(fs::read(path)?)));
        }
        let known = self.known.as_ref();
        if let Some(digest) = known.and_then(|known| known.digest(path, &kind)) {
            return Ok(Found::File(Content::kept(path, digest, kind.len())));
        }
        let bytes = fs::read(path)?;
        let digest = Digest::of(&bytes);
        if let Some(known) = known {
            known.learn(path, &kind, digest);
        }
        Ok(Found::File(Content::kept(path, digest, bytes.len() as u64)))
    }
}

enum Found {
    Folder,
    File(Content),
    Other,
}

/// Folders below the root of a bundle.
const DEEPEST: u8 = 4;

/// The largest file of a bundle, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_has_the_files_of_both_folders_and_no_editors_leavings() {
        let root = tempfile::tempdir().unwrap();
        let config = root.path().join("config");
        fs::create_dir_all(config.join("groups")).unwrap();
        fs::create_dir_all(root.path().join("blocklists/starter")).unwrap();
        for name in [
            "config/a.toml",
            "config/groups/ks2.toml",
            "config/.a.toml.swp",
            "config/a.toml~",
            "blocklists/starter/x.txt",
        ] {
            fs::write(root.path().join(name), "x").unwrap();
        }
        let mut faults = Faults::default();
        let folders = Folders::new(&config, None);
        let files = folders.read(&mut faults);
        assert!(faults.is_empty(), "{faults}");
        let paths: Vec<_> = files.iter().map(|(path, _)| path).collect();
        assert_eq!(
            paths,
            [
                "blocklists/starter/x.txt",
                "config/a.toml",
                "config/groups/ks2.toml"
            ]
        );
        assert_eq!(
            folders.shown("config/a.toml"),
            config.join("a.toml").display().to_string()
        );
    }

    #[test]
    fn a_folder_that_is_not_there_is_a_fault() {
        let mut faults = Faults::default();
        let files = Folders::new(Path::new("/nonexistent/config"), None).read(&mut faults);
        assert_eq!((files.len(), faults.errors()), (0, 2));
    }
}
