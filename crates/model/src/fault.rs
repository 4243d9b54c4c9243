use crate::visible;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Whether a fault stops a policy from being used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The policy is refused.
    Error,
    /// The policy is used; somebody should look.
    Warning,
}

/// A place in a file, both counted from 1; the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// One thing wrong with a file: what, where, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Whether it stops the policy.
    pub severity: Severity,
    /// What is wrong, in the reader's words, lower case, no full stop.
    pub what: String,
    /// The file, as the reader named its folder.
    pub file: String,
    /// Where in the file; absent when it concerns the file as a whole.
    pub position: Option<Position>,
    /// The line that it stands on.
    pub snippet: Option<String>,
    /// How many characters of the line are meant.
    pub width: u32,
    /// How to mend it.
    pub mend: Option<String>,
}

impl Fault {
    /// A fault of a whole file.
    pub fn of_file(file: &str, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            what: what.into(),
            file: file.to_owned(),
            position: None,
            snippet: None,
            width: 0,
            mend: Some(mend.into()),
        }
    }

    /// A fault at a span of bytes of a text.
    pub fn at(
        file: &str,
        text: &str,
        span: std::ops::Range<usize>,
        what: impl Into<String>,
    ) -> Self {
        let start = floor_boundary(text, span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |end| end + 1);
        let line_end = text[start..]
            .find('\n')
            .map_or(text.len(), |end| start + end);
        let end = floor_boundary(text, span.end).clamp(start, line_end);
        let count = |part: &str| u32::try_from(part.chars().count()).unwrap_or(u32::MAX);
        let lines = text[..start].bytes().filter(|&byte| byte == b'\n').count();
        Self {
            severity: Severity::Error,
            what: what.into(),
            file: file.to_owned(),
            position: Some(Position {
                line: u32::try_from(lines).unwrap_or(u32::MAX).saturating_add(1),
                column: count(&text[line_start..start]).saturating_add(1),
            }),
            snippet: Some(
                text[line_start..line_end]
                    .trim_end()
                    .chars()
                    .take(MOST_SNIPPET)
                    .collect(),
            ),
            width: count(&text[start..end]).max(1),
            mend: None,
        }
    }

    /// The same fault with words on how to mend it.
    #[must_use]
    pub fn mend(mut self, mend: impl Into<String>) -> Self {
        self.mend = Some(mend.into());
        self
    }

    /// The same fault as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        writeln!(f, "{severity}: {}", visible(&self.what))?;
        let file = visible(&self.file);
        match self.position {
            Some(Position { line, column }) => writeln!(f, "  at {file}:{line}:{column}")?,
            None => writeln!(f, "  at {file}")?,
        }
        if let (Some(Position { line, column }), Some(snippet)) = (self.position, &self.snippet) {
            let gutter = line.to_string();
            let margin = " ".repeat(gutter.len());
            let indent: String = snippet
                .chars()
                .take(column.saturating_sub(1) as usize)
                .map(|character| if character == '\t' { '\t' } else { ' ' })
                .collect();
            let left = MOST_SNIPPET.saturating_sub(column as usize).max(1);
            let shown = snippet.split('\t').map(visible).collect::<Vec<_>>();
            let shown = shown.join("\t");
            writeln!(f, " {margin} |\n {gutter} | {shown}")?;
            writeln!(
                f,
                " {margin} | {indent}{}",
                "^".repeat((self.width as usize).min(left))
            )?;
        }
        if let Some(mend) = &self.mend {
            writeln!(f, "mend: {}", visible(mend))?;
        }
        Ok(())
    }
}

/// All that is wrong with some files, in the order in which it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Faults {
    faults: Vec<Fault>,
}

impl Faults {
    /// Adds a fault.
    pub fn push(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// Adds all of another's faults.
    pub fn append(&mut self, other: Self) {
        self.faults.extend(other.faults);
    }

    /// The faults, those of one file together and by position.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        let mut sorted: Vec<&Fault> = self.faults.iter().collect();
        sorted.sort_by(|a, b| (&a.file, a.position).cmp(&(&b.file, b.position)));
        sorted.into_iter()
    }

    /// The same faults with other names for their files, such as the reader's own.
    #[must_use]
    pub fn renamed(mut self, name: impl Fn(&str) -> String) -> Self {
        for fault in &mut self.faults {
            fault.file = name(&fault.file);
        }
        self
    }

    /// How many faults stop the policy.
    pub fn errors(&self) -> usize {
        self.faults
            .iter()
            .filter(|fault| fault.severity == Severity::Error)
            .count()
    }

    /// How many faults are warnings.
    pub fn warnings(&self) -> usize {
        self.faults.len() - self.errors()
    }

    /// Whether nothing was found, not even a warning.
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, fault) in self.iter().enumerate() {
            if place > 0 {
                writeln!(f)?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

fn floor_boundary(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

/// A minified file must not fill the screen with one line.
const MOST_SNIPPET: usize = 200;
