use crate::settings::{Source, SourcesFile};
use model::{Content, Document, Fault, Faults, Files};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The files of the folder `blocklists`, each by its path inside it.
pub type Inputs = BTreeMap<String, Arc<[u8]>>;

/// Reads what [`compile`](crate::compile()) takes of the files of a policy, large lists from the
/// disk.
///
/// # Errors
///
/// A fault for each list that cannot be read.
pub fn inputs(files: &Files) -> Result<Inputs, Faults> {
    read(files, |_| true)
}

/// Reads what [`compile_phrases`](crate::compile_phrases) takes: large lists of names stay where
/// they are.
///
/// # Errors
///
/// As [`inputs()`].
pub fn phrase_inputs(files: &Files) -> Result<Inputs, Faults> {
    let phrases = places_of_phrases(files);
    read(files, |path| {
        phrases.iter().any(|place| path.starts_with(place.as_str()))
    })
}

fn read(files: &Files, wanted: impl Fn(&str) -> bool) -> Result<Inputs, Faults> {
    let mut found = Inputs::new();
    let mut faults = Faults::default();
    for (path, content) in files.under(BLOCKLISTS) {
        let inside = &path[BLOCKLISTS.len()..];
        if content.in_memory().is_none() && !wanted(inside) {
            continue;
        }
        match content.read() {
            Ok(bytes) => {
                found.insert(inside.to_owned(), bytes);
            }
            Err(error) => faults.push(unreadable(path, content, &error)),
        }
    }
    match faults.errors() {
        0 => Ok(found),
        _ => Err(faults),
    }
}

fn unreadable(path: &str, content: &Content, error: &std::io::Error) -> Fault {
    let what = format!(
        "the list of {} bytes is not there: {error}",
        content.length()
    );
    let mend = "try again if it was being written; else put it back, or restore the state folder";
    Fault::of_file(path, what, mend)
}

/// The beginnings of the paths at which phrase lists in use lie, and what they may include.
fn places_of_phrases(files: &Files) -> Vec<String> {
    let text = files.content(SOURCES);
    let text = text.and_then(|bytes| std::str::from_utf8(bytes).ok());
    let parsed =
        Document::parse::<SourcesFile>(SOURCES, text.unwrap_or(""), &mut Faults::default());
    let place = |source: Source| {
        let file = source.file?;
        let folder = file
            .rsplit_once('/')
            .map(|(folder, _)| format!("{folder}/"));
        Some(folder.unwrap_or(file))
    };
    let sources = parsed.1.unwrap_or_default().sources.into_iter();
    sources
        .filter(|source| source.enabled && source.format.is_phrases())
        .filter_map(place)
        .collect()
}

const BLOCKLISTS: &str = "blocklists/";
const SOURCES: &str = "blocklists/sources.toml";

#[cfg(test)]
mod tests {
    use super::*;

    // Compiled lists need not be read again for the phrases beside them.
    #[test]
    fn large_lists_of_names_are_left_on_the_disk_and_phrase_lists_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let kept = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            let content = Content::held(text.as_bytes());
            Content::kept(&path, content.digest(), content.length())
        };
        let mut files = Files::default();
        files.insert(
            SOURCES,
            br#"
[[sources]]
id = "own"
title = "Our names"
category = "games"
format = "plain"
file = "own/names.txt"
licence = "none"

[[sources]]
id = "words"
title = "Our phrases"
category = "games"
format = "phrases-weighted"
file = "words/weighted.txt"
licence = "none"
"#
            .to_vec(),
        );
        files.put("blocklists/own/names.txt", kept("names", "a.test\n"));
        files.put("blocklists/words/weighted.txt", kept("words", "<a><9>\n"));
        files.put("blocklists/words/more.txt", kept("more", "<b><9>\n"));
        let paths = |inputs: &Inputs| inputs.keys().cloned().collect::<Vec<_>>();
        assert_eq!(
            paths(&phrase_inputs(&files).unwrap()),
            ["sources.toml", "words/more.txt", "words/weighted.txt"]
        );
        assert_eq!(inputs(&files).unwrap().len(), 4);

        std::fs::write(folder.path().join("names"), "b.test\n").unwrap();
        assert!(phrase_inputs(&files).is_ok());
        let faults = inputs(&files).unwrap_err().to_string();
        assert!(faults.contains("blocklists/own/names.txt"), "{faults}");
    }
}
