use crate::decision_row::{DecisionRow, Known, Unknown, certainty_word};
use model::{Action, Certainty, Door, Moment, PolicyVersion, Rung};
use rusqlite::{Connection, Row};
use std::collections::HashMap;
use std::sync::Arc;

/// Reads the rows of one file, its words as they are needed.
pub(crate) struct RowReader<'a> {
    connection: &'a Connection,
    held: HashMap<i64, Arc<str>>,
}

impl<'a> RowReader<'a> {
    pub(crate) fn new(connection: &'a Connection) -> Self {
        Self {
            connection,
            held: HashMap::new(),
        }
    }

    /// The decision of a row of [`COLUMNS`].
    pub(crate) fn decision(&mut self, row: &Row<'_>) -> rusqlite::Result<DecisionRow> {
        let flags: i64 = row.get(column::FLAGS)?;
        let categories = self.word(row, column::CATEGORIES)?;
        Ok(DecisionRow {
            first: Moment::from_millis(row.get(column::FIRST_MS)?),
            last: Moment::from_millis(row.get(column::LAST_MS)?),
            count: row.get::<_, i64>(column::COUNT)?.unsigned_abs(),
            client: self.parse(row, column::CLIENT, |word| word.parse().ok())?,
            device: self.known(row, column::DEVICE, column::DEVICE_UNKNOWN)?,
            user: self.known(row, column::PERSON, column::PERSON_UNKNOWN)?,
            certainty: self.parse(row, column::CERTAINTY, |word| {
                CERTAINTIES
                    .into_iter()
                    .find(|&is| certainty_word(is) == word)
            })?,
            zone: self.word(row, column::ZONE)?,
            group: self.word(row, column::TEAM)?,
            door: self.parse(row, column::DOOR, |word| {
                DOORS.into_iter().find(|is| is.word() == word)
            })?,
            method: self.some_word(row, column::METHOD)?,
            host: row.get(column::HOST)?,
            path: row.get(column::PATH)?,
            kind: self.some_word(row, column::KIND)?,
            categories: categories
                .split(' ')
                .filter(|word| !word.is_empty())
                .map(Arc::from)
                .collect(),
            action: self.parse(row, column::ACTION, |word| {
                ACTIONS.into_iter().find(|is| is.word() == word)
            })?,
            rung: self.parse(row, column::RUNG, |word| {
                Rung::ALL.into_iter().find(|is| is.word() == word)
            })?,
            rule: self.some_word(row, column::RULE)?,
            list: self.some_word(row, column::LIST)?,
            list_version: self.some_word(row, column::LIST_VERSION)?,
            policy_version: self.parse(row, column::POLICY_VERSION, |word| {
                u64::from_str_radix(word, 16).ok().map(PolicyVersion)
            })?,
            bytes: row.get::<_, i64>(column::BYTES)?.unsigned_abs(),
            duration_ms: row.get(column::DURATION_MS)?,
            reference: row.get(column::REFERENCE)?,
            alert: flags & 1 != 0,
            background: flags & 2 != 0,
            flood: flags & 4 != 0,
        })
    }

    fn some_word(&mut self, row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Arc<str>>> {
        let Some(number) = row.get::<_, Option<i64>>(column)? else {
            return Ok(None);
        };
        if let Some(word) = self.held.get(&number) {
            return Ok(Some(Arc::clone(word)));
        }
        let mut find = self
            .connection
            .prepare_cached("SELECT word FROM words WHERE id = ?1")?;
        let word: Arc<str> = find.query_row([number], |row| row.get(0))?;
        self.held.insert(number, Arc::clone(&word));
        Ok(Some(word))
    }

    fn word(&mut self, row: &Row<'_>, column: usize) -> rusqlite::Result<Arc<str>> {
        self.some_word(row, column)?.ok_or_else(|| strange(column))
    }

    fn parse<T>(
        &mut self,
        row: &Row<'_>,
        column: usize,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> rusqlite::Result<T> {
        parse(&self.word(row, column)?).ok_or_else(|| strange(column))
    }

    fn known(&mut self, row: &Row<'_>, name: usize, reason: usize) -> rusqlite::Result<Known> {
        match self.some_word(row, name)? {
            Some(name) => Ok(Known::Named(name)),
            None => self
                .parse(row, reason, |word| {
                    Unknown::ALL.into_iter().find(|is| is.word() == word)
                })
                .map(Known::Unknown),
        }
    }
}

/// A column holds what this version never writes there.
fn strange(column: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnName(COLUMNS[column].to_owned())
}

const CERTAINTIES: [Certainty; 4] = [
    Certainty::Zone,
    Certainty::Device,
    Certainty::Binding,
    Certainty::SignIn,
];
const DOORS: [Door; 5] = [
    Door::Dns,
    Door::Connect,
    Door::Http,
    Door::Https,
    Door::Explain,
];
const ACTIONS: [Action; 4] = [
    Action::Allow,
    Action::Warn,
    Action::Permission,
    Action::Block,
];

/// What is read of a row, in this order: a column is found by its place, for a name would be looked
/// up again in each of millions of rows.
pub(crate) const COLUMNS: [&str; 27] = [
    "first_ms",
    "last_ms",
    "count",
    "client",
    "device",
    "device_unknown",
    "person",
    "person_unknown",
    "certainty",
    "zone",
    "team",
    "door",
    "method",
    "host",
    "path",
    "kind",
    "categories",
    "action",
    "rung",
    "rule",
    "list",
    "list_version",
    "policy_version",
    "bytes",
    "duration_ms",
    "reference",
    "flags",
];

/// The place of each of [`COLUMNS`].
mod column {
    pub(super) const FIRST_MS: usize = 0;
    pub(super) const LAST_MS: usize = 1;
    pub(super) const COUNT: usize = 2;
    pub(super) const CLIENT: usize = 3;
    pub(super) const DEVICE: usize = 4;
    pub(super) const DEVICE_UNKNOWN: usize = 5;
    pub(super) const PERSON: usize = 6;
    pub(super) const PERSON_UNKNOWN: usize = 7;
    pub(super) const CERTAINTY: usize = 8;
    pub(super) const ZONE: usize = 9;
    pub(super) const TEAM: usize = 10;
    pub(super) const DOOR: usize = 11;
    pub(super) const METHOD: usize = 12;
    pub(super) const HOST: usize = 13;
    pub(super) const PATH: usize = 14;
    pub(super) const KIND: usize = 15;
    pub(super) const CATEGORIES: usize = 16;
    pub(super) const ACTION: usize = 17;
    pub(super) const RUNG: usize = 18;
    pub(super) const RULE: usize = 19;
    pub(super) const LIST: usize = 20;
    pub(super) const LIST_VERSION: usize = 21;
    pub(super) const POLICY_VERSION: usize = 22;
    pub(super) const BYTES: usize = 23;
    pub(super) const DURATION_MS: usize = 24;
    pub(super) const REFERENCE: usize = 25;
    pub(super) const FLAGS: usize = 26;
}
