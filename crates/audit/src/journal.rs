use crate::day_file::{Day, DayFile, DayFileError, FileKey, Place, day_files};
use crate::decision_row::DecisionRow;
use crate::disk::make_folder;
use crate::folder::Fold;
use crate::search::{Search, SearchError, search};
use model::Clock;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The decisions, kept by day and retention class: one SQLite file for each.
///
/// One process writes; others may read at the same time with [`search()`].
pub struct Journal {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    files: BTreeMap<FileKey, DayFile>,
    removed: u64,
    /// How often a file was made: numbers of rows in an older one mean nothing in a newer.
    generations: BTreeMap<FileKey, u64>,
}

/// The journal's folder could not be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenJournalError {
    /// The machine refused.
    #[error("the journal in `{folder}` could not be opened; check that this user may write there")]
    Io {
        /// The folder.
        folder: String,
        /// The cause.
        source: io::Error,
    },
}

/// Decisions were not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteJournalError {
    /// The file system or the data base refused.
    #[error("`{file}` of the journal could not be written; check the free space of the disk")]
    Write {
        /// The file.
        file: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another version of Schoolgate wrote the file of this day.
    #[error(
        "`{file}` of the journal has schema {found}, which this version cannot write; move it away"
    )]
    OtherSchema {
        /// The file.
        file: String,
        /// The version of its schema.
        found: i64,
    },
}

impl Journal {
    /// Opens the journal of a folder, which is made when there is none.
    ///
    /// # Errors
    ///
    /// Fails when the folder cannot be made.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenJournalError> {
        make_folder(folder).map_err(|source| {
            let folder = folder.display().to_string();
            OpenJournalError::Io { folder, source }
        })?;
        let journal = Self {
            folder: folder.to_owned(),
            clock,
            files: BTreeMap::new(),
            removed: 0,
            generations: BTreeMap::new(),
        };
        journal.settle_left_open();
        Ok(journal)
    }

    /// Writes rows, in one transaction for each file that they belong in.
    ///
    /// # Errors
    ///
    /// On an error the rows of one file are not written, and those of files after it neither.
    pub fn write(&mut self, rows: &[DecisionRow]) -> Result<(), WriteJournalError> {
        let mut parts = BTreeMap::<_, Vec<_>>::new();
        for row in rows {
            parts.entry(FileKey::of(row)).or_default().push(row);
        }
        for (key, rows) in parts {
            self.with_file(key, |file| {
                rows.iter().try_for_each(|row| file.insert(row).map(drop))
            })?;
        }
        self.settle_past_days();
        Ok(())
    }

    /// Writes rows for the first time, or brings them up to date.
    ///
    /// # Errors
    ///
    /// What could not be written is still [unwritten](crate::Folder::unwritten); nothing is ever
    /// written twice.
    pub fn write_folds<'a>(
        &mut self,
        folds: impl Iterator<Item = &'a mut Fold>,
    ) -> Result<u64, WriteJournalError> {
        let mut parts = BTreeMap::<_, Vec<_>>::new();
        for fold in folds {
            parts.entry(FileKey::of(fold.row())).or_default().push(fold);
        }
        let mut written = 0;
        for (key, folds) in parts {
            let places = self.with_file(key, |file| {
                folds
                    .iter()
                    .map(|fold| place(file, fold))
                    .collect::<Result<Vec<_>, _>>()
            })?;
            written += places.len() as u64;
            for (fold, place) in folds.into_iter().zip(places) {
                (fold.place, fold.unwritten) = (Some(place), false);
            }
        }
        self.settle_past_days();
        Ok(written)
    }

    /// How often a file was found removed while it was being written: its rows are lost, and
    /// somebody must be told.
    pub const fn removed(&self) -> u64 {
        self.removed
    }

    /// Finds decisions, the newest first.
    ///
    /// # Errors
    ///
    /// Fails when a file cannot be read.
    pub fn search(&self, asked: &Search) -> Result<Vec<DecisionRow>, SearchError> {
        search(&self.folder, asked)
    }

    fn with_file<T>(
        &mut self,
        key: FileKey,
        act: impl FnOnce(&mut DayFile) -> rusqlite::Result<T>,
    ) -> Result<T, WriteJournalError> {
        let result = match self.file(key) {
            Ok(file) => file.in_transaction(act),
            Err(error) => Err(error),
        };
        result.map_err(|error| {
            // A fresh look next time: the file may have been moved away or the disk replaced.
            self.files.remove(&key);
            let file = key.name();
            match error {
                DayFileError::OtherSchema(found) => WriteJournalError::OtherSchema { file, found },
                DayFileError::Io(source) => WriteJournalError::Write {
                    file,
                    source: Box::new(source),
                },
                DayFileError::Sqlite(source) => WriteJournalError::Write {
                    file,
                    source: Box::new(source),
                },
            }
        })
    }

    fn file(&mut self, key: FileKey) -> Result<&mut DayFile, DayFileError> {
        if self.files.get(&key).is_some_and(|file| !file.in_place()) {
            // What was in it is gone; what comes now must not go the same way.
            let file = key.name();
            tracing::error!(
                file,
                "a file of the journal was removed while it was written"
            );
            self.files.remove(&key);
            self.removed += 1;
        }
        if !self.files.contains_key(&key) && self.files.len() >= MOST_OPEN {
            // Only a clock that jumps about comes here.
            self.files.pop_first();
        }
        match self.files.entry(key) {
            std::collections::btree_map::Entry::Occupied(file) => Ok(file.into_mut()),
            std::collections::btree_map::Entry::Vacant(place) => {
                let mut file = DayFile::open(&self.folder.join(key.name()))?;
                let generation = self.generations.entry(key).or_default();
                *generation += u64::from(file.made);
                file.generation = *generation;
                Ok(place.insert(file))
            }
        }
    }

    fn settle_past_days(&mut self) {
        let yesterday = self.yesterday();
        while let Some(entry) = self
            .files
            .first_entry()
            .filter(|file| file.key().day < yesterday)
        {
            let name = entry.key().name();
            said_if_failed(entry.remove().settle(), &name);
        }
    }

    /// Closes the past days that a gateway which was killed left open.
    fn settle_left_open(&self) {
        let yesterday = self.yesterday();
        for (key, path) in day_files(&self.folder).unwrap_or_default() {
            let mut companion = path.clone().into_os_string();
            companion.push("-wal");
            if key.day < yesterday && Path::new(&companion).exists() {
                said_if_failed(DayFile::open(&path).and_then(DayFile::settle), &key.name());
            }
        }
    }

    /// Batches arrive late, so yesterday's files stay open until today is over.
    fn yesterday(&self) -> Day {
        Day(Day::of(self.clock.now()).0 - 1)
    }
}

fn said_if_failed(settled: Result<(), DayFileError>, file: &str) {
    if let Err(error) = settled {
        tracing::warn!(%error, file, "a past day of the journal was not closed well");
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

fn place(file: &mut DayFile, fold: &Fold) -> rusqlite::Result<Place> {
    match fold.place {
        Some(place) if file.update(place, fold.row())? => Ok(place),
        Some(_) | None => file.insert(fold.row()).map(|row| file.place(row)),
    }
}

/// Three classes of today and of yesterday, and as many for stragglers.
const MOST_OPEN: usize = 12;

#[cfg(test)]
mod tests;
