//! Making compiled lists of the files of a policy: in this process, or in one that ends with it.

use crate::proposal::Versions;
use crate::record::ListFacts;
use crate::state_folder::StateFolder;
use lists::{Store, Subscription};
use matcher::Secret;
use model::{Content, Digest, Fault, Faults, Files};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Makes the lists of a job somewhere else than in this process, whose memory then never holds
/// the texts of lists, and whose cores go on serving.
pub trait ListMaker: Debug + Send + Sync {
    /// Makes compiled lists in a state folder; what [`make_lists`] does, wherever it is done.
    ///
    /// # Errors
    ///
    /// All faults of all files, or that nothing could be made.
    fn make(&self, state: &Path, job: &ListJob) -> Result<ListsMade, Faults>;
}

/// What lists are made of: files of a policy, and the versions of fetched lists.
#[derive(Clone, Serialize, Deserialize)]
pub struct ListJob {
    files: Vec<JobFile>,
    /// Of each fetched list the version that is wanted.
    wanted: Versions,
}

#[derive(Clone, Serialize, Deserialize)]
struct JobFile {
    path: String,
    bytes: JobBytes,
}

/// Where the bytes of a file are.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum JobBytes {
    Text(String),
    Bytes(Vec<u8>),
    Disk {
        path: PathBuf,
        digest: Digest,
        length: u64,
    },
}

/// Compiled lists that lie in a state folder now, and what making them found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListsMade {
    pub(crate) artefact: Digest,
    /// Names in the index.
    pub(crate) names: usize,
    pub(crate) lists: Vec<ListFacts>,
    /// What should be looked at.
    pub(crate) warnings: Faults,
    /// Which version of each fetched list was taken.
    pub(crate) versions: Versions,
}

/// What stands on lists is never shown.
impl Debug for ListJob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ListJob")
            .field("files", &self.files.len())
            .field("wanted", &self.wanted)
            .finish_non_exhaustive()
    }
}

impl ListJob {
    pub(crate) fn new(files: &Files, wanted: &Versions) -> Self {
        let file = |(path, content): (&str, &Content)| JobFile {
            path: path.to_owned(),
            bytes: JobBytes::of(content),
        };
        Self {
            files: files.under("blocklists/").map(file).collect(),
            wanted: wanted.clone(),
        }
    }

    fn files(&self) -> Files {
        let mut files = Files::default();
        for file in &self.files {
            files.put(&file.path, file.bytes.content());
        }
        files
    }
}

impl JobBytes {
    fn of(content: &Content) -> Self {
        if let Some(path) = content.path() {
            return Self::Disk {
                path: path.to_owned(),
                digest: content.digest(),
                length: content.length(),
            };
        }
        let bytes = content.in_memory().map_or(&[][..], |bytes| bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Bytes(bytes.to_vec()),
        }
    }

    fn content(&self) -> Content {
        match self {
            Self::Text(text) => Content::held(text.as_bytes()),
            Self::Bytes(bytes) => Content::held(&bytes[..]),
            Self::Disk {
                path,
                digest,
                length,
            } => Content::kept(path, *digest, *length),
        }
    }
}

/// Makes compiled lists in a state folder, which a running gateway may hold.
///
/// # Errors
///
/// All faults of all files, or that the folder cannot be used.
pub fn make_lists(state: &Path, job: &ListJob) -> Result<ListsMade, Faults> {
    let secret = StateFolder::secret_in(state).map_err(|error| unkept(&error))?;
    make_lists_with(
        &StateFolder::lists_in(state),
        &StateFolder::store_in(state),
        &secret,
        job,
    )
}

