//! Text of strangers, made fit to stand in a mail or a table.

use model::steers;

/// One line without control characters or marks that turn the direction of writing, of at most so
/// many characters.
pub(crate) fn line(text: &str, most: usize) -> String {
    let words = text.split(|found: char| found.is_whitespace() || steers(found));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    cut(&words.join(" "), most)
}

/// Lines without control characters or marks that turn the direction of writing, of at most so
/// many characters.
pub(crate) fn lines(text: &str, most: usize) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let fit: String = text
        .chars()
        .map(|found| match found {
            '\n' => '\n',
            found if steers(found) => ' ',
            found => found,
        })
        .collect();
    cut(fit.trim_end(), most)
}

/// The same text without anything that looks like the address of a page (ILL-12).
pub(crate) fn without_addresses(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace);
    words
        .map(|word| {
            let bare = word.trim_end();
            if looks_like_address(bare) {
                word.replacen(bare, "(address left out)", 1)
            } else {
                word.to_owned()
            }
        })
        .collect()
}

fn looks_like_address(word: &str) -> bool {
    let lower = word.to_lowercase();
    if lower.contains("://") || lower.contains("www.") || lower.contains("%2f") {
        return true;
    }
    // A name with a dot inside that is no number: `site.test`, `site.test/path`, `(site.test)`.
    let names = lower.split(|found: char| !(found.is_alphanumeric() || "-_.".contains(found)));
    let mut names = names.map(|name| name.trim_matches('.'));
    names.any(|name| {
        name.contains('.')
            && name
                .rsplit('.')
                .next()
                .is_some_and(|last| last.chars().any(char::is_alphabetic))
    })
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // ILL-12
    #[test]
    fn what_looks_like_an_address_is_left_out() {
        for text in [
            "HTTPS://bad.test/x",
            "see bad.test, now",
            "(bad.test)",
            "bad.test/path?x",
            "www.bad",
            "bad.test.",
            "xn--bcher-kva.test",
            "b\u{fc}cher.test",
        ] {
            let found = without_addresses(text);
            assert!(!found.contains("bad") && !found.contains("cher"), "{found}");
        }
        let kept = "Incident 7 at 10:15, ipad-7, 192.0.2.7.\nList: starter. It was blocked.";
        assert_eq!(without_addresses(kept), kept);
    }

    proptest! {
        #[test]
        fn a_line_is_one_line_without_control_characters(text in any::<String>()) {
            let line = line(&text, 100);
            prop_assert!(!line.contains(char::is_control));
            prop_assert!(line.chars().count() <= 101);
        }

        #[test]
        fn lines_have_no_control_character_but_their_ends(text in any::<String>()) {
            let lines = lines(&text, 100);
            prop_assert!(!lines.replace('\n', "").contains(char::is_control));
        }
    }
}
