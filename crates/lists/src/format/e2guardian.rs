use super::{Reader, without_comment};
use crate::{Covers, Reason, Scope};

impl Reader<'_> {
    pub(super) fn e2guardian_sites(&mut self, line: &str) {
        if self.e2guardian_head(line) {
            return;
        }
        let text = without_comment(line);
        let covers = self.covers(Covers::NameAndBelow);
        // `.tld` means a whole domain and is judged as any other.
        let name = text.strip_prefix("*.").or_else(|| text.strip_prefix('.'));
        self.entry(name.unwrap_or(text), text, covers);
    }

    pub(super) fn e2guardian_urls(&mut self, line: &str) {
        if self.e2guardian_head(line) {
            return;
        }
        let text = without_comment(line);
        let covers = self.covers(Covers::NameAndBelow);
        self.url(text, covers);
    }

    pub(super) fn e2guardian_expressions(&mut self, line: &str) {
        if self.e2guardian_head(line) {
            return;
        }
        if line.starts_with('"') && line.contains("\"->\"") {
            self.refuse(Reason::Rewrite, line);
        } else {
            self.expression(line, Scope::Url, line);
        }
    }

    /// Takes comments, heads and includes; whether the line was one of them.
    pub(super) fn e2guardian_head(&mut self, line: &str) -> bool {
        if let Some(path) = line.strip_prefix(".Include<") {
            match path.split_once('>') {
                Some((path, _)) if !path.is_empty() => {
                    self.settings();
                    self.include = Some(path.to_owned());
                }
                Some(_) | None => self.refuse(Reason::Syntax, line),
            }
            return true;
        }
        if let Some(rest) = line.strip_prefix("#listcategory:") {
            self.settings();
            let category = rest.trim().trim_matches('"');
            self.listed_category(category);
            return true;
        }
        if line.starts_with("#time:") {
            // Hours of our own groups hold, not those of a list.
            self.refuse(Reason::Context, line);
            return true;
        }
        self.is_comment(line, &['#'])
    }
}
