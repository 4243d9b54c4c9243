use lists::SourcesFile;
use model::{Document, FLOOR, Faults, Files};
use std::fmt::Write as _;

/// The difference of some files, as a patch shows it.
///
/// Large files are named alone: a list of a million names is nothing that a person reads.
pub(crate) fn unified(before: &Files, after: &Files, changed: &[String]) -> String {
    let mut patch = String::new();
    for path in changed {
        let text = |files: &Files| -> Option<String> {
            let Some(content) = files.find(path) else {
                return Some(String::new());
            };
            if content.length() > MOST_BYTES {
                return None;
            }
            String::from_utf8(content.read().ok()?.to_vec()).ok()
        };
        let _infallible = writeln!(patch, "--- {path}\n+++ {path}");
        // ILL-08: nobody is shown what stands on a list of illegal content.
        if is_withheld(before, path) || is_withheld(after, path) {
            patch.push_str("(a list of illegal content is not shown)\n");
            continue;
        }
        match (text(before), text(after)) {
            (Some(old), Some(new)) => lines(&old, &new, &mut patch),
            (Some(_) | None, Some(_) | None) => patch.push_str("(too large to be shown)\n"),
        }
        if patch.len() > MOST_PATCH {
            patch.push_str("(the rest is left out)\n");
            break;
        }
    }
    // What stands in a file is shown in a terminal as well.
    patch
        .chars()
        .filter(|c| *c == '\n' || !model::steers(*c))
        .collect()
}

/// Whether a file is a list of the floor: a starter list that says so, or one that a source names.
fn is_withheld(files: &Files, path: &str) -> bool {
    let floor = |category: &str| FLOOR.iter().any(|known| known.id == category);
    let text = |path: &str| {
        let content = files.find(path)?.read().ok()?;
        String::from_utf8(content.to_vec()).ok()
    };
    let Some(inside) = path.strip_prefix("blocklists/") else {
        return false;
    };
    if inside.starts_with("starter/") {
        let head =
            text(path).and_then(|text| lists::parse_head(path, &text, &mut Faults::default()));
        // What cannot be read is not shown either.
        return files.find(path).is_some() && head.is_none_or(|head| floor(&head.category));
    }
    let sources = text("blocklists/sources.toml").unwrap_or_default();
    let parsed = Document::parse::<SourcesFile>("sources.toml", &sources, &mut Faults::default());
    let named = |file: &str| inside == file || inside.starts_with(&format!("{file}/"));
    let sources = parsed.1.unwrap_or_default().sources;
    sources
        .iter()
        .any(|source| floor(&source.category) && source.file.as_deref().is_some_and(named))
}

/// Lines that went and came, with three lines around them.
fn lines(old: &str, new: &str, patch: &mut String) {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let steps = steps(&old, &new);
    let mut shown = vec![false; steps.len()];
    for (place, step) in steps.iter().enumerate() {
        if !matches!(step, Step::Both(_)) {
            let end = (place + AROUND + 1).min(steps.len());
            shown[place.saturating_sub(AROUND)..end].fill(true);
        }
    }
    let mut before = true;
    for (step, shown) in steps.iter().zip(&shown) {
        match (shown, step) {
            (false, _) if before => patch.push_str("...\n"),
            (false, _) => {}
            (true, Step::Both(line)) => push(patch, ' ', line),
            (true, Step::Gone(line)) => push(patch, '-', line),
            (true, Step::Come(line)) => push(patch, '+', line),
        }
        before = *shown;
    }
}

fn push(patch: &mut String, sign: char, line: &str) {
    patch.push(sign);
    patch.push_str(line);
    patch.push('\n');
}

enum Step<'a> {
    Both(&'a str),
    Gone(&'a str),
    Come(&'a str),
}

/// The longest common part between equal beginnings and ends; past a bound all in between goes
/// and comes whole.
fn steps<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Step<'a>> {
    let head = old
        .iter()
        .zip(new)
        .take_while(|(one, other)| one == other)
        .count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest
        .iter()
        .rev()
        .zip(new_rest.iter().rev())
        .take_while(|(one, other)| one == other)
        .count();
    let old_mid = &old_rest[..old_rest.len() - tail];
    let new_mid = &new_rest[..new_rest.len() - tail];
    let mut steps: Vec<Step<'a>> = old[..head].iter().map(|line| Step::Both(line)).collect();
    if old_mid.len() * new_mid.len() > MOST_CELLS {
        steps.extend(old_mid.iter().map(|line| Step::Gone(line)));
        steps.extend(new_mid.iter().map(|line| Step::Come(line)));
    } else {
        middle(old_mid, new_mid, &mut steps);
    }
    steps.extend(
        old_rest[old_mid.len()..]
            .iter()
            .map(|line| Step::Both(line)),
    );
    steps
}

fn middle<'a>(old: &[&'a str], new: &[&'a str], steps: &mut Vec<Step<'a>>) {
    let width = new.len() + 1;
    let mut longest = vec![0u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i * width + j] = match old[i] == new[j] {
                true => longest[(i + 1) * width + j + 1] + 1,
                false => longest[(i + 1) * width + j].max(longest[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            steps.push(Step::Both(old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len()
            || (i < old.len() && longest[(i + 1) * width + j] >= longest[i * width + j + 1])
        {
            steps.push(Step::Gone(old[i]));
            i += 1;
        } else {
            steps.push(Step::Come(new[j]));
            j += 1;
        }
    }
}

const AROUND: usize = 3;
const MOST_BYTES: u64 = 256 * 1024;
const MOST_PATCH: usize = 200_000;
const MOST_CELLS: usize = 4_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn files(content: &str) -> Files {
        let mut files = Files::default();
        files.insert("config/a.toml", content.as_bytes());
        files
    }

    #[test]
    fn a_changed_line_is_shown_with_what_stands_around_it() {
        let old = "1\n2\n3\n4\n5\nold\n6\n7\n8\n9\n";
        let patch = unified(
            &files(old),
            &files(&old.replace("old", "new\u{1b}[31m")),
            &["config/a.toml".to_owned()],
        );
        assert_eq!(
            patch,
            "--- config/a.toml\n+++ config/a.toml\n...\n 3\n 4\n 5\n-old\n+new[31m\n 6\n 7\n 8\n...\n"
        );
    }

    #[test]
    fn a_new_file_comes_whole_and_a_large_one_by_name() {
        let path = ["config/a.toml".to_owned()];
        let patch = unified(&Files::default(), &files("a\nb\n"), &path);
        assert!(patch.ends_with("+a\n+b\n"), "{patch}");
        let large = "x\n".repeat(300_000);
        assert!(unified(&files(""), &files(&large), &path).contains("too large"));
    }
}
