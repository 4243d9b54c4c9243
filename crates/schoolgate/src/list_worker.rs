use change::{ListJob, ListMaker, ListsMade};
use model::{Fault, Faults};
use serde::{Deserialize, Serialize};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

/// Makes lists in a process of its own: this program again, which ends when it is done.
///
/// The texts of lists, those of illegal content among them, never lie in the memory of the
/// gateway, what compiling takes is given back whole, and a machine short of memory ends the
/// worker, not the gateway.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListWorker;

/// What a worker says when it is done.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Word {
    /// The lists lie in the state folder.
    Made(ListsMade),
    /// What is wrong with them.
    Faults(Faults),
}

impl ListMaker for ListWorker {
    fn make(&self, state: &Path, job: &ListJob) -> Result<ListsMade, Faults> {
        match ask(state, job) {
            Ok(Word::Made(made)) => Ok(made),
            Ok(Word::Faults(faults)) => Err(faults),
            Err(error) => {
                let what = format!("the lists could not be compiled: {error}");
                let mend = "look whether memory is short; what was in force stays";
                let mut faults = Faults::default();
                faults.push(Fault::of_file("blocklists", what, mend));
                Err(faults)
            }
        }
    }
}

fn ask(state: &Path, job: &ListJob) -> io::Result<Word> {
    // This very program, also after its file was replaced by another version.
    let mut worker = Command::new("/proc/self/exe")
        .arg("make-lists")
        .arg("--state")
        .arg(state)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let told = match worker.stdin.take() {
        Some(mut stdin) => serde_json::to_vec(job)
            .map_err(io::Error::from)
            .and_then(|bytes| stdin.write_all(&bytes)),
        None => Ok(()),
    };
    // It reads all of the job before it says anything, so neither waits for the other.
    let done = worker.wait_with_output()?;
    if !done.status.success() {
        return Err(ended(done.status));
    }
    told?;
    Ok(serde_json::from_slice(&done.stdout)?)
}

fn ended(status: ExitStatus) -> io::Error {
    io::Error::other(format!("the worker ended with {status}"))
}
