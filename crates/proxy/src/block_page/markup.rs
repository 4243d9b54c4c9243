use model::steers;

/// HTML under construction.
///
/// What is not written in the program's own text can only enter escaped: `raw` takes nothing else.
#[derive(Debug, Default)]
pub(crate) struct Markup(String);

impl Markup {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    /// Adds markup of our own.
    pub(crate) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Adds any text, for content and for quoted attributes alike.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                _ if steers(character) => self.0.push('\u{fffd}'),
                _ => self.0.push(character),
            }
        }
        self
    }

    /// Adds one paragraph of text; nothing for an empty one.
    pub(crate) fn paragraph(&mut self, text: &str) -> &mut Self {
        if text.is_empty() {
            return self;
        }
        self.raw("<p>").text(text).raw("</p>\n")
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_ever_becomes_markup(text in any::<String>()) {
            let mut markup = Markup::default();
            markup.text(&text);
            let html = markup.finish();
            prop_assert!(!html.contains(['<', '>', '"', '\'']));
            let back = html
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&amp;", "&");
            let shown: String =
                text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect();
            prop_assert_eq!(back, shown);
        }
    }
}
