use model::steers;

/// Rows for a table program, as RFC 4180 writes them. No cell is ever read as a formula.
#[derive(Clone, Debug, Default)]
pub(crate) struct Csv {
    text: String,
}

impl Csv {
    /// A table with these headings.
    pub(crate) fn new(head: &[&str]) -> Self {
        let mut csv = Self::default();
        csv.row(head.iter().copied());
        csv
    }

    /// Adds a row.
    pub(crate) fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        for (place, cell) in cells.into_iter().enumerate() {
            if place > 0 {
                self.text.push(',');
            }
            self.text.push('"');
            // What cannot be seen goes first: behind it a formula would begin the cell after all.
            let seen = cell.chars().filter(|c| c.is_control() || !steers(*c));
            let seen: String = seen.map(|c| if c.is_control() { ' ' } else { c }).collect();
            if seen.trim_start().starts_with(FORMULAS) {
                self.text.push('\'');
            }
            self.text.push_str(&seen.replace('"', "\"\""));
            self.text.push('"');
        }
        self.text.push_str("\r\n");
    }

    /// The whole table.
    pub(crate) fn finish(self) -> String {
        self.text
    }
}

/// What table programs take for the beginning of a formula, full-width forms included.
const FORMULAS: [char; 10] = [
    '=', '+', '-', '@', '|', '%', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_or_breaks_its_row() {
        let mut csv = Csv::new(&["site", "note"]);
        csv.row(["=HYPERLINK(\"http://a.test\")", "two\r\nlines, one cell"]);
        csv.row(["\t@SUM(1)", "\u{202e}gnp.exe"]);
        csv.row(["\u{200b}=1+1", "\u{feff} -1"]);
        let text = csv.finish();
        assert_eq!(
            text,
            "\"site\",\"note\"\r\n\"'=HYPERLINK(\"\"http://a.test\"\")\",\"two  lines, one cell\"\r\n\"' @SUM(1)\",\"gnp.exe\"\r\n\"'=1+1\",\"' -1\"\r\n"
        );
    }
}
