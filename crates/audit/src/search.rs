use crate::day_file::{BUSY, Day, FileKey, SCHEMA_VERSION, day_files, schema_version};
use crate::decision_row::{DecisionRow, Known, RetentionClass, Unknown, certainty_word};
use model::{Action, Certainty, Door, Moment, PolicyVersion, Rung};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, Row, params_from_iter};
use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

/// What to look for in the journal; what is not given is not asked.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// The address that asked.
    pub client: Option<IpAddr>,
    /// The person.
    pub user: Option<String>,
    /// The group.
    pub group: Option<String>,
    /// A host, and everything below it.
    pub host: Option<String>,
    /// What the door was told.
    pub action: Option<Action>,
    /// The rung that spoke.
    pub rung: Option<Rung>,
    /// The number on a block page.
    pub reference: Option<String>,
    /// The first moment.
    pub since: Option<Moment>,
    /// The moment before which it was.
    pub until: Option<Moment>,
    /// The most rows to give; `None` for [`Search::LIMIT`], which is also the most.
    pub limit: Option<usize>,
}

impl Search {
    /// The most rows that one search gives.
    pub const LIMIT: usize = 10_000;

    fn limit(&self) -> usize {
        self.limit.unwrap_or(Self::LIMIT).min(Self::LIMIT)
    }

    fn concerns(&self, key: FileKey) -> bool {
        let from = self.since.is_none_or(|since| Day::of(since) <= key.day);
        let to = self.until.is_none_or(|until| key.day <= Day::of(until));
        // What was let through and what was refused lie in different files, alerts apart.
        let class = match (self.action, key.class) {
            (None, _) | (Some(_), RetentionClass::Alert) => true,
            (Some(Action::Allow), class) => class == RetentionClass::Browse,
            (Some(Action::Warn | Action::Permission | Action::Block), class) => {
                class == RetentionClass::Block
            }
        };
        from && to && class
    }

    /// The conditions, each with the value that it asks for.
    fn conditions(&self) -> Vec<(&'static str, Value)> {
        let mut found = Vec::new();
        let mut ask = |condition, value: Option<Value>| {
            if let Some(value) = value {
                found.push((condition, value));
            }
        };
        let text = |text: &String| Value::Text(text.clone());
        // A dot in front of both, so that `example.test` does not find `badexample.test`.
        let host = |host: &String| Value::Text(format!(".{}", host.to_ascii_lowercase()));
        ask("reference = ?", self.reference.as_ref().map(text));
        ask(
            "client = (SELECT id FROM words WHERE word = ?)",
            self.client.map(|ip| Value::Text(ip.to_string())),
        );
        ask(
            "person = (SELECT id FROM words WHERE word = ?)",
            self.user.as_ref().map(text),
        );
        ask(
            "team = (SELECT id FROM words WHERE word = ?)",
            self.group.as_ref().map(text),
        );
        ask(
            "action = (SELECT id FROM words WHERE word = ?)",
            self.action.map(|is| Value::Text(is.word().into())),
        );
        ask(
            "rung = (SELECT id FROM words WHERE word = ?)",
            self.rung.map(|is| Value::Text(is.word().into())),
        );
        ask(
            "last_ms >= ?",
            self.since.map(|since| Value::Integer(since.millis())),
        );
        ask(
            "first_ms < ?",
            self.until.map(|until| Value::Integer(until.millis())),
        );
        ask(
            "substr('.' || host, -length(?)) = ?",
            self.host.as_ref().map(host),
        );
        found
    }
}

/// The journal could not be searched.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The folder cannot be read.
    #[error("the journal in `{folder}` could not be read; check that this user may read it")]
    Folder {
        /// The folder.
        folder: String,
        /// The cause.
        source: io::Error,
    },
    /// One file cannot be read.
    #[error("`{file}` of the journal could not be read; move it away to search the rest")]
    File {
        /// The file.
        file: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another version of Schoolgate wrote the file.
    #[error("`{file}` of the journal has schema {found}, which this version cannot read")]
    OtherSchema {
        /// The file.
        file: String,
        /// The version of its schema.
        found: i64,
    },
}

/// Finds decisions in the journal of a folder, the newest first, while another process may write.
///
/// # Errors
///
/// Fails when the folder or a file that is concerned cannot be read.
pub fn search(folder: &Path, asked: &Search) -> Result<Vec<DecisionRow>, SearchError> {
    let mut files = day_files(folder).map_err(|source| {
        let folder = folder.display().to_string();
        SearchError::Folder { folder, source }
    })?;
    files.retain(|(key, _)| asked.concerns(*key));
    let mut found = Vec::new();
    for day in files
        .chunk_by(|(one, _), (other, _)| one.day == other.day)
        .rev()
    {
        let mut rows = Vec::new();
        for (key, path) in day {
            rows.extend(read(*key, path, asked)?);
        }
        rows.sort_by_key(|row| std::cmp::Reverse(row.first));
        found.extend(rows);
        if found.len() >= asked.limit() {
            break;
        }
    }
    found.truncate(asked.limit());
    Ok(found)
}

