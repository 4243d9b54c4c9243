use crate::day_file::Day;
use crate::decision_row::{DecisionRow, Known};
use crate::envelope::EnvelopeKey;
use crate::search::{Search, SearchError, each_row_where};
use model::Moment;
use serde::Serialize;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

/// The person or the device that records are about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A person, by the name that decisions bear.
    User(String),
    /// A device, by its name.
    Device(String),
    /// An address, where nothing better is known.
    Client(IpAddr),
}

/// A text names neither a person nor a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a person is named as `user:NAME`, a device as `device:NAME` or by its address")]
pub struct ParseSubjectError;

impl FromStr for Subject {
    type Err = ParseSubjectError;

    fn from_str(text: &str) -> Result<Self, ParseSubjectError> {
        let named = |name: &str| match name.trim() {
            "" => Err(ParseSubjectError),
            name => Ok(name.to_owned()),
        };
        if let Some(name) = text.strip_prefix("user:") {
            return named(name).map(Self::User);
        }
        if let Some(name) = text.strip_prefix("device:") {
            return named(name).map(Self::Device);
        }
        text.parse()
            .map(Self::Client)
            .map_err(|_| ParseSubjectError)
    }
}

/// A span of time, from a moment to the one before which it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Span {
    /// The first moment; `None` is as far back as records go.
    pub since: Option<Moment>,
    /// The moment before which it was; `None` is up to now.
    pub until: Option<Moment>,
}

impl Span {
    /// Whether any moment of a day lies in it.
    pub(crate) fn meets(&self, day: Day) -> bool {
        let from = self.since.is_none_or(|since| Day::of(since) <= day);
        from && self.until.is_none_or(|until| day <= Day::of(until))
    }
}

/// What an export for the person concerned came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Disclosed {
    /// How many rows it has.
    pub rows: u64,
    /// In how many of them the name of somebody else was taken out.
    pub redacted: u64,
}

impl Subject {
    /// Hands over all rows about the subject, the oldest first, as they stand.
    ///
    /// # Errors
    ///
    /// Fails when the journal cannot be read, or a closed day is concerned and its key not named,
    /// or `act` fails.
    pub fn each_row(
        &self,
        journal: &Path,
        span: Span,
        key: Option<&EnvelopeKey>,
        mut act: impl FnMut(DecisionRow) -> io::Result<()>,
    ) -> Result<(), SearchError> {
        let mut asked = Search {
            since: span.since,
            until: span.until,
            ..Search::default()
        };
        let mut device = None;
        match self {
            Self::User(name) => asked.user = Some(name.clone()),
            Self::Device(name) => device = Some(name.as_str()),
            Self::Client(address) => asked.client = Some(*address),
        }
        each_row_where(journal, &asked, device, key, &mut act)
    }

    /// Hands over all rows about the subject with everybody else taken out, for the person
    /// concerned (LOG-06).
    ///
    /// Somebody else is named where a device or an address was used by another person. Reading a
    /// named person's history is an entry of the ledger, which the caller writes.
    ///
    /// # Errors
    ///
    /// As [`Subject::each_row`].
    pub fn disclose(
        &self,
        journal: &Path,
        span: Span,
        key: Option<&EnvelopeKey>,
        mut act: impl FnMut(DecisionRow) -> io::Result<()>,
    ) -> Result<Disclosed, SearchError> {
        let mut disclosed = Disclosed::default();
        self.each_row(journal, span, key, |mut row| {
            disclosed.rows += 1;
            disclosed.redacted += u64::from(self.redact(&mut row));
            act(row)
        })?;
        Ok(disclosed)
    }

    /// Takes the names of others out of a row; gives back whether there were any.
    fn redact(&self, row: &mut DecisionRow) -> bool {
        let other = |known: &Known, own: Option<&String>| match known {
            Known::Named(name) => own.is_none_or(|own| **name != **own),
            Known::Unknown(_) => false,
        };
        let (user, device) = match self {
            Self::User(name) => (Some(name), None),
            Self::Device(name) => (None, Some(name)),
            Self::Client(_) => (None, None),
        };
        // A person's own row may name the device they used; a device's row names who used it, and
        // an address has been lent to many of both.
        let hide_user = other(&row.user, user);
        let hide_device = match self {
            Self::User(_) => false,
            Self::Device(_) | Self::Client(_) => other(&row.device, device),
        };
        if hide_user {
            row.user = Known::Named(Arc::from(SOMEBODY));
        }
        if hide_device {
            row.device = Known::Named(Arc::from(SOMETHING));
        }
        hide_user || hide_device
    }
}

/// What stands in the place of another person's name.
const SOMEBODY: &str = "another person";
const SOMETHING: &str = "another device";

#[cfg(test)]
mod tests;
