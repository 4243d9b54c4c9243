use crate::Report;
use crate::folder::shown;
use crate::gather::Gather;
use content::PhraseBook;
use model::{Fault, Faults, Files, Vocabulary};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Makes an artefact of the files of the folder `blocklists`, each by its path inside it.
///
/// Every `starter/*.txt` is a list; `sources.toml` names the others; `exceptions.toml` and
/// `guard.txt` hold against those of third parties. The same files, vocabulary and secret give
/// the same artefact.
///
/// # Errors
///
/// All faults of all files. Bad lines of a third-party list are no faults: they are counted in
/// the report.
pub fn compile(
    inputs: &BTreeMap<String, Arc<[u8]>>,
    vocabulary: &Vocabulary,
    secret: &matcher::Secret,
) -> Result<(matcher::Compiled, Report), Faults> {
    let mut gather = Gather::new(inputs, vocabulary);
    gather.starters();
    gather.sources();
    gather.exceptions();
    gather.guard();
    let (compiler, mut report, mut faults) = gather.finish();
    if faults.errors() > 0 {
        return Err(faults);
    }
    match compiler.compile(secret) {
        Ok(compiled) => {
            report.compiled = compiled.report().clone();
            report.warnings = faults;
            Ok((compiled, report))
        }
        Err(error) => {
            let mend = "take lists out of `sources.toml`, or exceptions that are named";
            faults.push(Fault::of_file("blocklists", error.to_string(), mend));
            Err(faults)
        }
    }
}

/// Makes the book of phrases of the files of the folder `blocklists`, each by its path inside it:
/// of `phrases/*.toml`, and of the phrase lists that `sources.toml` has in use.
///
/// Every fault of a file of phrases goes to `faults`; those of the sources are told by [`compile`].
pub fn compile_phrases(
    inputs: &BTreeMap<String, Arc<[u8]>>,
    vocabulary: &Vocabulary,
    faults: &mut Faults,
) -> PhraseBook {
    let mut gather = Gather::new(inputs, vocabulary);
    let imported = gather.phrase_lists();
    let (_, _, found) = gather.finish();
    faults.append(found);
    let mut own = Files::default();
    for (path, bytes) in inputs.range(PHRASES.to_owned()..) {
        if !path.starts_with(PHRASES) {
            break;
        }
        own.insert(shown(path), Arc::clone(bytes));
    }
    PhraseBook::compile(&own, imported, vocabulary, faults)
}

/// The folder of the phrases that the school writes.
const PHRASES: &str = "phrases/";
