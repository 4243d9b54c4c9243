use crate::failure::Failure;
use crate::offline::Offline;
use content::PageKind;
use gate::{PageExplanation, SearchExplanation};
use std::io::{self, Read, Write};
use std::path::Path;

/// Says what the text of a page scores for a group.
pub(super) fn explain(
    offline: &Offline,
    file: &Path,
    group: &str,
    json: bool,
) -> Result<(), Failure> {
    let book = offline.phrases()?;
    let page = read(file).map_err(|source| Failure::File {
        path: file.to_owned(),
        done: "read",
        source,
    })?;
    let shown = offline
        .state
        .explain_page(&book, group, kind(file), &page)
        .map_err(|error| Failure::asked(error.to_string(), "name a group of `config/groups`"))?;
    let mut out = io::stdout().lock();
    if json {
        super::line(&mut out, &shown)
    } else {
        print(&mut out, file, &shown)
    }
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    std::fs::File::open(file)?
        .take(LONGEST)
        .read_to_end(&mut page)?;
    Ok(page)
}

fn kind(file: &Path) -> PageKind {
    let end = file.extension().and_then(|end| end.to_str());
    match end.map(str::to_ascii_lowercase).as_deref() {
        Some("json") => PageKind::Json,
        Some("txt") => PageKind::Plain,
        Some(_) | None => PageKind::Html,
    }
}

fn print(out: &mut impl Write, file: &Path, shown: &PageExplanation) -> Result<(), Failure> {
    let word = if shown.above { "above" } else { "not above" };
    writeln!(
        out,
        "{}: {word} the limit of group {}, {}",
        file.display(),
        shown.group,
        shown.limit
    )?;
    for theme in &shown.themes {
        let mark = if theme.above { "->" } else { "  " };
        writeln!(
            out,
            "  {mark} {:<4} {} (against {}, harmless context {})",
            theme.score, theme.title, theme.against, theme.benign
        )?;
    }
    for phrase in &shown.phrases {
        writeln!(
            out,
            "  phrase {:>5}  {} by list {}: ... {} ...",
            phrase.weight, phrase.phrase, phrase.list, phrase.around
        )?;
    }
    if shown.left_out > 0 {
        writeln!(out, "  and {} lighter phrases", shown.left_out)?;
    }
    writeln!(
        out,
        "  read      {} bytes, {} of them text",
        shown.read, shown.text
    )?;
    Ok(())
}

/// Prints what the search that a target makes says.
pub(super) fn print_search(
    out: &mut impl Write,
    search: Option<&SearchExplanation>,
) -> Result<(), Failure> {
    let Some(search) = search else {
        return Ok(());
    };
    let typing = if search.typing { ", while typing" } else { "" };
    writeln!(
        out,
        "  search    \u{201c}{}\u{201d} at {}{typing}",
        search.term, search.engine
    )?;
    for theme in &search.themes {
        writeln!(out, "  theme     {}, score {}", theme.title, theme.score)?;
    }
    Ok(())
}

/// Pages are shorter; a longer file is read so far.
const LONGEST: u64 = 64 << 20;
