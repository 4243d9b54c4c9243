use model::{Content, Digest, Files, PolicyVersion};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// All files of a policy and its own lists, under the digest of their content.
///
/// A bundle that was kept holds its large lists on the disk, each once however many bundles name
/// it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    files: Files,
    digest: Digest,
}

/// A bundle could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The file cannot be read or written.
    #[error("the bundle {path} cannot be kept; check the disk and the rights of the state folder")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The bytes are no bundle.
    #[error("the bundle {path} is damaged; restore the state folder from its backup")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

impl Bundle {
    /// Makes a bundle of files.
    pub fn new(files: Files) -> Self {
        let digest = files.digest();
        Self { files, digest }
    }

    /// The files.
    pub const fn files(&self) -> &Files {
        &self.files
    }

    /// The digest of the content.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The version that decisions name.
    pub fn version(&self) -> PolicyVersion {
        PolicyVersion::from(self.digest)
    }

    /// The paths at which this bundle differs from another, in order.
    pub fn differs(&self, from: &Self) -> Vec<String> {
        let paths = self
            .files
            .iter()
            .chain(from.files.iter())
            .map(|(path, _)| path);
        let mut changed: Vec<String> = paths
            .filter(|path| self.files.find(path) != from.files.find(path))
            .map(str::to_owned)
            .collect();
        changed.sort();
        changed.dedup();
        changed
    }

    /// Writes the bundle into a folder; it is whole on the disk when this returns. Gives back the
    /// bundle as it lies there.
    pub(crate) fn keep(&self, folder: &Path) -> Result<Self, BundleError> {
        let path = Self::path(folder, self.digest);
        let mut files = Files::default();
        for (name, content) in self.files.iter() {
            if !Files::may_stay_on_disk(name, content.length()) {
                files.put(name, content.clone());
                continue;
            }
            let list = Self::list_path(folder, content.digest());
            let kept = Content::kept(&list, content.digest(), content.length());
            if kept.read().is_err() {
                let bytes = content.read().map_err(|source| BundleError::Io {
                    path: PathBuf::from(name),
                    source,
                })?;
                write_whole(&list, &bytes)?;
            }
            files.put(name, kept);
        }
        let kept = Self {
            files,
            digest: self.digest,
        };
        if Self::read(folder, self.digest).is_err() {
            let failed = |source| BundleError::Io {
                path: path.clone(),
                source,
            };
            write_whole(&path, &kept.encode().map_err(failed)?)?;
        }
        Ok(kept)
    }

    /// Reads a bundle back and holds it against its digest. Its large lists are read by who needs
    /// them, and held against theirs then.
    pub(crate) fn read(folder: &Path, digest: Digest) -> Result<Self, BundleError> {
        let path = Self::path(folder, digest);
        let bytes = fs::read(&path).map_err(|source| BundleError::Io {
            path: path.clone(),
            source,
        })?;
        match Self::decode(&bytes, folder) {
            Some(bundle) if bundle.digest == digest => Ok(bundle),
            Some(_) | None => Err(BundleError::Damaged { path }),
        }
    }

    fn path(folder: &Path, digest: Digest) -> PathBuf {
        folder.join(format!("{digest}.bundle"))
    }

    fn list_path(folder: &Path, digest: Digest) -> PathBuf {
        folder.join(format!("{digest}.list"))
    }

    /// Magic, then for each file its path, where its bytes are (u8), and their length, then the
    /// bytes themselves ([`HERE`]) or their SHA-256 ([`BESIDE`]). Lengths are u64, big-endian.
    fn encode(&self) -> io::Result<Vec<u8>> {
        let mut bytes = MAGIC.to_vec();
        for (path, content) in self.files.iter() {
            bytes.extend_from_slice(&(path.len() as u64).to_be_bytes());
            bytes.extend_from_slice(path.as_bytes());
            let beside = Files::may_stay_on_disk(path, content.length());
            bytes.push(if beside { BESIDE } else { HERE });
            bytes.extend_from_slice(&content.length().to_be_bytes());
            match beside {
                true => bytes.extend_from_slice(&content.digest().0),
                false => bytes.extend_from_slice(&content.read()?),
            }
        }
        Ok(bytes)
    }

