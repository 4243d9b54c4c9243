use crate::Source;
use std::fmt::Write as _;

/// The licences and authors of the lists in use, as their licences ask for.
pub fn notice(sources: &[Source]) -> String {
    let mut text = String::from(
        "Lists in use, by others. Each is fetched from its publisher under its own licence; the\n\
         compiled lists are an adaptation of them.\n",
    );
    for source in sources
        .iter()
        .filter(|source| source.enabled && source.third_party)
    {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "\n{}\n  licence: {}\n", source.title, source.licence);
        if let Some(author) = &source.attribution {
            let _ = writeln!(text, "  by: {author}");
        }
        if let Some(from) = source.url.as_ref().or(source.file.as_ref()) {
            let _ = writeln!(text, "  from: {from}");
        }
    }
    text
}
