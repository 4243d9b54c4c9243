use crate::day_file::{
    BUSY, Day, FileKey, Kept, SCHEMA_VERSION, kept_files, reversed, schema_version,
};
use crate::decision_row::{DecisionRow, RetentionClass};
use crate::envelope::{EnvelopeKey, OpenEnvelopeError};
use crate::row_reader::{COLUMNS, RowReader};
use model::{Action, Moment, Rung};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

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

    /// The conditions, each with the value that it asks for; the host apart.
    fn conditions(&self) -> Vec<(&'static str, Value)> {
        let mut found = Vec::new();
        let mut ask = |condition, value: Option<Value>| {
            if let Some(value) = value {
                found.push((condition, value));
            }
        };
        let text = |text: &String| Value::Text(text.clone());
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
        // A row lies within one minute, and only its beginning has an index.
        ask(
            "first_ms >= ?",
            self.since
                .map(|since| Value::Integer(since.before(MINUTE).millis())),
        );
        ask(
            "first_ms < ?",
            self.until.map(|until| Value::Integer(until.millis())),
        );
        found
    }

    /// The condition for a host and everything below it. A sealed day knows its hosts from the
    /// back, so that these lie together.
    fn host_condition(&self, sealed: bool) -> Option<(&'static str, Vec<Value>)> {
        let host = self.host.as_ref()?.to_ascii_lowercase();
        Some(if sealed {
            let from = reversed(&host);
            let to = from.strip_suffix('.').unwrap_or(&from).to_owned() + "/";
            (
                "host IN (SELECT host FROM sites WHERE reversed >= ? AND reversed < ?)",
                vec![Value::Text(from), Value::Text(to)],
            )
        } else {
            // A dot in front, so that `example.test` does not find `badexample.test`.
            let below = Value::Text(format!(".{host}"));
            (
                "(host = ? OR substr(host, -length(?)) = ?)",
                vec![Value::Text(host), below.clone(), below],
            )
        })
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
    /// The day was closed, and its key was not named or is another one.
    #[error("`{file}` of the journal is closed; name the key that it was closed to")]
    Closed {
        /// The file.
        file: String,
        /// The cause.
        source: Option<OpenEnvelopeError>,
    },
    /// What was found could not be passed on.
    #[error("what was found could not be written")]
    Output(#[source] io::Error),
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
/// Fails when the folder or a file that is concerned cannot be read, or is closed.
pub fn search(folder: &Path, asked: &Search) -> Result<Vec<DecisionRow>, SearchError> {
    search_with(folder, asked, None)
}

/// As [`search()`], with the key to days that were closed. A closed day is opened in memory.
///
/// # Errors
///
/// As [`search()`].
pub fn search_with(
    folder: &Path,
    asked: &Search,
    key: Option<&EnvelopeKey>,
) -> Result<Vec<DecisionRow>, SearchError> {
    newest(folder, asked, key, None)
}

/// What a search found without the key of closed days.
#[derive(Clone, Debug, Default)]
pub struct OpenRows {
    /// The rows of the open days.
    pub rows: Vec<DecisionRow>,
    /// The files of closed days that the search reached, the newest first: it is not whole.
    pub closed: Vec<String>,
}

/// Searches the days that are open, and names the closed ones that it reached.
///
/// # Errors
///
/// As [`search()`], closed days apart.
pub fn search_open(folder: &Path, asked: &Search) -> Result<OpenRows, SearchError> {
    let mut closed = Vec::new();
    let rows = newest(folder, asked, None, Some(&mut closed))?;
    Ok(OpenRows { rows, closed })
}

fn newest(
    folder: &Path,
    asked: &Search,
    key: Option<&EnvelopeKey>,
    mut passed: Option<&mut Vec<String>>,
) -> Result<Vec<DecisionRow>, SearchError> {
    let files = concerned(folder, asked)?;
    let mut found = Vec::new();
    for day in files
        .chunk_by(|one, other| one.key.day == other.key.day)
        .rev()
    {
        let mut rows = Vec::new();
        for kept in day {
            if let Some(passed) = passed.as_mut().filter(|_| kept.closed) {
                passed.push(kept.name());
                continue;
            }
            let query = Query::newest(asked);
            query.run(kept, key, &mut |row| {
                rows.push(row);
                Ok(())
            })?;
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

/// Hands over all decisions that match, day by day and the oldest first, however many there are;
/// for exports. The limit of the search counts for nothing.
///
/// # Errors
///
/// As [`search()`], and when `act` fails.
pub fn each_row(
    folder: &Path,
    asked: &Search,
    key: Option<&EnvelopeKey>,
    mut act: impl FnMut(DecisionRow) -> io::Result<()>,
) -> Result<(), SearchError> {
    each_row_where(folder, asked, None, key, &mut act)
}

/// As [`each_row()`], of the days that are open; gives back the names of the closed files that it
/// passed over.
///
/// # Errors
///
/// As [`each_row()`], closed days apart.
pub fn each_open_row(
    folder: &Path,
    asked: &Search,
    mut act: impl FnMut(DecisionRow) -> io::Result<()>,
) -> Result<Vec<String>, SearchError> {
    let mut passed = Vec::new();
    for kept in concerned(folder, asked)? {
        match kept.closed {
            true => passed.push(kept.name()),
            false => Query::oldest(asked, None).run(&kept, None, &mut act)?,
        }
    }
    Ok(passed)
}

pub(crate) fn each_row_where(
    folder: &Path,
    asked: &Search,
    device: Option<&str>,
    key: Option<&EnvelopeKey>,
    act: &mut dyn FnMut(DecisionRow) -> io::Result<()>,
) -> Result<(), SearchError> {
    for kept in concerned(folder, asked)? {
        Query::oldest(asked, device).run(&kept, key, act)?;
    }
    Ok(())
}

fn concerned(folder: &Path, asked: &Search) -> Result<Vec<Kept>, SearchError> {
    let mut files = kept_files(folder).map_err(|source| {
        let folder = folder.display().to_string();
        SearchError::Folder { folder, source }
    })?;
    files.retain(|kept| asked.concerns(kept.key));
    Ok(files)
}

/// A search in one file.
struct Query<'a> {
    asked: &'a Search,
    device: Option<&'a str>,
    order: &'static str,
    limit: i64,
}

impl<'a> Query<'a> {
    /// All that match, the oldest first.
    const fn oldest(asked: &'a Search, device: Option<&'a str>) -> Self {
        Self {
            asked,
            device,
            order: "ORDER BY first_ms, id",
            limit: i64::MAX,
        }
    }

    fn newest(asked: &'a Search) -> Self {
        Self {
            asked,
            device: None,
            order: "ORDER BY first_ms DESC, id DESC",
            limit: i64::try_from(asked.limit()).unwrap_or(i64::MAX),
        }
    }

    fn run(
        &self,
        kept: &Kept,
        key: Option<&EnvelopeKey>,
        act: &mut dyn FnMut(DecisionRow) -> io::Result<()>,
    ) -> Result<(), SearchError> {
        let file = || kept.name();
        let failed = |source| SearchError::File {
            file: file(),
            source: Box::new(source),
        };
        let connection = open(kept, key)?;
        match schema_version(&connection).map_err(failed)? {
            // The writer has only just made it.
            0 => Ok(()),
            SCHEMA_VERSION => match self.rows(&connection, act).map_err(failed)? {
                Ok(()) => Ok(()),
                Err(error) => Err(SearchError::Output(error)),
            },
            found => Err(SearchError::OtherSchema {
                file: file(),
                found,
            }),
        }
    }

    fn rows(
        &self,
        connection: &Connection,
        act: &mut dyn FnMut(DecisionRow) -> io::Result<()>,
    ) -> rusqlite::Result<io::Result<()>> {
        let mut values = Vec::new();
        let mut query = format!("SELECT {} FROM decisions WHERE TRUE", COLUMNS.join(", "));
        for (condition, value) in self.asked.conditions() {
            query.push_str(" AND ");
            query.push_str(condition);
            values.push(value);
        }
        if let Some(device) = self.device {
            query.push_str(" AND device = (SELECT id FROM words WHERE word = ?)");
            values.push(Value::Text(device.to_owned()));
        }
        let sealed = connection.table_exists(None, "sites")?;
        if let Some((condition, asked)) = self.asked.host_condition(sealed) {
            query.push_str(" AND ");
            query.push_str(condition);
            values.extend(asked);
        }
        query.push(' ');
        query.push_str(self.order);
        query.push_str(" LIMIT ?");
        values.push(Value::Integer(self.limit));
        let mut reader = RowReader::new(connection);
        let mut statement = connection.prepare(&query)?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            if let Err(error) = act(reader.decision(row)?) {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }
}

fn open(kept: &Kept, key: Option<&EnvelopeKey>) -> Result<Connection, SearchError> {
    let file = || kept.name();
    let failed = |source| SearchError::File {
        file: file(),
        source: Box::new(source),
    };
    if !kept.closed {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&kept.path, flags).map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        return Ok(connection);
    }
    let closed = |source| SearchError::Closed {
        file: file(),
        source,
    };
    let key = key.ok_or_else(|| closed(None))?;
    let from = std::fs::File::open(&kept.path).map_err(|error| closed(Some(error.into())))?;
    let bytes = key
        .read(io::BufReader::new(from))
        .map_err(|error| closed(Some(error)))?;
    // In memory, so that no open copy of it ever lies on the disk.
    let mut connection = Connection::open_in_memory().map_err(failed)?;
    connection
        .deserialize_read_exact(c"main", &bytes[..], bytes.len(), true)
        .map_err(failed)?;
    Ok(connection)
}

const MINUTE: Duration = Duration::from_secs(60);
