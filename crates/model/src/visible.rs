use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character does more than stand for itself: it moves a terminal, ends a line, hides
/// text or turns its direction.
///
/// Tab, line feed and carriage return are among them; who wants these asks for them apart.
pub const fn steers(character: char) -> bool {
    character.is_ascii_control()
        || matches!(
            character,
            '\u{80}'..='\u{9f}'
                | '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Spells out every character that steers, as JSON does: `\u001b`.
///
/// A JSON text on one line stays the same to who reads it. A backslash of the text stays as it is,
/// so anything else is for eyes and not to be read back.
///
/// ```
/// assert_eq!(model::visible("a\u{1b}[2Jb"), r"a\u001b[2Jb");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut units = [0; 2];
    for character in text.chars() {
        if steers(character) {
            for unit in character.encode_utf16(&mut units) {
                // INVARIANT: writing to a string does not fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_or_hides_text_is_spelled_out() {
        assert_eq!(visible("plain \u{e9}\u{1f600}"), "plain \u{e9}\u{1f600}");
        assert_eq!(visible("\r\n\t"), r"\u000d\u000a\u0009");
        assert_eq!(visible("\u{202e}gnp.exe"), r"\u202egnp.exe");
        assert_eq!(visible("\u{e0041}"), r"\udb40\udc41");
    }

    #[test]
    fn nothing_that_steers_is_left() {
        let all: String = (0..=u32::from(char::MAX))
            .filter_map(char::from_u32)
            .collect();
        assert!(!visible(&all).contains(steers));
        let forgotten = all.chars().find(|c| c.is_control() && !steers(*c));
        assert_eq!(forgotten, None);
    }
}
