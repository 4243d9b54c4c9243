use crate::fold::Folder;

/// Reads the strings of JSON, as it streams; what lies between them separates blocks.
///
/// It checks nothing: what is no JSON still gives what stands between quotation marks.
#[derive(Debug, Default)]
pub(crate) struct Json {
    state: State,
    /// The first half of a character beyond the basic plane.
    high: Option<u16>,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Between,
    Text,
    Escape,
    /// Digits of `\u` so far, and their value.
    Code(u8, u16),
}

impl Json {
    pub(crate) fn feed(&mut self, mut bytes: &[u8], out: &mut Folder) {
        while let [byte, rest @ ..] = bytes {
            match self.state {
                State::Between => {
                    let Some(quote) = memchr::memchr(b'"', bytes) else {
                        return;
                    };
                    out.end_block();
                    self.state = State::Text;
                    bytes = &bytes[quote + 1..];
                }
                State::Text => {
                    let end = memchr::memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len());
                    if end > 0 || bytes.first() != Some(&b'\\') {
                        self.end_pair(out);
                    }
                    out.text(&bytes[..end]);
                    match bytes.get(end) {
                        None => return,
                        Some(b'\\') => self.state = State::Escape,
                        Some(_) => {
                            out.end_block();
                            self.state = State::Between;
                        }
                    }
                    bytes = &bytes[end + 1..];
                }
                State::Escape => {
                    self.escape(*byte, out);
                    bytes = rest;
                }
                State::Code(count, value) => match (*byte as char).to_digit(16) {
                    Some(digit) => {
                        let value = value << 4 | digit as u16;
                        self.state = State::Code(count + 1, value);
                        if count == 3 {
                            self.state = State::Text;
                            self.unit(value, out);
                        }
                        bytes = rest;
                    }
                    None => {
                        out.space();
                        self.state = State::Text;
                    }
                },
            }
        }
    }

    fn escape(&mut self, byte: u8, out: &mut Folder) {
        self.state = State::Text;
        if byte == b'u' {
            self.state = State::Code(0, 0);
            return;
        }
        self.end_pair(out);
        match byte {
            b'b' | b'f' | b'n' | b'r' | b't' => out.space(),
            byte => out.text(&[byte]),
        }
    }

    /// Takes one UTF-16 unit.
    fn unit(&mut self, unit: u16, out: &mut Folder) {
        let units: Vec<u16> = self.high.take().into_iter().chain([unit]).collect();
        if matches!(unit, 0xd800..=0xdbff) {
            self.high = Some(unit);
            return;
        }
        for character in char::decode_utf16(units) {
            match character {
                Ok(character) => out.character(character),
                Err(_) => out.space(),
            }
        }
    }

    /// A first half without a second one is no character.
    fn end_pair(&mut self, out: &mut Folder) {
        if self.high.take().is_some() {
            out.space();
        }
    }

    pub(crate) fn finish(&mut self, out: &mut Folder) {
        self.end_pair(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> String {
        let mut out = Folder::new();
        let mut reader = Json::default();
        reader.feed(json.as_bytes(), &mut out);
        reader.finish(&mut out);
        String::from_utf8(out.bytes).unwrap()
    }

    #[test]
    fn strings_are_read_and_kept_apart() {
        assert_eq!(
            read(r#"{"a": "one two", "b": [1, "three"]}"#),
            " \n a \n one two \n b \n three \n "
        );
        assert_eq!(
            read(r#"["caf\u00e9\nau \ud835\udcc5 \"x\""]"#),
            " \n cafe au p x \n "
        );
        assert_eq!(read(r#"["\ud835x", "\ud835"#), " \n x \n ");
    }
}
