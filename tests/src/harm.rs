use model::steers;

/// What of a text would move a terminal, hide words or turn their direction; and which of its
/// lines a stranger began. Empty when it is harmless.
pub fn harm_of_terminal(text: &str, forged: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.split('\n') {
        if let Some(bad) = line.chars().find(|c| *c != '\t' && steers(*c)) {
            found.push(format!("{bad:?} in {line:?}"));
        }
        if line.trim_start().starts_with(forged) {
            found.push(format!("a forged line: {line:?}"));
        }
    }
    found
}

/// What of a table a spreadsheet would take for a formula, and what steers in it.
pub fn harm_of_csv(text: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut found = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                found.push(format!("it cannot be read: {error}"));
                break;
            }
        };
        for cell in &record {
            let first = cell.trim_start().chars().next();
            if first.is_some_and(|first| FORMULAS.contains(&first)) {
                found.push(format!("a formula: {cell:?}"));
            }
            if cell.contains(steers) {
                found.push(format!("what steers: {cell:?}"));
            }
        }
    }
    found
}

/// What of a mail, as it came over the wire, a stranger could have begun: fields of its head, other
/// receivers, another kind of body; and the body as it is read.
pub fn harm_of_mail(wire: &str, receivers: &[String], school: &str) -> (Vec<String>, String) {
    let (head, body) = wire.split_once("\n\n").unwrap_or((wire, ""));
    let mut found: Vec<String> = head
        .lines()
        .filter(|line| !line.starts_with(' ') && !KNOWN.iter().any(|name| begins(line, name)))
        .map(|line| format!("a field of its own: {line:?}"))
        .collect();
    let strangers = receivers.iter().filter(|to| !to.contains(school));
    found.extend(strangers.map(|to| format!("it went to {to}")));
    if !head
        .to_ascii_lowercase()
        .contains("content-type: text/plain")
    {
        found.push("it is no plain text".to_owned());
    }
    let body = match head.to_ascii_lowercase().contains("quoted-printable") {
        true => unquoted(body),
        false => body.to_owned(),
    };
    let bad = body.chars().find(|c| !"\n\r".contains(*c) && steers(*c));
    found.extend(bad.map(|bad| format!("{bad:?} in {body:?}")));
    (found, body)
}

fn begins(line: &str, name: &str) -> bool {
    line.get(..name.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// Text of RFC 2045, section 6.7, as it was before.
fn unquoted(text: &str) -> String {
    let text = text.replace("=\r\n", "").replace("=\n", "");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match hex.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) if first == b'=' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            Some(_) | None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

const FORMULAS: [char; 8] = ['=', '+', '-', '@', '|', '%', '\u{ff1d}', '\u{ff0b}'];

/// The fields that the gateway itself gives a mail.
const KNOWN: [&str; 12] = [
    "from:",
    "to:",
    "subject:",
    "date:",
    "message-id:",
    "mime-version:",
    "content-type:",
    "content-transfer-encoding:",
    "auto-submitted:",
    "x-auto-response-suppress:",
    "reply-to:",
    "sender:",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_harm_is_found() {
        assert!(!harm_of_terminal("a\u{1b}[2J", "forged").is_empty());
        assert!(!harm_of_terminal("a\nforged line", "forged").is_empty());
        assert!(harm_of_terminal("a\n\tb", "forged").is_empty());
        assert!(!harm_of_csv("a,b\r\nc,\"=1+1\"\r\n").is_empty());
        assert!(harm_of_csv("a,b\r\nc,\"'=1+1\"\r\n").is_empty());
        let mail = "To: a@school.example\nBcc: b@other.example\nContent-Type: text/plain\n\nx";
        let to = ["<b@other.example>".to_owned()];
        assert_eq!(harm_of_mail(mail, &to, "@school.example").0.len(), 2);
        assert_eq!(unquoted("a=\nb=3D=C3=A9"), "ab=\u{e9}");
    }
}
