use crate::failure::Failure;
use crate::offline::Offline;
use crate::screen::Screen;
use content::PageKind;
use gate::{PageExplanation, SearchExplanation};
use std::io::{self, Read};
use std::path::Path;

/// Says what the text of a page scores for a group.
pub(super) fn explain(
    offline: &Offline,
    file: &Path,
    group: &str,
    json: bool,
) -> Result<(), Failure> {
    let page = read(file).map_err(|source| Failure::File {
        path: file.to_owned(),
        done: "read",
        source,
    })?;
    let shown = offline
        .state
        .explain_page(group, kind(file), &page)
        .map_err(|error| Failure::asked(error.to_string(), "name a group of `config/groups`"))?;
    let mut out = Screen::open();
    if json {
        out.json(&shown)?;
    } else {
        print(&mut out, file, &shown)?;
    }
    out.finish()
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

fn print(out: &mut Screen, file: &Path, shown: &PageExplanation) -> Result<(), Failure> {
    let word = if shown.above { "above" } else { "not above" };
    out.line(format_args!(
        "{}: {word} the limit of group {}, {}",
        file.display(),
        shown.group,
        shown.limit
    ))?;
    for theme in &shown.themes {
        let mark = if theme.above { "->" } else { "  " };
        out.line(format_args!(
            "  {mark} {:<4} {} (against {}, harmless context {})",
            theme.score, theme.title, theme.against, theme.benign
        ))?;
    }
    for phrase in &shown.phrases {
        out.line(format_args!(
            "  phrase {:>5}  {} by list {}: ... {} ...",
            phrase.weight, phrase.phrase, phrase.list, phrase.around
        ))?;
    }
    if shown.left_out > 0 {
        out.line(format_args!("  and {} lighter phrases", shown.left_out))?;
    }
    out.line(format_args!(
        "  read      {} bytes, {} of them text",
        shown.read, shown.text
    ))?;
    Ok(())
}

/// Prints what the search that a target makes says.
pub(super) fn print_search(
    out: &mut Screen,
    search: Option<&SearchExplanation>,
) -> Result<(), Failure> {
    let Some(search) = search else {
        return Ok(());
    };
    let typing = if search.typing { ", while typing" } else { "" };
    out.line(format_args!(
        "  search    \u{201c}{}\u{201d} at {}{typing}",
        search.term, search.engine
    ))?;
    for theme in &search.themes {
        out.line(format_args!(
            "  theme     {}, score {}",
            theme.title, theme.score
        ))?;
    }
    Ok(())
}

/// Pages are shorter; a longer file is read so far.
const LONGEST: u64 = 64 << 20;