pub(crate) fn make_lists_with(
    folder: &Path,
    store: &Store,
    secret: &Secret,
    job: &ListJob,
) -> Result<ListsMade, Faults> {
    let files = job.files();
    let mut faults = Faults::default();
    let Some(vocabulary) = policy::vocabulary(&files, &mut faults) else {
        return Err(faults);
    };
    let subscriptions = Subscription::all(&files, &vocabulary);
    let mut inputs = lists::inputs(&files)?;
    let versions = store.supply(&subscriptions, &job.wanted, &mut inputs);
    let (compiled, report) = lists::compile(&inputs, &vocabulary, secret)?;
    drop(inputs);
    compiled.write_to(folder).map_err(|error| unkept(&error))?;
    let facts = report.lists.iter().map(|list| ListFacts {
        id: list.id.clone(),
        digest: list.digest,
        names: list.names,
        refused: list.refused.total(),
    });
    Ok(ListsMade {
        artefact: compiled.digest(),
        names: report.compiled.names,
        lists: facts.collect(),
        warnings: report.warnings,
        versions,
    })
}

/// That compiled lists could not be made or kept, and why.
pub(crate) fn unkept(error: &dyn std::error::Error) -> Faults {
    let mend = "check the disk and the rights of the state folder";
    let mut faults = Faults::default();
    faults.push(Fault::of_file("blocklists", error.to_string(), mend));
    faults
}

/// Makes lists in this process.
#[derive(Debug)]
pub(crate) struct Here {
    pub(crate) store: Store,
    pub(crate) secret: Secret,
}

impl ListMaker for Here {
    fn make(&self, state: &Path, job: &ListJob) -> Result<ListsMade, Faults> {
        make_lists_with(
            &StateFolder::lists_in(state),
            &self.store,
            &self.secret,
            job,
        )
    }
}

/// A maker of lists that can be shared.
pub(crate) type SharedMaker = Arc<dyn ListMaker>;

#[cfg(test)]
mod tests {
    use super::*;
    use model::SystemChance;

    const CATEGORIES: &str = "[[categories]]\nid = \"games\"\ntitle = \"Games\"\nwords = \"Play.\"\n\
        theme = \"School policy\"\nclass = \"against\"\n";

    fn files(list: Content) -> Files {
        let mut files = Files::default();
        files.insert("config/not-of-lists.toml", *b"a = 1\n");
        files.insert("blocklists/categories.toml", CATEGORIES.as_bytes());
        files.insert("blocklists/guard.txt", *b"helpline.test\n");
        files.insert(
            "blocklists/sources.toml",
            "[[sources]]\nid = \"own\"\ntitle = \"Our names\"\nfile = \"own.txt\"\n\
             format = \"plain\"\ncategory = \"games\"\nlicence = \"ours\"\n"
                .as_bytes(),
        );
        files.put("blocklists/own.txt", list);
        files
    }

    #[test]
    fn a_job_that_was_handed_over_makes_the_same_lists() {
        let state = tempfile::tempdir().unwrap();
        let (folder, _store) = StateFolder::lock_store(state.path(), &SystemChance).unwrap();
        folder.secret(&SystemChance).unwrap();
        let text = "play.test\nmore.test\n";
        let path = state.path().join("own.txt");
        std::fs::write(&path, text).unwrap();
        let held = Content::held(text.as_bytes());
        let kept = Content::kept(&path, held.digest(), held.length());
        let here = ListJob::new(&files(held), &Versions::new());
        let here = make_lists(state.path(), &here).unwrap();

        let job = ListJob::new(&files(kept), &Versions::new());
        let told = serde_json::to_vec(&job).unwrap();
        assert!(!format!("{job:?}").contains("play"), "{job:?}");
        let job: ListJob = serde_json::from_slice(&told).unwrap();
        let there = make_lists(state.path(), &job).unwrap();
        assert_eq!((there.artefact, there.names), (here.artefact, 2));
        assert!(StateFolder::artefact_in(state.path(), there.artefact).is_some());

        // A list that changed since it was read for the job is not what was proposed.
        std::fs::write(&path, "other.test\n").unwrap();
        let faults = make_lists(state.path(), &job).unwrap_err().to_string();
        assert!(faults.contains("blocklists/own.txt"), "{faults}");
    }

    #[test]
    fn a_folder_without_a_secret_makes_nothing() {
        let state = tempfile::tempdir().unwrap();
        let job = ListJob::new(&files(Content::held(*b"play.test\n")), &Versions::new());
        assert!(make_lists(state.path(), &job).is_err());
    }
}
