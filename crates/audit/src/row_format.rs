use crate::decision_row::RetentionClass;
use crate::decision_row::{DecisionRow, Known, certainty_word};
use model::{steers, visible};
use std::fmt::Write as _;
use std::io::{self, Write};

/// How decisions are written for other programs.
///
/// In each, whatever could steer a terminal, a log reader or a spreadsheet is escaped: control
/// characters, line separators, marks that turn the direction of writing, and cells that would be
/// taken for formulas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFormat {
    /// Comma-separated values (RFC 4180) with a heading.
    Csv,
    /// One JSON object a line.
    JsonLines,
    /// One message of RFC 5424 a line.
    Syslog,
}

/// Writes decisions in one format.
#[derive(Debug)]
pub struct RowWriter<W> {
    to: W,
    format: RowFormat,
    host: String,
    begun: bool,
}

impl<W: Write> RowWriter<W> {
    /// Begins; `host` is the gateway's name in syslog messages.
    pub fn new(to: W, format: RowFormat, host: &str) -> Self {
        let name: String = host
            .chars()
            .filter(char::is_ascii_graphic)
            .take(255)
            .collect();
        let host = if name.is_empty() { "-".into() } else { name };
        Self {
            to,
            format,
            host,
            begun: false,
        }
    }

    /// Writes one row.
    ///
    /// # Errors
    ///
    /// Fails when the writer below does.
    pub fn write(&mut self, row: &DecisionRow) -> io::Result<()> {
        let begun = std::mem::replace(&mut self.begun, true);
        let line = match self.format {
            RowFormat::Csv if !begun => {
                let names = fields(row).map(|(name, _)| name);
                format!("{}\r\n{}\r\n", names.join(","), csv(row))
            }
            RowFormat::Csv => csv(row) + "\r\n",
            RowFormat::JsonLines => json_line(row)? + "\n",
            RowFormat::Syslog => self.syslog(row) + "\n",
        };
        self.to.write_all(line.as_bytes())
    }

    /// Ends, and gives the writer back.
    ///
    /// # Errors
    ///
    /// Fails when the writer below does.
    pub fn finish(mut self) -> io::Result<W> {
        self.to.flush()?;
        Ok(self.to)
    }

    fn syslog(&self, row: &DecisionRow) -> String {
        // Facility local0; a refusal is worth a notice, an alert a warning.
        let severity = match row.class() {
            RetentionClass::Alert => 4,
            RetentionClass::Block => 5,
            RetentionClass::Browse => 6,
        };
        let mut line = format!(
            "<{}>1 {} {} schoolgate - decision [decision@{ENTERPRISE}",
            16 * 8 + severity,
            row.first,
            self.host
        );
        for (name, value) in fields(row) {
            if value.is_empty() {
                continue;
            }
            let mut said = String::with_capacity(value.len());
            for one in escaped(&value).chars() {
                if matches!(one, '"' | '\\' | ']') {
                    said.push('\\');
                }
                said.push(one);
            }
            // INVARIANT: writing to a string does not fail.
            let _ = write!(line, " {name}=\"{said}\"");
        }
        line.push(']');
        line
    }
}

/// Spells out every character that does more than stand for itself, as `\u{1b}`.
///
/// A backslash stays as it is, so this is for eyes and not to be read back.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for one in text.chars() {
        if steers(one) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(one));
        } else {
            out.push(one);
        }
    }
    out
}

/// Makes one cell of a spreadsheet that is never taken for a formula.
pub fn csv_cell(text: &str) -> String {
    let text = escaped(text);
    // Spreadsheets drop spaces in front before they look for the sign.
    let formula = text.trim_start().starts_with([
        '=', '+', '-', '@', '|', '%', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ]);
    let text = if formula { format!("'{text}") } else { text };
    if text.contains(['"', ',', ';', '\'', ' ']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// Writes one JSON object without a character that steers; what is read back is the same.
pub(crate) fn json_line(what: &impl serde::Serialize) -> io::Result<String> {
    // Outside of its strings, JSON has no such character.
    Ok(visible(&serde_json::to_string(what)?).into_owned())
}

fn csv(row: &DecisionRow) -> String {
    fields(row).map(|(_, value)| csv_cell(&value)).join(",")
}

fn fields(row: &DecisionRow) -> [(&'static str, String); 27] {
    let some = |word: &Option<std::sync::Arc<str>>| word.as_deref().unwrap_or_default().to_owned();
    let known = |known: &Known| match known {
        Known::Named(name) => (name.to_string(), String::new()),
        Known::Unknown(why) => (String::new(), why.word().to_owned()),
    };
    let ((device, device_unknown), (user, user_unknown)) = (known(&row.device), known(&row.user));
    let mark = |is: bool| if is { "yes".to_owned() } else { String::new() };
    [
        ("first", row.first.to_string()),
        ("last", row.last.to_string()),
        ("count", row.count.to_string()),
        ("client", row.client.to_string()),
        ("device", device),
        ("device_unknown", device_unknown),
        ("user", user),
        ("user_unknown", user_unknown),
        ("certainty", certainty_word(row.certainty).to_owned()),
        ("zone", row.zone.to_string()),
        ("group", row.group.to_string()),
        ("door", row.door.word().to_owned()),
        ("method", some(&row.method)),
        ("host", row.host.to_string()),
        ("path", some(&row.path)),
        ("type", some(&row.kind)),
        ("categories", row.categories.join(" ")),
        ("action", row.action.word().to_owned()),
        ("rung", row.rung.word().to_owned()),
        ("rule", some(&row.rule)),
        ("list", some(&row.list)),
        ("list_version", some(&row.list_version)),
        ("policy_version", row.policy_version.to_string()),
        ("bytes", row.bytes.to_string()),
        ("reference", some(&row.reference)),
        ("alert", mark(row.alert)),
        ("background", mark(row.background)),
    ]
}

/// The number that RFC 5612 sets aside for those who have none of their own.
const ENTERPRISE: u32 = 32_473;

#[cfg(test)]
mod tests;
