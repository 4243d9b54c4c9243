use crate::decision_row::{DecisionRow, Known, RetentionClass, certainty_word};
use model::Moment;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A day in UTC, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Day(pub(crate) i64);

impl Day {
    pub(crate) const fn of(moment: Moment) -> Self {
        Self(moment.seconds().div_euclid(86_400))
    }

    fn name(self) -> String {
        let text = Moment::from_millis(self.0.saturating_mul(86_400_000)).to_string();
        text.split('T').next().unwrap_or_default().to_owned()
    }

    fn parse(name: &str) -> Option<Self> {
        let day = Self::of(format!("{name}T00:00:00Z").parse().ok()?);
        (day.name() == name).then_some(day)
    }
}

/// Which file a row belongs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileKey {
    pub(crate) day: Day,
    pub(crate) class: RetentionClass,
}

impl FileKey {
    pub(crate) const fn of(row: &DecisionRow) -> Self {
        Self {
            day: Day::of(row.first),
            class: row.class(),
        }
    }

    /// `2026-11-23.block.sqlite`
    pub(crate) fn name(self) -> String {
        format!("{}.{}.sqlite", self.day.name(), self.class.word())
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (day, class) = name.strip_suffix(".sqlite")?.split_once('.')?;
        let class = RetentionClass::ALL
            .into_iter()
            .find(|known| known.word() == class)?;
        Some(Self {
            day: Day::parse(day)?,
            class,
        })
    }
}

/// Where a row stands: in the how manieth file of its name, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) generation: u64,
    pub(crate) row: i64,
}

