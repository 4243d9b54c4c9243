use crate::board::{Ended, Row, Shown, What};
use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Write};

/// Shows how far a round of fetching is: bars with totals on a terminal, a line for each end
/// elsewhere.
pub(crate) struct Meter<W> {
    out: W,
    /// Whether lines are drawn over.
    live: bool,
    /// Lines that the last drawing left.
    drawn: usize,
    told: BTreeSet<String>,
}

impl Meter<io::Stderr> {
    /// Draws to standard error.
    pub(crate) fn stderr() -> Self {
        let out = io::stderr();
        let live = out.is_terminal();
        Self::new(out, live)
    }
}

impl<W: Write> Meter<W> {
    fn new(out: W, live: bool) -> Self {
        Self {
            out,
            live,
            drawn: 0,
            told: BTreeSet::new(),
        }
    }

    /// Draws a round as it stands.
    pub(crate) fn draw(&mut self, shown: &Shown) -> io::Result<()> {
        let mut text = String::new();
        if self.drawn > 0 {
            // Up to the first line of the last drawing, and away with what is below.
            text += &format!("\x1b[{}A\x1b[J", self.drawn);
        }
        for row in &shown.rows {
            if let Some(ended) = &row.ended
                && self.told.insert(row.id.clone())
            {
                text += &line(row, ended);
            }
        }
        self.drawn = 0;
        if self.live && shown.busy {
            let running = shown
                .rows
                .iter()
                .filter(|row| row.ended.is_none() && row.bytes > 0);
            for row in running.take(MOST_BARS) {
                text += &bar(&row.id, row.bytes, row.total);
                self.drawn += 1;
            }
            text += &total(shown);
            self.drawn += 1;
        }
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

fn line(row: &Row, ended: &Ended) -> String {
    let mark = match ended.what {
        What::Taken => "new",
        What::Unchanged => "same",
        What::Waits => "waits",
        What::PutAside => "BAD",
        What::Failed => "FAILED",
    };
    let words = model::visible(&ended.words);
    format!("{mark:<6} {:<26} {words}\n", row.id)
}

fn bar(name: &str, bytes: u64, total: Option<u64>) -> String {
    match total.filter(|total| *total > 0) {
        Some(total) => {
            let part = bytes.min(total) * WIDTH / total;
            let part = usize::try_from(part).unwrap_or(0);
            let (full, empty) = ("#".repeat(part), ".".repeat(BAR - part));
            let percent = bytes.min(total) * 100 / total;
            format!(
                "  {name:<26} [{full}{empty}] {percent:>3} %  {} of {}\n",
                size(bytes),
                size(total)
            )
        }
        None => format!("  {name:<26} {}\n", size(bytes)),
    }
}

fn total(shown: &Shown) -> String {
    let done = shown.rows.iter().filter(|row| row.ended.is_some()).count();
    let bytes: u64 = shown.rows.iter().map(|row| row.bytes).sum();
    format!(
        "  {done} of {} lists, {} in all\n",
        shown.rows.len(),
        size(bytes)
    )
}

fn size(bytes: u64) -> String {
    match bytes {
        0..=9_999 => format!("{bytes} B"),
        10_000..=9_999_999 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

const MOST_BARS: usize = 8;
const WIDTH: u64 = 24;
const BAR: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    fn shown() -> Shown {
        let ended = |what, words: &str| {
            Some(Ended {
                what,
                words: words.to_owned(),
            })
        };
        Shown {
            busy: true,
            rows: vec![
                Row {
                    id: "one".to_owned(),
                    bytes: 5_000,
                    total: Some(5_000),
                    ended: ended(What::Taken, "120 entries, 3 new, 1 gone"),
                },
                Row {
                    id: "two".to_owned(),
                    bytes: 3_000_000,
                    total: Some(12_000_000),
                    ended: None,
                },
                Row {
                    id: "three".to_owned(),
                    ..Row::default()
                },
            ],
            ..Shown::default()
        }
    }

    #[test]
    fn a_terminal_shows_a_bar_for_each_list_and_the_total() {
        let mut meter = Meter::new(Vec::new(), true);
        meter.draw(&shown()).unwrap();
        let text = String::from_utf8(meter.out).unwrap();
        assert_eq!(
            text,
            "new    one                        120 entries, 3 new, 1 gone\n  \
             two                        [######..................]  25 %  3000 kB of 12.0 MB\n  \
             1 of 3 lists, 3005 kB in all\n"
        );
    }

    #[test]
    fn elsewhere_each_list_has_one_line() {
        let mut meter = Meter::new(Vec::new(), false);
        meter.draw(&shown()).unwrap();
        meter.draw(&shown()).unwrap();
        let text = String::from_utf8(meter.out).unwrap();
        assert_eq!(
            text,
            "new    one                        120 entries, 3 new, 1 gone\n"
        );
    }
}
