use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// How many bytes of a page are looked at for its charset, as browsers do.
pub(super) const HEAD: usize = 1024;

/// Finds the encoding: byte order mark, header, `meta`, and then what the bytes look like.
pub(super) fn detect(head: &[u8], content_type: Option<&str>, html: bool) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return encoding;
    }
    if let Some(encoding) = content_type.and_then(|text| labelled(text.as_bytes())) {
        return encoding;
    }
    if html && let Some(encoding) = in_meta(head) {
        // A page whose `meta` could be read is not in UTF-16, whatever it says.
        return if encoding.is_ascii_compatible() {
            encoding
        } else {
            UTF_8
        };
    }
    match std::str::from_utf8(head) {
        Ok(_) => UTF_8,
        // Only the last character is cut off.
        Err(error) if error.error_len().is_none() => UTF_8,
        Err(_) => WINDOWS_1252,
    }
}

/// The charset that a `meta` of the head names.
fn in_meta(head: &[u8]) -> Option<&'static Encoding> {
    let mut rest = head;
    while let Some(at) = memchr::memchr(b'<', rest) {
        rest = &rest[at + 1..];
        let name = rest.get(..4)?;
        if name.eq_ignore_ascii_case(b"meta") {
            let end = memchr::memchr(b'>', rest).unwrap_or(rest.len());
            if let Some(encoding) = labelled(&rest[..end]) {
                return Some(encoding);
            }
        }
    }
    None
}

/// The encoding behind `charset=`, where one is known by that label.
fn labelled(text: &[u8]) -> Option<&'static Encoding> {
    const WORD: &[u8] = b"charset";
    let at = text
        .windows(WORD.len())
        .position(|window| window.eq_ignore_ascii_case(WORD))?;
    let value = text[at + WORD.len()..].trim_ascii_start();
    let value = value.strip_prefix(b"=")?.trim_ascii_start();
    let quoted = |byte: &u8| matches!(byte, b'"' | b'\'');
    let from = usize::from(value.first().is_some_and(quoted));
    let value = &value[from..];
    let end = value
        .iter()
        .position(|byte| quoted(byte) || byte.is_ascii_whitespace() || matches!(byte, b';' | b'/'))
        .unwrap_or(value.len());
    Encoding::for_label(&value[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{ISO_8859_2, UTF_16LE, WINDOWS_1251};

    #[test]
    fn the_mark_beats_the_header_and_the_header_the_page() {
        let page = b"<html><meta charset='windows-1251'>";
        assert_eq!(
            detect(b"\xff\xfea\0", Some("text/html; charset=utf-8"), true),
            UTF_16LE
        );
        assert_eq!(
            detect(page, Some("text/html; charset=\"ISO-8859-2\""), true),
            ISO_8859_2
        );
        assert_eq!(detect(page, Some("text/html"), true), WINDOWS_1251);
        assert_eq!(detect(page, None, false), UTF_8);
        let old = b"<meta http-equiv=Content-Type content='text/html; charset = windows-1251'>";
        assert_eq!(detect(old, None, true), WINDOWS_1251);
        assert_eq!(detect(b"<meta charset=utf-16>", None, true), UTF_8);
        assert_eq!(detect(b"caf\xe9 au lait", None, true), WINDOWS_1252);
        assert_eq!(detect(b"caf\xc3", None, true), UTF_8);
    }
}