    /// Reads what [`Bundle::encode`] wrote; `None` for anything else, and where a list beside it
    /// is gone.
    fn decode(bytes: &[u8], folder: &Path) -> Option<Self> {
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let mut files = Files::default();
        while !rest.is_empty() {
            let length = take_length(&mut rest)?;
            let path = take(&mut rest, usize::try_from(length).ok()?)?;
            let path = String::from_utf8(path.to_vec()).ok()?;
            let [place] = *take(&mut rest, 1)? else {
                return None;
            };
            let length = take_length(&mut rest)?;
            let content = match place {
                HERE => Content::held(take(&mut rest, usize::try_from(length).ok()?)?),
                BESIDE => {
                    let digest = Digest(take(&mut rest, 32)?.try_into().ok()?);
                    let list = Self::list_path(folder, digest);
                    let whole = fs::metadata(&list).is_ok_and(|found| found.len() == length);
                    whole.then(|| Content::kept(&list, digest, length))?
                }
                _ => return None,
            };
            files.put(path, content);
        }
        Some(Self::new(files))
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (part, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(part)
}

fn take_length(rest: &mut &[u8]) -> Option<u64> {
    let bytes = take(rest, 8)?;
    Some(u64::from_be_bytes(bytes.try_into().ok()?))
}

/// Writes a file that is there whole or not at all, whatever happens.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), BundleError> {
    let write = || {
        let part = path.with_extension("part");
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    };
    write().map_err(|source| BundleError::Io {
        path: path.to_owned(),
        source,
    })
}

const MAGIC: &[u8] = b"schoolgate bundle 2\n";

/// The bytes of a file stand in the bundle.
const HERE: u8 = 0;

/// They stand in a file of their own beside it.
const BESIDE: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle() -> Bundle {
        let mut files = Files::default();
        files.insert("config/a.toml", *b"a = 1\n");
        files.insert("config/b.toml", *b"");
        Bundle::new(files)
    }

    #[test]
    fn a_bundle_is_read_as_it_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        bundle().keep(folder.path()).unwrap();
        assert_eq!(
            Bundle::read(folder.path(), bundle().digest()).unwrap(),
            bundle()
        );
    }

    #[test]
    fn a_bundle_with_a_flipped_byte_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        bundle().keep(folder.path()).unwrap();
        let path = Bundle::path(folder.path(), bundle().digest());
        let good = fs::read(&path).unwrap();
        for place in 0..good.len() {
            let mut bad = good.clone();
            bad[place] ^= 1;
            fs::write(&path, bad).unwrap();
            assert!(
                Bundle::read(folder.path(), bundle().digest()).is_err(),
                "byte {place}"
            );
        }
    }

    #[test]
    fn a_large_list_is_kept_once_and_read_when_it_is_needed() {
        let folder = tempfile::tempdir().unwrap();
        let list = "a.test\n".repeat(100_000);
        let mut files = bundle().files().clone();
        files.insert("blocklists/own.txt", list.clone().into_bytes());
        let kept = Bundle::new(files.clone()).keep(folder.path()).unwrap();
        assert_eq!(kept.digest(), Bundle::new(files.clone()).digest());
        files.insert("config/a.toml", *b"a = 2\n");
        Bundle::new(files).keep(folder.path()).unwrap();
        let lists = || {
            let all = fs::read_dir(folder.path()).unwrap();
            let paths = all.map(|entry| entry.unwrap().path());
            paths
                .filter(|path| path.extension().is_some_and(|end| end == "list"))
                .collect::<Vec<_>>()
        };
        assert_eq!(lists().len(), 1);

        let read = Bundle::read(folder.path(), kept.digest()).unwrap();
        assert_eq!(read, kept);
        let content = read.files().find("blocklists/own.txt").unwrap();
        assert!(content.in_memory().is_none());
        assert_eq!(&*content.read().unwrap(), list.as_bytes());

        // Another byte is found out by who reads it, and mended by who keeps it again.
        fs::write(&lists()[0], list.replacen('a', "b", 1)).unwrap();
        assert!(content.read().is_err());
        let mut whole = read.files().clone();
        whole.insert("blocklists/own.txt", list.into_bytes());
        Bundle::new(whole).keep(folder.path()).unwrap();
        assert!(content.read().is_ok());
        fs::remove_file(&lists()[0]).unwrap();
        assert!(Bundle::read(folder.path(), kept.digest()).is_err());
    }

    #[test]
    fn added_changed_and_removed_files_differ() {
        let mut files = Files::default();
        files.insert("config/a.toml", *b"a = 2\n");
        files.insert("config/c.toml", *b"");
        let other = Bundle::new(files);
        assert_eq!(
            other.differs(&bundle()),
            ["config/a.toml", "config/b.toml", "config/c.toml"]
        );
        assert!(bundle().differs(&bundle()).is_empty());
    }
}
