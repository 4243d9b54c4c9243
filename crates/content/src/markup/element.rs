/// How an element parts the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Not at all; elements that nobody knows are so.
    Inline,
    /// As a space does.
    Space,
    /// As the end of a paragraph does.
    Block,
}

/// What content that is no markup is to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Never seen.
    Hidden,
    /// Seen as it stands.
    Seen,
    /// Seen, with its character references.
    SeenWithReferences,
}

/// How an element of this name, in lower case, parts the text.
pub(super) fn place(name: &str) -> Place {
    if name == "br" {
        Place::Space
    } else if BLOCKS.binary_search(&name).is_ok() {
        Place::Block
    } else {
        Place::Inline
    }
}

/// Whether the content of an element is no markup, and what it is.
pub(super) fn raw(name: &str) -> Option<(&'static str, Content)> {
    RAW.iter().find(|(raw, _)| *raw == name).copied()
}

/// Whether an element holds drawings or formulas.
pub(super) fn is_foreign(name: &str) -> bool {
    matches!(name, "svg" | "math")
}

/// Elements around which browsers begin a new line or a new box, in order.
const BLOCKS: [&str; 74] = [
    "address",
    "article",
    "aside",
    "audio",
    "blockquote",
    "body",
    "button",
    "canvas",
    "caption",
    "center",
    "col",
    "colgroup",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "frame",
    "frameset",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hgroup",
    "hr",
    "html",
    "iframe",
    "img",
    "input",
    "legend",
    "li",
    "listing",
    "main",
    "menu",
    "meta",
    "nav",
    "object",
    "ol",
    "optgroup",
    "option",
    "p",
    "plaintext",
    "pre",
    "search",
    "section",
    "select",
    "slot",
    "summary",
    "svg",
    "table",
    "tbody",
    "td",
    "template",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "track",
    "ul",
    "video",
    "xmp",
];

const RAW: [(&str, Content); 9] = [
    ("script", Content::Hidden),
    ("style", Content::Hidden),
    ("iframe", Content::Hidden),
    ("title", Content::SeenWithReferences),
    ("textarea", Content::SeenWithReferences),
    // Seen where scripts do not run.
    ("noscript", Content::Seen),
    ("noembed", Content::Seen),
    ("noframes", Content::Seen),
    ("xmp", Content::Seen),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blocks_are_in_order() {
        assert!(BLOCKS.windows(2).all(|two| two[0] < two[1]));
    }
}
