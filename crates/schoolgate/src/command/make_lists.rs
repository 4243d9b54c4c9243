use super::run::write_no_core;
use crate::arguments;
use crate::failure::Failure;
use crate::list_worker::Word;
use rustix::process::{Signal, nice, set_parent_process_death_signal};
use std::io::{self, Write as _};
use std::path::Path;

/// Compiles the lists of a job, which stands on standard input, for the gateway that started this
/// process.
pub(crate) fn make_lists(asked: &arguments::State) -> Result<(), Failure> {
    write_no_core();
    give_way();
    let fail = |source: io::Error| Failure::File {
        path: Path::new("standard input").to_owned(),
        done: "read",
        source,
    };
    let job = serde_json::from_reader(io::stdin().lock()).map_err(|error| fail(error.into()))?;
    let word = match change::make_lists(&asked.state, &job) {
        Ok(made) => Word::Made(made),
        Err(faults) => Word::Faults(faults),
    };
    let said = serde_json::to_vec(&word).map_err(io::Error::from);
    said.and_then(|bytes| io::stdout().write_all(&bytes))
        .map_err(|source| Failure::File {
            path: Path::new("standard output").to_owned(),
            done: "written",
            source,
        })
}

/// Leaves the cores to the gateway that serves, and ends with it.
fn give_way() {
    // Without either the lists are as good; only the gateway may be slower, or end later.
    let _nicer = nice(NICER);
    let _ends = set_parent_process_death_signal(Some(Signal::KILL));
}

const NICER: i32 = 10;
