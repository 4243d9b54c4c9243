//! The gateway: command line, settings, wiring, signals.

/// Prints a line, and ends the command quietly when nobody reads on.
macro_rules! say {
    ($($words:tt)*) => {
        crate::failure::say(format_args!($($words)*))?
    };
}

mod act;
mod arguments;
mod board;
mod command;
mod control;
mod failure;
mod folder;
mod gateway;
mod handing_out;
mod known_files;
mod list_worker;
mod logging;
mod metrics;
mod office;
mod offline;
mod person;
mod records;
mod reports;
mod rounds;
mod screen;
mod settings;
mod shipped;
mod stock;
mod subscriber;
mod ticker;

use arguments::{Arguments, Command};
use clap::{CommandFactory as _, Parser as _};
use failure::Failure;
use std::ffi::OsString;
use std::process::ExitCode;

/// Gives memory back and is quick for many small pieces on many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = arguments();
    match run(&arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.exit(),
    }
}

/// The words of the command line; ends with an explanation where they are none.
fn arguments() -> Arguments {
    let given: Vec<OsString> = std::env::args_os().collect();
    Arguments::try_parse_from(&given).unwrap_or_else(|error| {
        // The explanation repeats what was given, which must not move the terminal.
        let shown = given.iter().map(|word| match word.to_str() {
            Some(word) => OsString::from(&*model::visible(word)),
            None => word.clone(),
        });
        match Arguments::try_parse_from(shown) {
            Err(shown) => shown.exit(),
            Ok(_) => error.exit(),
        }
    })
}

fn run(asked: &Command) -> Result<(), Failure> {
    match asked {
        Command::Run(asked) => command::run::run(asked),
        Command::Demo(asked) => command::demo::demo(asked),
        Command::Init(asked) => command::init::init(asked),
        Command::Check(asked) => command::check::check(asked),
        Command::Schema(asked) => command::schema::schema(asked),
        Command::Explain(asked) => command::explain::explain(asked),
        Command::Identity(asked) => command::identity::identity(asked),
        Command::Lists(asked) => command::lists::lists(asked),
        Command::Audit(asked) => command::audit::audit(asked),
        Command::Policy(asked) => command::policy::policy(asked),
        Command::Override(asked) => command::overrides::overrides(asked),
        Command::Lesson(asked) => command::overrides::lesson(asked),
        Command::Pause(asked) => command::overrides::pause(asked),
        Command::Isolate(asked) => command::overrides::isolate(asked),
        Command::Block(asked) => command::overrides::block(asked),
        Command::Account(asked) => command::account::account(asked),
        Command::Clock { state, to } => {
            person::send(&state.state, &control::Request::Clock { to: *to }).map(|_| ())
        }
        Command::MakeLists { state } => command::make_lists::make_lists(state),
        Command::Status(asked) => command::status::status(asked),
        Command::Completions { shell } => {
            let mut command = Arguments::command();
            clap_complete::generate(*shell, &mut command, "schoolgate", &mut std::io::stdout());
            Ok(())
        }
    }
}
