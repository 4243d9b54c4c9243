use crate::settings::{Log, LogFormat};
use model::visible;
use std::fmt;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{JsonFields, Writer, format};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Sends log lines to standard error in the form of the settings.
///
/// Called once, before anything logs; a second call changes nothing.
pub(crate) fn start(log: &Log) {
    let builder = tracing_subscriber::fmt()
        .with_max_level(log.level.filter())
        .with_writer(std::io::stderr);
    let plain = format().with_ansi(false).with_target(false);
    let _already_started = match log.format {
        LogFormat::Plain => builder.event_format(OneLine(plain)).try_init(),
        LogFormat::Json => builder
            .fmt_fields(JsonFields::new())
            .event_format(OneLine(format().json().flatten_event(true)))
            .try_init(),
    };
}

/// One record a line, and nothing in it that moves a terminal, whoever chose the words.
///
/// Spelled out are the same characters in both forms, so a line of JSON stays what it says.
struct OneLine<F>(F);

impl<S, N, F> FormatEvent<S, N> for OneLine<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::with_capacity(256);
        self.0
            .format_event(context, Writer::new(&mut line), event)?;
        writeln!(writer, "{}", visible(line.trim_end_matches('\n')))
    }
}