fn read(key: FileKey, path: &Path, asked: &Search) -> Result<Vec<DecisionRow>, SearchError> {
    let file = || key.name();
    let failed = |source| SearchError::File {
        file: file(),
        source: Box::new(source),
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    match schema_version(&connection).map_err(failed)? {
        // The writer has only just made it.
        0 => Ok(Vec::new()),
        SCHEMA_VERSION => rows(&connection, asked).map_err(failed),
        found => Err(SearchError::OtherSchema {
            file: file(),
            found,
        }),
    }
}

fn rows(connection: &Connection, asked: &Search) -> rusqlite::Result<Vec<DecisionRow>> {
    let mut values = Vec::new();
    let mut query = format!("SELECT {COLUMNS} FROM decisions WHERE TRUE");
    for (condition, value) in asked.conditions() {
        query.push_str(" AND ");
        for _ in 0..condition.matches('?').count() {
            values.push(value.clone());
        }
        query.push_str(condition);
    }
    query.push_str(" ORDER BY first_ms DESC, id DESC LIMIT ?");
    values.push(Value::Integer(
        i64::try_from(asked.limit()).unwrap_or(i64::MAX),
    ));
    let mut words = Words {
        connection,
        held: HashMap::new(),
    };
    let mut statement = connection.prepare(&query)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(words.decision(row)?);
    }
    Ok(found)
}

/// The words of one file, read as they are needed.
struct Words<'a> {
    connection: &'a Connection,
    held: HashMap<i64, Arc<str>>,
}

impl Words<'_> {
    fn decision(&mut self, row: &Row<'_>) -> rusqlite::Result<DecisionRow> {
        let flags: i64 = row.get("flags")?;
        let categories = self.word(row, "categories")?;
        Ok(DecisionRow {
            first: Moment::from_millis(row.get("first_ms")?),
            last: Moment::from_millis(row.get("last_ms")?),
            count: row.get::<_, i64>("count")?.unsigned_abs(),
            client: self.parse(row, "client", |word| word.parse().ok())?,
            device: self.known(row, "device", "device_unknown")?,
            user: self.known(row, "person", "person_unknown")?,
            certainty: self.parse(row, "certainty", |word| {
                CERTAINTIES
                    .into_iter()
                    .find(|&is| certainty_word(is) == word)
            })?,
            zone: self.word(row, "zone")?,
            group: self.word(row, "team")?,
            door: self.parse(row, "door", |word| {
                DOORS.into_iter().find(|is| is.word() == word)
            })?,
            method: self.some_word(row, "method")?,
            host: row.get("host")?,
            path: row.get("path")?,
            kind: self.some_word(row, "kind")?,
            categories: categories
                .split(' ')
                .filter(|word| !word.is_empty())
                .map(Arc::from)
                .collect(),
            action: self.parse(row, "action", |word| {
                ACTIONS.into_iter().find(|is| is.word() == word)
            })?,
            rung: self.parse(row, "rung", |word| {
                Rung::ALL.into_iter().find(|is| is.word() == word)
            })?,
            rule: self.some_word(row, "rule")?,
            list: self.some_word(row, "list")?,
            list_version: self.some_word(row, "list_version")?,
            policy_version: self.parse(row, "policy_version", |word| {
                u64::from_str_radix(word, 16).ok().map(PolicyVersion)
            })?,
            bytes: row.get::<_, i64>("bytes")?.unsigned_abs(),
            duration_ms: row.get("duration_ms")?,
            reference: row.get("reference")?,
            alert: flags & 1 != 0,
            background: flags & 2 != 0,
            flood: flags & 4 != 0,
        })
    }

    fn some_word(&mut self, row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Arc<str>>> {
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

    fn word(&mut self, row: &Row<'_>, column: &str) -> rusqlite::Result<Arc<str>> {
        self.some_word(row, column)?.ok_or_else(|| strange(column))
    }

    fn parse<T>(
        &mut self,
        row: &Row<'_>,
        column: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> rusqlite::Result<T> {
        parse(&self.word(row, column)?).ok_or_else(|| strange(column))
    }

    fn known(&mut self, row: &Row<'_>, name: &str, reason: &str) -> rusqlite::Result<Known> {
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
fn strange(column: &str) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnName(column.to_owned())
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

const COLUMNS: &str = "
    first_ms, last_ms, count, client, device, device_unknown, person, person_unknown, certainty,
    zone, team, door, method, host, path, kind, categories, action, rung, rule, list,
    list_version, policy_version, bytes, duration_ms, reference, flags";
