use model::{Faults, visible};
use std::path::PathBuf;
use std::process::ExitCode;

/// Why a command could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The answer is no; it was printed already.
    #[error("")]
    No,
    /// Files do not hold together.
    #[error("{0}")]
    Faults(Faults),
    /// What was asked cannot be.
    #[error("{what}")]
    Asked {
        /// What is wrong.
        what: String,
        /// How to mend it.
        mend: String,
    },
    /// The gateway said no.
    #[error("{0}")]
    Refused(String),
    /// A file could not be read or written.
    #[error("{path} could not be {done}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        done: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// Output could not be printed.
    #[error("the output could not be written")]
    Output(#[from] std::io::Error),
    /// The desk could not be opened.
    #[error(transparent)]
    Desk(#[from] change::OpenDeskError),
    /// A change could not come into force.
    #[error(transparent)]
    Activate(#[from] change::ActivateError),
    /// What is in force cannot be told.
    #[error(transparent)]
    Active(#[from] change::ActiveError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] audit::ReadTranscriptError),
    /// The ledger did not take an entry.
    #[error(transparent)]
    Append(#[from] audit::AppendError),
    /// The journal cannot be opened.
    #[error(transparent)]
    Journal(#[from] audit::OpenJournalError),
    /// The journal cannot be searched.
    #[error(transparent)]
    Search(#[from] audit::SearchError),
    /// Decisions cannot be recorded.
    #[error(transparent)]
    Recorder(#[from] gate::RecorderError),
    /// A door cannot be opened.
    #[error("{0}")]
    Door(String),
}

impl Failure {
    /// Something that was asked and cannot be, with words on how to mend it.
    pub(crate) fn asked(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Asked {
            what: what.into(),
            mend: mend.into(),
        }
    }

    /// A door that cannot be opened, with its causes.
    pub(crate) fn door(error: &dyn std::error::Error) -> Self {
        Self::Door(chain(error))
    }

    /// Prints the failure and gives the exit code of its kind.
    pub(crate) fn exit(&self) -> ExitCode {
        match self {
            Self::No => return ExitCode::from(1),
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                // Whoever read our output has read enough.
                return ExitCode::SUCCESS;
            }
            Self::Faults(faults) => tell(format_args!("{faults}\n{}", summary(faults))),
            Self::Asked { what, mend } => tell(format_args!("error: {what}\nmend: {mend}")),
            Self::Refused(words) => tell(format_args!("error: {}", words.trim_end())),
            Self::Door(words) => tell(format_args!("error: {words}")),
            Self::File { .. }
            | Self::Output(_)
            | Self::Desk(_)
            | Self::Activate(_)
            | Self::Active(_)
            | Self::Ledger(_)
            | Self::Append(_)
            | Self::Journal(_)
            | Self::Search(_)
            | Self::Recorder(_) => tell(format_args!("error: {}", chain(self))),
        }
        ExitCode::from(match self {
            Self::No | Self::Faults(_) | Self::Refused(_) => 1,
            Self::Asked { .. } => 2,
            Self::Desk(change::OpenDeskError::Locked { .. }) => 4,
            Self::File { .. }
            | Self::Output(_)
            | Self::Desk(_)
            | Self::Activate(_)
            | Self::Active(_)
            | Self::Ledger(_)
            | Self::Append(_)
            | Self::Journal(_)
            | Self::Search(_)
            | Self::Recorder(_)
            | Self::Door(_) => 3,
        })
    }
}

/// Prints a line, or several; whoever stopped reading has read enough.
///
/// No text of others moves the terminal (see [`visible`]); where it could end a line of ours, who
/// calls spells it out first.
pub(crate) fn say(words: impl std::fmt::Display) -> Result<(), Failure> {
    use std::io::Write as _;
    Ok(writeln!(
        std::io::stdout(),
        "{}",
        printable(&words.to_string())
    )?)
}

/// Says something on standard error, as [`say()`] does on standard output.
pub(crate) fn tell(words: impl std::fmt::Display) {
    eprintln!("{}", printable(&words.to_string()));
}

/// The same words, of which only line ends and tabs move anything.
fn printable(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for part in words.split_inclusive(['\n', '\t']) {
        let bare = part.trim_end_matches(['\n', '\t']);
        out.push_str(&visible(bare));
        out.push_str(&part[bare.len()..]);
    }
    out
}

/// An error with its causes, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = error.source();
    }
    text
}

/// How many faults there are, in words.
pub(crate) fn summary(faults: &Faults) -> String {
    let plural = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    };
    format!(
        "{}, {}",
        plural(faults.errors(), "error"),
        plural(faults.warnings(), "warning")
    )
}
