use crate::{Content, Digest};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The files of a policy and its lists as they were at one moment, by their path.
///
/// Paths are relative, with `/` between the parts, and begin with `config/` or `blocklists/`.
/// Files are content-addressed: the same ones have the same [`Files::digest`] everywhere. Large
/// lists may lie on the disk until somebody reads them ([`Files::may_stay_on_disk`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    files: BTreeMap<String, Content>,
}

impl Files {
    /// Adds a file, in place of one at the same path.
    pub fn insert(&mut self, path: impl Into<String>, bytes: impl Into<Arc<[u8]>>) {
        self.put(path, Content::held(bytes));
    }

    /// Adds a file whose digest is known, in place of one at the same path.
    pub fn put(&mut self, path: impl Into<String>, content: Content) {
        self.files.insert(path.into(), content);
    }

    /// The bytes of a file that is in memory: everything but large lists.
    pub fn content(&self, path: &str) -> Option<&Arc<[u8]>> {
        self.files.get(path)?.in_memory()
    }

    /// A file, wherever its bytes are.
    pub fn find(&self, path: &str) -> Option<&Content> {
        self.files.get(path)
    }

    /// The files whose path begins with the prefix, in the order of their paths.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Content)> {
        self.files
            .range(prefix.to_owned()..)
            .take_while(move |(path, _)| path.starts_with(prefix))
            .map(|(path, content)| (path.as_str(), content))
    }

    /// All files in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Content)> {
        self.files
            .iter()
            .map(|(path, content)| (path.as_str(), content))
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// SHA-256 over each path and the SHA-256 of its bytes, both preceded by their length (u64,
    /// big-endian).
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        for (path, content) in &self.files {
            hash.update((path.len() as u64).to_be_bytes());
            hash.update(path.as_bytes());
            hash.update(content.length().to_be_bytes());
            hash.update(content.digest().0);
        }
        Digest(hash.finalize().into())
    }

    /// Whether a file may stay on the disk until it is needed: a large list. What settings are
    /// read from is always in memory, however large.
    pub fn may_stay_on_disk(path: &str, length: u64) -> bool {
        length > LARGE
            && path.starts_with("blocklists/")
            && path.ends_with(".txt")
            && !IN_MEMORY.contains(&path)
    }
}

/// From this length on a list is no longer held, in bytes.
const LARGE: u64 = 256 * 1024;

/// Texts that are asked name by name.
const IN_MEMORY: [&str; 2] = ["blocklists/critical.txt", "blocklists/guard.txt"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_moved_between_path_and_content_changes_the_digest() {
        let mut one = Files::default();
        one.insert("config/ab", *b"c");
        let mut other = Files::default();
        other.insert("config/a", *b"bc");
        assert_ne!(one.digest(), other.digest());
        assert_eq!(one.digest(), one.clone().digest());
    }

    #[test]
    fn only_large_lists_stay_on_the_disk() {
        let large = u64::MAX;
        assert!(Files::may_stay_on_disk("blocklists/own/adult.txt", large));
        for path in [
            "config/groups/ks2.toml",
            "blocklists/sources.toml",
            "blocklists/guard.txt",
            "config/notes.txt",
        ] {
            assert!(!Files::may_stay_on_disk(path, large), "{path}");
        }
        assert!(!Files::may_stay_on_disk("blocklists/own/adult.txt", LARGE));
    }
}
