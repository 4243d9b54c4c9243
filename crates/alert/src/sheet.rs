use crate::plain::line;

/// A table with a head, as the console shows it and as CSV.
///
/// No cell is ever a formula to a spreadsheet, and none holds a control character.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Sheet {
    /// What it shows.
    pub title: String,
    /// The names of the columns.
    pub head: Vec<String>,
    /// The rows, each as wide as the head.
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    pub(crate) fn new<const N: usize>(title: &str, head: [&str; N]) -> Self {
        Self {
            title: title.to_owned(),
            head: head.map(str::to_owned).to_vec(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn push<const N: usize>(&mut self, row: [String; N]) {
        self.rows
            .push(row.map(|cell| line(&cell, MOST_CELL)).to_vec());
    }

    /// The table as CSV (RFC 4180) with its head.
    pub fn csv(&self) -> String {
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        for row in std::iter::once(&self.head).chain(&self.rows) {
            let row: Vec<String> = row.iter().map(|cell| safe_cell(cell)).collect();
            // INVARIANT: memory takes every write, and all rows are as wide as the head.
            let _ = writer.write_record(row);
        }
        let bytes = writer.into_inner().unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// The table as plain text, columns under their heads.
    pub fn text(&self) -> String {
        let all = || std::iter::once(&self.head).chain(&self.rows);
        let width = |column: usize| {
            let cells = all().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let mut text = format!("{}\n", self.title);
        if self.rows.is_empty() {
            text.push_str("  none\n");
            return text;
        }
        for row in all() {
            let cells = row.iter().zip(&widths);
            let cells = cells.map(|(cell, width)| format!("{cell:width$}"));
            let shown = cells.collect::<Vec<_>>().join("  ");
            text.push_str("  ");
            text.push_str(shown.trim_end());
            text.push('\n');
        }
        text
    }
}

/// A cell that no spreadsheet takes for a formula.
fn safe_cell(cell: &str) -> String {
    let cell = line(cell, MOST_CELL);
    match cell.trim_start().chars().next() {
        Some('=' | '+' | '-' | '@' | '|' | '%') => format!("'{cell}"),
        Some(_) | None => cell,
    }
}

const MOST_CELL: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_formula_is_text() {
        let mut sheet = Sheet::new("Sites", ["Site", "Count"]);
        sheet.push([
            "=HYPERLINK(\"https://bad.test\")".to_owned(),
            "1".to_owned(),
        ]);
        sheet.push(["a\r\n=b".to_owned(), "-1".to_owned()]);
        insta::assert_snapshot!(sheet.csv().replace('\r', ""), @r#"
        Site,Count
        "'=HYPERLINK(""https://bad.test"")",1
        a =b,'-1
        "#);
    }

    proptest! {
        #[test]
        fn no_cell_begins_a_formula_or_holds_a_control_character(cell in any::<String>()) {
            let mut sheet = Sheet::new("Sites", ["Site"]);
            sheet.push([cell]);
            let csv = sheet.csv();
            let mut reader = csv::ReaderBuilder::new().from_reader(csv.as_bytes());
            for record in reader.records() {
                let record = record.unwrap();
                let cell = &record[0];
                prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r']));
                prop_assert!(!cell.contains(char::is_control));
            }
        }
    }
}
