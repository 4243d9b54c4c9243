//! Lists are compiled once: a change that leaves them as they are takes what is there, so that it
//! is live at once however many millions they name.

use super::Desk;
use crate::list_maker::{ListJob, ListMaker, ListsMade, SharedMaker, unkept};
use crate::proposal::Versions;
use crate::state_folder::StateFolder;
use gate::PhraseBook;
use lists::Subscription;
use matcher::Artefact;
use model::{Digest, Faults, Files, Vocabulary};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

/// Lists and phrases, as certain files make them.
#[derive(Clone, Debug)]
pub(super) struct CompiledLists {
    /// Of the files and the versions of fetched lists.
    made_of: Digest,
    pub(super) artefact: Arc<Artefact>,
    pub(super) phrases: Arc<PhraseBook>,
    /// What making them found.
    pub(super) made: Arc<ListsMade>,
}

/// What is kept beside compiled lists, so that a start need not make them again to know it.
#[derive(Serialize, Deserialize)]
struct Note {
    made_of: Digest,
    made: ListsMade,
}

impl Desk {
    /// Has lists made somewhere else than in this process from now on.
    pub fn make_lists_with(&self, maker: Arc<dyn ListMaker>) {
        *self.maker.write().unwrap_or_else(PoisonError::into_inner) = maker;
    }

    fn maker(&self) -> SharedMaker {
        Arc::clone(&self.maker.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Compiles lists and phrases; those that were compiled last are taken again, and no list is
    /// read, where they were made of the same files, the vocabulary among them.
    ///
    /// Of each fetched list the version that `wanted` names is taken, and the one in use in the
    /// store where it names none or it cannot be read.
    pub(super) fn compiled_lists(
        &self,
        files: &Files,
        subscriptions: &[Subscription],
        wanted: &Versions,
        vocabulary: &Vocabulary,
    ) -> Result<CompiledLists, Faults> {
        let chosen = self.store.chosen(subscriptions, wanted);
        let made_of = digest_of(files, &chosen);
        let held = super::lock(&self.lists).clone();
        if let Some(held) = held.filter(|held| held.made_of == made_of)
            // What was swept away is made anew, for a start must find it.
            && self.artefact_path(held.artefact.digest()).exists()
        {
            return Ok(held);
        }
        let lying = self.lists_in_force(made_of, files, wanted, vocabulary);
        let compiled = match lying {
            Some(lying) => lying,
            None => self.compile_lists_anew(files, wanted, vocabulary)?,
        };
        *super::lock(&self.lists) = Some(compiled.clone());
        Ok(compiled)
    }

    fn compile_lists_anew(
        &self,
        files: &Files,
        wanted: &Versions,
        vocabulary: &Vocabulary,
    ) -> Result<CompiledLists, Faults> {
        let mut warnings = Faults::default();
        let phrases = self.phrases(files, wanted, vocabulary, &mut warnings);
        let job = ListJob::new(files, wanted);
        let mut made = match self.maker().make(self.folder.path(), &job) {
            Ok(made) if warnings.errors() == 0 => made,
            Ok(_) => return Err(warnings),
            Err(more) => {
                warnings.append(more);
                return Err(warnings);
            }
        };
        for warning in std::mem::take(&mut made.warnings).iter() {
            warnings.push(warning.clone());
        }
        made.warnings = warnings;
        // Of what was taken, should a version have been unreadable.
        let made_of = digest_of(files, &made.versions);
        let path = self.artefact_path(made.artefact);
        let artefact = Artefact::open(&path, &self.secret).map_err(|error| unkept(&error))?;
        let note = Note { made_of, made };
        self.keep_note(&note);
        Ok(CompiledLists {
            made_of,
            artefact: Arc::new(artefact),
            phrases: Arc::new(phrases),
            made: Arc::new(note.made),
        })
    }

    /// The phrases of files with those of fetched lists.
    pub(super) fn phrases(
        &self,
        files: &Files,
        wanted: &Versions,
        vocabulary: &Vocabulary,
        faults: &mut Faults,
    ) -> PhraseBook {
        let mut subscriptions = Subscription::all(files, vocabulary);
        subscriptions.retain(|list| list.source.format.is_phrases());
        let mut inputs = match lists::phrase_inputs(files) {
            Ok(inputs) => inputs,
            Err(more) => {
                faults.append(more);
                lists::Inputs::new()
            }
        };
        self.store.supply(&subscriptions, wanted, &mut inputs);
        lists::compile_phrases(&inputs, vocabulary, faults)
    }

    /// The lists in force as they lie, where they were made of the same; for a start with another
    /// policy than was in force.
    fn lists_in_force(
        &self,
        made_of: Digest,
        files: &Files,
        wanted: &Versions,
        vocabulary: &Vocabulary,
    ) -> Option<CompiledLists> {
        let digest = self.register().active()?.artefact;
        let note = self.note(digest).filter(|note| note.made_of == made_of)?;
        let artefact = Artefact::open(&self.artefact_path(digest), &self.secret).ok()?;
        let mut faults = Faults::default();
        let phrases = self.phrases(files, wanted, vocabulary, &mut faults);
        (faults.errors() == 0).then(|| CompiledLists {
            made_of,
            artefact: Arc::new(artefact),
            phrases: Arc::new(phrases),
            made: Arc::new(note.made),
        })
    }

    /// Takes lists that lay in the state folder when the gateway started for the last ones that
    /// were compiled, where what was found then is still known.
    pub(super) fn recall_lists(&self, artefact: &Arc<Artefact>, phrases: &Arc<PhraseBook>) {
        let Some(note) = self.note(artefact.digest()) else {
            return;
        };
        *super::lock(&self.lists) = Some(CompiledLists {
            made_of: note.made_of,
            artefact: Arc::clone(artefact),
            phrases: Arc::clone(phrases),
            made: Arc::new(note.made),
        });
    }

    /// What was found in compiled lists, where it is still known.
    fn note(&self, digest: Digest) -> Option<Note> {
        let bytes = fs::read(self.note_path(digest)).ok()?;
        let note: Note = serde_json::from_slice(&bytes).ok()?;
        (note.made.artefact == digest).then_some(note)
    }

    fn keep_note(&self, note: &Note) {
        let path = self.note_path(note.made.artefact);
        let written = serde_json::to_vec(note)
            .map_err(std::io::Error::from)
            .and_then(|bytes| fs::write(path, bytes));
        // Without it the first change after a start compiles them once more.
        if let Err(error) = written {
            tracing::warn!(%error, "what was found in the lists could not be noted");
        }
    }

    /// Where compiled lists lie.
    pub(super) fn artefact_path(&self, digest: Digest) -> PathBuf {
        StateFolder::lists_in(self.folder.path()).join(format!("{digest}.artefact"))
    }

    fn note_path(&self, digest: Digest) -> PathBuf {
        self.artefact_path(digest).with_extension("json")
    }
}

/// The digest of the paths and bytes of all files, and of the versions of fetched lists.
fn digest_of(files: &Files, versions: &Versions) -> Digest {
    let mut told = Vec::new();
    let mut tell = |name: &str, digest: Digest| {
        told.extend((name.len() as u64).to_be_bytes());
        told.extend(name.as_bytes());
        told.extend(digest.0);
    };
    for (path, content) in files.under("blocklists/") {
        tell(path, content.digest());
    }
    for (list, version) in versions {
        tell(list, *version);
    }
    Digest::of(&told)
}
