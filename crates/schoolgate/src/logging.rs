use crate::settings::{Log, LogFormat};
use std::io::IsTerminal as _;

/// Sends log lines to standard error in the form of the settings.
///
/// Called once, before anything logs; a second call changes nothing.
pub(crate) fn start(log: &Log) {
    let builder = tracing_subscriber::fmt()
        .with_max_level(log.level.filter())
        .with_writer(std::io::stderr);
    let _already_started = match log.format {
        LogFormat::Plain => builder
            .with_ansi(std::io::stderr().is_terminal())
            .with_target(false)
            .try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}
