use crate::arguments;
use crate::control::{Answer, Request, ask};
use crate::failure::Failure;
use identity::Binding;
use model::{Certainty, Clock as _, Moment, SystemClock};
use std::io;
use std::path::Path;
use std::time::Duration;

/// Tells the running gateway who is at an address, or shows what it knows.
pub(crate) fn identity(asked: &arguments::Identity) -> Result<(), Failure> {
    match asked {
        arguments::Identity::Bind {
            state,
            address,
            hardware,
            user,
            group,
            classes,
            minutes,
        } => {
            let span = Duration::from_secs(u64::from(*minutes) * 60);
            let binding = Binding {
                address: *address,
                hardware: hardware.clone(),
                user: user.clone(),
                group: group.clone(),
                classes: classes.clone(),
                source: "command-line".to_owned(),
                certainty: Certainty::Binding,
                expires: SystemClock::default().now().after(span),
            };
            let until = Moment::from_millis(binding.expires.seconds() * 1_000);
            match running(&state.state, &Request::Bind { binding })? {
                Answer::Done { .. } => {
                    say!("bound until {until}");
                    Ok(())
                }
                other => Err(unexpected(other)),
            }
        }
        arguments::Identity::Show {
            state,
            address,
            json,
        } => match running(&state.state, &Request::Show { address: *address })? {
            Answer::Found { value } if *json => {
                say!("{value}");
                Ok(())
            }
            Answer::Found { value } if value.is_null() => {
                say!("nothing is known of {address}: it is what its zone says");
                Ok(())
            }
            Answer::Found { value } => {
                say!("{value:#}");
                Ok(())
            }
            other => Err(unexpected(other)),
        },
    }
}

/// Asks the running gateway, with words for when none runs.
pub(crate) fn running(state: &Path, request: &Request) -> Result<Answer, Failure> {
    ask(state, request).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Failure::asked(
            format!("no gateway runs on the state folder {}", state.display()),
            "start it with `schoolgate run`, or name its folder with `--state`",
        ),
        _ => Failure::Output(error),
    })
}

fn unexpected(answer: Answer) -> Failure {
    match answer {
        Answer::Refused { error } => Failure::asked(error, "correct the command"),
        Answer::Status { .. } | Answer::Done { .. } | Answer::Found { .. } => Failure::asked(
            "the gateway answered something else",
            "it may be of another version",
        ),
    }
}
