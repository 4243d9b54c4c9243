use crate::failure::Failure;
use model::visible;
use std::fmt::Display;
use std::io::{self, BufWriter, StdoutLock, Write as _};

/// Standard output, a record a line, whatever strangers had a hand in its words: nothing of theirs
/// moves a terminal, turns the text or ends a line (see [`visible`]).
#[derive(Debug)]
pub(crate) struct Screen {
    out: BufWriter<StdoutLock<'static>>,
}

impl Screen {
    /// Takes standard output until it is finished.
    pub(crate) fn open() -> Self {
        Self {
            out: BufWriter::with_capacity(1 << 16, io::stdout().lock()),
        }
    }

    /// Prints one line.
    ///
    /// # Errors
    ///
    /// Fails when nobody reads on.
    pub(crate) fn line(&mut self, words: impl Display) -> Result<(), Failure> {
        Ok(writeln!(self.out, "{}", visible(&words.to_string()))?)
    }

    /// Prints a value as JSON on one line.
    ///
    /// # Errors
    ///
    /// Fails when nobody reads on.
    pub(crate) fn json(&mut self, value: &impl serde::Serialize) -> Result<(), Failure> {
        // Outside of its strings, JSON has no character that is spelled out here.
        self.line(serde_json::to_string(value).map_err(io::Error::from)?)
    }

    /// Hands everything on.
    ///
    /// # Errors
    ///
    /// Fails when nobody reads on.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        Ok(self.out.flush()?)
    }
}
