use model::steers;

/// The fields of a form or of a query, as they were sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Takes in decoded fields; more than [`MOST_FIELDS`] are left out.
    pub(crate) fn new(mut fields: Vec<(String, String)>) -> Self {
        fields.truncate(MOST_FIELDS);
        Self(fields)
    }

    /// A field exactly as it was typed, for passwords; empty where it is missing.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(field, _)| field == name)
            .map_or("", |(_, value)| value)
    }

    /// One line of text: trimmed, without control characters, at most [`MOST_LINE`] characters.
    pub(crate) fn line(&self, name: &str) -> String {
        clean(self.raw(name), MOST_LINE, false)
    }

    /// Text of several lines, at most [`MOST_TEXT`] characters.
    pub(crate) fn text(&self, name: &str) -> String {
        clean(&self.raw(name).replace("\r\n", "\n"), MOST_TEXT, true)
    }

    /// All values of a field that may be ticked several times.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.0
            .iter()
            .filter(|(field, _)| field == name)
            .map(|(_, value)| clean(value, MOST_LINE, false))
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// Whether a box was ticked.
    pub(crate) fn ticked(&self, name: &str) -> bool {
        !self.raw(name).is_empty()
    }
}

/// Drops what has no shape of its own or turns the direction of the text around it.
fn clean(text: &str, most: usize, lines: bool) -> String {
    let hidden = |c: char| steers(c) && !(lines && c == '\n');
    let kept: String = text
        .trim()
        .chars()
        .filter(|c| !hidden(*c))
        .take(most)
        .collect();
    kept.trim().to_owned()
}

/// No form of the console has so many.
const MOST_FIELDS: usize = 256;
const MOST_LINE: usize = 500;
const MOST_TEXT: usize = 4_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_dropped_and_a_password_stays_as_typed() {
        let form = Form::new(vec![
            ("reason".into(), "  a\r\nb\u{202e}c\u{0007}  ".into()),
            ("password".into(), " two words ".into()),
            ("group".into(), "ks1".into()),
            ("group".into(), "ks2".into()),
        ]);
        assert_eq!(form.line("reason"), "abc");
        assert_eq!(form.text("reason"), "a\nbc");
        assert_eq!(form.raw("password"), " two words ");
        assert_eq!(form.all("group"), ["ks1", "ks2"]);
        assert!(!form.ticked("missing"));
    }
}
