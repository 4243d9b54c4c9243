use crate::{blocklists, read};
use lists::{StarterHead, parse_head};
use model::Faults;

/// One built-in list with its head.
#[derive(Clone, Debug)]
pub struct StarterList {
    /// The name of its file without `.txt`.
    pub id: String,
    /// Its `# key: value` lines.
    pub head: StarterHead,
    /// Its names in the order of the file.
    pub entries: Vec<StarterEntry>,
    /// The whole text.
    pub text: String,
}

/// One line of a built-in list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StarterEntry {
    /// The line, counted from 1.
    pub line: usize,
    /// The name without its sign.
    pub name: String,
    /// Whether names below it are meant too.
    pub below: bool,
}

/// Reads all built-in lists, in the order of their ids.
pub fn starter_lists() -> Vec<StarterList> {
    let folder = blocklists().join("starter");
    let entries = std::fs::read_dir(&folder).expect("the folder of starter lists is there");
    let mut lists: Vec<StarterList> = entries
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|end| end == "txt"))
        .map(|path| {
            let id = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .expect("a plain file name");
            list(id, read(&path))
        })
        .collect();
    lists.sort_by(|a, b| a.id.cmp(&b.id));
    lists
}

fn list(id: &str, text: String) -> StarterList {
    let mut faults = Faults::default();
    let head = parse_head(&format!("blocklists/starter/{id}.txt"), &text, &mut faults);
    assert!(faults.is_empty(), "{faults}");
    let entries = text
        .lines()
        .zip(1..)
        .filter(|(line, _)| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|(line, number)| StarterEntry {
            line: number,
            name: line.strip_prefix('=').unwrap_or(line).to_owned(),
            below: !line.starts_with('='),
        })
        .collect();
    StarterList {
        id: id.to_owned(),
        head: head.expect("a head without a fault"),
        entries,
        text,
    }
}
