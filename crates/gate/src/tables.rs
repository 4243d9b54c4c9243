use crate::State;
use policy::{ConductCell, Meaning, Proof};
use serde::Serialize;

/// A table of the school's own policy, each mark beside what is enforced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableShown {
    /// Its title.
    pub title: String,
    /// For whom its columns are.
    pub subjects: Vec<String>,
    /// Its rows.
    pub rows: Vec<TableRow>,
}

/// One row of such a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableRow {
    /// What it is about.
    pub title: String,
    /// Its marks, one a column.
    pub marks: Vec<MarkShown>,
}

/// One mark of such a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MarkShown {
    /// The mark in the school's own words.
    pub mark: String,
    /// What stands beside it.
    pub note: Option<String>,
    /// What is enforced in its place, where another table asks for more.
    pub stricter: Option<&'static str>,
    /// Whether the filter does what it says.
    pub kept: Kept,
}

/// Whether the filter does what a mark says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kept {
    /// It does, in every state of the calendar of a school year.
    Enforced,
    /// No network rule can; it is for people to keep.
    Conduct,
    /// There is nobody in the network whom it concerns.
    Nobody,
    /// It does not; in words.
    Broken(String),
}

impl State {
    /// The tables of the school's own policy, each mark held against what is enforced.
    ///
    /// Asks for every mark in every different state of the calendar of a school year, so keep
    /// what it gives as long as the state stays.
    pub fn tables(&self) -> Vec<TableShown> {
        let conduct = self.policy().conduct();
        let cells = conduct.cells();
        conduct
            .tables()
            .iter()
            .enumerate()
            .map(|(table, held)| TableShown {
                title: held.title.clone(),
                subjects: held
                    .subjects
                    .iter()
                    .map(|subject| subject.title.clone())
                    .collect(),
                rows: held
                    .rows
                    .iter()
                    .enumerate()
                    .map(|(row, settings)| TableRow {
                        title: settings.title.clone(),
                        marks: cells
                            .iter()
                            .filter(|cell| cell.table == table && cell.row == row)
                            .map(|cell| self.mark(cell))
                            .collect(),
                    })
                    .collect(),
            })
            .collect()
    }

    fn mark(&self, cell: &ConductCell) -> MarkShown {
        MarkShown {
            mark: cell.mark.clone(),
            note: cell.note.clone(),
            stricter: (cell.effective != cell.meaning).then(|| meaning(cell.effective)),
            kept: match self.policy().prove(cell) {
                Proof::Held => Kept::Enforced,
                Proof::Conduct => Kept::Conduct,
                Proof::Nobody => Kept::Nobody,
                Proof::Broken(words) => Kept::Broken(words),
            },
        }
    }
}

const fn meaning(of: Meaning) -> &'static str {
    match of {
        Meaning::Nothing => "nothing",
        Meaning::Open => "open",
        Meaning::AtTimes => "open at some times",
        Meaning::Nominated => "open for named people alone",
        Meaning::Permission => "closed until a member of staff unlocks it",
        Meaning::Closed => "closed",
        Meaning::Floor => "illegal, closed for everybody",
    }
}
