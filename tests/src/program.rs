use std::path::PathBuf;
use std::process::{Command, Output};

/// The gateway's program, as `cargo build -p schoolgate` made it beside the tests.
pub fn schoolgate() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own file");
    let built = test
        .parent()
        .and_then(std::path::Path::parent)
        .expect("deps lies in a folder");
    let program = built.join("schoolgate");
    assert!(
        program.exists(),
        "`{}` is not there; run `cargo build -p schoolgate` first, or `tests/run`, which does",
        program.display()
    );
    program
}

/// What a program said.
#[derive(Clone, Debug)]
pub struct Said {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Said {
    /// Its standard output, when it ended well.
    pub fn done(self) -> String {
        assert_eq!(self.code, Some(0), "it failed:\n{}{}", self.out, self.err);
        self.out
    }
}

/// Runs a program of this machine to its end. A missing one is a failure, never a skip.
pub fn program(name: &str, words: &[&str]) -> Said {
    let output = Command::new(name).args(words).output();
    match output {
        Ok(output) => output.into(),
        Err(error) => panic!("`{name}` could not be run: {error}; `tests/run` installs it"),
    }
}

/// Runs one command of the gateway to its end.
pub fn gateway_command(words: &[&str]) -> Said {
    match Command::new(schoolgate()).args(words).output() {
        Ok(output) => output.into(),
        Err(error) => panic!("the gateway could not be run: {error}"),
    }
}