/// A day file could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DayFileError {
    #[error("the file system refused")]
    Io(#[from] io::Error),
    #[error("the data base refused")]
    Sqlite(#[from] rusqlite::Error),
    #[error("it was written by another version of Schoolgate (schema {0}, not {SCHEMA_VERSION})")]
    OtherSchema(i64),
}

/// The decisions of one day and retention class, open for writing.
pub(crate) struct DayFile {
    connection: Connection,
    path: PathBuf,
    /// The number that the file system gave the file: another file of the same name has another.
    number: u64,
    /// Whether it was made just now, and the how manieth of its name it is.
    pub(crate) made: bool,
    pub(crate) generation: u64,
    /// The numbers of words seen lately; only of those that are safely in the file.
    words: HashMap<Arc<str>, i64>,
}

impl DayFile {
    pub(crate) fn open(path: &Path) -> Result<Self, DayFileError> {
        // Made by us first, because SQLite would let others read it.
        let made = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path);
        let is_new = made.is_ok();
        match made {
            Ok(_) => {
                if let Some(folder) = path.parent() {
                    File::open(folder)?.sync_all()?;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.execute_batch(PRAGMAS)?;
        match schema_version(&connection)? {
            0 => connection.execute_batch(&format!(
                "BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            ))?,
            SCHEMA_VERSION => {}
            other => return Err(DayFileError::OtherSchema(other)),
        }
        Ok(Self {
            connection,
            path: path.to_owned(),
            number: std::fs::metadata(path)?.ino(),
            made: is_new,
            generation: 0,
            words: HashMap::new(),
        })
    }

    /// Whether the file still bears its name. What is written to one that was removed is lost.
    pub(crate) fn in_place(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|found| found.ino() == self.number)
    }

    /// The place of a row of this file.
    pub(crate) const fn place(&self, row: i64) -> Place {
        Place {
            generation: self.generation,
            row,
        }
    }

    /// Does some writes in one transaction: all of them, or none.
    pub(crate) fn in_transaction<T>(
        &mut self,
        act: impl FnOnce(&mut Self) -> rusqlite::Result<T>,
    ) -> Result<T, DayFileError> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let result = act(self).and_then(|done| {
            self.connection.execute_batch("COMMIT")?;
            Ok(done)
        });
        result.map_err(|error| {
            // Words of a transaction that was taken back have no numbers.
            self.words.clear();
            // Some errors end the transaction by themselves; then this fails, which is no matter.
            let _ = self.connection.execute_batch("ROLLBACK");
            error.into()
        })
    }

    /// Adds a row and gives its number.
    pub(crate) fn insert(&mut self, row: &DecisionRow) -> rusqlite::Result<i64> {
        let (device, device_unknown) = self.known(&row.device)?;
        let (user, user_unknown) = self.known(&row.user)?;
        let client = self.word(&row.client.to_string())?;
        let certainty = self.word(certainty_word(row.certainty))?;
        let (zone, group) = (self.word(&row.zone)?, self.word(&row.group)?);
        let (door, method) = (self.word(row.door.word())?, self.some_word(&row.method)?);
        let kind = self.some_word(&row.kind)?;
        let categories = self.word(&row.categories.join(" "))?;
        let (action, rung) = (self.word(row.action.word())?, self.word(row.rung.word())?);
        let (rule, list) = (self.some_word(&row.rule)?, self.some_word(&row.list)?);
        let list_version = self.some_word(&row.list_version)?;
        let policy_version = self.word(&row.policy_version.to_string())?;
        let flags =
            i64::from(row.alert) | i64::from(row.background) << 1 | i64::from(row.flood) << 2;
        self.connection.prepare_cached(INSERT)?.insert(params![
            row.first.millis(),
            row.last.millis(),
            clip(row.count),
            client,
            device,
            device_unknown,
            user,
            user_unknown,
            certainty,
            zone,
            group,
            door,
            method,
            &*row.host,
            row.path.as_deref().map(without_query),
            kind,
            categories,
            action,
            rung,
            rule,
            list,
            list_version,
            policy_version,
            clip(row.bytes),
            row.duration_ms,
            row.reference.as_deref(),
            flags,
        ])
    }

    /// Brings a row up to date; gives back whether it is still there.
    pub(crate) fn update(&mut self, place: Place, row: &DecisionRow) -> rusqlite::Result<bool> {
        if place.generation != self.generation {
            return Ok(false);
        }
        let mut statement = self.connection.prepare_cached(UPDATE)?;
        let changed = statement.execute(params![
            place.row,
            row.first.millis(),
            row.last.millis(),
            clip(row.count),
            clip(row.bytes),
            row.duration_ms,
        ])?;
        Ok(changed == 1)
    }

    fn known(&mut self, known: &Known) -> rusqlite::Result<(Option<i64>, Option<i64>)> {
        match known {
            Known::Named(name) => Ok((Some(self.word(name)?), None)),
            Known::Unknown(reason) => Ok((None, Some(self.word(reason.word())?))),
        }
    }

    fn some_word(&mut self, word: &Option<Arc<str>>) -> rusqlite::Result<Option<i64>> {
        word.as_deref().map(|word| self.word(word)).transpose()
    }

    fn word(&mut self, word: &str) -> rusqlite::Result<i64> {
        if let Some(&number) = self.words.get(word) {
            return Ok(number);
        }
        let mut find = self
            .connection
            .prepare_cached("SELECT id FROM words WHERE word = ?1")?;
        let number = match find.query_row([word], |row| row.get(0)).optional()? {
            Some(number) => number,
            None => self
                .connection
                .prepare_cached("INSERT INTO words (word) VALUES (?1)")?
                .insert([word])?,
        };
        if self.words.len() >= WORDS_HELD {
            self.words.clear();
        }
        self.words.insert(word.into(), number);
        Ok(number)
    }

    /// Closes the file of a day that is over: one file without companions, which a reader without
    /// the right to write can open.
    pub(crate) fn settle(self) -> Result<(), DayFileError> {
        let mode: String =
            self.connection
                .query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
        // Somebody who is reading keeps it as it is; it is no less readable then.
        tracing::debug!(mode, "closed a day of the journal");
        Ok(())
    }
}

impl DayFile {
    /// Whether the file was sealed: nothing is added to it any more.
    pub(crate) fn sealed(&self) -> rusqlite::Result<bool> {
        let mut find = self
            .connection
            .prepare("SELECT 1 FROM meta WHERE key = 'sealed'")?;
        find.exists([])
    }

    /// Adds the indexes that a past day is searched by.
    pub(crate) fn index(&self, now: Moment) -> Result<(), DayFileError> {
        let connection = &self.connection;
        connection.execute_batch(
            "BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS sites (
            reversed TEXT PRIMARY KEY, host TEXT NOT NULL) STRICT, WITHOUT ROWID;",
        )?;
        {
            let mut hosts = connection.prepare("SELECT DISTINCT host FROM decisions")?;
            let mut add = connection
                .prepare("INSERT OR IGNORE INTO sites (reversed, host) VALUES (?1, ?2)")?;
            let mut rows = hosts.query([])?;
            while let Some(row) = rows.next()? {
                let host: String = row.get(0)?;
                add.execute([reversed(&host), host])?;
            }
        }
        connection.execute_batch(INDEXES)?;
        connection.execute(
            "INSERT OR REPLACE INTO meta (key, value) VALUES ('sealed', ?1)",
            [now.to_string()],
        )?;
        connection.execute_batch("COMMIT")?;
        Ok(())
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> rusqlite::Result<u64> {
        self.connection
            .query_row("SELECT count(*) FROM decisions", [], |row| {
                row.get::<_, i64>(0)
            })
            .map(i64::unsigned_abs)
    }

    /// Closes the file, and tells whether everything stands in it and nothing beside it.
    pub(crate) fn close(self) -> Result<bool, DayFileError> {
        let mode: String =
            self.connection
                .query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
        self.connection
            .close()
            .map_err(|(_, error)| DayFileError::Sqlite(error))?;
        Ok(mode == "delete")
    }
}

/// A host with a dot in front, from the back, so that all names below one lie together.
pub(crate) fn reversed(host: &str) -> String {
    host.chars().rev().chain(['.']).collect()
}

/// A file of the journal, open or closed to a recipient.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kept {
    pub(crate) key: FileKey,
    pub(crate) closed: bool,
    pub(crate) path: PathBuf,
}

impl Kept {
    pub(crate) fn name(&self) -> String {
        let end = if self.closed { CLOSED } else { "" };
        self.key.name() + end
    }
}

/// The files of a folder in order, those that were closed included.
pub(crate) fn kept_files(folder: &Path) -> io::Result<Vec<Kept>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let open = name.strip_suffix(CLOSED);
        if let Some(key) = FileKey::parse(open.unwrap_or(name)) {
            found.push(Kept {
                key,
                closed: open.is_some(),
                path: entry.path(),
            });
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The schema that a file says it has; 0 for a file that was only just made.
pub(crate) fn schema_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// The day files of a folder, in order.
pub(crate) fn day_files(folder: &Path) -> io::Result<Vec<(FileKey, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if let Some(key) = entry.file_name().to_str().and_then(FileKey::parse) {
            found.push((key, entry.path()));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// No door hands over a query; should one do so, it is not kept (LOG-02, LOG-12).
fn without_query(path: &str) -> &str {
    path.find(['?', '#']).map_or(path, |end| &path[..end])
}

fn clip(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(crate) const SCHEMA_VERSION: i64 = 1;

/// How long a reader or a second writer is waited for.
pub(crate) const BUSY: Duration = Duration::from_secs(2);

/// What the name of a file ends in that was closed to a recipient.
const CLOSED: &str = ".age";

const INDEXES: &str = "
    CREATE INDEX IF NOT EXISTS decisions_by_time ON decisions (first_ms);
    CREATE INDEX IF NOT EXISTS decisions_by_client ON decisions (client);
    CREATE INDEX IF NOT EXISTS decisions_by_person ON decisions (person) WHERE person IS NOT NULL;
    CREATE INDEX IF NOT EXISTS decisions_by_host ON decisions (host);
    ANALYZE;
";

const WORDS_HELD: usize = 65_536;

// FULL, because in WAL mode NORMAL syncs nothing at a commit: a power cut could take everything
// since the last checkpoint, which is minutes in a quiet school. Commits come four times a second.
const PRAGMAS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 4000;
    PRAGMA cache_size = -4096;
";

const INSERT: &str = "
    INSERT INTO decisions (
        first_ms, last_ms, count, client, device, device_unknown, person, person_unknown, certainty,
        zone, team, door, method, host, path, kind, categories, action, rung, rule, list,
        list_version, policy_version, bytes, duration_ms, reference, flags
    ) VALUES (
        ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
        ?21, ?22, ?23, ?24, ?25, ?26, ?27
    )";

const UPDATE: &str = "
    UPDATE decisions SET first_ms = ?2, last_ms = ?3, count = ?4, bytes = ?5, duration_ms = ?6
    WHERE id = ?1";

const SCHEMA: &str = include_str!("schema.sql");
