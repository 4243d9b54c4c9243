//! Lists are compiled once: a change that leaves them as they are takes what is there, so that it
//! is live at once however many millions they name.

use super::Desk;
use crate::state_folder::StateFolder;
use gate::PhraseBook;
use matcher::Artefact;
use model::{Digest, Fault, Faults, Vocabulary};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// The files of the lists, by their paths among themselves.
pub(super) type Inputs = BTreeMap<String, Arc<[u8]>>;

/// Lists and phrases, as certain files make them.
#[derive(Clone, Debug)]
pub(super) struct CompiledLists {
    /// Of the files.
    made_of: Digest,
    pub(super) artefact: Arc<Artefact>,
    pub(super) phrases: Arc<PhraseBook>,
    pub(super) report: lists::Report,
    /// What should be looked at in them.
    pub(super) warnings: Faults,
}

impl Desk {
    /// Compiles lists and phrases; those that were compiled last are taken again where they were
    /// made of the same files, the vocabulary among them.
    pub(super) fn compiled_lists(
        &self,
        inputs: &Inputs,
        vocabulary: &Vocabulary,
    ) -> Result<CompiledLists, Faults> {
        let made_of = digest_of(inputs);
        let held = super::lock(&self.lists).clone();
        if let Some(held) = held.filter(|held| held.made_of == made_of)
            // What was swept away is made anew, for a start must find it.
            && self.artefact_path(held.artefact.digest()).exists()
        {
            return Ok(held);
        }
        let made = self.compile_lists_anew(made_of, inputs, vocabulary)?;
        *super::lock(&self.lists) = Some(made.clone());
        Ok(made)
    }

    fn compile_lists_anew(
        &self,
        made_of: Digest,
        inputs: &Inputs,
        vocabulary: &Vocabulary,
    ) -> Result<CompiledLists, Faults> {
        let mut warnings = Faults::default();
        let phrases = lists::compile_phrases(inputs, vocabulary, &mut warnings);
        let (compiled, report) = match lists::compile(inputs, vocabulary, &self.secret) {
            Ok(compiled) if warnings.errors() == 0 => compiled,
            Ok(_) => return Err(warnings),
            Err(more) => {
                warnings.append(more);
                return Err(warnings);
            }
        };
        for warning in report.warnings.iter() {
            warnings.push(warning.clone());
        }
        let path = compiled
            .write_to(&StateFolder::lists_in(self.folder.path()))
            .map_err(|error| unkept(&error))?;
        let artefact = Artefact::open(&path, &self.secret).map_err(|error| unkept(&error))?;
        Ok(CompiledLists {
            made_of,
            artefact: Arc::new(artefact),
            phrases: Arc::new(phrases),
            report,
            warnings,
        })
    }

    /// Where compiled lists lie.
    pub(super) fn artefact_path(&self, digest: Digest) -> PathBuf {
        StateFolder::lists_in(self.folder.path()).join(format!("{digest}.artefact"))
    }
}

/// The digest of the paths and bytes of all files.
fn digest_of(inputs: &Inputs) -> Digest {
    let mut told = Vec::new();
    for (path, bytes) in inputs {
        told.extend((path.len() as u64).to_be_bytes());
        told.extend(path.as_bytes());
        told.extend(Digest::of(bytes).0);
    }
    Digest::of(&told)
}

fn unkept(error: &dyn std::error::Error) -> Faults {
    let mend = "check the disk and the rights of the state folder";
    let mut faults = Faults::default();
    faults.push(Fault::of_file("blocklists", error.to_string(), mend));
    faults
}
